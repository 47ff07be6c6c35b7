"""Every seed of one condition: initial weights, the engine in blocks, progress, and a row for each seed."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd
import torch

from backprop86 import fused, reference
from backprop86.network import Network, initial_weights
from backprop86.recipe import Cases, Recipe
from backprop86.reference import UNFINISHED, UNSOLVED
from backprop86.wiring import Wiring

ENGINES = {"reference": (reference.train, 1_000), "fused": (fused.train, 100_000)}
"""Each engine, and how many seeds it is given at once. Rows do not depend on that."""
MEASURED_AT_ONCE = 1_000


def wiring_of(networks: Callable[[Recipe], Wiring], recipe: Recipe) -> Wiring:
    """The one of a problem's networks that the recipe names, with or without biases."""
    wiring = networks(recipe)
    return wiring.without_biases() if recipe.biases == "none" else wiring


def counted_of(problem: ModuleType, recipe: Recipe, seeds: list[int]) -> np.ndarray | None:
    """Which cases each seed is trained on, (S, C), as the problem says; None is all, as in most problems."""
    if hasattr(problem, "counted"):
        return problem.counted(recipe, seeds)
    if recipe.held_out != "none":
        raise ValueError(f"held_out must be none, as this problem holds no cases out, was {recipe.held_out}")
    return None


def check(problem: ModuleType, recipe: Recipe) -> int:
    """How many levels of units the recipe's network has; ValueError, in one line, if the problem cannot be run so."""
    counted_of(problem, recipe, [0])
    return len(wiring_of(problem.wiring, recipe).levels)


def states(wiring: Wiring, inputs: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The output of every unit for every case, (S, C, n_units), in NumPy."""
    return Network(wiring).states(torch.tensor(inputs), torch.tensor(w)).numpy()


def engine_for(name: str, device: str) -> str:
    """The engine that `auto` means: fused on the CPU, reference elsewhere."""
    return ("fused" if device == "cpu" else "reference") if name == "auto" else name


def run_condition(
    problem: ModuleType,
    recipe: Recipe,
    seeds: list[int],
    engine: str = "auto",
    dtype: str = "float64",
    device: str = "cpu",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
) -> pd.DataFrame:
    """One row per seed: solved, sweeps, what the problem measures (also on the untrained weights), weights, curves.

    After Ctrl-C, the rows of those seeds that are finished.
    """
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    train, at_once = ENGINES[engine_for(engine, device)]
    parts = []
    for start in range(0, len(seeds), at_once):
        block = seeds[start : start + at_once]
        w0 = initial_weights(wiring, block, recipe.initial_range, recipe.biases)
        counted = counted_of(problem, recipe, block)
        outcome = train(wiring, cases, recipe, w0, counted, dtype, device, advance)
        rows = _rows(problem, wiring, cases, block, w0, counted, outcome)
        parts.append(rows[outcome.stopped != UNFINISHED])
        if len(parts[-1]) < len(block):
            break
    return pd.concat(parts, ignore_index=True)


def _rows(
    problem: ModuleType,
    wiring: Wiring,
    cases: Cases,
    seeds: list[int],
    w0: np.ndarray,
    counted: np.ndarray | None,
    outcome: reference.Outcome,
) -> pd.DataFrame:
    trained, untrained = (_measured(problem, wiring, cases, w, counted) for w in (outcome.w, w0))
    solved = outcome.sweeps != UNSOLVED
    columns = {
        "seed": seeds,
        "solved": solved,
        "diverged": outcome.diverged,
        "sweeps": pd.array(np.where(solved, outcome.sweeps, 0), dtype="Int64"),
        "stopped": outcome.stopped,
        "error": outcome.error,
        **trained,
        **{f"untrained_{name}": values for name, values in untrained.items()},
        "weights": list(outcome.w),
        "error_curve": list(outcome.error_curve.astype(np.float32)),
        "gradient_curve": list(outcome.gradient_curve.reshape(len(seeds), -1).astype(np.float32)),
    }
    rows = pd.DataFrame(columns)
    rows.loc[~solved, "sweeps"] = pd.NA
    return rows


def _measured(
    problem: ModuleType, wiring: Wiring, cases: Cases, w: np.ndarray, counted: np.ndarray | None
) -> dict[str, np.ndarray]:
    """What the problem measures, some seeds at a time: the outputs of all units in all cases are large."""
    parts = []
    for start in range(0, len(w), MEASURED_AT_ONCE):
        some = slice(start, start + MEASURED_AT_ONCE)
        y = states(wiring, cases.inputs, w[some])
        parts.append(problem.measure(wiring, cases, w[some], y, None if counted is None else counted[some]))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

"""Every seed of one condition: initial weights, the engine in blocks, progress, and a row for each seed."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd
import torch

from backprop86 import reference
from backprop86.network import Network, initial_weights
from backprop86.recipe import Cases, Recipe
from backprop86.reference import UNSOLVED, Outcome
from backprop86.wiring import Wiring

BLOCK = 1000
"""Seeds trained side by side. Rows do not depend on it."""


def wiring_of(networks: Callable[[Recipe], Wiring], recipe: Recipe) -> Wiring:
    """The one of a problem's networks that the recipe names, with or without biases."""
    wiring = networks(recipe)
    return wiring.without_biases() if recipe.biases == "none" else wiring


def check(problem: ModuleType, recipe: Recipe) -> int:
    """How many levels of units the recipe's network has; ValueError, in one line, if the problem cannot be run so."""
    problem.counted(recipe, [0])
    return len(wiring_of(problem.wiring, recipe).levels)


def states(wiring: Wiring, inputs: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The output of every unit for every case, (S, C, n_units), in NumPy."""
    return Network(wiring).states(torch.tensor(inputs), torch.tensor(w)).numpy()


def run_condition(
    problem: ModuleType,
    recipe: Recipe,
    seeds: list[int],
    dtype: str = "float64",
    device: str = "cpu",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
) -> pd.DataFrame:
    """One row per seed: solved, sweeps, what the problem measures (also on the untrained weights), weights, curves."""
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    blocks = [seeds[start : start + BLOCK] for start in range(0, len(seeds), BLOCK)]
    return pd.concat(
        [_rows(problem, recipe, wiring, cases, block, dtype, device, advance) for block in blocks], ignore_index=True
    )


def _rows(
    problem: ModuleType,
    recipe: Recipe,
    wiring: Wiring,
    cases: Cases,
    seeds: list[int],
    dtype: str,
    device: str,
    advance: Callable[[int], None],
) -> pd.DataFrame:
    w0 = initial_weights(wiring, seeds, recipe.initial_range, recipe.biases)
    counted = problem.counted(recipe, seeds)
    outcome: Outcome = reference.train(wiring, cases, recipe, w0, counted, dtype, device, advance)
    trained = problem.measure(wiring, cases, outcome.w, states(wiring, cases.inputs, outcome.w), counted)
    untrained = problem.measure(wiring, cases, w0, states(wiring, cases.inputs, w0), counted)
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

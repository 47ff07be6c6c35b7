"""Training all seeds of a reading: initial weights, the engine in blocks, progress, a row for each seed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch

from backprop86.descent import RATES
from backprop86.engines import engine_for, fused, reference
from backprop86.engines.cuda import engine as cuda
from backprop86.engines.recipe import Job, Recipe
from backprop86.engines.reference import NEVER, Outcome, checkpoints
from backprop86.running.columns import CURVES, DRAWN, WEIGHTS
from backprop86.running.failures import LEARNED, kinds
from backprop86.running.nets import Nets
from backprop86.running.problem import Problem, counted_of, start_of, stream_of, wiring_of

TRAIN = {"reference": (reference.train, 1_000), "fused": (fused.train, 100_000), "cuda": (cuda.train, 100_000)}
"""The engines, each with the number of seeds in a block, on which rows do not depend."""
MEASURED_AT_ONCE = 1_000
OFF = 0.2
"""Hidden units are off if no output of theirs exceeds this in any case."""


def run_reading(
    problem: Problem,
    recipe: Recipe,
    seeds: list[int],
    engine: str = "auto",
    device: str = "cpu",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
    drawn: int = 0,
) -> pd.DataFrame:
    """Return a row per seed: learned, sweeps, the problem's measures at every moment, weights, curves.

    The first DRAWN seeds go on to sweep `drawn` even after they have learned.
    """
    return run_together(problem, [recipe], seeds, engine, device, advance, [drawn])[0]


def together(recipe: Recipe) -> Recipe:
    """Return a key for recipes that can be trained side by side: they differ only in rates and start."""
    biases = recipe.biases if recipe.biases in ("none", "negative") else "drawn"
    alike: dict[str, Any] = dict.fromkeys(RATES, 0.0)
    return replace(recipe, **alike, initial_range=0.0, start="drawn", spread=0.0, biases=biases)


def run_together(
    problem: Problem,
    recipes: list[Recipe],
    seeds: list[int],
    engine: str = "auto",
    device: str = "cpu",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
    drawn: Sequence[int] = (),
    threads: int | None = None,
    fates_only: bool = False,
) -> list[pd.DataFrame]:
    """Return the rows of `run_reading` for recipes with the same key of `together`, trained in blocks of (recipe,
    seed).

    drawn: the sweep for each recipe. threads: None is one per core for the fused engine, and torch's default for torch.
    fates_only: return only learned, failure, sweeps and error of each run.
    """
    wiring, cases = wiring_of(problem.wiring, recipes[0]), problem.cases(recipes[0])
    name = engine_for(engine, device)
    train, at_once = TRAIN[name]
    if name == "fused":
        train = partial(fused.train, threads=threads)
    if threads is not None:
        torch.set_num_threads(threads)  # for the reference engine, and for the measures
    every = [(k, seed) for k in range(len(recipes)) for seed in seeds]
    parts = []
    for start in range(0, len(every), at_once):
        block = every[start : start + at_once]
        numbers, block_seeds = [k for k, _ in block], [seed for _, seed in block]
        runs_of = {k: [seed for n, seed in block if n == k] for k in dict.fromkeys(numbers)}
        w0 = np.concatenate([start_of(problem, recipes[k], wiring, some) for k, some in runs_of.items()])
        rates: dict[str, Any] = {name: np.array([getattr(recipes[k], name) for k in numbers]) for name in RATES}
        descent = replace(recipes[0].descent(), **rates)
        least = np.array([drawn[k] if drawn and seed < DRAWN else 0 for k, seed in block])
        counted = counted_of(problem, recipes[0], block_seeds)
        job = Job(wiring, cases, recipes[0], w0, counted, least, stream_of(problem, recipes[0], block_seeds))
        outcome = train(job, device, advance, descent)
        with np.errstate(over="ignore"):  # a run about to diverge may have weights whose sum is too large
            rows = _fates(job, block_seeds, outcome) if fates_only else _rows(problem, job, block_seeds, outcome)
            parts.append(rows.assign(recipe=numbers))
    found = pd.concat(parts, ignore_index=True)
    return [found[found["recipe"] == k].drop(columns="recipe").reset_index(drop=True) for k in range(len(recipes))]


def _rows(problem: Problem, job: Job, seeds: list[int], outcome: Outcome) -> pd.DataFrame:
    """Return the row of every seed: its fate, and the measures of its net at each moment."""
    learned = outcome.sweeps != NEVER
    at = {
        "0": (job.w, np.full(len(seeds), True)),
        **{str(sweep): (outcome.w_at[:, m], outcome.stopped >= sweep) for m, sweep in enumerate(job.recipe.moments)},
        "learned": (outcome.w_learned, learned),
        "end": (outcome.w, np.full(len(seeds), True)),
    }
    measured = _measured(problem, job, outcome, at)
    columns = {
        "seed": seeds,
        "learned": learned,
        "diverged": outcome.diverged,
        "failure": measured.pop("failure"),
        "sweeps": _or_never(outcome.sweeps),
        "right_side": _or_never(outcome.right_side),
        "stopped": outcome.stopped,
        "error": outcome.error,
        **measured,
    }
    columns |= {
        f"{WEIGHTS}{moment}": pd.Series([row if yes else None for row, yes in zip(w, there, strict=True)], dtype=object)
        for moment, (w, there) in at.items()
        if moment != "0"
    }
    shown = (np.array(seeds) < DRAWN) | ~columns["failure"].duplicated()  # no other curves are needed
    for name in CURVES:
        values = getattr(outcome, name).reshape(len(seeds), -1).astype(np.float32)
        columns[name] = pd.Series(list(values), dtype=object).where(shown, None)
    return pd.DataFrame(columns)


def _fates(job: Job, seeds: list[int], outcome: Outcome) -> pd.DataFrame:
    """Return the fate of each seed, without measuring the nets that learned."""
    learned, sweeps = outcome.sweeps != NEVER, np.array(checkpoints(job.recipe.sweeps))

    def kind(nets: Nets, some: np.ndarray) -> dict[str, np.ndarray]:
        return {"failure": kinds(nets, learned[some], outcome.diverged[some], sweeps, outcome.error_curve[some])}

    failure = np.full(len(seeds), LEARNED, dtype=object)
    if len(failed := np.flatnonzero(~learned)):
        failure[failed] = _some_at_a_time(job, outcome.w, failed, kind)["failure"]
    columns = {"seed": seeds, "learned": learned, "failure": failure}
    return pd.DataFrame(columns | {"sweeps": _or_never(outcome.sweeps), "error": outcome.error})


def _or_never(sweeps: np.ndarray) -> pd.Series:
    """Return sweeps with a missing value where they are NEVER."""
    return pd.Series(sweeps, dtype="Int64").mask(sweeps == NEVER)


def _measured(
    problem: Problem, job: Job, outcome: Outcome, at: dict[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, pd.Series]:
    """Return the kind of failure, and the measures at each moment; a net that is final by then is measured once."""
    sweeps = np.array(checkpoints(job.recipe.sweeps))

    def measure(nets: Nets, some: np.ndarray) -> dict[str, np.ndarray]:
        negative = nets.w[:, nets.wiring.parameter[~nets.wiring.is_bias[nets.wiring.parameter]]] < 0
        return problem.measure(nets) | {
            "hidden_off": np.array((nets.y[:, :, nets.wiring.hidden] < OFF).all((1, 2))),
            "mostly_negative": negative.mean(1) > 0.5,  # biases not counted
        }

    def measure_in_the_end(nets: Nets, some: np.ndarray) -> dict[str, np.ndarray]:
        fate = outcome.sweeps[some] != NEVER, outcome.diverged[some], sweeps, outcome.error_curve[some]
        return measure(nets, some) | {"failure": kinds(nets, *fate)}

    end = _some_at_a_time(job, outcome.w, np.arange(len(outcome.w)), measure_in_the_end)
    columns = {"failure": pd.Series(end.pop("failure"))}
    for moment, (w, there) in at.items():
        found = {name: values.copy() for name, values in end.items()}
        if len(other := np.flatnonzero(there & (w != outcome.w).any(1))):
            for name, values in _some_at_a_time(job, w, other, measure).items():
                found[name][other] = values
        columns |= {f"{name}@{moment}": _with_gaps(values, there) for name, values in found.items()}
    return columns


def _with_gaps(values: np.ndarray, there: np.ndarray) -> pd.Series:
    """Return a column of values with seven digits, missing where a run is not `there`."""
    kinds = {"b": "boolean", "i": "Int64", "u": "Int64", "f": "Float32", "O": "str"}
    column = pd.Series(values, dtype=kinds[values.dtype.kind])
    return column if there.all() else column.where(there)


@np.errstate(all="ignore")  # any measure of a diverged seed may be NaN
def _some_at_a_time(
    job: Job, w: np.ndarray, seeds: np.ndarray, measure: Callable[[Nets, np.ndarray], dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Measure the networks of these seeds, a few at a time, since the outputs of all units in all cases are large."""
    parts = []
    for start in range(0, len(seeds), MEASURED_AT_ONCE):
        some = seeds[start : start + MEASURED_AT_ONCE]
        counted = None if job.counted is None else job.counted[some]
        parts.append(measure(Nets.shown(job.wiring, job.cases, w[some], counted), some))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

"""A replay: all that a browser needs to train any seed of a reading again, to the last bit, as JSON.

`page/engine/` trains it. Floats are the shortest decimals that are theirs alone, so that nothing is lost on the way.
"""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backprop86.engines.recipe import CRITERIA, BadInput, Cases, Criterion, Recipe
from backprop86.running.columns import DRAWN
from backprop86.running.experiment import Experiment
from backprop86.running.problem import Problem, counted_of, validate
from backprop86.running.verify import rows_of
from backprop86.wiring import Wiring

FORMAT = 1
"""The form of a replay; page/engine/replay.js refuses any other."""
DIGITS = 3
"""The digits of E in the rows of an experiment that keeps numbers only."""


def replay(stem: str, reading: str, output: str | Path = "results") -> dict[str, Any]:
    """Return the replay of one reading whose rows are on disk; BadInput, in one line, if no browser can train it."""
    experiment, found = rows_of(stem, output)
    return replay_of(experiment, reading, found.of(experiment.full(reading)))


def replay_of(experiment: Experiment, reading: str, rows: pd.DataFrame | None, seeds: int = 0) -> dict[str, Any]:
    """Return the replay of one reading with the rows of its seeds from 0 on, or without rows, of `seeds` seeds."""
    reading = experiment.full(reading)
    recipe, problem = experiment.recipe_of(reading), experiment.problem
    if recipe.block:
        raise BadInput(f"block must be 0 for a replay, as a browser draws no new cases, was {recipe.block}")
    wiring, cases = validate(problem, recipe), problem.cases(recipe)
    return {
        "format": FORMAT,
        "experiment": experiment.stem,
        "title": experiment.title,
        "reading": reading,
        "words": experiment.in_words(reading),
        "recipe": asdict(recipe),
        "criteria": {
            "learned": _criterion(CRITERIA[recipe.criterion], cases, recipe),
            "right_side": _criterion(CRITERIA["right_side"], cases, recipe),
        },
        "wiring": _wiring(wiring),
        "cases": {"names": cases.names, "inputs": _numbers(cases.inputs), "desired": _numbers(cases.desired)},
        "start": _start(problem, recipe),
        "held_out": _held_out(problem, recipe, seeds if rows is None else len(rows)),
        "drawn": {"seeds": DRAWN, "sweep": experiment.goes_on(reading)},
        "published": None if rows is None else _published(rows, DIGITS if experiment.numbers_only else None),
    }


def in_json(one: dict[str, Any]) -> str:
    """Return a replay as text."""
    return json.dumps(one, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _criterion(criterion: Criterion, cases: Cases, recipe: Recipe) -> dict[str, float | None]:
    """Return the limits as the engines have them: E of a case must be below the number that follows `case_error`."""
    most = criterion.case_error * (cases.desired.shape[1] if recipe.error == "mean" else 1)
    below = float(np.nextafter(most, math.inf))
    limits = {"below_case_error": below, "total_error": criterion.total_error}
    return {"on": criterion.on, "off": criterion.off} | {name: _or_none(limit) for name, limit in limits.items()}


def _wiring(wiring: Wiring) -> dict[str, Any]:
    """Return the lists of a wiring, connections by the unit that they lead to, then by the unit that they come from."""
    order = np.lexsort((wiring.source, wiring.target))
    lists = {name: getattr(wiring, name)[order].tolist() for name in ("source", "target", "parameter")}
    return {
        "units": wiring.units,
        "n_inputs": wiring.n_inputs,
        "outputs": wiring.outputs.tolist(),
        "levels": [level.units.start for level in wiring.levels],
        **lists,
        "n_weights": wiring.n_weights,
        "has_gains": wiring.has_gains,
    }


def _start(problem: Problem, recipe: Recipe) -> list[float] | None:
    """Return the weights with a name that the draw is added to, if the recipe has any."""
    starts = getattr(problem, "STARTS", {})
    return starts[recipe.start].tolist() if recipe.start in starts else None


def _held_out(problem: Problem, recipe: Recipe, seeds: int) -> list[list[int]] | None:
    """Return the cases that each seed is not trained on; which these are, NumPy draws."""
    counted = counted_of(problem, recipe, list(range(seeds)))
    return None if counted is None else [np.flatnonzero(row == 0).tolist() for row in counted]


def _published(rows: pd.DataFrame, digits: int | None) -> dict[str, Any]:
    """Return the sweep by which each seed had learned, or none, and E at its end, or none where it is no number."""
    rows = rows.sort_values("seed", ignore_index=True)
    if rows["seed"].tolist() != list(range(len(rows))):
        raise BadInput(f"seeds of a replay must be all from 0 on, were {rows['seed'].min()} to {rows['seed'].max()}")
    sweeps = [None if pd.isna(sweep) else int(sweep) for sweep in rows["sweeps"]]
    shortest = [float(str(error)) for error in rows["error"].to_numpy(np.float32)]
    return {"sweeps": sweeps, "error": [_or_none(error) for error in shortest], "error_digits": digits}


def _or_none(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _numbers(values: np.ndarray) -> list[list[float]]:
    """Return rows of numbers, whole ones without a point: most cases are of 0 and 1."""
    return [[int(value) if value == int(value) else value for value in row] for row in values.tolist()]

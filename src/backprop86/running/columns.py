"""The columns of the rows: their names, their contents, and the runs that keep arrays."""

from collections.abc import Hashable

import numpy as np

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running.names import moments
from backprop86.running.nets import Nets
from backprop86.running.problem import Problem, counted_of, start_of, wiring_of

FIRST = ["variant", "reading", "seed", "learned", "diverged", "failure", "sweeps", "right_side", "stopped", "error"]
CURVES = ["error_curve", "gradient_curve"]
"""The columns of every file; the measures of its problem come between them, and weights before the curves."""
WEIGHTS = "weights@"
"""The beginning of the names of columns of weights; the moment follows."""
FIRST_WEIGHTS = 20
"""The number of first seeds of a variant as printed that keep their weights."""
DRAWN = 30
"""The number of first seeds of a reading that keep their curves."""
YES_OR_NO, NUMBER, OTHER = "yes or no", "numbers", "neither"
KINDS = {"b": YES_OR_NO, "i": NUMBER, "u": NUMBER, "f": NUMBER}
"""The content of a column, by the kind of its NumPy dtype."""
OF_EVERY_RUN = {
    "seed": NUMBER, "learned": YES_OR_NO, "diverged": YES_OR_NO, "failure": OTHER, "sweeps": NUMBER,
    "right_side": NUMBER, "stopped": NUMBER, "error": NUMBER, "error_curve": OTHER, "gradient_curve": OTHER,
}  # fmt: skip
"""The columns of every problem's rows, and their contents."""
MEASURES = {
    "hidden_off": "no hidden unit has an output above 0.2 in any case",
    "mostly_negative": "more than half of the connections have negative weights, biases not counted",
}
"""The measures that every problem has beside its own, yes or no, with their explanations for docs/rows.md."""


def is_large(column: Hashable) -> bool:
    """Return whether a column holds arrays, which only a few runs keep."""
    return column in CURVES or str(column).startswith(WEIGHTS)


def columns(problem: Problem, recipe: Recipe) -> dict[str, str]:
    """Return every column of the future rows, and its content, without training.

    Raises BadInput, in one line, if `measure` returns anything but arrays with an entry for each seed.
    """
    wiring, cases, seeds = wiring_of(problem.wiring, recipe), problem.cases(recipe), [0, 1]
    w = start_of(problem, recipe, wiring, seeds)
    found = problem.measure(Nets.shown(wiring, cases, w, counted_of(problem, recipe, seeds)))
    place = f"measure of {problem.__name__} must return a dictionary of arrays with an entry for each seed"
    if not isinstance(found, dict):
        raise BadInput(f"{place}, was {type(found).__name__}")
    for name, values in found.items():
        if np.shape(values) != (len(seeds),):
            raise BadInput(f"{place}, of {len(seeds)} seeds {name} was of shape {np.shape(values)}")
    measured = {name: KINDS.get(np.asarray(values).dtype.kind, OTHER) for name, values in found.items()}
    measured |= dict.fromkeys(MEASURES, YES_OR_NO)
    at = {f"{name}@{moment}": kind for moment in moments(recipe) for name, kind in measured.items()}
    return OF_EVERY_RUN | at | {f"{WEIGHTS}{moment}": OTHER for moment in moments(recipe) if moment != "0"}

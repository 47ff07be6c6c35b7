"""The protocol of a file in problems/, and its parts under a recipe: network, initial weights, training cases."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe, Stream, one_of
from backprop86.network import initial_weights
from backprop86.running.nets import Nets
from backprop86.wiring import TooLarge, Wiring

FOLDER = "backprop86.problems"
NEEDED, OTHERS = ("wiring", "cases", "measure"), ("counted", "blocks")
"""The functions that every problem has, and those that it may have."""


class Problem(Protocol):
    """A problem, a file in problems/: the networks, the cases and the measures of one 1986 problem.

    MEASURES explains the columns of `measure`, for docs/rows.md. A file may also have `counted(recipe, seeds)`, the
    training cases of each seed; `blocks(recipe, seed, first, n)`, new cases for each sweep (see
    recipe.Stream); and STARTS, weights by name.
    """

    __name__: str
    MEASURES: dict[str, str]

    def wiring(self, recipe: Recipe) -> Wiring:
        """Return the network that the recipe names; BadInput for an unknown name."""

    def cases(self, recipe: Recipe) -> Cases:
        """Return the inputs, the desired outputs and the names of the cases."""

    def measure(self, nets: Nets) -> dict[str, np.ndarray]:
        """Measure the nets; return columns of the rows, each (S,)."""


def problem_of(stem: str) -> Problem:
    """Import the problem of that name; BadInput, in one line, names a missing file or function."""
    place = f"src/backprop86/problems/{stem}.py"
    try:
        problem = import_module(f"{FOLDER}.{stem}")
    except ModuleNotFoundError as error:
        if error.name != f"{FOLDER}.{stem}":
            raise
        raise BadInput(f"{place} must hold the cases and networks of {stem}, was not there") from error
    for name in NEEDED:
        if not callable(getattr(problem, name, None)):
            raise BadInput(f"{place} must have the functions wiring, cases and measure, was without {name}")
    return cast(Problem, problem)


def wiring_of(networks: Callable[[Recipe], Wiring], recipe: Recipe) -> Wiring:
    """Return the network that the recipe names, with its biases and gains; BadInput if it is too large."""
    try:
        wiring = networks(recipe)
    except TooLarge as error:
        raise BadInput(f"network must have {error} in {recipe.network[:40]}") from error
    wiring = wiring.without_biases() if recipe.biases == "none" else wiring
    return wiring.with_gains() if recipe.has_gains else wiring


def counted_of(problem: Problem, recipe: Recipe, seeds: list[int]) -> np.ndarray | None:
    """Return the training cases of each seed, (S, C); None is all, as in most problems."""
    if hasattr(problem, "counted"):
        return problem.counted(recipe, seeds)
    if recipe.held_out != "none":
        raise BadInput(f"held_out must be none, as this problem holds no cases out, was {recipe.held_out}")
    return None


def stream_of(problem: Problem, recipe: Recipe, seeds: list[int]) -> Stream | None:
    """Return the blocks of new cases for the seeds, if the recipe has any; the problem makes them for each seed."""
    if not recipe.block:
        return None
    if not hasattr(problem, "blocks"):
        raise BadInput(f"block must be 0, as this problem has no new cases to give, was {recipe.block}")
    plain = ("update", "procedure", "held_out", "gain", "gain_epsilon")
    for name in plain:
        if (value := getattr(recipe, name)) != getattr(Recipe(), name):
            raise BadInput(f"{name} must be {getattr(Recipe(), name)} with new cases in each sweep, was {value}")
    return lambda row, first, n: problem.blocks(recipe, seeds[row], first, n)


def start_of(problem: Problem, recipe: Recipe, wiring: Wiring, seeds: list[int]) -> np.ndarray:
    """Return the initial weights of each seed, (S, n_parameters); a problem's STARTS are weights with a name."""
    starts = getattr(problem, "STARTS", {})
    if recipe.start not in ("drawn", "equal", *starts):
        raise BadInput(f"start must be {one_of('drawn', 'equal', *starts)[0]}, was {recipe.start}")
    spread = recipe.spread if recipe.start == "equal" else None
    w = initial_weights(wiring, seeds, recipe.initial_range, recipe.biases, spread)
    w[:, : wiring.n_weights] += starts.get(recipe.start, 0)
    w[:, wiring.n_weights :] = recipe.gain
    return w


def validate(problem: Problem, recipe: Recipe) -> Wiring:
    """Return the network that the recipe names; BadInput, in one line, if the problem cannot run under the recipe."""
    counted_of(problem, recipe, [0])
    stream_of(problem, recipe, [0])
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    start_of(problem, recipe, wiring, [0])
    shown = (("inputs", cases.inputs, wiring.n_inputs), ("desired", cases.desired, len(wiring.outputs)))
    for name, array, units in shown:
        if array.shape[1] != units:
            wanted = f"{units} columns for network {recipe.network}, was {array.shape[1]}"
            raise BadInput(f"{name} of the cases of {problem.__name__} must have {wanted}")
    if recipe.procedure == "desired_states" and recipe.gain_epsilon:
        raise BadInput(f"gain_epsilon must be 0 with desired states, which have no dE/dgain, was {recipe.gain_epsilon}")
    if recipe.output_slope == "left_out" and np.isin(wiring.outputs, wiring.source).any():
        raise BadInput("output_slope must be kept where an output feeds another unit, was left_out")
    return wiring

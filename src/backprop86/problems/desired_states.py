"""Desired states instead of gradients (L pp. 24-27): each hidden unit receives a desired state, and how much it
matters.

L compares both procedures on three tasks: the encoder 4-2-4, ten pairs of random vectors through
10-10-10 (associations.py), and a chain of ten hidden layers (chain.py), on which the gradient fails.
"""

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.problems import associations, chain
from backprop86.running.nets import Nets
from backprop86.running.problem import Problem
from backprop86.wiring import Wiring, layered

ENCODER, PAIRS, CHAIN = "4-2-4", "10_pairs_10-10-10", "1-10x1-1"
TASKS: dict[str, Problem] = {PAIRS: associations, CHAIN: chain}
"""The networks of other problems, used with their cases."""
ALIKE = 0.1
"""Two hidden units are alike if their outputs differ by less than this in every case; the threshold is ours."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 4-2-4, or the net of another task; all with thresholds."""
    if recipe.network in TASKS:
        return TASKS[recipe.network].wiring(recipe)
    if recipe.network != ENCODER:
        raise BadInput(f"network must be {', '.join([ENCODER, *TASKS])}, was {recipe.network}")
    return layered(4, 2, 4)


def cases(recipe: Recipe) -> Cases:
    """Return the four patterns with one unit on, to be repeated, or the cases of another task."""
    if recipe.network in TASKS:
        return TASKS[recipe.network].cases(recipe)
    return Cases(np.eye(4), np.eye(4), tuple("1234"))


MEASURES = {
    "hidden_alike": "of 4-2-4: the outputs of the two hidden units differ by less than 0.1 in every case",
    "fails_with_one_code": "of 4-2-4: an output is on the wrong side of one half, and two cases look alike, since each "
    "hidden unit is on the same side of one half in both",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure whether two hidden units of 4-2-4, or two cases there, look alike; other nets have no measures."""
    if len(nets.wiring.hidden) != 2:
        return {}
    one, two = (nets.y[:, :, unit] for unit in nets.wiring.hidden)
    codes = np.sort((one > 0.5) + 2 * (two > 0.5), 1)
    wrong = ((nets.outputs > 0.5) != nets.on).any((1, 2))
    return {
        "hidden_alike": (np.abs(one - two) < ALIKE).all(1),
        "fails_with_one_code": (codes[:, 1:] == codes[:, :-1]).any(1) & wrong,
    }

"""Learned gains (L pp. 28-35): the units of an iterative net may decide slowly at first and firmly at last.

Inputs are held while the net runs for some steps. Each step has its own gain, one number for all units.
"""

from dataclasses import replace

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, unroll, wire

NETWORKS = {"4-1-4": (4, 1, 4, 5), "10-10-10": (10, 10, 10, 11)}
"""Networks: inputs, hidden units, outputs, steps."""
PAIRS = 15
START = 0.5
"""The state of every unit before the first step (assumed): the output of a unit without inputs."""
OF_PAIRS = 2
"""The stream of random numbers for pairs."""


def wiring(recipe: Recipe) -> Wiring:
    """Return the unrolled net: inputs feed hidden units, which feed the outputs, which feed each other."""
    n_inputs, n_hidden, n_outputs, steps = _sizes(recipe)
    sizes = {"i": n_inputs, "h": n_hidden, "o": n_outputs}
    inputs, hidden, outputs = ([f"{letter}{k + 1}" for k in range(n)] for letter, n in sizes.items())
    fed = {f"{unit}'": [ONE, *inputs] for unit in hidden}
    fed |= {f"{unit}'": [ONE, *hidden, *(other for other in outputs if other != unit)] for unit in outputs}
    step = wire([*hidden, *outputs, *inputs], fed, list(fed))
    net = unroll(step, steps)
    return replace(net, outputs=net.outputs[-n_outputs:])


def _sizes(recipe: Recipe) -> tuple[int, int, int, int]:
    if recipe.network not in NETWORKS:
        raise BadInput(f"network must be {' or '.join(NETWORKS)}, was {recipe.network}")
    return NETWORKS[recipe.network]


def cases(recipe: Recipe) -> Cases:
    """Return the four patterns with one bit on, each its own answer; or 15 pairs of random vectors of ten bits."""
    n_inputs, n_hidden, n_outputs, steps = _sizes(recipe)
    given, desired = np.eye(4), np.eye(4)
    if recipe.network == "10-10-10":
        given, desired = generator(recipe.case_set, OF_PAIRS).integers(0, 2, (2, PAIRS, n_inputs)).astype(float)
    start = np.full((len(given), n_hidden + n_outputs), START)
    names = tuple(str(c + 1) for c in range(len(given)))
    return Cases(np.concatenate([start, np.tile(given, steps)], 1), desired, names)


MEASURES = {
    "gain_rises": "the gain of the last step is larger than that of the first",
    "last_two_largest": "the gains of the last two steps are larger than those of all others",
}
"""The columns of `measure`, as docs/rows.md explains them, for nets with learned gains."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Compare the gains of the last steps with the earlier gains."""
    gains = nets.w[:, nets.wiring.n_weights :]
    if not gains.shape[1]:
        return {}
    largest = gains[:, -2:].min(1) > gains[:, :-2].max(1)
    return {"gain_rises": gains[:, -1] > gains[:, 0], "last_two_largest": largest}

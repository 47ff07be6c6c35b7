"""The chain 1-10x1-1 (L p. 26): one input, ten hidden layers of a single unit, and an output that copies the input.

L reports in June 1986 that back-propagation fails on it, since the gradient is greatly reduced on its way down.
"""

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.problems import depth
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered

LAYERS = 10
"""The number of hidden layers, of one unit each."""
GREATLY = 1e-3
"""A gradient below this part counts as greatly reduced; the threshold is ours."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 1-1-...-1, with thresholds."""
    if recipe.network != "1-10x1-1":
        raise BadInput(f"network must be 1-10x1-1, was {recipe.network}")
    return layered(1, *[1] * LAYERS, 1)


def cases(recipe: Recipe) -> Cases:
    """Return 0 and 1, each to be repeated."""
    return Cases.of_all_bits(1, lambda inputs: inputs)


MEASURES = {
    "factor": depth.MEASURES["factor"],
    "below_quarter": depth.MEASURES["below_quarter"],
    "reaches_first": "the part of ∂E/∂x of the output unit that reaches the first hidden unit",
    "greatly_reduced": "reaches_first is below a thousandth",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure, as in depth.py, the shrinking of dE/dx from the output down to the first hidden unit."""
    found = depth.measure(nets)
    reaches = np.ones(len(nets.w))
    for _ in range(LAYERS):
        reaches = reaches * found["factor"]
    kept = {name: found[name] for name in ("factor", "below_quarter")}
    return kept | {"reaches_first": reaches, "greatly_reduced": reaches < GREATLY}

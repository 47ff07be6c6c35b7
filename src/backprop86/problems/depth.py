"""Depth, a question of today's readers: how does the gradient dE/dw shrink from late layers to early layers?

On its way down dE/dx is multiplied, at every layer, by y (1 - y), which is at most 1/4 (equation 5), and by the weights
(equation 7). Networks named 5_layers have that many hidden layers of four logistic units; they learn XOR.
"""

import re

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.problems import xor
from backprop86.running.measures import geometric_mean, length, norm, total
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered

WIDTH = 4
QUARTER = 0.25
"""The largest possible y (1 - y)."""


def hidden_layers(recipe: Recipe) -> int:
    """Return the number in a name such as 5_layers; BadInput for other names and for more than 9,999."""
    if found := re.fullmatch(r"([1-9]\d{0,3})_layers?", recipe.network):
        return int(found[1])
    raise BadInput(f"network must be such as 5_layers, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return 2-4-...-4-1, adjacent layers only, with biases."""
    return layered(2, *[WIDTH] * hidden_layers(recipe), 1)


def cases(recipe: Recipe) -> Cases:
    """Return the cases of XOR."""
    return xor.cases(Recipe("2_hidden"))


MEASURES = {
    "factor": "the part of ∂E/∂x that remains for each layer further down, as a geometric mean",
    "below_quarter": "factor is below a quarter",
    "within_bound": "at every layer at most a quarter times the norm of the weights there remains",
    "weight_norm": "the geometric mean of those norms",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the change of the norm of dE/dx, over all cases and units of a layer, from the output downwards.

    The targets are 1 and 0, and the bound allows 1e-9 for rounding.
    """
    levels = nets.wiring.levels
    out = nets.y[:, :, levels[-1].units]
    dE_dx = (out - nets.cases.desired) * out * (1 - out)
    factors, norms = [], []
    for below, level in zip(reversed(levels[:-1]), reversed(levels), strict=False):
        weights = nets.w[:, level.parameter[:, level.sources > 0]]  # (S, J, I)
        y_below = nets.y[:, :, below.units]
        lower = total(dE_dx[:, :, None] * weights.swapaxes(1, 2)[:, None]) * y_below * (1 - y_below)  # over J
        factors.append(length(lower.reshape(len(nets.w), -1)) / length(dE_dx.reshape(len(nets.w), -1)))
        norms.append(norm(weights))
        dE_dx = lower
    within = [remains <= QUARTER * most * (1 + 1e-9) for remains, most in zip(factors, norms, strict=True)]
    factor = geometric_mean(np.stack(factors, 1))
    return {
        "factor": factor,
        "below_quarter": factor < QUARTER,
        "within_bound": np.all(within, axis=0),
        "weight_norm": geometric_mean(np.stack(norms, 1)),
    }

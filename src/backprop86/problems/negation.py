"""Negation (P pp. 346-347): three bits go through as they are, or complemented if a fourth says so."""

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered


def wiring(recipe: Recipe) -> Wiring:
    """Return 4-3-3, the inputs feeding the outputs directly as well (P pp. 346-347)."""
    if recipe.network != "three_hidden":
        raise BadInput(f"network must be three_hidden, was {recipe.network}")
    return layered(4, 3, 3, shortcuts=True)


def cases(recipe: Recipe) -> Cases:
    """Return all 16 rows; the first bit says whether the other three are complemented."""
    return Cases.of_all_bits(4, lambda inputs: np.abs(inputs[:, 1:] - inputs[:, :1]))


def to_outputs(wiring: Wiring, w: np.ndarray) -> np.ndarray:
    """Return (S, outputs, hidden): the weights from the hidden to the output units."""
    places = [[wiring.index(f"h{i}", f"o{j}") for i in (1, 2, 3)] for j in (1, 2, 3)]
    return w[:, places]


MEASURES = {
    "has_own_unit": "each output has a strongest hidden unit of its own, twice as strong as its next",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the weights from the hidden units to the outputs."""
    size = np.abs(to_outputs(nets.wiring, nets.w))
    ranked = np.sort(size, -1)
    distinct = (np.sort(size.argmax(-1), -1) == [0, 1, 2]).all(-1)
    return {"has_own_unit": distinct & (ranked[..., 2] >= 2 * ranked[..., 1]).all(-1)}

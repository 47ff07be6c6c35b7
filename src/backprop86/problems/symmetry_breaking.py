"""Equal initial weights (N p. 535, P p. 330, H p. 11): hidden units that start equal stay equal for ever.

Both hidden units receive the same error signal, so their weights change alike, and the two do the work of one. Random
weights, however small, break the symmetry.
"""

import numpy as np

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import extra_connections
from backprop86.problems.extra_connections import cases
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring

__all__ = ["cases", "measure", "wiring"]
SEPARATE = 0.1
"""Hidden units are separate if their outputs differ by more than this in some case."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 2-2-1 for xor_2, 6-2-1 for symmetry_2."""
    if recipe.network not in ("xor_2", "symmetry_2"):
        raise BadInput(f"network must be xor_2 or symmetry_2, was {recipe.network}")
    return extra_connections.wiring(recipe)


MEASURES = {
    "separation": "the largest difference between the outputs of the two hidden units in any case",
    "separate": "separation is above 0.1",
    "identical": "separation is exactly 0",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the difference between the two hidden units."""
    one, two = (nets.y[:, :, nets.wiring.units.index(unit)] for unit in ("h1", "h2"))
    separation = np.abs(one - two).max(1)
    return {"separation": separation, "separate": separation > SEPARATE, "identical": separation == 0}

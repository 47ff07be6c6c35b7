"""No hidden units (N p. 535, P pp. 330-334): what a single layer cannot learn, and the best it can do.

Without hidden units the inputs for which the output is on lie on one side of a plane. Whatever the weights, one case of
the four of XOR is wrong, and seven of the 64 of mirror symmetry, where besides all that are not symmetric only
one that is can be right (`tests/problems/test_single_layer.py` finds both minima exactly).
"""

import numpy as np

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import extra_connections
from backprop86.problems.extra_connections import cases
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring

__all__ = ["cases", "measure", "wiring"]
LEAST_WRONG = {"xor": 1, "symmetry": 7}
"""The fewest cases that a plane leaves on the wrong side."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 2-1 for xor_0, 6-1 for symmetry_0, with a bias."""
    if recipe.network not in ("xor_0", "symmetry_0"):
        raise BadInput(f"network must be xor_0 or symmetry_0, was {recipe.network}")
    return extra_connections.wiring(recipe)


MEASURES = {
    "wrong": "the number of cases that are not on the right side of 0.5",
    "right_beyond_the_best": "fewer cases are wrong than any weights can have wrong",
    "is_flat": "the outputs of all cases are within 0.01 of each other",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Count the wrong cases: an output of 0.5 is wrong as well."""
    wrong = extra_connections.measure(nets)["wrong"]
    out = nets.outputs[..., 0]
    least = LEAST_WRONG["xor" if len(nets.cases.names) == 4 else "symmetry"]
    is_flat = out.max(1) - out.min(1) < 0.01
    return {"wrong": wrong, "right_beyond_the_best": wrong < least, "is_flat": is_flat}

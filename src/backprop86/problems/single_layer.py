"""No hidden units (N p. 535, P pp. 330-334): the limits of a single layer, and the best it can do.

Without hidden units the inputs that turn the output on lie on one side of a plane. Whatever the weights, at least one
of XOR's four cases is wrong, and seven of mirror symmetry's 64: when all asymmetric rows are right, only one symmetric
row can be right (`tests/problems/test_single_layer.py` finds both minima exactly).
"""

import numpy as np

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import extra_connections
from backprop86.problems.extra_connections import cases
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring

__all__ = ["cases", "measure", "wiring"]
LEAST_WRONG = {"xor": 1, "symmetry": 7}
"""The fewest cases on the wrong side of any plane."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 2-1 for xor_0, 6-1 for symmetry_0, with a bias."""
    if recipe.network not in ("xor_0", "symmetry_0"):
        raise BadInput(f"network must be xor_0 or symmetry_0, was {recipe.network}")
    return extra_connections.wiring(recipe)


MEASURES = {
    "wrong": "the number of cases that are not on the right side of 0.5",
    "right_beyond_the_best": "fewer cases are wrong than the smallest number that any weights allow",
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

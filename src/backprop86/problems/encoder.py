"""Encoding (P pp. 335-339): eight patterns through three hidden units, and four through a single one."""

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered

NETWORKS = {"8-3-8": (8, 3, 8), "2-1-4-4": (2, 1, 4, 4)}
PRINTED_CODES = np.array(
    [[0.5, 0, 0], [0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1], [0.5, 0, 1], [1, 0, 0.5], [0, 0, 0.5]]
)
"""P Table 5: the outputs of the three hidden units for each of the eight patterns."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 8-3-8, or 2-1-4-4 with its single hidden unit in between; adjacent layers only."""
    if recipe.network not in NETWORKS:
        raise BadInput(f"network must be {' or '.join(NETWORKS)}, was {recipe.network}")
    return layered(*NETWORKS[recipe.network])


def cases(recipe: Recipe) -> Cases:
    """Return the eight patterns with one unit on, to be repeated; or 00, 01, 10, 11, each with its own output unit."""
    if recipe.network == "8-3-8":
        return Cases(np.eye(8), np.eye(8), tuple(str(k + 1) for k in range(8)))
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    desired = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)
    return Cases(inputs, desired, ("00", "01", "10", "11"))


MEASURES = {
    "intermediate": "of 8-3-8: the number of the 24 values of the code that are between 0.2 and 0.8",
    "is_binary": "of 8-3-8: no value of the code is between 0.2 and 0.8",
    "has_intermediate": "of 8-3-8: some value of the code is between 0.2 and 0.8",
    "value_00": "of 2-1-4-4: the output of the single unit for 00, counted from the end at which 10 is below 01",
    "value_01": "the same for 01",
    "value_10": "the same for 10",
    "value_11": "the same for 11",
    "order": "of 2-1-4-4: the patterns by the output of the single unit, from the end that comes first in the alphabet",
    "is_printed_order": "of 2-1-4-4: that order, or the same backwards, is 10, 11, 00, 01",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the outputs of the narrow layer; a single unit is turned as in P, with 10 below 01."""
    narrow = nets.y[:, :, [k for k, name in enumerate(nets.wiring.units) if name in ("h1", "h2", "h3", "h1.1")]]
    if narrow.shape[-1] == 1:
        ranks = np.argsort(narrow[..., 0], 1, kind="stable")
        orders = [[" ".join(nets.cases.names[c] for c in row[::way]) for way in (1, -1)] for row in ranks]
        order = np.array([min(pair) for pair in orders], dtype=object)
        single = narrow[..., 0]
        values = np.where(single[:, [2]] > single[:, [1]], 1 - single, single)
        found = {f"value_{name}": values[:, c] for c, name in enumerate(nets.cases.names)}
        return found | {"order": order, "is_printed_order": order == "01 00 11 10"}
    intermediate = ((narrow > 0.2) & (narrow < 0.8)).sum((1, 2))
    return {"intermediate": intermediate, "is_binary": intermediate == 0, "has_intermediate": intermediate > 0}

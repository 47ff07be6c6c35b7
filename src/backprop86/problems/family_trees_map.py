"""The map of the family trees: the initial ranges and rates with which the printed recipe learns.

A point of the map is an initial range R and a factor M on both rates. Everything else is as printed; the problem itself
is in family_trees.py. A net of logistic units of slope beta, started and trained as printed, is the net at (0.3 beta,
beta²), with its weights divided by beta.
"""

import numpy as np

from backprop86.problems import family_trees
from backprop86.problems.family_trees import cases, counted, wiring
from backprop86.running.nets import Nets

__all__ = ["cases", "counted", "measure", "wiring"]
SIX = ("codes_nationality", "codes_generation", "codes_branch", "ignores_sex", "codes_relation_sex", "twin_is_active")
"""The properties that the net of 1986 has all at once."""
KEPT = ("all_right", "all_near", "all_strict", "held_out_right", *SIX)
MEASURES = {name: said for name, said in family_trees.MEASURES.items() if name in KEPT} | {
    "all_right": "all training cases have every output on the right side of 0.5",
    "all_near": "all training cases have every output above 0.75 or below 0.25, as it should be",
    "all_strict": "all training cases have every output above 0.8 or below 0.2, as it should be",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure as in family_trees.measure, and keep the columns for the map."""
    found = family_trees.measure(nets)
    return {name: found[name] for name in KEPT}

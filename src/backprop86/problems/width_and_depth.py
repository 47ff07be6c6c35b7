"""Width and depth (L pp. 19-23): the time that nets of seven shapes need to learn pairs of random vectors.

L prints averages of twenty runs. The pairs and the nets come from associations.py.
"""

from backprop86.problems import associations
from backprop86.problems.associations import cases, measure, wiring

__all__ = ["MEASURES", "cases", "measure", "wiring"]
MEASURES = associations.MEASURES
"""The columns of `measure`, as docs/rows.md explains them."""

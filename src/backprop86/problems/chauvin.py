"""Chauvin's study of XOR (P p. 333): the time to learn for different numbers of hidden units and learning rates.

P reports presentations = 280 - 33 log2 H for 2-H-1 and H up to about 40. The problem is xor.py's.
"""

from backprop86.problems import xor
from backprop86.problems.xor import cases, measure, wiring

__all__ = ["MEASURES", "cases", "measure", "wiring"]
MEASURES = {name: xor.MEASURES[name] for name in ("hidden", "hidden_code", "is_fig5")}
"""The columns of `measure` for nets without direct connections."""

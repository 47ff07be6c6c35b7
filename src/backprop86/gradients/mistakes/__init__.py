"""Names for mistakes: each that people make is tried on a wrong gradient, and the words for the one that fits.

A mistake is recognised by undoing it: if minus the gradient is right, its sign is turned; if it is right once y(1 - y)
is multiplied in, that factor is missing (whole.py, places.py, blocks.py, cases.py, units.py). Or it is recognised by
making it: it is planted in the derivative of each operation of forward, until the same wrong gradients come out
(search.py). What no mistake explains is told by its worst entry.
"""

from backprop86.gradients.mistakes import blocks, cases, multiples, places, search, units, where, whole
from backprop86.gradients.mistakes.suspect import Gradients, Suspect

__all__ = ["Gradients", "Suspect", "looks_like"]

MISTAKES = (
    whole.nothing, whole.rounding, whole.sign, whole.dE_dout, where.not_linear, multiples.inverted, whole.mean,
    places.transpose, cases.cases, units.factor, units.transposed_weight, places.exchanged, places.flipped, cases.parts,
    search.operation, places.another, whole.constant, places.swapped, blocks.blocks, multiples.multiple,
    units.hidden_factor, where.somewhere,
)  # fmt: skip
"""The mistakes in the order in which they are tried; the last always fits."""
SLOW = (cases.cases, cases.parts, search.operation, units.hidden_factor)
LARGE = 1_000_000
"""With more numbers among the tensors of a pair the slow ones are left out: each runs the passes many times."""


def looks_like(suspect: Suspect) -> str:
    """Return the first mistake that explains the gradient, in words."""
    large = sum(tensor.numel() for tensor in suspect.pair.tensors) > LARGE
    tried = (mistake for mistake in MISTAKES if not (large and mistake in SLOW))
    return next(words for mistake in tried if (words := mistake(suspect)))

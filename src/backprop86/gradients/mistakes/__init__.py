"""Names for mistakes: each known mistake is tried on a wrong gradient, and the first that fits is named.

Some mistakes are recognised by undoing them: if minus the gradient is right, its sign is turned; if it is right once
multiplied by y(1 - y), that factor is missing (whole.py, places.py, blocks.py, cases.py, units.py). Others are
recognised by making them: each is planted in the derivative of each operation of forward, until the same wrong
gradients come out (search.py). A gradient that no mistake explains is described by its worst entry.
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
"""The mistakes in the order of trial; the last always fits."""
SLOW = (cases.cases, cases.parts, search.operation, units.hidden_factor)
LARGE = 1_000_000
"""With more numbers than this in the tensors of a pair, slow tests, which run the passes often, are left out.
"""


def looks_like(suspect: Suspect) -> str:
    """Return the first mistake that explains the gradient, in words."""
    large = sum(tensor.numel() for tensor in suspect.pair.tensors) > LARGE
    tried = (mistake for mistake in MISTAKES if not (large and mistake in SLOW))
    return next(words for mistake in tried if (words := mistake(suspect)))

"""Mistakes that are drawn at random from every edit of every layer's backward pass: most get a name."""

from collections import Counter
from random import Random

import pytest

from backprop86.gradients.layers import LAYERS
from backprop86.gradients.layers.drawn import mistakes
from backprop86.gradients.layers.planting import WHERE_ALONE
from checked import compare
from counts import many

ERRORS = (ValueError, RuntimeError, TypeError, IndexError, AttributeError, NameError)
"""A backward pass that fails by itself needs no checker."""


def drawn(n, seed):
    """n mistakes of each kind in each layer."""
    chosen = Random(seed)
    for layer in LAYERS.values():
        every = mistakes(layer)
        for kind in sorted({mistake.kind for mistake in every}):
            some = [mistake for mistake in every if mistake.kind == kind]
            yield from ((layer, mistake) for mistake in chosen.sample(some, min(n, len(some))))


def worth(layer, mistake):
    try:
        table = compare(layer.forward, mistake.backward, layer.inputs, layer.parameters, ["autograd"])
    except ERRORS:
        return "fails"
    wrong = table[~table["agrees"]]
    if wrong.empty:
        return "right"
    if wrong["relative"].isna().any():
        return "another shape"
    return "named" if any(not WHERE_ALONE.fullmatch(words) for words in wrong["looks_like"]) else "unnamed"


def test_there_are_many_and_of_many_kinds():
    every = [mistake for layer in LAYERS.values() for mistake in mistakes(layer)]
    assert len(every) > 2000
    assert len({mistake.kind for mistake in every}) >= 11
    assert all(mistake.old != mistake.new for mistake in every)


@pytest.mark.slow
def test_most_drawn_mistakes_are_named():
    counts = Counter(worth(layer, mistake) for layer, mistake in drawn(many(1, 3), 1986))
    assert counts["named"] + counts["unnamed"] > many(50, 150)
    assert counts["named"] / (counts["named"] + counts["unnamed"]) > 0.75

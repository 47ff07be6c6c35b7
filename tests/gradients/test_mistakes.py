"""Mistakes are named: each is made in a net that somebody else has written, and in our own modules."""

import pytest
import torch

from backprop86.testing import assert_gradients
from checked import compare
from nets import random
from readers_net import PARAMETERS, X, forward, right, spoilt


def of_one_case(dE_dy, cache):
    dE_dx, gradients = right(dE_dy, cache)
    only = torch.zeros_like(dE_dy)
    only[-1] = dE_dy[-1]
    return dE_dx, gradients | {"b1": right(only, cache)[1]["b1"]}


def without_first(dE_dy, cache):
    dE_dx, gradients = right(dE_dy, cache)
    others = dE_dy.clone()
    others[0] = 0
    return dE_dx, gradients | {"w1": right(others, cache)[1]["w1"]}


def not_summed(dE_dy, cache):
    h, y = cache["h"], cache["y"]
    dE_dx, gradients = right(dE_dy, cache)
    return dE_dx, gradients | {"b1": ((dE_dy * y * (1 - y)) @ cache["w2"].T) * h * (1 - h)}


LEVEL = "the factor y(1 - y) is missing in the last level, where y is the output of forward"
NAMED = {
    "sign": (spoilt("w2", torch.neg), {"w2": "its sign is turned"}),
    "transpose": (spoilt("w2", lambda g: g.T), {"w2": "it is transposed"}),
    "transpose of another shape": (
        spoilt("w1", lambda g: g.T),
        {"w1": "its shape must be (4, 3), was (3, 4): it is transposed"},
    ),
    "transpose in the flow": (
        lambda *a: right(*a, turn=True),
        dict.fromkeys(["input 1", "w1", "b1"], "w2 is transposed where the backward pass multiplies by it"),
    ),
    "missing sum over cases": (
        not_summed,
        {"b1": "its shape must be (3,), was (5, 3): the sum over cases is missing (axis 0)"},
    ),
    "missing sum over cases, one case kept": (
        of_one_case,
        {"b1": "the sum over cases is missing: it is the gradient of case 4 alone"},
    ),
    "a case dropped": (without_first, {"w1": "case 0 is left out of the sum over cases"}),
    "missing y(1 - y) of the output": (
        lambda *a: right(*a, of_last=False),
        dict.fromkeys(["input 1", *PARAMETERS], LEVEL),
    ),
    "missing y(1 - y) of the hidden units": (
        lambda *a: right(*a, of_hidden=False),
        dict.fromkeys(
            ["input 1", "w1", "b1"], "the derivative of `torch.sigmoid(x @ w1 + b1)` is missing: it is taken as 1"
        ),
    ),
    "mean for sum": (
        spoilt("w1", lambda g: g / 5),
        {"w1": "it is the mean over cases, not the sum: 1/5 of what it must be"},
    ),
    "mean over cases and outputs": (
        spoilt("w1", lambda g: g / 15),
        {"w1": "it is the mean over cases and outputs, not the sum: 1/15 of what it must be"},
    ),
    "0.1 %": (spoilt("w1", lambda g: 1.001 * g), {"w1": "it is 1.001 times what it must be"}),
    "twice": (
        spoilt("w1", lambda g: 2 * g),
        {"w1": "it is 2 times what it must be (is a factor 1/2 missing?)"},
    ),
    "swapped units": (
        spoilt("w1", lambda g: g[:, [0, 2, 1]]),
        {"w1": "units are swapped: 1, 2 along axis -1"},
    ),
    "nothing": (spoilt("b2", torch.zeros_like), {"b2": "it is 0 everywhere"}),
    "missing": (
        spoilt("b2", lambda g: None),
        {"b2": "there is none: return one, or close over the tensor"},
    ),
    "NaN": (
        spoilt("b2", lambda g: g.index_fill(0, torch.tensor([1]), torch.nan)),
        {"b2": "1 of its 3 entries are not finite, the first at [1]"},
    ),
    "float32": (
        spoilt("b2", torch.Tensor.float),
        {"b2": "it must be float64, was float32: digits are lost on the way"},
    ),
    "another shape": (spoilt("w1", lambda g: random(7, 3, 4)), {"w1": "its shape must be (4, 3), was (3, 4)"}),
    "another shape, more": (spoilt("b1", lambda g: random(7, 5, 3)), {"b1": "its shape must be (3,), was (5, 3)"}),
    "another shape, as many": (spoilt("b2", lambda g: random(7, 1, 3)), {"b2": "its shape must be (3,), was (1, 3)"}),
    "minus a half": (spoilt("w1", lambda g: -g / 2), {"w1": "it is -0.5 times what it must be"}),
    "sparse": (spoilt("w1", torch.Tensor.to_sparse), {"w1": "it must be dense, was torch.sparse_coo"}),
    "a list": (spoilt("b2", torch.Tensor.tolist), {"b2": "it must be a tensor, was list"}),
    "a row": (spoilt("b2", lambda g: g[None]), {"b2": "its shape must be (3,), was (1, 3): the numbers are right"}),
    "a column": (
        spoilt("b2", lambda g: g[:, None]),
        {"b2": "its shape must be (3,), was (3, 1): the numbers are right"},
    ),
}


def test_the_net_itself_is_right():
    assert_gradients(forward, right, [X], PARAMETERS)


@pytest.mark.parametrize("name", NAMED)
def test_mistakes_are_named(name):
    backward, expected = NAMED[name]
    table = compare(forward, backward, [X], PARAMETERS)
    wrong = table[~table["agrees"]]
    told = {tensor: set(rows["looks_like"]) for tensor, rows in wrong.groupby("tensor", sort=False)}
    assert told == {tensor: {words} for tensor, words in expected.items()}
    assert set(wrong["oracle"]) == {"autograd", "complex step", "central differences"}
    with pytest.raises(AssertionError, match="gradients do not agree"):
        assert_gradients(forward, backward, [X], PARAMETERS)

"""Mistakes are named in any form of a reader's net, and never by a wrong name."""

from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch

from backprop86.gradients.mistakes.suspect import MANY, Suspect
from checked import compare
from nets import random
from readers_net import B2, PARAMETERS, W1, W2, X, forward, right, spoilt


def told_of(forward, backward, inputs, parameters, **settings):
    """Return {tensor: the words about it, without the numbers}, by autograd."""
    table = compare(forward, backward, inputs, parameters, ["autograd"], **settings)
    wrong = table[~table["agrees"]]
    return dict(zip(wrong["tensor"], wrong["looks_like"], strict=True))


class Layer:
    """A reader's class, which is its own cache."""

    def forward(self, x, w1, w2):
        self.x, self.w1, self.w2 = x, w1, w2
        self.h = torch.sigmoid(x @ w1)
        self.y = torch.sigmoid(self.h @ w2)
        return self.y, self


@dataclass(frozen=True, slots=True)
class Kept:
    x: torch.Tensor
    w1: torch.Tensor
    w2: torch.Tensor
    h: torch.Tensor
    y: torch.Tensor


def kept_as(make):
    def kept(x, w1, w2):
        _, layer = Layer().forward(x, w1, w2)
        return layer.y, make(x, w1, w2, layer.h, layer.y)

    return kept


def cyclic(*tensors):
    layer = Layer()
    layer.x, layer.w1, layer.w2, layer.h, layer.y = tensors
    layer.itself, layer.library = layer, torch
    return layer


CACHES = {
    "the object itself": Layer().forward,
    "frozen dataclass with slots": kept_as(Kept),
    "namedtuple": kept_as(namedtuple("Kept", "x w1 w2 h y")),
    "cyclic": kept_as(cyclic),
    "closure": kept_as(lambda *tensors: lambda: Kept(*tensors)),
}


@pytest.mark.parametrize("name", CACHES)
def test_mistakes_are_named_whatever_the_cache(name):
    def of(turn, factor):
        def backward(dE_dy, cache):
            c = cache() if name == "closure" else cache
            dE_dx2 = dE_dy * c.y * (1 - c.y)
            dE_dx1 = dE_dx2 @ (c.w2 if turn else c.w2.T) * (c.h * (1 - c.h) if factor else 1)
            return dE_dx1 @ c.w1.T, {"w1": c.x.T @ dE_dx1, "w2": c.h.T @ dE_dx2}

        return backward

    given = [X], {"w1": W1, "w2": W2}
    assert told_of(CACHES[name], of(False, True), *given) == {}
    turned = "w2 is transposed where the backward pass multiplies by it"
    assert told_of(CACHES[name], of(True, True), *given) == {"input 1": turned, "w1": turned}
    told = told_of(CACHES[name], of(False, False), *given)
    assert told["w1"] == "the derivative of `torch.sigmoid(x @ w1)` is missing: it is taken as 1"
    assert told_of(CACHES[name], of(False, True), *given) == {}


def one_layer(out, factor):
    """forward and backward of f(x w), with dE/dx = dE/dout times factor(dE_dout, x w)."""

    def forward(x, w):
        return out(x @ w), (x, w)

    def backward(dE_dout, cache):
        x, w = cache
        dE_dx = factor(dE_dout, x @ w)
        return dE_dx @ w.T, {"w": x.T @ dE_dx}

    return forward, backward, [X], {"w": W1}


D = random(5, 5, 3)


def half_square(x):
    return ((x - D) ** 2).sum() / 2


def mean_square(x):
    return half_square(x) / 5


def no_dE(dE, x):
    return x - D


def plain(dE, x):
    return dE * (x - D)


def test_losses_inside_forward():
    assert told_of(*one_layer(half_square, plain)) == {}
    left_out = "dE_dout is left out: it is the gradient of the sum of the output"
    assert told_of(*one_layer(half_square, no_dE)) == dict.fromkeys(["input 1", "w"], left_out)
    told = told_of(*one_layer(lambda x: (x - D) ** 2 / 2, no_dE))
    assert told == dict.fromkeys(["input 1", "w"], left_out)
    told = told_of(*one_layer(mean_square, plain))
    assert told == dict.fromkeys(["input 1", "w"], "it is the sum over cases, not the mean: 5 times what it must be")
    told = told_of(*one_layer(half_square, lambda dE, x: plain(dE, x) / 12))
    assert told == dict.fromkeys(["input 1", "w"], "it is 1/12 of what it must be")
    told = told_of(*one_layer(half_square, lambda dE, x: plain(dE, x) / 11.9))
    assert told == dict.fromkeys(["input 1", "w"], "it is 0.0840336 times what it must be")


def test_targets_that_are_closed_over():
    # as many targets as cases: forward can be asked about all of the cases and no fewer
    def squares(x):
        return (torch.sigmoid(x) - D) ** 2 / 2

    def forgot(dE, x):
        return dE * (torch.sigmoid(x) - D)

    forward, backward, *given = one_layer(squares, forgot)

    def kept(x, w):
        return squares(x @ w), (x, w, torch.sigmoid(x @ w))

    told = told_of(kept, lambda dE, cache: backward(dE, cache[:2]), *given)
    assert told["w"] == "the derivative of `torch.sigmoid(x)` is missing: it is taken as 1"
    forward, backward, *given = one_layer(squares, lambda dE, x: forgot(dE, x) * 1.5 + 0.1)
    assert told_of(forward, backward, *given)["w"].startswith("12 of its 12 entries are wrong, most of all")


def relu(mask):
    def forward(x, w1, w2):
        h = torch.relu(x @ w1)
        return h @ w2, (x, w1, h, w2)

    def backward(dE_dout, cache):
        x, w1, h, w2 = cache
        dE_dx = dE_dout @ w2.T * mask(x, h)
        return dE_dx @ w1.T, {"w1": x.T @ dE_dx, "w2": h.T @ dE_dout}

    return forward, backward, [X], {"w1": W1, "w2": W2}


def test_relu():
    assert told_of(*relu(lambda x, h: h > 0)) == {}
    missing = "the derivative of `torch.relu(x @ w1)` is missing: it is taken as 1"
    assert told_of(*relu(lambda x, h: 1))["w1"] == missing
    # another mistake, which is a missing factor in the cases that it lets through
    assert told_of(*relu(lambda x, h: 2 * (x.sum(1, keepdim=True) > 0)))["w1"] != missing
    assert told_of(*relu(lambda x, h: x[:, :1] > 0))["w1"] != missing
    forward, backward, inputs, _ = relu(lambda x, h: 1)
    one_unit = {"w1": W1[:, :1], "w2": torch.tensor([[1.0, -1, 2]]).double()}
    assert told_of(forward, backward, inputs, one_unit)["w1"] == missing  # y(1 - y) is 0 as well where y is


def test_what_is_shared_by_all_cases_is_no_missing_factor():
    # the softmax over a single case would be 1, its derivative 0, and every mistake a missing 1 - y
    def forward(x, w):
        p = torch.softmax(x @ w @ x.T, -1)
        return p @ x, (x, w, p)

    def backward(dE_dout, cache):
        x, _, p = cache
        dE_dp = dE_dout @ x.T
        dE_ds = p * (1 - p) * dE_dp  # the sum over the others is forgotten
        return None, {"w": x.T @ dE_ds @ x}

    told = told_of(forward, backward, [X], {"w": random(6, 4, 4)})
    assert told["w"].startswith("16 of its 16 entries are wrong, most of all")


def test_nothing_where_nothing_must_be():
    told = told_of(lambda w: ((0 * w).sum(), w), lambda g, w: (None, {"w": 0.5 * torch.ones_like(w)}), [], {"w": W1})
    assert told == {"w": "it must be 0 everywhere, was up to 0.5"}


@pytest.mark.parametrize("size", [1e-150, 1e150, 1e-200, 1e200])
def test_very_small_and_very_large_gradients(size):
    told = told_of(lambda w: (size * w, None), lambda g, cache: (None, {"w": 3.5 * size * g}), [], {"w": W1})
    assert told == {"w": "it is 3.5 times what it must be"}


def test_single_numbers():
    a, b = random(7, 1)[0], random(8, 1)[0]
    wrong = (lambda a, b: (a * b, (a, b))), lambda g, cache: (None, {"a": g * cache[0], "b": g * cache[0]})
    assert told_of(*wrong, [], {"a": a, "b": b})["a"].startswith(
        "1 of its 1 entries are wrong, most of all the one at []"
    )


def test_what_unit_a_factor_belongs_to():
    told = told_of(forward, spoilt("w2", lambda g: 0 * g), [X], PARAMETERS)
    assert told == {"w2": "it is 0 everywhere"}

    def without_y(dE_dy, cache):
        dE_dx, gradients = right(dE_dy, cache)
        y, h = cache["y"], cache["h"]
        return dE_dx, gradients | {"w2": torch.ones_like(h).T @ (dE_dy * y * (1 - y))}

    assert told_of(forward, without_y, [X], PARAMETERS) == {
        "w2": "in the derivative of `h @ w2` by `w2`, `h` is missing: it is taken as 1"
    }


def test_the_last_digits():
    # y is nearly 1: 1 - y has few digits left, and so has the gradient by hand, which is as right as it can be
    def written_out(x, w1, b1, w2, b2):
        y, cache = forward(x, w1, b1, w2, b2)
        y = 1 / (1 + torch.exp(-(cache["h"] @ w2 + b2)))
        return y, cache | {"y": y}

    assert told_of(written_out, right, [X], PARAMETERS) == {}
    told = told_of(written_out, right, [X], PARAMETERS | {"b2": B2 + 12})
    words = (
        "all but right: a small mistake, or rounding (1 - y has few digits where y is nearly 1: try smaller weights)"
    )
    assert set(told.values()) == {words}
    assert told_of(forward, spoilt("w1", lambda g: (1 + 1e-10) * g), [X], PARAMETERS) == {"w1": words}
    assert told_of(forward, spoilt("w1", lambda g: (1 + 1e-8) * g), [X], PARAMETERS) != {"w1": words}


def test_many_cases_are_not_asked_one_by_one(monkeypatch):
    asked, share = [], Suspect.share

    def counts(*args):
        asked.append(args)
        return share(*args)

    def times_asked(cases):
        asked.clear()
        told = told_of(forward, spoilt("w1", lambda g: random(8, 4, 3) * g), [random(9, cases, 4)], PARAMETERS)
        assert told["w1"].startswith("12 of its 12 entries are wrong")
        return len(asked)

    monkeypatch.setattr(Suspect, "share", counts)
    assert times_asked(MANY) >= MANY
    assert times_asked(MANY + 1) < 5


def test_cases_of_a_net_without_inputs():
    rows = torch.tensor([1, 3, 1, 0])

    def looked_up(e):
        return torch.sigmoid(e[rows]), torch.sigmoid(e[rows])

    def back(share):
        return lambda g, y: (None, {"e": torch.zeros(5, 3).double().index_add_(0, rows, g * y * (1 - y)) * share})

    assert told_of(looked_up, back(1), [], {"e": random(10, 5, 3)}) == {}
    told = told_of(looked_up, back(1 / 4), [], {"e": random(10, 5, 3)})
    assert told == {"e": "it is the mean over cases, not the sum: 1/4 of what it must be"}


def test_an_output_with_fewer_rows_than_cases():
    def pooled(x, w):
        return (x @ w)[::2], (x, w)

    def back(g, cache):
        return None, {"w": cache[0][::2].T @ g + 0.1}

    assert told_of(pooled, back, [X], {"w": W1})["w"].startswith("12 of its 12 entries are wrong")


def test_central_differences_alone_name_it_too():
    steep = (
        (lambda w: (torch.sigmoid(30 * w), torch.sigmoid(30 * w))),
        lambda g, y: (None, {"w": -30 * g * y * (1 - y)}),
    )
    table = compare(*steep, [], {"w": 0.01 * W1}, ["central differences"])
    assert table["looks_like"].tolist() == ["its sign is turned"]


def test_what_is_called_swapped():
    reverse = (lambda w: (2 * w, None)), lambda g, cache: (None, {"w": 2 * g.flip(-1)})
    told = told_of(*reverse, [], {"w": random(11, 2, 8)})
    assert told == {"w": "it is flipped along axis -1: the entries stand in reverse order"}
    nearly = spoilt("w1", lambda g: g[:, [0, 2, 1]] + 0.001)
    assert told_of(forward, nearly, [X], PARAMETERS)["w1"].startswith("12 of its 12 entries are wrong")
    # all columns of the right gradient are equal, so each of them is somewhere in this one
    sums = (lambda w: (w.sum(1), None)), lambda g, cache: (None, {"w": g[:, None] * torch.tensor([3.0, 1, 1])})
    block = "only index 0 along axis -1 is wrong, and there it is 3 times what it must be"
    assert told_of(*sums, [], {"w": random(12, 3, 3)}) == {"w": block}


def test_the_worst_entry():
    def off(g):
        g = g * (1 + 1e-13)
        g[2, 1] += 1
        g[0, 2] += 0.1
        return g

    table = compare(forward, spoilt("w1", off), [X], PARAMETERS, ["autograd"]).set_index("tensor")
    _, cache = forward(X, *PARAMETERS.values())
    dE_dout = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1986))
    wanted = float(right(dE_dout, cache)[1]["w1"][2, 1])
    told = (
        f"2 of its 12 entries are wrong, most of all the one at [2, 1]: it must be {wanted:.6g}, was {wanted + 1:.6g}"
        "; it is not 0 where dE_dout is 0: part of it is not multiplied by dE_dout"
    )
    assert table.loc["w1", "looks_like"] == told

"""Planted mistakes get names: their number, the right names, and no name where nothing explains the numbers."""

import gc
from collections import Counter
from functools import cache

import numpy as np
import pytest
import torch

from backprop86.gradients.layers import LAYERS
from backprop86.gradients.layers.planting import WHERE_ALONE
from backprop86.gradients.mistakes import search
from checked import compare
from helpers import slow
from nets import random


def told_of(forward, backward, inputs, parameters, oracles=("autograd",)):
    table = compare(forward, backward, inputs, parameters, oracles)
    wrong = table[~table["agrees"]]
    return dict(zip(wrong["tensor"], wrong["looks_like"], strict=True))


@cache
def told(name, mistake):
    """Return {tensor: words} of a planted mistake."""
    layer = LAYERS[name]
    (planted,) = [one for one in layer.mistakes if one.name == mistake]
    return told_of(layer.forward, layer.with_mistake(planted), layer.inputs, layer.parameters)


def worth(name, mistake, said):
    """Judge a mistake: misnamed if one of its gradients is; named if one is and none is misnamed."""
    judged = {mistake.judge(words) for words in said.values()}
    return next(one for one in ("misnamed", "named", "unnamed") if one in judged)


@pytest.mark.slow
def test_how_many_planted_mistakes_are_named():
    counts = {
        name: Counter(worth(name, mistake, told(name, mistake.name)) for mistake in layer.mistakes)
        for name, layer in LAYERS.items()
    }
    whole = sum(counts.values(), Counter())
    assert whole["misnamed"] == 0
    assert whole["named"] >= 133
    assert whole["named"] + whole["unnamed"] == 142
    assert min(count["named"] / sum(count.values()) for count in counts.values()) > 0.8


SENTENCES = {
    ("layer norm", "no path through the mean"): (
        "the path through `x.mean(-1, keepdim=True)` in `x - x.mean(-1, keepdim=True)` is missing: "
        "it is the gradient with that held constant"
    ),
    ("layer norm", "sum for mean"): (
        "the path through `x.mean(-1, keepdim=True)` counts 8 (the length of axis -1) times what it must"
    ),
    ("layer norm", "no square root"): "multiplied by `sd` it would be right",
    ("batch norm", "no path through the mean"): (
        "the path through `mean` in `x - mean` is missing: it is the gradient with that held constant (line 15)"
    ),
    ("batch norm", "cases less one"): (
        "the paths through `((x - mean) ** 2).mean(0)` and `x.mean(0)` count "
        "9/8 (the length of axis -2 over that less one) times what it must"
    ),
    ("convolution", "kernel not turned"): (
        "in the derivative of `F.conv2d(x, w, padding=1)` by `x`, `w` is flipped along axes -2 and -1"
    ),
    ("convolution", "padding off by one"): (
        "in the derivative of `F.conv2d(x, w, padding=1)` by `x`, the window is shifted by one along axes -2 and -1"
    ),
    ("convolution", "border of x lost"): (
        "it is right within indices 1 to 4 of axis -2 and indices 1 to 4 of axis -1, "
        "and 0 outside, where it must not be"
    ),
    ("attention", "softmax over queries"): (
        "in the derivative of `score.softmax(-1)`, the inner sum runs along axis -2"
    ),
    ("attention", "values = for +="): "of the 3 uses of `x`, only that in `x @ wv` is counted",
    ("LSTM", "w = for +="): (
        "of the 5 times that forward runs `w` in `x_t @ w`, only the first is counted: is it = for +=?"
    ),
    ("LSTM", "i and f exchanged"): "parts 0 and 1 of `sums.chunk(4, -1)` are exchanged",
    ("LSTM", "outputs of the last step alone"): "only index 4 of axis -3 of the output, which has 5, is counted",
    ("embedding", "= for +="): (
        "where `table[WORDS]` takes an entry more than once, only the last is counted: = for +="
    ),
    ("max pooling", "all pixels act"): "the gradient of `squares.max(-1)` is given to all entries",
    ("dropout", "no mask"): "in the derivative of `h * mask` by `h`, `mask` is missing: it is taken as 1",
    ("residual block", "no ReLU"): "the derivative of `torch.relu(s)` is missing: it is taken as 1",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mistake"), SENTENCES)
def test_names_of_planted_mistakes(name, mistake):
    assert set(told(name, mistake).values()) == {SENTENCES[name, mistake]}


@pytest.mark.parametrize("name", slow(LAYERS, "LSTM", "attention"))
def test_no_name_where_nothing_explains_the_numbers(name):
    layer = LAYERS[name]

    def noisy(dE_dout, cache):
        of_inputs, of_parameters = layer.backward(dE_dout, cache)
        spoilt = [g * (1 + random(k, *g.shape) / 9) for k, g in enumerate([of_inputs] if layer.inputs else [])]
        others = {name: g * (1 + random(7 + k, *g.shape) / 9) for k, (name, g) in enumerate(of_parameters.items())}
        return spoilt, others

    told = told_of(layer.forward, noisy, layer.inputs, layer.parameters)
    assert len(told) == len(layer.inputs) + len(layer.parameters)
    assert [words for words in told.values() if not WHERE_ALONE.fullmatch(words)] == []


X, W, V = random(1, 6, 5), random(2, 5, 8), random(3, 8, 4)


def level(x, w, v):
    h = torch.tanh(x @ w)
    return h @ v, (x, w, v, h)


def spoilt(name, spoil):
    def backward(dE_dout, cache):
        x, w, v, h = cache
        dE_ds = dE_dout @ v.T * (1 - h**2)
        gradients = {"w": x.T @ dE_ds, "v": h.T @ dE_dout}
        return dE_ds @ w.T, gradients | {name: spoil(gradients[name])}

    return backward


def sign_of(columns):
    def spoil(g):
        g = g.clone()
        g[:, columns] *= -1
        return g

    return spoil


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (sign_of(slice(4, 7)), "only indices 4 to 6 along axis -1 are wrong, and there its sign is turned"),
        (sign_of([2]), "only index 2 along axis -1 is wrong, and there its sign is turned"),
        (sign_of([0, 3, 5]), "only indices 0, 3 and 5 along axis -1 are wrong, and there its sign is turned"),
        (
            lambda g: g * torch.tensor([1.0] * 6 + [0, 0]),
            "only indices 6 and 7 along axis -1 are wrong, and there it is 0 everywhere",
        ),
        (lambda g: g.flip(0), "it is flipped along axis -2: the entries stand in reverse order"),
        (lambda g: g.roll(1, 1), "units are swapped: 0, 1, 2, 3, 4, 5, ... along axis -1"),
        (lambda g: g * 8**0.5, "it is 2.82843 times what it must be: √8, and 8 is the length of an axis"),
        (lambda g: g / 5**0.5, "it is 0.447214 times what it must be: 1/√5, and 5 is the length of an axis"),
    ],
)  # fmt: skip
def test_right_numbers_in_a_block_or_in_another_place(spoil, words):
    assert told_of(level, spoilt("w", spoil), [X], {"w": W, "v": V}) == {"w": words}


def test_a_block_without_a_name():
    def spoil(g):
        g = g.clone()
        g[:, 2:4] = g[:, 2:4] * (2 + random(4, 5, 2))
        return g

    told = told_of(level, spoilt("w", spoil), [X], {"w": W, "v": V})["w"]
    assert told.startswith("10 of its 40 entries are wrong, most of all the one at ")
    assert told.endswith("; they are all those at indices 2 and 3 of axis -1")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda g: g + 0.1, "; it is not 0 where dE_dout is 0: part of it is not multiplied by dE_dout"),
        (torch.abs, "; it does not turn its sign when dE_dout does: it must be linear in dE_dout"),
        (lambda g: g**3, "; it does not double when dE_dout does: it must be linear in dE_dout"),
    ],
)
def test_what_is_not_linear(spoil, words):
    told = told_of(level, spoilt("w", spoil), [X], {"w": W, "v": V})["w"]
    assert told.endswith(words)
    assert "entries are wrong, most of all the one at" in told


def test_a_mean_over_axes_is_named_if_their_length_tells_them():
    def mean(n):
        return lambda dE_dout, x: (dE_dout * W[0, :3, None, None], {"a": (dE_dout * x).sum((0, 2, 3)) / n})

    def scaled(x, a):
        return x * a[:, None, None], x

    def told(n, *shape):
        return told_of(scaled, mean(n), [random(5, *shape)], {"a": W[0, :3]})

    assert told(1, 2, 3, 5, 4) == {}
    assert told(40, 2, 3, 5, 4) == {
        "a": "it is the mean over axes -4, -2 and -1 of the output, not the sum: 1/40 of what it must be"
    }
    assert told(12, 2, 3, 2, 3) == {"a": "it is 1/12 of what it must be"}  # axes -4, -3 and -2 have as many


def test_two_gradients_exchanged():
    def backward(dE_dout, cache):
        x, a = cache
        return dE_dout * a, {"a": dE_dout.sum(0), "b": (dE_dout * x).sum(0)}

    told = told_of(lambda x, a, b: (x * a + b, (x, a)), backward, [X], {"a": W[0, :5], "b": W[1, :5]})
    assert told == {
        "a": "it is the gradient of b: the two are exchanged",
        "b": "it is the gradient of a: the two are exchanged",
    }


def test_a_name_must_not_make_a_right_gradient_wrong():
    # w's gradient is the one without the slope of tanh, the input's is right: the slope is not forgotten in `tanh`
    def backward(dE_dout, cache):
        x, w, v, h = cache
        dE_ds = dE_dout @ v.T * (1 - h**2)
        return dE_ds @ w.T, {"w": x.T @ (dE_dout @ v.T), "v": h.T @ dE_dout}

    told = told_of(level, backward, [X], {"w": W, "v": V})
    assert list(told) == ["w"]
    assert "tanh" not in told["w"]


def in_numpy(x, w, v):
    h = 1 / (1 + np.exp(-(x.numpy() @ w.numpy())))
    return torch.from_numpy(h @ v.numpy()), (x, w, v, torch.from_numpy(h))


@pytest.mark.slow
def test_a_forward_pass_that_leaves_torch():
    def backward(dE_dout, cache):
        x, w, v, h = cache
        return dE_dout @ v.T * h * (1 - h) @ w.T, {"w": x.T @ (dE_dout @ v.T), "v": h.T @ dE_dout}

    told = told_of(in_numpy, backward, [X], {"w": W, "v": V}, ["central differences"])
    assert told == {"w": "the factor y(1 - y) of the units it leads to is missing"}


@pytest.mark.slow
def test_a_search_that_would_take_minutes_is_not_made(monkeypatch):
    layer = LAYERS["dropout"]
    (mistake,) = [one for one in layer.mistakes if one.name == "no mask"]
    given = layer.forward, layer.with_mistake(mistake), layer.inputs, layer.parameters
    assert "mask" in told_of(*given)["w"]
    unnamed = "32 of its 32 entries are wrong"
    assert told_of(*given, ["central differences"])["w"].startswith(unnamed)  # each gradient takes hundreds of runs
    monkeypatch.setattr(search, "OPERATIONS", 3)
    assert told_of(*given)["w"].startswith(unnamed)


def test_a_forward_pass_without_source_is_told_by_its_operations():
    names = {"torch": torch}
    exec("def forward(x, w, v):\n    h = torch.tanh(x @ w)\n    return h @ v, (x, w, v, h)", names)

    def backward(dE_dout, cache):
        x, w, v, h = cache
        return dE_dout @ v.T @ w.T, {"w": x.T @ (dE_dout @ v.T), "v": h.T @ dE_dout}

    told = told_of(names["forward"], backward, [X], {"w": W, "v": V})
    assert told == dict.fromkeys(["input 1", "w"], "the derivative of `tanh` is missing: it is taken as 1")


@pytest.mark.slow
def test_a_search_ends_with_its_pair():
    told_of(level, spoilt("w", lambda g: g * random(5, 5, 8)), [X], {"w": W, "v": V})
    gc.collect()
    assert [one for one in gc.get_objects() if type(one) is search.Search] == []

"""A forward that takes no complex numbers: a right pair still passes, and a wrong pair still fails."""

import re
import warnings

import pytest
import torch
from torch.nn import functional as F

from backprop86.testing import assert_gradients
from checked import compare, in_words
from nets import random

X, W, IMAGE, KERNEL = random(0, 5, 4), random(1, 4, 3), random(2, 2, 3, 6, 6), random(3, 4, 3, 3, 3)
GAIN, SHIFT = random(4, 4), random(5, 4)
LABELS = torch.tensor([0, 3, 1, 2, 0])


def elementwise(f, slope):
    return lambda x: (f(x), x), lambda g, x: (g * slope(x), {}), [X], {}


def normalised(x):
    mean, var = x.mean(-1, keepdim=True), x.var(-1, unbiased=False, keepdim=True)
    return (x - mean) / torch.sqrt(var + 1e-5), torch.sqrt(var + 1e-5)


def with_var(x, gain, shift):
    xhat, sd = normalised(x)
    return xhat * gain + shift, (xhat, sd, gain)


def of_torch(x, gain, shift):
    return F.layer_norm(x, (4,), gain, shift), (*normalised(x), gain)


def layer_norm_back(g, cache):
    xhat, sd, gain = cache
    g_hat = g * gain
    g_x = (g_hat - g_hat.mean(-1, keepdim=True) - xhat * (g_hat * xhat).mean(-1, keepdim=True)) / sd
    return g_x, {"gain": (g * xhat).sum(0), "shift": g.sum(0)}


def softmax_back(g, p):
    return p * (g - (g * p).sum(-1, keepdim=True)), {}


def convolve(x, kernel):
    return F.conv2d(x, kernel), (x, kernel)


def convolve_back(g, cache):
    x, kernel = cache
    dE_dkernel = torch.zeros_like(kernel)
    dE_dx = torch.zeros_like(x)
    for i in range(3):
        for j in range(3):
            dE_dkernel[:, :, i, j] = torch.einsum("nohw,nchw->oc", g, x[:, :, i : i + 4, j : j + 4])
            dE_dx[:, :, i : i + 4, j : j + 4] += torch.einsum("nohw,oc->nchw", g, kernel[:, :, i, j])
    return dE_dx, {"kernel": dE_dkernel}


def cross_entropy_back(g, x):
    return g * (torch.softmax(x, -1) - F.one_hot(LABELS, 4)) / len(x), {}


def max_back(g, x):
    return g[:, None] * F.one_hot(x.argmax(-1), 4), {}


def gelu_slope(x):
    return (1 + torch.erf(x / 2**0.5)) / 2 + x * torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5


def takes_only_reals(x):
    assert x.dtype == torch.float64, "no complex numbers here"
    return x * x, x


def softmax(x):
    p = torch.softmax(x, -1)
    return p, p


def norm_back(g, x):
    return g * x.norm() + (g * x).sum() * x / x.norm(), {}


LAYER_NORM = {"gain": GAIN, "shift": SHIFT}
NOT_FOR = {
    "relu": (*elementwise(torch.relu, lambda x: (x > 0).double()), "relu"),
    "F.relu": (*elementwise(F.relu, lambda x: (x > 0).double()), "relu"),
    "clamp": (*elementwise(lambda x: x.clamp(min=0), lambda x: (x > 0).double()), "clamp"),
    "gelu": (*elementwise(F.gelu, gelu_slope), "gelu"),
    "abs": (*elementwise(lambda x: (x + x.abs()) / 2, lambda x: (x > 0).double()), "abs"),
    "norm": (lambda x: (x * x.norm(), x), norm_back, [X], {}, "norm"),
    "max": (lambda x: (x.max(-1).values, x), max_back, [X], {}, "max"),
    "softmax": (softmax, softmax_back, [X], {}, "softmax"),
    "cross entropy": (lambda x: (F.cross_entropy(x, LABELS), x), cross_entropy_back, [X], {}, "cross_entropy"),
    "var": (with_var, layer_norm_back, [X], LAYER_NORM, "var"),
    "layer norm": (of_torch, layer_norm_back, [X], LAYER_NORM, "layer_norm"),
    "conv2d": (convolve, convolve_back, [IMAGE], {"kernel": KERNEL}, "conv2d"),
    "conj": (*elementwise(lambda x: x * x.conj(), lambda x: 2 * x), "conj"),
    "an error of its own": (takes_only_reals, lambda g, x: (2 * g * x, {}), [X], {}, "this forward"),
}
"""forward, backward, inputs, parameters, and the operation that fails in the complex step."""


@pytest.mark.parametrize("name", NOT_FOR)
def test_a_right_pair_passes_without_the_complex_step(name):
    *pair, operation = NOT_FOR[name]
    with warnings.catch_warnings(action="error"):
        table = compare(*pair)
        assert_gradients(*pair)
    assert table["agrees"].all(), table
    assert set(table["oracle"]) == {"autograd", "central differences"}
    assert table.attrs["left_out"] == {"complex step": f"not for {operation}"}
    for line in in_words(table).splitlines():
        assert re.fullmatch(rf"[\w ]+  right: .+ \(complex step: not for {operation}\)", line)


@pytest.mark.parametrize("name", NOT_FOR)
def test_a_wrong_one_is_rejected_and_named(name):
    forward, backward, inputs, parameters, operation = NOT_FOR[name]

    def wrong(g, cache):
        dE_dinputs, gradients = backward(g, cache)
        return -dE_dinputs, {name: -gradient for name, gradient in gradients.items()}

    table = compare(forward, wrong, inputs, parameters)
    assert not table["agrees"].any()
    assert set(table["looks_like"]) == {"its sign is turned"}
    for line in in_words(table).splitlines():
        assert line.endswith(f"times the largest entry: its sign is turned (complex step: not for {operation})")
    with pytest.raises(AssertionError, match="its sign is turned"):
        assert_gradients(forward, wrong, inputs, parameters)


def test_statistics_held_constant_are_wrong_though_the_complex_step_holds_them_constant_too():
    def constant(g, cache):
        _, sd, gain = cache
        return (g * gain - (g * gain).mean(-1, keepdim=True)) / sd, layer_norm_back(g, cache)[1]

    told = compare(with_var, constant, [X], LAYER_NORM).groupby("tensor")["agrees"].agg(["any", "all"])
    assert told.loc["input 1"].tolist() == [False, False]
    assert told.loc[["gain", "shift"]].all(axis=None)


@pytest.mark.parametrize("name", NOT_FOR)
def test_the_complex_step_alone_is_refused_in_one_line(name):
    *pair, operation = NOT_FOR[name]
    words = f"oracles must be able to judge forward (complex step: not for {operation}): name the other oracles alone"
    with pytest.raises(ValueError, match=f"^{re.escape(words)}[^\n]+$"):
        compare(*pair, oracles=["complex step"])
    table = compare(*pair, oracles=["complex step", "central differences"])
    assert set(table["oracle"]) == {"central differences"}
    assert table["agrees"].all()


def test_nothing_is_left_out_of_what_takes_complex_numbers():
    table = compare(*elementwise(torch.tanh, lambda x: 1 - torch.tanh(x) ** 2))
    assert table.attrs["left_out"] == {}
    assert "not for" not in in_words(table)


def test_a_warning_of_forward_itself_is_its_own():
    def warns(x):
        warnings.warn("mine", stacklevel=1)
        return x * x, x

    with pytest.warns(UserWarning, match="^mine$"):
        compare(warns, lambda g, x: (2 * g * x, {}), [X], {})


def test_where_autograd_is_misled_the_complex_step_is_believed():
    def forgets(x):
        return x * x.detach(), x

    table = compare(forgets, lambda g, x: (g * x, {}), [X], {})
    assert table["agrees"].tolist() == [True, False, False]
    assert table.attrs["left_out"] == {}

"""Results of attacks on the checker: wrong gradients that it passed, right ones that it rejected, and crashes."""

import re

import numpy as np
import pytest
import torch

from backprop86.gradients.candidate import Pair
from backprop86.gradients.gradcheck import NOT_LINEAR, gradcheck
from nets import random

X, W = random(0, 4, 3), random(1, 3, 2)


@pytest.mark.parametrize("spoil", [torch.abs, torch.relu, lambda d: d.clamp(-3, 3), lambda d: d / d.norm()])
def test_what_is_not_linear_in_dE_dout_is_wrong(spoil):
    report = gradcheck(lambda x: ((x**2).sum(), x), lambda d, x: 2 * spoil(d) * x, [X])
    left_out = "dE_dout is left out: it is the gradient of the sum of the output"  # d / |d| of one number
    assert report.mistakes["input 1"] in (NOT_LINEAR, left_out)


class Marked(torch.autograd.Function):
    """Its second output is of real numbers, and has no gradient."""

    @staticmethod
    def forward(ctx, x):
        y, m = x.sin(), x.cos()
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        ctx.mark_non_differentiable(m)
        return y, m

    @staticmethod
    def backward(ctx, g, g_of_m):
        assert not g_of_m.any()
        (x,) = ctx.saved_tensors
        return g * x.cos()


class AllMarked(Marked):
    @staticmethod
    def forward(ctx, x):
        y, m = Marked.forward(ctx, x)
        ctx.mark_non_differentiable(y)
        return y, m


def test_outputs_that_are_marked_have_no_gradient():
    assert gradcheck(Marked, None, [X])
    assert gradcheck(lambda x: Marked.apply(2 * x)[0] + x, None, [X])
    with pytest.raises(ValueError, match=r"^forward must return a tensor of real numbers, was "):
        gradcheck(AllMarked, None, [X])


class InPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor=2.0):
        ctx.mark_dirty(x)
        ctx.factor = factor
        return x.mul_(factor)

    @staticmethod
    def backward(ctx, g):
        return ctx.factor * g, None


class WithDefault(torch.autograd.Function):
    @staticmethod
    def forward(x, s=1.5):
        return s * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.s = inputs[1]

    @staticmethod
    def backward(ctx, g):
        return ctx.s * g, None


def test_functions_that_write_into_their_input_or_have_defaults():
    kept = X.clone()
    assert gradcheck(InPlace, None, [X])
    assert X.equal(kept)
    assert gradcheck(WithDefault, None, [X])
    assert gradcheck(WithDefault, None, [X, 3.0])


def test_a_slope_that_drowns_in_rounding_is_not_right():
    def forward(x):
        return 1e6 + np.abs(x) * 1e-4, x

    report = gradcheck(forward, lambda d, x: 0 * d, [X.numpy()])
    assert report.mistakes == {
        "input 1": "central differences alone cannot tell: the rounding of E is larger than its slope"
    }
    missing = gradcheck(lambda x: (1e6 + x.abs() * 1e-4, x), lambda d, x: 0 * d, [X])
    assert missing.mistakes == {"input 1": "it is 0 everywhere"}


P = torch.tensor([0.01, 0.3, 0.7], dtype=torch.float64)
STEEP = {
    "a logarithm": (lambda p: (-p.log(), p), lambda d, p: -d / p, P),
    "its pole is near": (lambda p: (p.log(), p), lambda d, p: d / p, P * 1e-6),
    "an inverse": (lambda p: (1 / p, p), lambda d, p: -d / p**2, P * 1e-6),
    "an exponential": (lambda p: (p.exp(), p.exp()), lambda d, y: d * y, 300 * P),
    "a fast wave": (lambda p: ((1000 * p).sin(), p), lambda d, p: 1000 * d * (1000 * p).cos(), P),
    "a corner": (lambda p: (torch.relu(p), p), lambda d, p: d * (p > 0), torch.tensor([0.0, 1, -1]).double()),
}


@pytest.mark.parametrize("name", STEEP)
def test_central_differences_do_not_outvote_autograd(name):
    forward, backward, at = STEEP[name]
    report = gradcheck(forward, backward, [at])
    assert report, report
    assert "autograd" in set(report.table["oracle"])
    wrong = gradcheck(forward, lambda d, c: 1.01 * backward(d, c), [at])
    assert not wrong
    assert not wrong.table.loc[wrong.table["oracle"] == "autograd", "agrees"].any()


def test_a_corner_in_numpy_is_called_a_corner():
    report = gradcheck(lambda x: (np.maximum(x, 0), x), lambda d, x: d * (x > 0), [np.array([[0.0, 1, -1]])])
    assert report.mistakes["input 1"].startswith("within 1e-05 of this point forward has a corner or a jump")


def test_two_outputs_and_no_cache():
    def both(x):
        return x.sin(), x.cos()

    assert gradcheck(both, lambda d: d[0] * X.cos() - d[1] * X.sin(), [X])
    assert not gradcheck(both, lambda d: d[0] * X.cos() + d[1] * X.sin(), [X])
    pair = (lambda x, w: (x @ w, w.exp())), lambda d, x, w: (d[0] @ w.T, x.T @ d[0] + d[1] * w.exp())
    assert gradcheck(*pair, [X, W])


def test_a_tensor_without_effect_needs_no_gradient():
    report = gradcheck(lambda x, unused: (x * x, x), lambda d, x: (2 * d * x, None), [X, W])
    assert report, report
    report = gradcheck(lambda x, w: (x @ w, (x, w)), lambda d, c: (d @ c[1].T, None), [X, W])
    assert report.mistakes == {"input 2": "there is none: return one, or close over the tensor"}


def test_outputs_of_several_shapes():
    assert gradcheck(lambda x: ([x[0] ** 2, x.sum()], x), lambda d, x: torch.eye(4, 1) * 2 * d[0] * x + d[1], [X])
    assert gradcheck(lambda x: ([x.sum(), x[0] ** 2], x), lambda d, x: torch.eye(4, 1) * 2 * d[1] * x + d[0], [X])


def test_whether_gradients_are_enabled_does_not_matter():
    def switches_off(x):
        torch.set_grad_enabled(False)
        return x * x, x

    pair = (lambda x: (x * x, x)), lambda d, x: 2 * d * x
    with torch.no_grad():
        assert gradcheck(*pair, [X])
        assert not torch.is_grad_enabled()
    with pytest.raises(ValueError, match=r"^autograd cannot follow forward"):
        gradcheck(switches_off, pair[1], [X])
    assert torch.is_grad_enabled()


REFUSED = {
    "forward must be a function, was int": (3, None, [X]),
    "backward must be a function, was int": (lambda x: (x, x), 3, [X]),
    "oracles must be one or more of autograd, complex step, central differences, was 3": (
        lambda x: (x, x), lambda d, x: d, [X], {}, 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", REFUSED)
def test_bad_arguments_get_one_line(words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        gradcheck(*REFUSED[words])


def test_the_class_of_a_module_is_no_function():
    with pytest.raises(ValueError, match=r"^backward must be given, .+, was type$"):
        gradcheck(torch.nn.Linear, None, [X])


class Masked(torch.nn.Module):
    """A module with an argument that is not an input."""

    def __init__(self, forgets):
        super().__init__()
        self.forgets = forgets

    def forward(self, x, mask=None):
        self.x, self.mask = x, mask
        return x * x if mask is None else x * x * mask

    def backward(self, d):
        return 2 * self.x * d * (1 if self.forgets else self.mask)


def test_constants_reach_the_forward_of_a_module():
    mask = {"mask": (X > 0).double()}
    assert gradcheck(Masked(False), None, [X], constants=mask)
    assert not gradcheck(Masked(True), None, [X], constants=mask)
    with pytest.raises(TypeError, match="nonsense"):
        gradcheck(Masked(True), None, [X], constants={"nonsense": 3})


OF_REAL_NUMBERS = {
    "x |x|": (lambda x: x * np.abs(x), lambda d, x: 2 * d * np.abs(x)),
    "|x|": (np.abs, lambda d, x: d * np.sign(x)),
    "length": (np.linalg.norm, lambda d, x: d * x / np.linalg.norm(x)),
}


@pytest.mark.parametrize("name", OF_REAL_NUMBERS)
def test_numpy_that_is_no_function_of_complex_numbers(name):
    function, backward = OF_REAL_NUMBERS[name]
    x = np.linspace(-2, 1.3, 7)
    report = gradcheck(lambda x: (function(x), x), backward, [x])
    assert report, report
    assert "complex step" in report.left_out
    assert not gradcheck(lambda x: (function(x), x), lambda d, x: 1.5 * backward(d, x), [x])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
def test_units_near_their_corner_switch_by_rounding(dtype):
    for seed in range(4):
        drawn = torch.Generator().manual_seed(seed)
        x, w, b = (torch.randn(*shape, generator=drawn) for shape in ((128, 64), (64, 128), (128,)))
        layer = (
            lambda x, w, b: (torch.relu(x @ w + b), (x, w, x @ w + b)),
            lambda d, c: ((d * (c[2] > 0)) @ c[1].T, c[0].T @ (d * (c[2] > 0)), (d * (c[2] > 0)).sum(0)),
        )
        report = gradcheck(*layer, [x.to(dtype), (w / 8).to(dtype), b.to(dtype)], oracles=["autograd"])
        assert report, (seed, str(report))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
def test_sums_in_place_round_with_each_term(dtype):
    rows = torch.randint(0, 4, (500,), generator=torch.Generator().manual_seed(0))
    table = torch.randn(4, 16, generator=torch.Generator().manual_seed(1)).to(dtype)

    def backward(d, table):
        return torch.zeros_like(table).index_add_(0, rows, d)

    assert gradcheck(lambda table: (table[rows], table), backward, [table], oracles=["autograd"])


def test_a_deep_module_of_many_small_tensors_takes_seconds(monkeypatch):
    calls, called = [], Pair._called

    def counted(*args):
        calls.append(1)
        return called(*args)

    def forward(x, *ws):
        hs = [x]
        for w in ws:
            hs.append(torch.tanh(hs[-1] @ w))
        return hs[-1], (hs, ws)

    def backward(g, cache):
        (hs, ws), found = cache, []
        for w, h, y in zip(ws[::-1], hs[-2::-1], hs[:0:-1], strict=True):
            dE_dx = g * (1 - y * y)
            found.append(h.T @ dE_dx)
            g = dE_dx @ w.T
        return [g, *found[::-1]]

    monkeypatch.setattr(Pair, "_called", counted)
    assert gradcheck(forward, backward, [random(0, 4, 30), *(random(k, 30, 30) / 5 for k in range(1, 8))])
    assert 100 < len(calls) < 500  # there are 6,420 entries


def test_a_parameter_with_the_name_of_an_input():
    with pytest.raises(ValueError, match=r"^params and constants must have other names than the inputs, "):
        gradcheck(lambda x, **params: (x, x), lambda d, x: d, [X], {"input 1": W})


@pytest.mark.parametrize("seed", range(8))
def test_no_slope_is_told_across_corners(seed):
    x = random(seed, 200) * 10.0 ** -(3 * random(seed + 50, 200).abs())
    report = gradcheck(lambda x: (torch.relu(x), x), lambda d, x: d * (x > 0), [x], oracles=["autograd"])
    slope = report.table["taylor"].iloc[0]
    assert np.isnan(slope) or slope == pytest.approx(2, abs=0.1)

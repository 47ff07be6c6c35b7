"""A backward pass is judged in any common form: right passes are cleared, and each mistake is reported."""

import numpy as np
import pytest
import torch

from backprop86.gradients.gradcheck import gradcheck
from nets import random

X, W, B = random(0, 5, 3), random(1, 3, 2), random(2, 2)
WRONG = {"w": "it is 0.4 times what it must be"}


def spoilt(gradient, wrong):
    return 0.4 * gradient if wrong else gradient


def forward(x, w, b):
    return torch.tanh(x @ w + b), (x, w, torch.tanh(x @ w + b))


def gradients(g, cache, wrong=False):
    x, w, y = cache
    dE_dx = g * (1 - y * y)
    return dE_dx @ w.T, spoilt(x.T @ dE_dx, wrong), dE_dx.sum(0)


def alone(x, w, b):
    return forward(x, w, b)[0]


def as_pair(returned):
    """{whether w is wrong: backward}, with the gradients in this form."""
    return {wrong: (lambda g, cache, wrong=wrong: returned(*gradients(g, cache, wrong))) for wrong in (False, True)}


RETURNED = {
    "inputs and a dict": lambda x, w, b: (x, {"w": w, "b": b}),
    "a list of inputs and a dict": lambda x, w, b: ([x], {"b": b, "w": w}),
    "a tuple": lambda x, w, b: (x, w, b),
    "a list": lambda x, w, b: [x, w, b],
    "a dict with the argument's name": lambda x, w, b: {"w": w, "x": x, "b": b},
    "a dict with our name": lambda x, w, b: {"w": w, "input 1": x, "b": b},
}


def judged(forward, backward, inputs=(X,), params=None, mistakes=None, **settings):
    report = gradcheck(forward, backward, list(inputs), {"w": W, "b": B} if params is None else params, **settings)
    assert report.mistakes == (mistakes or {}), report
    assert bool(report) == (not mistakes)
    return report


@pytest.mark.parametrize("name", RETURNED)
@pytest.mark.parametrize("wrong", [False, True])
def test_gradients_in_any_form(name, wrong):
    judged(forward, as_pair(RETURNED[name])[wrong], mistakes=WRONG if wrong else {})


@pytest.mark.parametrize("wrong", [False, True])
def test_a_pair_without_a_cache(wrong):
    def backward(g, x, w, b):
        return gradients(g, (x, w, alone(x, w, b)), wrong)

    judged(alone, backward, mistakes=WRONG if wrong else {})
    judged(alone, backward, [X, W, B], {}, {"input 2": WRONG["w"]} if wrong else {})

    def by_keyword(x, *, b, w):
        return alone(x, w, b)

    judged(by_keyword, lambda g, x, *, b, w: backward(g, x, w, b), mistakes=WRONG if wrong else {})


class Keeper:
    """A layer that keeps what it needs on itself."""

    def __init__(self, wrong):
        self.wrong = wrong

    def forward(self, x, w, b):
        out, self.cache = forward(x, w, b)
        return out

    def backward(self, g):
        return gradients(g, self.cache, self.wrong)


@pytest.mark.parametrize("wrong", [False, True])
def test_a_layer_that_keeps_its_cache(wrong):
    layer = Keeper(wrong)
    judged(layer.forward, layer.backward, mistakes=WRONG if wrong else {})
    assert vars(layer) == {"wrong": wrong}  # as it was


class Module(torch.nn.Module):
    """A module with a backward pass by hand; `leaves` is the place where it leaves the gradients of its parameters."""

    def __init__(self, wrong=False, leaves="returned"):
        super().__init__()
        self.w, self.b = torch.nn.Parameter(W.clone()), torch.nn.Parameter(B.clone())
        self.frozen = torch.nn.Parameter(B.clone(), requires_grad=False)
        self.register_buffer("calls", torch.zeros(1, dtype=torch.float64))
        self.wrong, self.leaves = wrong, leaves

    def forward(self, x):
        self.calls += 1
        self.kept = forward(x, self.w, self.b + 0 * self.frozen)
        return self.kept[0]

    def backward(self, g):
        dx, dw, db = gradients(g, self.kept[1], self.wrong)
        if self.leaves == "returned":
            return dx, {"w": dw, "b": db}
        if self.leaves == "in a tuple":
            return dx, dw, db
        for parameter, gradient in ((self.w, dw), (self.b, db)):
            if self.leaves == "added":
                parameter.grad += gradient
            else:
                parameter.grad = gradient
        return dx


@pytest.mark.parametrize("leaves", ["returned", "in a tuple", "added", "in .grad"])
@pytest.mark.parametrize("wrong", [False, True])
def test_a_module_with_a_backward(leaves, wrong):
    module = Module(wrong, leaves)
    report = judged(module, None, params={}, mistakes=WRONG if wrong else {})
    assert set(report.table["tensor"]) == {"input 1", "w", "b"}
    assert module.calls == 0
    assert module.w.grad is None


def test_a_module_that_forgets_a_parameter():
    class Forgetful(Module):
        def backward(self, g):
            dx, dw, _ = gradients(g, self.kept[1])
            return dx, {"w": dw}

    judged(Forgetful(), None, params={}, mistakes={"b": "there is none: return one, or close over the tensor"})


class Cell(torch.autograd.Function):
    """A cell with two outputs with a gradient, one without, and arguments that are not tensors."""

    spoil = False

    @staticmethod
    def forward(ctx, x, times, w, names=None):
        y = torch.tanh(times * (x @ w))
        ctx.save_for_backward(x, w, y)
        ctx.times = times
        assert ctx.needs_input_grad[:3] == (True, False, True)
        return y, y.square(), y.argmax(-1)

    @classmethod
    def backward(cls, ctx, g, g_of_square, g_of_place):
        assert not g_of_place.any()
        x, w, y = ctx.saved_tensors
        dE_dx = ctx.times * (g + 2 * y * g_of_square) * (1 - y * y)
        return dE_dx @ w.T, None, spoilt(x.T @ dE_dx, cls.spoil), None


class WrongCell(Cell):
    spoil = True


def test_a_function_with_several_outputs_and_other_arguments():
    judged(Cell, None, [X, 3, W, "tanh"], {})
    judged(Cell, None, [X], {"w": W}, constants={"times": 3})
    judged(WrongCell, None, [X, True, W], {}, {"input 3": WRONG["w"]})


@pytest.mark.slow
def test_a_function_within_a_function_and_within_a_module():
    def around(cell):
        return lambda x, w: sum(cell.apply(2 * x, 3, w)[:2])

    judged(around(Cell), None, [X], {"w": W})
    judged(Cell.apply, None, [X, 3, W], {})
    apply = Cell.apply
    judged(lambda x, w: apply(x, 2, w)[1], None, [X], {"w": W})
    judged(around(WrongCell), None, [X], {"w": W}, WRONG)

    class Around(torch.nn.Module):
        def __init__(self, cell):
            super().__init__()
            self.inner, self.cell = torch.nn.Linear(3, 3).double(), cell
            self.w = torch.nn.Parameter(W.clone())

        def forward(self, x):
            return self.cell.apply(self.inner(x), 3, self.w)[0]

    judged(Around(Cell), None, params={})
    judged(Around(WrongCell), None, params={}, mistakes=WRONG)
    with pytest.raises(ValueError, match=r"^params must be left out for an nn.Module, which has its own, was w$"):
        gradcheck(Around(Cell), None, [X], {"w": W})


def test_what_torch_differentiates_alone_is_not_judged():
    with pytest.raises(ValueError, match=r"^backward must be given, .+, was neither: torch makes all of its gradient$"):
        gradcheck(torch.nn.Linear(3, 2).double(), None, [X])
    with pytest.raises(ValueError, match=r"^forward must be a function, was list$"):
        gradcheck([1], None, [X])
    with pytest.raises(ValueError, match=r"^backward must be left out for a Function, which has its own, was function"):
        gradcheck(Cell, forward, [X])


ROWS, LEFT = torch.tensor([1, 0, 4, 1]), torch.tensor([True, False, True, True])


def test_integers_booleans_and_constants():
    def looked_up(rows, left, table, *, scale, bias=None):
        assert rows.dtype == torch.int64
        assert left.dtype == torch.bool
        return scale * table[rows] * left[:, None], (rows, left, len(table), scale)

    def backward(g, cache):
        rows, left, n, scale = cache
        return None, {"table": torch.zeros(n, 3).double().index_add_(0, rows, scale * g * left[:, None])}

    report = judged(looked_up, lambda g, c: ([None, None], backward(g, c)[1]), [ROWS, LEFT], {"table": X},
                    constants={"scale": 2.5})  # fmt: skip
    assert set(report.table["tensor"]) == {"table"}
    judged(looked_up, lambda g, c: backward(g, c)[1], [ROWS, LEFT], {"table": X}, constants={"scale": B[0]})
    judged(looked_up, lambda g, c: (None, None, backward(g, c)[1]["table"]), [ROWS, LEFT, X], {},
           constants={"scale": 2})  # fmt: skip


def test_several_outputs_of_a_pair():
    def both(x, w):
        return {"sum": x @ w, "parts": [x.exp(), x.sum()]}, (x, w)

    def backward(g, cache):
        x, w = cache
        return g["sum"] @ w.T + g["parts"][0] * x.exp() + g["parts"][1], {"w": x.T @ g["sum"]}

    judged(both, backward, [X], {"w": W})
    judged(both, lambda g, c: (backward(g, c)[0] - g["parts"][1], backward(g, c)[1]), [X], {"w": W},
           {"input 1": gradcheck(both, lambda g, c: (backward(g, c)[0] - g["parts"][1], backward(g, c)[1]),
                                 [X], {"w": W}).mistakes["input 1"]})  # fmt: skip


def in_numpy(x, w):
    y = np.tanh(x @ w)
    return y, (x, w, y)


@pytest.mark.parametrize("wrong", [False, True])
def test_numpy(wrong):
    def backward(g, cache):
        x, w, y = cache
        assert isinstance(g, np.ndarray)
        dE_dx = g * (1 - y * y)
        return dE_dx @ w.T, {"w": spoilt(x.T @ dE_dx, wrong)}

    x, w = X.numpy(), W.numpy()
    report = judged(in_numpy, backward, [x], {"w": w}, WRONG if wrong else {})
    assert set(report.table["oracle"]) == {"complex step", "central differences"}
    assert report.left_out == {"autograd": "forward is in NumPy, which autograd cannot follow"}
    judged(lambda x: (float(np.sum(x * x)), x), lambda g, x: 2 * g * x, [x], {})
    judged(lambda x, k: np.linalg.norm(x[k]), lambda g, x, k: g * np.eye(5)[k][:, None] * x / np.linalg.norm(x[k]),
           [x, 2], {}, oracles=["central differences"])  # fmt: skip
    with pytest.raises(ValueError, match=r"^input 1 must be float64, was float32: \.astype\(float\) makes it so$"):
        gradcheck(in_numpy, backward, [x.astype(np.float32)], {"w": w})
    with pytest.raises(ValueError, match=r"^inputs and params must be all tensors or all arrays, were both$"):
        gradcheck(in_numpy, backward, [x], {"w": W})


def test_names_that_clash():
    with pytest.raises(ValueError, match=r"^constants must have other names than params, was b in both$"):
        gradcheck(forward, gradients, [X], {"w": W, "b": B}, constants={"b": B})

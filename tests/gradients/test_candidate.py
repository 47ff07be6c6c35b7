"""Refusals, in one clear line, of everything that cannot be compared; torch's Functions are taken unchanged."""

import re
from functools import partial

import numpy as np
import pytest
import torch

from backprop86.modules import Linear
from checked import compare

Y = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]], dtype=torch.float64)
PLACE = torch.zeros(3, 2, dtype=torch.float64)
W = torch.tensor([[0.5, -1.0], [0.25, 2.0]], dtype=torch.float64)


def forward(y, w):
    return y @ w.mT, (y, w)


def backward(dE_dx, cache):
    y, w = cache
    return dE_dx @ w, {"w": dE_dx.mT @ y}


def changed(dE_dx, cache):
    dE_dx *= 2
    return backward(dE_dx, cache)


def changes_inputs(y, w):
    w *= 2
    return forward(y, w)


def fresh(*shape):
    return torch.from_numpy(np.random.default_rng().random(shape))


REFUSED = {
    "complex numbers": (
        forward,
        backward,
        [Y],
        {"w": W.to(torch.complex128)},
        "w must be float64, float32, bfloat16 or float16, was complex128",
    ),
    "NaN": (forward, backward, [Y], {"w": W.log()}, "w must be finite, was nan at [0, 1]"),
    "a list": (
        lambda y: (y, ()),
        backward,
        [Y.tolist()],
        {},
        "inputs and params must hold a tensor of real numbers, was list",
    ),
    "no tensors": (
        forward,
        backward,
        [],
        {},
        "forward must take the inputs, then the parameters (missing a required "
        "argument: 'y'): close over the others, or name them in constants",
    ),
    "empty": (forward, backward, [Y[:0]], {"w": W}, "input 1 must have entries, was of shape (0, 2)"),
    "no cache": (
        lambda y, w: y @ w.mT,
        backward,
        [Y],
        {"w": W},
        "forward must return (out, cache), or backward take dE_dout alone, or dE_dout and the arguments of forward: "
        "it returned no cache",
    ),
    "infinite": (
        lambda y, w: (y / 0, ()),
        backward,
        [Y],
        {"w": W},
        "the output of forward must be finite, was inf at [0, 0]",
    ),
    "float32 out": (
        lambda y, w: (y.float(), ()),
        backward,
        [Y],
        {"w": W},
        "the output of forward must be float64, as its tensors are, was float32: forward must compute in their type",
    ),
    "changed in place": (
        changes_inputs,
        backward,
        [Y],
        {"w": W},
        "forward must leave w as it is, and changed it in place",
    ),
    "dE_dout changed": (
        forward,
        changed,
        [Y],
        {"w": W},
        "backward must leave dE_dout as it is, and changed it in place",
    ),
    "three things": (
        forward,
        lambda g, c: (g, {}, 1),
        [Y],
        {"w": W},
        "backward must return (dE_dinputs, {name: gradient}), a tuple of them for input 1, w, or a dict by name, "
        "was (Tensor, dict, int)",
    ),
    "too few": (
        forward,
        lambda g, c: ([], {}),
        [Y],
        {"w": W},
        "backward must return a gradient for each of 1 inputs, was 0",
    ),
    "a stranger": (
        forward,
        lambda g, c: (g, {"W": g}),
        [Y],
        {"w": W},
        "backward must return gradients of the parameters (w), was also W",
    ),
    "one tensor for a list": (
        forward,
        backward,
        Y,
        {"w": W},
        "inputs must be a list of tensors, was Tensor",
    ),
    "a list for a dict": (
        forward,
        backward,
        [Y],
        [W],
        "params must be a dict of values by name, was list",
    ),
    "on another device": (
        forward,
        backward,
        [Y.to("meta")],
        {"w": W},
        "input 1 must be dense, with numbers in it, was torch.strided on meta",
    ),
    "sparse": (
        forward,
        backward,
        [Y],
        {"w": W.to_sparse()},
        "w must be dense, with numbers in it, was torch.sparse_coo on cpu",
    ),
    "too many tensors": (
        forward,
        backward,
        [Y, Y, Y],
        {},
        "forward must take the inputs, then the parameters (too many positional arguments): "
        "close over the others, or name them in constants",
    ),
    "too many": (
        forward,
        lambda g, c: ([g, g], {}),
        [Y],
        {"w": W},
        "backward must return a gradient for each of 1 inputs, was 2",
    ),
    "nothing in a tuple": (
        lambda y, w: ((), ()),
        backward,
        [Y],
        {"w": W},
        "forward must return a tensor of real numbers, was ()",
    ),
    "random, in one place": (
        lambda y, w: (PLACE.copy_(fresh(3, 2)), (y, w)),
        backward,
        [Y],
        {"w": W},
        "forward must give the same output for the same tensors, and is random: fix its seed",
    ),
    "random": (
        lambda y, w: (y @ w.mT * fresh(2), (y, w)),
        backward,
        [Y],
        {"w": W},
        "forward must give the same output for the same tensors, and is random: fix its seed",
    ),
    "neither": (
        forward,
        None,
        [Y],
        {"w": W},
        "backward must be given, or forward must be a torch.autograd.Function, call one, or be an nn.Module with a "
        "backward, was neither: torch makes all of its gradient",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name):
    *pair, words = REFUSED[name]
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        compare(*pair)


class Older(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y, w):
        ctx.save_for_backward(y, w)
        ctx.set_materialize_grads(False)
        ctx.n = 2
        return torch.tanh(y @ w.mT)

    @staticmethod
    def backward(ctx, dE_dout):
        y, w = ctx.saved_tensors
        out = torch.tanh(y @ w.mT)
        dE_dx = dE_dout * (1 - out * out) if all(ctx.needs_input_grad[: ctx.n]) else None
        return dE_dx @ w, dE_dx.mT @ y


class Newer(torch.autograd.Function):
    @staticmethod
    def forward(y, w):
        return torch.tanh(y @ w.mT)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs, output)

    @staticmethod
    def backward(ctx, dE_dout):
        y, w, out = ctx.saved_tensors
        return (dE_dout * (1 - out * out)) @ w, (dE_dout * (1 - out * out)).mT @ y


class Forgetful(Newer):
    @staticmethod
    def backward(ctx, dE_dout):
        y, w, _ = ctx.saved_tensors
        return dE_dout @ w, dE_dout.mT @ y


class Short(Newer):
    @staticmethod
    def backward(ctx, dE_dout):
        return dE_dout


class Long(Newer):
    @staticmethod
    def backward(ctx, dE_dout):
        return (*Newer.backward(ctx, dE_dout), dE_dout)


class Unkept(Newer):
    @staticmethod
    def backward(ctx, dE_dout):
        return ctx.k * dE_dout, None


@pytest.mark.parametrize("function", [Older, Newer])
def test_a_function_of_torch(function):
    assert compare(function, None, [Y], {"w": W})["agrees"].all()
    assert compare(function, None, [Y, W], {})["agrees"].all()
    assert function.apply(Y, W).shape == (3, 2)


def test_a_wrong_function_of_torch():
    table = compare(Forgetful, None, [Y], {"w": W})
    assert not table["agrees"].any()
    assert set(table["looks_like"]) == {
        "the factor 1 - y² is missing in the last level, where y is the output of forward"
    }
    for function, n in ((Short, 1), (Long, 3)):
        with pytest.raises(ValueError, match=rf"^backward must return 2 gradients, one for each argument, was {n}$"):
            compare(function, None, [Y], {"w": W})
    with pytest.raises(AttributeError, match=r"^ctx has nothing under the name k$"):
        compare(Unkept, None, [Y], {"w": W})


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y, w, k):
        ctx.save_for_backward(y, w)
        ctx.k = k
        return k * (y @ w.mT)

    @staticmethod
    def backward(ctx, dE_dx):
        y, w = ctx.saved_tensors
        return ctx.k * dE_dx @ w, ctx.k * dE_dx.mT @ y, None


class Twice(Scaled):
    @staticmethod
    def forward(ctx, y, w):
        return Scaled.forward(ctx, y, w, 2.0)


def test_a_function_with_other_arguments():
    words = (
        r"^forward must take the inputs, then the parameters \(missing a required argument: 'k'\): give it the others"
    )
    with pytest.raises(ValueError, match=words):
        compare(Scaled, None, [Y], {"w": W})
    assert compare(Twice, None, [Y], {"w": W})["agrees"].all()
    assert compare(Scaled, None, [Y, W, 3], {})["agrees"].all()
    assert compare(Scaled, None, [Y], {"w": W}, constants={"k": 3})["agrees"].all()


def test_parameters_of_torch_modules():
    layer = torch.nn.Linear(2, 3).double()
    of_two = (
        (lambda y, weight, bias: (y @ weight.mT + bias, (y, weight))),
        lambda g, cache: (
            g @ cache[1],
            {"weight": g.mT @ cache[0], "bias": g.sum(0)},
        ),
    )
    assert compare(*of_two, [Y], dict(layer.named_parameters()))["agrees"].all()
    held = (lambda y: (y * layer.bias[0], None)), lambda g, cache: (g * layer.bias[0], {})
    assert compare(*held, [Y], {})["agrees"].all()


def test_a_gradient_that_is_added_to_is_copied():
    total = torch.zeros_like(W)

    def adds_up(dE_dx, cache):
        total.add_(dE_dx.mT @ cache[0])
        return dE_dx @ cache[1] + 1, {"w": total}

    table = compare(forward, adds_up, [Y], {"w": W})
    assert table[table["tensor"] == "w"]["agrees"].all()
    assert not table[table["tensor"] == "input 1"]["agrees"].any()


def test_two_inputs_and_no_parameters():
    def back(kind, g, cache):
        return kind([g * cache[1], g * cache[0]]), {}

    for kind in (list, tuple):
        table = compare(lambda y, z: (y * z, (y, z)), partial(back, kind), [Y, Y.exp()], {})
        assert table["tensor"].tolist() == ["input 1", "input 2"] * 3
        assert table["agrees"].all()


def linear_of_y(w):
    return Linear.forward(Y, w)


def linear_of_y_back(dE_dx, cache):
    return None, {"w": dE_dx.mT @ Y}


def test_no_inputs():
    table = compare(linear_of_y, linear_of_y_back, [], {"w": W}, ["autograd", "central differences"])
    assert table["agrees"].all()
    assert len(table) == 2


def test_an_oracle_that_cannot_be_asked_says_so():
    words = "oracles must be able to judge forward (complex step: not for matmul): name the other oracles alone"
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        compare(linear_of_y, linear_of_y_back, [], {"w": W}, ["complex step"])
    table = compare(linear_of_y, linear_of_y_back, [], {"w": W})
    assert table["oracle"].tolist() == ["autograd", "central differences"]
    with pytest.raises(ValueError, match=r"^autograd cannot follow forward, which leaves torch on the way \(.+: name"):
        compare(
            lambda w: (torch.tensor((w.detach() ** 2).numpy()), w), lambda g, w: (None, {"w": 2 * w * g}), [], {"w": W}
        )


@pytest.mark.parametrize(("oracles", "was"), [(["JAX"], "JAX"), ([], "none"), ("JAX", "JAX")])
def test_oracles_that_there_are_not(oracles, was):
    with pytest.raises(ValueError, match=f"^oracles must be one or more of autograd, .+, was {was}$"):
        compare(forward, backward, [Y], {"w": W}, oracles)

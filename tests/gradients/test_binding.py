"""Parameters go to the arguments that have their names, whatever their order."""

import re
from functools import partial, wraps

import pytest
import torch

from checked import compare, in_words
from nets import random

Y, W, B = random(0, 5, 3), random(1, 3, 3), random(2, 3)
ORDERS = {"in order": {"b": B, "w": W}, "turned round": {"w": W, "b": B}}


def forward(y, b, w):
    out = torch.tanh(y @ w + b)
    return out, (y, w, out)


def backward(g, cache):
    y, w, out = cache
    dE_dx = g * (1 - out * out)
    return dE_dx @ w.T, {"w": y.T @ dE_dx, "b": dE_dx.sum(0)}


def places(y, b, w, /):
    return forward(y, b, w)


def keywords(y, *, b, w):
    return forward(y, b, w)


def some_keywords(y, b, *, w):
    return forward(y, b, w)


def any_keywords(y, **weights):
    return forward(y, **weights)


def and_more(y, b, w, *more):
    return forward(y, b, w)


def defaults(y, scale=1.0, b=None, w=None):
    return forward(scale * y, b, w)


class Layer(torch.nn.Module):
    def forward(self, y, b, w):
        return forward(y, b, w)


@wraps(forward)
def wrapped(*args, **kwargs):
    return forward(*args, **kwargs)


class Older(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y, b, w):
        out, cache = forward(y, b, w)
        ctx.save_for_backward(*cache)
        return out

    @staticmethod
    def backward(ctx, g):
        dE_dy, gradients = backward(g, ctx.saved_tensors)
        return dE_dy, gradients["b"], gradients["w"]


class Newer(Older):
    @staticmethod
    def forward(y, b, w):
        return forward(y, b, w)[0]

    @staticmethod
    def setup_context(ctx, inputs, output):
        y, _, w = inputs
        ctx.save_for_backward(y, w, output)


class WithDefaults(Older):
    @staticmethod
    def forward(ctx, y, scale=1.0, b=None, w=None, unused=None):
        return Older.forward(ctx, scale * y, b, w)

    @staticmethod
    def backward(ctx, g):
        assert ctx.needs_input_grad == (True, False, True, True)
        dE_dy, dE_db, dE_dw = Older.backward(ctx, g)
        return dE_dy, None, dE_db, dE_dw, None


FORWARDS = {
    "a function": forward,
    "places alone": places,
    "keywords alone": keywords,
    "a keyword": some_keywords,
    "any keywords": any_keywords,
    "and more": and_more,
    "defaults": defaults,
    "a method": Layer().forward,
    "a torch module": Layer(),
    "partial": partial(lambda scale, y, b, w: forward(scale * y, b, w), 1.0),
    "partial by keyword": partial(defaults, scale=1.0),
    "wrapped": wrapped,
    "a Function": Older,
    "a Function with setup_context": Newer,
    "a Function with defaults": WithDefaults,
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", FORWARDS)
def test_the_order_of_the_dict_does_not_matter(name, order):
    passes = (FORWARDS[name], None if "Function" in name else backward)
    table = compare(*passes, [Y], ORDERS[order])
    assert table["agrees"].all(), in_words(table)
    assert list(dict.fromkeys(table["tensor"])) == ["input 1", *ORDERS[order]]


def test_a_wrong_gradient_keeps_its_name():
    def spoilt(g, cache):
        dE_dy, gradients = backward(g, cache)
        return dE_dy, gradients | {"w": -gradients["w"]}

    class Spoilt(Older):
        @staticmethod
        def backward(ctx, g):
            dE_dy, dE_db, dE_dw = Older.backward(ctx, g)
            return dE_dy, dE_db, -dE_dw

    for passes in ((forward, spoilt), (Spoilt, None)):
        table = compare(*passes, [Y], ORDERS["turned round"])
        assert set(table.loc[~table["agrees"], "tensor"]) == {"w"}
        assert set(table["looks_like"]) == {"", "its sign is turned"}


def test_the_order_of_the_dict_matters_where_there_are_no_names():
    def by_place(y, *weights):
        return forward(y, *weights)

    def back(g, cache):
        dE_dy, gradients = backward(g, cache)
        return dE_dy, {"level 1": gradients["b"], "level 2": gradients["w"]}

    for forward_ in (by_place, lambda *tensors: forward(*tensors), lambda y, b, w, /: forward(y, b, w)):
        assert compare(forward_, back, [Y], {"level 1": B, "level 2": W})["agrees"].all()


def test_a_builtin_has_no_names():
    def back(g, cache):
        return g, {}

    class Scaled:
        __signature__ = "none"  # as with a compiled function

        def __call__(self, y, w):
            return y * w, (y, w)

    assert compare(Scaled(), lambda g, c: (g * c[1], {"weight": g * c[0]}), [Y], {"weight": Y.exp()})["agrees"].all()


@pytest.mark.parametrize(
    ("wrong", "parameters", "words"),
    [
        (forward, {"W": W, "b": B}, "parameters must have names that forward has (b, w), was W"),
        (keywords, {"W": W, "b": B}, "parameters must have names that forward has (b, w), was W"),
        (lambda y: (y, y), {"w": W}, "parameters must have names that forward has (none), was w"),
        (Older, {"W": W, "b": B}, "parameters must have names that forward has (b, w), was W"),
        (
            forward,
            {"w": W, "b": B, "y": Y},
            "forward must take the inputs, then the parameters (multiple values for argument 'y'): "
            "close over the others, or name them in constants",
        ),
        (
            forward,
            {"w": W},
            "forward must take the inputs, then the parameters (missing a required argument: 'b'): "
            "close over the others, or name them in constants",
        ),
    ],
)
def test_names_that_forward_does_not_have_are_refused(wrong, parameters, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        compare(wrong, None if wrong is Older else backward, [Y], parameters)


def test_a_function_that_takes_tensors_by_name_alone():
    class ByName(Older):
        @staticmethod
        def forward(ctx, y, b, *, w):
            return Older.forward(ctx, y, b, w)

    with pytest.raises(ValueError, match=r"^forward of a Function must take tensors by place, as torch alone can"):
        compare(ByName, None, [Y], {"w": W, "b": B})

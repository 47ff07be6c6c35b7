"""The checker is checked: an error planted in any backward pass must be rejected by every oracle."""

import pytest
import torch

from backprop86.modules import Linear, Logistic, SquaredError
from backprop86.network import Network
from backprop86.oracles import ORACLES, compare
from backprop86.wiring import layered


def random(seed, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


Y, W, X = random(0, 2, 5, 4), random(1, 2, 4, 4), random(2, 2, 5, 3)
D = (random(3, 5, 3) > 0).double()
NET = Network(layered(3, 2, 2))


def linear(to_y, to_w):
    def backward(dE_dx, cache):
        y, w = cache
        return to_y(dE_dx, w), {"w": to_w(dE_dx, y)}

    return Linear.forward, backward, [Y], {"w": W}


def right_y(dE_dx, w):
    return dE_dx @ w


def right_w(dE_dx, y):
    return dE_dx.mT @ y


def logistic(to_x):
    return Logistic.forward, lambda dE_dy, cache: (to_x(dE_dy, cache[0]), {}), [X], {}


def squared(to_y):
    error = SquaredError(0.9, 0.1)
    return lambda y: error.forward(y, D), lambda dE, cache: (to_y(dE[..., None, None], cache[0]), {}), [Y[..., :3]], {}


def network(spoil):
    def backward(dE_dy, cache):
        dE_dinputs, gradients = NET.backward(dE_dy, cache)
        return dE_dinputs, {"w": spoil(gradients["w"])}

    return NET.forward, backward, [random(4, 2, 5, 3)], {"w": random(5, 2, NET.wiring.n_parameters)}


RIGHT = {
    "linear": linear(right_y, right_w),
    "logistic": logistic(lambda dE_dy, y: dE_dy * y * (1 - y)),
    "squared error": squared(lambda dE, difference: dE * difference),
    "network": network(lambda gradient: gradient),
}
PLANTED = {
    "linear, sign": linear(lambda g, w: -right_y(g, w), right_w),
    "linear, transpose": linear(lambda g, w: g @ w.mT, right_w),
    "linear, gradient transposed": linear(right_y, lambda g, y: right_w(g, y).mT),
    "linear, a case dropped": linear(right_y, lambda g, y: right_w(g[:, :-1], y[:, :-1])),
    "linear, mean for sum": linear(right_y, lambda g, y: right_w(g, y) / y.shape[1]),
    "linear, units swapped": linear(right_y, lambda g, y: right_w(g, y).flip(1)),
    "linear, 0.1 %": linear(right_y, lambda g, y: 1.001 * right_w(g, y)),
    "logistic, sign": logistic(lambda g, y: -g * y * (1 - y)),
    "logistic, factor dropped": logistic(lambda g, y: g * y),
    "logistic, all dropped": logistic(lambda g, y: g),
    "logistic, 0.1 %": logistic(lambda g, y: 1.001 * g * y * (1 - y)),
    "squared error, sign": squared(lambda dE, difference: -dE * difference),
    "squared error, twice": squared(lambda dE, difference: 2 * dE * difference),
    "squared error, dE dropped": squared(lambda dE, difference: difference),
    "squared error, mean": squared(lambda dE, difference: dE * difference / difference[0].numel()),
    "network, sign": network(lambda gradient: -gradient),
    "network, one bias dropped": network(lambda gradient: gradient * (torch.arange(gradient.shape[1]) != 4)),
    "network, two weights swapped": network(lambda gradient: gradient[:, [1, 0, *range(2, gradient.shape[1])]]),
    "network, 0.1 % of one weight": network(lambda gradient: gradient * (1 + 0.001 * (torch.arange(14) == 7))),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_pass(name):
    table = compare(*RIGHT[name])
    assert table["agrees"].all(), table


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_rejected(name, oracle):
    assert not compare(*PLANTED[name], oracles=[oracle])["agrees"].all()


def test_a_missing_gradient_is_named():
    def backward(dE_dx, cache):
        return Linear.backward(dE_dx, cache)[0], {}

    with pytest.raises(ValueError, match=r"^the gradient of w must have shape \(2, 4, 4\), was missing$"):
        compare(Linear.forward, backward, [Y], {"w": W})


def test_a_wrong_shape_is_named():
    def backward(dE_dx, cache):
        dE_dy, gradients = Linear.backward(dE_dx, cache)
        return dE_dy.sum(1), gradients

    with pytest.raises(
        ValueError, match=r"^the gradient of input 1 must have shape \(2, 5, 4\), was of shape \(2, 4\)$"
    ):
        compare(Linear.forward, backward, [Y], {"w": W})

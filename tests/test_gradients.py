"""Hand-written gradients against torch.autograd, with random cotangents and biases that are not zero."""

import numpy as np
import pytest
import torch

from backprop86.modules import Linear, Logistic, SquaredError
from backprop86.network import Network, initial_weights
from backprop86.wiring import ONE, layered, unroll, wire

FED = {"h": [ONE, "a", "b"], "g": ["b"], "o": [ONE, "h", "a"]}
SHARED = {("a", "h"): "k", ("b", "h"): "k", ("h", "o"): "k"}
STEP = wire(["s", "r", "x"], {"s'": [ONE, "s", "r"], "r'": ["s", "x"]}, ["s'", "r'"])
WIRINGS = {
    "symmetry": layered(6, 2, 1),
    "xor": layered(2, 2, 1),
    "xor direct": layered(2, 1, 1, shortcuts=True),
    "no hidden": layered(2, 1),
    "shared and missing": wire(["a", "b"], FED, ["o", "h"], SHARED),
    "unrolled": unroll(STEP, 3),
    "no biases": layered(3, 4, 2).without_biases(),
}


def autograd(f, tensors, cotangent):
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    return torch.autograd.grad(f(*leaves), leaves, cotangent)


def agree(by_hand, oracle):
    return float((by_hand - oracle).abs().max() / oracle.abs().max()) <= 1e-12


def random(seed, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", WIRINGS)
def test_network_against_autograd(name):
    wiring = WIRINGS[name]
    network, S, C = Network(wiring), 3, 5
    inputs, w = random(0, S, C, wiring.n_inputs), random(1, S, wiring.n_parameters)
    outputs, cache = network.forward(inputs, w)
    cotangent = random(2, *outputs.shape)
    dE_dinputs, gradients = network.backward(cotangent, cache)
    oracle = autograd(lambda inputs, w: network.forward(inputs, w)[0], [inputs, w], cotangent)
    assert agree(dE_dinputs, oracle[0])
    assert agree(gradients["w"], oracle[1])
    assert not agree(1.001 * gradients["w"], oracle[1])
    assert not agree(-gradients["w"], oracle[1])
    assert network.backward(cotangent, cache, to_inputs=False)[1]["w"].equal(gradients["w"])


def test_modules_against_autograd():
    y, w, x = random(0, 2, 5, 4), random(1, 2, 3, 4), random(2, 2, 5, 3)
    out, cache = Linear.forward(y, w)
    dE_dy, gradients = Linear.backward(x, cache)
    oracle = autograd(lambda y, w: Linear.forward(y, w)[0], [y, w], x)
    assert agree(dE_dy, oracle[0])
    assert agree(gradients["w"], oracle[1])
    logistic, cache = Logistic.forward(out)
    dE_dx, _ = Logistic.backward(x, cache)
    assert agree(dE_dx, autograd(lambda out: Logistic.forward(out)[0], [out], x)[0])
    assert not agree(x * logistic, autograd(lambda out: Logistic.forward(out)[0], [out], x)[0])


@pytest.mark.parametrize("dead_zone", ["none", "from_edge", "from_target"])
@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("held_out", [False, True])
def test_error_against_autograd(dead_zone, mean, held_out):
    error = SquaredError(0.9, 0.1, dead_zone, mean=mean)
    y, d, dE = torch.sigmoid(2 * random(0, 4, 6, 3)), (random(1, 6, 3) > 0).double(), random(2, 4)
    counted = (random(3, 4, 6) > -1).double() if held_out else None
    _, cache = error.forward(y, d, counted)
    by_hand, _ = error.backward(dE, cache)
    assert agree(by_hand, autograd(lambda y: error.forward(y, d, counted)[0], [y], dE)[0])


def test_error_is_a_sum():
    y = torch.tensor([[0.2, 0.7], [0.9, 0.4]], dtype=torch.float64)
    d = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    E, _ = SquaredError().forward(y, d)
    assert float(E) == pytest.approx(0.5 * (0.2**2 + 0.3**2 + 0.1**2 + 0.4**2), rel=1e-15)


def test_unrolled_net_is_the_recurrent_net():
    network, step = Network(unroll(STEP, 3)), Network(STEP)
    w, state, further = random(0, 2, STEP.n_parameters), random(1, 2, 4, 2), random(2, 2, 4, 3)
    outputs, _ = network.forward(torch.cat([state, further], -1), w)
    for t in range(3):
        state, _ = step.forward(torch.cat([state, further[..., t : t + 1]], -1), w)
        assert torch.allclose(outputs[..., 2 * t : 2 * t + 2], state, rtol=1e-14, atol=0)


def test_initial_weights_are_keyed_by_the_seed_alone():
    wiring = layered(6, 2, 1)
    many, one = initial_weights(wiring, list(range(50)), 0.3), initial_weights(wiring, [17], 0.3)
    assert np.array_equal(many[17], one[0])
    assert np.abs(many).max() <= 0.3
    zero = initial_weights(wiring, [17], 0.3, "zero")[0]
    assert not zero[wiring.is_bias].any()
    assert np.array_equal(zero[~wiring.is_bias], one[0][~wiring.is_bias])

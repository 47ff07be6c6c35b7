"""Every network against the three oracles, random wirings against autograd, initial weights keyed by the seed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop86.engines.recipe import Recipe
from backprop86.network import Network, initial_weights
from backprop86.problems import (
    addition,
    chauvin,
    depth,
    extra_connections,
    family_trees,
    iterative,
    shift_register,
    single_layer,
    symmetry_breaking,
)
from backprop86.wiring import ONE, layered, unroll, wire
from checked import compare
from helpers import slow
from nets import STEP, random, wirings

FED = {"h": [ONE, "a", "b"], "g": ["b"], "o": [ONE, "h", "a"]}
SHARED = {("a", "h"): "k", ("b", "h"): "k", ("h", "o"): "k"}
WIRINGS = {
    "symmetry": layered(6, 2, 1),
    "xor": layered(2, 2, 1),
    "xor direct": layered(2, 1, 1, shortcuts=True),
    "no hidden": layered(2, 1),
    "shared and missing": wire(["a", "b"], FED, ["o", "h"], SHARED),
    "unrolled": unroll(STEP, 3),
    "no biases": layered(3, 4, 2).without_biases(),
    "addition": addition.wiring(Recipe("3_hidden")),
    "negation": layered(4, 3, 3, shortcuts=True),
    "parity": layered(4, 4, 1),
    "encoder": layered(8, 3, 8),
    "singleton": layered(2, 1, 4, 4),
    "family trees": family_trees.wiring(Recipe(network="five_layers")),
    "single layer": single_layer.wiring(Recipe("symmetry_0")),
    "symmetry breaking": symmetry_breaking.wiring(Recipe("symmetry_2")),
    "extra connections": extra_connections.wiring(Recipe("symmetry_8")),
    "Chauvin": chauvin.wiring(Recipe("32_hidden")),
    "iterative": iterative.wiring(Recipe("three_units")),
    "iterative, no biases": iterative.wiring(Recipe("three_units")).without_biases(),
    "shift register": shift_register.wiring(Recipe("3_units")),
    "shift register of five": shift_register.wiring(Recipe("5_units")),
    "depth": depth.wiring(Recipe("8_layers")),
}


@pytest.mark.parametrize("name", slow(WIRINGS, "family trees"))
def test_network_against_the_oracles(name):
    wiring, random = WIRINGS[name], torch.Generator().manual_seed(0)
    inputs = torch.randn(2, 3, wiring.n_inputs, dtype=torch.float64, generator=random)
    w = torch.randn(2, wiring.n_parameters, dtype=torch.float64, generator=random)
    network = Network(wiring)
    table = compare(network.forward, network.backward, [inputs], {"w": w})
    assert set(table["oracle"]) == {"autograd", "complex step", "central differences"}
    assert table["agrees"].all(), table


@pytest.mark.slow
@settings(max_examples=100)
@given(wirings(), st.integers(0, 2**32))
def test_random_wirings_against_autograd(wiring, seed):
    random = torch.Generator().manual_seed(seed)
    inputs = torch.randn(2, 3, wiring.n_inputs, dtype=torch.float64, generator=random)
    w = torch.randn(2, wiring.n_parameters, dtype=torch.float64, generator=random)
    network = Network(wiring)
    assert compare(network.forward, network.backward, [inputs], {"w": w}, oracles=["autograd"])["agrees"].all()


def test_without_the_slope_of_the_outputs_the_gradient_is_that_of_the_cross_entropy():
    """-d ln y - (1 - d) ln(1 - y) has the derivative (y - d) / (y (1 - y)), in which the slope cancels."""
    network, w = Network(layered(3, 4, 2)), random(0, 2, 26).requires_grad_()
    d = (random(1, 5, 2) > 0).double()
    outputs, cache = network.forward(random(2, 5, 3), w)
    cross_entropy = -(d * outputs.log() + (1 - d) * (1 - outputs).log()).sum()
    cross_entropy.backward()
    _, gradients = network.backward((outputs - d).detach(), cache, output_slope=False)
    assert torch.allclose(gradients["w"], w.grad, rtol=1e-12, atol=0)


def test_gradient_of_the_weights_alone_is_the_same():
    random = torch.Generator().manual_seed(0)
    network, w = Network(WIRINGS["xor direct"]), torch.randn(3, 7, dtype=torch.float64, generator=random)
    outputs, cache = network.forward(torch.randn(5, 2, dtype=torch.float64, generator=random), w)
    dE_doutputs = torch.randn(outputs.shape, dtype=torch.float64, generator=random)
    dE_dinputs, gradients = network.backward(dE_doutputs, cache)
    nothing, alone = network.backward(dE_doutputs, cache, to_inputs=False)
    assert dE_dinputs.shape == (3, 5, 2)
    assert nothing is None
    assert alone["w"].equal(gradients["w"])


def test_initial_weights_are_keyed_by_the_seed_alone():
    wiring = layered(6, 2, 1)
    many, one = initial_weights(wiring, list(range(50)), 0.3), initial_weights(wiring, [17], 0.3)
    assert np.array_equal(many[17], one[0])
    assert len(np.unique(many)) == many.size
    assert 0.29 < np.abs(many).max() <= 0.3
    zero = initial_weights(wiring, [17], 0.3, "zero")[0]
    assert not zero[wiring.is_bias].any()
    assert np.array_equal(zero[~wiring.is_bias], one[0][~wiring.is_bias])
    negative = initial_weights(wiring, [17], 0.3, "negative")[0]
    assert np.array_equal(negative[wiring.is_bias], -np.abs(one[0][wiring.is_bias]))
    assert np.array_equal(negative[~wiring.is_bias], one[0][~wiring.is_bias])
    equal = initial_weights(wiring, list(range(50)), 0.3, spread=0.0)
    assert np.array_equal(equal, np.repeat(many[:, :1], wiring.n_parameters, 1))
    nearly = initial_weights(wiring, list(range(50)), 0.3, spread=1e-3)
    assert 0.9e-3 < np.abs(nearly - equal).max() <= 1e-3

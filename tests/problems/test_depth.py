"""Depth: sizes of the nets, the part of dE/dx that reaches each layer, by hand and by the network's backward pass."""

import numpy as np
import pytest
import torch

from backprop86.engines.recipe import Recipe
from backprop86.network import Network, initial_weights
from backprop86.problems import depth
from backprop86.wiring import ONE
from helpers import engines, measured


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8])
def test_counts(n):
    wiring, cases = depth.wiring(Recipe(f"{n}_layers")), depth.cases(Recipe(f"{n}_layers"))
    assert wiring.n_parameters == 4 * (2 + 1) + (n - 1) * 4 * (4 + 1) + (4 + 1)
    assert (wiring.n_units, len(wiring.levels)) == (1 + 2 + 4 * n + 1, n + 1)
    assert cases.desired.ravel().tolist() == [0, 1, 1, 0]
    assert cases.inputs.sum(1).tolist() == [0, 1, 1, 2]


def two_layers(outgoing, between):
    """(n_parameters,) of 2_layers in which all hidden units are at 0.5 whatever the input.

    `between` joins each unit to the one above it, `outgoing` each of the upper four to the output.
    """
    wiring = depth.wiring(Recipe("2_layers"))
    w = np.zeros(wiring.n_parameters)
    for k in range(1, 5):
        w[wiring.index(f"h1.{k}", f"h2.{k}")], w[wiring.index(ONE, f"h2.{k}")] = between, -between / 2
        w[wiring.index(f"h2.{k}", "o1")] = outgoing
    return w


@pytest.mark.parametrize(("outgoing", "between"), [(0.5, 0.9), (0.5, 1.1), (0.05, -3.0)])
def test_factor_by_hand(outgoing, between):
    """At 0.5 exactly a quarter remains; of the output's four equal weights twice the size, of the others their size."""
    found = measured(depth, Recipe("2_layers"), two_layers(outgoing, between))
    norm = np.sqrt(2 * outgoing * abs(between))
    assert found["factor"] == pytest.approx(norm / 4, rel=1e-14)
    assert found["weight_norm"] == pytest.approx(norm, rel=1e-14)
    assert found["below_quarter"] == (norm < 1)
    assert found["within_bound"]


def test_the_bound_is_a_quarter(monkeypatch):
    w = two_layers(0.5, 1.1)
    monkeypatch.setattr(depth, "QUARTER", 0.25 * (1 - 1e-8))
    assert not measured(depth, Recipe("2_layers"), w)["within_bound"]
    w[depth.wiring(Recipe("2_layers")).index(ONE, "h2.1")] += 3  # from now on only the layer below is at the bound
    assert not measured(depth, Recipe("2_layers"), w)["within_bound"]
    monkeypatch.setattr(depth, "QUARTER", 0.26)
    assert measured(depth, Recipe("2_layers"), w)["within_bound"]


@pytest.mark.parametrize("n", [1, 3, 8])
def test_factor_against_the_gradient_of_each_bias(n):
    """dE/dx of a unit in one case is dE/d(its bias) of a net that is shown that case alone."""
    recipe = Recipe(f"{n}_layers")
    wiring, cases, w = depth.wiring(recipe), depth.cases(recipe), initial_weights(depth.wiring(recipe), [3], 3.0)
    network = Network(wiring)
    outputs, cache = network.forward(torch.tensor(cases.inputs)[:, None], torch.tensor(w).expand(4, -1))
    _, gradients = network.backward(outputs - torch.tensor(cases.desired)[:, None], cache)
    biases = [
        [wiring.index(ONE, wiring.units[u]) for u in range(wiring.n_units)[level.units]] for level in wiring.levels
    ]
    lengths = [np.linalg.norm(gradients["w"][:, of_level].numpy()) for of_level in biases]
    found = measured(depth, recipe, w)
    assert found["factor"] == pytest.approx((lengths[0] / lengths[-1]) ** (1 / n), rel=1e-12)
    assert found["within_bound"]


@pytest.mark.parametrize("biases", ["drawn", "negative"])
@pytest.mark.parametrize("network", ["1_layers", "3_layers", "8_layers"])
def test_the_engines_agree(network, biases):
    _, apart, changed = engines(depth, Recipe(network, 60, 0.25, 0.9, initial_range=1.0, biases=biases, stop="limit"))
    assert apart <= 1e-9 < 0.1 < changed


@pytest.mark.parametrize("name", ["0_layers", "layers", "three_layers", "3", "99999999999_layers"])
def test_networks_there_are_not(name):
    with pytest.raises(ValueError, match=rf"^network must be such as 5_layers, was {name}$"):
        depth.wiring(Recipe(name))

"""Learned gains: the unrolled nets counted, and their gradient beside autograd and the others."""

import numpy as np
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.network import Network
from backprop86.problems import gains
from backprop86.running.nets import Nets
from backprop86.running.problem import start_of, wiring_of
from checked import compare
from nets import random


@pytest.mark.parametrize(("network", "steps", "weights"), [("4-1-4", 5, 5 + 4 * 5), ("10-10-10", 11, 110 + 10 * 20)])
def test_nets_are_as_the_report_says(network, steps, weights):
    net = wiring_of(gains.wiring, Recipe(network, gain_epsilon=0.1))
    assert len(net.levels) == steps
    assert net.n_weights == weights
    assert net.n_parameters == weights + steps
    assert wiring_of(gains.wiring, Recipe(network)).n_parameters == weights


def test_pairs_and_patterns():
    four = gains.cases(Recipe("4-1-4"))
    assert four.inputs.shape == (4, 5 + 4 * 5)
    assert np.array_equal(four.inputs[:, 5:9], np.eye(4))
    assert np.array_equal(four.inputs[:, -4:], four.desired)
    ten = gains.cases(Recipe("10-10-10"))
    assert ten.inputs.shape == (15, 20 + 10 * 11)
    assert len(np.unique(ten.inputs, axis=0)) == 15
    assert not np.array_equal(ten.desired, gains.cases(Recipe("10-10-10", case_set=2)).desired)


def test_every_gain_begins_with_the_recipe_s_and_weights_are_those_without():
    recipe = Recipe("4-1-4", gain=1.5, gain_epsilon=0.1)
    net = wiring_of(gains.wiring, recipe)
    w = start_of(gains, recipe, net, [3, 4])
    assert w[:, net.n_weights :].tolist() == [[1.5] * 5] * 2
    plain = Recipe("4-1-4")
    assert np.array_equal(w[:, : net.n_weights], start_of(gains, plain, wiring_of(gains.wiring, plain), [3, 4]))


def test_the_gradient_of_the_gains():
    network = Network(gains.wiring(Recipe("4-1-4")).with_gains())
    inputs, w = random(0, 2, 3, network.wiring.n_inputs), random(1, 2, network.wiring.n_parameters)
    table = compare(network.forward, network.backward, [inputs], {"w": w})
    assert table["agrees"].all(), table


def test_measures():
    net = gains.wiring(Recipe("4-1-4")).with_gains()
    w = np.zeros((3, net.n_parameters))
    w[:, net.n_weights :] = [[1, 1, 2, 3, 4], [1, 1, 3, 2, 4], [4, 1, 1, 1, 2]]
    nets = Nets.shown(net, gains.cases(Recipe("4-1-4")), w, None)
    found = gains.measure(nets)
    assert found["gain_rises"].tolist() == [True, True, False]
    assert found["last_two_largest"].tolist() == [True, False, False]

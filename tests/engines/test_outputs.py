"""Outputs of trained networks: equal to the reference's, and the same for a seed in any batch."""

import numpy as np
import pytest
import torch

import every_measure
from backprop86.engines.outputs import logistic, states
from backprop86.network import Network, initial_weights
from backprop86.running.settings import load


@pytest.mark.slow
@pytest.mark.parametrize("stem", ["xor", "family_trees", "t_c", "sequence"])
def test_states_are_those_of_the_network_and_a_seed_has_the_same_in_any_batch(stem):
    problem, experiment = every_measure.problem_of(stem), load(stem).experiment
    wiring, cases = problem.wiring(experiment.recipe), problem.cases(experiment.recipe)
    w = initial_weights(wiring, list(range(9)), 2.0)
    y = states(wiring, cases.inputs, w)
    assert y == pytest.approx(Network(wiring).states(torch.tensor(cases.inputs), torch.tensor(w)).numpy(), rel=1e-12)
    for seed in (0, 8):
        assert np.array_equal(states(wiring, cases.inputs, w[[seed]])[0], y[seed])
    assert np.array_equal(states(wiring, cases.inputs[1:3], w), y[:, 1:3])


@pytest.mark.parametrize("shape", [(1,), (3, 5), (64,), (65,)])
def test_the_logistic_of_an_array_of_any_shape(shape):
    x = np.random.default_rng(0).normal(size=shape) * 5
    assert logistic(x) == pytest.approx(1 / (1 + np.exp(-x)), rel=1e-14)

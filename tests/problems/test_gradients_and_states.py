"""Desired states beside gradients: three tasks with L's counts, and hidden units that are alike."""

import numpy as np
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import associations, chain, desired_states
from backprop86.running.nets import Nets
from helpers import engines


def test_three_tasks():
    encoder = Recipe("4-2-4")
    assert desired_states.wiring(encoder).n_parameters == 2 * 5 + 4 * 3
    cases = desired_states.cases(encoder)
    assert cases.inputs.tolist() == cases.desired.tolist() == np.eye(4).tolist()
    for network, problem, connections in (("10_pairs_10-10-10", associations, 220), ("1-10x1-1", chain, 22)):
        recipe = Recipe(network)
        assert desired_states.wiring(recipe).n_parameters == connections
        assert desired_states.wiring(recipe).table() == problem.wiring(recipe).table()
        assert desired_states.cases(recipe).names == problem.cases(recipe).names
        assert (
            desired_states.measure(Nets.shown(problem.wiring(recipe), problem.cases(recipe), np.ones((1, connections))))
            == {}
        )
    with pytest.raises(BadInput, match=r"^network must be 4-2-4, 10_pairs_10-10-10, 1-10x1-1, was 8-3-8$"):
        desired_states.wiring(Recipe("8-3-8"))


def test_hidden_units_that_are_alike():
    wiring, cases = desired_states.wiring(Recipe("4-2-4")), desired_states.cases(Recipe("4-2-4"))
    y = np.zeros((3, 4, wiring.n_units))
    y[:, :, wiring.units.index("h1")] = [0.9, 0.1, 0.5, 0.5]
    y[:, :, wiring.units.index("h2")] = [[0.81, 0.19, 0.5, 0.5], [0.79, 0.1, 0.5, 0.5], [0.1, 0.9, 0.5, 0.5]]
    found = desired_states.measure(Nets(wiring, cases, np.zeros((3, 1)), y))
    assert found["hidden_alike"].tolist() == [True, False, False]
    assert found["fails_with_one_code"].tolist() == [True, True, True]
    hidden = wiring.units.index("h1"), wiring.units.index("h2")
    y[:, :, hidden] = [[0.2, 0.3], [0.2, 0.6], [0.9, 0.4], [0.7, 0.8]]
    y[1, 3, hidden] = 0.4
    found = desired_states.measure(Nets(wiring, cases, np.zeros((3, 1)), y))
    assert found["fails_with_one_code"].tolist() == [False, True, False]
    y[:, :, wiring.outputs] = 0.8 * np.eye(4) + 0.1  # right all the same
    found = desired_states.measure(Nets(wiring, cases, np.zeros((3, 1)), y))
    assert found["fails_with_one_code"].tolist() == [False, False, False]


@pytest.mark.parametrize("procedure", ["gradient", "desired_states"])
def test_the_engines_agree(procedure):
    recipe = Recipe("4-2-4", 60, 1.0, 0.8, epsilon_by="fan_in", stop="limit", procedure=procedure)
    _, apart, changed = engines(desired_states, recipe)
    assert apart <= 1e-9 < 0.1 < changed

"""No hidden units: the fewest cases that a plane gets wrong, found exactly, and the measures on either side of it."""

import io
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from backprop86.engines.recipe import Recipe
from backprop86.figures import single_layer as single_layer_figures
from backprop86.problems import single_layer
from backprop86.running.nets import Nets
from helpers import engines, measured, runs_of

SIZES = {"xor": (2, 4, 2), "symmetry": (6, 64, 8)}
"""Inputs, cases, cases that are on."""
LARGEST = 100
"""No weight need be larger. Where inputs are 1 and -1, a plane can be moved until seven independent corners have a
total input of 1 in size and no other has less; by Cramer's rule and Hadamard's bound its numbers are then at most
7^3.5 / 2^6, which is 14.2. Where they are 1 and 0, that is 2 * 14.2 for a weight and 7 * 14.2 for the bias."""


@pytest.mark.parametrize("task", SIZES)
def test_counts(task):
    wiring, cases = single_layer.wiring(Recipe(f"{task}_0")), single_layer.cases(Recipe(f"{task}_0"))
    assert (wiring.n_inputs, len(cases.names), cases.desired.sum()) == SIZES[task]
    assert (wiring.n_parameters, wiring.n_units, len(wiring.levels)) == (1 + SIZES[task][0], 2 + SIZES[task][0], 1)


def best_plane(cases):
    """(fewest cases wrong, weights that leave so few): each case is on its side, by 1 at least, or given up."""
    corners = np.insert(cases.inputs, 0, 1, axis=1)
    C, n = corners.shape
    side, to_give_up = np.where(cases.desired > 0.5, 1, -1), (1 + n * LARGEST) * np.eye(C)
    right = LinearConstraint(np.hstack([side * corners, to_give_up]), lb=1)
    bounds = Bounds([-LARGEST] * n + [0] * C, [LARGEST] * n + [1] * C)
    given_up = np.repeat([0, 1], [n, C])
    found = milp(given_up, constraints=right, integrality=given_up, bounds=bounds, options={"mip_rel_gap": 0})
    assert found.success
    assert found.mip_dual_bound > found.fun - 1e-6
    return round(found.fun), found.x[:n]


@pytest.mark.parametrize("task", SIZES)
def test_the_fewest_that_any_plane_gets_wrong(task):
    fewest, w = best_plane(single_layer.cases(Recipe(f"{task}_0")))
    assert fewest == single_layer.LEAST_WRONG[task]
    found = measured(single_layer, Recipe(f"{task}_0"), w)
    assert found == {"wrong": fewest, "right_beyond_the_best": False, "is_flat": False}


@pytest.mark.parametrize("task", SIZES)
def test_fewer_would_be_seen(task):
    wiring, cases = single_layer.wiring(Recipe(f"{task}_0")), single_layer.cases(Recipe(f"{task}_0"))
    y, least = np.zeros((2, len(cases.names), wiring.n_units)), single_layer.LEAST_WRONG[task]
    y[:, :, wiring.outputs] = cases.desired
    for row, wrong in enumerate((least, least - 1)):
        y[row, :wrong, wiring.outputs[0]] = 0.5
    found = single_layer.measure(Nets(wiring, cases, np.zeros((2, wiring.n_parameters)), y))
    assert found["wrong"].tolist() == [least, least - 1]
    assert found["right_beyond_the_best"].tolist() == [False, True]


def test_flat():
    for weight, is_flat in ((0.0, True), (0.038, True), (0.042, False)):  # a quarter of it is the difference
        assert measured(single_layer, Recipe("xor_0"), [0.0, weight, 0.0])["is_flat"] == is_flat


@pytest.mark.parametrize("task", SIZES)
def test_the_engines_agree(task):
    for biases in ("drawn", "negative"):
        _, apart, changed = engines(single_layer, Recipe(f"{task}_0", 60, 0.1, 0.9, biases=biases, stop="limit"))
        assert apart <= 1e-9 < 0.1 < changed


def test_three_lines_each_with_another_mistake_and_hidden_units_that_part_the_cases():
    asked = single_layer.cases(Recipe("xor_0"))
    on = asked.desired[:, 0] > 0.5
    wrong = [np.flatnonzero((w[0] + asked.inputs @ w[1:] > 0) != on).tolist() for w in single_layer_figures.lines()]
    assert [len(some) for some in wrong] == [1, 1, 1]
    assert len({some[0] for some in wrong}) == 3
    hidden, w = single_layer_figures.seen_by_hidden_units()
    assert np.array_equal(w[0] + hidden @ w[1:] > 0, on)
    assert best_plane(replace(asked, inputs=hidden))[0] == 0


def test_figure():
    figure = single_layer_figures.draw(runs_of([False]))["line"]
    figure.savefig(io.BytesIO(), dpi=40)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["no hidden layer: 1 of 4 wrong"] * 3 + ["hidden layer: 0 of 4 wrong"]


@pytest.mark.parametrize("name", ["xor_2", "symmetry", "parity_0"])
def test_networks_there_are_not(name):
    with pytest.raises(ValueError, match=rf"^network must be xor_0 or symmetry_0, was {name}$"):
        single_layer.wiring(Recipe(name))

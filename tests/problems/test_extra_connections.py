"""More connections than needed: sizes of the nets, the wrong cases, the share of stuck runs."""

import numpy as np
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.figures import extra_connections as extra_connections_figures
from backprop86.problems import extra_connections, symmetry, xor
from backprop86.running.nets import Nets
from helpers import engines, measured, of_readings, runs_of

SIZES = {"xor_2": 9, "xor_3": 13, "xor_4": 17, "xor_8": 33}
SIZES |= {"symmetry_2": 17, "symmetry_3": 25, "symmetry_4": 33, "symmetry_8": 65}


@pytest.mark.parametrize("name", SIZES)
def test_counts(name):
    task, hidden = name.split("_")
    found = measured(extra_connections, Recipe(name), np.zeros(SIZES[name]))
    assert (found["hidden"], found["weights_in_net"]) == (int(hidden), SIZES[name])
    ours, theirs = extra_connections.cases(Recipe(name)), (xor if task == "xor" else symmetry)
    its = theirs.cases(Recipe("2_hidden" if task == "xor" else "two_hidden"))
    assert (len(ours.names), ours.names) == (4 if task == "xor" else 64, its.names)
    assert np.array_equal(ours.inputs, its.inputs)
    assert np.array_equal(ours.desired, its.desired)


def test_wrong():
    assert measured(extra_connections, Recipe("symmetry_2"), symmetry.PRINTED_N)["wrong"] == 0
    always_off = [0.0] * 14 + [-1.0, 0.0, 0.0]
    assert measured(extra_connections, Recipe("symmetry_2"), always_off)["wrong"] == 8
    assert measured(extra_connections, Recipe("symmetry_2"), -np.array(always_off))["wrong"] == 56
    assert measured(extra_connections, Recipe("xor_2"), np.zeros(9))["wrong"] == 4  # 0.5 is on neither side
    for ulps in ([1e-16, 0, 0, -1e-16, 0, 0, 2e-16, 0, 0], [0] * 6 + [-3e-10, 0, 0]):
        assert measured(extra_connections, Recipe("xor_2"), ulps)["wrong"] == 4  # nor is what rounding makes of it
    recipe = Recipe("xor_2")
    wiring, cases = extra_connections.wiring(recipe), extra_connections.cases(recipe)
    y = np.zeros((2, 4, wiring.n_units))
    y[:, :, wiring.outputs] = cases.desired
    y[1, [0, 1], wiring.outputs[0]] = [0.51, 0.49]
    assert extra_connections.measure(Nets(wiring, cases, np.zeros((2, 9)), y))["wrong"].tolist() == [0, 2]


def test_the_share_of_runs_that_are_stuck():
    learned = {"xor_2/slow": 37, "xor_2/fast": 40, "xor_8/slow": 0, "symmetry_2/slow": 10}
    runs = of_readings({name: runs_of(np.arange(40) < n) for name, n in learned.items()})
    table = extra_connections_figures.unsolved(runs, "xor")
    assert table[["hidden", "how", "share"]].to_numpy().tolist() == [
        [2, "slow", 3 / 40],
        [2, "fast", 0],
        [8, "slow", 1],
    ]
    assert (table["low"] <= table["share"]).all()
    assert (table["share"] <= table["high"]).all()
    assert extra_connections_figures.unsolved(runs, "symmetry")["share"].tolist() == [0.75]


@pytest.mark.parametrize("name", ["xor_8", "symmetry_3"])
def test_the_engines_agree(name):
    for biases in ("drawn", "negative"):
        recipe = Recipe(name, 60, 0.25, 0.9, biases=biases, stop="limit")
        _, apart, changed = engines(extra_connections, recipe)
        assert apart <= 1e-9 < 0.1 < changed


@pytest.mark.parametrize("name", ["parity_4", "xor", "symmetry_x", "2_hidden"])
def test_networks_there_are_not(name):
    with pytest.raises(ValueError, match=rf"^network must be such as xor_2 or symmetry_4, was {name}$"):
        extra_connections.wiring(Recipe(name))

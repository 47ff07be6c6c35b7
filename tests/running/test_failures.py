"""Kinds of failure on made-up outputs: one of each, and the order of the tests."""

import numpy as np
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.problems import xor
from backprop86.running.failures import KINDS, LEARNED, kinds
from backprop86.running.nets import Nets
from backprop86.wiring import layered, wire

NET, CASES = layered(2, 2, 1), xor.cases(Recipe("2_hidden"))  # 00, 01, 10, 11 -> 0, 1, 1, 0
BUSY = ([0.1, 0.9, 0.9, 0.9], [0.1, 0.1, 0.1, 0.9])  # or, and
SWEEPS = np.array([0, 75, 100])
REST = [1.0, 0.4, 0.4]


def kind(out, h1=BUSY[0], h2=BUSY[1], curve=REST, counted=None, learned=False, diverged=False, net=NET, sweeps=SWEEPS):
    y = np.zeros((1, 4, net.n_units))
    for name, values in zip(("h1", "h2", "o1"), (h1, h2, out), strict=True):
        y[0, :, net.units.index(name)] = values
    counted = None if counted is None else np.array([counted])
    one = np.array([learned]), np.array([diverged]), sweeps, np.array([curve])
    return kinds(Nets(net, CASES, np.empty((1, 0)), y, counted), *one)[0]


@pytest.mark.parametrize(
    ("out", "how", "expected"),
    [
        ([0.2, 0.8, 0.6, 0.6], {"diverged": True}, "diverged"),
        ([0.2, 0.8, 0.6, 0.6], {"curve": [1, 0.5, 0.47]}, "still_learning"),
        ([0.2, 0.8, 0.6, 0.6], {"curve": [1, 0.5, 0.48]}, "partly_learned"),
        ([0.2, 0.8, 0.6, 0.6], {"curve": [0.3, 0.5, 0.4]}, "partly_learned"),  # it was lower before
        ([0.2, 0.6, 0.6, 0.4], {}, "not_close_enough"),
        ([0.5, 0.55, 0.55, 0.55], {}, "plateau"),
        ([0.66, 0.69, 0.69, 0.69], {}, "plateau"),
        ([0.8, 0.8, 0.8, 0.8], {}, "partly_learned"),  # alike, but not at the share of cases that are on
        ([0.95, 0.95, 0.95, 0.95], {}, "saturated"),
        ([0.1, 0.8, 0.8, 0.91], {}, "saturated"),
        ([0.1, 0.8, 0.8, 0.89], {}, "partly_learned"),
        ([0.1, 0.8, 0.53, 0.53], {"h2": BUSY[0]}, "equal_units"),
        ([0.1, 0.8, 0.53, 0.53], {"h2": [1 - h for h in BUSY[0]]}, "equal_units"),
        ([0.1, 0.8, 0.53, 0.53], {"h2": [0.1, 0.9, 0.9, 0.96]}, "one_half"),
        ([0.1, 0.8, 0.53, 0.53], {"h2": [0.9, 0.9, 0.94, 0.9]}, "idle_unit"),
        ([0.1, 0.8, 0.53, 0.53], {"h1": [0.9] * 4, "h2": [0.9] * 4}, "idle_unit"),
        ([0.1, 0.8, 0.53, 0.53], {}, "one_half"),
        ([0.1, 0.8, 0.56, 0.56], {}, "partly_learned"),
        ([0.1, 0.8, 0.8, 0.95], {"counted": [1, 1, 1, 0]}, "not_close_enough"),
        ([0.1, 0.8, 0.47, 0.53], {"h2": [0.1, 0.9, 0.9, 0.1], "counted": [1, 1, 1, 0]}, "equal_units"),
        ([0.95, 0.95, 0.95, 0.95], {"learned": True}, LEARNED),
    ],
)
def test_each_kind(out, how, expected):
    assert kind(out, **how) == expected
    assert expected in (*KINDS, LEARNED)


def test_units_of_different_levels_are_not_compared():
    fed = {"h1": ["1", "i1", "i2"], "h2": ["1", "h1"], "o1": ["1", "h2"]}
    one_above_the_other = wire(["i1", "i2"], fed, ["o1"])
    assert kind([0.1, 0.8, 0.53, 0.53], h2=BUSY[0], net=one_above_the_other) == "one_half"


def test_a_net_without_hidden_units():
    net = layered(2, 1)
    y = np.full((1, 4, net.n_units), 0.5)
    nets, no = Nets(net, CASES, np.empty((1, 0)), y), np.array([False])
    assert kinds(nets, no, no, SWEEPS, np.array([REST])).tolist() == ["plateau"]


@pytest.mark.parametrize(
    ("sweeps", "curve", "expected"),
    [
        ([0, 70, 75, 90, 100], [1, 0.9, 0.5, 0.49, 0.47], "still_learning"),  # less by a twentieth than after 75 of 100
        ([0, 70, 75, 90, 100], [1, 0.9, 0.5, 0.49, 0.48], "partly_learned"),
        ([0, 70, 76, 90, 100], [1, 0.5, 0.48, 0.47, 0.47], "still_learning"),  # the last point at 75 of 100 or before
        ([0, 70, 76, 90, 100], [1, 0.48, 0.5, 0.49, 0.47], "partly_learned"),
        ([0, 1], [1, 0.9], "still_learning"),
        ([0, 1], [1, 0.96], "partly_learned"),
    ],
)
def test_e_still_falls_if_it_falls_in_the_last_quarter_of_the_sweeps(sweeps, curve, expected):
    assert kind([0.2, 0.8, 0.6, 0.6], sweeps=np.array(sweeps), curve=curve) == expected

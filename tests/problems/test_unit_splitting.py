"""Unit splitting: the split nets against the engine and the network's own way back, and nets that are not equal."""

import numpy as np
import pytest
import torch

from backprop86.engines import fused
from backprop86.engines.recipe import BadInput, Job, Recipe
from backprop86.judging.of_all_runs import Equality
from backprop86.network import Network, initial_weights
from backprop86.problems import unit_splitting
from backprop86.running.nets import Nets
from backprop86.running.settings import load
from backprop86.wiring import ONE, layered
from helpers import drawn, every_reading

RECIPE = Recipe("4-2-4", 30, unit_splitting.EPSILON, unit_splitting.ALPHA, stop="limit")
WIRING, CASES = unit_splitting.wiring(RECIPE), unit_splitting.cases(RECIPE)
INPUTS = unit_splitting.shown_with_one(CASES.inputs)
W = initial_weights(WIRING, [0, 1, 2], 1.0)


def test_counts():
    assert WIRING.n_parameters == 2 * 5 + 4 * 3
    assert CASES.inputs.tolist() == CASES.desired.tolist() == np.eye(4).tolist()
    assert np.bincount(unit_splitting.NET).tolist() == [2, 4, 8, 20, 4]
    recipe = load("unit_splitting").experiment.recipe
    assert (recipe.epsilon, recipe.alpha, recipe.sweeps) == (
        unit_splitting.EPSILON, unit_splitting.ALPHA, unit_splitting.SWEEPS
    )  # fmt: skip
    with pytest.raises(BadInput, match=r"^network must be 4-2-4, was 8-3-8$"):
        unit_splitting.wiring(Recipe("8-3-8"))


@pytest.mark.parametrize(("net", "copies"), [(0, 1), (1, 2), (2, 4), (3, 10)])
def test_a_split_net_and_its_gradient_are_those_of_a_wider_network(net, copies):
    weights = unit_splitting.split(WIRING, W)
    wide = layered(4, 2 * copies, 4)
    w = np.zeros((len(W), wide.n_parameters))
    of_net = np.flatnonzero(net == unit_splitting.NET)
    places = {}
    for number, copy in enumerate(of_net):
        for i, source in enumerate((ONE, "i1", "i2", "i3", "i4")):
            places[wide.index(source, f"h{number + 1}")] = 0, (copy, i)
        for k in range(4):
            places[wide.index(f"h{number + 1}", f"o{k + 1}")] = 1, (k, copy)
    for k in range(4):
        places[wide.index(ONE, f"o{k + 1}")] = 2, (k, net)
    for parameter, (part, place) in places.items():
        w[:, parameter] = weights[part][:, *place]
    outputs, cache = Network(wide).forward(torch.tensor(CASES.inputs), torch.tensor(w))
    _, gradients = Network(wide).backward(outputs - torch.tensor(CASES.desired), cache)
    y, ours = unit_splitting.forward(weights, INPUTS)
    assert ours[..., net] == pytest.approx(outputs.numpy(), rel=1e-13)
    found = unit_splitting.gradient(weights, INPUTS, y, ours)
    for parameter, (part, place) in places.items():
        assert found[part][:, *place] == pytest.approx(gradients["w"][:, parameter].numpy(), rel=1e-9, abs=1e-15)


def test_the_net_as_it_is_is_trained_as_by_the_engine(monkeypatch):
    trained = fused.train(Job(WIRING, CASES, RECIPE, W)).w
    seen = []
    forward = unit_splitting.forward
    monkeypatch.setattr(unit_splitting, "forward", lambda *given: seen.append(given[0]) or forward(*given))
    unit_splitting.trained(unit_splitting.split(WIRING, W), INPUTS, 30)
    last, wanted = seen[-1], unit_splitting.split(WIRING, trained)
    assert last[0][:, :2] == pytest.approx(wanted[0][:, :2], abs=1e-9)
    assert last[1][:, :, :2] == pytest.approx(wanted[1][:, :, :2], abs=1e-9)
    assert last[2][:, :, 0] == pytest.approx(wanted[2][:, :, 0], abs=1e-9)


def apart(w=W, **changed):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changed.items():
            patch.setattr(unit_splitting, name, value)
        found = unit_splitting.measure(Nets.shown(WIRING, CASES, w))
    return {name: values.max() for name, values in found.items()}


def test_split_nets_behave_as_before():
    found = apart()
    assert (found["apart_2"], found["apart_4"]) == (0, 0)
    assert 0 < found["apart_10"] <= Equality.apart
    assert found["apart_2_outgoing_only"] > 0.1
    assert (found["same_bits_2"], found["same_bits_4"], found["same_bits_10"]) == (True, True, False)


@pytest.mark.parametrize("name", ["INCOMING", "COPIES"])
def test_they_do_not_if_a_rate_is_not_theirs(name):
    other = getattr(unit_splitting, name).copy()
    other[unit_splitting.NET == 3] = 9 if name == "INCOMING" else 11
    found = apart(**{name: other})
    assert found["apart_10"] > 1e-3
    assert found["apart_2"] == 0


@pytest.mark.slow
def test_figure():
    figure = drawn(every_reading("unit_splitting", 20, range(2), ["as_printed"]))["apart"]
    (axes,) = figure.axes
    ten, outgoing, equal = axes.lines
    assert len(ten.get_ydata()) == unit_splitting.SWEEPS + 1
    assert max(ten.get_ydata()) < 1e-12 < 0.01 < max(outgoing.get_ydata())
    assert set(equal.get_ydata()) == {1e-12}

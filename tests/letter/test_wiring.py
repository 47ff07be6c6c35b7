"""Wirings: names to numbers, refusals, and the recurrent net that equals its layered twin."""

import numpy as np
import pytest
import torch

from backprop86.network import Network
from backprop86.wiring import ONE, Wiring, layered, unroll, wire
from nets import STEP


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: layered(3), "layered: sizes must be two or more positive numbers, was (3,)"),
        (lambda: layered(3, 0, 1), "layered: sizes must be two or more positive numbers, was (3, 0, 1)"),
        (lambda: wire(["a"], {"b": ["c"]}, ["b"]), "unit b is fed by c, which is not a unit"),
        (lambda: wire(["a"], {"a": [ONE]}, ["a"]), "two units have the same name: a"),
        (lambda: wire(["a"], {"b": ["a", "a"]}, ["b"]), "two connections join the same two units"),
        (lambda: wire(["a"], {"b": ["a", "b"]}, ["b"]), "unit b is fed by b, which does not come before it"),
        (lambda: wire(["a"], {"b": ["c"], "c": ["a"]}, ["b"]), "unit b is fed by c, which does not come before it"),
        (lambda: wire(["a"], {"b": ["a"], "c": []}, ["b"]), "every unit that is not an input must be fed"),
        (lambda: wire(["a"], {"b": ["a"]}, ["a"]), "the outputs must be units that are fed by others"),
        (lambda: wire(["a"], {"b": ["a"]}, []), "the outputs must be units that are fed by others"),
        (lambda: unroll(layered(1, 2), 3), "unroll: the step has 2 outputs but only 1 inputs to feed back"),
        (lambda: unroll(layered(2, 2), 0), "unroll: times must be at least 1, was 0"),
        (
            lambda: Wiring((ONE, "a", "b"), 1, np.array([2]), np.array([1]), np.array([2]), np.array([1])),
            "parameters must be numbered 0, 1, 2, ... without gaps",
        ),
    ],
)
def test_what_no_network_can_be(make, line):
    with pytest.raises(ValueError, match=r".+") as refused:
        make()
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_layered():
    net = layered(2, 2, 1)
    assert net.units == (ONE, "i1", "i2", "h1", "h2", "o1")
    assert [level.units for level in net.levels] == [slice(3, 5), slice(5, 6)]
    assert net.table()[-3:] == [(6, ONE, "o1"), (7, "h1", "o1"), (8, "h2", "o1")]
    assert (net.n_parameters, net.is_bias.sum()) == (9, 3)
    assert layered(2, 1, 1, shortcuts=True).n_parameters == 7
    assert layered(2, 3, 4, 1).units[3:6] == ("h1.1", "h1.2", "h1.3")


def test_hidden_units_are_neither_inputs_nor_outputs():
    def hidden(net):
        return [net.units[unit] for unit in net.hidden]

    assert hidden(layered(2, 3, 4, 1)) == ["h1.1", "h1.2", "h1.3", "h2.1", "h2.2", "h2.3", "h2.4"]
    assert layered(6, 1).hidden == []
    assert hidden(layered(2, 1, 1, shortcuts=True)) == ["h1"]
    assert hidden(layered(2, 2, 1).without_biases()) == ["h1", "h2"]
    assert hidden(wire(["a"], {"b": ["a"], "c": ["b"], "d": ["c"]}, ["b", "d"])) == ["c"]  # an output that feeds others


def test_index():
    net = layered(2, 2, 1)
    assert net.index("h2", "o1") == 8
    with pytest.raises(KeyError, match="no connection from i1 to o1"):
        net.index("i1", "o1")


def test_without_biases_keeps_the_order():
    net = layered(2, 2, 1).without_biases()
    assert net.n_parameters == 6
    assert [row[1:] for row in net.table()] == [row[1:] for row in layered(2, 2, 1).table() if row[1] != ONE]
    assert not net.is_bias.any()


def test_shared_connections_have_one_parameter():
    net = wire(["a", "b"], {"o": [ONE, "a", "b"]}, ["o"], {("a", "o"): "k", ("b", "o"): "k"})
    assert net.n_parameters == 2
    assert net.index("a", "o") == net.index("b", "o")


def test_unrolled_net_is_the_recurrent_net():
    network, step = Network(unroll(STEP, 3)), Network(STEP)
    random = torch.Generator().manual_seed(0)
    w = torch.randn(2, STEP.n_parameters, dtype=torch.float64, generator=random)
    state, further = (torch.randn(2, 4, k, dtype=torch.float64, generator=random) for k in (2, 3))
    outputs, _ = network.forward(torch.cat([state, further], -1), w)
    for t in range(3):
        state, _ = step.forward(torch.cat([state, further[..., t : t + 1]], -1), w)
        assert torch.allclose(outputs[..., 2 * t : 2 * t + 2], state, rtol=1e-14, atol=0)


def test_unrolled_gradient_is_the_sum_over_corresponding_connections():
    shared, times, w = unroll(STEP, 3), 3, np.random.default_rng(0).normal(size=(1, STEP.n_parameters))
    apart = Wiring(
        shared.units, shared.n_inputs, shared.outputs, shared.source, shared.target, np.arange(len(shared.source))
    )
    random = torch.Generator().manual_seed(1)
    inputs = torch.randn(4, shared.n_inputs, dtype=torch.float64, generator=random)
    cotangent = torch.randn(1, 4, 2 * times, dtype=torch.float64, generator=random)
    gradient = {}
    for net in (shared, apart):
        _, cache = Network(net).forward(inputs, torch.tensor(w[:, shared.parameter] if net is apart else w))
        gradient[net] = Network(net).backward(cotangent, cache)[1]["w"][0].numpy()
    assert shared.n_parameters * times == apart.n_parameters
    summed = np.bincount(shared.parameter, gradient[apart])
    assert np.allclose(gradient[shared], summed, rtol=1e-13, atol=0)

"""Iterative nets: the net of N Fig. 5 unit by unit, its backward pass against the oracles, and unequal nets."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from backprop86.engines.outputs import logistic, states
from backprop86.engines.recipe import Recipe
from backprop86.gradients.oracles import ORACLES
from backprop86.judging.of_all_runs import Equality
from backprop86.modules import Logistic
from backprop86.network import Network, initial_weights
from backprop86.problems import family_trees, iterative
from backprop86.running.nets import Nets
from backprop86.running.problem import wiring_of
from backprop86.running.settings import load
from backprop86.wiring import ONE
from checked import compare
from helpers import engines

RECIPE = Recipe("three_units", 60, 0.25, 0.9, target_on=0.9, target_off=0.1, stop="limit")
WIRING, CASES = iterative.wiring(RECIPE), iterative.cases(RECIPE)


def apart(w, wiring=WIRING):
    found = iterative.measure(Nets.shown(wiring, CASES, w))
    return [found[name][0] for name in ("outputs_apart", "gradient_apart", "to_inputs_apart")]


def test_counts():
    assert (WIRING.n_inputs, WIRING.n_units, len(WIRING.levels)) == (3, 1 + 3 + 9, 3)
    assert [WIRING.units[k] for k in WIRING.outputs] == ["c'@3"]
    assert np.bincount(WIRING.parameter).tolist() == [3] * (4 + 3)
    for t in (1, 2, 3):
        ends = {(source[0], target[0]) for _, source, target in WIRING.table() if target.endswith(f"@{t}")}
        assert ends == {*iterative.NEIGHBOURS, (ONE, "a"), (ONE, "b"), (ONE, "c")}
    assert wiring_of(iterative.wiring, replace(RECIPE, biases="none")).n_parameters == 4
    assert CASES.names == ("000", "001", "010", "011", "100", "101", "110", "111")
    assert CASES.desired[:, 0].tolist() == [int(name[1]) for name in CASES.names]


def test_matrix_and_iterate_against_a_loop_over_units():
    w = np.zeros((1, 7))
    named = {ends: k + 2.0 for k, ends in enumerate(iterative.NEIGHBOURS)} | {(ONE, u): -k for k, u in enumerate("abc")}
    for parameter, source, target in WIRING.table():
        w[0, parameter] = named[source[0], target[0]]
    found = iterative.matrix(WIRING, w)
    assert found[0].tolist() == [[0, 0, 3, 0], [-1, 2, 0, 5], [-2, 0, 4, 0]]
    end, history = iterative.iterate(CASES.inputs[None], found, logistic)
    assert len(history[1]) == 4
    for begin, after in zip(CASES.inputs.tolist(), end[0].tolist(), strict=True):
        state = dict(zip("abc", begin, strict=True))
        for _ in range(3):
            x = {
                u: named[ONE, u] + sum(named[s, t] * state[s] for s, t in iterative.NEIGHBOURS if t == u) for u in "abc"
            }
            state = {u: 1 / (1 + np.exp(-x[u])) for u in "abc"}
        assert after == pytest.approx([*state.values()], rel=1e-14)


def test_the_way_back_against_the_oracles():
    random = torch.Generator().manual_seed(0)
    state = torch.randn(2, 5, 3, dtype=torch.float64, generator=random)
    weights = torch.randn(2, 3, 4, dtype=torch.float64, generator=random)

    def forward(state, weights):
        return iterative.iterate(state, weights, lambda x: Logistic.forward(x)[0])

    def backward(dE_dstate, history):
        dE_dbegin, dE_dweights = iterative.iterate_back(dE_dstate, history)
        return dE_dbegin, {"weights": dE_dweights}

    table = compare(forward, backward, [state], {"weights": weights})
    assert set(table["oracle"]) == set(ORACLES)
    assert table["agrees"].all(), table


@pytest.mark.parametrize("problem", [iterative, family_trees])
def test_the_way_back_through_the_layers_is_the_networks(problem):
    recipe = Recipe("three_units" if problem is iterative else "five_layers")
    wiring, cases = problem.wiring(recipe), problem.cases(recipe)
    w = initial_weights(wiring, [0, 1], 2.0)
    y = states(wiring, cases.inputs, w)
    outputs, cache = Network(wiring).forward(torch.tensor(cases.inputs), torch.tensor(w))
    dE_dinputs, gradients = Network(wiring).backward(outputs - torch.tensor(cases.desired), cache)
    dE_dy = np.zeros_like(y)
    dE_dy[..., wiring.outputs] = y[..., wiring.outputs] - cases.desired
    ours = iterative.layered_back(wiring, w, y, dE_dy)
    assert np.count_nonzero(dE_dy) == outputs.numel()  # what is handed in stays as it is
    for one, other in zip(ours, (dE_dinputs, gradients["w"]), strict=True):
        assert one == pytest.approx(other.numpy(), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("biases", ["drawn", "none"])
@pytest.mark.parametrize("half_range", [0.3, 3.0])
def test_both_ways_are_equal(biases, half_range):
    wiring = wiring_of(iterative.wiring, replace(RECIPE, biases=biases))
    for seed in range(20):
        assert max(apart(initial_weights(wiring, [seed], half_range), wiring)) <= Equality.apart


def test_they_are_not_if_a_weight_is_not_shared():
    parameter = WIRING.parameter.copy()
    last = parameter[-1]  # of the connection from b to c, here given a weight of its own in the third iteration
    parameter[-1] = 7
    unshared = replace(WIRING, parameter=parameter)
    w = initial_weights(WIRING, [0], 1.0)
    same = np.concatenate([w, w[:, [last]]], 1)
    outputs, gradient, to_inputs = apart(same, unshared)
    assert (outputs <= Equality.apart, gradient > 0.1, to_inputs <= Equality.apart) == (True, True, True)
    same[0, 7] += 1e-9
    assert min(apart(same, unshared)) > Equality.apart


def test_they_are_not_if_the_gradient_is_averaged(monkeypatch):
    summed = iterative.iterate_back

    def averaged(dE_dstate, history):
        dE_dbegin, total = summed(dE_dstate, history)
        return dE_dbegin, total / 3

    monkeypatch.setattr(iterative, "iterate_back", averaged)
    outputs, gradient, to_inputs = apart(initial_weights(WIRING, [0], 1.0))
    assert (outputs <= Equality.apart, to_inputs <= Equality.apart, gradient) == (True, True, pytest.approx(2))
    experiment = load("iterative").experiment
    assert experiment.recipe_of("averaged/as_printed").epsilon == pytest.approx(experiment.recipe.epsilon / 3, rel=1e-9)


@pytest.mark.parametrize(
    ("biases", "update"), [("drawn", "sweep"), ("negative", "sweep"), ("none", "sweep"), ("drawn", "case")]
)
def test_the_engines_agree(biases, update):
    w, apart, changed = engines(iterative, replace(RECIPE, biases=biases, update=update))
    assert apart <= 1e-9 < 0.1 < changed
    if biases != "none":
        assert (w[:, WIRING.is_bias].max() <= 0) == (biases == "negative")


def test_networks_there_are_not():
    with pytest.raises(ValueError, match=r"^network must be three_units, was 3_units$"):
        iterative.wiring(Recipe("3_units"))

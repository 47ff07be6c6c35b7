"""Desired states: the procedure beside its formulas in loops (L pp. 24-27), and both engines beside each other."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from backprop86 import desired_states
from backprop86.engines import fused, reference
from backprop86.engines.recipe import BadInput, Cases, Job, Recipe
from backprop86.network import Network, initial_weights
from backprop86.problems import family_trees, xor
from backprop86.running.problem import validate
from backprop86.wiring import layered
from nets import TREES, XOR, random


def in_loops(wiring, inputs, d, w):
    """Return the sum over cases of (y_j - d_j) c_j y_i for every weight, each unit with its own d and c."""
    found = np.zeros(wiring.n_parameters)
    for c in range(len(inputs)):
        y = [1.0, *inputs[c]]
        for j in range(len(y), wiring.n_units):
            y.append(1 / (1 + np.exp(-sum(w[p] * y[i] for p, i, to in connections(wiring) if to == j))))
        state, criticality = {}, {}
        for i in range(wiring.n_units - 1, wiring.n_inputs, -1):
            if i in wiring.outputs:
                state[i], criticality[i] = d[c, wiring.outputs.tolist().index(i)], 1
                continue
            votes = [w[p] * (2 * state[j] - 1) * criticality[j] for p, source, j in connections(wiring) if source == i]
            state[i] = 1 if sum(votes) > 0 else 0
            criticality[i] = abs(sum(votes)) / sum(map(abs, votes))
        for p, i, j in connections(wiring):
            found[p] += (y[j] - state[j]) * criticality[j] * y[i]
    return found


def connections(wiring):
    return list(zip(wiring.parameter, wiring.source, wiring.target, strict=True))


@pytest.mark.parametrize("wiring", [layered(3, 4, 2), layered(2, 3, 3, 2), layered(3, 2, 2, shortcuts=True)])
def test_the_procedure_is_that_of_the_formulas(wiring):
    inputs, w = random(0, 5, wiring.n_inputs), random(1, 2, wiring.n_parameters)
    d = (random(2, 5, 2) > 0).double()
    outputs, cache = Network(wiring).forward(inputs, w)
    found = desired_states.backward(Network(wiring), d, outputs - d, cache)["w"]
    right = [in_loops(wiring, inputs.numpy(), d.numpy(), one) for one in w.numpy()]
    assert np.abs(right).min() > 1e-6
    assert found.numpy() == pytest.approx(np.array(right), rel=1e-12)


@pytest.mark.parametrize("error", ["sum", "mean"])
@pytest.mark.parametrize("update", ["sweep", "case"])
def test_both_engines_follow_it(error, update):
    """Held-out cases must change nothing."""
    recipe = replace(XOR, procedure="desired_states", error=error, update=update, sweeps=9)
    wiring, counted = layered(2, 3, 2, 1), np.array([[1, 1, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1]]) * 1.0
    job = Job(wiring, xor.cases(recipe), recipe, initial_weights(wiring, [0, 1, 2], 0.3), counted)
    ours, theirs = fused.train(job).w, reference.train(job).w
    assert np.abs(ours - job.w).max() > 1e-3
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-11)


def test_a_net_that_is_too_large_to_be_written_out_gets_one_line():
    recipe = replace(TREES, procedure="desired_states")
    wiring = family_trees.wiring(recipe)
    with pytest.raises(BadInput, match=r"^procedure must be gradient where .*, was desired_states$"):
        fused.train(Job(wiring, family_trees.cases(recipe), recipe, initial_weights(wiring, [0], 0.3)))


def test_gains_are_not_learned_by_it():
    with pytest.raises(BadInput, match=r"^gain_epsilon must be 0 with desired states, .*, was 0\.1$"):
        validate(xor, replace(XOR, procedure="desired_states", gain_epsilon=0.1))


def test_pairs_are_learned_by_it():
    """Ten pairs of random vectors are learned, as in L p. 26; XOR is not, since one output wishes the same in every
    case.
    """
    bits = np.random.default_rng(0).integers(0, 2, (2, 10, 10)).astype(float)
    recipe = Recipe(epsilon=0.1, alpha=0.8, procedure="desired_states", sweeps=500)
    job = Job(
        layered(10, 10, 10), Cases(*bits, ("",) * 10), recipe, initial_weights(layered(10, 10, 10), [*range(20)], 0.3)
    )
    assert (fused.train(job).sweeps >= 0).mean() > 0.5


def test_nothing_is_wished_of_a_unit_that_leads_nowhere():
    """Its criticality is 0 over 0; it must not become NaN."""
    wiring = layered(2, 2, 1)
    inputs, w, d = random(0, 4, 2), random(1, 1, 9), torch.ones(4, 1, dtype=torch.float64)
    w[:, wiring.index("h1", "o1")] = 0
    outputs, cache = Network(wiring).forward(inputs, w)
    found = desired_states.backward(Network(wiring), d, outputs - d, cache)["w"]
    into = [wiring.index(source, "h1") for source in ("1", "i1", "i2")]
    assert found[0, into].tolist() == [0, 0, 0]
    assert torch.isfinite(found).all()

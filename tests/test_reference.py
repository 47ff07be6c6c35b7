"""The reference engine: 200 sweeps by autograd, a seed alone, diverged seeds, cases and counts of the problems."""

import numpy as np
import pytest
import torch

from backprop86.network import Network, initial_weights
from backprop86.problems import symmetry, xor
from backprop86.recipe import Recipe
from backprop86.reference import UNSOLVED, train
from backprop86.wiring import layered

SYMMETRY = Recipe(network="two_hidden", sweeps=200, epsilon=0.1, alpha=0.9, target_on=0.9, target_off=0.1, stop="limit")
XOR = Recipe(network="2_hidden", sweeps=300, epsilon=0.5, alpha=0.9)


def test_symmetry_like_autograd():
    wiring, cases = symmetry.wiring(SYMMETRY), symmetry.cases(SYMMETRY)
    w0 = initial_weights(wiring, list(range(20)), 0.3)
    ours = train(wiring, cases, SYMMETRY, w0).w
    inputs, d, network = torch.tensor(cases.inputs), torch.tensor(0.1 + 0.8 * cases.desired), Network(wiring)
    w, last = torch.tensor(w0), torch.zeros(w0.shape, dtype=torch.float64)
    for _ in range(200):
        leaf = w.clone().requires_grad_()
        E = ((network.forward(inputs, leaf)[0] - d) ** 2).sum() / 2
        last = -0.1 * torch.autograd.grad(E, leaf)[0] + 0.9 * last
        w = w + last
    assert np.abs(ours - w.numpy()).max() < 1e-9


@pytest.mark.parametrize(
    ("problem", "recipe", "wiring"),
    [(symmetry, SYMMETRY, layered(6, 2, 1)), (symmetry, SYMMETRY, layered(6, 8, 1)), (xor, XOR, layered(2, 2, 1))],
)
def test_a_seed_alone_is_the_same_run(problem, recipe, wiring):
    cases = problem.cases(recipe)
    w0 = initial_weights(wiring, list(range(60)), 0.3)
    many = train(wiring, cases, recipe, w0)
    for seed in (0, 17, 59):
        alone = train(wiring, cases, recipe, w0[seed : seed + 1])
        assert np.array_equal(alone.w[0], many.w[seed])
        assert alone.sweeps[0] == many.sweeps[seed]


def test_a_diverged_seed_harms_no_other():
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    w0 = initial_weights(wiring, list(range(8)), 0.3)
    clean = train(wiring, cases, XOR, w0)
    w0[3] = np.nan
    spoilt = train(wiring, cases, XOR, w0)
    assert spoilt.diverged.tolist() == [k == 3 for k in range(8)]
    assert spoilt.sweeps[3] == UNSOLVED
    others = np.arange(8) != 3
    assert np.array_equal(clean.w[others], spoilt.w[others])


def test_counts():
    assert symmetry.wiring(SYMMETRY).n_parameters == 17
    cases = symmetry.cases(SYMMETRY)
    assert (len(cases.inputs), cases.desired.sum()) == (64, 8)
    assert xor.wiring(Recipe(network="one_hidden_direct")).n_parameters == 7
    assert xor.wiring(XOR).n_parameters == 9
    assert xor.cases(XOR).desired.ravel().tolist() == [0, 1, 1, 0]


def test_a_negative_rate_is_refused():
    with pytest.raises(ValueError, match=r"^epsilon must be a positive number, was -0.1$"):
        Recipe(epsilon=-0.1).check()

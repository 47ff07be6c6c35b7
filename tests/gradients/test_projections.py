"""The fast way finds every sparse error that the slow way finds, and imagines none.

With --thorough it is thousands of planted errors.
"""

from functools import partial

import numpy as np
import pytest
import torch

from backprop86.gradients import differences
from backprop86.gradients.gradcheck import gradcheck
from backprop86.gradients.oracles import CENTRAL, COMPLEX
from backprop86.gradients.projections import FEW, corrected
from counts import many
from nets import random

X, W, D = random(0, 6, 40), random(1, 40, 30) / 5, random(2, 6, 30)


def f(x, w):
    return torch.tanh(x @ w)


SLOW = {oracle: oracle.gradients(f, [X, W], D)[1] for oracle in (COMPLEX, CENTRAL)}
SIZE = float((f(X, W) * D).abs().sum())


def fast(oracle, gradient, seed):
    along = partial(oracle.along(f, [X, W], D), 1)
    return corrected(gradient, along, oracle.tolerance, 2 * oracle.noise * SIZE, seed)


def planted(oracle, seed):
    """A gradient with one to five errors, from a thousandth of the tolerance to a million times the largest entry."""
    drawn = np.random.default_rng(seed)
    gradient, largest = SLOW[COMPLEX].clone().reshape(-1), float(SLOW[COMPLEX].abs().max())
    n = drawn.integers(1, 6)
    places = drawn.choice(len(gradient), n, replace=False)
    sizes = 10 ** drawn.uniform(np.log10(oracle.tolerance) - 3, 6, n) * drawn.choice([-1, 1], n)
    gradient[places] += torch.tensor(sizes * largest)
    return gradient.reshape(W.shape)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("oracle", "trials"),
    [(COMPLEX, many(150, 1000)), (CENTRAL, many(100, 500))],
    ids=lambda one: getattr(one, "name", ""),
)
def test_every_sparse_error_is_found_that_the_slow_way_finds(oracle, trials):
    slow, n_found, n_small = SLOW[oracle].reshape(-1), 0, 0
    scale = max(oracle.tolerance * float(slow.abs().max()), 2 * oracle.noise * SIZE)
    for seed in range(trials):
        gradient = planted(oracle, seed)
        apart = (gradient.reshape(-1) - slow).abs()
        found = set(fast(oracle, gradient, seed).wrong)
        assert {int(i) for i in (apart > scale).nonzero()} <= found, seed
        assert all(apart[i] > 0.4 * scale for i in found), seed
        n_found, n_small = n_found + len(found), n_small + int(((apart > 0.4 * scale) & (apart <= scale)).sum())
    assert n_found > trials  # they are not all too small
    assert n_small < 0.2 * n_found  # nor all at the border


def test_what_is_right_has_no_false_alarm():
    for seed in range(many(50, 200)):
        for oracle in (COMPLEX, CENTRAL):
            found = fast(oracle, SLOW[COMPLEX], seed)
            assert not found.is_wrong
            assert found.wrong == []


@pytest.mark.slow
def test_errors_that_cancel_along_signs_are_found():
    for seed in range(many(25, 100)):
        gradient = SLOW[COMPLEX].clone()
        gradient[3, 4] += 1e-6
        gradient[7, 9] -= 1e-6
        assert sorted(fast(COMPLEX, gradient, seed).wrong) == [3 * 30 + 4, 7 * 30 + 9]


def test_a_small_error_beside_a_huge_one():
    gradient = SLOW[COMPLEX].clone()
    gradient[3, 4], gradient[7, 9] = 1e9, gradient[7, 9] + 1e-9
    found = fast(COMPLEX, gradient, 0)
    assert sorted(found.wrong) == [3 * 30 + 4, 7 * 30 + 9]
    assert found.complete
    assert torch.allclose(found.right, SLOW[COMPLEX], rtol=0, atol=1e-12)


def test_many_errors_end_the_search():
    found = fast(COMPLEX, 2 * SLOW[COMPLEX], 0)
    assert len(found.wrong) == FEW
    assert not found.complete
    assert found.in_words(2 * SLOW[COMPLEX]).startswith(f"at least {FEW} of its 1200 entries are wrong, most of all")


def test_a_gradient_that_is_believed_saves_the_search():
    asked = []

    def along(v):
        asked.append(v)
        return float((v * SLOW[COMPLEX]).sum())

    found = corrected(2 * SLOW[COMPLEX], along, 1e-12, 0, 0, SLOW[COMPLEX])
    assert len(asked) == 3
    assert found.is_wrong
    assert found.right is SLOW[COMPLEX]
    found = corrected(2 * SLOW[COMPLEX], along, 1e-12, 0, 0, 3 * SLOW[COMPLEX])
    assert len(asked) > 50
    assert found.right is not SLOW[COMPLEX]


def test_nan_is_no_agreement():
    assert corrected(SLOW[COMPLEX], lambda v: float("nan"), 1e-12, 0, 0).is_wrong


def pair(spoil):
    def backward(g, cache):
        x, w, y = cache
        dE_dx = g * (1 - y * y)
        return dE_dx @ w.T, {"w": spoil(x.T @ dE_dx)}

    return (lambda x, w: (f(x, w), (x, w, f(x, w)))), backward


def of_one(gradient):
    gradient[12, 7] *= 1.01
    return gradient


@pytest.mark.parametrize("oracles", [None, ["autograd"], ["complex step"], ["central differences"]])
def test_large_tensors_are_asked_along_directions(oracles, monkeypatch):
    monkeypatch.setattr(differences, "_in_shape", None)  # what the slow way ends with
    large = [random(3, 40, 40)], {"w": random(4, 40, 40)}
    report = gradcheck(*pair(lambda g: g), *large, oracles=oracles)
    assert report
    wrong = gradcheck(*pair(of_one), *large, oracles=oracles)
    assert set(wrong.table.loc[~wrong.table["agrees"], "tensor"]) == {"w"}
    assert wrong.mistakes["w"].startswith("1 of its 1600 entries are wrong, most of all the one at [12, 7]: it must be")
    assert len(wrong.table) == 2 * len(wrong.table["oracle"].unique()) == 2 * (3 if oracles is None else 1)
    wrong = gradcheck(*pair(lambda g: 2 * g), *large, oracles=oracles)
    assert wrong.mistakes == {"w": "it is 2 times what it must be (is a factor 1/2 missing?)"}


@pytest.mark.slow
def test_large_arrays_of_numpy_are_searched():
    x, w, numpy = random(3, 40, 40).numpy(), random(4, 40, 40).numpy(), (lambda x, w: (np.tanh(x @ w), (x, w)))

    def backward(g, cache, factor=1.0):
        x, w = cache
        dE_dx = g * (1 - np.tanh(x @ w) ** 2)
        return dE_dx @ w.T, {"w": factor * x.T @ dE_dx}

    assert gradcheck(numpy, backward, [x], {"w": w})
    told = gradcheck(numpy, partial(backward, factor=2), [x], {"w": w}).mistakes
    assert set(told) == {"w"}
    assert told["w"].startswith(f"at least {FEW} of its 1600 entries are wrong, most of all the one at [")


def test_fast_and_slow_can_be_chosen(monkeypatch):
    small = [X], {"w": W[:, :2]}
    assert gradcheck(*pair(lambda g: g), *small)
    calls = []
    monkeypatch.setattr(differences, "_in_shape", lambda slopes, x: calls.append(1) or x)
    gradcheck(*pair(lambda g: g), *small, fast=True)
    assert not calls
    gradcheck(*pair(lambda g: g), *small, oracles=["central differences"], fast=False)
    assert calls

"""Equations 8 and 9 by hand, and the difference from torch's SGD."""

import pytest
import torch

from backprop86.descent import Descent


def run(descent, gradients):
    w, last_change, seen = torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64), []
    for sweep, gradient in enumerate(gradients, start=1):
        w, last_change = descent.step(w, last_change, torch.full((1, 1), gradient, dtype=torch.float64), sweep)
        seen.append(float(w))
    return seen


def sgd(rates, alpha, gradients):
    w = torch.zeros(1, 1, dtype=torch.float64)
    optimizer = torch.optim.SGD([w], lr=rates[0], momentum=alpha)
    seen = []
    for rate, gradient in zip(rates, gradients, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        w.grad = torch.full((1, 1), gradient, dtype=torch.float64)
        optimizer.step()
        seen.append(float(w))
    return seen


def test_equation_8():
    assert run(Descent(epsilon=0.1), [1, -2]) == pytest.approx([-0.1, 0.1], rel=1e-15)


def test_equation_9_over_three_steps():
    # changes -0.1, -0.2 + 0.9 (-0.1) = -0.29, 0.1 + 0.9 (-0.29) = -0.161
    assert run(Descent(epsilon=0.1, alpha=0.9), [1, 2, -1]) == pytest.approx([-0.1, -0.39, -0.551], rel=1e-14)


def test_a_steady_gradient_ends_in_steps_of_epsilon_over_1_minus_alpha():
    seen = run(Descent(epsilon=0.1, alpha=0.9), [1] * 400)
    assert seen[-1] - seen[-2] == pytest.approx(-0.1 / (1 - 0.9), rel=1e-12)


@pytest.mark.slow
def test_two_rates_and_where_torch_sgd_parts():
    descent = Descent(epsilon=0.1, alpha=0.5, opening_sweeps=2, opening_epsilon=0.01, opening_alpha=0.5)
    ours, torchs = run(descent, [1, 1, 1]), sgd([0.01, 0.01, 0.1], 0.5, [1, 1, 1])
    assert ours == pytest.approx([-0.01, -0.025, -0.025 - 0.1 - 0.5 * 0.015], rel=1e-14)
    assert torchs[:2] == pytest.approx(ours[:2], rel=1e-14)
    assert abs(torchs[2] - ours[2]) > 0.05
    assert sgd([0.1] * 3, 0.9, [1, 2, -1]) == pytest.approx(run(Descent(0.1, 0.9), [1, 2, -1]), rel=1e-14)


def test_opening_rates():
    descent = Descent(0.01, 0.9, opening_sweeps=20, opening_epsilon=0.005, opening_alpha=0.5)
    assert [descent.rates(sweep) for sweep in (1, 20, 21)] == [(0.005, 0.5, 0), (0.005, 0.5, 0), (0.01, 0.9, 0)]


def test_decay_shrinks_the_weight_and_not_the_change():
    # w = -0.1 0.8 = -0.08; change -0.1 + 0.5 (-0.1) = -0.15; w = (-0.08 - 0.15) 0.8
    assert run(Descent(epsilon=0.1, alpha=0.5, decay=0.2), [1, 1]) == pytest.approx([-0.08, -0.184], rel=1e-14)

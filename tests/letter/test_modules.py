"""Equations 1-7 against literal loops over their indices, and every module against the three oracles."""

import itertools

import pytest
import torch

from backprop86.modules import Gain, Linear, Logistic, SquaredError
from checked import compare
from nets import random


def errors():
    for dead_zone, mean, held_out in itertools.product(
        ["none", "from_edge", "from_target"], [False, True], [False, True]
    ):
        d, counted = (random(1, 6, 3) > 0).double(), (random(3, 4, 6) > -1).double() if held_out else None
        yield SquaredError(0.9, 0.1, dead_zone, mean=mean), torch.sigmoid(2 * random(0, 4, 6, 3)), d, counted


def test_linear_is_equations_1_6_and_7():
    y, w, dE_dx = random(0, 2, 5, 4), random(1, 2, 3, 4), random(2, 2, 5, 3)
    x, cache = Linear.forward(y, w)
    dE_dy, gradients = Linear.backward(dE_dx, cache)
    for s, c, j in itertools.product(range(2), range(5), range(3)):
        assert x[s, c, j].item() == pytest.approx(
            sum(y[s, c, i].item() * w[s, j, i].item() for i in range(4)), rel=1e-13
        )
    for s, j, i in itertools.product(range(2), range(3), range(4)):
        expected = sum(dE_dx[s, c, j].item() * y[s, c, i].item() for c in range(5))
        assert gradients["w"][s, j, i].item() == pytest.approx(expected, rel=1e-12)
    for s, c, i in itertools.product(range(2), range(5), range(4)):
        expected = sum(dE_dx[s, c, j].item() * w[s, j, i].item() for j in range(3))
        assert dE_dy[s, c, i].item() == pytest.approx(expected, rel=1e-12)


def test_logistic_is_equations_2_and_5():
    x, dE_dy = random(0, 2, 5, 3), random(1, 2, 5, 3)
    y, cache = Logistic.forward(x)
    dE_dx, _ = Logistic.backward(dE_dy, cache)
    for place in itertools.product(range(2), range(5), range(3)):
        y_j = 1 / (1 + 2.718281828459045 ** -x[place].item())
        assert y[place].item() == pytest.approx(y_j, rel=1e-14)
        assert dE_dx[place].item() == pytest.approx(dE_dy[place].item() * y_j * (1 - y_j), rel=1e-13)


def test_logistic_saturates_without_nan():
    y, cache = Logistic.forward(torch.tensor([-1e4, -800.0, 0.0, 800.0, 1e4], dtype=torch.float64))
    assert y.tolist() == [0, 0, 0.5, 1, 1]
    assert Logistic.backward(torch.ones(5, dtype=torch.float64), cache)[0].tolist() == [0, 0, 0.25, 0, 0]


def test_error_is_equations_3_and_4_and_a_sum():
    y, d = torch.tensor([[0.2, 0.7], [0.9, 0.4]], dtype=torch.float64), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    E, cache = SquaredError().forward(y, d)
    assert float(E) == pytest.approx(0.5 * (0.2**2 + 0.3**2 + 0.1**2 + 0.4**2), rel=1e-15)
    assert SquaredError().backward(1.0, cache)[0].flatten().tolist() == pytest.approx([0.2, -0.3, -0.1, 0.4])
    assert float(SquaredError(mean=True).forward(y, d)[0]) == pytest.approx(float(E) / 4)


@pytest.mark.parametrize(
    ("dead_zone", "expected"),
    [("from_edge", [0, 0.3, 0, -0.1]), ("from_target", [0, 0.5, 0, -0.3]), ("none", [0.1, 0.5, -0.1, -0.3])],
)
def test_dead_zone(dead_zone, expected):
    y, d = torch.tensor([[0.1, 0.5, 0.9, 0.7]], dtype=torch.float64), torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    _, cache = SquaredError(dead_zone=dead_zone).forward(y, d)
    assert SquaredError().backward(1.0, cache)[0].flatten().tolist() == pytest.approx(expected)


def test_modules_against_the_oracles():
    y, w, x = random(0, 2, 5, 4), random(1, 2, 3, 4), random(2, 2, 5, 3)
    table = compare(Linear.forward, Linear.backward, [y], {"w": w})
    assert len(table) == 6
    assert table["agrees"].all()
    assert compare(Logistic.forward, Logistic.backward, [x], {})["agrees"].all()
    assert compare(Gain.forward, Gain.backward, [x], {"gain": random(3, 2)})["agrees"].all()
    for error, y, d, counted in errors():
        table = compare(lambda y, e=error, d=d, n=counted: e.forward(y, d, n), error.backward, [y], {})
        assert table["agrees"].all(), (error, table)


def test_used_twice_the_caches_do_not_mix():
    y, z, w = random(0, 2, 5, 4), random(1, 2, 5, 4), random(2, 2, 3, 4)
    _, first = Linear.forward(y, w)
    _, second = Linear.forward(z, w)
    dE_dx = random(3, 2, 5, 3)
    both = Linear.backward(dE_dx, first)[1]["w"] + Linear.backward(dE_dx, second)[1]["w"]
    leaf = w.clone().requires_grad_()
    (Linear.forward(y, leaf)[0] + Linear.forward(z, leaf)[0]).backward(dE_dx)
    assert torch.allclose(both, leaf.grad, rtol=1e-13, atol=0)

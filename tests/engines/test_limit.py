"""The machine's limit: its counts against counts by hand, and the logistic it times."""

import numpy as np
import pytest

from backprop86.engines import limit
from backprop86.engines.limit import many_logistics
from backprop86.problems import xor
from nets import XOR


def test_the_limit_counts_products_changes_and_logistics(monkeypatch):
    """2-2-1: equation 6 has 4 biases, 2 weights and, over the four cases, 4 inputs that are not 0, and so on."""
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    assert wiring.n_parameters == 9
    forward = 4 * 2 + 2 * 3  # the output's 2 sources; to a hidden unit's bias one input, the other, and both are added
    back = 4 * 2  # from the output to 2 hidden units
    weights = 4 * 3 + 4 * 2 + 2 * 4  # biases of 3 units, the output's 2 sources, both hidden units' inputs
    flops = 2 * (forward + back + weights) + 4 * 9
    monkeypatch.setattr(limit, "matrix_rate", lambda: 100.0)
    monkeypatch.setattr(limit, "logistic_rate", lambda: 10.0)
    assert limit.limit(wiring, cases, XOR) == pytest.approx(1 / (flops / 100 + 4 * 3 / 10), rel=1e-14)


def test_the_logistic_that_is_timed_is_one():
    x = np.linspace(-9, 9, 128)
    y = x.copy()
    many_logistics(y, 2)
    once = 1 / (1 + np.exp(-x))
    assert y == pytest.approx(1 / (1 + np.exp(-once)), abs=1e-15)


@pytest.mark.parametrize("rate", [limit.matrix_rate, limit.logistic_rate])
def test_a_rate_is_between_a_slow_and_an_impossible_machine(rate):
    assert 1e6 < rate() < 1e15

"""Statistics on tiny arrays whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from backprop86.statistics import percentile, quantiles, tail, through_logarithms, wilson, with_infinity


def test_wilson():
    low, high = wilson(5, 10)
    assert (low, high) == pytest.approx((0.236593, 0.763407), abs=1e-6)
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1


def test_unsolved_is_infinite():
    assert with_infinity(pd.Series([3, pd.NA], dtype="Int64")).tolist() == [3, np.inf]
    assert with_infinity(pd.Series([True, False])).tolist() == [1, 0]


def test_quantiles_are_observed_values():
    assert quantiles(np.arange(1, 101.0)) == [5, 25, 50, 75, 95]
    assert quantiles(np.array([1, 2, np.inf, np.inf])) == [1, 1, 2, np.inf, np.inf]


def test_percentile_counts_ties_half():
    values = np.array([1, 2, 2, np.inf])
    assert percentile(values, 2) == 50
    assert percentile(values, 100) == 75
    assert percentile(values, 0) == 0


def test_tail_is_on_the_side_where_the_number_lies():
    values = np.array([1, 2, 3, 4, np.inf])
    assert tail(values, 1) == 0.2
    assert tail(values, 4) == 0.4
    assert tail(values, 9) == 0.2
    assert tail(values, 0) == 0


def test_through_logarithms():
    x = np.array([2.0, 4, 8, 16])
    (a, low_a, high_a), (b, low_b, high_b) = through_logarithms(x, 10 - 3 * np.log2(x) + [0.1, -0.1, -0.1, 0.1])
    assert (a, b) == pytest.approx((10, -3))
    # residuals of 0.1 and two degrees of freedom: s^2 = 0.02, standard error of b sqrt(0.02 / 5), of a sqrt(0.02 * 1.5)
    reach = 4.302653
    assert (high_b - b, b - low_b) == pytest.approx((reach * np.sqrt(0.004),) * 2)
    assert (high_a - a, a - low_a) == pytest.approx((reach * np.sqrt(0.03),) * 2)

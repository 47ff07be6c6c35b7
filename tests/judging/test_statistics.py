"""Statistics on tiny arrays whose answers are known."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from backprop86.judging import statistics
from backprop86.judging.statistics import (
    exceeds,
    kaplan_meier,
    means,
    median_of,
    percentile,
    quantiles,
    tail,
    through_logarithms,
    wilson,
    with_infinity,
)


def test_wilson():
    low, high = wilson(5, 10)
    assert (low, high) == pytest.approx((0.236593, 0.763407), abs=1e-6)
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1


def test_a_run_that_never_learned_is_infinite():
    assert with_infinity(pd.Series([3, pd.NA], dtype="Int64")).tolist() == [3, np.inf]
    assert with_infinity(pd.Series([True, False])).tolist() == [1, 0]


def test_quantiles_are_observed_values():
    assert quantiles(np.arange(1, 101.0)) == [5, 25, 50, 75, 95]
    assert quantiles(np.array([1, 2, np.inf, np.inf])) == [1, 1, 2, np.inf, np.inf]


def test_percentile_counts_ties_half():
    values = np.array([1, 2, 2, np.inf])
    assert percentile(values, 2) == (50, 100 * wilson(1, 4)[0], 100 * wilson(3, 4)[1])
    assert percentile(values, 100) == (75, 100 * wilson(3, 4)[0], 100 * wilson(3, 4)[1])
    assert percentile(values, 0)[0] == 0


def test_a_tail_counts_both_sides():
    values = np.array([1, 2, 3, 4, np.inf])
    assert tail(values, 1) == 0.4
    assert tail(values, 4) == 0.8
    assert tail(values, 3) == 1
    assert tail(values, 9) == 0.4
    assert tail(values, 0) == 0


def test_through_logarithms():
    x = np.array([2.0, 4, 8, 16])
    (a, low_a, high_a), (b, low_b, high_b) = through_logarithms(x, 10 - 3 * np.log2(x) + [0.1, -0.1, -0.1, 0.1])
    assert (a, b) == pytest.approx((10, -3))
    # residuals of 0.1 and two degrees of freedom: s^2 = 0.02, standard error of b sqrt(0.02 / 5), of a sqrt(0.02 * 1.5)
    reach = 4.302653
    assert (high_b - b, b - low_b) == pytest.approx((reach * np.sqrt(0.004),) * 2)
    assert (high_a - a, a - low_a) == pytest.approx((reach * np.sqrt(0.03),) * 2)


def test_kaplan_meier():
    # ten runs, one learned at 3, two at 5, one at 8, six not within 10: S = 0.9, 0.7, 0.6 as none is censored before
    sweeps = np.array([5, 3, np.inf, 8, 5, *[np.inf] * 5])
    at, share, low, high = kaplan_meier(sweeps, 10)
    assert at.tolist() == [3, 5, 8]
    assert share == pytest.approx([0.1, 0.3, 0.4])
    # log-log interval at 3: exp(-exp(ln(-ln 0.9) -+ 1.96 sd)), sd = sqrt(1/90) / -ln 0.9
    reach = 1.959964 * np.sqrt(1 / 90) / -np.log(0.9)
    assert (1 - high[0], 1 - low[0]) == pytest.approx([0.9 ** np.exp(reach), 0.9 ** np.exp(-reach)], rel=1e-5)
    assert (low < share).all()
    assert (share < high).all()
    assert [len(part) for part in kaplan_meier(np.array([np.inf] * 3), 10)] == [0] * 4


def test_means_of_some_of_the_values(monkeypatch):
    values = np.arange(1.0, 101)
    found = means(values, 25)
    assert found.shape == (statistics.MEANS,)
    assert found.mean() == pytest.approx(values.mean(), abs=0.2)
    assert found.std() == pytest.approx(values.std() / 5, rel=0.03)
    assert np.array_equal(found, means(values, 25))
    assert np.ptp(means(values, 1)) == 99
    monkeypatch.setattr(statistics, "SEED", 7)
    assert not np.array_equal(found, means(values, 25))


def test_means_take_no_more_memory_for_more_runs():
    tracemalloc.start()
    means(np.arange(1000.0), 1000)  # at once they would be 80 MB
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e6


@pytest.mark.parametrize("of", [median_of, lambda values: exceeds(values, values + 1)])
def test_the_bootstrap_takes_no_more_memory_for_more_runs(monkeypatch, of):
    monkeypatch.setattr(statistics, "VALUES", 100_000)
    monkeypatch.setattr(statistics, "RESAMPLES", 200)
    tracemalloc.start()
    of(np.random.default_rng(0).integers(0, 1000, 50_000).astype(float))  # at once they would be 80 MB
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12e6


def test_the_bootstrap_of_the_median_is_the_same_some_resamples_at_a_time(monkeypatch):
    values = np.random.default_rng(0).normal(size=400)
    at_once = median_of(values)
    monkeypatch.setattr(statistics, "VALUES", 7 * 400)
    assert median_of(values) == at_once


def test_the_bootstrap_of_the_median():
    values = np.random.default_rng(0).normal(size=400)
    middle, low, high = median_of(values)
    assert middle == np.sort(values)[199]
    assert low < middle < high
    assert high - low == pytest.approx(2 * 1.96 * 1.2533 / 20, rel=0.3)  # the median of a normal: 1.2533 sd / sqrt(n)
    assert median_of(np.array([3.0, 3, 3])) == (3, 3, 3)
    assert median_of(np.array([4.0])) == (4, 4, 4)


def test_the_generator_is_respected(monkeypatch):
    values = np.random.default_rng(0).normal(size=50)
    first = median_of(values)
    np.random.seed(3)  # noqa: NPY002 (the generator that all of NumPy shares, which must decide nothing here)
    assert median_of(values) == first
    monkeypatch.setattr(statistics, "SEED", 7)
    assert median_of(values) != first


def test_exceeds():
    assert exceeds(np.array([2.0, 3, 3]), np.array([1.0, 1]))[0] == 1
    assert exceeds(np.array([1.0, 2, np.inf]), np.array([2.0, np.inf]))[0] == pytest.approx((0 + 0.5 + 1.5) / 6)
    one, other = np.arange(200.0), np.arange(200.0) + 40
    share, low, high = exceeds(other, one)
    assert share == pytest.approx((other[:, None] > one).mean() + (other[:, None] == one).mean() / 2)
    assert 0.5 < low < share < high < 0.8

"""Intervals and percentiles of many runs. A run that never learned took infinitely many sweeps.

All from SciPy: Wilson's interval of a proportion, the Kaplan-Meier estimate of censored times, the bootstrap, least
squares. Only the bootstrap and the means draw random numbers, from generators of their own.
"""

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, binomtest, bootstrap, ecdf, linregress
from scipy.stats import t as student

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
RESAMPLES, SEED = 999, 1986
"""The number of the bootstrap's resamples, and its seed."""
MEANS, AT_ONCE = 9_999, 100_000
"""The number of means to compare a printed mean with; the number of runs to draw at once for them."""

VALUES = 5_000_000
"""The most values in resamples at once, so that memory stays flat."""

Interval = tuple[float, float]


class Estimate(NamedTuple):
    """A value, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Reached(NamedTuple):
    """The share of runs that have learned by each sweep at which a run learned, with its 95 % interval; all (K,)."""

    sweeps: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray


@lru_cache  # readings need the same few numbers thousands of times
def wilson(successes: int, n: int) -> Interval:
    """Return the Wilson 95 % interval of a proportion."""
    interval = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def with_infinity(sweeps: pd.Series) -> np.ndarray:
    """Return the sweeps until learning, infinite where missing."""
    return sweeps.astype("Float64").to_numpy(dtype=float, na_value=np.inf)


def quantiles(values: np.ndarray, at: tuple[float, ...] = QUANTILES) -> list[float]:
    """Return, for each share in `at`, the smallest observed value (maybe infinite) with that share at or below it."""
    return [float(q) for q in np.quantile(values, at, method="inverted_cdf")]


def kaplan_meier(sweeps: np.ndarray, limit: int) -> Reached:
    """Return the share that has learned by each sweep at which a run learned: sweeps (K,), share, its 95 % interval.

    Runs that did not learn (infinite) are censored at the limit: they might have learned later.
    """
    learned = np.isfinite(sweeps)
    if not learned.any():
        return Reached(*(np.empty(0),) * 4)
    left = ecdf(CensoredData.right_censored(np.where(learned, sweeps, limit), ~learned)).sf
    with warnings.catch_warnings():  # the interval is undefined once every run has learned
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = left.confidence_interval(0.95, method="log-log")
    at = np.isin(left.quantiles, sweeps)
    low, high = 1 - interval.high.probabilities, 1 - interval.low.probabilities
    ends = np.nan_to_num(low, nan=1.0), np.nan_to_num(high, nan=1.0)
    return Reached(left.quantiles[at], (1 - left.probabilities)[at], ends[0][at], ends[1][at])


def median_of(values: np.ndarray) -> Estimate:
    """Return the median, an observed value, and its bootstrap 95 % interval; NaN if any value is NaN."""
    if np.isnan(values).any():
        return Estimate(np.nan, np.nan, np.nan)
    middle = quantiles(values, (0.5,))[0]
    if len(values) < 2 or (values == values[0]).all():
        return Estimate(middle, middle, middle)
    at = (len(values) - 1) // 2
    return Estimate(middle, *_bootstrap((values,), lambda x, axis: np.partition(x, at, axis).take(at, axis)))


def exceeds(x: np.ndarray, y: np.ndarray) -> Estimate:
    """Return the probability that one of x exceeds one of y, ties counted half, and its bootstrap 95 % interval."""
    values, places = np.unique(np.concatenate([x, y]), return_inverse=True)

    def share(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        mine, others = counts(x, len(values)), counts(y, len(values))
        below = others.cumsum(-1) - others / 2  # Mann and Whitney's U from the number of times that each value comes
        return (mine * below).sum(-1) / (x.shape[-1] * y.shape[-1])

    both = places[: len(x)], places[len(x) :]
    return Estimate(float(share(*both)), *_bootstrap(both, share))


def counts(places: np.ndarray, n: int) -> np.ndarray:
    """Return the number of times that each of n values occurs in samples (..., S) of their places: (..., n)."""
    rows = places.reshape(-1, places.shape[-1])
    shifted = rows + n * np.arange(len(rows))[:, None]
    return np.bincount(shifted.ravel(), minlength=n * len(rows)).reshape(*places.shape[:-1], n)


def _bootstrap(samples: tuple[np.ndarray, ...], statistic: Callable[..., np.ndarray]) -> Interval:
    random, largest = np.random.default_rng(SEED), max(map(len, samples))
    how = {"n_resamples": RESAMPLES, "vectorized": True, "method": "percentile", "rng": random}
    found = bootstrap(samples, statistic, batch=max(1, VALUES // largest), **how)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def percentile(values: np.ndarray, printed: float) -> Estimate:
    """Return the percentage of runs below the printed value, ties counted half, with the binomial 95 % interval.

    The lower end is from Wilson's interval of the share below the value, the upper from that of the share not above it.
    """
    below, not_above, n = int((values < printed).sum()), int((values <= printed).sum()), len(values)
    return Estimate(50 * (below + not_above) / n, 100 * wilson(below, n)[0], 100 * wilson(not_above, n)[1])


def tail(values: np.ndarray, printed: float) -> float:
    """Return the probability, at most 1, of a value at least as far out on either side as the printed number."""
    return float(min(1.0, 2 * (values <= printed).mean(), 2 * (values >= printed).mean()))


def means(values: np.ndarray, n: int) -> np.ndarray:
    """Draw MEANS means of n values each, with replacement, a few at a time to keep memory flat."""
    random, each = np.random.default_rng(SEED), max(1, AT_ONCE // n)
    starts = range(0, MEANS, each)
    drawn = [random.choice(values, (min(each, MEANS - start), n)).mean(1) for start in starts]
    return np.concatenate(drawn)


def through_logarithms(x: np.ndarray, y: np.ndarray) -> list[Estimate]:
    """Fit y = a + b log2 x by least squares: return a, then b, each with the ends of its 95 % interval."""
    line = linregress(np.log2(x), y)
    reach = float(student.ppf(0.975, len(x) - 2))
    both = ((line.intercept, line.intercept_stderr), (line.slope, line.stderr))
    return [Estimate(float(value), float(value - reach * error), float(value + reach * error)) for value, error in both]

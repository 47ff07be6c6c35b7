"""Intervals and percentiles of a thousand runs. A seed that was never solved took infinitely many sweeps."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest, linregress
from scipy.stats import t as student

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The Wilson 95 % interval of a proportion."""
    interval = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def with_infinity(sweeps: pd.Series) -> np.ndarray:
    """Sweeps to solve, infinite where missing."""
    return sweeps.astype("Float64").to_numpy(dtype=float, na_value=np.inf)


def quantiles(values: np.ndarray) -> list[float]:
    """5, 25, 50, 75 and 95 %: the smallest observed values that so many lie at or below, so infinity may be one."""
    return [float(q) for q in np.quantile(values, QUANTILES, method="inverted_cdf")]


def percentile(values: np.ndarray, printed: float) -> float:
    """How many of a hundred runs lie below the printed value, ties counted half."""
    return float(100 * ((values < printed).mean() + (values == printed).mean() / 2))


def tail(values: np.ndarray, printed: float) -> float:
    """The probability of a run at least as far out as the printed value, on the side where it lies."""
    return float(min((values <= printed).mean(), (values >= printed).mean()))


def through_logarithms(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float, float]]:
    """y = a + b log2 x by least squares: a, then b, each with the ends of its 95 % interval."""
    line = linregress(np.log2(x), y)
    reach = float(student.ppf(0.975, len(x) - 2))
    both = ((line.intercept, line.intercept_stderr), (line.slope, line.stderr))
    return [(float(value), float(value - reach * error), float(value + reach * error)) for value, error in both]

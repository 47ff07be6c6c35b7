"""A judgement: a verdict and the numbers behind it; and the steps that several rules share."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from backprop86.engines.recipe import BadInput
from backprop86.judging.statistics import Estimate, percentile, tail, wilson
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs

VERDICTS = ("reproduced", "partly", "doubtful", "not reproduced")
"""The verdicts, from the best to the worst."""
REPRODUCED, PARTLY, DOUBTFUL, NOT_REPRODUCED = VERDICTS
FEWEST = 10
"""The fewest runs to compare with; with fewer the verdict is doubtful."""
ORDINARY, POSSIBLE = 0.05, 0.005
"""The least share of our runs that must do the same for one printed run to count as ordinary, or as possible."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on one claim under one reading: an estimate from n of its runs, and a 95 % interval.

    runs, learned_share: all runs of the reading, and the share of them that learned. estimate: for a printed number the
    median of our runs; for an average their mean; for an equality the median of the compared number; for a curve a
    coefficient; for `more` the probability that a run has more than a run of the other reading; for a band the share of
    the printed numbers inside it; otherwise a share of runs.
    p5, p95: the range of 90 % of the runs. below, equal: the shares of the runs that lie below the printed number and
    at it. percentile: its place among them, equal ones counted half, with a 95 % interval. untrained: the share before
    training. stopped_at: the sweep after which runs stopped that might have needed as many as printed.
    """

    verdict: str
    n: int
    estimate: float
    low: float
    high: float
    runs: int
    learned_share: float
    p5: float = np.nan
    p95: float = np.nan
    below: float = np.nan
    equal: float = np.nan
    percentile: float = np.nan
    percentile_low: float = np.nan
    percentile_high: float = np.nan
    untrained: float = np.nan
    stopped_at: float = np.nan


def of_form(runs: Runs, form: str) -> list[str]:
    """Return the readings that match a form such as */case_updates; BadInput if there is none."""
    found = [reading for reading in runs.readings if fnmatchcase(reading, form)]
    if not found:
        raise BadInput(f"{runs.stem} has no reading of the form {form}, only {', '.join(runs.readings[:9])}")
    return found


def about(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the number of runs of a reading, and the share that learned, as fields of a Judgement."""
    return {"runs": len(rows), "learned_share": float(rows["learned"].mean())}


def holds(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Return a mask of the rows in which all these columns are true; a missing value counts as false."""
    return np.logical_and.reduce([rows[column].to_numpy(dtype=bool, na_value=False) for column in columns])


def by_share(
    claim: Claim,
    runs: Runs,
    reading: str,
    chosen: Callable[[Claim, pd.DataFrame], np.ndarray],
    verdict: Callable[[int, int], str],
) -> Judgement:
    """Judge by the number of chosen runs in which all of the claim's columns are true."""
    rows = runs.at(reading, claim.moment)
    of = chosen(claim, rows)
    so = shows(claim, runs, reading)
    count, n = int(so[of].sum()), int(of.sum())
    share, (low, high) = (count / n, wilson(count, n)) if n else (np.nan, (np.nan, np.nan))
    before, every = [f"{column}@0" for column in claim.columns], runs.of(reading)
    was_measured = n and (claim.is_property or claim.kind != "draw") and set(before) <= set(every)
    untrained = float(holds(every, before)[of].mean()) if was_measured else np.nan
    return Judgement(verdict(count, n), n, share, low, high, **about(rows), untrained=untrained)


def shows(claim: Claim, runs: Runs, reading: str) -> np.ndarray:
    """Return a mask of the runs that meet a claim: below a number, risen since a moment, or with its properties."""
    rows = runs.at(reading, claim.moment)
    if claim.below is not None:
        return is_below(rows[claim.column], claim.below)
    if claim.risen_since:
        was = runs.at(reading, claim.risen_since)[claim.column]
        return (rows[claim.column] > was).fillna(False).to_numpy(dtype=bool)
    return holds(rows, claim.columns)


def is_below(column: pd.Series, printed: float) -> np.ndarray:
    """Return a mask of the runs below the printed number; a run without a number is not below."""
    return (column.astype("Float64") < printed).fillna(False).to_numpy(dtype=bool)


def all_of_them(claim: Claim, rows: pd.DataFrame) -> np.ndarray:
    """Return a mask that chooses every row."""
    return np.ones(len(rows), dtype=bool)


def of_enough(verdict: str, n: int) -> str:
    """Return the verdict, or doubtful where there are too few runs."""
    return DOUBTFUL if 0 < n < FEWEST else verdict


def verdict_of(share: float, n: int) -> str:
    """Return the verdict on a printed run that this share of our n runs is like."""
    found = REPRODUCED if share >= ORDINARY else DOUBTFUL if share >= POSSIBLE else NOT_REPRODUCED
    return of_enough(found, n)


def placed(
    rows: pd.DataFrame, n: int, middle: Estimate, ends: list[float], found: np.ndarray, printed: float
) -> Judgement:
    """Judge a printed number by its place among the found numbers, which come from n of the rows."""
    place = percentile(found, printed)
    return Judgement(
        verdict_of(tail(found, printed), n),
        n,
        *middle,
        **about(rows),
        p5=ends[0],
        p95=ends[1],
        below=float((found < printed).mean()),
        equal=float((found == printed).mean()),
        percentile=place.value,
        percentile_low=place.low,
        percentile_high=place.high,
    )


def nothing(rows: pd.DataFrame) -> Judgement:
    """Return the judgement for no run to compare with."""
    return Judgement(NOT_REPRODUCED, 0, np.nan, np.nan, np.nan, **about(rows))


def above_one_half(low: float, high: float) -> str:
    """Return the verdict from the side of one half on which an interval lies."""
    return REPRODUCED if low > 0.5 else NOT_REPRODUCED if high < 0.5 else DOUBTFUL

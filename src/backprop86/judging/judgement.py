"""A judgement: a verdict and the numbers it comes from; and the steps and words that several rules share."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from backprop86.engines.recipe import BadInput
from backprop86.judging.numbers import shown
from backprop86.judging.statistics import wilson
from backprop86.running.claim import Claim

VERDICTS = ("reproduced", "partly", "doubtful", "not reproduced")
REPRODUCED, PARTLY, DOUBTFUL, NOT_REPRODUCED = VERDICTS
EVERY = slice(None)
NONE_LEARNED = "No run was learned, so there is no net to compare with the printed one."


@dataclass(frozen=True)
class Judgement:
    """The verdict on one claim under one reading: n runs, an estimate and its 95 % interval.

    estimate: of a draw the median (of sweeps, Kaplan and Meier's); of an equality the median of the compared number; of
    a curve a coefficient; of `more` the probability that a run has more than a run of the other reading; otherwise a
    share. p5, p95: the range of 90 % of the runs. percentile: the place of the printed number among them, with a 95 %
    interval; percentile_of_learned: its place among the learned runs alone. untrained: the share before training.
    learned: the share of all runs that were learned.
    """

    verdict: str
    n: int
    estimate: float
    low: float
    high: float
    p5: float = np.nan
    p95: float = np.nan
    percentile: float = np.nan
    percentile_low: float = np.nan
    percentile_high: float = np.nan
    untrained: float = np.nan
    learned: float = np.nan
    percentile_of_learned: float = np.nan


def in_words(claim: Claim) -> str:
    """Return the printed numbers of a claim, shares in per cent."""
    number = "{:.1%}" if claim.rule == "rate" else "{:,g}"
    return " to ".join(number.format(value) for value in claim.printed)


def matching(stem: str, readings: list[str], pattern: str) -> list[str]:
    """Return those of an experiment's readings that are of a form such as */case_updates; BadInput if there is none."""
    found = [reading for reading in readings if fnmatchcase(reading, pattern)]
    if not found:
        raise BadInput(f"{stem} has no reading of the form {pattern}, only {', '.join(readings[:9])}")
    return found


def as_it_is(claim: Claim, column: pd.Series) -> pd.Series:
    """Return a column that says by itself in which runs the claim is so."""
    return column


def by_share(
    claim: Claim,
    rows: pd.DataFrame,
    held: Callable[[Claim, pd.Series], pd.Series],
    verdict: Callable[[int, int], str],
    among: pd.Series | slice = EVERY,
) -> Judgement:
    """Judge by the number of rows in which it is so, `among` some of them."""
    column, before = rows[claim.column][among], f"untrained_{claim.column}"
    holds, n = int(held(claim, column).sum()), len(column)
    share, (low, high) = (holds / n, wilson(holds, n)) if n else (np.nan, (np.nan, np.nan))
    untrained = float(rows[before][among].mean()) if before in rows and n else np.nan
    learned = float(rows["learned"].mean())
    return Judgement(verdict(holds, n), n, share, low, high, untrained=untrained, learned=learned)


def of_enough(verdict: str, n: int, fewest: int) -> str:
    """Return the verdict, or doubtful where it is better than a few learned runs allow."""
    return DOUBTFUL if 0 < n < fewest and verdict != NOT_REPRODUCED else verdict


def above_one_half(n: int, estimate: float, low: float, high: float) -> Judgement:
    """Judge by the side of one half on which the interval lies."""
    verdict = REPRODUCED if low > 0.5 else NOT_REPRODUCED if high < 0.5 else DOUBTFUL
    return Judgement(verdict, n, estimate, low, high)


def odds(share: float) -> str:
    """Return a share as odds: 0.05 is 5 in 100; 0.005 is 1 in 200."""
    return f"{100 * share:g} in 100" if 100 * share >= 1 else f"1 in {1 / share:g}"


def most_runs(column: str, found: Judgement) -> str:
    """Return the words for the range of 90 % of the runs."""
    low, high = shown(found.p5), shown(found.p95)
    if column == "sweeps" and low == "∞":
        return "90 % of the runs were not learned"
    return f"90 % of the runs {f'are at {low}' if low == high else f'lie between {low} and {high}'}"

"""(claim, runs) -> verdict. A claim is written in conf/experiment/<stem>.yaml before it is run; nobody types a verdict.

Verdicts: reproduced, partly, doubtful, not reproduced. Every claim is judged under every reading it applies to.
"""

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from backprop86.engines.recipe import BadInput
from backprop86.judging.statistics import (
    exceeds,
    median_of,
    median_sweeps,
    percentile,
    quantiles,
    tail,
    through_logarithms,
    wilson,
    with_infinity,
)
from backprop86.running.claim import Claim, other_reading
from backprop86.running.runs import Runs

VERDICTS = ("reproduced", "partly", "doubtful", "not reproduced")
ENOUGH = 1000
"""How many runs without exception "always" and "never" need."""
FEWEST = 10
"""How many solved runs "structure" needs to be more than doubtful."""
EQUAL = 1e-12
"""How far apart, relatively, what a text calls equal may be."""


@dataclass(frozen=True)
class Judgement:
    """Of one claim under one reading: n runs, an estimate and its 95 % interval.

    Of a draw the estimate is the median (of sweeps to solve Kaplan and Meier's), p5 and p95 the range of the runs, and
    `percentile` places the printed number, with an interval; of "equal" it is what is compared, and p5 and p95 its
    range; of a curve a coefficient; of "more" the probability that a run has more than one of the other reading;
    otherwise a share. `untrained` is that share before training, `solved` that of all runs that were solved, and
    `percentile_of_solved` places the printed number among those alone.
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
    solved: float = np.nan
    percentile_of_solved: float = np.nan


def judge(claim: Claim, runs: Runs, reading: str) -> Judgement:
    """Apply the claim's rule to the rows of one reading, or of all readings of that form if it is about a curve."""
    if claim.rule in ("intercept", "slope"):
        return _curve(claim, runs, matching(runs, reading))
    rows = runs.of(reading)
    others = (claim.than if claim.rule == "commonest" else []) + ([] if claim.among == "all" else [claim.among])
    for column in [claim.column, *others]:
        if column not in rows or (rows[column].isna().all() and column != "sweeps"):
            raise BadInput(f"claim {claim.id}: reading {reading} of {runs.stem} does not measure {column}")
    if claim.rule == "draw":
        return _draw(claim, rows, runs)
    if claim.rule == "equal":
        return _equal(claim, rows)
    if claim.rule == "more":
        return _more(claim, runs, reading)
    if claim.rule == "commonest":
        return _commonest(claim, rows)
    return _share(claim, rows)


def _share(claim: Claim, rows: pd.DataFrame) -> Judgement:
    """The rules that ask in how many runs something is so."""
    all_solved, before = float(rows["solved"].mean()), f"untrained_{claim.column}"
    among = rows["solved"] if claim.rule == "structure" else slice(None)
    column = rows[claim.column][among]
    held = with_infinity(column) < claim.printed[0] if claim.rule == "within" else column
    holds, n = int(held.sum()), len(column)
    share, (low, high) = (holds / n, wilson(holds, n)) if n else (np.nan, (np.nan, np.nan))
    if claim.rule == "rate":
        verdict = "reproduced" if low <= claim.printed[1] and high >= claim.printed[0] else "not reproduced"
    elif claim.rule in ("once", "within"):
        verdict = _ordinary(share)
    elif claim.rule == "structure":
        verdict = _of_enough("reproduced" if share >= 0.9 else "partly" if share >= 0.5 else "not reproduced", n)
    else:
        verdict = _without_exception(n - holds if claim.rule == "always" else holds, n)
    untrained = float(rows[before][among].mean()) if before in rows and n else np.nan
    return Judgement(verdict, n, share, low, high, untrained=untrained, solved=all_solved)


def _draw(claim: Claim, rows: pd.DataFrame, runs: Runs) -> Judgement:
    """A printed single run is reproduced if it is an ordinary draw from ours, unsolved runs counted as infinite."""
    solved = float(rows["solved"].mean())
    if claim.among != "all":
        rows = rows[rows["solved"] & rows[claim.among]]
    if rows.empty:
        return Judgement("not reproduced", 0, np.nan, np.nan, np.nan, solved=solved)
    values, printed = with_infinity(rows[claim.column]), claim.printed[0]
    if claim.column == "sweeps":
        middle = median_sweeps(values, runs.recipe(str(rows["condition"].iloc[0])).sweeps)
    else:
        middle = median_of(values)
    p5, p95 = quantiles(values, (0.05, 0.95))
    if claim.to:  # as numbers of the last printed digit, so that equal means equal
        values, printed = np.round(values / claim.to), np.round(printed / claim.to)
    verdict = _ordinary(tail(values, printed))
    verdict = _of_enough(verdict, len(rows)) if claim.among != "all" else verdict
    finite = values[np.isfinite(values)]
    among_solved = percentile(finite, printed)[0] if len(finite) else np.nan
    place = percentile(values, printed)
    return Judgement(verdict, len(rows), *middle, p5, p95, *place, solved=solved, percentile_of_solved=among_solved)


def _equal(claim: Claim, rows: pd.DataFrame) -> Judgement:
    """What is measured is 0, or the printed number, in every run."""
    values = rows[claim.column].to_numpy(dtype=float)
    apart = np.abs(values - (claim.printed[0] if claim.printed else 0))
    verdict = "reproduced" if (apart <= EQUAL).all() else "not reproduced"
    return Judgement(verdict, len(values), *median_of(values), *quantiles(values, (0.05, 0.95)))


def _more(claim: Claim, runs: Runs, reading: str) -> Judgement:
    """Runs of this reading have more than those of another, which differs in the first of its axes if it has any."""
    mine, others = (with_infinity(runs.of(name)[claim.column]) for name in (reading, other_reading(claim, reading)))
    return _above_one_half(len(mine), *exceeds(mine, others))


def _commonest(claim: Claim, rows: pd.DataFrame) -> Judgement:
    """Something is so in more runs than the commonest of the others; the runs compared are those that have either."""
    mine, n = int(rows[claim.column].sum()), len(rows)
    most = max(int(rows[column].sum()) for column in claim.than)
    if mine + most == 0:
        return Judgement("not reproduced", n, 0.0, *wilson(0, n))
    verdict = _above_one_half(mine + most, mine / (mine + most), *wilson(mine, mine + most)).verdict
    return Judgement(verdict, n, mine / n, *wilson(mine, n))


def _above_one_half(n: int, estimate: float, low: float, high: float) -> Judgement:
    verdict = "reproduced" if low > 0.5 else "not reproduced" if high < 0.5 else "doubtful"
    return Judgement(verdict, n, estimate, low, high)


def _curve(claim: Claim, runs: Runs, points: list[str]) -> Judgement:
    """A straight line through the medians of a column over log2 of the number of hidden units, least squares."""
    hidden = np.array([runs.of(point)["hidden"].iloc[0] for point in points], dtype=float)
    median = np.array([quantiles(with_infinity(runs.of(point)[claim.column]), (0.5,))[0] for point in points])
    if not np.isfinite(median).all():  # somewhere most runs were never solved
        return Judgement("not reproduced", len(points), np.nan, np.nan, np.nan)
    value, low, high = through_logarithms(hidden, median)[0 if claim.rule == "intercept" else 1]
    verdict = "reproduced" if low <= claim.printed[0] <= high else "not reproduced"
    return Judgement(verdict, len(points), value, low, high)


def matching(runs: Runs, pattern: str) -> list[str]:
    """The readings of a form such as */case_updates; BadInput if there is none."""
    found = [condition for condition in runs.conditions if fnmatchcase(condition, pattern)]
    if not found:
        raise BadInput(f"{runs.stem} has no reading of the form {pattern}, only {', '.join(runs.conditions[:9])}")
    return found


def _ordinary(p: float) -> str:
    return "reproduced" if p >= 0.05 else "doubtful" if p >= 0.005 else "not reproduced"


def _of_enough(verdict: str, n: int) -> str:
    """Doubtful instead of better if it was seen in a few solved runs only."""
    return "doubtful" if 0 < n < FEWEST and verdict != "not reproduced" else verdict


def _without_exception(exceptions: int, n: int) -> str:
    if not exceptions:
        return "reproduced" if n >= ENOUGH else "doubtful"
    return "doubtful" if exceptions <= n / 100 else "not reproduced"


def ledger(claims: list[Claim], runs: Runs) -> pd.DataFrame:
    """A row for each (claim, reading): the claim, and the judgement; the literal reading of each claim first."""
    rows = []
    for claim in claims:
        about: dict[str, Any] = {"claim": claim.id, "stem": runs.stem, "source": claim.source, "says": claim.says}
        about |= {"rule": claim.rule, "column": claim.column, "among": claim.among, "headline": claim.headline}
        number = "{:.1%}" if claim.rule == "rate" else "{:,g}"
        printed = " to ".join(number.format(value) for value in claim.printed)
        about["printed"] = printed
        of_a_curve = claim.rule in ("intercept", "slope")
        forms = claim.readings or runs.conditions
        for reading in forms if of_a_curve else [name for form in forms for name in matching(runs, form)]:
            judgement = asdict(judge(claim, runs, reading))
            other = other_reading(claim, reading) if claim.rule == "more" else ", ".join(claim.than)
            rows.append(about | {"reading": reading, "than": other} | judgement)
    return pd.DataFrame(rows)

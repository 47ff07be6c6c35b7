"""(claim, runs) -> verdict. A claim is written in conf/experiment/<stem>.yaml before it is run; nobody types a verdict.

Verdicts: reproduced, partly, doubtful, not reproduced. Every claim is judged under every reading it applies to.
"""

from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from backprop86.runs import Runs
from backprop86.statistics import percentile, tail, through_logarithms, wilson, with_infinity

RULES = ("draw", "within", "once", "rate", "always", "never", "structure", "equal", "intercept", "slope")
ENOUGH = 1000
"""How many runs without exception "always" and "never" need."""
FEWEST = 10
"""How many solved runs "structure" needs to be more than doubtful."""
EQUAL = 1e-12
"""How far apart, relatively, what a text calls equal may be."""


@dataclass
class Claim:
    """What a text says, and how it is judged. `column` is a column of the runs; `printed` one number or a range."""

    id: str = "???"
    source: str = "???"  # text and page
    says: str = "???"  # in our words
    rule: str = "???"  # see RULES
    column: str = "solved"
    printed: list[float] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)  # where it applies, the literal one first; empty: everywhere;
    # 8_hidden/* is all readings of that form: for the rules of a curve its points, otherwise each by itself
    headline: bool = False  # one of those in the README

    def check(self) -> "Claim":
        """Return the claim itself; ValueError, in one line, names what cannot be judged."""
        numbers = {"draw": 1, "within": 1, "rate": 2, "intercept": 1, "slope": 1}.get(self.rule, 0)
        if self.rule not in RULES:
            raise ValueError(f"rule of claim {self.id} must be one of {', '.join(RULES)}, was {self.rule}")
        if len(self.printed) != numbers:
            raise ValueError(f"claim {self.id}: rule {self.rule} needs {numbers} printed numbers, was {self.printed}")
        return self


@dataclass(frozen=True)
class Judgement:
    """Of one claim under one reading. For a draw: the median and the 5-95 % range of runs; for "equal" they are of how
    far apart the two are; for a curve a coefficient with its 95 % interval; otherwise a share with its Wilson 95 %
    interval. `percentile` places the printed number; `untrained` is the share before training.
    """

    verdict: str
    n: int
    estimate: float
    low: float
    high: float
    percentile: float = np.nan
    untrained: float = np.nan


def judge(claim: Claim, runs: Runs, reading: str) -> Judgement:
    """Apply the claim's rule to the rows of one reading, or of all readings of that form if it is about a curve."""
    if claim.rule in ("intercept", "slope"):
        return _curve(claim, runs, matching(runs, reading))
    rows = runs.of(reading)
    if claim.column not in rows or (rows[claim.column].isna().all() and claim.column != "sweeps"):
        raise ValueError(f"claim {claim.id}: reading {reading} of {runs.stem} does not measure {claim.column}")
    if claim.rule == "draw":
        return _draw(rows[claim.column], claim.printed[0])
    if claim.rule == "equal":
        apart = rows[claim.column].to_numpy(dtype=float)
        verdict = "reproduced" if (apart <= EQUAL).all() else "not reproduced"
        return Judgement(verdict, len(apart), *_middle(apart))
    if claim.rule == "structure":
        rows = rows[rows["solved"]]
    held = with_infinity(rows[claim.column]) < claim.printed[0] if claim.rule == "within" else rows[claim.column]
    holds, n = int(held.sum()), len(rows)
    share, (low, high) = (holds / n, wilson(holds, n)) if n else (np.nan, (np.nan, np.nan))
    if claim.rule == "rate":
        verdict = "reproduced" if low <= claim.printed[1] and high >= claim.printed[0] else "not reproduced"
    elif claim.rule in ("once", "within"):
        verdict = _ordinary(share)
    elif claim.rule == "structure":
        verdict = "reproduced" if share >= 0.9 else "partly" if share >= 0.5 else "not reproduced"
        if 0 < n < FEWEST and verdict != "not reproduced":
            verdict = "doubtful"
    else:
        verdict = _without_exception(n - holds if claim.rule == "always" else holds, n)
    before = f"untrained_{claim.column}"
    untrained = float(rows[before].mean()) if before in rows and n else np.nan
    return Judgement(verdict, n, share, low, high, untrained=untrained)


def _draw(values: pd.Series, printed: float) -> Judgement:
    """A printed single run is reproduced if it is an ordinary draw from ours, unsolved runs counted as infinite."""
    taken = with_infinity(values)
    verdict = _ordinary(tail(taken, printed))
    return Judgement(verdict, len(taken), *_middle(taken), percentile(taken, printed))


def _middle(values: np.ndarray) -> tuple[float, float, float]:
    """Median, 5 % and 95 %."""
    low, median, high = (float(q) for q in np.quantile(values, (0.05, 0.5, 0.95), method="inverted_cdf"))
    return median, low, high


def _curve(claim: Claim, runs: Runs, points: list[str]) -> Judgement:
    """A straight line through the medians of a column over log2 of the number of hidden units, least squares."""
    hidden = np.array([runs.of(point)["hidden"].iloc[0] for point in points], dtype=float)
    median = np.array([_middle(with_infinity(runs.of(point)[claim.column]))[0] for point in points])
    if not np.isfinite(median).all():  # somewhere most runs were never solved
        return Judgement("not reproduced", len(points), np.nan, np.nan, np.nan)
    value, low, high = through_logarithms(hidden, median)[0 if claim.rule == "intercept" else 1]
    verdict = "reproduced" if low <= claim.printed[0] <= high else "not reproduced"
    return Judgement(verdict, len(points), value, low, high)


def matching(runs: Runs, pattern: str) -> list[str]:
    """The readings of a form such as */case_updates; ValueError if there is none."""
    found = [condition for condition in runs.conditions if fnmatchcase(condition, pattern)]
    if not found:
        raise ValueError(f"{runs.stem} has no reading of the form {pattern}, only {', '.join(runs.conditions[:9])}")
    return found


def _ordinary(p: float) -> str:
    return "reproduced" if p >= 0.05 else "doubtful" if p >= 0.005 else "not reproduced"


def _without_exception(exceptions: int, n: int) -> str:
    if not exceptions:
        return "reproduced" if n >= ENOUGH else "doubtful"
    return "doubtful" if exceptions <= n / 100 else "not reproduced"


def ledger(claims: list[Claim], runs: Runs) -> pd.DataFrame:
    """A row for each (claim, reading): the claim, and the judgement."""
    rows = []
    for claim in claims:
        about: dict[str, Any] = {"claim": claim.id, "source": claim.source, "says": claim.says, "rule": claim.rule}
        about["headline"] = claim.headline
        number = "{:.1%}" if claim.rule == "rate" else "{:,g}"
        printed = " to ".join(number.format(value) for value in claim.printed)
        of_a_curve = claim.rule in ("intercept", "slope")
        forms = claim.readings or runs.conditions
        for reading in forms if of_a_curve else [name for form in forms for name in matching(runs, form)]:
            judgement = asdict(judge(claim, runs, reading))
            rows.append(about | {"printed": printed, "reading": reading} | judgement)
    return pd.DataFrame(rows)

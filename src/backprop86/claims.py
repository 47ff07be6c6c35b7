"""(claim, runs) -> verdict. A claim is written in conf/experiment/<stem>.yaml before it is run; nobody types a verdict.

Verdicts: reproduced, partly, doubtful, not reproduced. Every claim is judged under every reading it applies to.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from backprop86.runs import Runs
from backprop86.statistics import percentile, tail, wilson, with_infinity

RULES = ("draw", "once", "rate", "always", "never", "structure")
ENOUGH = 1000
"""How many runs without exception "always" and "never" need."""


@dataclass
class Claim:
    """What a text says, and how it is judged. `column` is a column of the runs; `printed` one number or a range."""

    id: str = "???"
    source: str = "???"  # text and page
    says: str = "???"  # in our words
    rule: str = "???"  # see RULES
    column: str = "solved"
    printed: list[float] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)  # where it applies, the literal one first; empty: everywhere
    headline: bool = False  # one of those in the README

    def check(self) -> "Claim":
        """Return the claim itself; ValueError, in one line, names what cannot be judged."""
        numbers = {"draw": 1, "rate": 2}.get(self.rule, 0)
        if self.rule not in RULES:
            raise ValueError(f"rule of claim {self.id} must be one of {', '.join(RULES)}, was {self.rule}")
        if len(self.printed) != numbers:
            raise ValueError(f"claim {self.id}: rule {self.rule} needs {numbers} printed numbers, was {self.printed}")
        return self


@dataclass(frozen=True)
class Judgement:
    """Of one claim under one reading. For a draw: the median and the 5-95 % range of runs; otherwise a share with its
    Wilson 95 % interval. `percentile` places the printed number; `untrained` is the share before training.
    """

    verdict: str
    n: int
    estimate: float
    low: float
    high: float
    percentile: float = np.nan
    untrained: float = np.nan


def judge(claim: Claim, runs: Runs, reading: str) -> Judgement:
    """Apply the claim's rule to the rows of one reading."""
    rows = runs.of(reading)
    if claim.column not in rows or (rows[claim.column].isna().all() and claim.column != "sweeps"):
        raise ValueError(f"claim {claim.id}: reading {reading} of {runs.stem} does not measure {claim.column}")
    if claim.rule == "draw":
        return _draw(rows[claim.column], claim.printed[0])
    if claim.rule == "structure":
        rows = rows[rows["solved"]]
    holds, n = int(rows[claim.column].sum()), len(rows)
    share, (low, high) = (holds / n, wilson(holds, n)) if n else (np.nan, (np.nan, np.nan))
    if claim.rule == "rate":
        verdict = "reproduced" if low <= claim.printed[1] and high >= claim.printed[0] else "not reproduced"
    elif claim.rule == "once":
        verdict = _ordinary(share)
    elif claim.rule == "structure":
        verdict = "reproduced" if share >= 0.9 else "partly" if share >= 0.5 else "not reproduced"
    else:
        verdict = _without_exception(n - holds if claim.rule == "always" else holds, n)
    before = f"untrained_{claim.column}"
    untrained = float(rows[before].mean()) if before in rows and n else np.nan
    return Judgement(verdict, n, share, low, high, untrained=untrained)


def _draw(values: pd.Series, printed: float) -> Judgement:
    """A printed single run is reproduced if it is an ordinary draw from ours, unsolved runs counted as infinite."""
    taken = with_infinity(values)
    verdict = _ordinary(tail(taken, printed))
    low, median, high = (float(q) for q in np.quantile(taken, (0.05, 0.5, 0.95), method="inverted_cdf"))
    return Judgement(verdict, len(taken), median, low, high, percentile(taken, printed))


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
        for reading in claim.readings or runs.conditions:
            judgement = asdict(judge(claim, runs, reading))
            rows.append(about | {"printed": printed, "reading": reading} | judgement)
    return pd.DataFrame(rows)

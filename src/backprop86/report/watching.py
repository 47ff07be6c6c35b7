"""The runs to watch: the seeds whose runs show a claim or a kind of failure best, by their addresses on the page.

An address is what page/view/address.js reads: index.html#experiment/reading/seed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import filter as matching
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from backprop86.judging.ledger import literals
from backprop86.report import failures
from backprop86.running.claim import SHARES, Claim
from backprop86.running.failures import KINDS
from backprop86.running.problem import Problem
from backprop86.running.runs import Runs, provenances

PRINTED = ("draw", "average")
"""The kinds of claims that may print one number of a run."""

UNQUOTED = "!*'()"
"""The signs, beside those of Python's own choice, that encodeURIComponent of JavaScript leaves as they are."""


@dataclass(frozen=True)
class Watched:
    """A run to watch; sweeps: by which it learned, or None for a run that failed."""

    stem: str
    reading: str
    seed: int
    sweeps: int | None

    @property
    def address(self) -> str:
        """The address beside the page."""
        return f"index.html#{self.stem}/{quote(self.reading, UNQUOTED)}/{self.seed}"

    @property
    def words(self) -> str:
        """Words for a link."""
        if self.sweeps is None:
            return f"Watch seed {self.seed} fail"
        return f"Watch seed {self.seed} learn in {self.sweeps:,} sweeps"


def of_claims(claims: Iterable[Claim], runs: Runs, ledger: pd.DataFrame) -> dict[str, list[Watched]]:
    """Return the runs to watch for each claim of an experiment, in the literal reading; ledger: of all experiments."""
    about = {claim.id: claim for claim in claims}
    found = {}
    for _, row in literals(ledger[ledger["stem"] == runs.stem]).iterrows():
        reading = matching(runs.readings, row["name"])[0]  # a curve is of several nets: the first of them
        rows = runs.of(reading)
        found[row["claim"]] = [_watched(runs.stem, reading, rows, seed) for seed in seeds(about[row["claim"]], rows)]
    return found


def typical(path: Path) -> Watched:
    """Return the run in the middle of those in a file of rows that learned as printed or, if none did, the first."""
    reading, about = next(iter(provenances(path).items()))
    of_it = [("variant", "==", about.variant), ("reading", "==", about.reading)]
    rows = pd.read_parquet(path, columns=["seed", "learned", "sweeps"], filters=of_it)
    seed = nearest_to_median(rows[rows["learned"]], rows) if rows["learned"].any() else rows["seed"].iloc[0]
    return _watched(path.stem, reading, rows, int(seed))


def seeds(claim: Claim, rows: pd.DataFrame) -> list[int]:
    """Return the seeds of the runs that show a claim: of one that learned if there is any, and of one that failed.

    A run of those with the claimed property, if any has it: of a printed number, the nearest to it; else the nearest to
    the median. A run that failed stands beside it where the claim is about learning itself, and alone where the claim
    is about all runs and most with the property failed.
    """
    failed = rows.loc[~rows["learned"], "seed"].tolist()[:1]
    if claim.columns == ["learned"] and claim.kind in SHARES:
        learned = [nearest_to_median(rows[rows["learned"]], rows)] if rows["learned"].any() else []
        return [*learned, *failed]
    shown = _showing(claim, rows)
    if not shown["learned"].any() or (claim.among == "all" and shown["learned"].mean() < 1 / 2):
        shown = shown[~shown["learned"]]
        return shown["seed"].tolist()[:1]
    shown = shown[shown["learned"]]
    if claim.kind in PRINTED and len(claim.printed) == 1:
        distance = (shown[claim.place(claim.column)].astype(float) - claim.printed[0]).abs()
        shown = shown[distance == distance.min()] if distance.notna().any() else shown
    return [nearest_to_median(shown, rows)]


def nearest_to_median(some: pd.DataFrame, rows: pd.DataFrame) -> int:
    """Return the seed of those that learned whose sweeps are nearest to the median of all rows that learned."""
    median = np.median(rows.loc[rows["learned"], "sweeps"].to_numpy(float))
    return int(some["seed"].iloc[int(np.abs(some["sweeps"].to_numpy(float) - median).argmin())])


def _showing(claim: Claim, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the claimed property; the rows that learned, or all, if none has it or it is a number."""
    if claim.is_property or claim.kind in SHARES:
        has = rows[[claim.place(name) for name in claim.columns]].fillna(value=False).astype(bool).all(axis=1)
        if (has != claim.never).any():
            return rows[has != claim.never]
    return rows[rows["learned"]] if rows["learned"].any() else rows


def of_failures(every: Mapping[Problem, Runs]) -> dict[str, Watched]:
    """Return a run of each kind of failure that exists: the run that the atlas of failures draws."""
    found, shown = failures.table(list(every.values())), {}
    for kind in KINDS:
        if where := failures.commonest(every, found, kind):
            runs, reading = every[where[0]], where[1]
            rows = runs.of(reading)
            seed = int(rows.loc[rows["failure"] == kind, "seed"].iloc[0])
            shown[kind] = _watched(runs.stem, reading, rows, seed)
    return shown


def _watched(stem: str, reading: str, rows: pd.DataFrame, seed: int) -> Watched:
    (row,) = rows[rows["seed"] == seed].to_dict("records")
    return Watched(stem, reading, seed, int(row["sweeps"]) if row["learned"] else None)

"""Counts of runs by their fate, which add up from range to range, so that a table of many runs needs no rows."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Tally:
    """The number of runs that learned at each sweep, and the number that failed in each way."""

    learned: Counter[int] = field(default_factory=Counter)  # sweep -> runs
    failed: Counter[str] = field(default_factory=Counter)  # kind of failure -> runs

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Tally":
        """Count rows with the columns learned, sweeps and failure."""
        learned = rows["learned"].to_numpy(bool)
        sweeps, runs = np.unique(rows["sweeps"][learned].to_numpy(np.int64), return_counts=True)
        failed = rows["failure"][~learned].value_counts()
        return cls(
            Counter(dict(zip(sweeps.tolist(), runs.tolist(), strict=True))),
            Counter({str(kind): int(n) for kind, n in failed.items()}),
        )

    @classmethod
    def from_file(cls, said: dict[str, Any]) -> "Tally":
        """Return the counts from a file."""
        return cls(Counter({int(sweep): n for sweep, n in said["learned"].items()}), Counter(said["failed"]))

    def for_file(self) -> dict[str, Any]:
        """Return the counts as a dictionary for JSON, in order."""
        return {
            "learned": {str(sweep): n for sweep, n in sorted(self.learned.items())},
            "failed": dict(sorted(self.failed.items())),
        }

    def __add__(self, other: "Tally") -> "Tally":
        """Return the sum of both counts."""
        return Tally(self.learned + other.learned, self.failed + other.failed)

    @property
    def n_learned(self) -> int:
        """The number of runs that learned."""
        return self.learned.total()

    @property
    def runs(self) -> int:
        """The number of all runs."""
        return self.n_learned + self.failed.total()

    def quantile(self, share: float) -> float:
        """Return the smallest sweep by which this share of all runs had learned; infinite if fewer ever did."""
        wanted, so_far = math.ceil(share * self.runs - 1e-9), 0
        for sweep, n in sorted(self.learned.items()):
            so_far += n
            if so_far >= wanted:
                return float(sweep)
        return math.inf

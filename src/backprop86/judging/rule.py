"""The form of a rule, which judges one kind of statement: it makes a Judgement, and gives the reason."""

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd

from backprop86.judging.judgement import (
    FEWEST,
    Judgement,
    holds,
)
from backprop86.judging.numbers import percent
from backprop86.judging.sentences import (
    capital,
    learned,
    never,
    numbers_of,
    of_the_kind,
)
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs


class Rule(ABC):
    """A way to judge one kind of statement: `judge` makes a Judgement of one reading, the rest puts it into words."""

    says: str  # an explanation of the rule for readers

    @abstractmethod
    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Apply the rule to the rows of one reading."""

    def is_share(self, claim: Claim) -> bool:
        """Return whether the estimate is a share of the runs."""
        return True

    def printed(self, claim: Claim) -> str:
        """Return the words for what a text prints."""
        return numbers_of(claim)

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return our runs' result, with n and an interval, for a cell of a table."""
        if not found.n:
            return f"no run {learned(claim)}{of_the_kind(claim)}"
        share, low, high = (percent(value) for value in (found.estimate, found.low, found.high))
        return f"{share}; {low} to {high} {self.among(claim, found)}"

    def among(self, claim: Claim, found: Judgement) -> str:
        """Return n, for a cell of a table."""
        return f"(n = {found.n:,})"

    @abstractmethod
    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return the reason for the verdict, in a sentence or a few; `other`: the compared reading, in words."""


class AmongLearned(Rule):
    """A rule that compares with the runs that learned, and states the number that never did."""

    def chosen(self, claim: Claim, rows: pd.DataFrame) -> np.ndarray:
        """Return a mask of the runs to compare the claim with."""
        if claim.of_all_runs:
            return np.ones(len(rows), dtype=bool)
        return holds(rows, ["learned", claim.further] if claim.further else ["learned"])

    def among(self, claim: Claim, found: Judgement) -> str:
        """Return n, and the number of runs that never learned, for a cell of a table."""
        return f"(n = {found.n:,})" if claim.columns == ["learned"] else f"(n = {found.n:,}; {never(claim, found)})"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return in words a comparison of the runs with the text, and the number that never learned."""
        unlearned = "" if claim.columns == ["learned"] else f" {capital(never(claim, found))}."
        if not found.n:
            none = f"No run {learned(claim)}{of_the_kind(claim)}, so there is nothing to compare."
            return f"{none}{unlearned if claim.further else ''}"
        if found.n < FEWEST:
            few = f"{found.n} {'run' if found.n == 1 else 'runs'} {learned(claim)}{of_the_kind(claim)}"
            return f"Only {few}, too few to say.{unlearned}"
        return f"{self.compared(claim, found)}{unlearned}"

    @abstractmethod
    def compared(self, claim: Claim, found: Judgement) -> str:
        """Compare the runs with the text in words; there are enough of them."""

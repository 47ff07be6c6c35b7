"""Rules for statements about every run, a share of all runs, an equality, and a comparison."""

import numpy as np

from backprop86.judging.judgement import (
    DOUBTFUL,
    NOT_REPRODUCED,
    REPRODUCED,
    Judgement,
    about,
    above_one_half,
    all_of_them,
    by_share,
    holds,
    nothing,
)
from backprop86.judging.numbers import odds, percent, shown
from backprop86.judging.rule import Rule
from backprop86.judging.sentences import (
    SWEEPS,
    learned,
    numbers_of,
    some,
)
from backprop86.judging.statistics import (
    exceeds,
    median_of,
    quantiles,
    wilson,
    with_infinity,
)
from backprop86.running.claim import Claim, other_reading
from backprop86.running.runs import Runs


class Every(Rule):
    """A rule for statements about every run: a property always holds, or never."""

    enough = 1000  # runs without exception
    forgiven = 0.01  # the share of exceptions that leaves the statement in doubt
    says = (
        f"A statement about every run: it is reproduced if {enough:,} or more of our runs have no exception, "
        f"and in doubt up to {odds(forgiven)}."
    )

    def exceptions(self, claim: Claim, holds: int, n: int) -> int:
        """Return the number of exceptions."""
        return holds if claim.never else n - holds

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the exceptions."""

        def verdict(holds: int, n: int) -> str:
            if exceptions := self.exceptions(claim, holds, n):
                return DOUBTFUL if exceptions <= n * self.forgiven else NOT_REPRODUCED
            return REPRODUCED if n >= self.enough else DOUBTFUL

        return by_share(claim, runs, reading, all_of_them, verdict)

    def printed(self, claim: Claim) -> str:
        """Return "always" or "never"."""
        return "never" if claim.never else "always"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return the number of exceptions in words."""
        exceptions, n = self.exceptions(claim, round(found.estimate * found.n), found.n), f"{found.n:,}"
        if not exceptions:
            few = f", but it takes {self.enough:,} to say {self.printed(claim)}" if found.n < self.enough else ""
            return f"No exception in {n} runs{few}."
        told = f"{exceptions:,} of {n} runs {'is an exception' if exceptions == 1 else 'are exceptions'}"
        if not claim.never:
            told = f"It holds in {found.n - exceptions:,} of {n} runs, not in all"
        return f"{told}: at most one in a hundred, so in doubt." if found.verdict == DOUBTFUL else f"{told}."


class Rate(Rule):
    """A rule for a printed share of all runs, or a range of shares."""

    says = (
        "A printed share of all runs, or a range of shares: it is reproduced if it meets the 95 % interval (Wilson's) "
        "of our share."
    )

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare the interval with the printed range."""
        least, most = claim.printed[0], claim.printed[-1]

        def verdict(count: int, n: int) -> str:
            low, high = wilson(count, n)
            return REPRODUCED if low <= most and high >= least else NOT_REPRODUCED

        return by_share(claim, runs, reading, all_of_them, verdict)

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return in words whether the two ranges meet."""
        share = percent(found.estimate) if found.estimate else "none"
        chance = f"{percent(found.low)} to {percent(found.high)} allowing for chance"
        meets = "which meets" if found.verdict == REPRODUCED else "outside"
        return f"It holds in {share} of {found.n:,} runs ({chance}), {meets} the printed {numbers_of(claim)}."


class Equality(Rule):
    """A rule for an equality: a measured number is 0, or the printed number, in every run."""

    apart = 1e-12  # the largest error allowed
    says = "An equality: it is reproduced if it holds in every run, to 1e-12."

    def is_share(self, claim: Claim) -> bool:
        """Return False: the estimate is a number."""
        return False

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare every run with the number; for a claim about nets when they have learned, every run that learned."""
        rows = runs.at(reading, claim.moment)
        looked_at = rows[holds(rows, ["learned"])] if claim.moment == "learned" else rows
        values = looked_at[claim.column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        if not len(values):
            return nothing(rows)
        apart = np.abs(values - (claim.printed[0] if claim.printed else 0))
        verdict, ends = REPRODUCED if (apart <= self.apart).all() else NOT_REPRODUCED, quantiles(values, (0.05, 0.95))
        return Judgement(verdict, len(values), *median_of(values), **about(rows), p5=ends[0], p95=ends[1])

    def printed(self, claim: Claim) -> str:
        """Return the number, or "equal"."""
        return numbers_of(claim) or "equal"

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the number that all runs have, or its range."""
        if not found.n:
            return super().ours(claim, found)
        if np.isnan(found.estimate):
            return f"not a number in some run (n = {found.n:,})"
        middle, low, high = shown(found.estimate), shown(found.p5), shown(found.p95)
        if low == high:
            return f"{middle} in {'every run' if found.verdict == REPRODUCED else '90 % of runs'} (n = {found.n:,})"
        return f"median {middle}; 5 to 95 % of runs: {low} to {high} (n = {found.n:,})"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return in words where the equality fails."""
        if found.verdict == REPRODUCED:
            return f"It holds in every one of {found.n:,} runs."
        if not found.n:
            return f"No run {learned(claim)}, so there is nothing to compare."
        if np.isnan(found.estimate):
            return "It does not hold in every run: in some it is not even a number."
        low, high = shown(found.p5), shown(found.p95)
        most = f"are at {low}" if low == high else f"lie between {low} and {high}"
        return f"It does not hold in every run: 90 of 100 {most}."


class More(Rule):
    """A rule for a comparison: runs of this reading have more than runs of another."""

    says = (
        "A comparison of two nets or two ways to train one: it is reproduced if a run of one has more than a run of "
        "the other more often than not (the 95 % interval lies above one half), and in doubt if it is too close to say."
    )

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare every run with every run of the other reading."""
        parts = [runs.at(name, claim.moment) for name in (reading, other_reading(claim, reading))]
        mine, others = (with_infinity(rows[claim.column]) for rows in parts)
        share = exceeds(mine, others)
        return Judgement(above_one_half(share.low, share.high), len(mine), *share, **about(parts[0]))

    def printed(self, claim: Claim) -> str:
        """Return "more"."""
        return "more"

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the share of pairs in which this reading has more."""
        share, low, high = (percent(value) for value in (found.estimate, found.low, found.high))
        return f"in {share} of pairs; {low} to {high} (n = {found.n:,})"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return in words the share of pairs in which this reading has more."""
        sides = {REPRODUCED: "more than half", DOUBTFUL: "too close to half to say", NOT_REPRODUCED: "less than half"}
        does = "needs more sweeps" if claim.column in SWEEPS else "has more"
        does = "learns where the other does not" if claim.column == "learned" else does
        pairs = (
            f"Set a run of these beside one of the others ({other}): it {does} in {percent(found.estimate)} of pairs"
        )
        return f"{pairs}, equal ones counted half, which is {sides[found.verdict]}."


class Commonest(Rule):
    """A rule for the commonest of several properties, judged by the runs that have it or the next."""

    says = (
        "A property called the commonest of several: it is reproduced if more runs show it than show the commonest "
        "other (the 95 % interval of its part of both lies above one half), and in doubt if that is too close to say."
    )

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare with the commonest of the other columns."""
        rows = runs.at(reading, claim.moment)
        n, mine = len(rows), int(holds(rows, claim.columns).sum())
        both = mine + max(int(holds(rows, [column]).sum()) for column in claim.than)
        verdict = above_one_half(*wilson(mine, both)) if mine else NOT_REPRODUCED
        return Judgement(verdict, n, mine / n, *wilson(mine, n), **about(rows))

    def printed(self, claim: Claim) -> str:
        """Return "the commonest"."""
        return "the commonest"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Compare in words its frequency with that of the next."""
        ends = {
            REPRODUCED: "more often than the next",
            DOUBTFUL: "about as often as another",
            NOT_REPRODUCED: "less often than another",
        }
        count = round(found.estimate * found.n)
        end = f", {ends[found.verdict]}" if count else ""
        return f"It holds in {some(count, found.n, 'runs')}{end}."

"""Rules for what is said of every run, of a share of all runs, of an equality, and of a comparison."""

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
    """A rule for sentences on every run: that it is so, or that it never is."""

    enough = 1000  # runs without exception
    forgiven = 0.01  # the share of exceptions that leaves it in doubt
    says = (
        f"Said of every run: it is reproduced if {enough:,} or more of our runs have no exception, and in doubt up to "
        f"{odds(forgiven)}."
    )

    def exceptions(self, claim: Claim, holds: int, n: int) -> int:
        """Return the number of runs that are otherwise."""
        return holds if claim.never else n - holds

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the exceptions."""

        def verdict(holds: int, n: int) -> str:
            if exceptions := self.exceptions(claim, holds, n):
                return DOUBTFUL if exceptions <= n * self.forgiven else NOT_REPRODUCED
            return REPRODUCED if n >= self.enough else DOUBTFUL

        return by_share(claim, runs, reading, all_of_them, verdict)

    def printed(self, claim: Claim) -> str:
        """Say always, or never."""
        return "never" if claim.never else "always"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Say how many exceptions there are."""
        exceptions, n = self.exceptions(claim, round(found.estimate * found.n), found.n), f"{found.n:,}"
        if not exceptions:
            few = f", but it takes {self.enough:,} to say {self.printed(claim)}" if found.n < self.enough else ""
            return f"No exception in {n} runs{few}."
        told = f"{exceptions:,} of {n} runs {'is an exception' if exceptions == 1 else 'are exceptions'}"
        if not claim.never:
            told = f"It is so in {found.n - exceptions:,} of {n} runs, not in all"
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
        """Say whether the two ranges meet."""
        share = percent(found.estimate) if found.estimate else "none"
        chance = f"{percent(found.low)} to {percent(found.high)} allowing for chance"
        meets = "which meets" if found.verdict == REPRODUCED else "outside"
        return f"It is so in {share} of {found.n:,} runs ({chance}), {meets} the printed {numbers_of(claim)}."


class Equality(Rule):
    """A rule for an equality: a measured number is 0, or the printed number, in every run."""

    apart = 1e-12  # how far, at most
    says = "An equality: it is reproduced if it holds in every run, to 1e-12."

    def is_share(self, claim: Claim) -> bool:
        """Return that the estimate is a number."""
        return False

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare every run with the number; where nets are looked at when they have learned, every run that did."""
        rows = runs.at(reading, claim.moment)
        looked_at = rows[holds(rows, ["learned"])] if claim.moment == "learned" else rows
        values = looked_at[claim.column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        if not len(values):
            return nothing(rows)
        apart = np.abs(values - (claim.printed[0] if claim.printed else 0))
        verdict, ends = REPRODUCED if (apart <= self.apart).all() else NOT_REPRODUCED, quantiles(values, (0.05, 0.95))
        return Judgement(verdict, len(values), *median_of(values), **about(rows), p5=ends[0], p95=ends[1])

    def printed(self, claim: Claim) -> str:
        """Return the number, or say equal."""
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
        """Say where it is otherwise."""
        if found.verdict == REPRODUCED:
            return f"It is so in every one of {found.n:,} runs."
        if not found.n:
            return f"No run {learned(claim)}, so there is nothing to compare."
        if np.isnan(found.estimate):
            return "It is not so in every run: in some it is not even a number."
        low, high = shown(found.p5), shown(found.p95)
        most = f"are at {low}" if low == high else f"lie between {low} and {high}"
        return f"It is not so in every run: 90 of 100 {most}."


class More(Rule):
    """A rule for a comparison: runs of this reading have more than those of another."""

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
        """Say more."""
        return "more"

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the share of pairs in which this reading has more."""
        share, low, high = (percent(value) for value in (found.estimate, found.low, found.high))
        return f"in {share} of pairs; {low} to {high} (n = {found.n:,})"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Say in how many pairs this reading has more."""
        sides = {REPRODUCED: "more than half", DOUBTFUL: "too close to half to say", NOT_REPRODUCED: "less than half"}
        does = "needs more sweeps" if claim.column in SWEEPS else "has more"
        does = "learns where the other does not" if claim.column == "learned" else does
        pairs = (
            f"Set a run of these beside one of the others ({other}): it {does} in {percent(found.estimate)} of pairs"
        )
        return f"{pairs}, equal ones counted half, which is {sides[found.verdict]}."


class Commonest(Rule):
    """A rule for the commonest of several properties; the runs compared are those that have it or the next."""

    says = (
        "Said to be the commonest of several: it is reproduced if more runs show it than show the commonest other "
        "(the 95 % interval of its part of both lies above one half), and in doubt if that is too close to say."
    )

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare with the commonest of the other columns."""
        rows = runs.at(reading, claim.moment)
        n, mine = len(rows), int(holds(rows, claim.columns).sum())
        both = mine + max(int(holds(rows, [column]).sum()) for column in claim.than)
        verdict = above_one_half(*wilson(mine, both)) if mine else NOT_REPRODUCED
        return Judgement(verdict, n, mine / n, *wilson(mine, n), **about(rows))

    def printed(self, claim: Claim) -> str:
        """Say the commonest."""
        return "the commonest"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Say how often it is so beside the next."""
        ends = {
            REPRODUCED: "more often than the next",
            DOUBTFUL: "about as often as another",
            NOT_REPRODUCED: "less often than another",
        }
        count = round(found.estimate * found.n)
        end = f", {ends[found.verdict]}" if count else ""
        return f"It is so in {some(count, found.n, 'runs')}{end}."

"""Rules, one for each kind of sentence: each judges a claim from our runs, and says why the verdict is so.

A verdict is reproduced, partly, doubtful or not reproduced. Every threshold stands once, here or in `judgement`.
"""

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd

from backprop86.judging.judgement import (
    DOUBTFUL,
    FEWEST,
    NOT_REPRODUCED,
    ORDINARY,
    PARTLY,
    POSSIBLE,
    REPRODUCED,
    Judgement,
    about,
    above_one_half,
    all_of_them,
    by_share,
    holds,
    of_enough,
    of_form,
    sides_of,
    verdict_of,
)
from backprop86.judging.numbers import odds, percent, shown
from backprop86.judging.sentences import (
    OF_NUMBERS,
    OF_SWEEPS,
    SWEEPS,
    before,
    capital,
    learned,
    lies,
    never,
    numbers_of,
    of_the_kind,
    runs_that,
    shown_of,
    some,
    verb_of,
)
from backprop86.judging.statistics import (
    MEANS,
    exceeds,
    means,
    median_of,
    percentile,
    quantiles,
    tail,
    through_logarithms,
    wilson,
    with_infinity,
)
from backprop86.running.claim import COEFFICIENTS, Claim, other_reading
from backprop86.running.runs import Runs


class Rule(ABC):
    """A way to judge one kind of sentence. `judge` makes a Judgement of one reading; the others put it into words."""

    says: str  # how such a sentence is judged, for a reader

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
        """Return what our runs do, with n and an interval, for a cell of a table."""
        if not found.n:
            return f"no run {learned(claim)}{of_the_kind(claim)}"
        share, low, high = (percent(value) for value in (found.estimate, found.low, found.high))
        return f"{share}; {low} to {high} {self.among(claim, found)}"

    def among(self, claim: Claim, found: Judgement) -> str:
        """Return n, for a cell of a table."""
        return f"(n = {found.n:,})"

    @abstractmethod
    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return a sentence, or a few, on why the verdict is what it is; `other`: the reading compared, in words."""


class AmongLearned(Rule):
    """A rule that compares with the runs that learned, and says beside it how many never did."""

    def chosen(self, claim: Claim, rows: pd.DataFrame) -> np.ndarray:
        """Return which runs the claim is compared with."""
        if claim.of_all_runs:
            return np.ones(len(rows), dtype=bool)
        return holds(rows, ["learned", claim.further] if claim.further else ["learned"])

    def among(self, claim: Claim, found: Judgement) -> str:
        """Return n, and how many runs never learned, for a cell of a table."""
        return f"(n = {found.n:,})" if claim.columns == ["learned"] else f"(n = {found.n:,}; {never(claim, found)})"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Say how the runs compare with what is printed, and how many never learned."""
        if not found.n:
            return f"No run {learned(claim)}{of_the_kind(claim)}, so there is nothing to compare."
        unlearned = "" if claim.columns == ["learned"] else f" {capital(never(claim, found))}."
        if found.n < FEWEST:
            few = f"{found.n} {'run' if found.n == 1 else 'runs'} {learned(claim)}{of_the_kind(claim)}"
            return f"Only {few}, which is too few to say.{unlearned}"
        return f"{self.compared(claim, found)}{unlearned}"

    @abstractmethod
    def compared(self, claim: Claim, found: Judgement) -> str:
        """Say how enough runs compare with what is printed."""


class Draw(AmongLearned):
    """What is printed of one run or net: a number that it has, or a property, or several at once."""

    says = (
        "Printed of one run or one net: it is compared with our runs that learned. It is reproduced if it is an "
        f"ordinary one among them: a number if at least {odds(ORDINARY)} of the runs are as far out on either side, a "
        f"property if at least {odds(ORDINARY)} show it. It is in doubt down to {odds(POSSIBLE)}."
    )

    def is_share(self, claim: Claim) -> bool:
        """Return whether the claim is of a property, or of a number below another."""
        return not claim.printed

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the runs that show the property, or find the place of the printed number among them."""
        if self.is_share(claim):

            def verdict(count: int, n: int) -> str:
                return verdict_of(count / n, n) if n else NOT_REPRODUCED

            return by_share(claim, runs, reading, self.chosen, verdict)
        rows = runs.at(reading, claim.moment)
        values, printed = with_infinity(rows[claim.column][self.chosen(claim, rows)]), claim.printed[0]
        if not len(values):
            return Judgement(NOT_REPRODUCED, 0, np.nan, np.nan, np.nan, **about(rows))
        middle, (p5, p95) = median_of(values), quantiles(values, (0.05, 0.95))
        if claim.to:  # as numbers of the last printed digit, so that equal means equal
            values, printed = np.round(values / claim.to), np.round(printed / claim.to)
        verdict, sides = verdict_of(tail(values, printed), len(values)), sides_of(values, printed)
        place = percentile(values, printed)
        return Judgement(verdict, len(values), *middle, *about(rows).values(), p5, p95, *sides, *place)

    def printed(self, claim: Claim) -> str:
        """Return the number, or say below which it is, or that one net shows the property."""
        if claim.below is not None:
            return f"less than {claim.below:,g}"
        return numbers_of(claim) or "in the printed run"

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the share; of a number the median, and the range of 90 % of the runs."""
        if self.is_share(claim) or not found.n:
            return super().ours(claim, found)
        middle, low, high = (shown_of(claim, value) for value in (found.estimate, found.p5, found.p95))
        return f"median {middle}; 5 to 95 % of runs: {low} to {high} {self.among(claim, found)}"

    def compared(self, claim: Claim, found: Judgement) -> str:
        """Say how many runs do the same, or where the printed number lies."""
        return self.shares(claim, found) if self.is_share(claim) else self.place(claim, found)

    def shares(self, claim: Claim, found: Judgement) -> str:
        """Say how many runs show the property, and how many are enough."""
        count = round(found.estimate * found.n)
        said = f"{capital(some(count, found.n, runs_that(claim)))} {verb_of(claim, count)}{before(found)}"
        if not count:
            return f"{said}."
        enough = {
            REPRODUCED: f"for one printed run {odds(ORDINARY)} are enough",
            DOUBTFUL: f"fewer than {odds(ORDINARY)}, so that it is in doubt for one printed run",
            NOT_REPRODUCED: f"fewer than {odds(POSSIBLE)}, too rare for one printed run",
        }
        return f"{said}: {enough[found.verdict]}."

    def place(self, claim: Claim, found: Judgement) -> str:
        """Say where the middle of our runs is, and how many lie on the side of the printed number."""
        middle = shown_of(claim, found.estimate)
        half = f"needed {middle} sweeps or fewer" if claim.column in SWEEPS else f"are at {middle} or below"
        words = OF_SWEEPS if claim.column in SWEEPS else OF_NUMBERS
        return f"Half of our {runs_that(claim)} {half}; the printed {numbers_of(claim)} {lies(found, found.n, words)}."


class Every(Rule):
    """What is said of every run: that it is so, or that it never is."""

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
        return f"{told}: at most one in a hundred, so in doubt." if found.verdict == DOUBTFUL else f"{told}."


class Most(AmongLearned):
    """What is said of nets in general, of all or of most of them."""

    most, half = 0.9, 0.5
    says = (
        f"Said of nets in general: it is reproduced if at least {odds(most)} of our runs that learned show it, and "
        f"partly if at least {odds(half)} do."
    )

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the runs that learned and show it."""

        def verdict(count: int, n: int) -> str:
            share = count / n if n else 0.0
            return of_enough(REPRODUCED if share >= self.most else PARTLY if share >= self.half else NOT_REPRODUCED, n)

        return by_share(claim, runs, reading, self.chosen, verdict)

    def printed(self, claim: Claim) -> str:
        """Say that it is so in general."""
        return "in general"

    def compared(self, claim: Claim, found: Judgement) -> str:
        """Say how many show it, and how many must."""
        count = round(found.estimate * found.n)
        needed = {
            REPRODUCED: f"{odds(self.most)} or more",
            PARTLY: f"half of them or more, but fewer than {odds(self.most)}",
            NOT_REPRODUCED: "fewer than half of them",
        }
        said = f"{capital(some(count, found.n, runs_that(claim)))} {verb_of(claim, count)}{before(found)}"
        return f"{said}: {needed[found.verdict]}."


class Rate(Rule):
    """A printed share of all runs, or a range of shares."""

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
        count, meets = round(found.estimate * found.n), "meets" if found.verdict == REPRODUCED else "lies outside"
        between = f"by chance it may be between {percent(found.low)} and {percent(found.high)}"
        said = (
            f"It is so in {percent(found.estimate)} of {found.n:,} runs"
            if count
            else f"It is so in none of {found.n:,} runs"
        )
        return f"{said}; {between}, which {meets} the printed {numbers_of(claim)}."


class Average(AmongLearned):
    """A printed average of n runs."""

    says = (
        "A printed average of n runs: it is compared with averages of n of our runs that learned, drawn at random, and "
        "reproduced if it is an ordinary one among them, as a number of one run is."
    )

    def is_share(self, claim: Claim) -> bool:
        """Return that the estimate is a mean."""
        return False

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Find the place of the printed average among those of as many runs of ours."""
        rows = runs.at(reading, claim.moment)
        values, printed = with_infinity(rows[claim.column][self.chosen(claim, rows)]), claim.printed[0]
        if not len(values):
            return Judgement(NOT_REPRODUCED, 0, np.nan, np.nan, np.nan, **about(rows))
        found = means(values, claim.of)
        ends = [quantiles(found, at) for at in ((0.025, 0.975), (0.05, 0.95))]
        verdict, sides = verdict_of(tail(found, printed), len(values)), sides_of(found, printed)
        place = percentile(found, printed)
        return Judgement(
            verdict, len(values), float(values.mean()), *ends[0], *about(rows).values(), *ends[1], *sides, *place
        )

    def printed(self, claim: Claim) -> str:
        """Return the number, and of how many runs it is the average."""
        return f"{numbers_of(claim)} on average of {claim.of:,}"

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the mean, and the range of 95 % of the averages."""
        if not found.n:
            return super().ours(claim, found)
        mean, low, high = (shown(value) for value in (found.estimate, found.low, found.high))
        return f"mean {mean}; averages of {claim.of:,}: {low} to {high} {self.among(claim, found)}"

    def compared(self, claim: Claim, found: Judgement) -> str:
        """Say where the averages of our runs lie, and how many are on the side of the printed one."""
        low, high = shown(found.low), shown(found.high)
        said = f"Averages of {claim.of:,} of our {runs_that(claim)} mostly lie between {low} and {high}"
        return f"{said}; the printed {numbers_of(claim)} {lies(found, MEANS, OF_NUMBERS)}."


class Curve(Rule):
    """A coefficient of the line through the medians of a column over log2 of the number of hidden units."""

    says = (
        "A printed curve over the number of hidden units: its intercept or its slope is reproduced if it lies inside the "
        "95 % interval of the line through the medians of our runs that learned."
    )

    def is_share(self, claim: Claim) -> bool:
        """Return that the estimate is a coefficient."""
        return False

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Fit the line by least squares to all readings of the form `reading`."""
        points = of_form(runs, reading)
        rows = [runs.at(point, claim.moment) for point in points]
        hidden = np.array([runs.at(point, "0")["hidden"].iloc[0] for point in points], dtype=float)
        values = [with_infinity(part[claim.column][holds(part, ["learned"])]) for part in rows]
        every = about(pd.concat(rows))
        if min(map(len, values)) < FEWEST:
            return Judgement(NOT_REPRODUCED, len(points), np.nan, np.nan, np.nan, **every)
        lines = through_logarithms(hidden, np.array([quantiles(some, (0.5,))[0] for some in values]))
        value, low, high = lines[COEFFICIENTS.index(claim.coefficient)]
        verdict = REPRODUCED if low <= claim.printed[0] <= high else NOT_REPRODUCED
        return Judgement(verdict, len(points), value, low, high, **every)

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the coefficient with its interval."""
        if np.isnan(found.estimate):
            return f"too few runs learned (n = {found.n:,} medians)"
        return f"{found.estimate:,.0f}; {found.low:,.0f} to {found.high:,.0f} (n = {found.n:,} medians; {never(claim, found)})"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Say whether the printed coefficient lies inside the interval."""
        if np.isnan(found.estimate):
            few = f"For some number of hidden units fewer than {FEWEST} runs learned"
            return f"{few}, which are too few for a median to lay a line by."
        inside = "inside" if found.verdict == REPRODUCED else "outside"
        interval = f"between {found.low:,.0f} and {found.high:,.0f}"
        line = f"The {claim.coefficient} of the line through our medians is {interval}"
        return f"{line}; the printed {numbers_of(claim)} lies {inside}. {capital(never(claim, found))}."


class Equality(Rule):
    """An equality: a measured number is 0, or the printed number, in every run."""

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
            return Judgement(NOT_REPRODUCED, 0, np.nan, np.nan, np.nan, **about(rows))
        apart = np.abs(values - (claim.printed[0] if claim.printed else 0))
        verdict, ends = REPRODUCED if (apart <= self.apart).all() else NOT_REPRODUCED, quantiles(values, (0.05, 0.95))
        return Judgement(verdict, len(values), *median_of(values), *about(rows).values(), *ends)

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
    """A comparison: runs of this reading have more than those of another."""

    says = (
        "A comparison of two nets or two ways to train one: it is reproduced if a run of one has more than a run of the "
        "other more often than not (its 95 % interval lies above one half), and in doubt if that is too close to say."
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
        does = "needs more sweeps" if claim.column in SWEEPS else "learns and the other does not"
        does = does if claim.column in (*SWEEPS, "learned") else "has more"
        pairs = f"Set beside a run of the other ({other}), a run of these {does} in {percent(found.estimate)} of pairs"
        return f"{pairs}, equal ones counted half: {sides[found.verdict]}."


class Commonest(Rule):
    """A property of more runs than the commonest other one has; the runs compared are those that have either."""

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


RULES: dict[str, Rule] = {
    "draw": Draw(),
    "every": Every(),
    "most": Most(),
    "rate": Rate(),
    "average": Average(),
    "curve": Curve(),
    "equality": Equality(),
    "more": More(),
    "commonest": Commonest(),
}
"""Every rule by the kind of sentence that it judges."""

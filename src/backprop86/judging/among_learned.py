"""Rules for printed statements about one run, an average of several, nets in general, and a curve.

All of them compare with our runs that learned, since nobody prints a run that failed.
"""

from dataclasses import replace

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
    by_share,
    holds,
    nothing,
    of_enough,
    of_form,
    placed,
    verdict_of,
)
from backprop86.judging.numbers import odds, shown
from backprop86.judging.rule import AmongLearned, Rule
from backprop86.judging.sentences import (
    OF_NUMBERS,
    OF_SWEEPS,
    SWEEPS,
    before,
    capital,
    lies,
    never,
    numbers_of,
    runs_that,
    shown_of,
    some,
    verb_of,
)
from backprop86.judging.statistics import (
    MEANS,
    Estimate,
    means,
    median_of,
    quantiles,
    through_logarithms,
    with_infinity,
)
from backprop86.running.claim import COEFFICIENTS, Claim
from backprop86.running.runs import Runs


def share_of(count: int, n: int) -> str:
    """Return the verdict on a property that `count` of n runs show."""
    return verdict_of(count / n, n) if n else NOT_REPRODUCED


class Draw(AmongLearned):
    """A rule for a statement about one run or net: a number, a property, or several properties at once."""

    says = (
        f"A statement about one run or one net: it is compared with our runs that learned. It is reproduced if it is "
        f"ordinary among them: a number if at least {odds(ORDINARY)} of the runs are as far out on either side, a "
        f"property if at least {odds(ORDINARY)} show it. It is in doubt down to {odds(POSSIBLE)}."
    )

    def is_share(self, claim: Claim) -> bool:
        """Return whether the claim is about a property, or a number below another."""
        return not claim.printed

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the runs that show the property, or find the place of the printed number among them."""
        if self.is_share(claim):
            return by_share(claim, runs, reading, self.chosen, share_of)
        rows = runs.at(reading, claim.moment)
        values, printed = with_infinity(rows[claim.column][self.chosen(claim, rows)]), claim.printed[0]
        if not len(values):
            return nothing(rows)
        middle, ends = median_of(values), quantiles(values, (0.05, 0.95))
        if claim.to:  # rounded to the last printed digit, so that equal means equal
            values, printed = np.round(values / claim.to), np.round(printed / claim.to)
        found = placed(rows, len(values), middle, ends, values, printed)
        limit = runs.recipe(reading).sweeps
        if claim.column in SWEEPS and claim.printed[0] >= limit and not rows["learned"].all():
            return replace(found, verdict=DOUBTFUL, stopped_at=float(limit))
        return found

    def printed(self, claim: Claim) -> str:
        """Return the words: the number, its upper limit, or that one net shows the property."""
        if claim.below is not None:
            return f"less than {claim.below:,g}"
        return numbers_of(claim) or ("in one run" if claim.of_all_runs else "in one net")

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the share; for a number, the median and the range of 90 % of the runs."""
        if self.is_share(claim) or not found.n:
            return super().ours(claim, found)
        middle, low, high = (shown_of(claim, value) for value in (found.estimate, found.p5, found.p95))
        return f"median {middle}; 5 to 95 % of runs: {low} to {high} {self.among(claim, found)}"

    def compared(self, claim: Claim, found: Judgement) -> str:
        """Compare in words: the number of runs that do the same, or the place of the printed number."""
        return self.shares(claim, found) if self.is_share(claim) else self.place(claim, found)

    def shares(self, claim: Claim, found: Judgement) -> str:
        """Return in words the number of runs that show the property, and the number that is enough."""
        count = round(found.estimate * found.n)
        said = f"{capital(some(count, found.n, runs_that(claim)))} {verb_of(claim, count)}{before(found)}"
        if not count:
            return f"{said}."
        enough = {
            REPRODUCED: f"for one printed run {odds(ORDINARY)} are enough",
            DOUBTFUL: f"fewer than {odds(ORDINARY)}, which leaves one printed run in doubt",
            NOT_REPRODUCED: f"fewer than {odds(POSSIBLE)}, too rare for one printed run",
        }
        return f"{said}: {enough[found.verdict]}."

    def place(self, claim: Claim, found: Judgement) -> str:
        """Return in words the middle of our runs, and the number of runs on the side of the printed number."""
        if np.isfinite(found.stopped_at):
            return (
                f"Our runs stop after {shown(found.stopped_at)} sweeps, so none can need more: no verdict either way."
            )
        middle = shown_of(claim, found.estimate)
        half = f"needed {middle} sweeps or fewer" if claim.column in SWEEPS else f"are at {middle} or below"
        words = OF_SWEEPS if claim.column in SWEEPS else OF_NUMBERS
        return f"Half of our {runs_that(claim)} {half}; the printed {numbers_of(claim)} {lies(found, found.n, words)}."


class Average(AmongLearned):
    """A rule for a printed average of n runs."""

    says = (
        "A printed average of n runs: it is compared with averages of n of our runs that learned, drawn at random, and "
        "reproduced if it is ordinary among them, by the same shares as a number of one run."
    )

    def is_share(self, claim: Claim) -> bool:
        """Return False: the estimate is a mean."""
        return False

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Find the place of the printed average among averages of the same number of our runs."""
        rows = runs.at(reading, claim.moment)
        values, printed = with_infinity(rows[claim.column][self.chosen(claim, rows)]), claim.printed[0]
        if not len(values):
            return nothing(rows)
        found = means(values, claim.of)
        middle = Estimate(float(values.mean()), *quantiles(found, (0.025, 0.975)))
        return placed(rows, len(values), middle, quantiles(values, (0.05, 0.95)), found, printed)

    def printed(self, claim: Claim) -> str:
        """Return the number, and the number of runs in the average."""
        return f"{numbers_of(claim)} on average of {claim.of:,}"

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the mean, and the range of 95 % of the averages."""
        if not found.n:
            return super().ours(claim, found)
        mean, low, high = (shown(value) for value in (found.estimate, found.low, found.high))
        return f"mean {mean}; averages of {claim.of:,}: {low} to {high} {self.among(claim, found)}"

    def compared(self, claim: Claim, found: Judgement) -> str:
        """Compare in words: the range of our averages, and the number on the side of the printed average."""
        low, high = shown(found.low), shown(found.high)
        said = f"Averages of {claim.of:,} of our {runs_that(claim)} mostly lie between {low} and {high}"
        return f"{said}; the printed {numbers_of(claim)} {lies(found, MEANS, OF_NUMBERS)}."


class Most(AmongLearned):
    """A rule for statements about nets in general, about all or most of them."""

    most, half = 0.9, 0.5
    says = (
        f"A statement about nets in general: it is reproduced if at least {odds(most)} of our runs that learned show "
        f"it, and partly if at least {odds(half)} do."
    )

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the runs that learned and show the property."""

        def verdict(count: int, n: int) -> str:
            share = count / n if n else 0.0
            return of_enough(REPRODUCED if share >= self.most else PARTLY if share >= self.half else NOT_REPRODUCED, n)

        return by_share(claim, runs, reading, self.chosen, verdict)

    def printed(self, claim: Claim) -> str:
        """Return "in general"."""
        return "in general"

    def compared(self, claim: Claim, found: Judgement) -> str:
        """Return in words the number of runs that show it, and the number that is needed."""
        count = round(found.estimate * found.n)
        needed = {
            REPRODUCED: f"{odds(self.most)} or more",
            PARTLY: f"half of them or more, but fewer than {odds(self.most)}",
            NOT_REPRODUCED: "fewer than half of them",
        }
        said = f"{capital(some(count, found.n, runs_that(claim)))} {verb_of(claim, count)}{before(found)}"
        return f"{said}: {needed[found.verdict]}."


class Curve(Rule):
    """A rule for a coefficient of the line through the medians of a column over log2 of the number of hidden units."""

    says = (
        "A printed curve over the number of hidden units: its intercept or its slope is reproduced if it lies inside "
        "the 95 % interval of the line through the medians of our runs that learned."
    )

    def is_share(self, claim: Claim) -> bool:
        """Return False: the estimate is a coefficient."""
        return False

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Fit the line by least squares to all readings of the form `reading`."""
        points = of_form(runs, reading)
        rows = [runs.at(point, claim.moment) for point in points]
        hidden = np.array([runs.at(point, "end")["hidden"].iloc[0] for point in points], dtype=float)
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
        among = f"(n = {found.n:,} medians; {never(claim, found)})"
        return f"{found.estimate:,.0f}; {found.low:,.0f} to {found.high:,.0f} {among}"

    def because(self, claim: Claim, found: Judgement, other: str) -> str:
        """Return in words whether the printed coefficient lies inside the interval."""
        if np.isnan(found.estimate):
            few = f"For some number of hidden units fewer than {FEWEST} runs learned"
            return f"{few}, too few for the median that a line needs."
        inside = "inside" if found.verdict == REPRODUCED else "outside"
        interval = f"between {found.low:,.0f} and {found.high:,.0f}"
        line = f"The {claim.coefficient} of the line through our medians is {interval}"
        return f"{line}; the printed {numbers_of(claim)} lies {inside}. {capital(never(claim, found))}."


class Band(AmongLearned):
    """A rule for the printed numbers of one run at several sweeps: each is compared with the band of our runs then."""

    ends = (0.05, 0.95)
    says = (
        "Numbers of one run at several sweeps, such as a loss curve: they are reproduced if at every sweep the printed "
        "number lies in the central 90 % of our runs, give or take the error of reading it off a figure, and partly if "
        "it does at more than half of the sweeps."
    )

    def is_share(self, claim: Claim) -> bool:
        """Return True: the estimate is a share of the printed numbers."""
        return True

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the sweeps at which the printed number lies in the band."""
        rows = runs.of(reading)
        chosen = rows[self.chosen(claim, rows)]
        if not len(chosen):
            return nothing(rows)
        bands = [quantiles(with_infinity(chosen[place]), self.ends) for place in claim.places]
        pairs = list(zip(claim.printed, bands, strict=True))
        inside = [low - claim.give <= printed <= high + claim.give for printed, (low, high) in pairs]
        share = sum(inside) / len(inside)
        found = REPRODUCED if share == 1 else PARTLY if share > 0.5 else NOT_REPRODUCED
        return Judgement(of_enough(found, len(chosen)), len(chosen), share, np.nan, np.nan, **about(rows))

    def printed(self, claim: Claim) -> str:
        """Return the number of sweeps, and the first and the last printed number."""
        return f"at {len(claim.at)} sweeps, from {claim.printed[0]:g} to {claim.printed[-1]:g}"

    def ours(self, claim: Claim, found: Judgement) -> str:
        """Return the number of sweeps at which the printed number lies in the band."""
        if not found.n:
            return super().ours(claim, found)
        return f"in the band of 90 % of runs at {self._inside(claim, found)} {self.among(claim, found)}"

    def compared(self, claim: Claim, found: Judgement) -> str:
        """Return that number in a sentence."""
        where = f"in the central 90 % of our {runs_that(claim)} at {self._inside(claim, found)} sweeps"
        return f"The printed number lies {where}, give or take {claim.give:g}."

    def _inside(self, claim: Claim, found: Judgement) -> str:
        return f"{round(found.estimate * len(claim.at))} of {len(claim.at)}"

"""Rules: each judges a claim from our runs, and says what was printed, what we found, and why the verdict is so.

A verdict is reproduced, partly, doubtful or not reproduced. Every threshold stands once, in the class that applies it.
"""

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd

from backprop86.judging.judgement import (
    DOUBTFUL,
    NONE_LEARNED,
    NOT_REPRODUCED,
    PARTLY,
    REPRODUCED,
    Judgement,
    above_one_half,
    as_it_is,
    by_share,
    in_words,
    matching,
    most_runs,
    odds,
    of_enough,
)
from backprop86.judging.numbers import percent, shown
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


class Rule(ABC):
    """A way to judge a claim. `judge` makes a Judgement of one reading; the others put it into words."""

    is_share = True  # the estimate is a share of the runs

    @abstractmethod
    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Apply the rule to the rows of one reading."""

    def printed(self, numbers: str) -> str:
        """Return the words for what a text prints, from its numbers in words."""
        return numbers

    def ours(self, found: Judgement) -> str:
        """Return what our runs do, with n and an interval, for a cell of a table."""
        if not found.n:
            return "no learned run"
        return f"{percent(found.estimate)}; {percent(found.low)} to {percent(found.high)} (n = {found.n:,})"

    @abstractmethod
    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Return a sentence, or two, on why the verdict is what it is."""


class Draw(Rule):
    """A printed single run: reproduced if it is an ordinary one among ours; unsolved runs count as infinite."""

    is_share = False
    ordinary, possible = 0.05, 0.005  # the least share of our runs that must be as far out as the printed one
    fewest = 10  # learned runs, where the claim is about learned ones alone

    def verdict(self, tail: float) -> str:
        """Return the verdict on a run that this share of ours is as far out as."""
        return REPRODUCED if tail >= self.ordinary else DOUBTFUL if tail >= self.possible else NOT_REPRODUCED

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Place the printed number among the runs of a reading."""
        rows = runs.of(reading)
        learned = float(rows["learned"].mean())
        if claim.among != "all":
            rows = rows[rows["learned"] & rows[claim.among]]
        if rows.empty:
            return Judgement(NOT_REPRODUCED, 0, np.nan, np.nan, np.nan, learned=learned)
        values, printed = with_infinity(rows[claim.column]), claim.printed[0]
        middle = median_sweeps(values, runs.recipe(reading).sweeps) if claim.column == "sweeps" else median_of(values)
        p5, p95 = quantiles(values, (0.05, 0.95))
        if claim.to:  # as numbers of the last printed digit, so that equal means equal
            values, printed = np.round(values / claim.to), np.round(printed / claim.to)
        verdict = self.verdict(tail(values, printed))
        if claim.among != "all":
            verdict = of_enough(verdict, len(rows), self.fewest)
        finite = values[np.isfinite(values)]
        among_learned = percentile(finite, printed).value if len(finite) else np.nan
        place = percentile(values, printed)
        return Judgement(
            verdict, len(rows), *middle, p5, p95, *place, learned=learned, percentile_of_learned=among_learned
        )

    def ours(self, found: Judgement) -> str:
        """Return the median, and the range of 90 % of the runs."""
        if not found.n:
            return super().ours(found)
        middle, low, high = (shown(value) for value in (found.estimate, found.p5, found.p95))
        return f"median {middle}; 5 to 95 % of runs: {low} to {high} (n = {found.n:,})"

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say where the printed number lies among ours."""
        if not found.n:
            return NONE_LEARNED
        sweeps = claim.column == "sweeps"
        if sweeps and found.learned == 0:
            return "No run was learned in the sweeps it was given."
        printed, runs = in_words(claim), "runs" if claim.among == "all" else "learned runs"
        few = (
            f" Only {percent(found.learned)} of the runs were learned in the sweeps they were given; among those the "
            f"printed one is at percentile {shown(found.percentile_of_learned)}."
        )
        lucky = few if sweeps and found.learned < 0.5 else ""
        if found.verdict == REPRODUCED:
            than = "needed fewer sweeps than" if sweeps else "have less than"
            place = shown(float(round(found.percentile)))
            ordinary = "equal ones counted half: it is an ordinary one"
            return f"Of 100 {runs} {place} {than} the printed {printed}, {ordinary}.{lucky}"
        if found.verdict == DOUBTFUL and found.n < self.fewest:
            return f"Only {found.n} {'run was' if found.n == 1 else 'runs were'} learned, too few to say."
        side = "below" if found.percentile < 50 else "above"
        rare = f"fewer than {odds(self.ordinary if found.verdict == DOUBTFUL else self.possible)}"
        most = most_runs(claim.column, found)
        return f"The printed {printed} lies {side} nearly all: {rare} of our {runs} are as far out ({most}).{lucky}"


class Once(Draw):
    """A printed single run did it: reproduced if that is an ordinary thing for a run of ours to do."""

    is_share = True

    def held(self, claim: Claim, column: pd.Series) -> pd.Series:
        """Return in which runs the claim is so."""
        return column

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the runs in which it is so."""
        return by_share(claim, runs.of(reading), self.held, lambda holds, n: self.verdict(holds / n if n else np.nan))

    def printed(self, numbers: str) -> str:
        """Say that one run did it."""
        return "in the printed run"

    def ours(self, found: Judgement) -> str:
        """Return the share of our runs, with its interval."""
        return Rule.ours(self, found)

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say in how many runs it is so, and how many are enough."""
        if found.estimate == 0:
            return "It is so in none of our runs."
        share, enough = percent(found.estimate), odds(self.ordinary)
        if found.verdict == REPRODUCED:
            return f"It is so in {share} of our runs; for a single printed run {enough} are enough."
        least = odds(self.possible)
        rare = f"fewer than {enough}, but at least {least}" if found.verdict == DOUBTFUL else f"fewer than {least}"
        return f"It is so in only {share} of our runs: {rare}."


class Within(Once):
    """A printed run needed less than the printed number."""

    def held(self, claim: Claim, column: pd.Series) -> pd.Series:
        """Return which runs stay below the printed number."""
        return pd.Series(with_infinity(column) < claim.printed[0])

    def printed(self, numbers: str) -> str:
        """Say below what."""
        return f"less than {numbers}"


class Rate(Rule):
    """A printed share, or a range of shares: reproduced if our 95 % interval meets it."""

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare the interval with the printed range."""
        least, most = claim.printed

        def verdict(holds: int, n: int) -> str:
            low, high = wilson(holds, n) if n else (np.nan, np.nan)
            return REPRODUCED if low <= most and high >= least else NOT_REPRODUCED

        return by_share(claim, runs.of(reading), as_it_is, verdict)

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say whether the two ranges meet."""
        meets = "overlaps" if found.verdict == REPRODUCED else "lies outside"
        return f"Our interval, {percent(found.low)} to {percent(found.high)}, {meets} the printed {in_words(claim)}."


class WithoutException(Rule):
    """A claim about every run: reproduced if a thousand runs have no exception."""

    enough = 1000  # runs without exception
    forgiven = 0.01  # the share of exceptions that leaves it in doubt

    def __init__(self, word: str) -> None:
        """Take `word`, which is always or never."""
        self.word = word

    def exceptions(self, share: float, n: int) -> int:
        """Return the number of runs that are otherwise, from the share in which it is so."""
        return round(n * (1 - share if self.word == "always" else share))

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the exceptions."""

        def verdict(holds: int, n: int) -> str:
            exceptions = n - holds if self.word == "always" else holds
            if not exceptions:
                return REPRODUCED if n >= self.enough else DOUBTFUL
            return DOUBTFUL if exceptions <= n * self.forgiven else NOT_REPRODUCED

        return by_share(claim, runs.of(reading), as_it_is, verdict)

    def printed(self, numbers: str) -> str:
        """Say always, or never."""
        return self.word

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say how many exceptions there are."""
        exceptions, n = self.exceptions(found.estimate, found.n), f"{found.n:,}"
        if not exceptions and found.n < self.enough:
            return f"No exception, but it takes {self.enough:,} runs to say {self.word}, not {n}."
        if not exceptions:
            return f"No exception in {n} runs."
        told = f"{exceptions:,} of {n} runs {'is an exception' if exceptions == 1 else 'are exceptions'}"
        return f"{told}: at most one in a hundred, so in doubt." if found.verdict == DOUBTFUL else f"{told}."


class Structure(Rule):
    """A property of one printed net: reproduced if most of our learned nets show it, partly if half of them do."""

    most, half = 0.9, 0.5
    fewest = Draw.fewest

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Count the learned runs that show it."""
        rows = runs.of(reading)

        def verdict(holds: int, n: int) -> str:
            share = holds / n if n else np.nan
            return of_enough(
                REPRODUCED if share >= self.most else PARTLY if share >= self.half else NOT_REPRODUCED, n, self.fewest
            )

        return by_share(claim, rows, as_it_is, verdict, rows["learned"])

    def printed(self, numbers: str) -> str:
        """Say that one net shows it."""
        return "in the printed net"

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say how many show it, and how many must."""
        if not found.n:
            return NONE_LEARNED
        of = f"Of {found.n:,} learned run{'' if found.n == 1 else 's'}"
        before = "" if np.isnan(found.untrained) else f", and {percent(found.untrained)} did before training"
        needed = {
            REPRODUCED: f"{self.most:.0%} or more do".replace("%", " %"),
            PARTLY: f"half or more do, but fewer than {self.most:.0%}".replace("%", " %"),
            DOUBTFUL: f"too few runs to say: {self.fewest} are needed",
            NOT_REPRODUCED: "fewer than half do",
        }
        return f"{of} {percent(found.estimate)} show it{before} ({needed[found.verdict]})."


class More(Rule):
    """A comparison: runs of this reading have more than those of another, which differs in the first axis, if any."""

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare every run with every run of the other reading."""
        names = reading, other_reading(claim, reading)
        mine, others = (with_infinity(runs.of(name)[claim.column]) for name in names)
        return above_one_half(len(mine), *exceeds(mine, others))

    def printed(self, numbers: str) -> str:
        """Say more."""
        return "more"

    def ours(self, found: Judgement) -> str:
        """Return the share of pairs in which this reading has more."""
        share, low, high = (percent(value) for value in (found.estimate, found.low, found.high))
        return f"in {share} of pairs; {low} to {high} (n = {found.n:,})" if found.n else super().ours(found)

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say in how many pairs this reading has more."""
        sides = {REPRODUCED: "more than half", DOUBTFUL: "too close to half to say", NOT_REPRODUCED: "less than half"}
        against = f"Compared one to one with runs of {other_reading(claim, reading)}, these have more ({claim.column})"
        return f"{against} in {percent(found.estimate)} of pairs, equal ones counted half: {sides[found.verdict]}."


class Commonest(Rule):
    """A property of more runs than the commonest other one has; the runs compared are those that have either."""

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare with the commonest of the other columns."""
        rows = runs.of(reading)
        mine, n = int(rows[claim.column].sum()), len(rows)
        most = max(int(rows[column].sum()) for column in claim.than)
        if mine + most == 0:
            return Judgement(NOT_REPRODUCED, n, 0.0, *wilson(0, n))
        verdict = above_one_half(mine + most, mine / (mine + most), *wilson(mine, mine + most)).verdict
        return Judgement(verdict, n, mine / n, *wilson(mine, n))

    def printed(self, numbers: str) -> str:
        """Say the commonest."""
        return "the commonest"

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say how often it is so beside the next."""
        if found.estimate == 0:
            return "It is so in none of our runs."
        ends = {
            REPRODUCED: "more often than the next",
            DOUBTFUL: "about as often as another",
            NOT_REPRODUCED: "less often than another",
        }
        return f"It is so in {percent(found.estimate)} of our runs, {ends[found.verdict]}."


class Equal(Rule):
    """An equality: a measured number is 0, or the printed number, in every run."""

    is_share = False
    apart = 1e-12  # how far, at most

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Compare every run with the number."""
        values = runs.of(reading)[claim.column].to_numpy(dtype=float)
        apart = np.abs(values - (claim.printed[0] if claim.printed else 0))
        verdict = REPRODUCED if (apart <= self.apart).all() else NOT_REPRODUCED
        return Judgement(verdict, len(values), *median_of(values), *quantiles(values, (0.05, 0.95)))

    def printed(self, numbers: str) -> str:
        """Return the number, or say equal."""
        return numbers or "equal"

    def ours(self, found: Judgement) -> str:
        """Return the number that all runs have, or its range."""
        if np.isnan(found.estimate):
            return f"not a number in some run (n = {found.n:,})"
        if found.p5 == found.p95:
            where = "every run" if found.verdict == REPRODUCED else "90 % of runs"
            return f"{shown(found.estimate)} in {where} (n = {found.n:,})"
        return RULES["draw"].ours(found)

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say where it is otherwise."""
        if found.verdict == REPRODUCED:
            return "It is so in every run."
        if np.isnan(found.estimate):
            return "It is not so in every run: in some it is not even a number."
        return f"It is not so in every run: {most_runs(claim.column, found)}."


class Curve(Rule):
    """A coefficient of the line through the medians of a column over log2 of the number of hidden units."""

    is_share = False

    def __init__(self, coefficient: int) -> None:
        """Take `coefficient`, 0 for the intercept or 1 for the slope."""
        self.coefficient = coefficient

    def judge(self, claim: Claim, runs: Runs, reading: str) -> Judgement:
        """Fit the line by least squares to all readings of the form `reading`."""
        points = matching(runs.stem, runs.readings, reading)
        hidden = np.array([runs.of(point)["hidden"].iloc[0] for point in points], dtype=float)
        median = np.array([quantiles(with_infinity(runs.of(point)[claim.column]), (0.5,))[0] for point in points])
        if not np.isfinite(median).all():  # somewhere most runs were never learned
            return Judgement(NOT_REPRODUCED, len(points), np.nan, np.nan, np.nan)
        value, low, high = through_logarithms(hidden, median)[self.coefficient]
        verdict = REPRODUCED if low <= claim.printed[0] <= high else NOT_REPRODUCED
        return Judgement(verdict, len(points), value, low, high)

    def ours(self, found: Judgement) -> str:
        """Return the coefficient with its interval."""
        if np.isnan(found.estimate):
            return f"somewhere most runs are unsolved (n = {found.n:,} medians)"
        return f"{found.estimate:.0f}; {found.low:.0f} to {found.high:.0f} (n = {found.n:,} medians)"

    def because(self, claim: Claim, reading: str, found: Judgement) -> str:
        """Say whether the printed coefficient lies inside the interval."""
        if np.isnan(found.estimate):
            where = "For some number of hidden units most runs are never learned"
            return f"{where}, so that there is no median to lay a line by."
        lies = "inside" if found.verdict == REPRODUCED else "outside"
        interval = f"{found.low:.0f} to {found.high:.0f}"
        printed = in_words(claim)
        return f"The printed {printed} lies {lies} the interval of the line through our medians, {interval}."


RULES: dict[str, Rule] = {
    "draw": Draw(),
    "within": Within(),
    "once": Once(),
    "rate": Rate(),
    "always": WithoutException("always"),
    "never": WithoutException("never"),
    "structure": Structure(),
    "more": More(),
    "commonest": Commonest(),
    "equal": Equal(),
    "intercept": Curve(0),
    "slope": Curve(1),
}
"""Every rule by the name that a claim has for it."""

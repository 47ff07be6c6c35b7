"""Parts of the sentences about a verdict, in words that people outside the field understand."""

import numpy as np

from backprop86.judging.judgement import DOUBTFUL, REPRODUCED, Judgement
from backprop86.judging.numbers import out_of, percent, shown
from backprop86.running.claim import Claim

SWEEPS = ("sweeps", "right_side")
"""The columns that hold sweeps. The sentences say that a run needs sweeps, and has any other number."""
OF_SWEEPS = ("needed fewer", "needed as many", "needed as many or more", "needed as few or fewer")
OF_NUMBERS = ("are below it", "are equal to it", "are as high or higher", "are as low or lower")
"""The words for runs on one side of a printed number: below, equal, at least, at most."""
TOLD = 0.05
"""The least share of runs equal to a printed number that a sentence mentions."""


def capital(text: str) -> str:
    """Return the text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def numbers_of(claim: Claim) -> str:
    """Return the printed numbers of a claim, shares in per cent."""
    if claim.kind != "rate":
        return " to ".join(f"{value:,g}" for value in claim.printed)
    least, most = claim.printed[0], claim.printed[-1]
    if least != most and (least == 0 or most == 1):
        return f"{100 * least:g}% or more" if most == 1 else f"{100 * most:g}% or less"
    return f"{100 * least:g}%{f' to {100 * most:g}%' if least != most else ''}"


def shown_of(claim: Claim, value: float) -> str:
    """Return a number of the claim's column in print: infinite sweeps are "never", other numbers "infinity"."""
    return shown(value, "never" if claim.column in SWEEPS else "infinity")


def learned(claim: Claim) -> str:
    """Return the words for having learned by the moment of the claim."""
    return f"had learned by sweep {int(claim.moment):,}" if claim.moment.isdecimal() else "learned"


def of_the_kind(claim: Claim) -> str:
    """Return the words for a further property that runs must have beside having learned."""
    return " as a net of the printed kind" if claim.further else ""


def runs_that(claim: Claim) -> str:
    """Return the words for the runs that the claim is compared with."""
    return "runs" if claim.of_all_runs else f"runs that {learned(claim)}{of_the_kind(claim)}"


def never(claim: Claim, found: Judgement) -> str:
    """Return in words the number of runs that never learned, or had not learned by the claim's moment."""
    unlearned = found.runs - round(found.runs * found.learned_share)
    by = f" by sweep {int(claim.moment):,}" if claim.moment.isdecimal() else ""
    if not unlearned:
        return f"every run {'had learned' if by else 'learned'}{by}"
    return f"{out_of(unlearned, found.runs)} {'had not learned' if by else 'never learned'}{by}"


def some(count: int, n: int, runs: str) -> str:
    """Return the words for `count` of n runs: none of 20 runs, all 20 runs, 40 of 100 runs."""
    return f"{out_of(count, n)} {runs}" if 0 < count < n else f"all {n:,} {runs}" if count else f"none of {n:,} {runs}"


def verb_of(claim: Claim, count: int) -> str:
    """Return the verb for `count` runs that meet the claim."""
    if claim.below is not None:
        sweeps = claim.column in SWEEPS
        return f"needed fewer than {claim.below:,g} sweeps" if sweeps else f"{_be(count)} below {claim.below:,g}"
    if claim.columns == ["learned"]:
        return "learned"
    return f"{'show' if count else 'shows'} {'all of it at once' if claim.all_of else 'it'}"


def _be(count: int) -> str:
    return "are" if count else "is"


def before(found: Judgement) -> str:
    """Return the words for the share that did so before training, if it was measured."""
    if np.isnan(found.untrained):
        return ""
    did = f"{percent(found.untrained)} did" if found.untrained else "none did"
    return f", and {did} before training"


def lies(found: Judgement, n: int, words: tuple[str, str, str, str]) -> str:
    """Return in words the place of the printed number among n of ours, and the number on its side."""
    fewer, same = round(found.below * n), round(found.equal * n)
    is_below, is_equal, is_above, is_at_most = words
    if found.verdict == REPRODUCED:
        where = "in the middle" if 25 <= found.percentile <= 75 else "within the usual range"
        equal = f", and {_of(same, n)} {is_equal}" if found.equal >= TOLD else ""
        return f"lies {where}: {_of(fewer, n)} {is_below}{equal}"
    above = found.percentile > 50
    count, does = (n - fewer, is_above) if above else (fewer + same, is_at_most)
    where = "far out" if found.verdict == DOUBTFUL else "out of reach"
    return f"lies {where}: {'only ' if count else ''}{_of(count, n)} {does}"


def _of(count: int, n: int) -> str:
    return "none" if not count else "all" if count == n else out_of(count, n)

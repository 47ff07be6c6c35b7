"""Decimal numbers as a person writes them: rounded to six digits, and printed with all their digits."""

from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal, localcontext

DIGITS = 6
PENCIL = Context(prec=DIGITS, rounding=ROUND_HALF_UP, Emin=MIN_EMIN, Emax=MAX_EMAX)
EXACT = Context(prec=120, rounding=ROUND_HALF_UP, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""The arithmetic between two roundings: more digits than any product of numbers of six digits."""


def rounded(value: Decimal | float) -> Decimal:
    """Return the number to six digits, halves away from 0."""
    return PENCIL.create_decimal(value if isinstance(value, Decimal) else Decimal(value))


def exactly(setting: float) -> Decimal:
    """Return a rate, a target or an input exactly as written: 0.1 is 0.1, not the binary number next to it."""
    return Decimal(repr(float(setting))).normalize()


def total(terms: Iterable[Decimal]) -> Decimal:
    """Return the sum, rounded once."""
    with localcontext(EXACT):
        return rounded(sum(terms, Decimal(0)))


def logistic(x: Decimal) -> Decimal:
    """Return 1 / (1 + e^(-x)) with enough digits for 1 - y to have six as well, since y (1 - y) needs both."""
    with localcontext(EXACT):
        small = rounded(1 / (1 + abs(x).exp()))
        return small if x < 0 else 1 - small


def show(value: Decimal) -> str:
    """Return the number with all its digits; 0 without any, and a very small one as 1.23457e-5."""
    if not value:
        return "0"
    return f"{value:f}" if value.adjusted() >= -4 else f"{value:e}"


def added(terms: Sequence[Decimal]) -> str:
    """Return the sum written out: 0.2 - 0.1 + 0.4."""
    signs = [" - " if term < 0 else " + " for term in terms]
    return "".join([show(terms[0]), *(sign + show(abs(term)) for sign, term in zip(signs[1:], terms[1:], strict=True))])


def summed(terms: Sequence[Decimal], value: Decimal) -> str:
    """Return 0.2 - 0.1 = 0.1; only the value if there is one term."""
    return f"{added(terms)} = {show(value)}" if len(terms) > 1 else show(value)


def shares(values: Sequence[Decimal]) -> list[str]:
    """Return each number's share of the sum, signs left out, in per cent; empty texts if the sum is 0."""
    with localcontext(EXACT):
        whole = sum((abs(value) for value in values), Decimal(0))
        if not whole:
            return ["" for _ in values]
        parts = [(100 * abs(value) / whole).quantize(Decimal("0.1")) for value in values]
        return ["< 0.1 %" if value and not part else f"{part} %" for value, part in zip(values, parts, strict=True)]

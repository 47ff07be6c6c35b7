"""Formatting numbers for people."""

import numpy as np


def shown(value: object, infinite: str = "never") -> str:
    """Return a number in few digits, "" for NaN, and `infinite`, for instance "never", for infinity."""
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        if np.isinf(value):
            return infinite
        size = abs(float(value))
        is_whole = value == int(value) or size >= 1000
        return f"{value:,.0f}" if is_whole and size < 1e9 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int | np.integer) and not isinstance(value, bool) else str(value)


def percent(share: float) -> str:
    """Return a share in per cent; only exactly 0 and 1 become 0 % and 100 %."""
    text = f"{share:.1%}"
    return "< 0.1%" if text == "0.0%" and share > 0 else "> 99.9%" if text == "100.0%" and share < 1 else text


def out_of(count: int, n: int) -> str:
    """Return the words for `count` of n runs: out of a hundred, unless that rounds to none or all of them."""
    hundredths = round(100 * count / n)
    return f"{hundredths} of 100" if n > 100 and 0 < hundredths < 100 else f"{count:,} of {n:,}"


def odds(share: float) -> str:
    """Return a share as odds: 0.05 is 5 in 100; 0.005 is 1 in 200."""
    return f"{100 * share:g} in 100" if 100 * share >= 1 else f"1 in {1 / share:g}"

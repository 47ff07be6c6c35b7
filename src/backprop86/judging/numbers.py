"""Numbers as people read them."""

import numpy as np


def shown(value: object) -> str:
    """Return a number in few digits, ∞ for infinity, nothing for NaN."""
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        if np.isinf(value):
            return "∞"
        return f"{value:,.0f}" if value == int(value) and abs(float(value)) < 1e9 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int | np.integer) and not isinstance(value, bool) else str(value)


def percent(share: float) -> str:
    """Return a share in per cent; a share that is not quite 0 or 1 is not written as 0 or 100."""
    text = f"{share:.1%}"
    return "< 0.1%" if text == "0.0%" and share > 0 else "> 99.9%" if text == "100.0%" and share < 1 else text

"""The working and the tables of the backward pass: the gradient at each unit and at each weight."""

from decimal import Decimal, localcontext
from typing import NamedTuple

import pandas as pd

from backprop86.explaining.decimals import EXACT, exactly, shares, show, summed
from backprop86.explaining.first_step import NUDGE, Measured, Step, terms
from backprop86.explaining.forward_pass import left_out
from backprop86.explaining.pencil import connections, into, out_of
from backprop86.report.page import Block

SHARE = "share of the blame"


def units(step: Step) -> list[Block]:
    """Return the working of ∂E/∂y and ∂E/∂x, from the last unit to the first."""
    text = step.of_case.text
    blocks: list[Block] = []
    for unit in reversed(into(step.wiring)):
        y, dE_dy, dE_dx = text.y[unit], text.dE_dy[unit], text.dE_dx[unit]
        chain = f"  ∂E/∂x = {dE_dy} × {y} × (1 - {y}) = {dE_dx}"
        blocks.append([step.wiring.units[unit], *_came_back(step, unit), chain])
    return blocks


def blame(step: Step) -> pd.DataFrame:
    """Return the table of ∂E/∂x and of the share of each unit, from the last unit to the first."""
    worked, computed = step.of_case, list(reversed(into(step.wiring)))
    return pd.DataFrame(
        {
            "unit": [step.wiring.units[unit] for unit in computed],
            "∂E/∂x": [worked.text.dE_dx[unit] for unit in computed],
            SHARE: shares([worked.dE_dx[unit] for unit in computed]),
        }
    )


class ByLevel(NamedTuple):
    """The shares of the levels, from the outputs down, and a comparison of the first level with the last."""

    shares: str
    order: int  # -1, 0, 1: the first level has a smaller, an equal, a larger share
    fan: Decimal  # the largest sum of |w| from one unit down


def by_level(step: Step) -> ByLevel | None:
    """Return the shares of the levels of a net whose outputs are all in its last level, if it has several levels."""
    worked, levels = step.of_case, [list(range(step.wiring.n_units))[level.units] for level in step.wiring.levels]
    sizes = [sum((abs(worked.dE_dx[unit]) for unit in level), Decimal(0)) for level in reversed(levels)]
    if len(levels) == 1 or not set(worked.own) <= set(levels[-1]) or not any(sizes):
        return None
    told = ", ".join(shares(sizes)).replace(" %", "\N{NO-BREAK SPACE}%")
    return ByLevel(told, int(sizes[-1].compare(sizes[0])), _largest_fan(step))


def _largest_fan(step: Step) -> Decimal:
    """Return the largest sum of |w| over one unit's connections from units that are fed themselves."""
    fed, wiring = into(step.wiring), step.wiring
    sums = [
        sum((abs(step.w[wiring.parameter[k]]) for k in feeds if int(wiring.source[k]) in fed), Decimal(0))
        for feeds in fed.values()
    ]
    return max(sums)


def _came_back(step: Step, unit: int) -> list[str]:
    """Return the working of ∂E/∂y of a unit: an output's own error, and the returns from the units it feeds."""
    worked, text, feeds = step.of_case, step.of_case.text, out_of(step.wiring)[unit]
    shown = [k for k in feeds if step.shows(worked.returned[k])]
    parts, lines = [worked.returned[k] for k in shown], []
    if unit in worked.own:
        if not feeds:
            return [f"  ∂E/∂y = {_own_error(step, unit)}"]
        lines, parts = [f"  its own error: {_own_error(step, unit)}"], [worked.own[unit], *parts]
    if not lines and not feeds:
        return ["  ∂E/∂y = 0  (it feeds no unit)"]
    for k in shown:
        dE_dx, w = text.dE_dx[int(step.wiring.target[k])], step.w_text[step.wiring.parameter[k]]
        lines.append(f"  {step.connections[k]}: {dE_dx} × {w} = {text.returned[k]}")
    lines += left_out(len(feeds) - len(shown))
    return [*lines, f"  ∂E/∂y = {summed(parts or [Decimal(0)], worked.dE_dy[unit])}"]


def _own_error(step: Step, unit: int) -> str:
    """Return the working of an output unit's own error."""
    text = step.of_case.text
    if not step.of_case.miss[unit]:
        return "0  (near enough)"
    if step.divided_by > 1:
        return f"{text.miss[unit]} / {step.divided_by} = {text.own[unit]}"
    return f"{text.y[unit]} - {text.d[unit]} = {text.miss[unit]}"


def working(step: Step) -> dict[int, str]:
    """Return ∂E/∂x × y = ∂E/∂w of every connection that has a line."""
    worked, text = step.of_case, step.of_case.text
    ends = zip(step.wiring.source.tolist(), step.wiring.target.tolist(), strict=True)
    return {
        k: f"{text.dE_dx[target]} × {text.y[source]} = {text.given[k]}"
        for k, (source, target) in enumerate(ends)
        if step.shows(worked.given[k])
    }


def gradient(step: Step) -> Block:
    """Return ∂E/∂w of every connection: a table with shares, or lines where connections share a weight."""
    lines, share = working(step), shares(step.of_case.dE_dw)
    if step.is_shared:
        return [f"{step.connections[k]}: {text}" for k, text in lines.items()]
    parameter = step.wiring.parameter
    rows = [[step.names[parameter[k]], text, share[parameter[k]]] for k, text in lines.items()]
    return pd.DataFrame(rows, columns=["weight", "∂E/∂x × y = ∂E/∂w", SHARE])


def shared(step: Step) -> list[Block]:
    """Return the sums over the connections that share a weight, and the table of ∂E/∂w with shares."""
    worked, sums = step.of_case, []
    for name, sharing, value in zip(step.names, connections(step.wiring), worked.dE_dw, strict=True):
        given = [worked.given[k] for k in sharing if step.shows(worked.given[k])]
        sums.append(f"{name}: {summed(given or [Decimal(0)], value)}")
    return [sums, pd.DataFrame({"weight": step.names, "∂E/∂w": worked.text.dE_dw, SHARE: shares(worked.dE_dw)})]


def over_cases(step: Step) -> pd.DataFrame:
    """Return the table of the sum over the cases of a sweep."""
    parts = [terms(step.case, {c: one.dE_dw[p] for c, one in step.worked.items()}) for p in range(len(step.w))]
    by_case = {step.case_name(c): [show(of[c]) for of in parts] for c in parts[0]}
    return pd.DataFrame({"weight": step.names} | by_case | {"sum": step.dE_dw_text})


def compared(step: Step, beside: Measured) -> pd.DataFrame:
    """Return ∂E/∂w beside autograd's, and beside the E of a changed weight."""
    larger, smaller = ([f"{E:.10f}" for E in some.tolist()] for some in (beside.larger, beside.smaller))
    by, pairs = show(exactly(NUDGE)), zip(beside.gradient.tolist(), step.dE_dw, strict=True)
    table = {
        "weight": step.names,
        "by hand": step.dE_dw_text,
        "autograd": [_as_fine(value, hand) for value, hand in pairs],
        f"E, w + {by}": larger,
        f"E, w - {by}": smaller,
        "slope": [_slope(*three) for three in zip(larger, smaller, step.dE_dw, strict=True)],
    }
    return pd.DataFrame(table)


def _as_fine(value: float, hand: Decimal) -> str:
    """Return the number to as many decimals as the number worked by hand."""
    places = hand.as_tuple().exponent if hand else -9
    with localcontext(EXACT):
        return show(Decimal(value).quantize(Decimal(1).scaleb(int(places))))


def _slope(larger: str, smaller: str, hand: Decimal) -> str:
    """Return the slope from the two E with the ten decimals that the page shows, of which seven are left."""
    with localcontext(EXACT):
        slope = (Decimal(larger) - Decimal(smaller)) / (2 * exactly(NUDGE))
        return show(slope.quantize(Decimal("1e-7"))) if slope or not hand else "too small"

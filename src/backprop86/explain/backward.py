"""The backward pass told to a beginner: what error comes back to each unit, and to each weight."""

from decimal import Decimal, localcontext

import pandas as pd

from backprop86.explain.decimals import EXACT, exactly, rounded, shares, show, summed
from backprop86.explain.first_step import NUDGE, Measured, Step, terms
from backprop86.explain.pencil import connections, into, left_out, out_of
from backprop86.report.page import Block

SHARE = "share of the blame"


def units(step: Step) -> list[Block]:
    """From the last unit to the first: ∂E/∂y, and ∂E/∂x."""
    worked, names = step.of_case, step.wiring.units
    blocks: list[Block] = [
        "How much does each unit have to do with the error? We go from the last unit to the first. An output unit is "
        "to blame for its own distance. A hidden unit is to blame through the units that it feeds: along each "
        "connection comes back ∂E/∂x of the unit at its end, times the weight, and all that comes back is added up. "
        "In every unit the squeeze counts as well: where y is near 0 or 1, it hardly reacts to x. ∂E/∂y is how steeply "
        "E rises with the output of a unit, ∂E/∂x how steeply with its total input.",
        [
            "∂E/∂y = y - d  (an output unit, equation 4)",
            "∂E/∂y = Σ ∂E/∂x × w  (a unit that feeds others, equation 7)",
            "∂E/∂x = ∂E/∂y × y × (1 - y)  (equation 5)",
        ],
    ]
    computed = list(reversed(into(step.wiring)))
    for unit in computed:
        y, chain = show(worked.y[unit]), f"  ∂E/∂x = {show(worked.dE_dy[unit])}"
        chain += f" × {y} × (1 - {y}) = {show(worked.dE_dx[unit])}"
        blocks.append([names[unit], *_came_back(step, unit), chain])
    dE_dx = [worked.dE_dx[unit] for unit in computed]
    table = {"unit": [names[unit] for unit in computed], "∂E/∂x": map(show, dE_dx), SHARE: shares(dE_dx)}
    says = "The share of the blame is the size of ∂E/∂x, without its sign, as a part of the sizes of all added up."
    if step.wiring.hidden:
        says += " The blame of a hidden unit was handed down by the units that it feeds."
    return [*blocks, says, pd.DataFrame(table), *by_level(step)]


def by_level(step: Step) -> list[Block]:
    """Say, of a net whose outputs are all in its last level, whether the first level has the smaller share, and why."""
    worked, levels = step.of_case, [list(range(step.wiring.n_units))[level.units] for level in step.wiring.levels]
    sizes = [sum((abs(worked.dE_dx[unit]) for unit in level), Decimal(0)) for level in reversed(levels)]
    if len(levels) == 1 or not set(worked.own) <= set(levels[-1]) or not any(sizes):
        return []
    told = ", ".join(shares(sizes)).replace(" %", "\N{NO-BREAK SPACE}%")
    says = f"Level by level, from the outputs down, the shares are {told}. "
    squeeze = "a factor y × (1 - y), which is 1/4 at most"
    if sizes[-1] < sizes[0]:
        says += (
            "The level next to the inputs has the smaller share. With small weights that is the rule: at each level "
        )
        says += f"down ∂E/∂x is multiplied by a weight and by {squeeze}. In a deep net the first levels get so little "
        says += "that they hardly learn; today this is called the vanishing gradient."
        return [says]
    says += "The level next to the inputs has " + ("no smaller share" if sizes[-1] == sizes[0] else "the larger share")
    says += f" here. At each level down ∂E/∂x is multiplied by {squeeze}, but also by the weights"
    if (largest := _largest_fan(step)) > 4:
        says += f". From one unit down these add up, signs left out, to {show(rounded(largest))}, which is more than 4"
    return [f"{says}."]


def _largest_fan(step: Step) -> Decimal:
    """Return the largest sum of |w| over the connections that one unit is fed by, from units that are fed as well."""
    fed, wiring = into(step.wiring), step.wiring
    sums = [
        sum((abs(step.w[wiring.parameter[k]]) for k in feeds if int(wiring.source[k]) in fed), Decimal(0))
        for feeds in fed.values()
    ]
    return max(sums)


def _came_back(step: Step, unit: int) -> list[str]:
    """∂E/∂y of a unit: its own error, if it is an output, and what the units that it feeds return."""
    worked, feeds = step.of_case, out_of(step.wiring)[unit]
    shown = [k for k in feeds if step.shows(worked.returned[k])]
    parts, lines = [worked.returned[k] for k in shown], []
    if unit in worked.own:
        told = f"{show(worked.y[unit])} - {show(worked.d[unit])} = {show(worked.miss[unit])}"
        if step.divided_by > 1:
            told = f"{show(worked.miss[unit])} / {step.divided_by} = {show(worked.own[unit])}"
        told = told if worked.miss[unit] else "0  (near enough)"
        if not feeds:
            return [f"  ∂E/∂y = {told}"]
        lines, parts = [f"  its own error: {told}"], [worked.own[unit], *parts]
    if not lines and not feeds:
        return ["  ∂E/∂y = 0  (it feeds no unit)"]
    for k in shown:
        dE_dx, w = worked.dE_dx[int(step.wiring.target[k])], step.w[step.wiring.parameter[k]]
        lines.append(f"  {step.connections[k]}: {show(dE_dx)} × {show(w)} = {show(worked.returned[k])}")
    lines += left_out(len(feeds) - len(shown))
    return [*lines, f"  ∂E/∂y = {summed(parts or [Decimal(0)], worked.dE_dy[unit])}"]


def gradient(step: Step) -> list[Block]:
    """∂E/∂w of every weight, in this case."""
    worked, wiring = step.of_case, step.wiring
    share = shares(worked.dE_dw)
    working = {
        k: f"{show(worked.dE_dx[target])} × {show(worked.y[source])} = {show(worked.given[k])}"
        for k, (source, target) in enumerate(zip(wiring.source.tolist(), wiring.target.tolist(), strict=True))
        if step.shows(worked.given[k])
    }
    says = "Now the weights. A weight acts on the unit at its end, by as much as the unit at its beginning puts out. "
    says += "So ∂E/∂w is ∂E/∂x of the one times y of the other (equation 6). This is the chain rule: for a weight into "
    says += "an output unit all of it is (y - d) × y × (1 - y) × y of the unit below, and lower down more factors of "
    says += "the same kind come between."
    rest: list[Block] = [f"∂E/∂w is 0 for {n} more."] if (n := len(wiring.source) - len(working)) else []
    if not step.is_shared:
        rows = [[step.names[wiring.parameter[k]], text, share[wiring.parameter[k]]] for k, text in working.items()]
        return [says, pd.DataFrame(rows, columns=["weight", "∂E/∂x × y = ∂E/∂w", SHARE]), *rest]
    lines = [f"{step.connections[k]}: {text}" for k, text in working.items()]
    sums = []
    for name, sharing, value in zip(step.names, connections(wiring), worked.dE_dw, strict=True):
        given = [worked.given[k] for k in sharing if k in working]
        sums.append(f"{name}: {summed(given or [Decimal(0)], value)}")
    table = pd.DataFrame({"weight": step.names, "∂E/∂w": [show(value) for value in worked.dE_dw], SHARE: share})
    return [says, lines, *rest, "Where connections share a weight, what each of them gives is added up.", sums, table]


def over_cases(step: Step) -> list[Block]:
    """The sum over the cases of a sweep, where the weights change once a sweep."""
    if step.recipe.update == "case":
        return ["In this reading the weights change after every case, so this is the whole of ∂E/∂w."]
    says = "That was one case. The weights change once in a sweep, which is every case that is trained on, so ∂E/∂w of "
    says += "all these is added up. The other cases are worked in the same way; case=0 and so on shows them in full."
    parts = [terms(step.case, {c: one.dE_dw[p] for c, one in step.worked.items()}) for p in range(len(step.w))]
    table = {"weight": step.names}
    for c in parts[0]:
        table[step.case_name(c)] = [show(of[c]) for of in parts]
    return [says, pd.DataFrame(table | {"sum": [show(value) for value in step.dE_dw]})]


def compared(step: Step, beside: Measured) -> list[Block]:
    """∂E/∂w beside autograd's, and beside what E does when the weight is changed."""
    larger, smaller = ([f"{E:.10f}" for E in some.tolist()] for some in (beside.larger, beside.smaller))
    by = show(exactly(NUDGE))
    table = {
        "weight": step.names,
        "by hand": [show(value) for value in step.dE_dw],
        "autograd": [_as_fine(value, hand) for value, hand in zip(beside.gradient.tolist(), step.dE_dw, strict=True)],
        f"E, w + {by}": larger,
        f"E, w - {by}": smaller,
        "slope": [_slope(*three) for three in zip(larger, smaller, step.dE_dw, strict=True)],
    }
    of = f"case {step.cases.names[step.case]}" if len(step.group) == 1 else f"all {len(step.group)} cases"
    says = f"Is it right? Beside ∂E/∂w of {of}, by hand, stands what automatic differentiation finds, and what really "
    says += f"happens to E of {of} when the weight alone is made {by} larger or smaller: the slope is the difference "
    says += f"of these two E divided by {show(2 * exactly(NUDGE))}. A computer has found autograd's numbers and these "
    says += "E, from weights with all their digits, so the last digits may differ: more of them where what is added up "
    says += "nearly cancels, and in the slope, since E is shown with ten decimals."
    return [says, pd.DataFrame(table)]


def _as_fine(value: float, hand: Decimal) -> str:
    """To as many decimals as the number worked by hand."""
    places = hand.as_tuple().exponent if hand else -9
    with localcontext(EXACT):
        return show(Decimal(value).quantize(Decimal(1).scaleb(int(places))))


def _slope(larger: str, smaller: str, hand: Decimal) -> str:
    """From the two E as they are shown, whose ten decimals leave seven."""
    with localcontext(EXACT):
        slope = (Decimal(larger) - Decimal(smaller)) / (2 * exactly(NUDGE))
        return show(slope.quantize(Decimal("1e-7"))) if slope or not hand else "too small"

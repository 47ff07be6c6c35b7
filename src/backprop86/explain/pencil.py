"""One step with a pencil: decimal numbers, each rounded to six digits before the next line uses it.

So every line of the working is right by itself, to the digits it shows. The step is done here a second time, unit by
unit and connection by connection; no code is shared with modules.py, network.py or descent.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal, localcontext

import numpy as np

from backprop86.engines.recipe import Recipe
from backprop86.wiring import Wiring

DIGITS = 6
PENCIL = Context(prec=DIGITS, rounding=ROUND_HALF_UP, Emin=MIN_EMIN, Emax=MAX_EMAX)
EXACT = Context(prec=120, rounding=ROUND_HALF_UP, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""What lies between two roundings: more digits than any product of numbers that have six."""


@dataclass(frozen=True, eq=False)
class Worked:
    """One case: what is by unit or by connection is found by its number, what is by parameter is in order."""

    sent: dict[int, Decimal]  # by connection, y_i w_ji
    x: dict[int, Decimal]
    y: dict[int, Decimal]
    d: dict[int, Decimal]  # of output units; with a dead zone measured from its edge, the edge
    miss: dict[int, Decimal]  # y - d, or 0 inside the dead zone
    half_square: dict[int, Decimal]
    E: Decimal
    own: dict[int, Decimal]  # of output units, the part of dE/dy that is their own error's
    returned: dict[int, Decimal]  # by connection, dE/dx_j w_ji
    dE_dy: dict[int, Decimal]
    dE_dx: dict[int, Decimal]
    given: dict[int, Decimal]  # by connection, dE/dx_j y_i
    dE_dw: list[Decimal]  # by parameter: shared weights add up


def rounded(value: Decimal | float) -> Decimal:
    """To six digits, halves away from 0."""
    return PENCIL.create_decimal(value if isinstance(value, Decimal) else Decimal(value))


def exactly(setting: float) -> Decimal:
    """A rate, a target or an input as it is written: 0.1 is 0.1, not the binary number next to it."""
    return Decimal(repr(float(setting))).normalize()


def total(terms: Iterable[Decimal]) -> Decimal:
    """The sum, rounded once."""
    with localcontext(EXACT):
        return rounded(sum(terms, Decimal(0)))


def logistic(x: Decimal) -> Decimal:
    """1 / (1 + e^(-x)), to as many digits as leave six to 1 - y as well, since y (1 - y) needs both."""
    with localcontext(EXACT):
        small = rounded(1 / (1 + abs(x).exp()))
        return small if x < 0 else 1 - small


def divisor(recipe: Recipe, wiring: Wiring, trained: int) -> int:
    """What E is divided by: 1 if it is a sum (equation 3), else cases times outputs; `trained` cases are in a sweep."""
    if recipe.error == "sum":
        return 1
    return (trained if recipe.update == "sweep" else 1) * len(wiring.outputs)


def work(
    wiring: Wiring, recipe: Recipe, w: Sequence[Decimal], inputs: np.ndarray, desired: np.ndarray, divided_by: int = 1
) -> Worked:
    """One case forward and backward; inputs (n_inputs,), desired (n_outputs,)."""
    with localcontext(EXACT):
        sent, x, y = _forward(wiring, w, inputs)
        d, miss = {}, {}
        for unit, on in zip(wiring.outputs.tolist(), (desired > 0.5).tolist(), strict=True):
            d[unit], miss[unit] = _missed(recipe, y[unit], on)
        half_square = {unit: rounded(by * by / 2) for unit, by in miss.items()}
        E = rounded(sum(half_square.values(), Decimal(0)) / divided_by)
        own = {unit: rounded(by / divided_by) for unit, by in miss.items()}
        back = _backward(wiring, w, y, own)
    return Worked(sent, x, y, d, miss, half_square, E, own, *back)


def _forward(wiring: Wiring, w: Sequence[Decimal], inputs: np.ndarray) -> tuple[dict[int, Decimal], ...]:
    """Equations 1 and 2: (sent, x, y)."""
    sent: dict[int, Decimal] = {}
    x: dict[int, Decimal] = {}
    y = {0: Decimal(1)} | {unit: exactly(value) for unit, value in enumerate(inputs.tolist(), start=1)}
    for unit, feeds in into(wiring).items():
        for k in feeds:
            sent[k] = rounded(y[int(wiring.source[k])] * w[wiring.parameter[k]])
        x[unit] = total(sent[k] for k in feeds)
        y[unit] = logistic(x[unit])
    return sent, x, y


def _missed(recipe: Recipe, y: Decimal, on: bool) -> tuple[Decimal, Decimal]:
    """Equation 4: (d, y - d), with the dead zone's rule (see SquaredError in modules.py)."""
    d = exactly(recipe.target_on if on else recipe.target_off)
    if recipe.dead_zone != "none":
        edge = exactly(recipe.zone_on if on else recipe.zone_off)
        d = edge if recipe.dead_zone == "from_edge" else d
        if (y > edge) if on else (y < edge):
            return d, Decimal(0)
    return d, rounded(y - d)


def _backward(
    wiring: Wiring, w: Sequence[Decimal], y: dict[int, Decimal], own: dict[int, Decimal]
) -> tuple[dict[int, Decimal], dict[int, Decimal], dict[int, Decimal], dict[int, Decimal], list[Decimal]]:
    """Equations 7, 5 and 6: (returned, dE_dy, dE_dx, given, dE_dw)."""
    returned: dict[int, Decimal] = {}
    dE_dy: dict[int, Decimal] = {}
    dE_dx: dict[int, Decimal] = {}
    given: dict[int, Decimal] = {}
    fed = out_of(wiring)
    for unit, feeds in reversed(into(wiring).items()):
        dE_dy[unit] = total([*([own[unit]] if unit in own else []), *(returned[k] for k in fed[unit])])
        dE_dx[unit] = rounded(dE_dy[unit] * y[unit] * (1 - y[unit]))
        for k in feeds:
            returned[k] = rounded(dE_dx[unit] * w[wiring.parameter[k]])
            given[k] = rounded(dE_dx[unit] * y[int(wiring.source[k])])
    sharing = connections(wiring)
    return returned, dE_dy, dE_dx, given, [total(given[k] for k in sharing[p]) for p in range(len(sharing))]


def into(wiring: Wiring) -> dict[int, list[int]]:
    """The connections that feed each unit that is fed, in order."""
    found: dict[int, list[int]] = {}
    for k, target in enumerate(wiring.target.tolist()):
        found.setdefault(target, []).append(k)
    return found


def out_of(wiring: Wiring) -> dict[int, list[int]]:
    """The connections that each unit feeds others by."""
    found: dict[int, list[int]] = {unit: [] for unit in range(wiring.n_units)}
    for k, source in enumerate(wiring.source.tolist()):
        found[source].append(k)
    return found


def connections(wiring: Wiring) -> list[list[int]]:
    """The connections that share each parameter."""
    found: list[list[int]] = [[] for _ in range(wiring.n_parameters)]
    for k, parameter in enumerate(wiring.parameter.tolist()):
        found[parameter].append(k)
    return found


@dataclass(frozen=True)
class Nudge:
    """What the first change makes of a weight."""

    delta: Decimal  # -epsilon dE/dw; there is no last change yet
    moved: Decimal  # w + delta
    shrunk: Decimal  # after decay
    w: Decimal  # after a bias that must not be positive is held at 0


def nudge(recipe: Recipe, w: Decimal, dE_dw: Decimal, is_bias: bool) -> Nudge:
    """Equations 8 and 9 in the first sweep."""
    epsilon = exactly(first_rates(recipe)[0])
    with localcontext(EXACT):
        delta = rounded(-epsilon * dE_dw)
        moved = rounded(w + delta)
        shrunk = rounded(moved * (1 - exactly(recipe.decay)))
        is_held = is_bias and recipe.biases == "negative"
        return Nudge(delta, moved, shrunk, min(shrunk, Decimal(0)) if is_held else shrunk)


def first_rates(recipe: Recipe) -> tuple[float, float]:
    """(epsilon, alpha) of the first sweep."""
    if recipe.opening_sweeps:
        return recipe.opening_epsilon, recipe.opening_alpha
    return recipe.epsilon, recipe.alpha


def show(value: Decimal) -> str:
    """The number with all its digits; 0 without any, and what is very small as 1.23457e-5."""
    if not value:
        return "0"
    return f"{value:f}" if value.adjusted() >= -4 else f"{value:e}"


def added(terms: Sequence[Decimal]) -> str:
    """The sum written out: 0.2 - 0.1 + 0.4."""
    signs = [" - " if term < 0 else " + " for term in terms]
    return "".join([show(terms[0]), *(sign + show(abs(term)) for sign, term in zip(signs[1:], terms[1:], strict=True))])


def summed(terms: Sequence[Decimal], value: Decimal) -> str:
    """0.2 - 0.1 = 0.1; only the value where there is nothing to add."""
    return f"{added(terms)} = {show(value)}" if len(terms) > 1 else show(value)


def left_out(many: int) -> list[str]:
    """A line for the connections that have none, since what they would say is 0."""
    return [f"  (and 0 by {many} more)"] if many else []


def shares(values: Sequence[Decimal]) -> list[str]:
    """What part of the whole each is, sign left out, in per cent, rounded; nothing where the whole is 0."""
    with localcontext(EXACT):
        whole = sum((abs(value) for value in values), Decimal(0))
        if not whole:
            return ["" for _ in values]
        parts = [(100 * abs(value) / whole).quantize(Decimal("0.1")) for value in values]
        return ["< 0.1 %" if value and not part else f"{part} %" for value, part in zip(values, parts, strict=True)]

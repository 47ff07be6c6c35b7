"""One step with a pencil: decimal numbers, each rounded to six digits before the next line uses it.

So every line of the working is right by itself, to the digits it shows. This file works the step a second time, unit by
unit and connection by connection, and shares no code with modules.py, network.py or descent.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np

from backprop86.engines.recipe import Recipe
from backprop86.explaining.decimals import EXACT, exactly, logistic, rounded, show, total
from backprop86.wiring import Wiring

Number = TypeVar("Number", Decimal, str)
"""The type of a number of the working, or of its printed form."""


@dataclass(frozen=True, eq=False)
class Worked(Generic[Number]):
    """The working of one case: dicts by the index of a unit or a connection, and lists by parameter."""

    sent: dict[int, Number]  # by connection, y_i w_ji
    x: dict[int, Number]
    y: dict[int, Number]
    d: dict[int, Number]  # of output units; with a dead zone measured from its edge, the edge
    miss: dict[int, Number]  # y - d, or 0 inside the dead zone
    half_square: dict[int, Number]
    E: Number
    own: dict[int, Number]  # of output units, the part of dE/dy from their own error
    returned: dict[int, Number]  # by connection, dE/dx_j w_ji
    dE_dy: dict[int, Number]
    dE_dx: dict[int, Number]
    given: dict[int, Number]  # by connection, dE/dx_j y_i
    dE_dw: list[Number]  # by parameter: shared weights add up

    @cached_property
    def text(self) -> "Worked[str]":
        """The printed form of the case."""
        return Worked(*_printed(self))


@dataclass(frozen=True, eq=False)
class Nudge(Generic[Number]):
    """The first change of a weight."""

    delta: Number  # -epsilon dE/dw; there is no last change yet
    moved: Number  # w + delta
    shrunk: Number  # after decay
    w: Number  # after a bias that must not be positive is held at 0

    @cached_property
    def text(self) -> "Nudge[str]":
        """The printed form of the change."""
        return Nudge(*_printed(self))


def _printed(record: Any) -> list[Any]:
    """Return the fields of a record in order, each number in its printed form."""
    return [in_print(getattr(record, field.name)) for field in fields(record)]


def in_print(numbers: Any) -> Any:
    """Return a number, a list or a dictionary of numbers, each in its printed form."""
    if isinstance(numbers, dict):
        return {key: show(value) for key, value in numbers.items()}
    return [show(value) for value in numbers] if isinstance(numbers, list) else show(numbers)


def divisor(recipe: Recipe, wiring: Wiring, trained: int) -> int:
    """Return the divisor of E: 1 if E is a sum (equation 3), else cases × outputs; a sweep has `trained` cases."""
    if recipe.error == "sum":
        return 1
    return (trained if recipe.update == "sweep" else 1) * len(wiring.outputs)


def work(
    wiring: Wiring, recipe: Recipe, w: Sequence[Decimal], inputs: np.ndarray, desired: np.ndarray, divided_by: int = 1
) -> Worked[Decimal]:
    """Work one case forward and backward; inputs (n_inputs,), desired (n_outputs,)."""
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
    """Return (sent, x, y) by equations 1 and 2."""
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
    """Return (d, y - d) by equation 4, with the dead zone's rule (see SquaredError in modules.py)."""
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
    """Return (returned, dE_dy, dE_dx, given, dE_dw) by equations 7, 5 and 6."""
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
    """Return the incoming connections of each hidden and output unit, in order."""
    found: dict[int, list[int]] = {}
    for k, target in enumerate(wiring.target.tolist()):
        found.setdefault(target, []).append(k)
    return found


def out_of(wiring: Wiring) -> dict[int, list[int]]:
    """Return the outgoing connections of each unit."""
    found: dict[int, list[int]] = {unit: [] for unit in range(wiring.n_units)}
    for k, source in enumerate(wiring.source.tolist()):
        found[source].append(k)
    return found


def connections(wiring: Wiring) -> list[list[int]]:
    """Return the connections that share each parameter."""
    found: list[list[int]] = [[] for _ in range(wiring.n_parameters)]
    for k, parameter in enumerate(wiring.parameter.tolist()):
        found[parameter].append(k)
    return found


def nudge(recipe: Recipe, w: Decimal, dE_dw: Decimal, is_bias: bool) -> Nudge[Decimal]:
    """Return the change of a weight by equations 8 and 9 in the first sweep."""
    epsilon = exactly(first_rates(recipe)[0])
    with localcontext(EXACT):
        delta = rounded(-epsilon * dE_dw)
        moved = rounded(w + delta)
        shrunk = rounded(moved * (1 - exactly(recipe.decay)))
        is_held = is_bias and recipe.biases == "negative"
        return Nudge(delta, moved, shrunk, min(shrunk, Decimal(0)) if is_held else shrunk)


def first_rates(recipe: Recipe) -> tuple[float, float]:
    """Return (epsilon, alpha) of the first sweep."""
    if recipe.opening_sweeps:
        return recipe.opening_epsilon, recipe.opening_alpha
    return recipe.epsilon, recipe.alpha

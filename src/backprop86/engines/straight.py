"""Straight-line programs of small networks: a sweep of a group of seeds written out, every product by itself.

A loop that looks up which rows to multiply costs more than the products of a small network. Its whole sweep is
therefore printed for LLVM as one list of operations, in the order of arithmetic.py, with the inputs and targets of all
cases put in. Rows are the same as those of kernel.py, to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backprop86.engines.arithmetic import CASES_AT_ONCE
from backprop86.engines.kernel import (
    ALPHA,
    BAD,
    EPSILON,
    EVENT,
    KEEP,
    LOOKING,
    LOOKING_RIGHT,
    OF_GAIN,
    RIGHT,
    ROWS_PER,
    SCALE,
    SHRINK,
    SLACK,
    E,
)
from backprop86.engines.lines import Lines, Name, of_all_groups
from backprop86.engines.machine import address_of
from backprop86.engines.program import by_content, products, program
from backprop86.engines.recipe import CRITERIA, BadInput, Cases, Recipe
from backprop86.engines.vectors import TOGETHER
from backprop86.network import epsilon_shares, largest_weights
from backprop86.wiring import Wiring

MOST = 9_000
"""Operations of a sweep up to which a network is written out."""
FEW, WORTH = 120, {"sweep": 100, "case": 10}
"""A larger network is too, with at most FEW operations per tile, and WORTH sweeps or more of its seeds for each."""
MOST_OF_STATES = 60_000
"""Operations of the longest sweep by desired states, which the kernel's loops do not know."""
OF_LOGISTIC = 24
"""Operations of one logistic."""
PRINTED = (
    "update", "target_on", "target_off", "dead_zone", "zone_on", "zone_off", "error", "criterion", "biases", "dtype",
    "epsilon_by", "decay_in", "output_slope", "procedure",
)  # fmt: skip
"""The settings that are printed into a sweep."""


@dataclass(frozen=True)
class Sweep:
    """The sweep of one network, printed in the order in which it is computed."""

    wiring: Wiring
    cases: Cases
    recipe: Recipe
    held_out: bool
    on: Lines

    def print_all(self) -> None:
        """Print the whole sweep: equation 9, then tile by tile forward, error and backward, then the events."""
        on, C, parameters = self.on, len(self.cases.inputs), range(self.wiring.n_parameters)
        w, last, dE_dw = ([on.load(name, p) for p in parameters] for name in ("w", "last_change", "dE_dw"))
        if self.recipe.update == "case":
            for c in range(C):
                w, last = self.change(w, last, self.gradient([c], w, Found(on)), c)
        else:
            w, last = self.change(w, last, dE_dw)
        found, at_once = Found(on), 1 if self.recipe.update == "case" else CASES_AT_ONCE
        dE_dw = [on.number(-0.0)] * len(w)
        for start in range(0, C, at_once):
            dE_dw = self.gradient(range(start, min(start + at_once, C)), w, found, dE_dw)
        for name, rows in (("w", w), ("last_change", last), ("dE_dw", dE_dw)):
            for p in parameters:
                on.store(rows[p], name, p)
        self.events(found)

    def change(
        self, w: list[Name], last: list[Name], dE_dw: list[Name], c: int | None = None
    ) -> tuple[list[Name], list[Name]]:
        """Print equation 9 and decay, after case c for the seeds that are trained on it; return the new (w, delta)."""
        on, largest, bad = self.on, largest_weights(self.wiring, self.recipe.biases), self.on.load("per", BAD)
        alpha, epsilon, keep, shrink = (on.load("per", row) for row in (ALPHA, EPSILON, KEEP, SHRINK))
        shares = epsilon_shares(self.wiring, self.recipe.epsilon_by)
        counts = on.load("counted", c) if self.held_out and c is not None else None
        moved, deltas = [], []
        for p, w_p in enumerate(w[: self.wiring.n_weights]):
            rate = epsilon if shares[p] == 1 else on.two("fmul", epsilon, on.number(shares[p]))
            delta = on.fma(alpha, last[p], on.line(f"fneg {on.type} {on.two('fmul', rate, dE_dw[p])}"))
            if self.recipe.decay_in != "weights":
                delta = on.fma(on.line(f"fneg {on.type} {shrink}"), w_p, delta)
            new = on.two("fmul", on.two("fadd", w_p, delta), keep)
            if largest[p] < np.inf:
                new = on.smaller(on.number(largest[p]), new)
            if counts is not None:
                delta, new = (on.pick("ogt", counts, on.number(0), *pair) for pair in ((delta, last[p]), (new, w_p)))
            bad = on.fma(new, on.number(0), bad)
            moved.append(new)
            deltas.append(delta)
        for p in range(self.wiring.n_weights, len(w)):
            new = on.fma(on.line(f"fneg {on.type} {on.load('per', OF_GAIN)}"), dE_dw[p], w[p])
            new = new if counts is None else on.pick("ogt", counts, on.number(0), new, w[p])
            bad = on.fma(new, on.number(0), bad)
            moved.append(new)
            deltas.append(last[p])
        on.store(bad, "per", BAD)
        return moved, deltas

    def gradient(
        self, some: Sequence[int], w: list[Name], found: "Found", dE_dw: list[Name] | None = None
    ) -> list[Name]:
        """Print equations 1 to 7 of some cases, and return their dE/dw, added to another."""
        dE_dx, dE_dG = {}, {}
        x, y = self.forward(some, w)
        back = self.backward if self.recipe.procedure == "gradient" else self.wishes
        for c in some:
            dE_dx[c], dE_dG[c] = back(c, y[c], self.error(c, y[c], found), w)
        dE_dw = self.weights(y, dE_dx, dE_dw or [self.on.number(-0.0)] * len(w))
        for j, gain in self.gains.items():
            dE_dw[gain] = self.sum([(dE_dG[c][j], x[c][j]) for c in some], dE_dw[gain])
        return dE_dw

    @property
    def gains(self) -> dict[int, int]:
        """The parameter that is each computed unit's gain; empty for a net without gains."""
        found: dict[int, int] = {}
        for number, level in enumerate(self.wiring.levels if self.wiring.has_gains else []):
            found |= dict.fromkeys(range(level.units.start, level.units.stop), self.wiring.n_weights + number)
        return found

    def forward(
        self, some: Sequence[int], w: list[Name]
    ) -> tuple[dict[int, dict[int, Name]], dict[int, dict[int, Name | float]]]:
        """Print equations 1 and 2 of some cases; return each one's x and y of every unit; the y of inputs are numbers.

        A few units of a level, or cases of a unit, have their logistics together, which a processor computes faster.
        """
        x: dict[int, dict[int, Name]] = {c: {} for c in some}
        y: dict[int, dict[int, Name | float]] = {
            c: {0: 1.0} | dict(enumerate(self.cases.inputs[c].tolist(), start=1)) for c in some
        }
        gains, on = self.gains, self.on
        for level in self.wiring.levels:
            places = [(c, j) for c in some for j in range(level.units.start, level.units.stop)]
            for first in range(0, len(places), TOGETHER):
                few = places[first : first + TOGETHER]
                for c, j in few:
                    terms = [(w[p], y[c][i]) for p, i, target in self.connections if target == j]
                    x[c][j] = self.sum(terms, on.number(-0.0))
                outputs = on.logistics([on.two("fmul", x[c][j], w[gains[j]]) if gains else x[c][j] for c, j in few])
                for (c, j), output in zip(few, outputs, strict=True):
                    y[c][j] = output
        return x, y

    @property
    def connections(self) -> list[tuple[int, int, int]]:
        """(parameter, source, target) of every connection, by target and then by source."""
        wiring = self.wiring
        return sorted(
            zip(wiring.parameter.tolist(), wiring.source.tolist(), wiring.target.tolist(), strict=True),
            key=lambda one: (one[2], one[1]),
        )

    def sum(self, terms: Sequence[tuple[Name, Name | float]], total: Name) -> Name:
        """Print a sum of products; a factor 0 leaves its term out, and 1 needs no product."""
        for a, b in terms:
            if b == 1.0:
                total = a if total == self.on.number(-0.0) else self.on.two("fadd", a, total)
            elif b != 0.0:
                total = self.on.fma(a, b if isinstance(b, str) else self.on.number(b), total)
        return total

    def error(self, c: int, y: dict[int, Name | float], found: "Found") -> dict[int, Name]:
        """Print equations 3 and 4 of one case, and return the dE/dy of each output."""
        on, recipe, of_case = self.on, self.recipe, self.on.number(0)
        dE_dy: dict[int, Name] = {}
        counts = on.load("counted", c) if self.held_out else None
        scale = on.load("per", SCALE)
        for o, unit in enumerate(self.wiring.outputs.tolist()):
            wanted, out = self.cases.desired[c, o] > 0.5, str(y[unit])
            miss = on.two("fsub", out, on.number(recipe.target_on if wanted else recipe.target_off))
            if recipe.dead_zone != "none":
                edge = on.number(recipe.zone_on if wanted else recipe.zone_off)
                miss = on.two("fsub", out, edge) if recipe.dead_zone == "from_edge" else miss
                miss = on.pick("ogt" if wanted else "olt", out, edge, on.number(0), miss)
            miss = miss if counts is None else on.two("fmul", miss, counts)
            of_case = on.fma(on.two("fmul", on.number(0.5), miss), miss, of_case)
            dE_dy[unit] = miss if recipe.error == "sum" else on.two("fmul", miss, scale)
            found.output(out, wanted, counts)
        found.case(of_case, scale)
        return dE_dy

    def backward(
        self, c: int, y: dict[int, Name | float], dE_dy: dict[int, Name], w: list[Name]
    ) -> tuple[dict[int, Name], dict[int, Name]]:
        """Print equations 7 and 5 of one case, and return every unit's dE/dx, with its gain and without."""
        on, gains = self.on, self.gains
        dE_dx: dict[int, Name] = {}
        without: dict[int, Name] = {}
        for i in range(self.wiring.n_units - 1, self.wiring.n_inputs, -1):
            terms = [(w[p], dE_dx[j]) for p, source, j in self.connections if source == i]
            total = self.sum(terms, dE_dy.get(i, on.number(-0.0)))
            without[i] = total
            if i not in dE_dy or self.recipe.output_slope == "kept":
                rest = on.two("fsub", on.number(1), str(y[i]))
                without[i] = on.two("fmul", on.two("fmul", total, str(y[i])), rest)
            dE_dx[i] = on.two("fmul", without[i], w[gains[i]]) if gains else without[i]
        return dE_dx, without

    def wishes(
        self, c: int, y: dict[int, Name | float], miss: dict[int, Name], w: list[Name]
    ) -> tuple[dict[int, Name], dict[int, Name]]:
        """Print the desired states of one case, and return every unit's signal in the place of dE/dx."""
        on = self.on
        one, zero, wish, signal = on.number(1), on.number(0), {}, {}
        wanted = dict(zip(self.wiring.outputs.tolist(), (self.cases.desired[c] > 0.5).tolist(), strict=True))
        counts, scale = on.load("counted", c) if self.held_out else one, on.load("per", SCALE)
        for i in range(self.wiring.n_units - 1, self.wiring.n_inputs, -1):
            if i in wanted:
                wish[i], signal[i] = on.number(1 if wanted[i] else -1), miss[i]
                continue
            terms = [(w[p], wish[j]) for p, source, j in self.connections if source == i]
            total = self.sum(terms, on.number(-0.0))
            size = self.sum([(on.size(a), on.size(b)) for a, b in terms], on.number(-0.0))
            wish[i] = on.pick("ogt", size, zero, on.two("fdiv", total, size), zero)
            missed = on.two("fsub", str(y[i]), on.pick("ogt", wish[i], zero, one, zero))
            signal[i] = on.two("fmul", on.two("fmul", on.two("fmul", missed, on.size(wish[i])), scale), counts)
        return signal, signal

    def weights(
        self, y: dict[int, dict[int, Name | float]], dE_dx: dict[int, dict[int, Name]], dE_dw: list[Name]
    ) -> list[Name]:
        """Print equation 6 of some cases, and return dE/dw with it added."""
        dE_dw = dE_dw.copy()
        for p, i, j in self.connections:
            dE_dw[p] = self.sum([(dE_dx[c][j], y[c][i]) for c in y], dE_dw[p])
        return dE_dw

    def events(self, found: "Found") -> None:
        """Print the events of kernel.happened, and whether there is one: %happened."""
        on, criterion = self.on, CRITERIA[self.recipe.criterion]
        most = criterion.case_error * (len(self.wiring.outputs) if self.recipe.error == "mean" else 1)
        slack = found.beyond(criterion.on, criterion.off)
        if most < np.inf:
            slack = on.smaller(slack, on.two("fsub", on.number(np.nextafter(most, np.inf)), found.worst))
        if criterion.total_error < np.inf:
            scaled = on.two("fmul", on.number(criterion.total_error), on.load("per", SCALE))
            slack = on.smaller(slack, on.two("fsub", scaled, found.E))
        right = found.beyond(0.5, 0.5)
        for value, row in ((found.E, E), (slack, SLACK), (right, RIGHT)):
            on.store(value, "per", row)
        firsts = []
        for value, row in ((slack, LOOKING), (right, LOOKING_RIGHT)):
            waits = on.two("fmul", value, on.load("per", row))
            firsts.append(on.pick("ogt", waits, on.number(0), on.number(1), on.number(0)))
        finite = on.two("fmul", on.number(0), on.two("fadd", found.E, on.load("per", BAD)))
        event = on.two("fadd", on.two("fadd", *firsts), finite)
        on.store(event, "per", EVENT)
        lanes = on.line(f"fcmp une {on.type} {event}, {on.number(0)}")
        bits = on.line(f"bitcast <{on.lanes} x i1> {lanes} to i{on.lanes}")
        on.lines.append(f"%happened = icmp ne i{on.lanes} {bits}, 0")


@dataclass
class Found:
    """The findings of a sweep: E, the least output to be on, the largest to be off, the worst case."""

    on: Lines
    E: Name = ""
    least_on: Name = ""
    most_off: Name = ""
    worst: Name = ""

    def output(self, y: Name, wanted: bool, counts: Name | None) -> None:
        """Print an output; for a seed that is not trained on the case it is out of the way."""
        on = self.on
        if counts is not None:
            away = on.two("fmul", on.number(4), on.two("fsub", on.number(1), counts))
            y = on.two("fadd" if wanted else "fsub", y, away)
        if wanted:
            self.least_on = on.smaller(self.least_on, y) if self.least_on else y
        else:
            self.most_off = on.larger(self.most_off, y) if self.most_off else y

    def case(self, of_case: Name, scale: Name) -> None:
        """Print the E of a case."""
        on = self.on
        self.E = on.fma(of_case, scale, self.E or on.number(0))
        self.worst = on.larger(self.worst, of_case) if self.worst else of_case

    def beyond(self, on_at: float, off_at: float) -> Name:
        """Print a number that is positive where all outputs are above `on_at`, or below `off_at`."""
        on, found = self.on, []
        if self.least_on:
            found.append(on.two("fsub", self.least_on, on.number(on_at)))
        if self.most_off:
            found.append(on.two("fsub", on.number(off_at), self.most_off))
        return on.smaller(*found) if len(found) == 2 else found[0]


def written_out(wiring: Wiring, cases: Cases, recipe: Recipe, held_out: bool, work: int) -> int:
    """Return the address of the compiled sweep of a small network; 0 for one that the kernel's loops are for.

    work: the most sweeps that all seeds may take together. A large program is compiled only for much of it.
    """
    n_logistics = len(cases.inputs) * (wiring.n_units - 1 - wiring.n_inputs)
    of_pass = 3 * products(wiring, cases) + OF_LOGISTIC * n_logistics
    n = of_pass * (2 if recipe.update == "case" else 1)
    if recipe.procedure == "desired_states" and n > MOST_OF_STATES:
        told = "where a sweep is so long (engine=reference takes any)"
        raise BadInput(f"procedure must be gradient {told}, was desired_states")
    n_tiles = len(program(wiring, cases, CASES_AT_ONCE, 1).order) if n > MOST else 0
    is_large = n > MOST and (of_pass > FEW * n_tiles or WORTH[recipe.update] * n > work)
    if is_large and recipe.procedure == "gradient":
        return 0
    return address_of("sweep", text(wiring, cases, tuple(getattr(recipe, name) for name in PRINTED), held_out))


@by_content
def text(wiring: Wiring, cases: Cases, settings: tuple[float | str, ...], held_out: bool) -> str:
    """Return the program of a sweep of all groups, by the values of the settings in PRINTED."""
    recipe: Recipe = Recipe().changed(dict(zip(PRINTED, settings, strict=True)), "recipe")
    on = Lines(recipe.dtype)
    Sweep(wiring, cases, recipe, held_out, on).print_all()
    n = wiring.n_parameters
    rows = {"w": n, "last_change": n, "dE_dw": n, "counted": len(cases.inputs), "per": ROWS_PER}
    return of_all_groups(on, rows)

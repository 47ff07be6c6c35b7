"""The program of a network: which rows to multiply, tile by tile, and when each unit gets its output.

Equations 1, 7 and 6 are sums of products. A *tile* takes together sums that share factors (see tiles.py):

    equation 1   x_jc     of some units j and cases c         sums over sources i    w_ji    times y_ic
    equation 7   dE/dy_ic of some units i and cases c         sums over targets j    w_ji    times dE/dx_jc
    equation 6   dE/dw_ji of some units j and some sources i  sums over cases c      dE/dx_jc times y_ic

Rows of y and of dE/dx: for each input value that occurs, and then for each unit, the cases that are computed at once.
The unit that is always 1 is the first. An input that is the same in all these cases is a source like computed units;
another is taken case by case, and left out where it is 0. Where many cases have the inputs of a unit in common, its sum
begins in each with a row that is computed once, a *start*. The order of each sum is that of arithmetic.py.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from backprop86.engines.groups import ALWAYS_1, Group, groups
from backprop86.engines.recipe import Cases
from backprop86.engines.tiles import FRESH, MOST_A, MOST_OF_ONE, MOST_SOURCES, MOST_UNITS, SLOPED, shape
from backprop86.wiring import Wiring

PRODUCTS, WEIGHTS, LOGISTIC, ERROR, CLEAR, COPY, GAIN, GAIN_BACK = range(8)
"""Codes of operations: tiles of `tiles.products` and of `tiles.weights`; equation 2 of some units; equations 3 and 4;
-0 for units that nothing adds to; starts of sums; and the gain of some units, forward and backward."""
Y_BY_W, DE_DX_BY_W, DE_DW_BY_INPUT = range(3)
"""Kinds of PRODUCTS: equation 1 sums y times w, equation 7 dE/dx times w, equation 6 dE/dx times inputs."""
FIELDS = 11
"""Numbers of an operation: its code, then those that it needs."""


@dataclass
class Program:
    """Operations in order, the numbers they refer to, and where those of each tile of cases begin.

    Tiles have most of their operations in common, and each of these is kept once: it stays in the first cache.
    """

    v: int  # numbers in a row
    at_once: int  # cases
    constant: dict[float, int]  # the first row of each input value
    n_starts: int  # rows of starts; of a net with gains, rows that keep x; of a stream, rows of inputs
    is_stream: bool = False
    ops: dict[tuple[int, ...], int] = field(default_factory=dict)  # each with its place
    order: list[int] = field(default_factory=list)  # their places
    listed: list[int] = field(default_factory=list)
    known: dict[tuple[int, ...], int] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)  # in `order`: of each tile, and of what follows its outputs

    def rows(self, rows: Sequence[int]) -> int:
        """Return the place of a list of rows in `listed`, where they are places of numbers."""
        key = tuple(rows)
        if key not in self.known:
            self.known[key] = len(self.listed)
            self.listed += [row * self.v for row in key]
        return self.known[key]

    def of_unit(self, unit: int) -> int:
        """Return the row of a unit's first case: of the unit that is always 1, or of a computed unit, from 1 on."""
        return (len(self.constant) + unit) * self.at_once + (0 if unit == ALWAYS_1 else self.n_starts)

    def of_start(self, row: int) -> int:
        """Return the row of a start: they stand between the unit that is always 1 and the computed units."""
        return (len(self.constant) + 1) * self.at_once + row

    def gain(self, code: int, first: int, n: int, n_cases: int, gain: int) -> None:
        """Add GAIN or GAIN_BACK of n units from `first` on; their x is kept in the rows of starts, unit by unit."""
        self.add(code, self.of_unit(first), n, n_cases, self.of_start((first - 1) * self.at_once), gain)

    def row_of(self, partner: int, given: list[list[int]]) -> int | None:
        """Return the row of a partner's first case; None for an input that these cases do not have in common."""
        if partner >= ALWAYS_1:
            return self.of_unit(partner)
        if self.is_stream:
            return self.of_start((-partner - 1) * self.at_once)
        first = given[0][-partner - 1]
        return first if first >= 0 and all(values[-partner - 1] == first for values in given) else None

    def add(self, code: int, *numbers: int) -> None:
        """Add an operation."""
        op = (code, *numbers, *[0] * (FIELDS - 1 - len(numbers)))
        self.order.append(self.ops.setdefault(op, len(self.ops) * FIELDS))

    def products(
        self,
        kind: int,
        ways: int,
        out: tuple[Sequence[int], int],
        left: tuple[Sequence[int], Sequence[int]],
        right: tuple[int, Sequence[int]],
        n_cases: int = 1,
    ) -> None:
        """Add `tiles.products`: rows out_a and out, left_a and left_k, right_b and right_k; of so many cases."""
        if not left[1]:
            return
        left_k, right_k, done = self.rows(left[1]), self.rows(right[1]), 0
        while done < n_cases:
            some = [n for n in MOST_A if n <= n_cases - done]
            b = max(some, key=lambda n: n * min(len(out[0]), MOST_A[n]))
            at, begin = (out[1] + done) * self.v, (right[0] + done) * self.v
            for a in parts(len(out[0]), MOST_A[b]):
                out_a, left_a = self.rows(out[0][a]), self.rows(left[0][a])
                number = shape(a.stop - a.start, b)
                self.add(PRODUCTS, kind, number, ways, at, out_a, left_a, begin, left_k, right_k, len(left[1]))
            done += b

    def weights(self, steps: Sequence[Group], some: Sequence[Sequence[int]], given: list[list[int]]) -> None:
        """Add `tiles.weights` for weights that these groups have in common, each from some of its partners."""
        n_units, n_sources, (first, *_) = len(steps[0].units), len(some[0]), steps
        most_a, most_b = (1, MOST_OF_ONE) if n_units == 1 else (MOST_UNITS, MOST_SOURCES)
        begin = [first.own[0] + first.of_partner[k] for k in some[0]]
        for b in parts(n_sources, most_b) if n_sources else ():
            sources = [
                self.row_of(group.partners[k], given) or 0
                for group, of_group in zip(steps, some, strict=True)
                for k in of_group[b]
            ]
            out_b, right_b = self.rows([one - first.own[0] for one in begin[b]]), self.rows(sources)
            for a in parts(n_units, most_a):
                number = shape(a.stop - a.start, b.stop - b.start)
                left = self.rows([self.of_unit(unit) for group in steps for unit in group.units[a]])
                self.add(WEIGHTS, number, self.rows(first.own[a]), out_b, left, right_b, len(given), len(steps))


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first of each run of neighbours in rising numbers, and how many there are."""
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        (_, first), *others = run
        yield first, 1 + len(others)


def parts(n: int, most: int) -> Iterator[slice]:
    """Yield slices of n of nearly equal length, none longer than `most`."""
    ends = np.linspace(0, n, -(-n // most) + 1).round().astype(int).tolist()
    yield from (slice(*pair) for pair in pairwise(ends))


def by_content(make: Callable[..., Any]) -> Callable[..., Any]:
    """Remember the last results of a function of a wiring, cases and settings, by all that these hold."""
    made: dict[tuple[Any, ...], Any] = {}

    @wraps(make)
    def remembered(wiring: Wiring, cases: Cases, *settings: Any) -> Any:
        arrays = (wiring.source, wiring.target, wiring.parameter, wiring.outputs, cases.inputs, cases.desired)
        key = (wiring.n_inputs, wiring.has_gains, settings, *((array.shape, array.tobytes()) for array in arrays))
        if key not in made:
            if len(made) == MOST_REMEMBERED:
                made.pop(next(iter(made)))
            made[key] = make(wiring, cases, *settings)
        return made[key]

    return remembered


MOST_REMEMBERED = 32


class Starts:
    """The starts of sums: what a group's inputs, and the unit that is always 1, add where their values are the same.

    Steps of a recurrent net that have weights and values in common have a start in common. The units of a group that
    nothing else feeds have their outputs there.
    """

    def __init__(self, forward: list[Group], cases: Cases) -> None:
        """Find the groups for which there are at most half as many starts as cases."""
        self.rows: dict[int, list[int]] = {}  # by group, of each case: the first unit's
        self.known: dict[tuple[Any, ...], int] = {}
        self.n_rows = 0
        for number, group in enumerate(forward):
            given = [-partner - 1 for partner in group.partners[: group.n_given]]
            values = [tuple(1.0 if i < 0 else row[i] for i in given) for row in cases.inputs.tolist()]
            if 1 < len({*values}) <= len(values) / 2:
                self.rows[number] = [self._row(group, some) for some in values]

    def _row(self, group: Group, values: tuple[float, ...]) -> int:
        there = tuple((of, value) for of, value in zip(group.of_partner, values, strict=False) if value)
        key = (tuple(group.own), group.is_given, there)
        if key not in self.known:
            self.known[key] = self.n_rows
            self.n_rows += len(group.own)
        return self.known[key]

    def add_to(self, made: Program) -> None:
        """Add the operations that compute all starts."""
        whole: list[int] = []
        for (own, is_whole, there), row in self.known.items():
            out = [made.of_start(row) + k for k in range(len(own))]
            of_weight = [of for of, _ in there]
            sources = [made.of_unit(ALWAYS_1) if value == 1.0 else made.constant[value] for _, value in there]
            made.products(Y_BY_W, FRESH, (out, 0), (own, of_weight), (0, sources))
            if not there:
                made.add(CLEAR, 0, out[0] * made.v, 1, len(out))
            whole += out if is_whole else []
        for first, n in runs(whole):
            made.add(LOGISTIC, first, 1, n)


@by_content
def program(wiring: Wiring, cases: Cases, at_once: int, v: int, is_stream: bool = False) -> Program:
    """Return the program of a network with its cases taken `at_once` at a time; a row has v numbers.

    Of a stream it is that of any block: cases say only how many there are.
    """
    C = len(cases.inputs)
    forward, backward = groups(wiring, forward=True), groups(wiring, forward=False)
    starts = Starts(forward if at_once > 1 and not wiring.has_gains and not is_stream else [], cases)
    at_once, n_computed = min(at_once, C), wiring.n_units - 1 - wiring.n_inputs
    n_rows = n_computed * at_once if wiring.has_gains else wiring.n_inputs * at_once if is_stream else starts.n_rows
    made = Program(v, at_once, constant_rows(cases, at_once), n_rows, is_stream)
    levels = gains(wiring)
    inputs = [[made.constant.get(value, -1) for value in row] for row in cases.inputs.tolist()]
    for start in range(0, C, at_once):
        given = inputs[start : start + at_once]
        made.starts.append(len(made.order))
        if start == 0:
            starts.add_to(made)
        for _, some in groupby(enumerate(forward), key=lambda one: one[1].level):
            summed: list[int] = []
            for number, group in some:
                if number in starts.rows:
                    _forward_from(made, group, starts.rows[number][start : start + at_once])
                else:
                    _forward(made, group, given, levels)
                summed += [] if number in starts.rows and group.is_given else group.units
            for first, n in runs(summed):
                made.add(LOGISTIC, made.of_unit(first), n, len(given))
        made.starts.append(len(made.order))
        made.add(ERROR, start, len(given))
        for group in reversed(backward):
            _backward(made, group, len(given))
            if (level := levels.get(group.units[0])) and level[0] == group.units[0]:
                made.gain(GAIN_BACK, level[0], level[1], len(given), level[2])
        _weights(made, forward, given)
    made.starts.append(len(made.order))
    return made


def gains(wiring: Wiring) -> dict[int, tuple[int, int, int]]:
    """Return by unit the first unit of its level, how many units that has, and its gain; nothing without gains."""
    found: dict[int, tuple[int, int, int]] = {}
    for number, level in enumerate(wiring.levels if wiring.has_gains else []):
        first, n = level.units.start - wiring.n_inputs, level.units.stop - level.units.start
        found |= dict.fromkeys(range(first, first + n), (first, n, wiring.n_weights + number))
    return found


def _forward(made: Program, group: Group, given: list[list[int]], levels: Mapping[int, tuple[int, int, int]]) -> None:
    """Add equation 1 of a group: runs of sources that all cases have together, others case by case."""
    out, ways = [made.of_unit(unit) for unit in group.units], FRESH
    rows = [made.row_of(partner, given) for partner in group.partners]
    for is_common, run in groupby(range(len(rows)), key=lambda k: rows[k] is not None):
        some = list(run)
        if is_common:
            of_weight, sources = [group.of_partner[k] for k in some], [rows[k] or 0 for k in some]
            made.products(Y_BY_W, ways, (out, 0), (group.own, of_weight), (0, sources), len(given))
        for c, values in enumerate([] if is_common else given):
            row_of = {k: values[-group.partners[k] - 1] for k in some}
            there = [k for k in some if row_of[k] >= 0]
            of_weight, sources = [group.of_partner[k] for k in there], [row_of[k] for k in there]
            made.products(Y_BY_W, ways, (out, c), (group.own, of_weight), (0, sources))
            if ways == FRESH and not there:
                made.add(CLEAR, 0, (out[0] + c) * made.v, len(out), 1)
        ways = 0
    if levels:
        made.gain(GAIN, group.units[0], len(out), len(given), levels[group.units[0]][2])


def _forward_from(made: Program, group: Group, starts: Sequence[int]) -> None:
    """Add equation 1 of a group whose sums have begun, for each case in one of these rows and the next ones."""
    out, computed = [made.of_unit(unit) for unit in group.units], group.n_given
    made.add(COPY, out[0] * made.v, len(out), len(starts), made.rows([made.of_start(row) for row in starts]))
    if not group.is_given:
        sources = [made.of_unit(partner) for partner in group.partners[computed:]]
        made.products(Y_BY_W, 0, (out, 0), (group.own, group.of_partner[computed:]), (0, sources), len(starts))


def _backward(made: Program, group: Group, n_cases: int) -> None:
    """Add equations 7 and 5 of a group."""
    out, targets = [made.of_unit(unit) for unit in group.units], [made.of_unit(unit) for unit in group.partners]
    ways = SLOPED if group.is_output else FRESH | SLOPED
    made.products(DE_DX_BY_W, ways, (out, 0), (group.own, group.of_partner), (0, targets), n_cases)
    if not targets and not group.is_output:
        made.add(CLEAR, 1, out[0] * made.v, len(out), n_cases)


def _weights(made: Program, forward: list[Group], given: list[list[int]]) -> None:
    """Add equation 6: a source that all cases have adds all, an input adds those in which it is not 0.

    Connections of one weight are taken in turn; weights that the steps of a recurrent net have in common, together.
    """
    together: dict[tuple[int, ...], list[tuple[int, int]]] = {}  # by weights: the groups that have them, and where
    for number, group in enumerate(forward):
        for k, of in enumerate(group.of_partner):
            together.setdefault(tuple(own + of for own in group.own), []).append((number, k))
    by_input = {
        weights
        for weights, places in together.items()
        if any(made.row_of(forward[number].partners[k], given) is None for number, k in places)
    }
    times = Counter(one for weights in together for one in weights)
    bundles: dict[tuple[int, ...], list[list[int]]] = {}
    for weights, places in together.items():
        numbers = tuple(number for number, _ in places)
        alone = all(times[one] == 1 for one in weights) and len({*numbers}) == len(numbers)
        if alone and weights not in by_input:
            for of_group, (_, k) in zip(bundles.setdefault(numbers, [[] for _ in numbers]), places, strict=True):
                of_group.append(k)
    pairs = [pair for numbers, some in bundles.items() for pair in zip(numbers, some, strict=True)]
    done = {(number, k) for number, of_group in pairs for k in of_group}
    for number, group in enumerate(forward):
        for k, partner in enumerate(group.partners):
            if (number, k) in done:
                continue
            if made.row_of(partner, given) is not None:
                made.weights([group], [[k]], given)
                continue
            there = [c for c, values in enumerate(given) if values[-partner - 1] >= 0]
            units, rows = [made.of_unit(unit) for unit in group.units], [given[c][-partner - 1] for c in there]
            made.products(DE_DW_BY_INPUT, 0, (group.own, group.of_partner[k]), (units, there), (0, rows))
    for numbers, some in bundles.items():
        made.weights([forward[number] for number in numbers], some, given)


def products(wiring: Wiring, cases: Cases) -> int:
    """Return the products of equation 1 in one sweep, those with inputs that are 0 left out; equation 6 has as many."""
    C, computed = len(cases.inputs), wiring.source > wiring.n_inputs
    not_zero = np.concatenate([[C], np.count_nonzero(cases.inputs, axis=0)])  # cases; of the unit that is always 1 all
    return int(C * computed.sum() + not_zero[wiring.source[~computed]].sum())


def constant_rows(cases: Cases, at_once: int) -> dict[float, int]:
    """Return the first of the `at_once` rows of each value, other than 0, that inputs have."""
    values = sorted({*cases.inputs.ravel().tolist()} - {0.0})
    return {value: k * at_once for k, value in enumerate(values)}

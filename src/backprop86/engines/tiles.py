"""Sums of products of rows, a tile of them at a time, with every sum in a register.

A tile has a sum for each of some a and of some b. A number that is loaded serves all sums of its a, or of its b, so
that the processor multiplies instead of loading. Each shape of a tile is compiled to code of its own.
"""

from collections.abc import Callable, Iterator
from functools import cache

from llvmlite import ir
from numba import types

from backprop86.engines.machine import address_of
from backprop86.engines.vectors import BYTES, VectorType, emit_fma

FRESH, SLOPED = 1, 2
"""Ways to begin and to end sums: from -0 instead of the number that is there; times y (1 - y), equation 5."""
SUMS = 24 if BYTES == 64 else 12
"""The most sums of a tile: with their factors they fit into the 32, or 16, registers."""
MOST_A = {8: 3, 4: 6, 2: 8, 1: 16} if SUMS == 24 else {4: 3, 2: 6, 1: 12, 8: 1}
"""The most a of a tile of `products` by its number of cases b."""
MOST_UNITS, MOST_SOURCES = (4, 6) if SUMS == 24 else (3, 4)
"""The largest tile of `weights` for several units."""
MOST_OF_ONE = 20 if SUMS == 24 else 7
"""The most sources of a tile of `weights` for one unit, whose cases take registers too."""
UNROLLED = 8
"""The number of cases that are added without a loop."""
Emitted = list[ir.Value]


def shape(a: int, b: int) -> int:
    """Return the number of a shape."""
    return 32 * a + b


def products_at(dtype: str) -> int:
    """Return the address of the compiled `products` of rows of a dtype."""
    return _address("products", dtype, products)


def weights_at(dtype: str) -> int:
    """Return the address of the compiled `weights` of rows of a dtype."""
    return _address("weights", dtype, weights)


@cache
def _address(name: str, dtype: str, emit: Callable[["_Rows", Emitted], None]) -> int:
    """Compile a function of an operation (see program.py), total, left, right, y, and the numbers that it refers to."""
    rows, number = VectorType(getattr(types, dtype)), ir.IntType(32).as_pointer()
    module, values = ir.Module(), rows.number.as_pointer()
    kinds = [number, values, values, values, values, number]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    builder = ir.IRBuilder(function.append_basic_block())
    emit(_Rows(builder, rows, *(function.args[k] for k in (0, 5))), list(function.args[1:5]))
    builder.ret_void()
    return address_of(name, str(module))


def products(rows: "_Rows", arrays: Emitted) -> None:
    """Set, or add to, the sums of units a and cases b: equations 1 and 7; and, with one b, 6 for weights from inputs.

    Sum (a, b) is in row `out + out_a[a] + b` of total, and takes rows `left[left_a[a] + left_k[k]]` times
    `right[right_b + right_k[k] + b]` for k from 0 to n - 1. Rows are places of numbers.
    """
    builder, (total, left, right, y) = rows.builder, arrays
    number, ways, out, out_a, left_a, right_b, left_k, right_k, n = (rows.of_op(k) for k in range(2, 11))
    fresh, sloped = (_bit(builder, ways, bit) for bit in (FRESH, SLOPED))
    for a, b in _each(builder, number, [(a, b) for b, most in MOST_A.items() for a in range(1, most + 1)]):
        places = [builder.add(out, rows.listed(out_a, k)) for k in range(a)]
        lefts, start = rows.starts(left, left_a, a), builder.gep(right, [right_b])
        begins = [(builder.block, [rows.constant(-0.0)] * (a * b))]
        outs = [(place, k) for place in places for k in range(b)]
        with builder.if_then(builder.not_(fresh)):
            begins.append((builder.block, [rows.load(total, *one) for one in outs]))

        def add(k: ir.Value, sums: Emitted, b: int = b, lefts: Emitted = lefts, start: ir.Value = start) -> Emitted:
            of_left, of_right = rows.listed(left_k, k), rows.listed(right_k, k)
            x = [rows.load(pointer, of_left) for pointer in lefts]
            for m in range(b):
                sums = rows.added(sums, x, rows.load(start, of_right, m), m)
            return sums

        sums = _loop(builder, n, _merged(builder, begins), add)
        begins = [(builder.block, sums)]
        with builder.if_then(sloped):
            dE_dx = [rows.sloped(one, rows.load(y, *at)) for one, at in zip(sums, outs, strict=True)]
            begins.append((builder.block, dE_dx))
        for one, at in zip(_merged(builder, begins), outs, strict=True):
            rows.store(one, total, *at)


def weights(rows: "_Rows", arrays: Emitted) -> None:
    """Add to the sums of units a and sources b: equation 6, over the n cases of a tile, and over steps that share them.

    Sum (a, b) is in row `out_a[a] + out_b[b]` of total, and takes at step t rows `left[t, a] + c` of left times
    `right[t, b] + c` of right for each case c. Rows are places of numbers.
    """
    builder, (total, left, right, _) = rows.builder, arrays
    number, out_a, out_b, left_a, right_b, n, steps = (rows.of_op(k) for k in range(1, 8))
    shapes = [(a, b) for a in range(2, MOST_UNITS + 1) for b in range(1, MOST_SOURCES + 1)]
    for a, b in _each(builder, number, shapes + [(1, b) for b in range(1, MOST_OF_ONE + 1)]):
        of_b = [rows.listed(out_b, k) for k in range(b)]
        outs = [(start, k) for start in rows.starts(total, out_a, a) for k in of_b]

        def step(t: ir.Value, sums: Emitted, a: int = a, b: int = b) -> Emitted:
            lefts = rows.starts(left, builder.add(left_a, builder.mul(t, whole(a))), a)
            rights = rows.starts(right, builder.add(right_b, builder.mul(t, whole(b))), b)

            def add(c: ir.Value, sums: Emitted) -> Emitted:
                at = builder.mul(c, whole(rows.vector.lanes))
                x = [rows.load(pointer, at) for pointer in lefts]
                for m, pointer in enumerate(rights):
                    sums = rows.added(sums, x, rows.load(pointer, at), m)
                return sums

            with builder.if_else(builder.icmp_signed("==", n, whole(UNROLLED))) as (all_cases, some):
                with all_cases:
                    unrolled = list(sums)
                    if a == 1:  # a pointer to the source then serves all cases
                        x = [rows.load(lefts[0], whole(c * rows.vector.lanes)) for c in range(UNROLLED)]
                        for m, pointer in enumerate(rights):
                            for c in range(UNROLLED):
                                y = rows.load(pointer, whole(c * rows.vector.lanes))
                                unrolled = rows.added(unrolled, x[c : c + 1], y, m)
                    else:
                        for c in range(UNROLLED):
                            unrolled = add(whole(c), unrolled)
                    begins = [(builder.block, unrolled)]
                with some:
                    looped = _loop(builder, n, sums, add)
                    begins.append((builder.block, looped))
            return _merged(builder, begins)

        sums = _loop(builder, steps, [rows.load(*one) for one in outs], step)
        for one, at in zip(sums, outs, strict=True):
            rows.store(one, *at)


def whole(n: int) -> ir.Constant:
    """Return a whole number."""
    return ir.Constant(ir.IntType(64), n)


class _Rows:
    """Emit loads, stores and arithmetic of rows; `op` is the operation, `index` the numbers that it refers to."""

    def __init__(self, builder: ir.IRBuilder, vector: VectorType, op: ir.Value, index: ir.Value) -> None:
        self.builder, self.vector, self.op, self.index = builder, vector, op, index

    def of_op(self, k: int) -> ir.Value:
        """Emit number k of the operation."""
        return self.builder.sext(self.builder.load(self.builder.gep(self.op, [whole(k)])), ir.IntType(64))

    def constant(self, number: float) -> ir.Value:
        return ir.Constant(self.vector.llvm, [number] * self.vector.lanes)

    def listed(self, place: ir.Value, k: ir.Value | int) -> ir.Value:
        """Emit entry k of the list at a place."""
        at = self.builder.add(place, k if isinstance(k, ir.Value) else whole(k))
        return self.builder.sext(self.builder.load(self.builder.gep(self.index, [at])), ir.IntType(64))

    def starts(self, pointer: ir.Value, places: ir.Value, n: int) -> Emitted:
        """Emit the pointers to n listed rows."""
        return [self.builder.gep(pointer, [self.listed(places, k)]) for k in range(n)]

    def _at(self, pointer: ir.Value, place: ir.Value, further: int) -> ir.Value:
        pointer = self.builder.gep(pointer, [place])
        if further:
            pointer = self.builder.gep(pointer, [whole(further * self.vector.lanes)])
        return self.builder.bitcast(pointer, self.vector.llvm.as_pointer())

    def load(self, pointer: ir.Value, place: ir.Value, further: int = 0) -> ir.Value:
        """Emit the row at a place, or `further` rows after it."""
        return self.builder.load(self._at(pointer, place, further), align=BYTES)

    def store(self, row: ir.Value, pointer: ir.Value, place: ir.Value, further: int = 0) -> None:
        self.builder.store(row, self._at(pointer, place, further), align=BYTES)

    def added(self, sums: Emitted, x: Emitted, y: ir.Value, m: int) -> Emitted:
        """Emit the sums with the products of each x and y number m added.

        Each y is loaded when it is needed: where all were loaded first, LLVM would run out of registers.
        """
        found, b = sums.copy(), len(sums) // len(x)
        for a, one in enumerate(x):
            found[a * b + m] = emit_fma(self.builder, self.vector.llvm, one, y, sums[a * b + m])
        return found

    def sloped(self, dE_dy: ir.Value, y: ir.Value) -> ir.Value:
        """Emit (dE/dy y) (1 - y)."""
        return self.builder.fmul(self.builder.fmul(dE_dy, y), self.builder.fsub(self.constant(1.0), y))


def _bit(builder: ir.IRBuilder, ways: ir.Value, bit: int) -> ir.Value:
    return builder.icmp_signed("!=", builder.and_(ways, whole(bit)), whole(0))


def _each(builder: ir.IRBuilder, number: ir.Value, shapes: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield each shape with the builder at code that runs for that shape alone."""
    end = builder.append_basic_block("end")
    choose = builder.switch(number, end)
    for a, b in shapes:
        block = builder.append_basic_block(f"tile_{a}_{b}")
        choose.add_case(whole(shape(a, b)), block)
        builder.position_at_end(block)
        yield a, b
        builder.branch(end)
    builder.position_at_end(end)


def _merged(builder: ir.IRBuilder, begins: list[tuple[ir.Block, Emitted]]) -> Emitted:
    """Emit rows that are those of whichever block came before."""
    found = [builder.phi(one.type) for one in begins[0][1]]
    for block, rows in begins:
        for phi, one in zip(found, rows, strict=True):
            phi.add_incoming(one, block)
    return found


def _loop(builder: ir.IRBuilder, n: ir.Value, begin: Emitted, body: Callable[[ir.Value, Emitted], Emitted]) -> Emitted:
    """Emit a loop over k from 0 to n - 1, at least one, and return the rows in the end."""
    before, loop, after = builder.block, builder.append_basic_block("products"), builder.append_basic_block("sums")
    builder.branch(loop)
    builder.position_at_end(loop)
    k, rows = builder.phi(ir.IntType(64)), [builder.phi(one.type) for one in begin]
    found = body(k, rows)
    k_next = builder.add(k, whole(1))
    for phi, first, then in zip([k, *rows], [whole(0), *begin], [k_next, *found], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(then, builder.block)
    builder.cbranch(builder.icmp_signed("<", k_next, n), loop, after)
    builder.position_at_end(after)
    return found

"""The vocabulary of compiled code: a decorator, plain pointers, and vectors of several seeds in one register.

    w = pointer(array)              # no shape, no count of references: the array must outlive it
    item(w, k), put(w, k, value)    # one number
    x = load(w, k)                  # as many numbers as a vector holds, from place k on
    store(w, k, fma(x, y, 2.0 - x))

+ - * / and `fma`, `smaller`, `where_positive` work lane by lane and round as arithmetic.py says: nothing is fused or
reordered but by name. They are needed because LLVM by itself vectorises no loop over as many rows as a network has.
"""

import operator

from llvmlite import binding, ir
from numba import config, types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic, models, overload, register_model

from backprop86.engines.arithmetic import LARGEST, LN_2, LN_2_REST, LOG2_E, SHIFT, TAYLOR

PROCESSOR = config.CPU_NAME or binding.get_host_cpu_name()  # type: ignore[attr-defined]
HOST = binding.get_host_cpu_features().flatten()
FEATURES = HOST if config.CPU_FEATURES is None else config.CPU_FEATURES  # type: ignore[attr-defined]
BYTES = 64 if "+avx512f" in FEATURES.split(",") else 32
"""The width of a vector: that of a register. No row of results depends on it."""


class VectorType(types.Type):
    """The type of a vector, for numba."""

    def __init__(self, dtype: types.Float, lanes: int | None = None) -> None:
        """Make a vector of `lanes` lanes, or of the number that fits in BYTES."""
        self.dtype, self.lanes = dtype, lanes or BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Vector({dtype}, {self.lanes})")

    @property
    def number(self) -> ir.Type:
        """Return LLVM's type of one number."""
        return ir.DoubleType() if self.dtype == types.float64 else ir.FloatType()

    @property
    def llvm(self) -> ir.VectorType:
        """Return LLVM's type of the vector."""
        return ir.VectorType(self.number, self.lanes)


@register_model(VectorType)
class _Model(models.PrimitiveModel):
    def __init__(self, dmm, fe_type) -> None:
        super().__init__(dmm, fe_type, fe_type.llvm)


@intrinsic
def pointer(typingctx, array):
    """Return the place where a contiguous array begins."""

    def code(context, builder, signature, values):
        return context.make_array(array)(context, builder, values[0]).data

    return types.CPointer(array.dtype)(array), code


@intrinsic
def item(typingctx, start, k):
    """Return the number at place k."""

    def code(context, builder, signature, values):
        return builder.load(_place(context, builder, signature, values))

    return start.dtype(start, k), code


@intrinsic
def put(typingctx, start, k, value):
    """Make `value` the number at place k."""

    def code(context, builder, signature, values):
        number = context.cast(builder, values[2], value, start.dtype)
        builder.store(number, _place(context, builder, signature, values))
        return context.get_dummy_value()

    return types.none(start, k, value), code


@intrinsic
def load(typingctx, start, k):
    """Return the vector from place k on."""
    vector = VectorType(start.dtype)

    def code(context, builder, signature, values):
        place = _place(context, builder, signature, values)
        return builder.load(builder.bitcast(place, vector.llvm.as_pointer()), align=start.dtype.bitwidth // 8)

    return vector(start, k), code


@intrinsic
def store(typingctx, start, k, vector):
    """Put a vector at place k and those that follow."""

    def code(context, builder, signature, values):
        place = _place(context, builder, signature, values)
        place = builder.bitcast(place, vector.llvm.as_pointer())
        builder.store(values[2], place, align=vector.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(start, k, vector), code


def _place(context, builder, signature, values):
    return builder.gep(values[0], [context.cast(builder, values[1], signature.args[1], types.intp)])


@intrinsic
def further(typingctx, start, k):
    """Return the pointer to place k."""
    return start(start, k), _place


@intrinsic
def any_not_zero(typingctx, vector):
    """Return whether a lane is not 0, or NaN."""

    def code(context, builder, signature, values):
        found = builder.fcmp_unordered("!=", values[0], ir.Constant(vector.llvm, [0.0] * vector.lanes))
        bits = builder.bitcast(found, ir.IntType(vector.lanes))
        return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    return types.boolean(vector), code


@intrinsic
def run(typingctx, address, op, total, left, right, y, listed):
    """Run the code at an address, one of those of tiles.py."""
    arguments = (op, total, left, right, y, listed)

    def code(context, builder, signature, values):
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values[1:]])
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])
        return context.get_dummy_value()

    return types.none(types.int64, *arguments), code


@intrinsic
def call(typingctx, address, w, last_change, dE_dw, counted, per, groups):
    """Call the code at an address with five arrays of some groups; return whether it says that something happened."""
    arrays = (w, last_change, dE_dw, counted, per, groups)

    def code(context, builder, signature, values):
        kind = ir.FunctionType(ir.IntType(1), [value.type for value in values[1:]])
        function = builder.inttoptr(values[0], kind.as_pointer())
        return builder.call(function, values[1:])

    return types.boolean(types.int64, *arrays), code


@intrinsic
def width(typingctx, start):
    """Return the number of lanes of a vector, known when it is compiled."""
    lanes = VectorType(start.dtype).lanes
    return types.intp(start), lambda context, builder, signature, values: ir.Constant(ir.IntType(64), lanes)


@intrinsic
def fill(typingctx, start, value):
    """Return a vector with one value in all lanes."""
    vector = VectorType(start.dtype)

    def code(context, builder, signature, values):
        return _splat(context, builder, values[1], signature.args[1], vector)

    return vector(start, value), code


def _operation(emit):
    """Return an intrinsic on two operands, of which one may be a number."""

    @intrinsic
    def operation(typingctx, a, b):
        vector = a if isinstance(a, VectorType) else b

        def code(context, builder, signature, values):
            pair = [
                _splat(context, builder, value, kind, vector)
                for value, kind in zip(values, signature.args, strict=True)
            ]
            return emit(builder, *pair)

        return vector(a, b), code

    return operation


def _splat(context, builder, value, kind, vector):
    if isinstance(kind, VectorType):
        return value
    number = context.cast(builder, value, kind, vector.dtype)
    one = builder.insert_element(ir.Constant(vector.llvm, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.lanes), [0] * vector.lanes)
    return builder.shuffle_vector(one, ir.Constant(vector.llvm, ir.Undefined), zeros)


smaller = _operation(lambda builder, a, b: builder.select(builder.fcmp_ordered("<", a, b), a, b))
"""The smaller of two, lane by lane; the second if either is NaN."""
larger = _operation(lambda builder, a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))
"""The larger of two, lane by lane; the second if either is NaN."""


@intrinsic
def fma(typingctx, a, b, c):
    """Return a b + c, rounded once: of three vectors, or of vectors and numbers."""
    vector = next(kind for kind in (a, b, c) if isinstance(kind, VectorType))

    def code(context, builder, signature, values):
        three = [_splat(context, builder, v, k, vector) for v, k in zip(values, signature.args, strict=True)]
        return emit_fma(builder, vector.llvm, *three)

    return vector(a, b, c), code


def emit_fma(builder, llvm, a, b, c):
    """Emit a b + c, rounded once, of values of one LLVM type."""
    number = llvm.element if isinstance(llvm, ir.VectorType) else llvm
    name = number.intrinsic_name if number is llvm else f"v{llvm.count}{number.intrinsic_name}"
    function = get_or_insert_function(builder.module, ir.FunctionType(llvm, [llvm] * 3), f"llvm.fma.{name}")
    return builder.call(function, [a, b, c])


@intrinsic
def fma_of_numbers(typingctx, a, b, c):
    """Return a b + c, rounded once, of three float64."""

    def code(context, builder, signature, values):
        return emit_fma(builder, ir.DoubleType(), *values)

    return types.float64(a, b, c), code


def _logistics(n):
    """Return an intrinsic that replaces n vectors from place k on by their logistic, equation 2."""

    @intrinsic
    def replace(typingctx, start, k):
        vector = VectorType(start.dtype)

        def code(context, builder, signature, values):
            begin = _place(context, builder, signature, values)
            rows = builder.bitcast(begin, vector.llvm.as_pointer())
            places = [builder.gep(rows, [ir.Constant(ir.IntType(64), m)]) for m in range(n)]
            x = [builder.load(place, align=start.dtype.bitwidth // 8) for place in places]
            for y, place in zip(emit_logistics(builder, vector, x), places, strict=True):
                builder.store(y, place, align=start.dtype.bitwidth // 8)
            return context.get_dummy_value()

        return types.none(start, k), code

    return replace


TOGETHER = 4
"""The number of logistics that are computed together, step by step: with one alone a processor waits for each step."""
logistic, logistics = _logistics(1), _logistics(TOGETHER)


def emit_logistics(builder, vector, x):
    """Emit y = 1 / (1 + e^-x) of each of some vectors, as arithmetic.py computes it, each step of all in turn."""
    llvm, name, bits = vector.llvm, vector.dtype.name, vector.dtype.bitwidth
    log2_e, shift, ln_2, rest, least, most, one = (
        ir.Constant(llvm, [number] * vector.lanes)
        for number in (LOG2_E, SHIFT[name], -LN_2[name], -LN_2_REST[name], -LARGEST[name], LARGEST[name], 1.0)
    )
    z = [builder.fneg(a) for a in x]
    z = [builder.select(builder.fcmp_ordered(">", least, a), least, a) for a in z]  # in this order NaN stays NaN
    z = [builder.select(builder.fcmp_ordered("<", most, a), most, a) for a in z]
    shifted = [emit_fma(builder, llvm, a, log2_e, shift) for a in z]
    k = [builder.fsub(a, shift) for a in shifted]
    r = [emit_fma(builder, llvm, a, ln_2, b) for a, b in zip(k, z, strict=True)]
    r = [emit_fma(builder, llvm, a, rest, b) for a, b in zip(k, r, strict=True)]
    first, *others = (ir.Constant(llvm, [number] * vector.lanes) for number in TAYLOR[name])
    p = [first] * len(x)
    for coefficient in others:
        p = [emit_fma(builder, llvm, a, b, coefficient) for a, b in zip(p, r, strict=True)]
    whole = ir.VectorType(ir.IntType(bits), vector.lanes)
    fraction = ir.Constant(whole, [FRACTION[bits]] * vector.lanes)
    twos = [builder.shl(builder.bitcast(a, whole), fraction) for a in shifted]  # the last bits are those of k
    e = [builder.add(builder.bitcast(a, whole), b) for a, b in zip(p, twos, strict=True)]
    return [builder.fdiv(one, builder.fadd(one, builder.bitcast(a, llvm))) for a in e]


FRACTION = {64: 52, 32: 23}
"""The bits of a number, by the bits that it has, that do not belong to its exponent and its sign."""


@intrinsic
def where_positive(typingctx, test, yes, no):
    """Return `yes` in the lanes where test > 0, `no` in the others."""

    def code(context, builder, signature, values):
        zero = ir.Constant(test.llvm, [0.0] * test.lanes)
        pair = [_splat(context, builder, v, k, test) for v, k in zip(values[1:], signature.args[1:], strict=True)]
        return builder.select(builder.fcmp_ordered(">", values[0], zero), *pair)

    return test(test, yes, no), code


def _overload(function, name):
    operation = _operation(lambda builder, a, b: getattr(builder, name)(a, b))

    @overload(function)
    def typed(a, b):
        if isinstance(a, VectorType) or isinstance(b, VectorType):
            return lambda a, b: operation(a, b)
        return None


@intrinsic
def _negative(typingctx, a):
    return a(a), lambda context, builder, signature, values: builder.fneg(values[0])


@overload(operator.neg)
def _neg(a):
    return (lambda a: _negative(a)) if isinstance(a, VectorType) else None


for _function, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _overload(_function, _name)

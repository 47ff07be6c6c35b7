"""The vocabulary of compiled code: a decorator, plain pointers, and vectors of eight seeds in one register.

    w = pointer(array)              # no shape, no count of references: the array must outlive it
    item(w, k), put(w, k, value)    # one number
    x = load(w, k)                  # as many numbers as a vector holds, from place k on
    store(w, k, 2.0 * x + y)

+ - * / and `smaller`, `where_positive` work lane by lane, on 8 float64 or 16 float32. They are needed because LLVM by
itself vectorises no loop over as many rows as a network has.
"""

import hashlib
import operator
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import ir
from numba import config, njit, types
from numba.extending import intrinsic, models, overload, register_model

BYTES = 64
"""The width of a vector."""
SOURCES = ("vectors.py", "kernel.py", "lanes.py")


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call, and keep that between processes until one of SOURCES changes."""
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join((here / name).read_bytes() for name in SOURCES)).hexdigest()[:16]
    folder = here / "__pycache__" if os.access(here, os.W_OK) else Path.home() / ".cache" / "backprop86"
    before = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = str(folder / digest)  # type: ignore[attr-defined]  # numba would look at one file only
    try:
        return njit(fastmath={"contract"}, error_model="numpy", nogil=True, cache=True)(function)
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


class VectorType(types.Type):
    """The type of a vector of `dtype`, for numba."""

    def __init__(self, dtype: types.Float) -> None:
        """Make a vector of as many lanes as fit in BYTES."""
        self.dtype, self.lanes = dtype, BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Vector({dtype}, {self.lanes})")

    @property
    def llvm(self) -> ir.VectorType:
        """Return LLVM's type of a vector."""
        return ir.VectorType(ir.DoubleType() if self.dtype == types.float64 else ir.FloatType(), self.lanes)


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


def _contract(name):
    return lambda builder, a, b: getattr(builder, name)(a, b, flags=("contract",))


smaller = _operation(lambda builder, a, b: builder.select(builder.fcmp_ordered("<", a, b), a, b))
"""The smaller of two, lane by lane; the second if either is NaN."""


@intrinsic
def where_positive(typingctx, test, yes, no):
    """Return `yes` in the lanes where test > 0, `no` in the others."""

    def code(context, builder, signature, values):
        zero = ir.Constant(test.llvm, [0.0] * test.lanes)
        pair = [_splat(context, builder, v, k, test) for v, k in zip(values[1:], signature.args[1:], strict=True)]
        return builder.select(builder.fcmp_ordered(">", values[0], zero), *pair)

    return test(test, yes, no), code


def _overload(function, name):
    operation = _operation(_contract(name))

    @overload(function)
    def typed(a, b):
        if isinstance(a, VectorType) or isinstance(b, VectorType):
            return lambda a, b: operation(a, b)
        return None


for _function, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _overload(_function, _name)

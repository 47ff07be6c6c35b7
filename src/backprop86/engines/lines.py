"""Lines of LLVM's language that work on vectors: the alphabet of straight.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from backprop86.engines.arithmetic import LARGEST, LN_2, LN_2_REST, LOG2_E, SHIFT, TAYLOR
from backprop86.engines.vectors import BYTES, FRACTION

Name = str


@dataclass
class Lines:
    """Lines of LLVM's language that work on vectors of one type; each operation returns the name of its result."""

    dtype: str
    lines: list[str] = field(default_factory=list)

    @property
    def lanes(self) -> int:
        """The numbers in a vector."""
        return BYTES // np.dtype(self.dtype).itemsize

    @property
    def type(self) -> str:
        """The type of a vector."""
        return vector(self.lanes, self.dtype)

    def line(self, text: str) -> Name:
        """Add a line and return the name of its result."""
        self.lines.append(f"%v{len(self.lines)} = {text}")
        return f"%v{len(self.lines) - 1}"

    def number(self, value: float) -> Name:
        """Return a vector of one number, rounded to the type."""
        bits = np.array(np.dtype(self.dtype).type(value), np.float64).view(np.uint64)
        one = f"{'double' if self.dtype == 'float64' else 'float'} 0x{int(bits):016X}"
        return f"splat ({one})"

    def two(self, operation: str, a: Name, b: Name) -> Name:
        """Add an operation on two vectors: fadd, fsub, fmul or fdiv."""
        return self.line(f"{operation} {self.type} {a}, {b}")

    def fma(self, a: Name, b: Name, c: Name) -> Name:
        """Add a b + c."""
        kind, name = self.type, f"@llvm.fma.v{self.lanes}f{8 * np.dtype(self.dtype).itemsize}"
        return self.line(f"call {kind} {name}({kind} {a}, {kind} {b}, {kind} {c})")

    def pick(self, test: str, a: Name, b: Name, yes: Name, no: Name) -> Name:
        """Add a choice, lane by lane: yes where a and b are as the test says, otherwise no."""
        kind = self.type
        found = self.line(f"fcmp {test} {kind} {a}, {b}")
        return self.line(f"select <{self.lanes} x i1> {found}, {kind} {yes}, {kind} {no}")

    def smaller(self, a: Name, b: Name) -> Name:
        """Add the smaller of two; b if either is NaN."""
        return self.pick("olt", a, b, a, b)

    def larger(self, a: Name, b: Name) -> Name:
        """Add the larger of two; b if either is NaN."""
        return self.pick("ogt", a, b, a, b)

    def size(self, a: Name) -> Name:
        """Add |a|."""
        return self.line(
            f"call {self.type} @llvm.fabs.v{self.lanes}f{8 * np.dtype(self.dtype).itemsize}({self.type} {a})"
        )

    def load(self, array: str, row: int) -> Name:
        """Add a load of a row of an array."""
        place = self.line(f"getelementptr {self.type}, ptr %{array}, i64 {row}")
        return self.line(f"load {self.type}, ptr {place}, align {BYTES}")

    def store(self, value: Name, array: str, row: int) -> None:
        """Add a store to a row of an array."""
        place = self.line(f"getelementptr {self.type}, ptr %{array}, i64 {row}")
        self.lines.append(f"store {self.type} {value}, ptr {place}, align {BYTES}")

    def logistics(self, x: Sequence[Name]) -> list[Name]:
        """Add y = 1 / (1 + e^-x), equation 2, of each of some vectors, each step of all in turn."""
        dtype, bits = self.dtype, 8 * np.dtype(self.dtype).itemsize
        shift, one, whole = self.number(SHIFT[dtype]), self.number(1), f"<{self.lanes} x i{bits}>"
        z = [self.larger(self.number(-LARGEST[dtype]), self.line(f"fneg {self.type} {a}")) for a in x]
        z = [self.smaller(self.number(LARGEST[dtype]), a) for a in z]
        shifted = [self.fma(a, self.number(LOG2_E), shift) for a in z]
        k = [self.two("fsub", a, shift) for a in shifted]
        r = [self.fma(a, self.number(-LN_2[dtype]), b) for a, b in zip(k, z, strict=True)]
        r = [self.fma(a, self.number(-LN_2_REST[dtype]), b) for a, b in zip(k, r, strict=True)]
        first, *others = (self.number(coefficient) for coefficient in TAYLOR[dtype])
        p = [first] * len(x)
        for coefficient in others:
            p = [self.fma(a, b, coefficient) for a, b in zip(p, r, strict=True)]
        twos = [self.line(f"bitcast {self.type} {a} to {whole}") for a in shifted]
        twos = [self.line(f"shl {whole} {a}, splat (i{bits} {FRACTION[bits]})") for a in twos]
        p = [self.line(f"bitcast {self.type} {a} to {whole}") for a in p]
        e = [self.line(f"add {whole} {a}, {b}") for a, b in zip(p, twos, strict=True)]
        e = [self.line(f"bitcast {whole} {a} to {self.type}") for a in e]
        return [self.two("fdiv", one, self.two("fadd", one, a)) for a in e]


def vector(lanes: int, dtype: str) -> str:
    """Return LLVM's name of a type of vectors."""
    return f"<{lanes} x {'double' if dtype == 'float64' else 'float'}>"


ROWS = ("w", "last_change", "dE_dw", "counted", "per")
"""The arrays of a sweep, each with the rows of every group in turn."""


def of_all_groups(on: Lines, rows: Mapping[str, int]) -> str:
    """Return the text of the function `sweep`: it executes the lines for each group, and returns whether any %happened.

    rows: the number of rows that each array has for a group.
    """
    kind, bits = on.type, 8 * np.dtype(on.dtype).itemsize
    places = [
        line
        for name in ROWS
        for line in (
            f"%before.{name} = mul i64 %group, {rows[name]}",
            f"%{name} = getelementptr {kind}, ptr %all.{name}, i64 %before.{name}",
        )
    ]
    return "\n".join(
        [
            f"declare {kind} @llvm.fma.v{on.lanes}f{bits}({kind}, {kind}, {kind})",
            f"declare {kind} @llvm.fabs.v{on.lanes}f{bits}({kind})",
            f"define i1 @sweep({', '.join(f'ptr noalias %all.{name}' for name in ROWS)}, i64 %groups) {{",
            "begin:",
            "br label %each",
            "each:",
            "%group = phi i64 [0, %begin], [%next, %each]",
            "%before = phi i1 [false, %begin], [%any, %each]",
            *places,
            *on.lines,
            "%any = or i1 %before, %happened",
            "%next = add i64 %group, 1",
            "%more = icmp slt i64 %next, %groups",
            "br i1 %more, label %each, label %end",
            "end:",
            "ret i1 %any",
            "}",
        ]
    )

"""Names for factors: a length of an axis, its root, less one, or one over it."""

from collections.abc import Iterable, Iterator, Sequence
from math import prod, sqrt
from typing import Any

from backprop86.gradients.mistakes.trace import Call


def scales(call: Call) -> float:
    """Return the plain number that an operation multiplies or divides by, 0 if it does not."""
    numbers = [float(arg) for arg in call.args if isinstance(arg, float | int)]
    return numbers[0] if numbers and call.name in ("mul", "rmul", "div", "truediv") else 0.0


def sizes_of(call: Call) -> dict[str, float]:
    """Return the numbers that explain a factor of an operation: its own plain number, lengths of averaged axes."""
    found: dict[str, float] = {}
    if by := scales(call):
        found = {"the number there": by, "the square of the number there": by * by}
    elif call.name in ("mean", "sum", "var", "std"):
        shape = next(iter(call.operands().values())).shape
        found = {f"the length of axis {axis - len(shape)}": n for axis, n in enumerate(shape)}
        found["the number of entries"] = prod(shape)
    return {name: n for name, n in found.items() if n not in (0, 1)}


def in_words(factor: float, sizes: dict[str, Any]) -> tuple[float, str]:
    """Return a factor with all digits, and in words: exact if one of the sizes explains it."""
    for value, told in _made_of(sizes):
        if abs(factor / value - 1) < 1e-7:
            return value, f"{told} times"
    nearest = next((value for value in _plain() if abs(factor / value - 1) < 1e-7), factor)
    return nearest, f"{nearest:.6g} times"


def _plain() -> Iterable[float]:
    return (sign * a / b for sign in (1, -1) for b in range(1, 13) for a in range(1, 13))


def _made_of(sizes: dict[str, Any]) -> Iterator[tuple[float, str]]:
    for name, n in sizes.items():
        yield n, f"{n:.6g} ({name})"
        yield 1 / n, f"1/{n:.6g} (1 over {name})"
        if n > 0:
            yield sqrt(n), f"√{n:.6g} (the root of {name})"
            yield 1 / sqrt(n), f"1/√{n:.6g} (1 over the root of {name})"
        if n > 2:
            yield n / (n - 1), f"{n:.6g}/{n - 1:.6g} ({name} over that less one)"
            yield (n - 1) / n, f"{n - 1:.6g}/{n:.6g} ({name} less one over it)"


def along(axes: Sequence[int]) -> str:
    """Return "axis -1" or "axes -2 and -1"."""
    *more, last = map(str, axes)
    return f"axes {', '.join(more)} and {last}" if more else f"axis {last}"

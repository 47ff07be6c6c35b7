"""Names for factors: a length of an axis, its root, less one, or one over it."""

from collections.abc import Iterable, Iterator
from math import prod, sqrt
from typing import Any

from torch import Tensor

from backprop86.gradients.mistakes.trace import Call


def sizes_of(call: Call) -> dict[str, float]:
    """Return the numbers that an operation has to do with: lengths of axes, a factor that is a plain number."""
    shape = next(iter(call.operands().values())).shape
    found: dict[str, float] = {f"the length of axis {axis - len(shape)}": n for axis, n in enumerate(shape)}
    plain = [arg for arg in call.args if isinstance(arg, float | int) and not isinstance(arg, bool)]
    if call.name in ("mul", "rmul", "div", "truediv", "rtruediv"):
        found |= {f"the factor in `{call.place.text}`": float(arg) for arg in plain}
    if isinstance(call.result, Tensor) and call.result.numel() and len(call.operands()) == 1:
        found |= {"the number of entries": prod(shape)}
    return {name: n for name, n in found.items() if n not in (0, 1)}


def in_words(factor: float, sizes: dict[str, Any]) -> tuple[float, str]:
    """Return a factor to all digits, and in words: exact where it is made of one of the sizes."""
    for value, told in _made_of(sizes):
        if abs(factor / value - 1) < 1e-5:
            return value, f"{told} times"
    nearest = next((value for value in _plain() if abs(factor / value - 1) < 1e-5), factor)
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

"""Wrong derivatives of functions of single numbers: forgotten, or replaced by another."""

from collections.abc import Callable, Iterator

from torch import Tensor

from backprop86.gradients.mistakes.edits import Change, Edit, Linear, Site, at
from backprop86.gradients.mistakes.trace import Path

Slope = Callable[[Tensor, Tensor], Tensor]
OF_VALUE: dict[str, Slope] = {
    "y": lambda x, y: y,
    "1 - y": lambda x, y: 1 - y,
    "1 + y": lambda x, y: 1 + y,
    "y(1 - y)": lambda x, y: y * (1 - y),
    "y(1 + y)": lambda x, y: y * (1 + y),
    "y²": lambda x, y: y * y,
    "1 - y²": lambda x, y: 1 - y * y,
    "1 + y²": lambda x, y: 1 + y * y,
    "1/y": lambda x, y: 1 / y,
    "1/(y(1 - y))": lambda x, y: 1 / (y * (1 - y)),
    "1/(1 - y²)": lambda x, y: 1 / (1 - y * y),
    "1 or 0 (y > 0)": lambda x, y: (y > 0).to(y.dtype),
    "1 or 0 (y < 0)": lambda x, y: (y < 0).to(y.dtype),
}
"""Common wrong derivatives of a function y of x, in terms of y."""
OF_ARGUMENT: dict[str, Slope] = {
    "x": lambda x, y: x,
    "1 - x": lambda x, y: 1 - x,
    "x²": lambda x, y: x * x,
    "1 - x²": lambda x, y: 1 - x * x,
    "1/x": lambda x, y: 1 / x,
    "1 or 0 (x > 0)": lambda x, y: (x > 0).to(x.dtype),
    "1 or 0 (x < 0)": lambda x, y: (x < 0).to(x.dtype),
}
"""Common wrong derivatives of a function y of x, in terms of x."""
OF_OTHERS = ("y", "1 - y²", "y(1 - y)", "1 or 0 (y > 0)")
"""The slopes to try with every other value of forward in the place of y."""


def slopes(site: Site) -> Iterator[Edit]:
    """Yield the edits that forget the derivative of a function of one operand, or replace it by another."""
    if not site.alone or site.call.in_place:
        return
    of = f"the derivative of `{site.text}`"
    yield site.edit(f"{of} is missing: it is taken as 1", lambda call, v: v)
    for told, slope, where in _all():
        yield site.edit(f"{of} is taken as {told}{where}", _times(slope, site.path))
        yield site.edit(f"{of} is taken as -{told}{where}", _times(slope, site.path, -1))
    for name, values in site.others.items():
        for told in OF_OTHERS if values[0].shape == site.operand.shape else ():
            taken = f"`{name}`" if told == "y" else f"{told} with y = `{name}`"
            yield site.edits(f"{of} is taken as {taken}", values, _of_another(OF_VALUE[told]))


def shortcuts(site: Site) -> Iterator[Edit]:
    """Yield the edits that treat an operation of several operands as a function of one, with a wrong slope."""
    call = site.call
    if site.alone or call.in_place or not isinstance(call.result, Tensor) or call.result.shape != site.operand.shape:
        return
    of = f"the derivative of `{site.text}` is taken as that of `{site.name}` alone"
    yield site.changed(f"{of}, with the slope 1", _only(site.path, lambda call, v: v), site.whole)
    for told, slope, where in _all():
        change = _only(site.path, _times(slope, site.path))
        yield site.changed(f"{of}, with the slope {told}{where}", change, site.whole)


def _all() -> Iterator[tuple[str, Slope, str]]:
    for told, slope in OF_VALUE.items():
        yield told, slope, ", where y is its value"
    for told, slope in OF_ARGUMENT.items():
        yield told, slope, ", where x is its argument"


def _times(slope: Slope, path: Path, sign: int = 1) -> Linear:
    return lambda call, v: sign * slope(at(call.args, path), call.result) * v


def _of_another(slope: Slope) -> Callable[[Tensor], Linear]:
    return lambda other: lambda call, v: slope(other, other) * v


def _only(path: Path, q: Linear) -> Change:
    """Return the change that gives an operation the derivative of q by one operand, and 0 by the others."""
    return lambda call, args: call.result + q(call, at(args, path)) - q(call, at(call.args, path))

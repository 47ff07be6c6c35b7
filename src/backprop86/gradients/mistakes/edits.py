"""The mistakes that people make in the derivative of one operation, each as a change of it that keeps its value.

An operation c of v is run as c₀ + q(v) - q(v₀), where c₀ and v₀ are what they were: its value is right, its derivative
is that of q. With q = 0 the path through v is missing, with q = -c its sign is turned.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
import torch
from torch import Tensor

from backprop86.gradients.mistakes.numbers import along
from backprop86.gradients.mistakes.trace import Call, Change, Path, replaced

Linear = Callable[[Call, Tensor], Tensor]
MANY = 32
"""A loop or a list with more steps is not looked at step by step."""


@dataclass(frozen=True, eq=False)
class Site:
    """An operand of an operation, as often as it is run; `tensors`: the numbers of those whose gradients it carries,
    `whole`: of those whose gradients the operation carries.

    others: every other value of forward by its name, one for each time that the operation is run.
    """

    numbers: list[int]
    calls: list[Call]
    path: Path
    tensors: frozenset[int]
    whole: frozenset[int]
    others: Callable[[], dict[str, list[Tensor]]] = field(repr=False)

    @property
    def call(self) -> Call:
        """The operation as it is run first."""
        return self.calls[0]

    @property
    def operand(self) -> Tensor:
        """The operand as it is first."""
        return self.call.operands()[self.path]

    @property
    def told(self) -> str:
        """The operand and its operation, in words."""
        if len(self.call.operands()) == 1:
            return f"`{self.call.place.text}`"
        return f"`{self.call.told(self.path)}` in `{self.call.place.text}`"

    @property
    def alone(self) -> bool:
        """Whether an elementwise function of this operand alone is taken."""
        result = self.call.result
        return len(self.call.operands()) == 1 and isinstance(result, Tensor) and result.shape == self.operand.shape

    def changed(self, change: Change) -> dict[int, Change]:
        """Return the change for all times that the operation is run."""
        return dict.fromkeys(self.numbers, change)


@dataclass(frozen=True, eq=False)
class Edit:
    """A mistake in words, and the changes of forward's operations that make it."""

    words: str
    changes: dict[int, Change]
    tensors: frozenset[int]


def scaled(path: Path, factor: float) -> Change:
    """Return the change that lets an operand count `factor` times what it must: not at all, or with its sign turned."""

    def change(call: Call, args: tuple) -> object:
        v, v_0 = _at(args, path), _at(call.args, path)
        return call.func(*replaced(args, path, v_0 + factor * (v - v_0)), **call.kwargs)

    return change


def instead(path: Path, q: Linear) -> Change:
    """Return the change that gives the operation the derivative of q by that operand."""

    def change(call: Call, args: tuple) -> object:
        v, v_0 = _at(args, path), _at(call.args, path)
        result = call.func(*replaced(args, path, v_0), **call.kwargs)
        of_path = q(call, v) - q(call, v_0)
        return result + of_path if isinstance(result, Tensor) else (result[0] + of_path, *result[1:])

    return change


def _at(args: tuple, path: Path) -> Tensor:
    return args[path[0]] if len(path) == 1 else args[path[0]][path[1]]


def missing(site: Site) -> Iterator[Edit]:
    """Yield the edits that lose the path through an operand, turn its sign, or count it once in a loop."""
    yield Edit(
        f"the path through {site.told} is missing: it is the gradient with that held constant",
        site.changed(scaled(site.path, 0)),
        site.tensors,
    )
    yield Edit(f"the sign of the path through {site.told} is turned", site.changed(scaled(site.path, -1)), site.tensors)
    yield from _elements(site)
    n = len(site.numbers)
    if 1 < n <= MANY:
        hold, told = scaled(site.path, 0), f"of the {n} times that forward runs {site.told}"
        for k, number in enumerate(site.numbers):
            rest = {one: hold for one in site.numbers if one != number}
            yield Edit(
                f"{told}, only the {_nth(k, n)} is counted: the path through the others is missing", rest, site.tensors
            )
            yield Edit(
                f"{told}, the {_nth(k, n)} is left out: the path through it is missing", {number: hold}, site.tensors
            )


def _elements(site: Site) -> Iterator[Edit]:
    """Yield the edits that count one element of a list alone."""
    elements = [path for path in site.call.operands() if path[0] == site.path[0]]
    if len(site.path) == 1 or not 2 < len(elements) <= MANY or len(site.numbers) > 1:
        return
    hold, told = _held([path for path in elements if path != site.path]), _nth(site.path[1], len(elements))
    words = f"of the {len(elements)} parts of `{site.call.place.text}`, only the {told} is counted"
    yield Edit(words, site.changed(hold), site.whole)


def _held(paths: list[Path]) -> Change:
    def change(call: Call, args: tuple) -> object:
        for path in paths:
            args = replaced(args, path, _at(call.args, path))
        return call.func(*args, **call.kwargs)

    return change


def _nth(k: int, n: int) -> str:
    return "first" if k == 0 else "last" if k == n - 1 else f"{k + 1}th" if k > 2 else ("second", "third")[k - 1]


SLOPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "y": lambda x, y: y,
    "1 - y": lambda x, y: 1 - y,
    "y(1 - y)": lambda x, y: y * (1 - y),
    "1 - y²": lambda x, y: 1 - y * y,
    "1 + y": lambda x, y: 1 + y,
    "y(1 + y)": lambda x, y: y * (1 + y),
    "1 + y²": lambda x, y: 1 + y * y,
    "y²": lambda x, y: y * y,
    "1/y": lambda x, y: 1 / y,
    "1 or 0 (y > 0)": lambda x, y: (y > 0).to(y.dtype),
    "1 or 0 (y < 0)": lambda x, y: (y < 0).to(y.dtype),
    "x": lambda x, y: x,
    "1 - x": lambda x, y: 1 - x,
    "1 - x²": lambda x, y: 1 - x * x,
    "1/x": lambda x, y: 1 / x,
    "1 or 0 (x > 0)": lambda x, y: (x > 0).to(y.dtype),
    "1 or 0 (x < 0)": lambda x, y: (x < 0).to(y.dtype),
}
"""Derivatives that somebody may take for that of a function y of x."""


def slopes(site: Site) -> Iterator[Edit]:
    """Yield the edits that take another derivative for that of a function of single numbers."""
    if not site.alone or site.call.in_place:
        return
    of = f"the derivative of `{site.call.place.text}`"
    yield Edit(f"{of} is missing: it is taken as 1", site.changed(instead(site.path, lambda call, v: v)), site.tensors)
    for sign, sign_told in ((1, ""), (-1, "-")):
        for told, slope in SLOPES.items():
            q = _slope(slope, site.path, sign)
            given = "its value" if "y" in told else "its argument"
            yield Edit(
                f"{of} is taken as {sign_told}{told}, where {told.strip('1 -or0(²+/')[0]} is {given}",
                site.changed(instead(site.path, q)),
                site.tensors,
            )
    for name, values in site.others().items():
        if values[0].shape == site.operand.shape:
            for told in ("y", "1 - y²", "y(1 - y)", "1 or 0 (y > 0)"):
                as_told = f"`{name}`" if told == "y" else f"{told} with y = `{name}`"
                yield Edit(
                    f"{of} is taken as {as_told}", _each(site, site.path, values, _sloped(SLOPES[told])), site.tensors
                )


def shortcuts(site: Site) -> Iterator[Edit]:
    """Yield the edits that take another derivative for an operation of several operands, by one of them alone."""
    call, v = site.call, site.operand
    if site.alone or call.in_place or not isinstance(call.result, Tensor) or call.result.shape != v.shape:
        return
    of = f"the derivative of `{call.place.text}` is taken as that of `{call.told(site.path)}` alone times"
    for told, slope in {"1": lambda x, y: torch.ones_like(y), **SLOPES}.items():
        where = ", where y is its value" if "y" in told else ", where x is the latter" if "x" in told else ""
        q = _slope(slope, site.path, 1)
        words = f"{of} {told}{where}" if told != "1" else f"{of.removesuffix(' times')}, with the slope 1"
        yield Edit(words, site.changed(_alone(site.path, q)), site.whole)


def _alone(path: Path, q: Linear) -> Change:
    return lambda call, args: call.result + q(call, _at(args, path)) - q(call, _at(call.args, path))


def _slope(slope: Callable[[Tensor, Tensor], Tensor], path: Path, sign: int) -> Linear:
    return lambda call, v: sign * slope(_at(call.args, path), call.result) * v


def _sloped(slope: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor], Linear]:
    return lambda other: lambda call, v: slope(other, other) * v


def _each(site: Site, path: Path, values: list[Tensor], q: Callable[[Tensor], Linear]) -> dict[int, Change]:
    values = values * (len(site.numbers) // len(values))
    return {number: instead(path, q(value)) for number, value in zip(site.numbers, values, strict=True)}


PRODUCTS = {"matmul", "rmatmul", "mm", "bmm", "mv", "linear", "einsum", "dot"}
ADDING = {"add", "sub", "radd", "rsub", "stack", "cat", "concatenate"}
"""Operations that are linear in all operands together: no operand stands in the derivative by another."""


def partners(site: Site) -> Iterator[Edit]:
    """Yield the edits of a product or a quotient that take something else for the other operand."""
    for path, partner in site.call.operands().items():
        if path == site.path or site.call.name in ADDING or site.call.in_place:
            continue
        other, whole = site.call.told(path), site.call.place.text
        by = f"in the derivative of `{whole}` by `{site.call.told(site.path)}`"
        ours = _with(site.path, path)
        yield from _turned_result(site)
        for told, variant in _variants(other, site.call, partner):
            yield Edit(f"{by}, {told}", site.changed(instead(site.path, ours(variant))), site.tensors)
        for name, values in site.others().items():
            if values[0].shape == partner.shape and name != other:
                q = [ours(lambda _, value=value: value) for value in values]
                changes = [instead(site.path, one) for one in q] * (len(site.numbers) // len(values))
                yield Edit(
                    f"{by}, `{name}` stands for `{other}`", dict(zip(site.numbers, changes, strict=True)), site.tensors
                )


def _candidates(site: Site, partner: Tensor) -> Iterator[tuple[str, list[Tensor]]]:
    """Yield the values of forward that could stand in the place of an operand, as they are, transposed, or 1 over them."""
    products = site.call.name in PRODUCTS
    for name, values in site.others().items():
        shape = values[0].shape
        if shape == partner.shape:
            yield name, values
        if products and len(shape) > 1 and values[0].mT.shape == partner.shape:
            yield f"{name}.mT", [value.mT for value in values]
        if not products and len(values) == 1 and spreads(shape, partner.shape):
            if shape != partner.shape:
                yield name, [values[0].expand(partner.shape)]
            yield f"1 / {name}", [(1 / values[0]).expand(partner.shape)]


def spreads(shape: torch.Size, to: torch.Size) -> bool:
    """Return whether a tensor of one shape times one of the other has the other shape."""
    padded = (1,) * (len(to) - len(shape)) + tuple(shape)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(padded, to, strict=True))


def _with(own: Path, path: Path) -> Callable[[Callable[[Tensor], Tensor]], Linear]:
    """Return the operation with a variant of the other operand."""

    def ours(variant: Callable[[Tensor], Tensor]) -> Linear:
        def q(call: Call, v: Tensor) -> Tensor:
            other = variant(_at(call.args, path))
            return call.func(*replaced(replaced(call.args, own, v), path, other), **call.kwargs)

        return q

    return ours


def _variants(name: str, call: Call, partner: Tensor) -> Iterator[tuple[str, Callable[[Tensor], Tensor]]]:
    """Yield what people take for an operand: 1, its square, its transpose, a kernel turned around."""
    if call.name not in PRODUCTS and not call.name.startswith("conv"):
        yield f"`{name}` is missing: it is taken as 1", torch.ones_like
        yield f"1 - `{name}` stands for `{name}`", lambda t: 1 - t
        yield f"1 / `{name}` stands for `{name}`", lambda t: 1 / t
        yield f"the square of `{name}` stands for `{name}`", lambda t: t * t
        return
    axes = range(-partner.dim(), 0)
    for a, b in combinations(axes, 2):
        if partner.shape[a] == partner.shape[b]:
            exchanged = "" if (a, b) == (-2, -1) else f": axes {a} and {b} are exchanged"
            yield f"`{name}` is transposed{exchanged}", lambda t, a=a, b=b: t.transpose(a, b)
    if call.name.startswith("conv"):
        for n in range(1, partner.dim() - 1):
            for some in combinations(axes[2:], n):
                yield f"`{name}` is flipped along {along(some)}", lambda t, some=some: t.flip(some)


def _turned_result(site: Site) -> Iterator[Edit]:
    """Yield the edit that transposes what flows back into a product, by one operand."""
    result = site.call.result
    if (
        site.call.name in PRODUCTS
        and isinstance(result, Tensor)
        and result.dim() > 1
        and result.shape == result.mT.shape
    ):
        words = (
            f"what flows back into `{site.call.place.text}` is transposed on its way to `{site.call.told(site.path)}`"
        )
        q: Linear = lambda call, v: call.func(*replaced(call.args, site.path, v), **call.kwargs).mT
        yield Edit(words, site.changed(instead(site.path, q)), site.tensors)


def axes(site: Site) -> Iterator[Edit]:
    """Yield the edits that sum, average or normalise along another axis, or exchange the axes of the operand."""
    call, v = site.call, site.operand
    whole = f"`{call.place.text}`"
    dims = range(-v.dim(), 0)
    if call.name in ("sum", "mean", "softmax", "log_softmax", "cumsum", "logsumexp", "amax", "amin", "prod"):
        for dim in dims:
            yield Edit(
                f"the derivative of {whole} is that along axis {dim}",
                site.changed(instead(site.path, _along(site.path, dim))),
                site.tensors,
            )
    for a, b in combinations(dims, 2):
        if v.shape[a] == v.shape[b] and not call.in_place:
            yield Edit(
                f"the gradient of {site.told} is transposed: its axes {a} and {b} are exchanged",
                site.changed(instead(site.path, _turned(site.path, a, b))),
                site.tensors,
            )


def _along(path: Path, dim: int) -> Linear:
    def q(call: Call, v: Tensor) -> Tensor:
        kept = {"keepdim": True} if "softmax" not in call.name and "cum" not in call.name else {}
        found = getattr(torch, call.name)(v, dim, **kept)
        return found.expand(np.broadcast_shapes(found.shape, call.result.shape)) if kept else found

    return q


def _turned(path: Path, a: int, b: int) -> Linear:
    return lambda call, v: call.func(*replaced(call.args, path, v.transpose(a, b)), **call.kwargs)


def picks(site: Site) -> Iterator[Edit]:
    """Yield the edits of operations that pick entries, or order them in another way."""
    call, v = site.call, site.operand
    whole = f"`{call.place.text}`"
    first = call.result if isinstance(call.result, Tensor) else call.result[0]
    if call.name in ("max", "min", "amax", "amin") and len(call.operands()) == 1 and first.dim() == v.dim() - 1:
        dim = next((arg for arg in call.args[1:] if isinstance(arg, int)), call.kwargs.get("dim", -1))
        for told, pick in _PICKED.items():
            yield Edit(
                f"the derivative of {whole} is {told}",
                site.changed(instead(site.path, _picked(pick, dim))),
                site.tensors,
            )
    if isinstance(call.result, Tensor) and call.name in ("getitem", "embedding", "index_select", "gather", "take"):
        for last in (True, False):
            of = "last" if last else "first"
            yield Edit(
                f"where {whole} takes an entry more than once, only the {of} is counted: = for +=",
                site.changed(instead(site.path, _once(site.path, last))),
                site.tensors,
            )
        for axis, n in enumerate(v.shape):
            for by in (1, -1) if n > 2 else ():
                q = _shifted(site.path, axis, by)
                yield Edit(
                    f"{whole} takes its entries one place too {'low' if by > 0 else 'high'} along axis {axis - v.dim()}",
                    site.changed(instead(site.path, q)),
                    site.tensors,
                )
    if isinstance(call.result, Tensor) and call.result.numel() == v.numel() and call.result.dim() == v.dim() > 1:
        yield Edit(
            f"the axes that {whole} moves are not put back: the numbers stand in the order after it",
            site.changed(instead(site.path, lambda call, v: v.reshape(call.result.shape))),
            site.tensors,
        )
    if isinstance(call.result, tuple) and len({getattr(one, "shape", None) for one in call.result}) == 1:
        for a, b in combinations(range(min(len(call.result), 8)), 2):
            yield Edit(f"parts {a} and {b} of {whole} are exchanged", site.changed(_exchanged(a, b)), site.tensors)


_PICKED: dict[str, Callable[[Tensor, int], Tensor]] = {
    "given to all entries": lambda v, dim: v.sum(dim),
    "shared by all entries, as if it were their mean": lambda v, dim: v.mean(dim),
    "given to the smallest entry": lambda v, dim: v.amin(dim),
    "given to the largest entry": lambda v, dim: v.amax(dim),
    "given to the first entry": lambda v, dim: v.select(dim, 0),
}


def _picked(pick: Callable[[Tensor, int], Tensor], dim: int) -> Linear:
    return lambda call, v: pick(v, dim)


def _shifted(path: Path, axis: int, by: int) -> Linear:
    return lambda call, v: call.func(*replaced(call.args, path, v.roll(by, axis)), **call.kwargs)


def _once(path: Path, last: bool) -> Linear:
    """Return the operation with every entry in it once, all others held constant."""

    def q(call: Call, v: Tensor) -> Tensor:
        places = torch.arange(v.numel()).reshape(v.shape)
        taken = call.func(*replaced(call.args, path, places), **call.kwargs).flatten()
        order = torch.arange(len(taken))
        kept = torch.zeros(v.numel(), dtype=order.dtype)
        kept = kept.scatter_reduce(0, taken, order, "amax" if last else "amin", include_self=False)
        once = (kept[taken] == order).to(v.dtype).reshape(call.result.shape)
        return call.func(*replaced(call.args, path, v), **call.kwargs) * once

    return q


def _exchanged(a: int, b: int) -> Change:
    def change(call: Call, args: tuple) -> object:
        live, was = list(call.func(*args, **call.kwargs)), call.result
        live[a], live[b] = was[a] + live[b] - was[b], was[b] + live[a] - was[a]
        return tuple(live)

    return change


def windows(site: Site) -> Iterator[Edit]:
    """Yield the edits of a convolution whose window lies one place off."""
    call, x = site.call, site.call.operands().get((0,))
    if not call.name.startswith("conv") or x is None or x.dim() < 3:
        return
    for steps in product((-1, 0, 1), repeat=x.dim() - 2):
        if any(steps):
            where = along(tuple(axis for axis, by in zip(range(2 - x.dim(), 0), steps, strict=True) if by))
            words = f"the window of `{call.place.text}` is shifted by one along {where}"
            yield Edit(
                f"{words} in its derivative by `{call.told(site.path)}`",
                site.changed(instead(site.path, _window(site.path, steps))),
                site.tensors,
            )


def _window(path: Path, steps: tuple[int, ...]) -> Linear:
    """Return the convolution of an x with one more border, less as much of what comes out."""
    border = [n for by in reversed(steps) for n in (max(-by, 0), max(by, 0))]

    def q(call: Call, v: Tensor) -> Tensor:
        args = replaced(call.args, path, v)
        out = call.func(torch.nn.functional.pad(args[0], border), *args[1:], **call.kwargs)
        for axis, by in zip(range(-len(steps), 0), steps, strict=True):
            out = out.narrow(axis, max(by, 0), out.shape[axis] - abs(by))
        return out

    return q


def softmax(site: Site) -> Iterator[Edit]:
    """Yield the edits of a softmax, or its logarithm, whose sum or whose probabilities are wrong."""
    call, v = site.call, site.operand
    if call.name not in ("softmax", "log_softmax"):
        return
    of, log = f"in the derivative of `{call.place.text}`", call.name == "log_softmax"
    p = call.result.exp() if log else call.result
    ways: dict[str, Linear] = {
        f"{of}, the sum over the other entries is missing": lambda call, v: v if log else p * v,
        f"{of}, there is nothing but the sum: the part of the entry itself is missing": lambda call, v: (
            call.func(*replaced(call.args, site.path, v), **call.kwargs) - v
        ),
        f"the derivative of `{call.place.text}` is that of {'softmax' if log else 'log_softmax'}": lambda call, v: (
            torch.softmax if log else torch.log_softmax
        )(v, call.result.dim() - 1),
    }
    dim = next((arg for arg in [*call.args[1:], call.kwargs.get("dim")] if isinstance(arg, int)), -1)
    for axis in range(-v.dim(), 0):
        ways[f"{of}, the inner sum runs along axis {axis}"] = _jacobian(p, p, axis, log)
        ways[f"{of}, the softmax along axis {axis} stands for it"] = _jacobian(
            v.softmax(axis), v.softmax(axis), dim, log
        )
    ways[f"{of}, its logarithm stands for the softmax"] = _jacobian(v.log_softmax(dim), v.log_softmax(dim), dim, log)
    ways[f"{of}, its argument stands for the softmax"] = _jacobian(v, v, dim, log)
    for words, q in ways.items():
        yield Edit(words, site.changed(instead(site.path, q)), site.tensors)
    for words, by in {"softmax": p, "slope of the logistic, y(1 - y),": p * (1 - p)}.items():
        yield Edit(
            f"the {words} of `{call.place.text}` is multiplied in once too often",
            site.changed(_weighed(site.path, by)),
            site.tensors,
        )


def _jacobian(p: Tensor, outer: Tensor, axis: int, log: bool) -> Linear:
    return lambda call, v: (v if log else p * v) - (1 if log else outer) * (p * v).sum(axis, keepdim=True)


def _weighed(path: Path, by: Tensor) -> Change:
    """Return the change that multiplies what flows back to an operand."""

    def change(call: Call, args: tuple) -> object:
        v_0 = _at(call.args, path)
        return call.func(*replaced(args, path, v_0 + by * (_at(args, path) - v_0)), **call.kwargs)

    return change


KINDS = (missing, slopes, partners, shortcuts, windows, softmax, axes, picks)
"""Every kind of edit of an operand, in the order in which they are tried."""

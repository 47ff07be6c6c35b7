"""Operations that pick entries or order them: the wrong entry, = for +=, axes not put back, a shifted window."""

from collections.abc import Callable, Iterator
from itertools import combinations, product

import torch
from torch import Tensor
from torch.nn.functional import pad

from backprop86.gradients.mistakes.edits import Edit, Linear, Site
from backprop86.gradients.mistakes.numbers import along
from backprop86.gradients.mistakes.trace import Call, Change, replaced

TAKING = ("getitem", "embedding", "index_select", "gather", "take")
LARGEST = ("max", "min", "amax", "amin")
PICKED: dict[str, Callable[[Tensor, int], Tensor]] = {
    "given to all entries": lambda v, dim: v.sum(dim),
    "shared by all entries, as if it were their mean": lambda v, dim: v.mean(dim),
    "given to the smallest entry": lambda v, dim: v.amin(dim),
    "given to the largest entry": lambda v, dim: v.amax(dim),
    "given to the first entry": lambda v, dim: v.select(dim, 0),
}
"""Mistakes that people make with the gradient of a maximum."""


def picks(site: Site) -> Iterator[Edit]:
    """Yield the edits of operations that pick or reorder entries."""
    call, v, result = site.call, site.operand, site.call.result
    first = result if isinstance(result, Tensor) else result[0]
    if call.name in LARGEST and len(call.operands()) == 1 and first.dim() == v.dim() - 1:
        dim = next((arg for arg in call.args[1:] if isinstance(arg, int)), call.kwargs.get("dim", -1))
        for told, pick in PICKED.items():
            yield site.edit(f"the gradient of `{site.text}` is {told}", _picked(pick, dim))
    if isinstance(result, Tensor) and call.name in TAKING:
        yield from _taken(site)
    if isinstance(result, Tensor) and result.numel() == v.numel() and result.dim() == v.dim() > 1:
        words = f"the axes that `{site.text}` moves are not put back: the numbers stand in the order after it"
        yield site.edit(words, lambda call, v: v.reshape(call.result.shape))
    if isinstance(result, tuple) and len({getattr(one, "shape", None) for one in result}) == 1:
        for a, b in combinations(range(min(len(result), 8)), 2):
            yield site.changed(f"parts {a} and {b} of `{site.text}` are exchanged", _exchanged(a, b))
    if call.name.startswith("conv") and (0,) in call.operands():
        yield from _windows(site)


def _picked(pick: Callable[[Tensor, int], Tensor], dim: int) -> Linear:
    return lambda call, v: pick(v, dim)


def _taken(site: Site) -> Iterator[Edit]:
    """Yield the edits that count a repeated entry once, or that take the next entry."""
    for last in (True, False):
        of = "last" if last else "first"
        words = f"where `{site.text}` takes an entry more than once, only the {of} is counted: = for +="
        yield site.edit(words, _once(site, last))
    for axis, n in enumerate(site.operand.shape):
        for by, where in ((1, "low"), (-1, "high")) if n > 2 else ():
            words = f"`{site.text}` takes its entries one place too {where} along axis {axis - site.operand.dim()}"
            yield site.edit(words, _rolled(site, by, axis))


def _rolled(site: Site, by: int, axis: int) -> Linear:
    return lambda call, v: site.again(call, v.roll(by, axis))


def _once(site: Site, last: bool) -> Linear:
    """Return the operation in which each entry counts once, and its other occurrences are held constant."""

    def q(call: Call, v: Tensor) -> Tensor:
        taken = site.again(call, torch.arange(v.numel(), device=v.device).reshape(v.shape)).flatten()
        order = torch.arange(len(taken), device=v.device)
        kept = torch.zeros(v.numel(), dtype=order.dtype, device=v.device)
        kept = kept.scatter_reduce(0, taken, order, "amax" if last else "amin", include_self=False)
        return site.again(call, v) * (kept[taken] == order).to(v.dtype).reshape(call.result.shape)

    return q


def _exchanged(a: int, b: int) -> Change:
    def change(call: Call, args: tuple) -> object:
        live, was = list(call.run(*args, **call.kwargs)), call.result
        live[a], live[b] = was[a] + live[b] - was[b], was[b] + live[a] - was[a]
        return tuple(live)

    return change


def _windows(site: Site) -> Iterator[Edit]:
    """Yield the edits of a convolution whose window lies one place off."""
    n = max(site.call.operands()[0,].dim() - 2, 0)
    for steps in product((-1, 0, 1), repeat=n):
        if any(steps):
            where = along([axis for axis, by in zip(range(-n, 0), steps, strict=True) if by])
            words = f"in the derivative of `{site.text}` by `{site.name}`, the window is shifted by one along {where}"
            yield site.edit(words, _window(site, steps))


def _window(site: Site, steps: tuple[int, ...]) -> Linear:
    """Return the convolution of x with a wider border, cut to the old size."""
    border = [n for by in reversed(steps) for n in (max(-by, 0), max(by, 0))]

    def q(call: Call, v: Tensor) -> Tensor:
        x, *rest = replaced(call.args, site.path, v)
        out = call.run(pad(x, border), *rest, **call.kwargs)
        for axis, by in zip(range(-len(steps), 0), steps, strict=True):
            out = out.narrow(axis, max(by, 0), out.shape[axis] - abs(by))
        return out

    return q

"""The other operand of a product or a quotient, a factor of the derivative: forgotten, turned, or another."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations

import torch
from torch import Tensor

from backprop86.gradients.mistakes.edits import Edit, Linear, Site, at
from backprop86.gradients.mistakes.numbers import along
from backprop86.gradients.mistakes.trace import Call, Path, replaced

Variant = Callable[[Tensor], Tensor]
PRODUCTS = {"matmul", "rmatmul", "mm", "bmm", "mv", "linear", "einsum", "dot"}
ADDING = {"add", "sub", "radd", "rsub", "stack", "cat", "concatenate"}
"""Operations that are linear in all operands together: no operand occurs in the derivative with respect to another."""


def partners(site: Site) -> Iterator[Edit]:
    """Yield the edits of a product or a quotient that replace the other operand."""
    if site.call.name in ADDING or site.call.in_place:
        return
    by = f"in the derivative of `{site.text}` by `{site.name}`"
    for path, partner in site.call.operands().items():
        if path == site.path:
            continue
        other, with_other = site.call.told(path), _with(site, path)
        yield from _turned_result(site)
        for told, variant in _variants(other, site.call, partner):
            yield site.edit(f"{by}, {told}", with_other(variant))
        for name, values in _candidates(site, partner):
            if name != other:
                yield site.edits(f"{by}, `{name}` stands for `{other}`", values, partial(_constant, with_other))


def _with(site: Site, path: Path) -> Callable[[Variant], Linear]:
    """Return the operation as a function of a variant of the other operand."""

    def with_other(variant: Variant) -> Linear:
        def q(call: Call, v: Tensor) -> Tensor:
            args = replaced(replaced(call.args, site.path, v), path, variant(at(call.args, path)))
            return call.run(*args, **call.kwargs)

        return q

    return with_other


def _constant(with_other: Callable[[Variant], Linear], value: Tensor) -> Linear:
    return with_other(lambda _: value)


def _candidates(site: Site, partner: Tensor) -> Iterator[tuple[str, list[Tensor]]]:
    """Yield values of forward that could replace an operand: the value, its transpose, 1 over it."""
    product = site.call.name in PRODUCTS
    for name, values in site.others.items():
        shape = values[0].shape
        if shape == partner.shape:
            yield name, values
        if product and len(shape) > 1 and values[0].mT.shape == partner.shape:
            yield f"{name}.mT", [value.mT for value in values]
        if not product and len(values) == 1 and spreads(shape, partner.shape):
            yield f"1 / {name}", [(1 / values[0]).expand(partner.shape)]


def spreads(shape: torch.Size, to: torch.Size) -> bool:
    """Return whether the product of tensors of these two shapes has the second shape."""
    padded = (1,) * (len(to) - len(shape)) + tuple(shape)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(padded, to, strict=True))


def _turned_result(site: Site) -> Iterator[Edit]:
    """Yield the edit that transposes the gradient flowing back into a product, on its way to one operand."""
    result = site.call.result
    if (
        site.call.name in PRODUCTS
        and isinstance(result, Tensor)
        and result.dim() > 1
        and result.shape == result.mT.shape
    ):
        words = f"the gradient that flows back into `{site.text}` is transposed on its way to `{site.name}`"
        yield site.edit(words, lambda call, v: site.again(call, v).mT)


def _variants(name: str, call: Call, partner: Tensor) -> Iterator[tuple[str, Variant]]:
    """Yield common stand-ins for an operand: 1, its square, its transpose, a kernel turned around."""
    yield f"`{name}` is missing: it is taken as 1", torch.ones_like
    if call.name not in PRODUCTS and not call.name.startswith("conv"):
        yield f"1 - `{name}` stands for `{name}`", lambda t: 1 - t
        yield f"1 / `{name}` stands for `{name}`", lambda t: 1 / t
        yield f"the square of `{name}` stands for `{name}`", lambda t: t * t
        return
    axes = range(-partner.dim(), 0)
    for a, b in combinations(axes, 2):
        if partner.shape[a] == partner.shape[b]:
            exchanged = "" if partner.dim() == 2 else f": axes {a} and {b} are exchanged"
            yield f"`{name}` is transposed{exchanged}", partial(torch.transpose, dim0=a, dim1=b)
    for n in range(1, partner.dim() - 1 if call.name.startswith("conv") else 1):
        for some in combinations(axes[2:], n):
            yield f"`{name}` is flipped along {along(some)}", partial(torch.flip, dims=some)

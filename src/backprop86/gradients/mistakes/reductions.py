"""Sums, means and softmaxes along the wrong axis, and the softmax whose inner sum or whose probabilities are wrong."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from backprop86.gradients.mistakes.edits import Edit, Linear, Site, weighed
from backprop86.gradients.mistakes.trace import Call

SOFTMAX = ("softmax", "log_softmax")
ALONG = ("sum", "mean", "cumsum", "logsumexp", "amax", "amin", "prod", *SOFTMAX)


def reductions(site: Site) -> Iterator[Edit]:
    """Yield the edits that sum, average or normalise along another axis, or exchange the axes of the operand."""
    axes = range(-site.operand.dim(), 0)
    if site.call.name in ALONG:
        for axis in axes:
            yield site.edit(f"the derivative of `{site.text}` is that along axis {axis}", _along(axis))
    if site.call.name in SOFTMAX:
        yield from _softmax(site)
    for a, b in combinations(axes, 2):
        if site.operand.shape[a] == site.operand.shape[b] and not site.call.in_place:
            words = f"the gradient of {site.told} is transposed: its axes {a} and {b} are exchanged"
            yield site.edit(words, _turned(site, a, b))


def _turned(site: Site, a: int, b: int) -> Linear:
    return lambda call, v: site.again(call, v.transpose(a, b))


def _along(axis: int) -> Linear:
    def q(call: Call, v: Tensor) -> Tensor:
        if call.name in (*SOFTMAX, "cumsum"):
            return getattr(torch, call.name)(v, axis)
        found = getattr(torch, call.name)(v, axis, keepdim=True)
        return found.expand(np.broadcast_shapes(found.shape, call.result.shape))

    return q


def _softmax(site: Site) -> Iterator[Edit]:
    """Yield the edits of p(g - Σ p g), the gradient of a softmax p, or of g - p Σ g, the gradient of its logarithm."""
    call, v, log = site.call, site.operand, site.call.name == "log_softmax"
    of, dim = f"in the derivative of `{site.text}`", _dim(call)
    p = call.result.exp() if log else call.result
    outer = torch.ones_like(p) if log else p
    yield site.edit(f"{of}, the sum over the other entries is missing", _parts(p, outer, dim, 1, 0))
    yield site.edit(
        f"{of}, there is nothing but the sum: the part of the entry itself is missing", _parts(p, outer, dim, 0, 1)
    )
    yield site.edit(f"{of}, the sign of the entry's own part is turned", _parts(p, outer, dim, -1, 1))
    yield site.edit(f"{of}, the sign of the inner sum is turned", _parts(p, outer, dim, 1, -1))
    yield site.edit(f"{of}, the inner sum is a mean", _parts(p, outer, dim, 1, 1 / v.shape[dim]))
    other = "softmax" if log else "log_softmax"
    yield site.edit(
        f"the derivative of `{site.text}` is that of {other}", lambda call, v: getattr(torch, other)(v, dim)
    )
    if not log:
        ones = torch.ones_like(p)
        yield site.edit(f"{of}, the softmax is missing before the bracket", _parts(p, ones, dim, 1, 1))
        yield site.edit(f"{of}, the softmax is missing in the inner sum", _parts(ones, p, dim, 1, 1))
    for axis in range(-v.dim(), 0):
        wrong = v.softmax(axis)
        yield site.edit(f"{of}, the inner sum runs along axis {axis}", _parts(p, outer, axis, 1, 1))
        yield site.edit(
            f"{of}, the softmax along axis {axis} stands for it", _parts(wrong, outer if log else wrong, dim, 1, 1)
        )
    for told, wrong in {
        "its logarithm": v.log_softmax(dim),
        "its argument": v,
        "that of minus its argument": (-v).softmax(dim),
    }.items():
        yield site.edit(f"{of}, {told} stands for the softmax", _parts(wrong, outer if log else wrong, dim, 1, 1))
    for words, by in {"softmax": p, "slope of the logistic, y(1 - y),": p * (1 - p)}.items():
        yield site.changed(f"the {words} of `{site.text}` is multiplied in once too often", weighed(site.path, by))


def _parts(inner: Tensor, outer: Tensor, axis: int, own: float, others: float) -> Linear:
    """Return the map whose gradient is outer (own g - others Σ inner g); for a logarithm, its transpose."""

    def q(call: Call, v: Tensor) -> Tensor:
        if call.name == "log_softmax":
            return own * v - others * (inner * v).sum(axis, keepdim=True).expand(v.shape)
        return own * outer * v - others * inner * (outer * v).sum(axis, keepdim=True)

    return q


def _dim(call: Call) -> int:
    return next((arg for arg in [*call.args[1:], call.kwargs.get("dim")] if isinstance(arg, int)), -1)

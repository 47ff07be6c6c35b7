"""The share of rounding in a gradient of float32, bfloat16 or float16: the same passes in float64, with noise.

After each operation of torch its result is multiplied by 1 + u r, with r at random from -1 to 1 and u twice the
relative error of one rounding in the lower type. An operation that adds n terms gets noise of sqrt(n) such roundings in
float32, the type in which torch adds up. So the spread of the gradient over some runs follows the type, the number of
additions and the size of the terms, through the actual operations of this backward pass.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import flop_registry

from backprop86.gradients.candidate import Pair, malformed, name_of

RUNS = 20
WIDER = 2
"""The noise over one rounding: so large that a unit that rounding can switch (a ReLU near 0) switches in some run.
"""
LIMIT = 5.0
"""The largest error that counts as rounding, over the spread."""
EXACT = {
    "neg", "abs", "sign", "clone", "copy_", "_to_copy", "detach", "where", "masked_fill", "masked_fill_", "relu", "cat",
    "stack", "index", "gather", "index_select", "embedding", "flip", "roll", "constant_pad_nd", "fill_", "maximum",
    "minimum", "max", "min", "amax", "amin", "zero_", "masked_scatter", "threshold_backward", "clamp",
    "max_pool2d_with_indices", "argmax", "argmin", "sort", "topk", "tril", "triu", "scatter", "lift_fresh",
}  # fmt: skip
"""Operations without rounding."""
SCATTERED = {"index_add_", "index_put_", "scatter_add_", "index_add", "index_put", "scatter_add"}
"""Sums into the places of their first operand, rounded with each added term."""


def spread(pair: Pair, dE_dout: Tensor, dtype: torch.dtype, seed: int) -> list[Tensor | None]:
    """Return the root mean square distance by which rounding in `dtype` moves each entry of each tensor's gradient."""
    still = pair.gradients(dE_dout)
    found: list[Tensor | None] = [torch.zeros_like(g) if isinstance(g, Tensor) else None for g in still]
    for run in range(RUNS):
        with Noise(dtype, seed + run):
            moved = pair.gradients(dE_dout)
        for total, ours, right in zip(found, moved, still, strict=True):
            if total is not None:
                total += (ours - right) ** 2 / RUNS
    return [None if total is None else total.sqrt() for total in found]


def judged(ours: Any, still: Any, tensor: Tensor, spread: Tensor | None) -> dict[str, Any]:
    """Return the columns of a report for one gradient in a lower type, beside the same passes in float64.

    tensor: the tensor itself, in its type. spread: the distance by which rounding moves each entry of the gradient.
    """
    dtype = tensor.dtype
    lost = {"exact": False, "absolute": np.nan, "relative": np.nan, "ulp": np.nan, "agrees": False}
    if wrong := malformed(ours, tensor) or malformed(still, tensor.double()):
        return lost | {"looks_like": wrong}
    assert spread is not None
    apart, unit = (ours.double() - still).abs(), _unit(dtype)
    explained = LIMIT * spread + 4 * unit * still.abs() + torch.finfo(dtype).tiny
    absolute, size, share = float(apart.max()), float(still.abs().max()), float((apart / explained).max())
    spacing = 2 * unit * 2.0 ** (torch.frexp(torch.maximum(ours.double().abs(), still.abs())).exponent - 1)
    found = {"exact": ours.equal(still.to(dtype)), "absolute": absolute, "relative": absolute / size if size else share}
    told = f"right in float64; in {name_of(dtype)} it is off by {share:.3g} times the error that rounding explains"
    return found | {
        "ulp": float((apart / spacing.clamp(min=torch.finfo(dtype).tiny)).max()),
        "agrees": share <= 1,
        "looks_like": "" if share <= 1 else f"{told}: digits are lost on the way",
    }


def _unit(dtype: torch.dtype) -> float:
    """Return the relative error of one rounding."""
    return torch.finfo(dtype).eps / 2


class Noise(TorchDispatchMode):
    """A torch mode that adds random noise to each float64 operation, of the size of a rounding in a lower type."""

    def __init__(self, dtype: torch.dtype, seed: int) -> None:
        """Draw the noise from a seed: the same seed gives the same noise."""
        super().__init__()
        self.result, self.sum = WIDER * _unit(dtype), WIDER * _unit(torch.float32)
        self.seed, self.generators = seed, dict[torch.device, torch.Generator]()

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Return the result of an operation with noise."""
        kwargs = kwargs or {}
        if operation.overloadpacket.__name__ in SCATTERED:
            terms = max(one.numel() for one in _tensors(args)) / args[0].numel()
            args = (args[0], *tree_map(lambda one: self._noisy(one, self.result * max(terms, 1.0) ** 0.5), args[1:]))
        out = operation(*args, **kwargs)
        real = [one for one in _tensors((args, kwargs)) if one.dtype == torch.float64]
        if not real or operation.is_view or operation.overloadpacket.__name__ in EXACT:
            return out
        terms = 1.0 if torch.Tag.pointwise in operation.tags else _terms(operation, args, kwargs, out, real)
        if terms > 1 and not operation._schema.is_mutable:
            out = operation(*tree_map(lambda one: self._noisy(one, self.sum * terms**0.5), args), **kwargs)
        return tree_map(lambda one: self._moved(one, self.result), out)

    def _noisy(self, one: Any, by: float) -> Any:
        if not (isinstance(one, Tensor) and one.dtype == torch.float64):
            return one
        return one * (1 + by * self._drawn(one))

    def _moved(self, one: Any, by: float) -> Any:
        """Add noise to a result in its own memory, where in-place operations keep theirs."""
        if isinstance(one, Tensor) and one.dtype == torch.float64:
            one.mul_(1 + by * self._drawn(one))
        return one

    def _drawn(self, one: Tensor) -> Tensor:
        if one.device not in self.generators:
            self.generators[one.device] = torch.Generator(one.device).manual_seed(self.seed)
        drawn = torch.empty(one.shape, dtype=torch.float64, device=one.device)
        return drawn.uniform_(-1, 1, generator=self.generators[one.device])


def _tensors(values: Any) -> list[Tensor]:
    found: list[Tensor] = []
    tree_map(lambda one: found.append(one) if isinstance(one, Tensor) else None, values)
    return found


def _terms(operation: Any, args: Any, kwargs: Any, out: Any, real: list[Tensor]) -> float:
    """Return the rough number of terms that are added up for an entry of the result."""
    outs = [one for one in _tensors(out) if one.is_floating_point()]
    entries = max((one.numel() for one in outs), default=1)
    if operation.overloadpacket in flop_registry:
        flops = flop_registry[operation.overloadpacket](*args, **kwargs, out_val=out)
        return max(1.0, flops / (2 * entries))
    largest = max(real, key=Tensor.numel)
    return max(largest.numel() / entries, max(largest.shape, default=1))

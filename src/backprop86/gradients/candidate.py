"""A forward and a backward pass as somebody hands them in, with one clear line for whatever cannot be compared.

Of all arguments only tensors of real numbers have a gradient; the others are handed over. Several outputs are joined
into one. Whatever the two passes change is put back, so that every call finds the same state.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from backprop86.gradients.binding import kind_of
from backprop86.gradients.forms import Form, has_gradient
from backprop86.gradients.untouched import Untouched

OUTPUT = "the output of forward"
OTHERS = "name the other oracles alone (oracles=[...])"
LOW = (torch.float32, torch.bfloat16, torch.float16)
"""The types of numbers that are judged by themselves in float64."""


class Pair:
    """The two passes with the tensors they are asked about; `names` are "input 1", ... and those of the parameters."""

    def __init__(self, form: Form) -> None:
        """Raise ValueError, in one line, for tensors at which no gradient can be judged."""
        self.form = form
        self.names = [form.names[k] for k in form.judged]
        self.n_inputs = sum(k < form.n_inputs for k in form.judged)
        if not form.judged:
            kinds = ", ".join(kind_of(value) for value in form.values) or "none"
            raise ValueError(f"inputs and params must hold a tensor of real numbers, was {kinds}")
        self.tensors = [form.values[k].detach() for k in form.judged]
        for name, tensor in zip(self.names, self.tensors, strict=True):
            _check(name, tensor)
        self.untouched = Untouched(**form.roots, generator=torch.default_generator)
        with self.untouched:
            self._outputs = _detached(form.call(self._values(self.tensors))[0])
        self.out = self._joined(self._outputs)
        _check(OUTPUT, self.out)
        if self.out.dtype != torch.float64 and all(tensor.dtype == torch.float64 for tensor in self.tensors):
            told = f"{OUTPUT} must be float64, as its tensors are, was {name_of(self.out.dtype)}"
            raise ValueError(f"{told}: forward must compute in their type")
        if not self.function(*self.tensors).equal(self.out):
            raise ValueError("forward must give the same output for the same tensors, and is random: fix its seed")

    @property
    def left_out(self) -> dict[str, str]:
        """The oracles that cannot judge this form, and why."""
        return self.form.left_out

    def function(self, *tensors: Tensor) -> Tensor:
        """Return the output alone, in whatever type of numbers the tensors have, with no backward pass of its own."""
        with self.untouched:
            out = self.form.plain(self._unchanged(tensors))
            self._check_unchanged(tensors)
            return self._joined(out).clone()  # which may lie in memory that is put back

    def gradients(self, dE_dout: Tensor) -> list[Any]:
        """Return the gradients by hand in the order of `names`, None for what is missing."""
        with self.untouched:
            return self.backward(dE_dout, self.run(self.tensors)[1])

    def run(self, tensors: Sequence[Tensor]) -> tuple[Tensor, Any]:
        """Return (out, cache) of the forward pass; whoever asks puts back what it has changed (`untouched`)."""
        outputs, cache = self.form.call(self._unchanged(tensors))
        self._check_unchanged(tensors)
        return self._joined(outputs), cache

    def backward(self, dE_dout: Tensor, cache: Any) -> list[Any]:
        """Return the gradients from the cache of a forward pass, which must not have been put back."""
        given = self._parted(dE_dout.clone())
        returned = self.form.back(given, cache)
        if not self._joined(given).equal(dE_dout):
            raise ValueError("backward must leave dE_dout as it is, and changed it in place")
        in_order = self._in_order(returned)
        return [part.detach().clone() if isinstance(part, Tensor) else part for part in in_order]

    def _values(self, tensors: Sequence[Tensor]) -> list[Any]:
        """Return all arguments, with these tensors for those that are judged."""
        values = list(self.form.values)
        for k, tensor in zip(self.form.judged, tensors, strict=True):
            values[k] = tensor
        return values

    def _unchanged(self, tensors: Sequence[Tensor]) -> list[Any]:
        self._before = [tensor.detach().clone() for tensor in tensors]
        return self._values(tensors)

    def _check_unchanged(self, tensors: Sequence[Tensor]) -> None:
        for name, tensor, was in zip(self.names, tensors, self._before, strict=True):
            if not tensor.detach().equal(was):
                raise ValueError(f"forward must leave {name} as it is, and changed it in place")

    def _joined(self, outputs: Any) -> Tensor:
        """Return the outputs as one tensor: side by side if they have the same axes before the last, or end to end."""
        found = [one for one in tree_flatten(outputs)[0] if has_gradient(one)]
        if not found or any(isinstance(one, np.ndarray) for one in found):
            raise ValueError(f"forward must return a tensor of real numbers, was {kind_of(outputs)}")
        if len(found) == 1:
            return found[0]
        alike = found[0].dim() > 0 and len({one.shape[:-1] for one in found}) == 1
        return torch.cat(found, -1) if alike else torch.cat([one.reshape(-1) for one in found])

    def _parted(self, dE_dout: Tensor) -> Any:
        """Return dE_dout in the form of the outputs, 0 for one without a gradient, such as the place of a maximum."""
        parts, form = tree_flatten(self._outputs)
        found = [one for one in parts if has_gradient(one)]
        if len(found) > 1:
            alike = self.out.dim() == found[0].dim() and self.out.shape[:-1] == found[0].shape[:-1]
            sizes = [one.shape[-1] if alike else one.numel() for one in found]
            given = [p.reshape(one.shape) for p, one in zip(dE_dout.split(sizes, -1), found, strict=True)]
        else:
            given = [dE_dout]
        others = (torch.zeros_like(one, dtype=dE_dout.dtype) if isinstance(one, Tensor) else one for one in parts)
        return tree_unflatten([given.pop(0) if has_gradient(p) else zero for p, zero in zip(parts, others)], form)

    def _in_order(self, returned: Any) -> list[Any]:
        """Return the gradients of the tensors that are judged, in whatever form backward returned them."""
        form, n = self.form, len(self.form.names)
        judged_inputs = form.judged[: self.n_inputs]
        if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], Mapping):
            found = self._by_name(returned[1])
            of_inputs = list(returned[0]) if isinstance(returned[0], list | tuple) else [returned[0]]
            if not judged_inputs and of_inputs == [None]:
                of_inputs = []
            if len(of_inputs) not in (form.n_inputs, len(judged_inputs)):
                one_each = f"a gradient for each of {form.n_inputs} inputs"
                raise ValueError(f"backward must return {one_each}, was {len(of_inputs)}")
            places = range(form.n_inputs) if len(of_inputs) == form.n_inputs else judged_inputs
            found |= dict(zip(places, of_inputs, strict=True))
        elif isinstance(returned, Mapping):
            found = self._by_name(returned)
        else:
            several = list(returned) if isinstance(returned, list | tuple) else [returned]
            places = {n: range(n), len(form.judged): form.judged, form.n_inputs: range(form.n_inputs)}.get(len(several))
            if places is None or (len(several) == form.n_inputs < len(form.judged)):
                also = f"a tuple of them for {', '.join(self.names)}, or a dict by name"
                told = f"backward must return (dE_dinputs, {{name: gradient}}), {also}"
                raise ValueError(f"{told}, was {kind_of(returned)}")
            found = dict(zip(places, several, strict=True))
        return [found.get(k) for k in form.judged]

    def _by_name(self, gradients: Mapping[str, Any]) -> dict[int, Any]:
        """Return gradients by the number of their argument; the name is ours, or that of forward's argument."""
        places = self.form.also_called | {name: k for k, name in enumerate(self.form.names)}
        if unknown := [name for name in gradients if name not in places]:
            known = ", ".join(self.names[self.n_inputs :] or self.names)
            raise ValueError(f"backward must return gradients of the parameters ({known}), was also {unknown[0]}")
        return {places[name]: gradient for name, gradient in gradients.items()}


def _detached(outputs: Any) -> Any:
    parts, form = tree_flatten(outputs)
    return tree_unflatten([one.detach().clone() if isinstance(one, Tensor) else one for one in parts], form)


def _check(name: str, tensor: Tensor) -> None:
    if not tensor.numel():
        raise ValueError(f"{name} must have entries, was of shape {tuple(tensor.shape)}")
    if tensor.device.type == "meta" or tensor.layout != torch.strided:
        raise ValueError(f"{name} must be dense, with numbers in it, was {tensor.layout} on {tensor.device}")
    if tensor.dtype not in (torch.float64, *LOW):
        raise ValueError(f"{name} must be float64, float32, bfloat16 or float16, was {name_of(tensor.dtype)}")
    if not tensor.isfinite().all():
        place = (~tensor.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"{name} must be finite, was {float(tensor[tuple(place)])} at {place}")


def name_of(dtype: torch.dtype) -> str:
    """Return the name of a type of numbers."""
    return str(dtype).removeprefix("torch.")


def malformed(by_hand: Any, right: Tensor) -> str:
    """Return the reason why no numbers can be compared, or nothing if they can."""
    if by_hand is None:
        return "there is none: return one, or close over the tensor"
    if not isinstance(by_hand, Tensor):
        return f"it must be a tensor, was {type(by_hand).__name__}"
    if by_hand.layout != torch.strided:
        return f"it must be dense, was {by_hand.layout}"
    if by_hand.shape != right.shape:
        return f"its shape must be {tuple(right.shape)}, was {tuple(by_hand.shape)}{_of_shape(by_hand, right)}"
    if by_hand.dtype != right.dtype:
        return f"it must be {name_of(right.dtype)}, was {name_of(by_hand.dtype)}: digits are lost on the way"
    if n := int((~by_hand.isfinite()).sum()):
        return f"{n} of its {by_hand.numel()} entries are not finite, the first at {_first(~by_hand.isfinite())}"
    return ""


def distance(by_hand: Any, right: Tensor, tolerance: float, noise: float = 0.0) -> dict[str, Any]:
    """Return the columns of `compare` for one tensor; looks_like is only said if there are no numbers to compare.

    noise: how far off the oracle itself may be by rounding.
    """
    wrong = malformed(by_hand, right) or (
        f"the oracle's own is not finite here: {OTHERS}" if not right.isfinite().all() else ""
    )
    if wrong:
        lost = {"exact": False, "absolute": np.nan, "relative": np.nan, "ulp": np.nan}
        return lost | {"agrees": False, "looks_like": wrong}
    apart = (by_hand - right).abs()
    absolute, size = float(apart.max()), float(right.abs().max())
    relative = absolute / size if size else (0.0 if absolute == 0 else np.inf)
    ulp = float((apart / torch.tensor(np.spacing(torch.maximum(by_hand.abs(), right.abs()).numpy()))).max())
    found = {"exact": by_hand.equal(right), "absolute": absolute, "relative": relative, "ulp": ulp}
    return found | {"agrees": relative <= tolerance or absolute <= noise, "looks_like": ""}


def _of_shape(by_hand: Tensor, right: Tensor) -> str:
    """Return more about a gradient of another shape: transposed, not summed, or right but for its shape."""
    if by_hand.dim() > 1 and by_hand.mT.shape == right.shape and near(by_hand.mT, right):
        return ": it is transposed"
    for axis in range(by_hand.dim()):
        if by_hand.shape[axis] > 1 and by_hand.sum(axis).shape == right.shape and near(by_hand.sum(axis), right):
            return f": the sum over cases is missing (axis {axis})"
    if by_hand.numel() == right.numel() and near(by_hand.reshape(right.shape), right):
        return ": the numbers are right"
    return ""


def near(ours: Tensor, right: Tensor, tolerance: float = 1e-9) -> bool:
    """Return whether every entry is off by at most this share of the largest one."""
    return bool((ours - right).abs().max() <= tolerance * right.abs().max())


def _first(marked: Tensor) -> list[int]:
    return marked.nonzero()[0].tolist()

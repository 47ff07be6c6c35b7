"""Somebody's forward and backward pass, with one clear line for everything that cannot be compared.

Only tensors of real numbers have a gradient; the passes receive all other arguments unchanged. Several outputs are
joined into one. All state that the two passes change is restored, so that every call finds the same state.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backprop86.gradients.binding import kind_of
from backprop86.gradients.forms import Form
from backprop86.gradients.outputs import Outputs, joined
from backprop86.gradients.returned import returned_in_order
from backprop86.gradients.untouched import Untouched

OUTPUT = "the output of forward"
OTHERS = "name the other oracles alone (oracles=[...])"
LOW = (torch.float32, torch.bfloat16, torch.float16)
"""The number types that are judged against the same passes in float64."""


class Pair:
    """The two passes with the tensors to judge them at; `names` are "input 1", ... and the parameters' names."""

    def __init__(self, form: Form) -> None:
        """Raise ValueError, in one line, for tensors at which no gradient can be judged."""
        self.form = form
        self.names = [form.names[k] for k in form.judged]
        self.n_inputs = sum(k < form.n_inputs for k in form.judged)
        if not form.judged:
            kinds = ", ".join(kind_of(value) for value in form.arguments) or "none"
            raise ValueError(f"inputs and params must hold a tensor of real numbers, was {kinds}")
        self.tensors = [form.arguments[k].detach() for k in form.judged]
        for name, tensor in zip(self.names, self.tensors, strict=True):
            _check(name, tensor)
        self._kept = [tensor.clone() for tensor in self.tensors]
        generators = (torch.default_generator, *torch.cuda.default_generators)  # empty until CUDA is used
        self.untouched = Untouched(**form.roots, generators=generators)
        with self.untouched:
            self._outputs = Outputs(form.call(self._values(self.tensors))[0])
        self.out = self._outputs.joined
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
        """Compute the output alone, in the number type of the tensors, with no backward pass of its own."""
        with self.untouched:
            return joined(self._called(self.form.plain, tensors)).clone()  # it may lie in restored memory

    def gradients(self, dE_dout: Tensor) -> list[Any]:
        """Return the gradients by hand in the order of `names`, None for a missing one."""
        with self.untouched:
            return self.backward(dE_dout, self.run(self.tensors)[1])

    def run(self, tensors: Sequence[Tensor]) -> tuple[Tensor, Any]:
        """Return (out, cache) of the forward pass; the caller restores the state that it changed (`untouched`)."""
        outputs, cache = self._called(self.form.call, tensors)
        return joined(outputs), cache

    def backward(self, dE_dout: Tensor, cache: Any) -> list[Any]:
        """Return the gradients from the cache of a forward pass whose state has not been restored yet."""
        given = dE_dout.clone()
        returned = self.form.back(self._outputs.parted(given), cache)
        if not given.equal(dE_dout):
            raise ValueError("backward must leave dE_dout as it is, and changed it in place")
        for name, tensor, kept in zip(self.names, self.tensors, self._kept, strict=True):
            if not tensor.equal(kept):
                raise ValueError(f"backward must leave {name} as it is, and changed it in place")
        in_order = returned_in_order(returned, self.form)
        return [part.detach().clone() if isinstance(part, Tensor) else part for part in in_order]

    def _values(self, tensors: Sequence[Tensor]) -> list[Any]:
        """Return all arguments, with these tensors in the place of the judged ones."""
        values = list(self.form.arguments)
        for k, tensor in zip(self.form.judged, tensors, strict=True):
            values[k] = tensor
        return values

    def _called(self, passes: Callable[[Sequence[Any]], Any], tensors: Sequence[Tensor]) -> Any:
        """Call the passes with these tensors; ValueError, in one line, if they change one in place."""
        versions = [tensor._version for tensor in tensors]
        returned = passes(self._values(tensors))
        for k, tensor in enumerate(tensors):
            changed = not tensor.equal(self._kept[k]) if tensor is self.tensors[k] else tensor._version != versions[k]
            if changed:
                raise ValueError(f"forward must leave {self.names[k]} as it is, and changed it in place")
        return returned


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
    """Return the name of a number type."""
    return str(dtype).removeprefix("torch.")


def malformed(by_hand: Any, right: Tensor) -> str:
    """Return the reason why no numbers can be compared, "" if they can."""
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
    """Return the report's columns for one tensor; looks_like is filled only if there are no numbers to compare.

    noise: the rounding error of the oracle itself.
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
    spacing = torch.tensor(np.spacing(torch.maximum(by_hand.abs(), right.abs()).cpu().numpy()), device=apart.device)
    ulp = float((apart / spacing).max())
    found = {"exact": by_hand.equal(right), "absolute": absolute, "relative": relative, "ulp": ulp}
    return found | {"agrees": relative <= tolerance or absolute <= noise, "looks_like": ""}


def _of_shape(by_hand: Tensor, right: Tensor) -> str:
    """Return the likely cause of a wrong shape: transposed, not summed, or right but for the shape."""
    if by_hand.dim() > 1 and by_hand.mT.shape == right.shape and near(by_hand.mT, right):
        return ": it is transposed"
    for axis in range(by_hand.dim()):
        if by_hand.shape[axis] > 1 and by_hand.sum(axis).shape == right.shape and near(by_hand.sum(axis), right):
            return f": the sum over cases is missing (axis {axis})"
    if by_hand.numel() == right.numel() and near(by_hand.reshape(right.shape), right):
        return ": the numbers are right"
    return ""


def near(ours: Tensor, right: Tensor, tolerance: float = 1e-9) -> bool:
    """Return whether every error is at most `tolerance` times the largest entry."""
    return bool((ours - right).abs().max() <= tolerance * right.abs().max())


def _first(marked: Tensor) -> list[int]:
    return marked.nonzero()[0].tolist()

"""A forward and a backward pass as somebody hands them in, with one clear line for whatever cannot be compared.

    forward(*inputs, **parameters) -> (out, cache);  backward(dE_dout, cache) -> (dE_dinputs, {name: dE_dparameter})

or one of torch's Function classes, whose two methods are called directly, so that nothing of torch comes between.
Whatever the two passes change is put back, so that every call finds the same state.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backprop86.gradients.binding import bind, kind_of, several
from backprop86.gradients.functions import methods_of
from backprop86.gradients.untouched import Untouched

Forward = Callable[..., tuple[Tensor, Any]]
Backward = Callable[..., tuple[Tensor | Sequence[Tensor | None] | None, Mapping[str, Tensor]]]
OUTPUT = "the output of forward"
OTHERS = "name the other oracles alone (oracles=[...])"


class Pair:
    """The two passes with the tensors they are asked about; `names` are "input 1", ... and those of the parameters."""

    def __init__(
        self,
        forward: Forward | type,
        backward: Backward | None,
        inputs: Sequence[Tensor],
        parameters: dict[str, Tensor],
    ) -> None:
        """Raise ValueError, in one line, for tensors at which no gradient can be judged."""
        if isinstance(inputs, Tensor) or not isinstance(parameters, Mapping):
            told = f"were {kind_of(inputs)} and {kind_of(parameters)}"
            raise ValueError(f"inputs must be a list of tensors, parameters a dict of them by name, {told}")
        self.n_inputs = len(inputs)
        self.names = [*(f"input {k + 1}" for k in range(len(inputs))), *parameters]
        self.tensors = [*inputs, *parameters.values()]
        if not self.tensors:
            raise ValueError("inputs and parameters must hold a tensor, was none")
        for name, tensor in zip(self.names, self.tensors, strict=True):
            _check(name, tensor)
        self.tensors = [tensor.detach() for tensor in self.tensors]
        if backward is None:
            self._forward, self._backward = methods_of(forward, self.n_inputs, list(parameters))
        else:
            bound = bind(_inspected(forward), self.n_inputs, list(parameters), "close over what has no gradient")
            self._forward, self._backward = partial(bound, forward), backward
        self.untouched = Untouched(
            forward=forward,
            backward=backward,
            inputs=inputs,
            parameters=parameters,
            generator=torch.default_generator,
        )
        self.out = self.function(*self.tensors).detach()
        _check(OUTPUT, self.out)
        if not self.function(*self.tensors).equal(self.out):
            raise ValueError("forward must give the same output for the same tensors, and is random: fix its seed")

    def function(self, *tensors: Tensor) -> Tensor:
        """Return the output alone, in whatever type of numbers the tensors have."""
        with self.untouched:
            return self.run(tensors)[0].clone()  # which may lie in memory that is put back

    def gradients(self, dE_dout: Tensor) -> list[Any]:
        """Return the gradients by hand in the order of `names`, None for what is missing."""
        with self.untouched:
            return self.backward(dE_dout, self.run(self.tensors)[1])

    def backward(self, dE_dout: Tensor, cache: Any) -> list[Any]:
        """Return the gradients from the cache of a forward pass, which must not have been put back."""
        given = dE_dout.clone()
        returned = self._backward(given, cache)
        if not given.equal(dE_dout):
            raise ValueError("backward must leave dE_dout as it is, and changed it in place")
        return [part.detach().clone() if isinstance(part, Tensor) else part for part in self._in_order(returned)]

    def _in_order(self, returned: Any) -> list[Any]:
        if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], Mapping)):
            raise ValueError(f"backward must return (dE_dinputs, {{name: gradient}}), was {kind_of(returned)}")
        dE_dinputs, of_parameters = returned
        of_inputs = list(dE_dinputs) if isinstance(dE_dinputs, list | tuple) else [dE_dinputs]
        if not self.n_inputs and of_inputs == [None]:
            of_inputs = []
        if len(of_inputs) != self.n_inputs:
            raise ValueError(
                f"backward must return a gradient for each of {self.n_inputs} inputs, was {len(of_inputs)}"
            )
        parameters = self.names[self.n_inputs :]
        if unknown := [name for name in of_parameters if name not in parameters]:
            known = ", ".join(parameters) or "none"
            raise ValueError(f"backward must return gradients of the parameters ({known}), was also {unknown[0]}")
        return [*of_inputs, *(of_parameters.get(name) for name in parameters)]

    def run(self, tensors: Sequence[Tensor]) -> tuple[Tensor, Any]:
        """Return (out, cache) of the forward pass; whoever asks puts back what it has changed (`untouched`)."""
        before = [tensor.detach().clone() for tensor in tensors]
        returned = self._forward(tensors)
        if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], Tensor)):
            raise ValueError(f"forward must return (out, cache), was {kind_of(returned)}{several(returned)}")
        for name, tensor, was in zip(self.names, tensors, before, strict=True):
            if not tensor.detach().equal(was):
                raise ValueError(f"forward must leave {name} as it is, and changed it in place")
        return returned


def _check(name: str, tensor: Any) -> None:
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name} must be a tensor, was {kind_of(tensor)}")
    if not tensor.numel():
        raise ValueError(f"{name} must have entries, was of shape {tuple(tensor.shape)}")
    if tensor.device.type != "cpu" or tensor.layout != torch.strided:
        raise ValueError(f"{name} must be dense and on the CPU, was {tensor.layout} on {tensor.device}")
    if tensor.dtype != torch.float64:
        advice = "" if name == OUTPUT else _advice(tensor)
        raise ValueError(f"{name} must be float64, in which rounding hides no mistake, was {_dtype(tensor)}{advice}")
    if not tensor.isfinite().all():
        place = (~tensor.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"{name} must be finite, was {float(tensor[tuple(place)])} at {place}")


def _advice(tensor: Tensor) -> str:
    if tensor.is_floating_point():
        return ": .double() makes it so"
    return "" if tensor.is_complex() else ": close over it, for it has no gradient"


def _inspected(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return what has the names of the arguments: calling a torch module leads to its forward."""
    return forward.forward if isinstance(forward, torch.nn.Module) else forward


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


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
        return f"it must be float64, was {_dtype(by_hand)}: digits are lost on the way"
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

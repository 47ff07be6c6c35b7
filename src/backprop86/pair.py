"""A forward and a backward pass as somebody hands them in, with one clear line for whatever cannot be compared.

    forward(*inputs, *parameters) -> (out, cache);  backward(dE_dout, cache) -> (dE_dinputs, {name: dE_dparameter})

or one of torch's Function classes, whose two methods are called directly, so that nothing of torch comes between.
"""

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import Tensor

Forward = Callable[..., tuple[Tensor, Any]]
Backward = Callable[..., tuple[Tensor | Sequence[Tensor | None] | None, Mapping[str, Tensor]]]
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
        """ValueError, in one line, for tensors that no gradient can be judged at."""
        if isinstance(inputs, Tensor) or not isinstance(parameters, Mapping):
            told = f"were {_kind(inputs)} and {_kind(parameters)}"
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
            self._forward, self._backward = _methods(forward, list(parameters), self.tensors)
        else:
            self._forward, self._backward = forward, backward
            _takes(forward, self.tensors, "hand it what has no gradient in a closure")
        self.out = self.function(*self.tensors).detach().clone()
        _check("the output of forward", self.out)
        if not self.function(*self.tensors).equal(self.out):
            raise ValueError("forward must give the same output for the same tensors, and is random: fix its seed")

    def function(self, *tensors: Tensor) -> Tensor:
        """The forward pass without its cache, in whatever type of numbers it is given."""
        return self.run(tensors)[0]

    def gradients(self, dE_dout: Tensor, cache: Any = None) -> list[Any]:
        """What the backward pass returns, copied, in the order of `names`, None for what is missing.

        From the cache of a forward pass of its own, or the one given.
        """
        if cache is None:
            _, cache = self.run(self.tensors)
        given = dE_dout.clone()
        returned = self._backward(given, cache)
        if not given.equal(dE_dout):
            raise ValueError("backward must leave dE_dout as it is, and changed it in place")
        return [part.detach().clone() if isinstance(part, Tensor) else part for part in self._in_order(returned)]

    def _in_order(self, returned: Any) -> list[Any]:
        if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], Mapping)):
            raise ValueError(f"backward must return (dE_dinputs, {{name: gradient}}), was {_kind(returned)}")
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
        """(out, cache) of the forward pass."""
        before = [tensor.detach().clone() for tensor in tensors]
        returned = self._forward(*tensors)
        if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], Tensor)):
            raise ValueError(f"forward must return (out, cache), was {_kind(returned)}")
        for name, tensor, was in zip(self.names, tensors, before, strict=True):
            if not tensor.detach().equal(was):
                raise ValueError(f"forward must leave {name} as it is, and changed it in place")
        return returned


def _check(name: str, tensor: Any) -> None:
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name} must be a tensor, was {_kind(tensor)}")
    if not tensor.numel():
        raise ValueError(f"{name} must have entries, was of shape {tuple(tensor.shape)}")
    if tensor.device.type != "cpu" or tensor.layout != torch.strided:
        raise ValueError(f"{name} must be dense and on the CPU, was {tensor.layout} on {tensor.device}")
    if tensor.dtype != torch.float64:
        raise ValueError(f"{name} must be float64, in which rounding hides no mistake, was {_dtype(tensor)}")
    if not tensor.isfinite().all():
        place = (~tensor.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"{name} must be finite, was {float(tensor[tuple(place)])} at {place}")


def _takes(forward: Callable[..., Any], arguments: Sequence[Any], instead: str) -> None:
    try:
        signature(forward).bind(*arguments)
    except TypeError as error:
        raise ValueError(f"forward must take the inputs, then the parameters ({error}): {instead}") from error


def _kind(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(type(part).__name__ for part in value)})"
    return type(value).__name__


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def malformed(by_hand: Any, right: Tensor) -> str:
    """Why there are no numbers to compare, or nothing if there are."""
    if by_hand is None:
        return "there is none (what needs none must be closed over, not handed in)"
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
    """The columns of `compare` for one tensor; looks_like is only said if there are no numbers to compare.

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
    """What else can be said of a gradient of another shape."""
    if by_hand.dim() > 1 and by_hand.mT.shape == right.shape and near(by_hand.mT, right):
        return ": it is transposed"
    for axis in range(by_hand.dim()):
        if by_hand.shape[axis] > 1 and by_hand.sum(axis).shape == right.shape and near(by_hand.sum(axis), right):
            return f": the sum over cases is missing (axis {axis})"
    if by_hand.numel() == right.numel() and near(by_hand.reshape(right.shape), right):
        return ": the numbers are right"
    return ""


def near(ours: Tensor, right: Tensor, tolerance: float = 1e-9) -> bool:
    """Whether no entry is farther off than that share of the largest one."""
    return bool((ours - right).abs().max() <= tolerance * right.abs().max())


def _first(marked: Tensor) -> list[int]:
    return marked.nonzero()[0].tolist()


class Context:
    """What torch hands to the methods of a Function, as far as the two of them use it among themselves."""

    def __init__(self, n: int) -> None:
        """n: how many tensors forward is given."""
        self.saved_tensors: tuple[Any, ...] = ()
        self.needs_input_grad = (True,) * n

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep them for backward."""
        self.saved_tensors = tensors

    def __getattr__(self, name: str) -> Any:
        """mark_dirty, mark_non_differentiable, set_materialize_grads: nothing to do with the numbers."""
        if name.startswith(("mark_", "set_")):
            return lambda *_: None
        raise AttributeError(f"nothing was kept on ctx as {name}")


def _methods(function: Any, parameters: list[str], given: Sequence[Tensor]) -> tuple[Forward, Backward]:
    """The two methods of a Function as a pair; in the older style forward is given the context, in the newer not."""
    if not (isinstance(function, type) and hasattr(function, "apply")):
        raise ValueError(f"without a backward, forward must be a torch.autograd.Function, was {_kind(function)}")
    older = not any(
        "setup_context" in vars(base) for base in function.__mro__ if not base.__module__.startswith("torch")
    )
    methods: Any = function
    _takes(methods.forward, [None, *given] if older else given, "give it the others in a subclass")

    def forward(*tensors: Tensor) -> tuple[Tensor, Context]:
        context = Context(len(tensors))
        out = methods.forward(context, *tensors) if older else methods.forward(*tensors)
        if not isinstance(out, Tensor):
            raise ValueError(f"forward must return one tensor, was {_kind(out)}")
        if not older:
            methods.setup_context(context, tensors, out)
        return out, context

    def backward(dE_dout: Tensor, context: Context) -> tuple[list[Tensor | None], dict[str, Tensor]]:
        returned = methods.backward(context, dE_dout)
        gradients = list(returned) if isinstance(returned, tuple) else [returned]
        while len(gradients) > len(context.needs_input_grad) and gradients[-1] is None:
            gradients.pop()  # torch asks for none of them either: of arguments that forward was not given here
        if len(gradients) != len(context.needs_input_grad):
            wanted = len(context.needs_input_grad)
            raise ValueError(f"backward must return {wanted} gradients, one for each tensor, was {len(gradients)}")
        n = len(gradients) - len(parameters)
        return gradients[:n], dict(zip(parameters, gradients[n:], strict=True))

    return forward, backward

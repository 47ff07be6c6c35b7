"""The common form of all backward passes: values in, outputs and a cache out, gradients back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor


@dataclass
class Form:
    """A forward and a backward pass in the common form, and the values to judge them at.

    names, arguments: inputs first, then parameters, then constants. judged: the numbers of the arguments with a
    gradient. call(values) -> (outputs, cache). back(dE_doutputs, cache) -> the gradients as backward returns them.
    plain(values) -> outputs: forward alone, which the oracles differentiate.
    also_called: the names of forward's arguments, and the numbers of their values. left_out: oracles that cannot judge.
    """

    names: list[str]
    arguments: list[Any]
    judged: list[int]
    n_inputs: int
    call: Callable[[Sequence[Any]], tuple[Any, Any]]
    back: Callable[[Any, Any], Any]
    plain: Callable[[Sequence[Any]], Any]
    roots: dict[str, Any]
    also_called: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


class Given:
    """The arguments as passed: their values, their names, and the numbers of those with a gradient."""

    def __init__(self, inputs: Sequence[Any], params: Mapping[str, Any], constants: Mapping[str, Any]) -> None:
        """Raise ValueError, in one line, for a repeated name."""
        if twice := [name for name in constants if name in params]:
            raise ValueError(f"constants must have other names than params, was {twice[0]} in both")
        self.inputs, self.params, self.constants = list(inputs), dict(params), dict(constants)
        self.by_name = [*params, *constants]
        self.names = [*(f"input {k + 1}" for k in range(len(inputs))), *self.by_name]
        if len(set(self.names)) < len(self.names):
            raise ValueError("params and constants must have other names than the inputs, which are input 1 and so on")
        self.arguments = [*inputs, *params.values(), *constants.values()]
        self.judged = [k for k in range(len(inputs) + len(params)) if has_gradient(self.arguments[k])]


def has_gradient(value: Any) -> bool:
    """Return whether a value has a gradient: a tensor or an array of real (or complex) numbers."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc"
    return isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex())

"""Pairs of functions in NumPy: tensors become arrays on their way in, arrays become tensors on their way out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from backprop86.gradients.forms import Form

NO_GRAPH = "forward is in NumPy, which autograd cannot follow"


def among(values: Sequence[Any]) -> bool:
    """Return whether the values hold arrays; ValueError, in one line, if they hold tensors as well."""
    found = [value for value in values if isinstance(value, np.ndarray)]
    if found and any(isinstance(value, Tensor) for value in values):
        raise ValueError("inputs and params must be all tensors or all arrays, were both")
    return bool(found)


def in_numpy(form: Form) -> Form:
    """Return the form with tensors for its arrays."""
    for name, value in zip(form.names, form.arguments, strict=True):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.dtype != np.float64:
            raise ValueError(f"{name} must be float64, was {value.dtype}: .astype(float) makes it so")

    def call(values: Sequence[Any]) -> tuple[Any, Any]:
        out, cache = form.call(as_arrays(values))
        return _given_back(out), cache

    def plain(values: Sequence[Any]) -> Any:
        return _given_back(form.plain(as_arrays(values)))

    return replace(
        form,
        arguments=as_tensors(form.arguments),
        call=call,
        back=lambda dE_dout, cache: _given_back(form.back(as_arrays(dE_dout), cache)),
        plain=plain,
        left_out={"autograd": NO_GRAPH},
    )


def _given_back(returned: Any) -> Any:
    """Return the outputs or gradients of a pass as tensors, plain Python numbers too."""
    return as_tensors(tree_map(lambda one: np.asarray(one) if isinstance(one, float | complex) else one, returned))


def as_arrays(values: Any) -> Any:
    """Return the values with an array for each tensor."""
    return tree_map(lambda value: value.detach().numpy().copy() if isinstance(value, Tensor) else value, values)


def as_tensors(values: Any) -> Any:
    """Return the values with a tensor for each array and each NumPy number."""
    return tree_map(lambda value: _tensor(value) if isinstance(value, np.ndarray | np.generic) else value, values)


def _tensor(value: Any) -> Any:
    array = np.asarray(value)
    return torch.from_numpy(array.copy()) if array.dtype.kind in "biufc" else value

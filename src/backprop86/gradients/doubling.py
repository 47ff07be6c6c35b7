"""Passes of a lower number type, run on float64 copies: a cast to float32 or less leaves the copies in float64.

Many layers take bfloat16 and compute in float32 inside. On float64 copies that cast would lose digits.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from backprop86.gradients.candidate import LOW
from backprop86.gradients.forms import Form

Result = TypeVar("Result")
WIDE = (torch.float64, torch.complex128)


class Wide(TorchDispatchMode):
    """A torch mode in which casting a wide tensor to a lower type makes a copy."""

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Return the result of an operation."""
        kwargs = dict(kwargs or {})
        if operation is torch.ops.aten._to_copy.default and args[0].dtype in WIDE and kwargs.get("dtype") in LOW:
            kwargs["dtype"] = args[0].dtype
        return operation(*args, **kwargs)


def in_double(form: Form) -> Form:
    """Return the form on float64 copies of its tensors of real numbers."""
    arguments = [_double(value) for value in form.arguments]
    return replace(form, arguments=arguments, call=_wide(form.call), back=_wide(form.back), plain=_wide(form.plain))


def _double(value: Any) -> Any:
    return value.detach().double() if isinstance(value, Tensor) and value.is_floating_point() else value


def _wide(passes: Callable[..., Result]) -> Callable[..., Result]:
    def called(*args: Any) -> Result:
        with Wide():
            return passes(*args)

    return called

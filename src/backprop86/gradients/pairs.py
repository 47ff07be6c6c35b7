"""Pairs of functions or methods, a forward and a backward pass, brought to the common form."""

from collections.abc import Sequence
from inspect import Parameter, signature
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backprop86.gradients.binding import Binding, Place, bind
from backprop86.gradients.forms import Form, Given

ALONE = object()
"""The cache of a forward pass that returns no cache."""


def form_of(forward: Any, backward: Any, given: Given) -> Form:
    """Return the form of two functions, or two methods."""
    named = forward.forward if isinstance(forward, torch.nn.Module) else forward
    n = len(given.inputs)
    bound = bind(named, n, given.by_name, "close over the others, or name them in constants")

    def call(values: Sequence[Any]) -> tuple[Any, Any]:
        returned = bound(forward, values)
        return returned if _has_cache(returned, backward) else (returned, (ALONE, values))

    def back(dE_dout: Any, cache: Any) -> Any:
        if not (isinstance(cache, tuple) and len(cache) == 2 and cache[0] is ALONE):
            return backward(dE_dout, cache)
        return _without_cache(backward, dE_dout, bound, cache[1])

    roots = {"forward": forward, "backward": backward, "inputs": given.inputs, "parameters": given.params}
    return Form(
        given.names, given.arguments, given.judged, n, call, back, lambda values: call(values)[0],
        roots | {"constants": given.constants}, _also_called(named, bound),
    )  # fmt: skip


def _has_cache(returned: Any, backward: Any) -> bool:
    """Return whether forward gave (out, cache); two tensors are two outputs if backward takes only one argument."""
    if not (isinstance(returned, tuple) and len(returned) == 2):
        return False
    if isinstance(returned[1], Tensor | np.ndarray):
        try:
            signature(backward).bind(*returned)
        except TypeError:
            return False
        except ValueError:  # a builtin
            pass
    return True


def _without_cache(backward: Any, dE_dout: Any, bound: Binding, values: Sequence[Any]) -> Any:
    """Call backward with dE_dout and the arguments of forward, or with dE_dout alone, as it takes them."""
    try:
        takes = signature(backward)
    except (TypeError, ValueError):  # a builtin
        return backward(dE_dout)
    arguments = bound.filled(values)
    keywords = {name: values[k] for name, k in bound.keywords.items()}
    for more, by_name in ((arguments, keywords), (arguments, {}), ((), {})):
        try:
            takes.bind(dE_dout, *more, **by_name)
        except TypeError:
            continue
        return backward(dE_dout, *more, **by_name)
    also = "or backward take dE_dout alone, or dE_dout and the arguments of forward"
    raise ValueError(f"forward must return (out, cache), {also}: it returned no cache")


def _also_called(forward: Any, bound: Binding) -> dict[str, int]:
    """Return forward's own names for its arguments, with the number of each value."""
    try:
        named = signature(forward).bind(*bound.arguments, **bound.keywords)
    except (TypeError, ValueError):  # a builtin
        return {}
    return {name: int(place) for name, place in named.arguments.items() if isinstance(place, Place)}


def takes_cache(backward: Any) -> bool:
    """Return whether a backward pass requires two arguments: dE_dout and a cache."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    wanted = [one for one in signature(backward).parameters.values() if one.kind in kinds]
    return sum(one.default is Parameter.empty for one in wanted) >= 2

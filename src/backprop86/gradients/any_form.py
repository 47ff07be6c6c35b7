"""Forms in which people write a backward pass, brought to one: values in, outputs and a cache out, gradients back.

    forward(*inputs, **parameters) -> (out, cache), backward(dE_dout, cache)            nothing is kept
    forward(*inputs, **parameters) -> out,          backward(dE_dout, *inputs, ...)     everything is formed again
    layer.forward(*inputs) -> out,                  layer.backward(dE_dout)             the layer keeps it
    a torch.autograd.Function, an nn.Module with a backward, a module or function that calls Functions
    each of the first three in NumPy

`out` may be one tensor or several, in a list, a tuple or a dict; dE_dout then has the same form. The gradients are
(dE_dinputs, {name: dE_dparameter}), or a tuple or list in the order of the arguments, or a dict by their names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from backprop86.gradients import arrays, functions, graphs, pairs
from backprop86.gradients.binding import kind_of
from backprop86.gradients.forms import Form, Given


def form_of(
    forward: Any, backward: Any, inputs: Sequence[Any], params: Mapping[str, Any], constants: Mapping[str, Any]
) -> Form:
    """Return the form of these two passes; ValueError, in one line, if they have none."""
    if isinstance(inputs, str) or not isinstance(inputs, Sequence):
        raise ValueError(f"inputs must be a list of tensors, was {kind_of(inputs)}")
    for name, named in (("params", params), ("constants", constants)):
        if not isinstance(named, Mapping):
            raise ValueError(f"{name} must be a dict of values by name, was {kind_of(named)}")
    if not callable(forward):
        raise ValueError(f"forward must be a function, was {kind_of(forward)}")
    if not (backward is None or callable(backward)):
        raise ValueError(f"backward must be a function, was {kind_of(backward)}")
    given = Given(inputs, params, constants)
    forward = functions.of_apply(forward)
    if functions.is_function(forward):
        if backward is not None:
            raise ValueError(f"backward must be left out for a Function, which has its own, was {kind_of(backward)}")
        return functions.form_of(forward, given)
    form = graphs.form_of(forward, given) if backward is None else pairs.form_of(forward, backward, given)
    return arrays.in_numpy(form) if arrays.among(form.arguments) else form

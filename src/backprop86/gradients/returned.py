"""The gradients that a backward pass returns, from any form to the order of the judged tensors.

(dE_dinputs, {name: gradient}) · {name: gradient} · a tuple or list of all · the gradient of the only one
"""

from collections.abc import Mapping
from typing import Any

from backprop86.gradients.binding import kind_of
from backprop86.gradients.forms import Form


def returned_in_order(returned: Any, form: Form) -> list[Any]:
    """Return the gradients in order, None for a missing one; ValueError, in one line, for another form."""
    if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], Mapping):
        found = _of_inputs(returned[0], form) | _by_name(returned[1], form)
    elif isinstance(returned, Mapping):
        found = _by_name(returned, form)
    else:
        found = _of_all(returned, form)
    return [found.get(k) for k in form.judged]


def _several(returned: Any) -> list[Any]:
    return list(returned) if isinstance(returned, list | tuple) else [returned]


def _of_inputs(returned: Any, form: Form) -> dict[int, Any]:
    """Return the gradients by input number; backward may give all inputs, or only those with a gradient."""
    judged = [k for k in form.judged if k < form.n_inputs]
    if returned is None and not judged:
        return {}
    gradients = _several(returned)
    for places in (range(form.n_inputs), judged):
        if len(gradients) == len(places):
            return dict(zip(places, gradients, strict=True))
    raise ValueError(f"backward must return a gradient for each of {form.n_inputs} inputs, was {len(gradients)}")


def _of_all(returned: Any, form: Form) -> dict[int, Any]:
    """Return gradients by argument number.

    backward may give all arguments, the judged ones, or the inputs if only inputs are judged.
    """
    gradients, n = _several(returned), len(form.names)
    only_inputs = range(form.n_inputs if len(form.judged) <= form.n_inputs else n)
    for places in (range(n), form.judged, only_inputs):
        if len(gradients) == len(places):
            return dict(zip(places, gradients, strict=True))
    names = ", ".join(form.names[k] for k in form.judged)
    told = f"backward must return (dE_dinputs, {{name: gradient}}), a tuple of them for {names}, or a dict by name"
    raise ValueError(f"{told}, was {kind_of(returned)}")


def _by_name(gradients: Mapping[str, Any], form: Form) -> dict[int, Any]:
    """Return gradients by argument number, from gradients by our name or by the name of forward's argument."""
    places = form.also_called | {name: k for k, name in enumerate(form.names)}
    if unknown := [name for name in gradients if name not in places]:
        known = ", ".join(form.names[k] for k in form.judged if k >= form.n_inputs) or "none"
        raise ValueError(f"backward must return gradients of the parameters ({known}), was also {unknown[0]}")
    return {places[name]: gradient for name, gradient in gradients.items()}

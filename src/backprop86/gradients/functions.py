"""A torch.autograd.Function as a pair of passes: its two methods, called without torch."""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from backprop86.gradients.binding import Binding, Place, bind
from backprop86.gradients.forms import Form, Given


class Context:
    """A stand-in for the context that torch passes to both methods of a Function."""

    def __init__(self, needs_input_grad: Sequence[bool]) -> None:
        """needs_input_grad: for each argument of forward, whether it has a gradient."""
        self.saved_tensors: tuple[Any, ...] = ()
        self.needs_input_grad = tuple(needs_input_grad)
        self.without_gradient: set[int] = set()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for backward."""
        self.saved_tensors = tensors

    def save_for_forward(self, *_: Any) -> None:
        """Do nothing: forward-mode derivatives are not needed."""

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Note the outputs that have no gradient."""
        self.without_gradient |= {id(one) for one in outputs}

    def __getattr__(self, name: str) -> Any:
        """Do nothing for mark_dirty and set_materialize_grads, which leave the numbers alone."""
        if name.startswith(("mark_", "set_")):
            return lambda *_: None
        raise AttributeError(f"ctx has nothing under the name {name}")


def is_function(forward: Any) -> bool:
    """Return whether this is a subclass of torch.autograd.Function."""
    above = forward.__mro__[1:] if isinstance(forward, type) else ()
    return any(base.__name__ == "Function" and base.__module__.startswith("torch") for base in above)


def of_apply(forward: Any) -> Any:
    """Return the Function class if `forward` is its `apply`, and `forward` otherwise."""
    function = getattr(forward, "__self__", None)
    return function if is_function(function) and getattr(forward, "__name__", "") == "apply" else forward


def run(function: Any, context: Context, arguments: Sequence[Any]) -> Any:
    """Return forward's output; the older style passes the context to forward, the newer to setup_context."""
    if _is_older(function):
        return function.forward(context, *arguments)
    given = signature(function.forward).bind(*arguments)
    given.apply_defaults()
    out = function.forward(*given.args)
    function.setup_context(context, given.args, out)
    return out


def _is_older(function: Any) -> bool:
    """Return whether forward takes the context: no class of the user's has a setup_context."""
    mine = [base for base in function.__mro__ if not base.__module__.startswith("torch")]
    return not any("setup_context" in vars(base) for base in mine)


def form_of(function: Any, given: Given) -> Form:
    """Return the form of a Function."""
    older, n = _is_older(function), len(given.inputs)
    instead = "give it the others in inputs, in their order, or in constants"
    bound = bind(function.forward, n, given.by_name, instead, [None] if older else [])
    arguments = _by_place(function.forward, bound)[older:]

    def call(values: Sequence[Any]) -> tuple[Any, Context]:
        context = Context([isinstance(argument, Place) and argument in given.judged for argument in arguments])
        own = [value.clone() if isinstance(value, Tensor) else value for value in values]  # it may write into them
        out = run(function, context, Binding(arguments, {}).filled(own))
        return tree_map(lambda one: one.to(torch.int64) if id(one) in context.without_gradient else one, out), context

    def back(dE_dout: Any, context: Context) -> list[Tensor | None]:
        returned = function.backward(context, *(dE_dout if isinstance(dE_dout, tuple | list) else (dE_dout,)))
        gradients = list(returned) if isinstance(returned, tuple) else [returned]
        while len(gradients) > len(arguments) and gradients[-1] is None:
            gradients.pop()  # nor does torch need these: gradients of arguments that forward did not get here
        if len(gradients) != len(arguments):
            wanted = len(arguments)
            raise ValueError(f"backward must return {wanted} gradients, one for each argument, was {len(gradients)}")
        of = {argument: gradients[k] for k, argument in enumerate(arguments) if isinstance(argument, Place)}
        return [of[k] for k in sorted(of)]

    roots = {"forward": function, "inputs": given.inputs, "parameters": given.params, "constants": given.constants}
    return Form(given.names, given.arguments, given.judged, n, call, back, lambda values: call(values)[0], roots)


def _by_place(forward: Callable[..., Any], bound: Binding) -> list[Any]:
    """Return the arguments up to the last one given, by place alone, as torch passes them to a Function."""
    if not bound.keywords:
        return list(bound.arguments)
    takes = signature(forward).bind(*bound.arguments, **bound.keywords)
    takes.apply_defaults()
    if any(isinstance(argument, Place) for argument in takes.kwargs.values()):
        raise ValueError("forward of a Function must take tensors by place, as torch alone can pass them")
    arguments = list(takes.args)
    while not isinstance(arguments[-1], Place):
        arguments.pop()
    return arguments

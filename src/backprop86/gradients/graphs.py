"""Forms whose gradients come through torch: an nn.Module, and every function that calls a Function.

The check judges torch's gradient, made with the Functions' own backward passes. The oracles differentiate the same
forward with each Function's forward in its place. Only this file and oracles.py use autograd.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from unittest import mock

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.func import functional_call
from torch.utils._pytree import tree_flatten, tree_map

from backprop86.gradients.binding import bind, kind_of
from backprop86.gradients.forms import Form, Given
from backprop86.gradients.functions import Context, run
from backprop86.gradients.pairs import takes_cache

NOTHING_BY_HAND = (
    "backward must be given, or forward must be a torch.autograd.Function, call one, or be an nn.Module with a backward"
)


def form_of(forward: Any, given: Given) -> Form:
    """Return the form of a module or a function without a separate backward pass."""
    if not callable(forward) or isinstance(forward, type):
        raise ValueError(f"{NOTHING_BY_HAND}, was {kind_of(forward)}")
    if not isinstance(forward, torch.nn.Module):
        bound = bind(forward, len(given.inputs), given.by_name, "close over the others, or name them in constants")
        return _differentiated(given, lambda values: bound(forward, values), forward)
    if given.params:
        raise ValueError(f"params must be left out for an nn.Module, which has its own, was {next(iter(given.params))}")
    learned = {name: w for name, w in forward.named_parameters() if w.requires_grad}
    fixed = {name: w for name, w in forward.named_parameters() if not w.requires_grad}
    of_module = Given(given.inputs, learned, fixed | dict(forward.named_buffers()) | given.constants)
    inside = _Inside(forward, of_module)
    if hasattr(forward, "backward"):
        return _with_own_backward(forward, of_module, inside)
    return _differentiated(of_module, inside.out, forward)


class _Inside:
    """A module with other tensors in the place of its parameters and buffers during a call."""

    def __init__(self, module: torch.nn.Module, given: Given) -> None:
        self.given, self.holder = given, _Holder(module)
        self.own = set(dict(module.named_parameters())) | set(dict(module.named_buffers()))

    def __call__(self, values: Sequence[Any], ask: Callable[[torch.nn.Module, list[Any]], Any]) -> Any:
        """Return ask(module, inputs)."""
        n = len(self.given.inputs)
        named = dict(zip(self.given.by_name, values[n:], strict=True))
        swapped = {f"module.{name}": value for name, value in named.items() if name in self.own}
        return functional_call(self.holder, swapped, (ask, list(values[:n])))

    def out(self, values: Sequence[Any]) -> Any:
        """Call the module with its inputs and with the constants that are not its own."""
        named = zip(self.given.by_name, values[len(self.given.inputs) :], strict=True)
        others = {name: value for name, value in named if name not in self.own}
        return self(values, lambda module, inputs: module(*inputs, **others))


class _Holder(torch.nn.Module):
    """A module around a module: `functional_call` of it can ask the inner one for more than its forward."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, ask: Callable[[torch.nn.Module, list[Any]], Any], inputs: list[Any]) -> Any:
        return ask(self.module, inputs)


def _with_own_backward(module: Any, given: Given, inside: _Inside) -> Form:
    """Return the form of a module with a backward pass; parameters' gradients are returned, or left in `.grad`."""
    keeps = takes_cache(module.backward)

    def call(values: Sequence[Any]) -> tuple[Any, Any]:
        returned = inside.out(values)
        if keeps and not (isinstance(returned, tuple) and len(returned) == 2):
            raise ValueError(f"forward must return (out, cache), which backward takes, was {kind_of(returned)}")
        out, cache = returned if keeps else (returned, None)
        return out, (values, cache)

    def back(dE_dout: Any, kept: Any) -> Any:
        values, cache = kept
        first = len(given.inputs)
        weights = {given.names[k]: values[k] for k in given.judged if k >= first}
        blank = {name: torch.zeros_like(w) for name, w in weights.items()}
        for name, w in weights.items():
            w.grad = blank[name]
        more = [cache] if keeps else []
        returned = inside(values, lambda inner, _: cast(Any, inner).backward(dE_dout, *more))
        left = {n: w.grad for n, w in weights.items() if w.grad is not blank[n] or blank[n]._version}
        if isinstance(returned, dict):
            return left | returned
        if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], dict):
            return returned[0], left | returned[1]
        if isinstance(returned, tuple | list) and len(returned) == len(given.judged) > first and not left:
            return returned
        return returned, left

    def plain(values: Sequence[Any]) -> Any:
        return call(values)[0]

    n = len(given.inputs)
    roots = {"module": module, "inputs": given.inputs, "constants": given.constants}
    return Form(given.names, given.arguments, given.judged, n, call, back, plain, roots)


def _differentiated(given: Given, function: Callable[[Sequence[Any]], Any], root: Any) -> Form:
    """Return the form of a function whose backward pass torch makes, with the Functions inside."""

    def call(values: Sequence[Any]) -> tuple[Any, Any]:
        asked = set(given.judged)
        leaves = [v.detach().clone().requires_grad_() if k in asked else v for k, v in enumerate(values)]
        with torch.enable_grad():
            out = function(leaves)
        outs = tree_flatten(out)[0]
        if not any(isinstance(one, Tensor) and _by_hand(one.grad_fn) for one in outs):
            raise ValueError(f"{NOTHING_BY_HAND}, was neither: torch makes all of its gradient")
        return out, (outs, [leaves[k] for k in given.judged])

    def back(dE_dout: Any, kept: Any) -> list[Any]:
        outs, leaves = kept
        pairs = zip(outs, tree_flatten(dE_dout)[0], strict=True)
        reached = [(one, grad) for one, grad in pairs if isinstance(one, Tensor) and one.requires_grad]
        ends, grads = zip(*reached, strict=True)
        found = torch.autograd.grad(ends, leaves, grads, allow_unused=True)
        in_order: list[Any] = [None] * len(given.names)
        for k, gradient in zip(given.judged, found, strict=True):
            in_order[k] = gradient
        return in_order

    def plain(values: Sequence[Any]) -> Any:
        with written_out():
            return function(values)

    n = len(given.inputs)
    roots = {"forward": root, "inputs": given.inputs, "parameters": given.params, "constants": given.constants}
    return Form(given.names, given.arguments, given.judged, n, call, back, plain, roots)


def _by_hand(node: Any) -> bool:
    """Return whether a Function is among the nodes of a graph."""
    seen, todo = set(), [node]
    while todo:
        node = todo.pop()
        if isinstance(node, BackwardCFunction):
            return True
        if node is not None and node not in seen:
            seen.add(node)
            todo += [before for before, _ in node.next_functions]
    return False


@contextmanager
def written_out() -> Iterator[None]:
    """Let each Function run its forward in the open, where autograd and complex numbers pass through it."""
    lowest: Any = torch.autograd.function._SingleLevelFunction  # apply ends here, however the caller keeps it

    def apply(function: Any, *arguments: Any) -> Any:
        context = Context([isinstance(argument, Tensor) for argument in arguments])
        out = run(function, context, arguments)
        return tree_map(lambda one: one.detach() if id(one) in context.without_gradient else one, out)

    with mock.patch.object(lowest, "apply", classmethod(apply)):
        yield

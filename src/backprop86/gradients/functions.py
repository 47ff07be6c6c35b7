"""One of torch's Function classes as a pair of passes: its two methods, called without torch."""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

from torch import Tensor

from backprop86.gradients.binding import Binding, Place, bind, kind_of, several


class Context:
    """The context that torch hands to both methods of a Function, as far as they need it among themselves."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        """arguments: those of forward, a Place for each tensor."""
        self.saved_tensors: tuple[Any, ...] = ()
        self.needs_input_grad = tuple(isinstance(argument, Place) for argument in arguments)

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep them for backward."""
        self.saved_tensors = tensors

    def __getattr__(self, name: str) -> Any:
        """mark_dirty, mark_non_differentiable, set_materialize_grads: nothing to do with the numbers."""
        if name.startswith(("mark_", "set_")):
            return lambda *_: None
        raise AttributeError(f"nothing was kept on ctx as {name}")


def methods_of(function: Any, n_inputs: int, names: list[str]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the methods of a Function as a pair; forward is given the context in the older style, not in the newer."""
    if not (isinstance(function, type) and hasattr(function, "apply")):
        raise ValueError(f"without a backward, forward must be a torch.autograd.Function, was {kind_of(function)}")
    older = not any(
        "setup_context" in vars(base) for base in function.__mro__ if not base.__module__.startswith("torch")
    )
    methods: Any = function
    bound = bind(methods.forward, n_inputs, names, "give it the others in a subclass", [None] if older else [])
    arguments = _by_place(methods.forward, bound)[older:]

    def forward(tensors: Sequence[Tensor]) -> tuple[Tensor, Context]:
        given = Binding(arguments, {}).filled(tensors)
        context = Context(arguments)
        out = methods.forward(context, *given) if older else methods.forward(*given)
        if not isinstance(out, Tensor):
            raise ValueError(f"forward must return one tensor, was {kind_of(out)}{several((out,))}")
        if not older:
            methods.setup_context(context, tuple(given), out)
        return out, context

    def backward(dE_dout: Tensor, context: Context) -> tuple[list[Tensor | None], dict[str, Tensor]]:
        returned = methods.backward(context, dE_dout)
        gradients = list(returned) if isinstance(returned, tuple) else [returned]
        while len(gradients) > len(arguments) and gradients[-1] is None:
            gradients.pop()  # torch asks for none of them either: of arguments that forward was not given here
        if len(gradients) != len(arguments):
            wanted = len(arguments)
            raise ValueError(f"backward must return {wanted} gradients, one for each tensor, was {len(gradients)}")
        of: dict[int, Any] = {
            argument: gradients[k] for k, argument in enumerate(arguments) if isinstance(argument, Place)
        }
        in_order = [of[k] for k in range(n_inputs + len(names))]
        return in_order[:n_inputs], dict(zip(names, in_order[n_inputs:], strict=True))

    return forward, backward


def _by_place(forward: Callable[..., Any], bound: Binding) -> list[Any]:
    """Return the arguments up to the last tensor, by place alone, as torch hands them to a Function."""
    if not bound.keywords:
        return list(bound.arguments)
    takes = signature(forward).bind(*bound.arguments, **bound.keywords)
    takes.apply_defaults()
    if any(isinstance(argument, Place) for argument in takes.kwargs.values()):
        raise ValueError("forward of a Function must take tensors by place, which torch alone can hand it")
    arguments = list(takes.args)
    while not isinstance(arguments[-1], Place):
        arguments.pop()
    return arguments

"""A forward pass, operation by operation: recorded once, and run again with the derivative of one operation changed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from backprop86.gradients.mistakes.expressions import Place, caller

Path = tuple[int, ...]
"""The way to an operand: the number of the argument, and the number of its element if it is a list."""
Change = Callable[["Call", tuple[Any, ...]], Any]
"""The type of a function that computes an operation with a changed derivative from its arguments."""


@dataclass(eq=False)
class Call:
    """A recorded operation: its arguments and its result, as constants."""

    place: Place
    run: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any
    ids: dict[Path, int]

    @property
    def name(self) -> str:
        """The name of the operation, without the underscores of Python's operators."""
        return getattr(self.run, "__name__", "").strip("_")

    @property
    def in_place(self) -> bool:
        """True if the operation changes its first argument."""
        own = getattr(self.run, "__name__", "")
        return own in ("__setitem__", "__set__") or own.startswith("__i") or (own[-1:] == "_" and own[:2] != "__")

    def operands(self) -> dict[Path, Tensor]:
        """Return the operands that have derivatives, by their paths."""
        return dict(_numbers(self.args))

    def told(self, path: Path) -> str:
        """Return the text of an operand."""
        reflected = getattr(self.run, "__name__", "").startswith("__r") and self.name != "reshape"
        of = self.place.operand(path[0], len(self.args), reflected)
        return of if len(path) == 1 else f"element {path[1]} of {of}"


def _numbers(args: Sequence[Any]) -> Iterator[tuple[Path, Tensor]]:
    for i, arg in enumerate(args):
        if isinstance(arg, Tensor) and arg.is_floating_point():
            yield (i,), arg
        elif isinstance(arg, list | tuple):
            yield from (
                ((i, j), one) for j, one in enumerate(arg) if isinstance(one, Tensor) and one.is_floating_point()
            )


def replaced(args: tuple[Any, ...], path: Path, value: Any) -> tuple[Any, ...]:
    """Return the arguments with another operand."""
    i, *inner = path
    new = value
    if inner:
        new = [value if j == inner[0] else one for j, one in enumerate(args[i])]
    return (*args[:i], new, *args[i + 1 :])


def constant(value: Any) -> Any:
    """Return a copy that later operations cannot change."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    return tuple(constant(one) for one in value) if isinstance(value, list | tuple) else value


class Recording(TorchFunctionMode):
    """A torch mode that records every operation on numbers, in the order of running."""

    def __init__(self) -> None:
        """Begin with an empty record."""
        super().__init__()
        self.calls: dict[int, Call] = {}
        self.n = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation and record it."""
        place, kwargs = caller(getattr(func, "__name__", "").strip("_")), kwargs or {}
        ids = {path: id(one) for path, one in _numbers(args)}
        given = constant(args)
        result = func(*args, **kwargs)
        parts = result if isinstance(result, tuple) else (result,)
        if ids and place and any(isinstance(part, Tensor) for part in parts):
            self.calls[self.n] = Call(place, func, given, kwargs, constant(result), ids)
        self.n += 1
        return result


class Replaying(TorchFunctionMode):
    """A torch mode that changes some operations of a second run."""

    def __init__(self, calls: dict[int, Call], changes: dict[int, Change]) -> None:
        """Take the recorded calls, and the changes by the number of the call."""
        super().__init__()
        self.calls, self.changes, self.n = calls, changes, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation, or its changed form."""
        n, self.n = self.n, self.n + 1
        if n in self.changes:
            return self.changes[n](self.calls[n], args)
        return func(*args, **(kwargs or {}))

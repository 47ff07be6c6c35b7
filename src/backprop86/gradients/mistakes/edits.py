"""An operand of an operation of forward, and changes of the derivative that leave the value as it is.

An operation c of v is run as c₀ + q(v) - q(v₀), where c₀ and v₀ are what they were: its value is right, its derivative
is that of q. With q = 0 the path through v is missing, with q = -c its sign is turned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from backprop86.gradients.mistakes.expressions import Place
from backprop86.gradients.mistakes.trace import Call, Change, Path, replaced

Linear = Callable[[Call, Tensor], Tensor]
Values = dict[str, list[Tensor]]
"""Values of forward by their names, each as often as it is computed."""


@dataclass(frozen=True, eq=False)
class Edit:
    """A mistake in words at a place, the changes of forward that make it, the numbers of the tensors it makes wrong."""

    words: str
    place: Place
    changes: dict[int, Change]
    tensors: frozenset[int]


@dataclass(frozen=True, eq=False)
class Site:
    """An operand of an operation, as often as that is run.

    tensors: the numbers of those whose gradients flow through the operand; whole: through the operation.
    others: every value of forward that is computed as often, or once.
    """

    numbers: list[int]
    calls: list[Call]
    path: Path
    tensors: frozenset[int]
    whole: frozenset[int]
    others: Values = field(repr=False)

    @property
    def call(self) -> Call:
        """The operation as it is run first."""
        return self.calls[0]

    @property
    def operand(self) -> Tensor:
        """The operand as it is first."""
        return self.call.operands()[self.path]

    @property
    def name(self) -> str:
        """The operand as it is written."""
        return self.call.told(self.path)

    @property
    def text(self) -> str:
        """The operation as it is written."""
        return self.call.place.text

    @property
    def told(self) -> str:
        """The operand and its operation, in words."""
        return f"`{self.text}`" if len(self.call.operands()) == 1 else f"`{self.name}` in `{self.text}`"

    @property
    def alone(self) -> bool:
        """True if there is no other operand, and the result has the shape of this one."""
        result = self.call.result
        return len(self.call.operands()) == 1 and isinstance(result, Tensor) and result.shape == self.operand.shape

    def changed(self, words: str, change: Change, tensors: frozenset[int] | None = None) -> Edit:
        """Return the edit that makes a change whenever the operation is run."""
        return Edit(words, self.call.place, dict.fromkeys(self.numbers, change), tensors or self.tensors)

    def edit(self, words: str, q: Linear) -> Edit:
        """Return the edit that gives the operation the derivative of q by this operand."""
        return self.changed(words, instead(self.path, q))

    def edits(self, words: str, values: list[Tensor], q: Callable[[Tensor], Linear]) -> Edit:
        """Return the same with a value of its own for each time that the operation is run."""
        values = values * (len(self.numbers) // len(values))
        changes = [instead(self.path, q(value)) for value in values]
        return Edit(words, self.call.place, dict(zip(self.numbers, changes, strict=True)), self.tensors)

    def again(self, call: Call, v: Tensor) -> Tensor:
        """Return the operation of another operand."""
        return call.run(*replaced(call.args, self.path, v), **call.kwargs)


def instead(path: Path, q: Linear) -> Change:
    """Return the change that gives an operation the derivative of q by an operand."""

    def change(call: Call, args: tuple) -> object:
        v, v_0 = at(args, path), at(call.args, path)
        result = call.run(*replaced(args, path, v_0), **call.kwargs)
        of_path = q(call, v) - q(call, v_0)
        return result + of_path if isinstance(result, Tensor) else (result[0] + of_path, *result[1:])

    return change


def weighed(path: Path, by: float | Tensor) -> Change:
    """Return the change that multiplies what flows back to an operand: by 0 it is lost, by -1 its sign is turned."""

    def change(call: Call, args: tuple) -> object:
        v, v_0 = at(args, path), at(call.args, path)
        return call.run(*replaced(args, path, v_0 + by * (v - v_0)), **call.kwargs)

    return change


def held(paths: Sequence[Path]) -> Change:
    """Return the change that holds several operands constant."""

    def change(call: Call, args: tuple) -> object:
        for path in paths:
            args = replaced(args, path, at(call.args, path))
        return call.run(*args, **call.kwargs)

    return change


def at(args: tuple, path: Path) -> Tensor:
    """Return the operand at the end of a path."""
    return args[path[0]] if len(path) == 1 else args[path[0]][path[1]]

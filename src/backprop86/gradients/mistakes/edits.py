"""An operand of an operation of forward, and edits that change the derivative and keep the value.

An operation c of v is run as c₀ + q(v) - q(v₀), where c₀ and v₀ are the recorded values: its value is right, its
derivative is the derivative of q. With q = 0 the path through v is missing, with q = -c its sign is turned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from backprop86.gradients.mistakes.expressions import Place
from backprop86.gradients.mistakes.trace import Call, Change, Path, replaced

Linear = Callable[[Call, Tensor], Tensor]
Values = dict[str, list[Tensor]]
"""The type of forward's values by name, one entry for each time that a value is computed."""


@dataclass(frozen=True, eq=False)
class Edit:
    """A mistake: its words, its place, the changes of forward that make it, the numbers of the tensors it spoils."""

    words: str
    place: Place
    changes: dict[int, Change]
    tensors: frozenset[int]


@dataclass(frozen=True, eq=False)
class Site:
    """An operand of an operation, with every time that the operation is run.

    tensors: the numbers of the tensors whose gradients flow through the operand; whole: through the operation. others:
    every value of forward that is computed as often as the operation, or once.
    """

    numbers: list[int]
    calls: list[Call]
    path: Path
    tensors: frozenset[int]
    whole: frozenset[int]
    others: Values = field(repr=False)

    @property
    def call(self) -> Call:
        """The first run of the operation."""
        return self.calls[0]

    @property
    def operand(self) -> Tensor:
        """The operand in that run."""
        return self.call.operands()[self.path]

    @property
    def name(self) -> str:
        """The operand as written in the source."""
        return self.call.told(self.path)

    @property
    def text(self) -> str:
        """The operation as written in the source."""
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
        """Return the edit that makes a change every time the operation is run."""
        return Edit(words, self.call.place, dict.fromkeys(self.numbers, change), tensors or self.tensors)

    def edit(self, words: str, q: Linear) -> Edit:
        """Return the edit that gives the operation the derivative of q with respect to this operand."""
        return self.changed(words, instead(self.path, q))

    def edits(self, words: str, values: list[Tensor], q: Callable[[Tensor], Linear]) -> Edit:
        """Return the same edit with a separate value for each run of the operation."""
        values = values * (len(self.numbers) // len(values))
        changes = [instead(self.path, q(value)) for value in values]
        return Edit(words, self.call.place, dict(zip(self.numbers, changes, strict=True)), self.tensors)

    def again(self, call: Call, v: Tensor) -> Tensor:
        """Run the operation with another operand."""
        return call.run(*replaced(call.args, self.path, v), **call.kwargs)


def instead(path: Path, q: Linear) -> Change:
    """Return the change that gives an operation the derivative of q with respect to an operand."""

    def change(call: Call, args: tuple) -> object:
        v, v_0 = at(args, path), at(call.args, path)
        result = call.run(*replaced(args, path, v_0), **call.kwargs)
        of_path = q(call, v) - q(call, v_0)
        return result + of_path if isinstance(result, Tensor) else (result[0] + of_path, *result[1:])

    return change


def weighed(path: Path, by: float | Tensor) -> Change:
    """Return the change that multiplies the gradient flowing back to an operand: 0 loses it, -1 turns its sign."""

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

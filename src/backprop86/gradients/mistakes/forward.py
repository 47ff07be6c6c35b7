"""A recorded forward pass: its values by name, and the operands through which the wrong gradients flow."""

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from backprop86.gradients.candidate import Pair
from backprop86.gradients.mistakes.edits import Site, Values
from backprop86.gradients.mistakes.trace import Call, Change, Path, Recording, Replaying

STEP = 1e-6


class Forward:
    """The forward pass of a pair, run once and recorded."""

    def __init__(self, pair: Pair) -> None:
        """Run forward and record it."""
        self.pair, self.tensors = pair, pair.tensors
        recording = Recording()
        with recording:
            out = pair.function(*self.tensors)
        self.out, self.calls = out.detach(), recording.calls
        self.numel = sum(_size(call.result) for call in self.calls.values())

    def again(self, tensors: list[Tensor], changes: dict[int, Change]) -> Tensor:
        """Run it again, with other tensors, with changes."""
        with Replaying(self.calls, changes):
            return self.pair.function(*tensors)

    @cached_property
    def direction(self) -> list[Tensor]:
        """A random direction to move all tensors along."""
        drawn = torch.Generator().manual_seed(1986)
        return [torch.randn(t.shape, dtype=t.dtype, generator=drawn).to(t.device) * (1 + t.abs()) for t in self.tensors]

    @cached_property
    def moved(self) -> dict[int, set[tuple[int, Path]]]:
        """The operands that depend on each tensor: the number of the operation, and the path to the operand."""
        moved = {}
        for k, tensor in enumerate(self.tensors):
            recording, nudged = Recording(), tensor + STEP * self.direction[k]
            with recording:
                self.pair.function(*self.tensors[:k], nudged, *self.tensors[k + 1 :])
            moved[k] = {
                (n, path)
                for n, call in recording.calls.items()
                for path, operand in call.operands().items()
                if n in self.calls and not _same(operand, self.calls[n].operands().get(path))
            }
        return moved

    def sites(self, wrong: frozenset[int]) -> list[Site]:
        """Return every operand through which only these gradients flow, from the output back."""
        groups: dict[Any, list[int]] = {}
        for number, call in self.calls.items():
            for path in call.operands():
                groups.setdefault((call.place, call.name, len(call.args), path), []).append(number)
        sites = []
        for (*_, path), numbers in groups.items():
            calls = [self.calls[number] for number in numbers]
            here, ran = {(number, path) for number in numbers}, set(numbers)
            tensors = frozenset(k for k, moved in self.moved.items() if moved & here)
            whole = frozenset(k for k, moved in self.moved.items() if ran & {number for number, _ in moved})
            alike = len({call.operands()[path].shape for call in calls}) == 1
            if alike and tensors and tensors <= wrong:
                others = {name: v for name, v in self.values.items() if len(v) in (1, len(calls))}
                sites.append(Site(numbers, calls, path, tensors, whole, others))
        return sites[::-1]

    @cached_property
    def values(self) -> Values:
        """The distinct values of forward by name; in a loop a name has several."""
        found: Values = {}
        groups: dict[Any, list[Call]] = {}
        for call in self.calls.values():
            groups.setdefault((call.place, call.name, tuple(call.operands())), []).append(call)
        for group in groups.values():
            first, place = group[0], group[0].place
            for path in first.operands():
                found.setdefault(first.told(path), [call.operands()[path] for call in group])
            if isinstance(first.result, Tensor) and first.result.is_floating_point():
                found.setdefault(place.text if place.name in found else place.name, [call.result for call in group])
        for name, tensor in zip(self.pair.names, self.tensors, strict=True):
            found.setdefault(name, [tensor])
        unlike: Values = {}
        for name, values in found.items():
            alike = len({value.shape for value in values}) == 1
            if alike and not any(len(values) == len(v) and all(map(_same, values, v)) for v in unlike.values()):
                unlike[name] = values
        return unlike


def _same(one: Tensor, two: Tensor | None) -> bool:
    return two is not None and one.shape == two.shape and one.dtype == two.dtype and one.equal(two)


def _size(result: Any) -> int:
    return result.numel() if isinstance(result, Tensor) else sum(map(_size, result)) if isinstance(result, tuple) else 0

"""A wrong gradient, and everything that its pair of passes can show about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from backprop86.gradients.candidate import Pair, near

Gradients = Callable[[Callable[..., Tensor], Sequence[Tensor], Tensor], list[Tensor]]
MANY = 200
"""More cases than this are not examined one by one: it would take minutes."""


@dataclass(eq=False)
class Suspect:
    """The wrong gradient of tensor number k, the right gradient, and the pair, which can be run again."""

    pair: Pair
    k: int
    by_hand: Tensor
    right: Tensor
    dE_dout: Tensor
    oracle: Gradients
    tolerance: float

    def close(self, ours: Tensor) -> bool:
        """Return whether `ours` is the right gradient, to its tolerance."""
        return ours.shape == self.right.shape and near(ours, self.right, max(1e-9, self.tolerance))

    def again(self, dE_dout: Tensor) -> Tensor:
        """Compute the gradient by hand from another dE_dout."""
        return self.pair.gradients(dE_dout)[self.k]

    @cached_property
    def all_by_hand(self) -> list[Any]:
        """The gradients of all tensors by hand."""
        return self.pair.gradients(self.dE_dout)

    def rights(self, dE_dout: Tensor) -> list[Tensor]:
        """Return the right gradients of all tensors."""
        return self.oracle(self.pair.function, self.pair.tensors, dE_dout)

    @property
    def cases(self) -> int:
        """The number of cases: the axis before the last of the first input, or of the output if there is no input."""
        first = self.pair.tensors[0] if self.pair.n_inputs else self.pair.out
        return first.shape[-2] if first.dim() > 1 else 1

    @cached_property
    def by_case(self) -> list[Tensor]:
        """The share of each case in the right gradient; empty if the output has no axis of cases, or more than MANY."""
        if self.dE_dout.dim() < 2 or self.dE_dout.shape[-2] != self.cases or self.cases > MANY:
            return []
        return [self.share(-2, c) for c in range(self.cases)]

    def share(self, axis: int, index: int) -> Tensor:
        """Return the part of the right gradient that comes from one index of an axis of the output."""
        alone = torch.zeros_like(self.dE_dout)
        alone.select(axis, index).copy_(self.dE_dout.select(axis, index))
        return self.rights(alone)[self.k]

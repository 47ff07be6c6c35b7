"""Fast checks of a large gradient: its projections on random directions, and bisection to the entries that are wrong.

The slope of E along a direction v is one number, and must be sum_i v_i dE/dw_i. It is compared for directions with
entries at random from 1/2 to 1 and a random sign, so that errors cannot cancel by chance. Where a projection is wrong,
the tensor is halved, and each half is asked again, down to single entries: k wrong ones among n cost about k log2 n
questions in the place of n.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

DRAWS = 3
"""Directions that a part of the tensor is asked along."""
FEW = 64
"""With more wrong entries than these the search ends."""
EPS = float(np.finfo(np.float64).eps)
Along = Callable[[Tensor], float]


@dataclass
class Projected:
    """The gradient with the wrong entries put right that were found; `apart` is the largest error of a projection.

    complete: whether all that is wrong was found.
    """

    right: Tensor
    wrong: list[int]
    apart: float
    complete: bool

    def in_words(self, by_hand: Tensor) -> str:
        """Return where the gradient is wrong, and by how much."""
        least = "" if self.complete else "at least "
        if not self.wrong:
            return f"its projections on random directions are wrong, by up to {self.apart:.3g}, and no entry alone"
        ours, right = by_hand.reshape(-1)[self.wrong], self.right.reshape(-1)[self.wrong]
        worst = int((ours - right).abs().argmax())
        place = [int(i) for i in np.unravel_index(self.wrong[worst], tuple(by_hand.shape))]
        told = f"{least}{len(self.wrong)} of its {by_hand.numel()} entries are wrong, most of all the one at {place}"
        return f"{told}: it must be {float(right[worst]):.6g}, was {float(ours[worst]):.6g}"


def corrected(by_hand: Tensor, along: Along, tolerance: float, noise: float, seed: int) -> Projected:
    """Return what projections say of a gradient; along(v) is the slope of E along v, in the shape of `by_hand`.

    tolerance: the largest error of an entry that is let pass, over the largest entry. noise: the error of a slope.
    """
    search = _Search(by_hand, along, tolerance, noise, seed)
    everything = range(by_hand.numel())
    apart = max(search.apart(everything) for _ in range(DRAWS))
    if apart > search.allowed(everything):
        search.halves(everything)
    return Projected(search.right.reshape(by_hand.shape), search.wrong, apart, not search.left)


class _Search:
    """One search for the wrong entries of a gradient."""

    def __init__(self, by_hand: Tensor, along: Along, tolerance: float, noise: float, seed: int) -> None:
        self.by_hand, self.along = by_hand, along
        self.flat = by_hand.reshape(-1)
        self.right, self.wrong, self.left = self.flat.clone(), list[int](), False
        self.entry = max(tolerance * float(self.flat.abs().max()), noise)
        self.random = torch.Generator().manual_seed(seed)

    def allowed(self, part: range) -> float:
        """Return the largest error of a projection of this part that rounding explains, or that no entry would show."""
        return max(self.entry / 2, 16 * EPS * float(self.flat[part.start : part.stop].norm()))

    def apart(self, part: range) -> float:
        """Return by how much the slope along a new direction in this part differs from the gradient's projection."""
        drawn = torch.rand(len(part), dtype=torch.float64, generator=self.random) - 0.5
        v = torch.zeros_like(self.flat)
        v[part.start : part.stop] = (drawn + 0.5 * drawn.sign()).to(v.device)
        projection = float(v[part.start : part.stop] @ self.flat[part.start : part.stop])
        found = abs(self.along(v.reshape(self.by_hand.shape)) - projection)
        return found if found == found else torch.inf

    def halves(self, part: range) -> None:
        """Find the wrong entries of a part that has some."""
        if len(part) == 1:
            self.entry_by_itself(part.start)
            return
        middle = len(part) // 2
        for half in (part[:middle], part[middle:]):
            if len(self.wrong) >= FEW:
                self.left = True
                return
            if max(self.apart(half), self.apart(half)) > self.allowed(half):
                self.halves(half)

    def entry_by_itself(self, i: int) -> None:
        """Ask for one entry, and note it if it is wrong."""
        v = torch.zeros_like(self.flat)
        v[i] = 1
        slope = self.along(v.reshape(self.by_hand.shape))
        if not abs(slope - float(self.flat[i])) <= self.entry:
            self.right[i] = slope
            self.wrong.append(i)

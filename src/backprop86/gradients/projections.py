"""Fast checks of a large gradient: its projections on random directions, and bisection to the entries that are wrong.

The slope of E along a direction v is one number, and must be sum_i v_i dE/dw_i. It is compared for directions with
entries at random from 1/2 to 1 and a random sign, so that errors cannot cancel by chance. Where a projection is wrong,
the search halves the tensor and compares each half, down to single entries: k wrong entries among n cost about k log2 n
slopes in the place of n.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

DRAWS = 3
"""The number of directions for a part of the tensor."""
FEW = 64
"""The search ends when it has found more wrong entries than this."""
EPS = float(np.finfo(np.float64).eps)
Along = Callable[[Tensor], float]


@dataclass
class Projected:
    """A gradient with the found wrong entries corrected; `apart` is the largest error of a projection.

    is_wrong: whether a projection of the whole is wrong. complete: whether the search came to its end.
    """

    right: Tensor
    wrong: list[int]
    apart: float
    is_wrong: bool
    complete: bool

    def in_words(self, by_hand: Tensor) -> str:
        """Describe where the gradient is wrong, and by how much."""
        least = "" if self.complete else "at least "
        ours, right = by_hand.reshape(-1)[self.wrong], self.right.reshape(-1)[self.wrong]
        worst = int((ours - right).abs().argmax())
        place = [int(i) for i in np.unravel_index(self.wrong[worst], tuple(by_hand.shape))]
        told = f"{least}{len(self.wrong)} of its {by_hand.numel()} entries are wrong, most of all the one at {place}"
        return f"{told}: it must be {float(right[worst]):.6g}, was {float(ours[worst]):.6g}"


def corrected(
    by_hand: Tensor, along: Along, tolerance: float, noise: float, seed: int, believed: Tensor | None = None
) -> Projected:
    """Compare a gradient with projections; along(v) is the slope of E along v, for v in the shape of `by_hand`.

    tolerance: the largest allowed error of an entry, over the largest entry. noise: the error of a slope. believed:
    another gradient; if its own projections are right, it counts as right without a search.
    """
    search = _Search(by_hand, along, tolerance, noise, seed)
    everything = range(by_hand.numel())
    drawn = [search.asked(everything) for _ in range(DRAWS)]
    apart = search.apart(drawn, search.flat)
    if apart <= search.allowed(everything):
        return Projected(by_hand, [], apart, False, True)
    if believed is not None and search.apart(drawn, believed.reshape(-1)) <= search.allowed(everything):
        return Projected(believed, [], apart, True, True)
    search.halves(everything)
    right, wrong, complete = search.right.reshape(by_hand.shape), search.wrong, not search.left
    if wrong and complete and float(right.abs().max()) < 0.99 * float(by_hand.abs().max()):  # small ones were hidden
        others = corrected(right, along, tolerance, noise, seed + 1)
        right, wrong, complete = others.right, wrong + others.wrong, others.complete
    return Projected(right, wrong, apart, True, complete)


class _Search:
    """A search for the wrong entries of a gradient."""

    def __init__(self, by_hand: Tensor, along: Along, tolerance: float, noise: float, seed: int) -> None:
        self.by_hand, self.along = by_hand, along
        self.flat = by_hand.reshape(-1)
        self.right, self.wrong, self.left = self.flat.clone(), list[int](), False
        self.entry = max(tolerance * float(self.flat.abs().max()), noise)
        self.random = torch.Generator().manual_seed(seed)

    def allowed(self, part: range) -> float:
        """Return the largest error of a projection that is rounding, or too small to come from a wrong entry."""
        return max(self.entry / 8, 16 * EPS * float(self.flat[part.start : part.stop].norm()))

    def asked(self, part: range) -> tuple[Tensor, float]:
        """Return a new direction in this part, and the slope of E along it."""
        drawn = torch.rand(len(part), dtype=torch.float64, generator=self.random) - 0.5
        v = torch.zeros_like(self.flat)
        v[part.start : part.stop] = (drawn + 0.5 * drawn.sign()).to(v.device)
        return v, self.along(v.reshape(self.by_hand.shape))

    def apart(self, drawn: Sequence[tuple[Tensor, float]], gradient: Tensor) -> float:
        """Return the largest difference between the slopes and the projections of a gradient; infinite for NaN."""
        differences = [abs(slope - float((v * gradient).sum())) for v, slope in drawn]  # .sum() rounds less than @
        return max(one if one == one else torch.inf for one in differences)

    def is_wrong(self, part: range) -> bool:
        """Return whether the slopes along new directions in this part contradict the gradient."""
        return self.apart([self.asked(part) for _ in range(DRAWS)], self.flat) > self.allowed(part)

    def halves(self, part: range) -> None:
        """Find the wrong entries of a part that has some; if the first half has none, the second must."""
        if len(part) == 1:
            self.entry_by_itself(part.start)
            return
        middle = len(part) // 2
        first, second = part[:middle], part[middle:]
        first_is_wrong = self.is_wrong(first)
        if first_is_wrong:
            self.halves(first)
        if len(self.wrong) >= FEW:
            self.left = True
        elif not first_is_wrong or self.is_wrong(second):
            self.halves(second)

    def entry_by_itself(self, i: int) -> None:
        """Compare one entry, and note it if it is wrong."""
        v = torch.zeros_like(self.flat)
        v[i] = 1
        slope = self.along(v.reshape(self.by_hand.shape))
        if not abs(slope - float(self.flat[i])) <= self.entry:
            self.right[i] = slope
            self.wrong.append(i)

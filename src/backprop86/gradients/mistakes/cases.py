"""Mistakes of the sums over cases, or over another axis of the output: a part is left out, or counted alone."""

from collections.abc import Iterator

import torch
from torch import Tensor

from backprop86.gradients.candidate import near
from backprop86.gradients.mistakes.forward import STEP
from backprop86.gradients.mistakes.search import search_of
from backprop86.gradients.mistakes.suspect import Suspect


def cases(suspect: Suspect) -> str:
    """Name a case that is left out or counted alone."""
    n = suspect.cases
    for c, alone in enumerate(suspect.by_case):
        if suspect.close(suspect.by_hand + alone):
            return f"case {c} is left out of the sum over cases"
        if near(suspect.by_hand, alone, max(1e-9, suspect.tolerance)):
            return f"the sum over cases is missing: it is the gradient of case {c} alone"
    for c in range(n if suspect.by_hand.shape[-2:-1] == (n,) else 0):
        only = (torch.arange(n, device=suspect.right.device) == c)[:, None]
        if suspect.close(suspect.by_hand + suspect.right * only):
            return f"case {c} is left out"
    return ""


def parts(suspect: Suspect) -> str:
    """Name a part of the output, along any axis, that is left out or counted alone."""
    for axis, index, n, alone in _parts(suspect):
        if suspect.close(suspect.by_hand + alone):
            return f"index {index} of axis {axis} of the output, which has {n}, is left out"
        if near(suspect.by_hand, alone, max(1e-9, suspect.tolerance)):
            return f"only index {index} of axis {axis} of the output, which has {n}, is counted"
    return ""


def _parts(suspect: Suspect) -> Iterator[tuple[int, int, int, Tensor]]:
    """Yield the parts that may explain the gradient, by the slope of each part of E along one direction."""
    forward, shape = search_of(suspect).forward, suspect.dE_dout.shape
    direction = forward.direction[suspect.k]
    nudged = [t + STEP * direction if k == suspect.k else t for k, t in enumerate(suspect.pair.tensors)]
    slopes = suspect.dE_dout * (forward.again(nudged, {}) - forward.out) / STEP
    ours, size = suspect.by_hand * direction, float((suspect.by_hand * direction).square().sum()) ** 0.5
    for axis, n in enumerate(shape if suspect.dE_dout.numel() > 1 else ()):
        of_part = slopes.movedim(axis, 0).reshape(n, -1).sum(1)
        apart = torch.minimum((of_part - ours.sum()).abs(), (slopes.sum() - of_part - ours.sum()).abs())
        for index in (apart <= 1e-3 * size).nonzero()[:, 0].tolist() if n > 1 else ():
            yield axis - len(shape), index, n, suspect.share(axis, index)

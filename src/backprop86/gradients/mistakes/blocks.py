"""Mistakes in a block: only some rows, columns or other slices are wrong, and a simple mistake explains them."""

from dataclasses import replace

import torch
from torch import Tensor

from backprop86.gradients.mistakes import places, whole
from backprop86.gradients.mistakes.suspect import Suspect

WITHIN = (whole.nothing, whole.sign, places.transpose, places.flipped, whole.constant)
"""The mistakes to look for in a block."""


def blocks(suspect: Suspect) -> str:
    """Name the mistake of the wrong slices of an axis, if other slices are right."""
    for axis in range(-suspect.right.dim(), 0):
        wrong = wrong_slices(suspect, axis)
        if not 0 < len(wrong) < suspect.right.shape[axis]:
            continue
        block = replace(suspect, by_hand=_of(suspect.by_hand, axis, wrong), right=_of(suspect.right, axis, wrong))
        if block.right.numel() > 1 and (words := next((w for tell in WITHIN if (w := tell(block))), "")):
            verb = "is" if len(wrong) == 1 else "are"
            return f"only {in_words(wrong)} along axis {axis} {verb} wrong, and there {words}"
    return _border(suspect)


def _border(suspect: Suspect) -> str:
    """Name a border of entries that are 0 and must not be, if all others are right."""
    ours, right = suspect.by_hand, suspect.right
    lost = ours == 0
    if lost.any() and not lost.all() and suspect.close(torch.where(lost, right, ours)):
        inner = [
            (axis, kept)
            for axis in range(-ours.dim(), 0)
            if (kept := _with_any(~lost, axis)) and len(kept) < ours.shape[axis]
        ]
        if inner:
            told = " and ".join(f"{in_words(kept)} of axis {axis}" for axis, kept in inner)
            return f"it is right within {told}, and 0 outside, where it must not be"
    return ""


def wrong_slices(suspect: Suspect, axis: int) -> list[int]:
    """Return the indices along an axis at which some entry is wrong."""
    apart = (suspect.by_hand - suspect.right).abs()
    return _with_any(apart > max(1e-12, suspect.tolerance) * suspect.right.abs().max(), axis)


def _with_any(marked: Tensor, axis: int) -> list[int]:
    return (
        marked.movedim(axis, 0).flatten(1).any(1).nonzero()[:, 0].tolist()
        if marked.dim() > 1
        else marked.nonzero()[:, 0].tolist()
    )


def _of(tensor: Tensor, axis: int, indices: list[int]) -> Tensor:
    return tensor.index_select(axis, torch.tensor(indices, device=tensor.device))


def in_words(indices: list[int]) -> str:
    """Return "index 3", "indices 8 to 11" or "indices 0, 2 and 5"."""
    if len(indices) == 1:
        return f"index {indices[0]}"
    if len(indices) > 2 and indices == list(range(indices[0], indices[-1] + 1)):
        return f"indices {indices[0]} to {indices[-1]}"
    shown = [*map(str, indices[:6]), *["..."] * (len(indices) > 6)]
    return f"indices {', '.join(shown[:-1])} and {shown[-1]}"

"""Right numbers in the wrong places: axes exchanged, entries in another order, the gradient of another tensor."""

from itertools import combinations

import torch
from torch import Tensor

from backprop86.gradients.candidate import near
from backprop86.gradients.mistakes.numbers import along
from backprop86.gradients.mistakes.suspect import Suspect


def transpose(suspect: Suspect) -> str:
    """Name two axes that are exchanged."""
    ours = suspect.by_hand
    for a, b in combinations(range(-ours.dim(), 0), 2):
        if suspect.close(ours.transpose(a, b)):
            return "it is transposed" if ours.dim() == 2 else f"it is transposed: axes {a} and {b} are exchanged"
    return ""


def flipped(suspect: Suspect) -> str:
    """Name axes of more than two entries that are flipped."""
    ours = suspect.by_hand
    long = [axis for axis in range(-ours.dim(), 0) if ours.shape[axis] > 2]
    for n in range(1, len(long) + 1):
        for some in combinations(long, n):
            if suspect.close(ours.flip(some)):
                return f"it is flipped along {along(some)}: the entries stand in reverse order"
    return ""


def exchanged(suspect: Suspect) -> str:
    """Name two tensors whose right gradients have each other's place."""
    pair, rights = suspect.pair, suspect.rights(suspect.dE_dout)
    for m, (name, right) in enumerate(zip(pair.names, rights, strict=True)):
        theirs = suspect.all_by_hand[m]
        if m == suspect.k or not _is(suspect.by_hand, right, suspect) or near(right, suspect.right, 1e-6):
            continue
        if isinstance(theirs, Tensor) and theirs.shape == right.shape and not near(theirs, right):
            back = _is(theirs, suspect.right, suspect)
            return f"it is the gradient of {name}" + ": the two are exchanged" * back
    return ""


def another(suspect: Suspect) -> str:
    """Name the tensor whose right gradient this is."""
    for m, (name, right) in enumerate(zip(suspect.pair.names, suspect.rights(suspect.dE_dout), strict=True)):
        if m != suspect.k and _is(suspect.by_hand, right, suspect):
            return f"it is the gradient of {name}"
    return ""


def _is(ours: Tensor, right: Tensor, suspect: Suspect) -> bool:
    same = ours.shape == right.shape and ours.numel() > 1
    return same and bool(right.any()) and near(ours, right, max(1e-9, suspect.tolerance))


def swapped(suspect: Suspect) -> str:
    """Name slices of an axis that are in another order."""
    ours, right = suspect.by_hand, suspect.right
    for axis in range(-1, -1 - ours.dim(), -1):
        n = ours.shape[axis]
        if not 1 < n <= 1000:
            continue
        slices, wanted = (tensor.movedim(axis, 0).reshape(n, -1) for tensor in (ours, right))
        apart = torch.stack([(slices - row).abs().amax(-1) for row in wanted])
        from_where = apart.argmin(1)
        moved = (from_where != torch.arange(n, device=right.device)).nonzero()[:, 0].tolist()
        if moved and len(from_where.unique()) == n and suspect.close(ours.index_select(axis, from_where)):
            return f"units are swapped: {', '.join(map(str, moved[:6]))}{', ...' * (len(moved) > 6)} along axis {axis}"
    return ""

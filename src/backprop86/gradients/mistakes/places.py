"""Right numbers in the wrong places: axes exchanged, entries in another order, the gradient of another tensor."""

import torch

from backprop86.gradients.mistakes.suspect import Suspect


def transpose(suspect: Suspect) -> str:
    return "it is transposed" if suspect.by_hand.dim() > 1 and suspect.close(suspect.by_hand.mT) else ""


def swapped(suspect: Suspect) -> str:
    ours, right = suspect.by_hand, suspect.right
    for axis in range(-1, -1 - min(ours.dim(), 2), -1):
        n = ours.shape[axis]
        if not 1 < n <= 1000:
            continue
        slices, wanted = (tensor.movedim(axis, 0).reshape(n, -1) for tensor in (ours, right))
        apart = torch.stack([(slices - row).abs().amax(-1) for row in wanted])
        from_where = apart.argmin(1)
        moved = (from_where != torch.arange(n)).nonzero()[:, 0].tolist()
        if moved and len(from_where.unique()) == n and suspect.close(ours.index_select(axis, from_where)):
            return f"units are swapped: {', '.join(map(str, moved[:6]))}{', ...' * (len(moved) > 6)} along axis {axis}"
    return ""

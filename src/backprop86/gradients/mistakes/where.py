"""The words for a mistake without a name: where the gradient is wrong, by how much, and what its numbers show."""

from backprop86.gradients.mistakes.blocks import in_words, wrong_slices
from backprop86.gradients.mistakes.suspect import Suspect


def not_linear(suspect: Suspect) -> str:
    """Describe a gradient that is not linear in dE_dout, as every gradient is: no derivative of forward explains it."""
    size = 1e-6 * suspect.by_hand.abs().max()
    ways = {
        "it is not 0 where dE_dout is 0: part of it is not multiplied by dE_dout": (0, 0),
        "it does not turn its sign when dE_dout does: it must be linear in dE_dout": (-1, -1),
        "it does not double when dE_dout does: it must be linear in dE_dout": (2, 2),
    }
    for told, (given, wanted) in ways.items():
        if ((suspect.again(given * suspect.dE_dout) - wanted * suspect.by_hand).abs() > size).any():
            return f"{_worst(suspect)}; {told}"
    return ""


def somewhere(suspect: Suspect) -> str:
    """Describe the worst entry, the wrong slices if others are right, and sums that must be 0."""
    return "; ".join([_worst(suspect), *_slices(suspect), *_sums(suspect)])


def _worst(suspect: Suspect) -> str:
    ours, right = suspect.by_hand, suspect.right
    apart = (ours - right).abs()
    wrong = apart > suspect.tolerance * right.abs().max()
    worst = tuple((apart == apart.max()).nonzero()[0].tolist())
    told = f"{int(wrong.sum())} of its {ours.numel()} entries are wrong, most of all the one at {list(worst)}: "
    return told + f"it must be {float(right[worst]):.6g}, was {float(ours[worst]):.6g}"


def _slices(suspect: Suspect) -> list[str]:
    """Describe the block that the wrong entries fill; "" if they fill none."""
    n_wrong = int(((suspect.by_hand - suspect.right).abs() > suspect.tolerance * suspect.right.abs().max()).sum())
    for axis, n in enumerate(suspect.right.shape):
        wrong = wrong_slices(suspect, axis)
        if 2 * len(wrong) <= n and n_wrong == len(wrong) * suspect.right.numel() // n:
            return [f"they are all those at {in_words(wrong)} of axis {axis - suspect.right.dim()}"]
    return []


def _sums(suspect: Suspect) -> list[str]:
    ours, right = suspect.by_hand, suspect.right
    for axis in range(-right.dim(), 0):
        must = right.shape[axis] > 2 and right.sum(axis).abs().max() < 1e-9 * right.abs().max()
        if must and ours.sum(axis).abs().max() > 1e-6 * ours.abs().max():
            return [f"its sums along axis {axis} must be 0 and are not"]
    return []

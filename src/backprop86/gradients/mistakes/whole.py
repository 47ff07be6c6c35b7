"""Mistakes of a gradient as a whole: its sign, a factor, a mean in the place of a sum."""

from itertools import combinations
from math import prod

import torch

from backprop86.gradients.candidate import near
from backprop86.gradients.mistakes.numbers import along
from backprop86.gradients.mistakes.suspect import Suspect


def nothing(suspect: Suspect) -> str:
    """Name a gradient that is 0 everywhere, or must be."""
    if not suspect.right.any():
        return f"it must be 0 everywhere, was up to {float(suspect.by_hand.abs().max()):.6g}"
    return "" if suspect.by_hand.any() else "it is 0 everywhere"


def rounding(suspect: Suspect) -> str:
    """Name a gradient that is almost right: undoing any mistake by a factor near 1 would explain it."""
    if not near(suspect.by_hand, suspect.right):
        return ""
    return "all but right: a small mistake, or rounding (1 - y has few digits where y is nearly 1: try smaller weights)"


def sign(suspect: Suspect) -> str:
    """Name a turned sign."""
    return "its sign is turned" if suspect.close(-suspect.by_hand) else ""


def dE_dout(suspect: Suspect) -> str:
    """Name a gradient that leaves out dE_dout."""
    ones = torch.ones_like(suspect.dE_dout)
    right = suspect.oracle(suspect.pair.function, suspect.pair.tensors, ones)[suspect.k]
    if near(suspect.by_hand, right, max(1e-9, suspect.tolerance)):
        return "dE_dout is left out: it is the gradient of the sum of the output"
    return ""


def mean(suspect: Suspect) -> str:
    """Name a mean in the place of a sum over cases, outputs or other axes of the output, or the other way round."""
    for over, n in _sizes(suspect).items():
        if suspect.close(suspect.by_hand * n):
            return f"it is the mean over {over}, not the sum: 1/{n} of what it must be"
        if n > 2 and suspect.close(suspect.by_hand / n):
            return f"it is the sum over {over}, not the mean: {n} times what it must be"
    return ""


def _sizes(suspect: Suspect) -> dict[str, int]:
    """Return the numbers of cases, outputs or entries along axes of unique length that may have been averaged."""
    out = suspect.pair.out
    last = out if out.dim() > 1 else suspect.pair.tensors[0]
    outputs = last.shape[-1] if last.dim() else 1
    sizes = {"cases": suspect.cases, "cases and outputs": suspect.cases * outputs, "outputs": outputs}
    if out.dim() < 3:
        return sizes
    if out.dim() > 3 or suspect.cases != out.shape[-2]:
        sizes = {}
    axes = [some for n in range(1, out.dim() + 1) for some in combinations(range(-out.dim(), 0), n)]
    lengths = {some: prod(out.shape[axis] for axis in some) for some in axes}
    alone = [some for some, n in lengths.items() if n > 1 and list(lengths.values()).count(n) == 1]
    return sizes | {
        f"{along(some)} of the output": lengths[some] for some in alone if lengths[some] not in sizes.values()
    }


def constant(suspect: Suspect) -> str:
    """Name a number by which the whole gradient is multiplied."""
    ours, right = suspect.by_hand, suspect.right
    largest = int(right.abs().argmax())
    k = float(ours.flatten()[largest] / right.flatten()[largest])
    if ours.numel() == 1 or not suspect.close(ours / k):
        return ""
    half = " (is a factor 1/2 missing?)" if abs(k - 2) < 1e-6 else ""
    if root := next((n for n in _lengths(suspect) if abs(k * k - n) < 1e-6 or abs(1 / (k * k) - n) < 1e-6), 0):
        return (
            f"it is {k:.6g} times what it must be: {'' if k > 1 else '1/'}√{root}, and {root} is the length of an axis"
        )
    share = f"1/{1 / k:.0f} of" if 1 / k > 1.5 and abs(1 / k - round(1 / k)) < 1e-6 else f"{k:.6g} times"
    return f"it is {share} what it must be{half}"


def _lengths(suspect: Suspect) -> list[int]:
    return sorted({n for tensor in [*suspect.pair.tensors, suspect.pair.out] for n in tensor.shape if n**0.5 % 1})

"""Gradients that are right once they are multiplied or divided by a value of forward."""

from collections.abc import Iterator
from itertools import permutations
from math import isfinite

from torch import Tensor

from backprop86.gradients.mistakes.numbers import scales
from backprop86.gradients.mistakes.partners import spreads
from backprop86.gradients.mistakes.search import ENTRIES, search_of
from backprop86.gradients.mistakes.suspect import Suspect


def inverted(suspect: Suspect) -> str:
    """Name a number by which forward multiplies and the gradient divides, or the other way round."""
    forward = search_of(suspect).forward
    for number, call in forward.calls.items() if suspect.by_hand.numel() >= ENTRIES else ():
        square = scales(call) * scales(call)
        carries = any(moved == number for moved, _ in forward.moved[suspect.k])
        if square in (0, 1) or not (carries and isfinite(square)):
            continue
        if suspect.close(suspect.by_hand * square) or suspect.close(suspect.by_hand / square):
            return f"the number in `{call.place.text}` multiplies where it must divide, or the other way round"
    return ""


def multiple(suspect: Suspect) -> str:
    """Name one or two values of forward by which the gradient must be multiplied or divided."""
    values = {
        name: values[0]
        for name, values in search_of(suspect).forward.values.items()
        if len(values) == 1 and values[0].numel() > 1 and spreads(values[0].shape, suspect.by_hand.shape)
    }
    told = (told for told, by in _ways(values) if suspect.close(suspect.by_hand * by))
    return next((f"{told} it would be right" for told in told), "") if suspect.by_hand.numel() >= ENTRIES else ""


def _ways(values: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for name, value in values.items():
        yield f"multiplied by `{name}`", value
        yield f"divided by `{name}`", 1 / value
    for (one, a), (two, b) in permutations(values.items(), 2):
        yield f"multiplied by `{one}` and divided by `{two}`", a / b
        yield f"multiplied by the root of `{one}` and divided by `{two}`", a.abs().sqrt() / b
        yield f"multiplied by `{one}` and divided by the root of `{two}`", a / b.abs().sqrt()

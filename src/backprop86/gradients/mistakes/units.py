"""Mistakes of the units: a forgotten derivative, weights that are transposed on the way down."""

from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from backprop86.gradients.candidate import near
from backprop86.gradients.mistakes.search import search_of
from backprop86.gradients.mistakes.suspect import Suspect

FACTORS: dict[str, Callable[[Tensor], Tensor]] = {
    "y(1 - y)": lambda y: y * (1 - y),
    "1 - y": lambda y: 1 - y,
    "y": lambda y: y,
    "1 - y²": lambda y: 1 - y * y,
    "1 or 0 (y > 0)": lambda y: (y.real > 0).double(),
}
"""Derivatives that people forget: of the logistic, whole or half, of tanh, of ReLU."""


def transposed_weight(suspect: Suspect) -> str:
    """Name a weight that is transposed on the way down.

    The test transposes the weight itself between the two passes, wherever the cache keeps it.
    """
    for k, (name, w) in enumerate(zip(suspect.pair.names, suspect.pair.tensors, strict=True)):
        if w.dim() > 1 and w.shape[-1] == w.shape[-2]:
            tensors = [tensor.clone() for tensor in suspect.pair.tensors]
            with suspect.pair.untouched:
                _, cache = suspect.pair.run(tensors)
                tensors[k].copy_(w.mT)
                turned = suspect.pair.backward(suspect.dE_dout, cache)[suspect.k]
            if suspect.close(turned):
                return f"{name} is transposed where the backward pass multiplies by it"
    return ""


def factor(suspect: Suspect) -> str:
    """Name a factor that is missing in this gradient, or in all gradients below the output."""
    out = suspect.pair.out
    for name, factor in FACTORS.items():
        if out.shape == suspect.by_hand.shape and suspect.close(suspect.by_hand * factor(out)):
            return f"the factor {name} is missing, where y is the output of forward"
        if suspect.close(suspect.again(suspect.dE_dout * factor(out))):
            return f"the factor {name} is missing in the last level, where y is the output of forward"
    return ""


def hidden_factor(suspect: Suspect) -> str:
    """Name a missing factor of hidden units, case by case: there a weight's gradient is a product with that factor.

    Where forward is written in torch, search.py names the operation instead.
    """
    if search_of(suspect).forward.calls:
        return ""
    found = [_missing_in(suspect, c) for c in range(len(suspect.by_case))]
    wrong = any(is_wrong for is_wrong, _ in found)
    common = [name for name in FACTORS if wrong and all(name in names for _, names in found)]
    units = "that it comes from or leads to" if common == ["y"] else "it leads to"
    return f"the factor {common[0]} of the units {units} is missing" if common else ""


def _missing_in(suspect: Suspect, c: int) -> tuple[bool, set[str]]:
    """Return whether case c is wrong, and the factors that would make it right or keep it right."""
    right, dE_dout = suspect.by_case[c], torch.zeros_like(suspect.dE_dout)
    dE_dout[..., c, :] = suspect.dE_dout[..., c, :]
    with suspect.pair.untouched:
        out, cache = suspect.pair.run(suspect.pair.tensors)
        by_hand, tolerance = suspect.pair.backward(dE_dout, cache)[suspect.k], max(1e-9, suspect.tolerance)
        kept = [y.detach().clone() for y in _tensors((out, cache), set())]
    found = set()
    for y in kept:
        y_c = y[..., c : c + 1, :] if y.shape[-2:-1] == (suspect.cases,) else y[:0]
        for name, factor in FACTORS.items():
            for of_units in (factor(y_c), factor(y_c).mT, factor(y_c).squeeze(-2)) if y_c.numel() else ():
                if _spreads(of_units, by_hand) and near(by_hand * of_units, right, tolerance):
                    found.add(name)
    return not near(by_hand, right, tolerance), found


def _tensors(cache: Any, seen: set[int]) -> Iterator[Tensor]:
    """Yield every tensor in a cache, inside any tuples, dicts, objects or closures."""
    if isinstance(cache, Tensor):
        yield cache
    elif id(cache) not in seen and not isinstance(cache, str | type | ModuleType):
        seen.add(id(cache))
        if isinstance(cache, Mapping):
            parts = list(cache.values())
        elif isinstance(cache, list | tuple):
            parts = list(cache)
        else:
            names = (*getattr(cache, "__dict__", ()), *getattr(cache, "__slots__", ()))
            parts = [getattr(cache, name, None) for name in names]
            parts += [cell.cell_contents for cell in getattr(cache, "__closure__", None) or ()]
        for part in parts:
            yield from _tensors(part, seen)


def _spreads(small: Tensor, large: Tensor) -> bool:
    """Return whether small * large has the shape of large."""
    try:
        return torch.broadcast_shapes(small.shape, large.shape) == large.shape
    except RuntimeError:
        return False

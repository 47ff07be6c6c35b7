"""Names for mistakes: each that people make is tried on a wrong gradient, and the words for the one that fits.

A mistake is recognised by undoing it: if minus the gradient is right, its sign is turned; if it is right once y(1 - y)
is multiplied in, that factor is missing. What no mistake explains is told by its worst entry.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from backprop86.gradients.candidate import Pair, near

Gradients = Callable[[Callable[..., Tensor], Sequence[Tensor], Tensor], list[Tensor]]
FACTORS: dict[str, Callable[[Tensor], Tensor]] = {
    "y(1 - y)": lambda y: y * (1 - y),
    "1 - y": lambda y: 1 - y,
    "y": lambda y: y,
    "1 - y²": lambda y: 1 - y * y,
    "1 or 0 (y > 0)": lambda y: (y.real > 0).double(),
}
"""Derivatives that may have been forgotten: the logistic's, whole or half, that of tanh, that of ReLU."""
MANY = 200
"""With more cases they are not looked at one by one: it would take minutes."""


@dataclass(eq=False)
class Suspect:
    """The wrong gradient of tensor number k, the right one, and the pair, which can be asked again."""

    pair: Pair
    k: int
    by_hand: Tensor
    right: Tensor
    dE_dout: Tensor
    oracle: Gradients
    tolerance: float

    def close(self, ours: Tensor) -> bool:
        """Return whether `ours` is the right gradient, to its tolerance."""
        return ours.shape == self.right.shape and near(ours, self.right, max(1e-9, self.tolerance))

    def again(self, dE_dout: Tensor) -> Tensor:
        """Return the gradient by hand from another dE_dout."""
        return self.pair.gradients(dE_dout)[self.k]

    @property
    def cases(self) -> int:
        """The number of cases: the axis before the last of the first input, or of the output if there is no input."""
        first = self.pair.tensors[0] if self.pair.n_inputs else self.pair.out
        return first.shape[-2] if first.dim() > 1 else 1

    @cached_property
    def by_case(self) -> list[Tensor]:
        """The share of each case in the right gradient; nothing where the output has no axis of cases, or very many."""
        if self.dE_dout.dim() < 2 or self.dE_dout.shape[-2] != self.cases or self.cases > MANY:
            return []
        alone = [torch.zeros_like(self.dE_dout) for _ in range(self.cases)]
        for c, dE_dout in enumerate(alone):
            dE_dout[..., c, :] = self.dE_dout[..., c, :]
        return [self.oracle(self.pair.function, self.pair.tensors, dE_dout)[self.k] for dE_dout in alone]


def looks_like(suspect: Suspect) -> str:
    """Return the first mistake that explains the gradient, in words."""
    return next(words for mistake in MISTAKES if (words := mistake(suspect)))


def _nothing(suspect: Suspect) -> str:
    if not suspect.right.any():
        return f"it must be 0 everywhere, was up to {float(suspect.by_hand.abs().max()):.6g}"
    return "" if suspect.by_hand.any() else "it is 0 everywhere"


def _rounding(suspect: Suspect) -> str:
    """Tell a gradient so near to right that undoing any mistake by a factor near 1 would explain it."""
    if not near(suspect.by_hand, suspect.right):
        return ""
    return "all but right: a small mistake, or rounding (1 - y has few digits where y is nearly 1: try smaller weights)"


def _sign(suspect: Suspect) -> str:
    return "its sign is turned" if suspect.close(-suspect.by_hand) else ""


def _dE_dout(suspect: Suspect) -> str:
    ones = torch.ones_like(suspect.dE_dout)
    right = suspect.oracle(suspect.pair.function, suspect.pair.tensors, ones)[suspect.k]
    if near(suspect.by_hand, right, max(1e-9, suspect.tolerance)):
        return "dE_dout is left out: it is the gradient of the sum of what forward gives"
    return ""


def _mean(suspect: Suspect) -> str:
    last = suspect.pair.out if suspect.pair.out.dim() > 1 else suspect.pair.tensors[0]
    outputs = last.shape[-1] if last.dim() else 1
    sizes = {"cases": suspect.cases, "cases and outputs": suspect.cases * outputs, "outputs": outputs}
    for over, n in sizes.items():
        if suspect.close(suspect.by_hand * n):
            return f"it is the mean over {over}, not the sum: 1/{n} of what it must be"
        if n > 2 and suspect.close(suspect.by_hand / n):
            return f"it is the sum over {over}, not the mean: {n} times what it must be"
    return ""


def _transpose(suspect: Suspect) -> str:
    return "it is transposed" if suspect.by_hand.dim() > 1 and suspect.close(suspect.by_hand.mT) else ""


def _transposed_weight(suspect: Suspect) -> str:
    """Transpose the weight itself between the two passes, so that it is found wherever the cache keeps it."""
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


def _cases(suspect: Suspect) -> str:
    n = suspect.cases
    for c, alone in enumerate(suspect.by_case):
        if suspect.close(suspect.by_hand + alone):
            return f"case {c} is left out of the sum over cases"
        if near(suspect.by_hand, alone, max(1e-9, suspect.tolerance)):
            return f"the sum over cases is missing: it is the gradient of case {c} alone"
    for c in range(n if suspect.by_hand.shape[-2:-1] == (n,) else 0):
        only = (torch.arange(n) == c)[:, None]
        if suspect.close(suspect.by_hand + suspect.right * only):
            return f"case {c} is left out"
    return ""


def _factor(suspect: Suspect) -> str:
    """Tell a factor that is missing in this very gradient, or in all that is carried down from the output."""
    out = suspect.pair.out
    for name, factor in FACTORS.items():
        if out.shape == suspect.by_hand.shape and suspect.close(suspect.by_hand * factor(out)):
            return f"the factor {name} is missing, where y is the output of forward"
        if suspect.close(suspect.again(suspect.dE_dout * factor(out))):
            return f"the factor {name} is missing in the last level, where y is the output of forward"
    return ""


def _hidden_factor(suspect: Suspect) -> str:
    """Tell a missing factor of hidden units, case by case: there a weight's gradient is a product with that factor."""
    found = [_missing_in(suspect, c) for c in range(len(suspect.by_case))]
    wrong = any(is_wrong for is_wrong, _ in found)
    common = [name for name in FACTORS if wrong and all(name in names for _, names in found)]
    units = "that it comes from or leads to" if common == ["y"] else "it leads to"
    return f"the factor {common[0]} of the units {units} is missing" if common else ""


def _missing_in(suspect: Suspect, c: int) -> tuple[bool, set[str]]:
    """Return whether case c is wrong, and the factors that would make it right or leave it so."""
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
    """Yield every tensor that is kept in a cache, in whatever tuples, dicts, objects or closures."""
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


def _swapped(suspect: Suspect) -> str:
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


def _constant(suspect: Suspect) -> str:
    ours, right = suspect.by_hand, suspect.right
    largest = int(right.abs().argmax())
    k = float(ours.flatten()[largest] / right.flatten()[largest])
    if ours.numel() == 1 or not suspect.close(ours / k):
        return ""
    half = " (is a factor 1/2 missing?)" if abs(k - 2) < 1e-6 else ""
    share = f"1/{1 / k:.0f} of" if 1 / k > 1.5 and abs(1 / k - round(1 / k)) < 1e-6 else f"{k:.6g} times"
    return f"it is {share} what it must be{half}"


def _somewhere(suspect: Suspect) -> str:
    ours, right = suspect.by_hand, suspect.right
    apart = (ours - right).abs()
    wrong = apart > suspect.tolerance * right.abs().max()
    worst = tuple((apart == apart.max()).nonzero()[0].tolist())
    told = f"{int(wrong.sum())} of its {ours.numel()} entries are wrong, most of all the one at {list(worst)}: "
    return told + f"it must be {float(right[worst]):.6g}, was {float(ours[worst]):.6g}"


MISTAKES = (
    _nothing, _rounding, _sign, _dE_dout, _mean, _transpose, _cases, _factor, _hidden_factor, _transposed_weight,
    _constant, _swapped, _somewhere,
)  # fmt: skip
"""The mistakes in the order in which they are tried; the last always fits."""

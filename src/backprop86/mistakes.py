"""What a wrong gradient looks like: each mistake that people make, tried on it, and the words for the one that fits.

A mistake is recognised by undoing it: if minus the gradient is right, its sign is turned; if it is right once y(1 - y)
is multiplied in, that factor is missing. What no mistake explains is told by its worst entry.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from backprop86.pair import Pair

Oracle = Callable[[Callable[..., Tensor], Sequence[Tensor], Tensor], list[Tensor]]
FACTORS: dict[str, Callable[[Tensor], Tensor]] = {
    "y(1 - y)": lambda y: y * (1 - y),
    "1 - y": lambda y: 1 - y,
    "y": lambda y: y,
    "1 - y²": lambda y: 1 - y * y,
}
"""What a derivative may have been forgotten of: the logistic's whole or half, and that of tanh."""


def malformed(by_hand: Any, right: Tensor) -> str:
    """Why there are no numbers to compare, or nothing if there are."""
    if by_hand is None:
        return "there is none"
    if not isinstance(by_hand, Tensor):
        return f"it must be a tensor, was {type(by_hand).__name__}"
    if by_hand.shape != right.shape:
        return f"its shape must be {tuple(right.shape)}, was {tuple(by_hand.shape)}{_of_shape(by_hand, right)}"
    if by_hand.dtype != right.dtype:
        return f"it must be float64, was {str(by_hand.dtype).removeprefix('torch.')}: digits are lost on the way"
    if n := int((~by_hand.isfinite()).sum()):
        return f"{n} of its {by_hand.numel()} entries are not finite, the first at {_first(~by_hand.isfinite())}"
    return ""


def _of_shape(by_hand: Tensor, right: Tensor) -> str:
    """What else can be said of a gradient of another shape."""
    if by_hand.dim() > 1 and by_hand.mT.shape == right.shape and _close(by_hand.mT, right):
        return ": it is transposed"
    for axis in range(by_hand.dim()):
        if by_hand.shape[axis] > 1 and by_hand.sum(axis).shape == right.shape and _close(by_hand.sum(axis), right):
            return f": the sum over cases is missing (axis {axis})"
    if by_hand.numel() == right.numel() and _close(by_hand.reshape(right.shape), right):
        return ": the numbers are right"
    return ""


def _close(ours: Tensor, right: Tensor, tolerance: float = 1e-9) -> bool:
    return bool((ours - right).abs().max() <= tolerance * right.abs().max())


def _first(marked: Tensor) -> list[int]:
    return marked.nonzero()[0].tolist()


@dataclass(eq=False)
class Suspect:
    """The wrong gradient of tensor number k, the right one, and the pair, which can be asked again."""

    pair: Pair
    k: int
    by_hand: Tensor
    right: Tensor
    dE_dout: Tensor
    oracle: Oracle
    tolerance: float

    def close(self, ours: Tensor) -> bool:
        """Whether something is the right gradient."""
        return ours.shape == self.right.shape and _close(ours, self.right, max(1e-9, self.tolerance))

    def again(self, dE_dout: Tensor, cache: Any = None) -> Tensor:
        """The gradient by hand from another dE_dout or cache."""
        return self.pair.gradients(dE_dout, cache)[self.k]

    @property
    def cases(self) -> int:
        """How many cases there are: the axis before the last of the first tensor, and of the output."""
        first = self.pair.tensors[0]
        return first.shape[-2] if first.dim() > 1 else 1

    @cached_property
    def by_case(self) -> list[Tensor]:
        """What each case gives to the right gradient; nothing where the output has no axis of cases."""
        if self.dE_dout.dim() < 2 or self.dE_dout.shape[-2] != self.cases:
            return []
        alone = [torch.zeros_like(self.dE_dout) for _ in range(self.cases)]
        for c, dE_dout in enumerate(alone):
            dE_dout[..., c, :] = self.dE_dout[..., c, :]
        return [self.oracle(self.pair.function, self.pair.tensors, dE_dout)[self.k] for dE_dout in alone]


def looks_like(suspect: Suspect) -> str:
    """The first mistake that explains it, in words."""
    return next(words for mistake in MISTAKES if (words := mistake(suspect)))


def _sign(suspect: Suspect) -> str:
    return "its sign is turned" if suspect.close(-suspect.by_hand) else ""


def _mean(suspect: Suspect) -> str:
    last = suspect.pair.out if suspect.pair.out.dim() > 1 else suspect.pair.tensors[0]
    sizes = {"cases": suspect.cases, "cases and outputs": suspect.cases * last.shape[-1], "outputs": last.shape[-1]}
    for over, n in sizes.items():
        if n > 1 and suspect.close(suspect.by_hand * n):
            return f"it is the mean over {over}, not the sum: 1/{n} of what it must be"
    return ""


def _transpose(suspect: Suspect) -> str:
    square = suspect.by_hand.dim() > 1 and suspect.by_hand.shape[-1] == suspect.by_hand.shape[-2]
    return "it is transposed" if square and suspect.close(suspect.by_hand.mT) else ""


def _transposed_weight(suspect: Suspect) -> str:
    for name, w in zip(suspect.pair.names, suspect.pair.tensors, strict=True):
        if w.dim() > 1 and w.shape[-1] == w.shape[-2] and not w.equal(w.mT):
            _, cache = suspect.pair.run(suspect.pair.tensors)
            if suspect.close(suspect.again(suspect.dE_dout, _with(cache, w, w.mT))):
                return f"{name} is transposed where the backward pass multiplies by it"
    return ""


def _with(cache: Any, old: Tensor, new: Tensor) -> Any:
    """The cache with one tensor replaced, wherever it is kept in it."""
    if isinstance(cache, Tensor):
        return new if cache.shape == old.shape and cache.equal(old) else cache
    if type(cache) in (list, tuple):
        return type(cache)(_with(part, old, new) for part in cache)
    if isinstance(cache, dict):
        return {key: _with(part, old, new) for key, part in cache.items()}
    if hasattr(cache, "__dict__"):
        for name, part in vars(cache).items():
            setattr(cache, name, _with(part, old, new))
    return cache


def _cases(suspect: Suspect) -> str:
    n = suspect.cases if suspect.cases > 1 else 0
    for c, alone in enumerate(suspect.by_case[:n]):
        if suspect.close(suspect.by_hand + alone):
            return f"case {c} is left out of the sum over cases"
        if alone.any() and _close(suspect.by_hand, alone, max(1e-9, suspect.tolerance)):
            return f"the sum over cases is missing: it is the gradient of case {c} alone"
    for c in range(n if suspect.by_hand.shape[-2:-1] == (n,) else 0):
        only = (torch.arange(n) == c)[:, None]
        if suspect.close(suspect.by_hand + suspect.right * only):
            return f"case {c} is left out"
    return ""


def _factor(suspect: Suspect) -> str:
    """A factor missing in this very gradient, or in all that is carried down from the output."""
    out = suspect.pair.out
    for name, factor in FACTORS.items():
        if out.shape == suspect.by_hand.shape and suspect.close(suspect.by_hand * factor(out)):
            return f"the factor {name} is missing, where y is the output of forward"
        if suspect.close(suspect.again(suspect.dE_dout * factor(out))):
            return f"the factor {name} is missing in the last level, where y is the output of forward"
    return ""


def _hidden_factor(suspect: Suspect) -> str:
    """For one case alone the gradient of a weight is a product, and its missing factor one number for each unit."""
    pair, n = suspect.pair, suspect.cases
    if suspect.dE_dout.shape[-2:-1] != (n,) or any(x.shape[-2:-1] != (n,) for x in pair.tensors[: pair.n_inputs]):
        return ""
    tensors = [x[..., :1, :] if k < pair.n_inputs else x for k, x in enumerate(pair.tensors)]
    out, cache = pair.run(tensors)
    dE_dout = suspect.dE_dout[..., :1, :]
    by_hand = pair.gradients(dE_dout, cache)[suspect.k]
    right = suspect.oracle(pair.function, tensors, dE_dout)[suspect.k]
    for y in _tensors((out, cache)):
        for name, factor in FACTORS.items():
            for of_units in (factor(y), factor(y).mT, factor(y).squeeze(-2)) if y.dim() > 1 else ():
                if _spreads(of_units, by_hand) and _close(by_hand * of_units, right, max(1e-9, suspect.tolerance)):
                    return f"the factor {name} of the units it leads to is missing"
    return ""


def _tensors(cache: Any) -> Iterator[Tensor]:
    """Every tensor that is kept in a cache."""
    if isinstance(cache, Tensor):
        yield cache
    elif isinstance(cache, list | tuple | dict):
        for part in cache.values() if isinstance(cache, dict) else cache:
            yield from _tensors(part)
    elif hasattr(cache, "__dict__"):
        yield from _tensors(vars(cache))


def _spreads(small: Tensor, large: Tensor) -> bool:
    """Whether small * large has the shape of large."""
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
    if not ours.any():
        return "it is 0 everywhere"
    k = float((ours * right).sum() / (right * right).sum())
    if ours.numel() == 1 or not suspect.close(ours / k):
        return ""
    half = " (is the 1/2 of equation 3 missing?)" if abs(k - 2) < 1e-6 else ""
    return f"it is {k:.6g} times what it must be{half}"


def _somewhere(suspect: Suspect) -> str:
    ours, right = suspect.by_hand, suspect.right
    apart = (ours - right).abs()
    wrong = apart > suspect.tolerance * right.abs().max()
    worst = tuple((apart == apart.max()).nonzero()[0].tolist())
    told = f"{int(wrong.sum())} of its {ours.numel()} entries are wrong, most of all the one at {list(worst)}: "
    return told + f"it must be {float(right[worst]):.6g}, was {float(ours[worst]):.6g}"


MISTAKES = (
    _sign, _mean, _transpose, _cases, _factor, _hidden_factor, _transposed_weight, _constant, _swapped, _somewhere,
)  # fmt: skip
"""In the order in which they are tried; the last always fits."""

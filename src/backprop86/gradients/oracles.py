"""Oracles: autograd, the complex step, central differences. Only this file and graphs.py use autograd."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from backprop86.gradients import differences
from backprop86.gradients.candidate import OTHERS
from backprop86.gradients.differences import Along, Function
from backprop86.gradients.mistakes import Suspect

NO_AUTOGRAD = "autograd cannot follow forward, which leaves torch on the way (numpy, detach, no_grad) or overflows"


def by_autograd(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """Return d(sum cotangent f)/d(each tensor), by torch.autograd."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    try:
        with torch.enable_grad():
            out = f(*leaves)
        if out.requires_grad:
            return list(torch.autograd.grad(out, leaves, cotangent, materialize_grads=True))
    except RuntimeError as error:
        why = str(error).splitlines()[0].partition(": [")[0]
        raise ValueError(f"autograd cannot follow forward ({why}): {OTHERS}") from error
    raise ValueError(f"{NO_AUTOGRAD}: {OTHERS}")


def _by_autograd_of_copies(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """Return the same for a forward that changes tensors in place: autograd keeps a copy of each that it needs."""
    try:
        with torch.autograd.graph.saved_tensors_hooks(lambda kept: kept.detach().clone(), lambda kept: kept):
            return by_autograd(f, tensors, cotangent)
    except ValueError:  # torch.func allows no such copies
        return by_autograd(f, tensors, cotangent)


def _autograd_lost_it(suspect: Suspect) -> str:
    """Raise ValueError where autograd has not differentiated forward at all."""
    apart = (suspect.by_hand - suspect.right).abs().max() / suspect.by_hand.abs().max()
    told = apart > 1e-5 and differences.agreeing_step(suspect) > 1e-8  # below it there is only rounding
    if told and not differences.corner(suspect):
        raise ValueError(f"{NO_AUTOGRAD}: {OTHERS}")
    return ""


@dataclass(frozen=True)
class Oracle:
    """An independent way to find a gradient.

    tolerance: the largest relative error it allows, in float64. noise: its own rounding error, over the sum of the
    terms of E. optional: whether it is left out where it cannot judge. excuse: returns the reason why the oracle, and
    not the gradient by hand, may be wrong, or "". along: the slope along a direction, for an oracle that finds each
    entry by itself: see projections.py.
    """

    name: str
    gradients: Callable[..., list[Tensor]]
    tolerance: float
    noise: float = 0.0
    optional: bool = False
    excuse: Callable[[Suspect], str] = lambda suspect: ""
    along: Callable[[Function, Sequence[Tensor], Tensor], Along] | None = None


AUTOGRAD = Oracle("autograd", _by_autograd_of_copies, 1e-12, excuse=_autograd_lost_it)
COMPLEX = Oracle(
    "complex step", differences.by_complex_step, 1e-12, optional=True,
    excuse=differences.corner, along=differences.complex_step_along,
)  # fmt: skip
CENTRAL = Oracle(
    "central differences", differences.by_central_differences, 1e-7, differences.NOISE,
    excuse=differences.too_coarse, along=differences.central_difference_along,
)  # fmt: skip
ORACLES = {oracle.name: oracle for oracle in (AUTOGRAD, COMPLEX, CENTRAL)}
EXTENDED = "extended precision"
"""The fourth oracle, which has to know the equations: see high_precision.py. Its tolerance is that of autograd."""

"""Equations 1-7 of the letter (N, Nature 323): modules, each a forward pass and its backward pass derived by hand.

A module is two functions and remembers nothing, so the same weights can be used in several places:

    forward(y, ...)          -> (out, cache)
    backward(dE_dout, cache) -> (dE_din, gradients)

`cache` is what the backward pass needs from the forward pass. `gradients` names the gradient of each weight.

Symbols are the letter's: x total input of a unit, y its output, d its desired output (target), w a weight, E the error
(loss).
Axes: S seeds, C cases, J units of the upper level, I units of the lower level. The seed axis comes first; every
function below also works without it, or with any other axes in front of the last two.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Cache = tuple[Any, ...]
Gradients = dict[str, Tensor]


class Linear:
    """The total input of each unit: the outputs of the units below it, each times its weight, added up.

    A bias is the weight from a unit that is always 1 (N, below equation 1), so it needs no code of its own.
    """

    @staticmethod
    def forward(y: Tensor, w: Tensor) -> tuple[Tensor, Cache]:
        """x_j = sum_i y_i w_ji. y (S, C, I), w (S, J, I) -> x (S, C, J). Equation 1."""
        return y @ w.mT, (y, w)

    @staticmethod
    def backward(dE_dx: Tensor, cache: Cache, to_inputs: bool = True) -> tuple[Tensor | None, Gradients]:
        """Apply equation 7, dE/dy_i = sum_j dE/dx_j w_ji, and 6, dE/dw_ji = dE/dx_j y_i, summed over cases.

        dE_dx (S, C, J) -> dE_dy (S, C, I), or None without `to_inputs`, and {"w": dE_dw (S, J, I)}.
        """
        y, w = cache
        dE_dy = dE_dx @ w if to_inputs else None
        dE_dw = dE_dx.mT @ y
        return dE_dy, {"w": dE_dw}


class Logistic:
    """The output of each unit, given its total input."""

    @staticmethod
    def forward(x: Tensor) -> tuple[Tensor, Cache]:
        """y_j = 1 / (1 + e^(-x_j)). x (S, C, J) -> y (S, C, J). Equation 2.

        Written out because torch.sigmoid rounds the last few elements of a tensor differently from the others,
        and a seed must not depend on its place in the batch. e^(-x) may overflow to infinity: y is then 0.
        """
        y = 1 / (1 + torch.exp(-x))
        return y, (y,)

    @staticmethod
    def backward(dE_dy: Tensor, cache: Cache) -> tuple[Tensor, Gradients]:
        """dE/dx_j = dE/dy_j y_j (1 - y_j). dE_dy (S, C, J) -> dE_dx (S, C, J). Equation 5."""
        (y,) = cache
        return dE_dy * y * (1 - y), {}


class Gain:
    """The steepness of the logistic, one number for all units of a level: y = 1 / (1 + e^(-G x)) (L p. 28)."""

    @staticmethod
    def forward(x: Tensor, gain: Tensor) -> tuple[Tensor, Cache]:
        """Return G x. x (S, C, J), gain (S,) -> (S, C, J)."""
        G = gain[..., None, None]
        return G * x, (x, G)

    @staticmethod
    def backward(dE_dGx: Tensor, cache: Cache) -> tuple[Tensor, Gradients]:
        """dE/dx_j = G dE/d(G x_j) and dE/dG = sum_cj dE/d(G x_j) x_j. dE_dGx (S, C, J) -> (S, C, J), {"gain": (S,)}."""
        x, G = cache
        return G * dE_dGx, {"gain": (dE_dGx * x).sum((-2, -1))}


@dataclass(frozen=True)
class SquaredError:
    """E = 1/2 sum_c sum_j (y_jc - d_jc)^2: summed over cases and output units, never averaged. Equation 3.

    `on` and `off` are the targets that stand for d = 1 and d = 0 (P uses 0.9 and 0.1).
    `dead_zone` is the family trees' rule: no error for an on-unit above `zone_on` or an off-unit below `zone_off`;
    otherwise the difference is measured "from_edge" of the zone (H p. 11) or "from_target" (N states only the zone).
    `mean` divides E by the number of cases and outputs. No 1986 text does so; it is here to show the difference.
    """

    on: float = 1.0
    off: float = 0.0
    dead_zone: str = "none"
    zone_on: float = 0.8
    zone_off: float = 0.2
    mean: bool = False

    def forward(self, y: Tensor, d: Tensor, counted: Tensor | None = None) -> tuple[Tensor, Cache]:
        """Return E (S,) from y (S, C, J), d (C, J) in [0, 1] and counted (S, C) or None.

        `counted` is 1 for a case that contributes to E and 0 for one that is held out.
        """
        difference = y - (self.off + (self.on - self.off) * d)
        if self.dead_zone != "none":
            is_on = d > 0.5
            if self.dead_zone == "from_edge":
                difference = y - torch.full_like(d, self.zone_off).masked_fill(is_on, self.zone_on)
            satisfied = torch.where(is_on, y.real > self.zone_on, y.real < self.zone_off)
            difference = difference.masked_fill(satisfied, 0)
        if counted is not None:
            difference = difference * counted[..., None]
        scale = self._scale(y, counted) if self.mean else None
        E = (difference * difference).sum((-2, -1)) / 2
        return (E if scale is None else E * scale), (difference, scale)

    def backward(self, dE: Tensor | float, cache: Cache) -> tuple[Tensor, Gradients]:
        """dE/dy_j = y_j - d_j, times `dE` (S,), which is 1 where E is the end of the computation. Equation 4."""
        difference, scale = cache
        factor = dE if scale is None else dE * scale
        if isinstance(factor, Tensor):
            factor = factor[..., None, None]
        return factor * difference, {}

    @staticmethod
    def _scale(y: Tensor, counted: Tensor | None) -> Tensor:
        cases = torch.tensor(y.shape[-2]) if counted is None else counted.sum(-1)
        return 1 / (cases.to(y.real.dtype) * y.shape[-1])

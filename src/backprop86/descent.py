"""Equations 8 and 9 of the letter: how the weights change, given dE/dw."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


def change(dE_dw: Tensor, last_change: Tensor, epsilon: Any, alpha: Any) -> Tensor:
    """Delta w(t) = -epsilon dE/dw(t) + alpha Delta w(t - 1). Equation 9; with alpha = 0 it is equation 8.

    All (S, n_parameters); the rates are numbers or (S, 1). There is no factor 1 - alpha, so a steady gradient ends in
    steps of epsilon / (1 - alpha). torch.optim.SGD remembers sum alpha^k dE/dw and multiplies it by the current rate,
    so it is this rule only while epsilon stays the same; the family trees change it at sweep 20.
    """
    return alpha * last_change - epsilon * dE_dw


@dataclass(frozen=True)
class Descent:
    """The rates of every sweep (epoch): opening rates up to `opening_sweeps`, late rates after `late_sweep` unless it
    is 0.

    Each rate in RATES is a number, or an array (S,) where every seed has its own. `decay_in` says where a weight
    shrinks: "weights" after each change (N, H); "change" as a part of the change, so that momentum repeats it;
    "gradient" as a part of the gradient, lambda w, with lambda = decay (1 - alpha) / epsilon.
    """

    epsilon: Any
    alpha: Any = 0.0
    decay: Any = 0.0
    opening_sweeps: int = 0
    opening_epsilon: Any = 0.0
    opening_alpha: Any = 0.0
    late_sweep: int = 0
    late_epsilon: Any = 0.0
    late_alpha: Any = 0.0
    late_decay: Any = 0.0
    decay_in: str = "weights"

    def columns(self, S: int, **as_tensor: Any) -> "Descent":
        """Return the same rates, each rate in RATES as a tensor (S, 1)."""
        rates = {name: torch.as_tensor(getattr(self, name), **as_tensor) for name in RATES}
        wide: dict[str, Any] = {name: rate.expand(S)[:, None] for name, rate in rates.items()}
        return replace(self, **wide)

    def of(self, rows: Any) -> "Descent":
        """Return the rates of some seeds; self must come from `columns`."""
        return replace(self, **{name: getattr(self, name)[rows] for name in RATES})

    def rates(self, sweep: int) -> tuple[Any, Any, Any]:
        """Return (epsilon, alpha, decay) of a sweep; the first sweep is number 1."""
        if sweep <= self.opening_sweeps:
            return self.opening_epsilon, self.opening_alpha, self.decay
        if 0 < self.late_sweep < sweep:
            return self.late_epsilon, self.late_alpha, self.late_decay
        return self.epsilon, self.alpha, self.decay

    def step(
        self,
        w: Tensor,
        last_change: Tensor,
        dE_dw: Tensor,
        sweep: int,
        largest: Tensor | None = None,
        share: Any = 1.0,
        decays: Any = 1.0,
    ) -> tuple[Tensor, Tensor]:
        """Return (w, Delta w) after one change; each weight shrinks by the fraction `decay` (N, H: 0.2 %).

        A weight that would exceed `largest` (n_parameters,) is set to it (P p. 357: negative biases). share
        (n_parameters,): the part of epsilon that each weight has. decays (S, 1): 0 for a seed without decay yet.
        """
        epsilon, alpha, decay = self.rates(sweep)
        delta_w, decay = change(dE_dw, last_change, epsilon * share, alpha), decay * decays
        if self.decay_in == "weights":
            w = (w + delta_w) * (1 - decay)
        else:
            delta_w = delta_w - w * (decay if self.decay_in == "change" else decay * (1 - alpha))
            w = w + delta_w
        return (w if largest is None else torch.minimum(w, largest)), delta_w


RATES = ("epsilon", "alpha", "decay", "opening_epsilon", "opening_alpha", "late_epsilon", "late_alpha", "late_decay")

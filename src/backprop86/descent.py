"""Equations 8 and 9 of the letter: how the weights change, given dE/dw."""

from dataclasses import dataclass

from torch import Tensor


def change(dE_dw: Tensor, last_change: Tensor, epsilon: float, alpha: float) -> Tensor:
    """Delta w(t) = -epsilon dE/dw(t) + alpha Delta w(t - 1). Equation 9; with alpha = 0 it is equation 8.

    All (S, n_parameters). There is no factor 1 - alpha, so a steady gradient ends in steps of epsilon / (1 - alpha).
    torch.optim.SGD remembers sum alpha^k dE/dw and multiplies it by the current rate, so it is this rule only while
    epsilon stays the same; the family trees change it at sweep 20.
    """
    return alpha * last_change - epsilon * dE_dw


@dataclass(frozen=True)
class Descent:
    """The rates of every sweep: `opening_sweeps` with one pair, then the other, and decay after every change."""

    epsilon: float
    alpha: float = 0.0
    decay: float = 0.0
    opening_sweeps: int = 0
    opening_epsilon: float = 0.0
    opening_alpha: float = 0.0

    def rates(self, sweep: int) -> tuple[float, float]:
        """(epsilon, alpha) of a sweep; the first sweep is number 1."""
        if sweep <= self.opening_sweeps:
            return self.opening_epsilon, self.opening_alpha
        return self.epsilon, self.alpha

    def step(self, w: Tensor, last_change: Tensor, dE_dw: Tensor, sweep: int) -> tuple[Tensor, Tensor]:
        """(w, Delta w) after one change; then each weight shrinks by the fraction `decay` (N, H: 0.2 %)."""
        epsilon, alpha = self.rates(sweep)
        delta_w = change(dE_dw, last_change, epsilon, alpha)
        w = w + delta_w
        return (w * (1 - self.decay) if self.decay else w), delta_w

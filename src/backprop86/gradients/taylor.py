"""The Taylor remainder: a test of a gradient that needs no tolerance.

E(w + h v) - E(w) - h sum_i v_i dE/dw_i falls as h^2 if the gradient is right, and as h if it is not.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

STEPS = 4.0 ** -np.arange(1, 11)
"""The steps h, each a quarter of the one before."""
LAST = 3
"""The number of smallest steps above rounding from which the slope is taken."""


def slope_of_remainder(
    function: Callable[..., Tensor], tensors: Sequence[Tensor], dE_dout: Tensor, k: int, by_hand: Tensor, seed: int
) -> float:
    """Return the slope of log remainder over log h, for tensor k: 2 if its gradient is right, 1 if wrong.

    NaN where the remainder is all rounding (E is linear in the tensor, and the gradient right), and where forward has a
    corner on the way.
    """
    random = torch.Generator().manual_seed(seed)
    v = torch.randn(by_hand.shape, dtype=torch.float64, generator=random).to(by_hand.device)
    v = v * max(1.0, float(tensors[k].abs().max())) / max(1.0, float(v.norm()))

    def parts(h: float) -> Tensor:
        return (function(*tensors[:k], tensors[k] + h * v, *tensors[k + 1 :]).detach() - out) * dE_dout

    out = function(*tensors).detach()
    first = float((v * by_hand).sum())
    rounding = 32 * np.finfo(np.float64).eps * float((out * dE_dout).abs().sum() + abs(first))
    remainders: list[float] = []
    for h in STEPS:
        remainders.append(abs(float(parts(h).sum()) - h * first))
        if not remainders[-1] > rounding:
            break
    n = len(remainders) - (not remainders[-1] > rounding)
    if n < LAST:
        return np.nan
    last = STEPS[n - LAST : n]
    bend = [abs(float((parts(h) + parts(-h)).sum())) for h in last]  # falls as h^2 as well, if no corner is crossed
    if min(bend) > rounding and _order(last, bend) < 1.8:
        return np.nan
    return _order(last, remainders[n - LAST : n])


def _order(steps: np.ndarray, values: Sequence[float]) -> float:
    return float(np.polyfit(np.log(steps), np.log(values), 1)[0])

"""The Taylor remainder: a test of a gradient that needs no tolerance.

E(w + h v) - E(w) - h sum_i v_i dE/dw_i falls as h^2 if the gradient is right, and as h if it is not.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

STEPS = 2.0 ** -np.arange(3, 22)
"""The steps h, each half the one before."""


def slope_of_remainder(
    function: Callable[..., Tensor], tensors: Sequence[Tensor], dE_dout: Tensor, k: int, by_hand: Tensor, seed: int
) -> float:
    """Return the slope of log remainder over log h, for tensor k: 2 if its gradient is right, 1 if wrong.

    NaN where the remainder is all rounding: E is linear in the tensor, and the gradient right.
    """
    random = torch.Generator().manual_seed(seed)
    v = torch.randn(by_hand.shape, dtype=torch.float64, generator=random).to(by_hand.device)
    v = v * max(1.0, float(tensors[k].abs().max())) / max(1.0, float(v.norm()))

    def parts(h: float) -> Tensor:
        return (function(*tensors[:k], tensors[k] + h * v, *tensors[k + 1 :]).detach() - out) * dE_dout

    out = function(*tensors).detach()
    first = float((v * by_hand).sum())
    remainder = np.array([abs(float(parts(h).sum()) - h * first) for h in STEPS])
    rounding = 32 * np.finfo(np.float64).eps * float((out * dE_dout).abs().sum() + abs(first))
    seen = np.flatnonzero(~(remainder > rounding))
    n = int(seen[0]) if len(seen) else len(STEPS)
    if n < 3:
        return np.nan
    last = slice(max(0, n - 6), n)
    return float(np.polyfit(np.log(STEPS[last]), np.log(remainder[last]), 1)[0])

"""A level of tanh units with dropout: a given mask lets three of four units pass, and scales them up by 4/3."""

import torch
from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw

KEEP = 0.75
MASK = (draw(70, 6, 8) > -0.67).to(torch.float64)


def forward(x: Tensor, w: Tensor, b: Tensor, v: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return (tanh(x w + b) with dropout) v of x (C, I); w: (I, J), b: (J), v: (J, K)."""
    h = torch.tanh(x @ w + b)
    mask = MASK.to(x.dtype)
    kept = h * mask / KEEP
    return kept @ v, (x, w, v, h, kept, mask)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients; units that the mask stops have none."""
    x, w, v, h, kept, mask = cache
    dE_dkept = dE_dout @ v.T
    dE_dh = dE_dkept * mask / KEEP
    dE_ds = dE_dh * (1 - h**2)
    return dE_ds @ w.T, {"w": x.T @ dE_ds, "b": dE_ds.sum(0), "v": kept.T @ dE_dout}


BELOW = "input 1, w, b"
MISTAKES = [
    Mistake("no mask", "dE_dkept * mask", "dE_dkept", BELOW, "mask"),
    Mistake("not scaled up", " * mask / KEEP", " * mask", BELOW, "0.75|KEEP"),
    Mistake("scaled by the share", "mask / KEEP", "mask * KEEP", BELOW, "0.5625|KEEP"),
    Mistake("the other mask", "mask / KEEP", "(1 - mask) / KEEP", BELOW, "mask"),
    Mistake("v from h", "kept.T @ dE_dout", "h.T @ dE_dout", "v", "mask|`h`"),
    Mistake("tanh without the square", "(1 - h**2)", "(1 - h)", BELOW, "tanh"),
    Mistake("tanh of what is kept", "(1 - h**2)", "(1 - kept**2)", BELOW, "tanh"),
    Mistake("no tanh", "dE_dh * (1 - h**2)", "dE_dh", BELOW, "tanh|1 - y²"),
    Mistake("v not transposed", "dE_dout @ v.T", "dE_dout @ v", BELOW, "v is transposed"),
]
LAYER = Layer(
    "dropout",
    forward,
    backward,
    [draw(71, 6, 4)],
    {"w": draw(72, 4, 8, fan_in=4), "b": draw(73, 8), "v": draw(74, 8, 8, fan_in=8)},
    MISTAKES,
)

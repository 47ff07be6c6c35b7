"""Two linear maps with a GELU between them, the block of a transformer that works on each position alone."""

import math

import torch
from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw


def forward(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return gelu(x w1 + b1) w2 + b2 of x (C, J), where gelu(s) = s Φ(s) and Φ is the normal distribution."""
    s = x @ w1 + b1
    below = (1 + torch.erf(s / math.sqrt(2))) / 2
    h = s * below
    return h @ w2 + b2, (x, w1, w2, s, below, h)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients; the slope of gelu is Φ(s) + s φ(s), φ the density."""
    x, w1, w2, s, below, h = cache
    dE_dh = dE_dout @ w2.T
    density = torch.exp(-(s**2) / 2) / math.sqrt(2 * math.pi)
    dE_ds = dE_dh * (below + s * density)
    return dE_ds @ w1.T, {"w1": x.T @ dE_ds, "b1": dE_ds.sum(0), "w2": h.T @ dE_dout, "b2": dE_dout.sum(0)}


BELOW = "input 1, w1, b1"
MISTAKES = [
    Mistake("no path through Φ", " + s * density", "", BELOW, "`below`|erf"),
    Mistake("no path but Φ", "(below + s * density)", "(s * density)", BELOW, r"`s` in `s \* below`"),
    Mistake("density for s times density", "s * density", "density", BELOW, r"`s`"),
    Mistake("no division by 2", "(s**2) / 2", "(s**2)", BELOW, "erf"),
    Mistake(
        "the slope left out",
        "dE_dh * (below + s * density)",
        "dE_dh",
        BELOW,
        r"`s \* below` is taken as that of `s` alone, with the slope 1$",
    ),
    Mistake("w2 not transposed", "dE_dout @ w2.T", "dE_dout @ w2", BELOW, "w2 is transposed"),
    Mistake("w2 from s", "h.T @ dE_dout", "s.T @ dE_dout", "w2", "`s`"),
    Mistake("√π for √2π", "math.sqrt(2 * math.pi)", "math.sqrt(math.pi)", BELOW, r"√2|1.41421|sqrt\(2\)"),
]
LAYER = Layer(
    "GELU",
    forward,
    backward,
    [draw(30, 7, 5)],
    {"w1": draw(31, 5, 6, fan_in=5), "b1": draw(32, 6), "w2": draw(33, 6, 6, fan_in=6), "b2": draw(34, 6)},
    MISTAKES,
)

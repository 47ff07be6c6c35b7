"""A residual block: its input, plus a level of ReLU units and a linear map of them."""

import torch
from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw


def forward(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return x + relu(x w1 + b1) w2 of x (C, J); w1: (J, J), b1: (J), w2: (J, J)."""
    s = x @ w1 + b1
    h = torch.relu(s)
    return x + h @ w2, (x, w1, w2, s, h)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients; x acts past the units and through them."""
    x, w1, w2, s, h = cache
    dE_dh = dE_dout @ w2.T
    dE_ds = dE_dh * (s > 0)
    return dE_dout + dE_ds @ w1.T, {"w1": x.T @ dE_ds, "b1": dE_ds.sum(0), "w2": h.T @ dE_dout}


X, BELOW = "input 1", "input 1, w1, b1"
MISTAKES = [
    Mistake("no path past the units", "dE_dout + dE_ds @ w1.T", "dE_ds @ w1.T", X, r"`x` in `x \+"),
    Mistake("no path through the units", "dE_dout + dE_ds @ w1.T", "dE_dout", X, "x @ w1|h @ w2"),
    Mistake("no ReLU", " * (s > 0)", "", BELOW, "relu|y > 0"),
    Mistake("ReLU turned around", "(s > 0)", "(s < 0)", BELOW, "relu"),
    Mistake("ReLU of x", "(s > 0)", "(x > 0)", BELOW, "relu"),
    Mistake("s for its sign", "(s > 0)", "s", BELOW, "relu"),
    Mistake("w1 not transposed", "dE_ds @ w1.T", "dE_ds @ w1", X, "w1 is transposed"),
    Mistake("w2 not transposed", "dE_dout @ w2.T", "dE_dout @ w2", BELOW, "w2 is transposed"),
    Mistake("the block's sign", "dE_dout + dE_ds", "dE_dout - dE_ds", X, "sign"),
    Mistake("w2 from x", "h.T @ dE_dout", "x.T @ dE_dout", "w2", "`x` stands for `h`"),
    Mistake("h with the residual twice", "dE_dh = dE_dout @ w2.T", "dE_dh = dE_dout @ w2.T + dE_dout", BELOW, "h"),
]
LAYER = Layer(
    "residual block",
    forward,
    backward,
    [draw(80, 7, 6)],
    {"w1": draw(81, 6, 6, fan_in=6), "b1": draw(82, 6), "w2": draw(83, 6, 6, fan_in=6)},
    MISTAKES,
)

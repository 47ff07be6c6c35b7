"""Max pooling: the largest of every two by two pixels, scaled by a gain for each channel."""

import torch
from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw


def forward(x: Tensor, gain: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return gain times the largest of each square of x (C, I, H, W): (C, I, H / 2, W / 2); gain: (I)."""
    C, n, H, W = x.shape
    squares = x.reshape(C, n, H // 2, 2, W // 2, 2).transpose(3, 4).flatten(4)
    largest, place = squares.max(-1)
    return gain[:, None, None] * largest, (x, gain, squares, largest, place)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients; of every square only the largest pixel acts."""
    x, gain, squares, largest, place = cache
    C, n, H, W = x.shape
    dE_dlargest = dE_dout * gain[:, None, None]
    dE_dsquares = torch.zeros_like(squares).scatter(-1, place[..., None], dE_dlargest[..., None])
    dE_dx = dE_dsquares.unflatten(-1, (2, 2)).transpose(3, 4).reshape(C, n, H, W)
    return dE_dx, {"gain": (dE_dout * largest).sum((0, 2, 3))}


X, SCATTERED = "input 1", "torch.zeros_like(squares).scatter(-1, place[..., None], dE_dlargest[..., None])"
MISTAKES = [
    Mistake("all pixels act", SCATTERED, "dE_dlargest[..., None].expand_as(squares)", X, "max"),
    Mistake("shared by all", SCATTERED, "dE_dlargest[..., None].expand_as(squares) / 4", X, "max"),
    Mistake("the smallest", "place[..., None]", "squares.argmin(-1)[..., None]", X, "max|min|smallest"),
    Mistake("the first pixel", "place[..., None]", "torch.zeros_like(place)[..., None]", X, "max|first"),
    Mistake("axes not put back", ".transpose(3, 4)", "", X, "transpose|order"),
    Mistake(
        "pixels of a square transposed",
        "(2, 2)).transpose(3, 4)",
        "(2, 2)).mT.transpose(3, 4)",
        X,
        "exchanged|order|transpose",
    ),
    Mistake("gain left out", "dE_dout * gain[:, None, None]", "dE_dout", X, "gain"),
    Mistake("gain from the sum", "dE_dout * largest", "dE_dout", "gain", "largest"),
    Mistake(
        "gain of one case",
        "(dE_dout * largest).sum((0, 2, 3))",
        "(dE_dout * largest)[0].sum((1, 2))",
        "gain",
        "only index 0 of axis -4 of the output",
    ),
]
LAYER = Layer(
    "max pooling",
    forward,
    backward,
    [draw(60, 2, 3, 4, 6)],
    {"gain": 1 + draw(61, 3)},
    MISTAKES,
)

"""A convolution in two dimensions with a bias for each channel; a border of zeros keeps the size."""

import torch
from torch import Tensor
from torch.nn import functional as F

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw


def forward(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Return the convolution of x (C, I, H, W) with w (O, I, 3, 3) plus b (O): (C, O, H, W)."""
    return F.conv2d(x, w, padding=1) + b[:, None, None], (x, w)


def backward(dE_dout: Tensor, cache: tuple[Tensor, Tensor]) -> Gradients:
    """Return the gradients; a pixel of x acts through w turned around, a weight on every pixel."""
    x, w = cache
    dE_dx = F.conv2d(dE_dout, w.flip(2, 3).transpose(0, 1), padding=1)
    around = F.pad(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1)
    dE_dw = torch.einsum("cohw,cihwkl->oikl", dE_dout, around)
    dE_db = dE_dout.sum((0, 2, 3))
    return dE_dx, {"w": dE_dw, "b": dE_db}


X, TURNED = "input 1", "flip"
MISTAKES = [
    Mistake("kernel not turned", "w.flip(2, 3)", "w", X, TURNED),
    Mistake("kernel turned along one axis", "w.flip(2, 3)", "w.flip(3)", X, "flip.*axis"),
    Mistake("kernel transposed", "w.flip(2, 3)", "w.flip(2, 3).mT", X, "transposed|exchanged"),
    Mistake("channels not exchanged", ".transpose(0, 1)", "", X, "transposed|exchanged"),
    Mistake("padding off by one", ", padding=1)", ", padding=2)[..., :-2, :-2]", X, "shift"),
    Mistake(
        "border of x lost",
        "F.conv2d(dE_dout, w.flip(2, 3).transpose(0, 1), padding=1)",
        "F.pad(F.conv2d(dE_dout, w.flip(2, 3).transpose(0, 1)), (1, 1, 1, 1))",
        X,
        "right within indices 1 to 4 .*, and 0 outside",
    ),
    Mistake("w turned", "->oikl", "->oilk", "w", "transposed"),
    Mistake("w flipped", "dE_dout, around)", "dE_dout, around.flip(4, 5))", "w", TURNED),
    Mistake("channels of w exchanged", "->oikl", "->iokl", "w", "exchanged|transposed"),
    Mistake("w shifted", "(1, 1, 1, 1)", "(0, 2, 1, 1)", "w", "shift"),
    Mistake("w averaged over cases", "dE_dout, around)", "dE_dout, around) / len(x)", "w", "mean over cases|1/2"),
    Mistake(
        "w of one case", "dE_dout, around)", "dE_dout[:1], around[:1])", "w", "only index 0 of axis -4 of the output"
    ),
    Mistake("b averaged", "dE_dout.sum((0, 2, 3))", "dE_dout.mean((0, 2, 3))", "b", "1/72|mean"),
    Mistake(
        "b of one case",
        "dE_dout.sum((0, 2, 3))",
        "dE_dout[0].sum((1, 2))",
        "b",
        "only index 0 of axis -4 of the output",
    ),
    Mistake("b averaged over pixels", "dE_dout.sum((0, 2, 3))", "dE_dout.mean((2, 3)).sum(0)", "b", "1/36|mean"),
]
LAYER = Layer(
    "convolution",
    forward,
    backward,
    [draw(10, 2, 3, 6, 6)],
    {"w": draw(11, 3, 3, 3, 3, fan_in=27), "b": draw(12, 3)},
    MISTAKES,
)

"""LSTM over T steps: the gates i, f, o and the candidate g are four blocks of columns of one product."""

from typing import Any

import torch
from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw


def forward(x: Tensor, w: Tensor, u: Tensor, b: Tensor) -> tuple[Tensor, list[Any]]:
    """Return the outputs (T, C, J) of all steps for x (T, C, I); w: (I, 4 J), u: (J, 4 J), b: (4 J)."""
    h = c = torch.zeros(x.shape[1], u.shape[0], dtype=x.dtype)
    outputs, cache = [], []
    for x_t in x:
        sums = x_t @ w + h @ u + b
        i, f, g, o = sums.chunk(4, -1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        h_last, c_last = h, c
        c = f * c_last + i * g
        squashed = c.tanh()
        h = o * squashed
        outputs.append(h)
        cache.append((x_t, w, u, b, i, f, g, o, h_last, c_last, squashed))
    return torch.stack(outputs), cache


def backward(dE_dout: Tensor, cache: list[Any]) -> Gradients:
    """Return the gradients, from the last step to the first."""
    dE_dx: list[Tensor] = []
    dE_dw, dE_du, dE_db = (torch.zeros_like(weight) for weight in cache[0][1:4])
    dE_dh = dE_dc = torch.zeros_like(dE_dout[0])
    for dE_dout_t, kept in zip(reversed(dE_dout), reversed(cache), strict=True):
        x_t, w, u, _, i, f, g, o, h_last, c_last, squashed = kept
        dE_dh = dE_dh + dE_dout_t
        dE_dc = dE_dc + dE_dh * o * (1 - squashed**2)
        of_i, of_f = dE_dc * g * i * (1 - i), dE_dc * c_last * f * (1 - f)
        of_g, of_o = dE_dc * i * (1 - g**2), dE_dh * squashed * o * (1 - o)
        dE_dsums = torch.cat([of_i, of_f, of_g, of_o], -1)
        dE_dw, dE_du, dE_db = dE_dw + x_t.T @ dE_dsums, dE_du + h_last.T @ dE_dsums, dE_db + dE_dsums.sum(0)
        dE_dx.append(dE_dsums @ w.T)
        dE_dh, dE_dc = dE_dsums @ u.T, dE_dc * f
    return torch.stack(dE_dx[::-1]), {"w": dE_dw, "u": dE_du, "b": dE_db}


ALL = "input 1, w, u, b"
MISTAKES = [
    Mistake(
        "h not carried back",
        "dE_dsums @ u.T, dE_dc * f",
        "torch.zeros_like(dE_dh), dE_dc * f",
        ALL,
        "`h` in `h @ u`|`h @ u`",
    ),
    Mistake(
        "c not carried back", "dE_dsums @ u.T, dE_dc * f", "dE_dsums @ u.T, torch.zeros_like(dE_dc)", ALL, "`c_last`"
    ),
    Mistake("c carried without f", "dE_dsums @ u.T, dE_dc * f", "dE_dsums @ u.T, dE_dc", ALL, "`f`"),
    Mistake("w for u", "dE_dsums @ u.T", "dE_dsums @ w.T", ALL, "`w`.*`u`|`u`.*`w`"),
    Mistake("w = for +=", "dE_dw + x_t.T @ dE_dsums", "x_t.T @ dE_dsums", "w", "first|step"),
    Mistake("b = for +=", "dE_db + dE_dsums.sum(0)", "dE_dsums.sum(0)", "b", "first|step"),
    Mistake("u from the new h", "h_last.T @ dE_dsums", "(o * squashed).T @ dE_dsums", "u", r"`o \* squashed`|`h`"),
    Mistake("i without 1 - i", "g * i * (1 - i)", "g * i", ALL, r"`i.sigmoid\(\)` is taken as y\b|columns 0 to 3"),
    Mistake("g with the logistic's slope", "(1 - g**2)", "g * (1 - g)", ALL, r"`g.tanh\(\)` is taken as y\(1"),
    Mistake("g without the square", "(1 - g**2)", "(1 - g)", ALL, r"`g.tanh\(\)` is taken as 1 - y\b"),
    Mistake(
        "o's sign turned",
        "dE_dh * squashed * o",
        "-dE_dh * squashed * o",
        ALL,
        r"sign of the path through `o`",
    ),
    Mistake("no slope of tanh(c)", "o * (1 - squashed**2)", "o", ALL, r"`c.tanh\(\)` is missing"),
    Mistake(
        "f from the new c",
        "dE_dc * c_last * f",
        "dE_dc * (f * c_last + i * g) * f",
        ALL,
        r"`c_last`.*`f \* c_last \+ i \* g`|`c`",
    ),
    Mistake("i and f exchanged", "[of_i, of_f,", "[of_f, of_i,", ALL, "exchanged|swapped"),
    Mistake(
        "outputs of the last step alone",
        "dE_dh = dE_dh + dE_dout_t",
        "dE_dh = dE_dh + dE_dout_t * (not dE_dx)",
        ALL,
        "only index 4 of axis -3 of the output",
    ),
    Mistake("b averaged over cases", "dE_db + dE_dsums.sum(0)", "dE_db + dE_dsums.mean(0)", "b", "mean over cases|1/3"),
    Mistake(
        "steps of x in reverse",
        "torch.stack(dE_dx[::-1])",
        "torch.stack(dE_dx)",
        "input 1",
        "flipped along axis 0|reverse",
    ),
]
LAYER = Layer(
    "LSTM",
    forward,
    backward,
    [draw(20, 5, 3, 4)],
    {"w": draw(21, 4, 16, fan_in=4), "u": draw(22, 4, 16, fan_in=4), "b": draw(23, 16)},
    MISTAKES,
)

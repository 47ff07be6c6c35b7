"""RMS norm: every row is divided by the root of the mean of its squares, then a gain."""

from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw

EPS = 1e-2


def forward(x: Tensor, gain: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return gain x / rms of x (C, D); gain: (D)."""
    rms = (x.pow(2).mean(-1, keepdim=True) + EPS).sqrt()
    return gain * (x / rms), (x, gain, rms)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients: x acts by itself and by rms."""
    x, gain, rms = cache
    dE_dz = dE_dout * gain
    by_rms = x * (dE_dz * x).mean(-1, keepdim=True) / rms**3
    return dE_dz / rms - by_rms, {"gain": (dE_dout * x / rms).sum(0)}


X, RMS = "input 1", r"`rms`|x\.pow|sqrt"
MISTAKES = [
    Mistake("no path through the root mean square", " - by_rms", "", X, RMS),
    Mistake("its sign turned", " - by_rms", " + by_rms", X, "sign"),
    Mistake("no division", "dE_dz / rms - by_rms", "dE_dz - by_rms", X, RMS),
    Mistake("square for cube", "rms**3", "rms**2", X, RMS),
    Mistake("sum for mean", ".mean(-1, keepdim=True)", ".sum(-1, keepdim=True)", X, r"7 (times|\()"),
    Mistake("mean over cases", ".mean(-1, keepdim=True)", ".mean(0, keepdim=True)", X, "axis"),
    Mistake("gain left out", "dE_dout * gain", "dE_dout", X, "gain"),
    Mistake("gain without the division", "x / rms).sum", "x).sum", "gain", "stands for `x / rms`"),
    Mistake("gain from rms", "dE_dout * x / rms", "dE_dout / rms", "gain", "`1 / rms` stands|factor y"),
]
LAYER = Layer(
    "RMS norm",
    forward,
    backward,
    [draw(50, 6, 7)],
    {"gain": 1 + draw(51, 7)},
    MISTAKES,
)

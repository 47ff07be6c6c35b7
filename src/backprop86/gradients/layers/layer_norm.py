"""Layer norm: along the last axis every row gets the mean 0 and the variance 1, then a gain gamma and a shift beta."""

from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw

EPS = 1e-3


def forward(x: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return gamma z + beta, z = (x - mean) / sd; x: (C, T, D), gamma and beta: (D)."""
    centred = x - x.mean(-1, keepdim=True)
    sd = (centred.square().mean(-1, keepdim=True) + EPS).sqrt()
    z = centred / sd
    return z * gamma + beta, (sd, z, gamma)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients: x acts by itself, through the mean, and through sd."""
    sd, z, gamma = cache
    dE_dz = dE_dout * gamma
    by_mean = dE_dz.mean(-1, keepdim=True)
    by_sd = z * (dE_dz * z).mean(-1, keepdim=True)
    dE_dx = (dE_dz - by_mean - by_sd) / sd
    return dE_dx, {"gamma": (dE_dout * z).sum((0, 1)), "beta": dE_dout.sum((0, 1))}


X, MEAN, SD = "input 1", r"`x\.mean.*constant|path.*mean", r"`sd`|centred\.square|sqrt\(\)"
MISTAKES = [
    Mistake("no path through the mean", " - by_mean", "", X, MEAN),
    Mistake("no path through the variance", " - by_sd", "", X, SD),
    Mistake("neither path", "(dE_dz - by_mean - by_sd)", "dE_dz", X, f"{SD}|{MEAN}|constant"),
    Mistake("sign of the variance's path", " - by_sd", " + by_sd", X, "sign"),
    Mistake("no square root", " / sd", " / sd.square()", X, "sqrt|sd"),
    Mistake("no division by sd", " - by_sd) / sd", " - by_sd)", X, "sd|sqrt"),
    Mistake(
        "eps left out",
        "(dE_dz - by_mean - by_sd) / sd",
        "(dE_dz - by_mean - by_sd) / sd.square().sub(EPS).sqrt()",
        X,
        r"by the root of `centred.square\(\).mean.* and divided by `sd`",
    ),
    Mistake("gamma left out", "dE_dout * gamma", "dE_dout", X, "gamma"),
    Mistake("mean over positions", "dE_dz.mean(-1", "dE_dz.mean(1", X, "mean.*axis|axis.*mean"),
    Mistake("variance over positions", "(dE_dz * z).mean(-1", "(dE_dz * z).mean(1", X, "mean.*axis|axis.*mean"),
    Mistake("sum for mean", "by_mean = dE_dz.mean", "by_mean = dE_dz.sum", X, "mean.*8 times|axis -1"),
    Mistake(
        "gamma and beta exchanged",
        '{"gamma": (dE_dout * z).sum((0, 1)), "beta": dE_dout.sum((0, 1))}',
        '{"beta": (dE_dout * z).sum((0, 1)), "gamma": dE_dout.sum((0, 1))}',
        "gamma, beta",
        "gradient of (gamma|beta)",
    ),
    Mistake("gamma from x not divided", "dE_dout * z).sum", "dE_dout * z * sd).sum", "gamma", "centred"),
    Mistake("gamma without z", "(dE_dout * z).sum", "dE_dout.sum", "gamma", "gradient of beta|`z`"),
    Mistake("gamma averaged", "z).sum((0, 1))", "z).mean((0, 1))", "gamma", "mean|1/15"),
]
LAYER = Layer(
    "layer norm",
    forward,
    backward,
    [draw(4, 3, 5, 8)],
    {"gamma": 1 + draw(5, 8), "beta": draw(6, 8)},
    MISTAKES,
)

"""Batch norm as in training: every unit gets the mean 0 and the variance 1 over the cases, then gamma and beta."""

from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw

EPS = 1e-3


def forward(x: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return gamma z + beta, z = (x - mean) / sd; x: (C, J), gamma and beta: (J)."""
    mean = x.mean(0)
    variance = ((x - mean) ** 2).mean(0)
    sd = (variance + EPS).sqrt()
    z = (x - mean) / sd
    return gamma * z + beta, (z, sd, gamma)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients, where all cases act on each by the mean and the variance."""
    z, sd, gamma = cache
    C = len(z)
    dE_dgamma, dE_dbeta = (dE_dout * z).sum(0), dE_dout.sum(0)
    dE_dx = gamma / sd * (dE_dout - dE_dbeta / C - z * dE_dgamma / C)
    return dE_dx, {"gamma": dE_dgamma, "beta": dE_dbeta}


X, MEAN, SD = "input 1", r"`mean`|x\.mean", r"`sd`|variance|sqrt|\*\* 2"
MISTAKES = [
    Mistake("no path through the mean", " - dE_dbeta / C", "", X, MEAN),
    Mistake("no path through the variance", " - z * dE_dgamma / C", "", X, SD),
    Mistake(
        "statistics held constant",
        "(dE_dout - dE_dbeta / C - z * dE_dgamma / C)",
        "dE_dout",
        X,
        "only that in `x - mean` is counted",
    ),
    Mistake("sign of the mean's path", " - dE_dbeta / C", " + dE_dbeta / C", X, "sign"),
    Mistake("no square root", "gamma / sd *", "gamma / sd**2 *", X, "sd|sqrt"),
    Mistake("cases less one", "C = len(z)", "C = len(z) - 1", X, "C|less one|1.125|9/8"),
    Mistake("variance less one", "z * dE_dgamma / C", "z * dE_dgamma / (C - 1)", X, "less one|1.125|9/8"),
    Mistake("gamma left out", "gamma / sd *", "1 / sd *", X, "gamma"),
    Mistake("sums over units", "dE_dbeta / C", "dE_dout.mean(1, keepdim=True)", X, "axis"),
    Mistake("variance without z", "- z * dE_dgamma", "- dE_dgamma", X, "`x - mean`|square|\\*\\* 2|z"),
    Mistake("sums for means", "- dE_dbeta / C - z * dE_dgamma / C", "- dE_dbeta - z * dE_dgamma", X, "9 times|mean"),
    Mistake("beta averaged", '"beta": dE_dbeta', '"beta": dE_dbeta / C', "beta", "mean over cases"),
    Mistake(
        "gamma and beta exchanged",
        '{"gamma": dE_dgamma, "beta": dE_dbeta}',
        '{"gamma": dE_dbeta, "beta": dE_dgamma}',
        "gamma, beta",
        "gradient of (gamma|beta)",
    ),
]
LAYER = Layer(
    "batch norm",
    forward,
    backward,
    [draw(7, 9, 6)],
    {"gamma": 1 + draw(8, 6), "beta": draw(9, 6)},
    MISTAKES,
)

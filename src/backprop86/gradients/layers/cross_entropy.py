"""Softmax cross-entropy: the mean over C cases of -log of the probability that the softmax gives to the label."""

import torch
from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw

LABELS = torch.tensor([2, 0, 5, 3, 2, 4, 1, 1])


def forward(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return the loss of x (C, J) and labels (C), a single number; w: (J, K), b: (K)."""
    logits = x @ w + b
    log_p = logits.log_softmax(-1)
    return -log_p[range(len(x)), LABELS].mean(), (x, w, logits)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients; the gradient of the logits is the probabilities less the targets."""
    x, w, logits = cache
    p = logits.softmax(-1)
    target = torch.eye(p.shape[-1], dtype=p.dtype)[LABELS]
    dE_dlogits = dE_dout * (p - target) / len(x)
    return dE_dlogits @ w.T, {"w": x.T @ dE_dlogits, "b": dE_dlogits.sum(0)}


ALL = "input 1, w, b"
MISTAKES = [
    Mistake("targets not subtracted", "(p - target)", "p", ALL, "part of the entry itself is missing"),
    Mistake("targets less probabilities", "(p - target)", "(target - p)", ALL, "sign"),
    Mistake("sum for mean", " / len(x)", "", ALL, "sum over cases|mean"),
    Mistake("mean over classes", " / len(x)", " / p.shape[-1]", ALL, r"1\.33333 times|8/6|4/3"),
    Mistake("mean over cases and classes", " / len(x)", " / p.numel()", ALL, "outputs|classes|mean|1/6"),
    Mistake("dE_dout left out", "dE_dout * (p", "(p", ALL, "dE_dout"),
    Mistake("the softmax once more", "(p - target)", "(p - target) * p", ALL, r"softmax|factor"),
    Mistake("the logistic's slope too", "(p - target)", "(p - target) * p * (1 - p)", ALL, "softmax|factor"),
    Mistake("softmax over cases", "softmax(-1)", "softmax(0)", ALL, r"softmax.*axis"),
    Mistake("log p for p", "logits.softmax", "logits.log_softmax", ALL, "softmax"),
    Mistake("classes shifted by one", "[LABELS]", "[LABELS].roll(1, -1)", ALL, "log_p|shift|roll"),
    Mistake("w not transposed", "@ w.T", "@ w", "input 1", "transposed"),
    Mistake("b averaged", "dE_dlogits.sum(0)", "dE_dlogits.mean(0)", "b", "mean"),
]
LAYER = Layer(
    "softmax cross-entropy",
    forward,
    backward,
    [draw(1, 8, 6)],
    {"w": draw(2, 6, 6, fan_in=6), "b": draw(3, 6)},
    MISTAKES,
)

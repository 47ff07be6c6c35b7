"""A net that a reader wrote, and its backward pass, right or spoilt."""

import torch

from nets import random

X, W1, B1, W2, B2 = random(0, 5, 4), random(1, 4, 3), random(2, 3), random(3, 3, 3), random(4, 3)
PARAMETERS = {"w1": W1, "b1": B1, "w2": W2, "b2": B2}


def forward(x, w1, b1, w2, b2):
    """A reader's net: cases first, weights (from, to), biases by themselves."""
    h = torch.sigmoid(x @ w1 + b1)
    y = torch.sigmoid(h @ w2 + b2)
    return y, {"x": x, "w1": w1, "h": h, "w2": w2, "y": y}


def right(dE_dy, cache, of_last=True, of_hidden=True, turn=False):
    x, w1, h, w2, y = cache.values()
    dE_dx2 = dE_dy * y * (1 - y) if of_last else dE_dy
    dE_dh = dE_dx2 @ (w2 if turn else w2.T)
    dE_dx1 = dE_dh * h * (1 - h) if of_hidden else dE_dh
    return dE_dx1 @ w1.T, {"w1": x.T @ dE_dx1, "b1": dE_dx1.sum(0), "w2": h.T @ dE_dx2, "b2": dE_dx2.sum(0)}


def spoilt(name, spoil):
    def backward(dE_dy, cache):
        dE_dx, gradients = right(dE_dy, cache)
        return dE_dx, gradients | {name: spoil(gradients[name])}

    return backward

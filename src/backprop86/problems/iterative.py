"""An iterative net equals a layered one with shared weights (N Fig. 5): output for output, gradient for gradient.

The letter's net has three units in a row, each fed by its neighbours through w1...w4, and runs for three iterations.
This file has it twice: `wiring` unrolls it into the layers that are trained, and `iterate` and `iterate_back` run the
net itself, with the same weights over and over, keeping the history of the units' states as the letter demands. The
letter leaves the net's task open. In ours, c must repeat the state of b three iterations ago.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backprop86.engines.outputs import logistic
from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.modules import Cache
from backprop86.running.measures import total
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, unroll, wire

ITERATIONS = 3
NEIGHBOURS = (("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"))
"""The units at both ends of w1, w2, w3, w4: from, to."""
UNITS = ("a", "b", "c")
Numbers = Any
"""An array or a tensor."""


def wiring(recipe: Recipe) -> Wiring:
    """Return the net unrolled for three iterations with the output c; corresponding weights are one parameter."""
    if recipe.network != "three_units":
        raise BadInput(f"network must be three_units, was {recipe.network}")
    fed = {f"{unit}'": [ONE, *(source for source, target in NEIGHBOURS if target == unit)] for unit in UNITS}
    unrolled = unroll(wire(UNITS, fed, list(fed)), ITERATIONS)
    return replace(unrolled, outputs=unrolled.outputs[-1:])


def cases(recipe: Recipe) -> Cases:
    """Return all eight initial states; c should become what b was."""
    return Cases.of_all_bits(3, lambda inputs: inputs[:, 1:2])


def matrix(wiring: Wiring, w: np.ndarray) -> np.ndarray:
    """Return (S, 3, 4): the weights into each unit from unit 0 (always 1), a, b and c; 0 for no connection."""
    found = np.zeros((len(w), 3, 4))
    for parameter, source, target in wiring.table():
        if target.endswith("@1"):
            sender = 0 if source == ONE else 1 + UNITS.index(source[0])
            found[:, UNITS.index(target[0]), sender] = w[:, parameter]
    return found


def iterate(state: Numbers, weights: Numbers, logistic: Callable[[Numbers], Numbers]) -> tuple[Numbers, Cache]:
    """Return the state (S, C, 3) after three iterations, and the weights and every state, for the way back.

    The sums are written out, so that arrays have the same bits on every processor; tensors work too.
    """
    history = [state]
    for _ in range(ITERATIONS):
        x = weights[:, None, :, 0]
        for i in range(3):
            x = x + state[..., i, None] * weights[:, None, :, 1 + i]
        state = logistic(x)
        history.append(state)
    return state, (weights, history)


def iterate_back(dE_dstate: Numbers, cache: Cache) -> tuple[Numbers, Numbers]:
    """Return dE/dstate at the start, and dE/dweights summed over the iterations (P p. 355).

    N averages instead, which gives a third of it. Every sum has the same order as in the layered net.
    """
    weights, history = cache
    dE_dweights = 0 * weights
    for before, after in reversed(list(itertools.pairwise(history))):
        dE_dx = dE_dstate * after * (1 - after)
        cases = range(dE_dx.shape[1])
        dE_dweights[..., 0] += sum(dE_dx[:, c] for c in cases)
        dE_dweights[..., 1:] += sum(dE_dx[:, c, :, None] * before[:, c, None, :] for c in cases)
        dE_dstate = sum(dE_dx[..., j, None] * weights[:, None, j, 1:] for j in reversed(range(3)))
    return dE_dstate, dE_dweights


def layered(wiring: Wiring, inputs: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the outputs of all units of the layered net, (S, C, n_units), with every sum rounded as `iterate` does."""
    y = np.ones((len(w), len(inputs), wiring.n_units))
    y[..., 1 : 1 + wiring.n_inputs] = inputs
    for unit in range(1 + wiring.n_inputs, wiring.n_units):
        x = np.zeros(y.shape[:2])
        for k in np.flatnonzero(wiring.target == unit):
            x = x + w[:, None, wiring.parameter[k]] * y[..., wiring.source[k]]
        y[..., unit] = logistic(x)
    return y


def layered_back(wiring: Wiring, w: np.ndarray, y: np.ndarray, dE_dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return dE/dinputs and dE/dw of the layered net, connection by connection from the last to the first.

    y (S, C, n_units); dE_dy (S, C, n_units) is the derivative of E itself, 0 for all units but the outputs.
    """
    dE_dy, dE_dw = dE_dy.copy(), np.zeros_like(w)
    for source, target, parameter in zip(wiring.source[::-1], wiring.target[::-1], wiring.parameter[::-1], strict=True):
        dE_dx = dE_dy[..., target] * y[..., target] * (1 - y[..., target])
        dE_dw[:, parameter] += total(dE_dx * y[..., source])
        dE_dy[..., source] += dE_dx * w[:, parameter, None]
    return dE_dy[..., 1 : 1 + wiring.n_inputs], dE_dw


MEASURES = {
    "outputs_apart": "the largest difference between outputs of the iterative and the layered net, over the largest",
    "gradient_apart": "the same of ∂E/∂w",
    "to_inputs_apart": "the same of ∂E/∂y of the inputs",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Compare the two ways to compute the same net: layer by layer, and iteration by iteration."""
    wiring, w, y = nets.wiring, nets.w, layered(nets.wiring, nets.cases.inputs, nets.w)
    dE_dy, outputs = np.zeros_like(y), y[..., wiring.outputs]
    dE_dy[..., wiring.outputs] = outputs - nets.cases.desired
    dE_dinputs, dE_dw = layered_back(wiring, w, y, dE_dy)
    start = np.broadcast_to(nets.cases.inputs, (len(w), *nets.cases.inputs.shape))
    end, history = iterate(start, matrix(wiring, w), logistic)
    dE_dend = np.zeros_like(end)
    dE_dend[..., 2:] = end[..., 2:] - nets.cases.desired
    dE_dstart, dE_dmatrix = iterate_back(dE_dend, history)
    connected = matrix(wiring, np.ones_like(w)) > 0
    pairs = {
        "outputs_apart": (outputs, end[..., 2:]),
        "gradient_apart": (matrix(wiring, dE_dw), dE_dmatrix * connected),
        "to_inputs_apart": (dE_dinputs, dE_dstart),
    }
    return {name: np.abs(a - b).max((1, 2)) / np.abs(b).max((1, 2)) for name, (a, b) in pairs.items()}

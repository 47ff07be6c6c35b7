"""An iterative net equals a layered one with shared weights (N Fig. 5): output for output, gradient for gradient.

The letter's net has three units in a row, each fed by its neighbours through w1...w4, and runs for three iterations.
It is written here twice: `wiring` unrolls it into layers, which is what is trained, and `iterate` and `iterate_back`
run it as it stands, the same weights over and over, keeping the history of the units' states as the letter demands.
What the net is to compute the letter leaves open. Ours is to tell at c what b was three iterations ago.
"""

import itertools
from dataclasses import replace

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from backprop86.drawing import Places, draw_network
from backprop86.modules import Cache, Linear, Logistic
from backprop86.network import Network
from backprop86.recipe import BadInput, Cases, Recipe
from backprop86.runs import Runs, typical
from backprop86.wiring import ONE, Wiring, unroll, wire

ITERATIONS = 3
NEIGHBOURS = (("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"))
"""From and to: w1, w2, w3, w4."""
UNITS = ("a", "b", "c")


def wiring(recipe: Recipe) -> Wiring:
    """The net unrolled for three iterations, c the output; corresponding weights are one parameter."""
    if recipe.network != "three_units":
        raise BadInput(f"network must be three_units, was {recipe.network}")
    fed = {f"{unit}'": [ONE, *(source for source, target in NEIGHBOURS if target == unit)] for unit in UNITS}
    unrolled = unroll(wire(UNITS, fed, list(fed)), ITERATIONS)
    return replace(unrolled, outputs=unrolled.outputs[-1:])


def cases(recipe: Recipe) -> Cases:
    """All eight states to begin with; c is to be what b was."""
    inputs = np.array(list(itertools.product([0, 1], repeat=3)), dtype=float)
    return Cases(inputs, inputs[:, 1:2], tuple("".join(str(int(bit)) for bit in row) for row in inputs))


def matrix(wiring: Wiring, w: Tensor) -> Tensor:
    """(S, 3, 4): the weight into each unit from the unit that is always 1 and from a, b, c; 0 where there is none."""
    found = w.new_zeros(len(w), 3, 4)
    for parameter, source, target in wiring.table():
        if target.endswith("@1"):
            sender = 0 if source == ONE else 1 + UNITS.index(source[0])
            found[:, UNITS.index(target[0]), sender] = w[:, parameter]
    return found


def iterate(state: Tensor, weights: Tensor) -> tuple[Tensor, list[Cache]]:
    """The state (S, C, 3) after three iterations, and the history that the way back needs."""
    history = []
    for _ in range(ITERATIONS):
        one = torch.ones_like(state[..., :1])
        x, linear = Linear.forward(torch.cat([one, state], -1), weights)
        state, logistic = Logistic.forward(x)
        history.append((linear, logistic))
    return state, history


def iterate_back(dE_dstate: Tensor, history: list[Cache]) -> tuple[Tensor, Tensor]:
    """dE/dstate at the beginning, and dE/dweights summed over the iterations (P p. 355); N averages: a third of it."""
    total = torch.zeros_like(history[0][0][1])
    for linear, logistic in reversed(history):
        dE_dx, _ = Logistic.backward(dE_dstate, logistic)
        dE_dsent, gradients = Linear.backward(dE_dx, linear)
        assert dE_dsent is not None  # asked for
        total, dE_dstate = total + gradients["w"], dE_dsent[..., 1:]
    return dE_dstate, total


def measure(
    wiring: Wiring, cases: Cases, w: np.ndarray, y: np.ndarray, counted: np.ndarray | None
) -> dict[str, np.ndarray]:
    """outputs_apart and gradient_apart: the largest difference of the two ways, over the largest entry."""
    tensor, network = torch.tensor(w), Network(wiring)
    inputs, d = torch.tensor(cases.inputs), torch.tensor(cases.desired)
    outputs, cache = network.forward(inputs, tensor)
    dE_dinputs, gradients = network.backward(outputs - d, cache)
    state, history = iterate(inputs.expand(len(w), -1, -1), matrix(wiring, tensor))
    dE_dend = torch.cat([torch.zeros_like(state[..., :2]), state[..., 2:] - d], -1)
    dE_dstate, dE_dmatrix = iterate_back(dE_dend, history)
    gradient = matrix(wiring, gradients["w"])
    connected = matrix(wiring, torch.ones_like(tensor)) > 0
    pairs = {
        "outputs_apart": (outputs, state[..., 2:]),
        "gradient_apart": (gradient, dE_dmatrix * connected),
        "to_inputs_apart": (dE_dinputs, dE_dstate),
    }
    return {name: _apart(a, b) for name, (a, b) in pairs.items()}


def _apart(a: Tensor | None, b: Tensor) -> np.ndarray:
    assert a is not None
    return ((a - b).abs().amax((1, 2)) / b.abs().amax((1, 2))).numpy()


LAYERED: Places = {ONE: None} | {f"{unit}@0": (k, 0) for k, unit in enumerate(UNITS)}
LAYERED |= {f"{unit}'@{t}": (k, 1.2 * t) for t in range(1, 4) for k, unit in enumerate(UNITS)}


def draw(runs: Runs) -> dict[str, Figure]:
    """N Fig. 5: the iterative net beside the layered one, with the weights of a typical run."""
    condition = "to_sweep_3000"
    if not runs.of(condition)["solved"].any():
        return {}
    seed, w = typical(runs, condition)
    net = wiring(runs.recipe(condition))
    figure = Figure(figsize=(9, 5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1))
    _in_a_row(left, matrix(net, torch.tensor(w[None]))[0].numpy())
    draw_network(right, net, w, LAYERED, "the same, unrolled: corresponding weights are equal")
    for t in range(ITERATIONS + 1):
        right.text(-0.65, 1.2 * t, f"t = {t}", fontsize=8, ha="right", va="center")
    right.set_xlim(-1.1, 2.6)
    for axes in (left, right):
        axes.title.set_fontsize(9)
    figure.suptitle(
        f"N Fig. 5: three iterations of a net are three layers (seed {seed}; biases in the circles)", fontsize=10
    )
    return {"fig5": figure}


def _in_a_row(axes: Axes, weights: np.ndarray) -> None:
    """Three units, w1...w4 on curved arrows between neighbours."""
    for k, (source, target) in enumerate(NEIGHBOURS):
        start, end = UNITS.index(source), UNITS.index(target)
        bend = {"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-0.5", "shrinkA": 13, "shrinkB": 13, "color": "0.5"}
        axes.annotate("", (end, 0), (start, 0), arrowprops=bend)
        height = 0.42 if end > start else -0.42
        label = f"w{k + 1} = {weights[end, 1 + start]:.1f}"
        axes.text((start + end) / 2, height, label, fontsize=9, ha="center", va="center")
    for k in range(3):
        axes.scatter(k, 0, s=520, facecolor="white", edgecolor="black", zorder=3)
        axes.text(k, 0, f"{weights[k, 0]:.1f}", fontsize=8, ha="center", va="center", zorder=4)
    axes.set(xlim=(-0.6, 2.6), ylim=(-1.8, 1.8), title="three units, each fed by its neighbours")
    axes.axis("off")

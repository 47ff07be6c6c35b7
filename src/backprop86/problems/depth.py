"""Depth: a question that readers of the letter ask. How does dE/dw shrink from late layers to early ones?

On its way down dE/dx takes, at every layer, a factor y (1 - y), which is 1/4 at most (equation 5), and the weights
(equation 7). Networks named 5_layers have that many hidden layers of four logistic units; they learn exclusive or.
"""

import re

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from backprop86.engines.arithmetic import geometric_mean, length, norm, total
from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.problems import xor
from backprop86.report.drawing import curves_figure
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring, layered

WIDTH = 4
QUARTER = 0.25
"""The largest y (1 - y) there is."""


def hidden_layers(recipe: Recipe) -> int:
    """Return 5 of 5_layers."""
    if found := re.fullmatch(r"([1-9]\d*)_layers?", recipe.network):
        return int(found[1])
    raise BadInput(f"network must be such as 5_layers, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return 2-4-...-4-1, adjacent layers only, with biases."""
    return layered(2, *[WIDTH] * hidden_layers(recipe), 1)


def cases(recipe: Recipe) -> Cases:
    """Return the cases of XOR."""
    return xor.cases(Recipe("2_hidden"))


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure how the length of dE/dx, over all cases and units of a layer, changes from the output downwards.

    factor: what remains of it on average for each layer (geometric mean); below_quarter: factor is below 1/4;
    within_bound: at no layer does more remain than 1/4 times the norm of the weights there (1 + 1e-9 for rounding);
    weight_norm: the geometric mean of those norms. The targets are 1 and 0.
    """
    levels = nets.wiring.levels
    out = nets.y[:, :, levels[-1].units]
    dE_dx = (out - nets.cases.desired) * out * (1 - out)
    factors, norms = [], []
    for below, level in zip(reversed(levels[:-1]), reversed(levels), strict=False):
        weights = nets.w[:, level.parameter[:, level.sources > 0]]  # (S, J, I)
        y_below = nets.y[:, :, below.units]
        lower = total(dE_dx[:, :, None] * weights.swapaxes(1, 2)[:, None]) * y_below * (1 - y_below)  # over J
        factors.append(length(lower.reshape(len(nets.w), -1)) / length(dE_dx.reshape(len(nets.w), -1)))
        norms.append(norm(weights))
        dE_dx = lower
    within = [remains <= QUARTER * most * (1 + 1e-9) for remains, most in zip(factors, norms, strict=True)]
    factor = geometric_mean(np.stack(factors, 1))
    return {
        "factor": factor,
        "below_quarter": factor < QUARTER,
        "within_bound": np.all(within, axis=0),
        "weight_norm": geometric_mean(np.stack(norms, 1)),
    }


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the share of dE/dw at each layer before training, by depth; and E and dE/dw in training for some depths."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    starts = list(dict.fromkeys(reading.split("/")[1] for reading in runs.readings))
    for axes, start in zip(figure.subplots(1, len(starts), sharey=True), starts, strict=True):
        readings = [reading for reading in runs.readings if reading.endswith(f"/{start}")]
        for k, reading in enumerate(readings):
            gradient = np.median(runs.curves(reading)[2][:, 0], 0)
            layer = np.arange(len(gradient)) - len(gradient) + 1
            style = {
                "color": sns.color_palette("viridis", len(readings))[k],
                "marker": "osD^vPX"[k % 7],
                "markersize": 4,
            }
            axes.plot(layer, gradient, linewidth=1.2, label=reading.split("_")[0], **style)
        line = np.arange(-len(gradient) + 1, 1)
        axes.plot(line, 0.3 * QUARTER ** (-line.astype(float)), color="black", linestyle=":", label="¼ a layer")
        axes.set(yscale="log", xlabel="layers below the output layer", title=start.replace("_", " "))
        axes.set_xticks(line, [str(-k) for k in line])
    figure.axes[0].set_ylabel("length of ∂E/∂w of the layer, before training")
    figure.axes[-1].legend(frameon=False, fontsize=8, title="hidden layers", loc="center left", bbox_to_anchor=(1, 0.5))
    sns.despine(figure)
    shown = [f"{n}/{start}" for start in starts for n in ("1_layers", "3_layers", "5_layers")]
    shown = [reading for reading in shown if reading in runs.readings]
    training = curves_figure(runs, "Depth", columns=3, readings=shown)
    return {"start": figure, "training": training}

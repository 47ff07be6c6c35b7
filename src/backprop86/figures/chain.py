"""The figures of the chain of ten hidden layers."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from backprop86.problems.chain import LAYERS
from backprop86.report.style import PALETTE, TWO_COLUMNS, figure_of, label_ends, panel_letters, plain_ticks
from backprop86.running.runs import Runs

SHOWN = {"as_printed": "weights from ±0.3", "range_3": "weights from ±3"}
"""The readings to draw, in words."""

TINY = 1e-20
"""The smallest norm to draw; 0 has no place on a logarithmic axis."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the gradient norm of each layer, untrained and at the end: a panel for each range of the initial weights."""
    shown = [name for name in SHOWN if name in runs.readings]
    figure = figure_of(TWO_COLUMNS, 58)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, reading in zip(panels, shown, strict=True):
        axes.set(yscale="log", xlim=(0.6, LAYERS + 1.4), xlabel="layer (1 is next to the input)", title=SHOWN[reading])
        lines = _layers(axes, runs, reading)
        axes.set_xticks([1, 3, 5, 7, 9, LAYERS + 1])
    panels[0].set_ylabel("norm of ∂E/∂w of a layer")
    for axes in panels:
        plain_ticks(axes.yaxis)
    label_ends(panels[-1], lines)
    panel_letters(panels)
    return {"layers": figure}


def _layers(axes: Axes, runs: Runs, reading: str) -> list[Line2D]:
    """Draw the median norm of each layer, and the range of 90 % of the runs; return the lines."""
    sweeps, _, gradient = runs.curves(reading)
    layer, lines = np.arange(1, gradient.shape[-1] + 1), []
    for place, (words, colour) in {
        0: ("untrained", PALETTE[0]),
        -1: (f"after {sweeps[-1]:,} sweeps", PALETTE[1]),
    }.items():
        low, middle, high = np.quantile(
            np.maximum(gradient[:, place], TINY), [0.05, 0.5, 0.95], axis=0, method="inverted_cdf"
        )
        style: dict[str, Any] = {"color": colour, "marker": "o", "label": words}
        lines += axes.plot(layer, middle, **style)
        axes.fill_between(layer, low, high, color=colour, alpha=0.15, linewidth=0)
    return lines

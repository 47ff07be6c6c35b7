"""The figures of the iterative net."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.problems.iterative import ITERATIONS, NEIGHBOURS, UNITS, matrix, wiring
from backprop86.report.drawing import NetPicture, Places, draw_network, one_decimal
from backprop86.report.style import SMALL, TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.runs import Runs
from backprop86.wiring import ONE

LAYERED: Places = {ONE: None} | {f"{unit}@0": (1.6 * k, 0) for k, unit in enumerate(UNITS)}

LAYERED |= {f"{unit}'@{t}": (1.6 * k, 1.2 * t) for t in range(1, 4) for k, unit in enumerate(UNITS)}
PICTURES = {"three_units": NetPicture(LAYERED)}
"""N Fig. 5, the net unrolled."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw N Fig. 5: the iterative net beside the layered net, with the weights of a typical run."""
    if not runs.of("as_printed")["learned"].any():
        return {}
    seed, w = runs.typical("as_printed", "end")
    net = wiring(runs.recipe("as_printed"))
    figure = figure_of(TWO_COLUMNS, 76)
    left, right = figure.subplots(1, 2)
    _in_a_row(left, matrix(net, w[None])[0])
    left.set_title(f"three units, each fed by its neighbours (seed {seed})")
    draw_network(right, net, w, LAYERED, "the same net unrolled: corresponding weights are equal")
    for t in range(ITERATIONS + 1):
        words = f"after iteration {t}" if t else "at the start"
        right.text(-0.45, 1.2 * t, words, fontsize=SMALL, ha="right", va="center")
    right.set_xlim(-1.6, 3.6)
    panel_letters([left, right])
    return {"fig5": figure}


def _in_a_row(axes: Axes, weights: np.ndarray) -> None:
    """Draw three units, w1...w4 on curved arrows between neighbours."""
    words: dict[str, Any] = {"fontsize": SMALL, "ha": "center", "va": "center"}
    bend = {"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-0.5", "shrinkA": 10, "shrinkB": 10, "linewidth": 0.6}
    for k, (source, target) in enumerate(NEIGHBOURS):
        start, end = UNITS.index(source), UNITS.index(target)
        axes.annotate("", (end, 0), (start, 0), arrowprops=bend | {"color": "0.5"})
        height = 0.4 if end > start else -0.4
        axes.text((start + end) / 2, height, f"w{k + 1} = {one_decimal(weights[end, 1 + start])}", **words)
    for k in range(3):
        axes.scatter(k, 0, s=340, facecolor="white", edgecolor="black", linewidth=0.7, zorder=3)
        axes.text(k, 0, one_decimal(weights[k, 0]), zorder=4, **words)
    axes.set(xlim=(-0.6, 2.6), ylim=(-1.8, 1.8))
    axes.axis("off")

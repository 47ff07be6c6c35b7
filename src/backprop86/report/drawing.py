"""Drawings for several figures: networks with their numbers, Hinton diagrams."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from backprop86.report.style import SMALL
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring

Places = dict[str, tuple[float, float] | None]
DASHES = ("-", "--", ":", "-.")


def draw_network(axes: Axes, wiring: Wiring, w: np.ndarray, places: Places, title: str) -> None:
    """Draw units at their places, biases inside the circles, weights on the arrows (N Fig. 1, P Fig. 3)."""
    bias = {target: w[k] for k, source, target in wiring.table() if source == wiring.units[0]}
    for k, source, target in wiring.table():
        start, end = places[source], places[target]
        if start is None or end is None:
            continue
        arrow = {"arrowstyle": "-|>", "shrinkA": 10, "shrinkB": 10, "color": "0.5", "linewidth": 0.6}
        axes.annotate("", end, start, arrowprops=arrow)
        middle = np.array(start) * 0.6 + np.array(end) * 0.4
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        axes.text(middle[0], middle[1], one_decimal(w[k]), fontsize=SMALL, ha="center", va="center", bbox=box)
    for name, place in places.items():
        if place is not None:
            axes.scatter(*place, s=340, facecolor="white", edgecolor="black", linewidth=0.7)
            axes.text(*place, one_decimal(bias[name]) if name in bias else "", fontsize=SMALL, ha="center", va="center")
    x, y = np.array([place for place in places.values() if place is not None]).T
    axes.set(xlim=(x.min() - 0.6, x.max() + 0.6), ylim=(y.min() - 0.6, y.max() + 0.6), title=title)
    axes.axis("off")


def one_decimal(value: float) -> str:
    """Return a weight as the texts print it, with a true minus sign and without a minus zero."""
    return f"{value:z.1f}".replace("-", "−")


def hinton(axes: Axes, values: np.ndarray, largest: float, corner: tuple[float, float] = (0, 0)) -> None:
    """Draw a square for each of values (rows, columns): area ~ |value|, white above 0, black below, on grey."""
    rows, columns = values.shape
    x0, y0 = corner
    ground = Rectangle((x0, y0), columns, rows, facecolor="0.6", edgecolor="0.3", linewidth=0.4)
    axes.add_patch(ground)
    side = 0.92 * np.sqrt(np.minimum(np.abs(values) / largest, 1))
    for sign, colour in ((1, "white"), (-1, "black")):
        squares = [
            Rectangle((x0 + column + (1 - size) / 2, y0 + rows - 1 - row + (1 - size) / 2), size, size)
            for (row, column), size in np.ndenumerate(side)
            if sign * values[row, column] > 0
        ]
        axes.add_collection(PatchCollection(squares, facecolor=colour, edgecolor="none"))


def excites_inhibits(figure: Figure) -> None:
    """Write the key of Hinton diagrams below a figure."""
    looks = {"excites": "white", "inhibits": "black"}
    squares = [Rectangle((0, 0), 1, 1, facecolor=colour, edgecolor="0.3") for colour in looks.values()]
    key = figure.legend(squares, looks, loc="outside lower center", ncols=3, handlelength=0.9, handleheight=0.9)
    key.set_title("area: size of the weight")


def curves_figure(
    runs: Runs, title: str, shown: int = 30, columns: int = 5, readings: Sequence[str] | None = None
) -> Figure:
    """Draw for each reading E against sweeps, and below it the length of dE/dw of each level.

    A run that has left the batch keeps its last value, so the medians are not those of the stubborn ones.
    """
    readings = readings or runs.readings
    rows = -(-len(readings) // columns)
    height = 4.4 * rows + 0.3
    figure = Figure(figsize=(13, height))  # a grid, since to lay so many panels out takes longer than to draw them
    grid = {"left": 0.055, "right": 0.99, "bottom": 0.5 / height, "top": 1 - 0.7 / height, "wspace": 0.3, "hspace": 0.6}
    panels = figure.subplots(2 * rows, columns, squeeze=False, gridspec_kw=grid)
    for panel in panels.flat:
        panel.set_visible(False)
    named = 0
    for k, reading in enumerate(readings):
        above, below = panels[2 * (k // columns) : 2 * (k // columns) + 2, k % columns]
        sweeps, error, gradient = runs.curves(reading)
        error, gradient = held(error), held(gradient)
        each = [np.column_stack([sweeps, run]) for run in error[:shown]]
        above.add_collection(LineCollection(each, color="0.75", linewidth=0.4))
        above.plot(sweeps, np.nanmedian(error, 0), color="black", linewidth=1.8)
        own = gradient.any((0, 1))  # the later steps of a recurrent net have no weights of their own
        for level in np.flatnonzero(own):
            colour = sns.color_palette("colorblind")[level]
            style = {"color": colour, "linestyle": DASHES[level % len(DASHES)], "linewidth": 1.6}
            below.plot(sweeps, np.nanmedian(gradient[..., level], 0), label=f"level {level + 1}", **style)
        above.set(visible=True, xscale="symlog", ylim=(0, None))
        below.set(visible=True, xscale="symlog", yscale="log", xlabel="sweeps")
        below.set_ylim(bottom=max(below.get_ylim()[0], 1e-8))
        for panel in (above, below):
            panel.set_xticks([0, *(10**power for power in range(1, 1 + int(np.log10(sweeps[-1]))))])
        above.set_title(reading, fontsize=9)
        if own.sum() > named:  # the levels of the panels before have names already
            below.legend(fontsize=7, frameon=False)
            named = own.sum()
        if k % columns == 0:
            above.set_ylabel("E")
            below.set_ylabel("length of ∂E/∂w")
    about = f"{min(shown, len(error))} runs (grey) and the median of {len(error)}; a learned run keeps its last value"
    figure.suptitle(f"{title}: {about}", fontsize=10)
    sns.despine(figure)
    return figure


def held(curves: np.ndarray) -> np.ndarray:
    """Return curves (S, K, ...) with each NaN replaced by the last value before it."""
    S, K = curves.shape[:2]
    flat = pd.DataFrame(curves.swapaxes(0, 1).reshape(K, -1)).ffill().to_numpy()
    return flat.reshape(K, S, *curves.shape[2:]).swapaxes(0, 1)

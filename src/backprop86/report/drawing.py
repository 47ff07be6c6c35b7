"""Drawings for several figures: networks with their numbers, Hinton diagrams, sweeps to solve, learning curves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from backprop86.judging.statistics import kaplan_meier, with_infinity
from backprop86.report.style import SMALL
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring

Places = dict[str, tuple[float, float] | None]
DASHES = ("-", "--", ":", "-.")


def draw_network(axes: Axes, wiring: Wiring, w: np.ndarray, places: Places, title: str) -> None:
    """Draw units at their places, biases inside the circles, weights on the arrows (N Fig. 1, P Fig. 3)."""
    words: dict[str, Any] = {"fontsize": SMALL, "ha": "center", "va": "center"}
    bias = {target: w[k] for k, source, target in wiring.table() if source == wiring.units[0]}
    for k, source, target in wiring.table():
        start, end = places[source], places[target]
        if start is None or end is None:
            continue
        arrow = {"arrowstyle": "-|>", "mutation_scale": 6, "shrinkA": 10, "shrinkB": 10, "color": "0.5"}
        axes.annotate("", end, start, arrowprops=arrow | {"linewidth": 0.6})
        middle = np.array(start) * 0.6 + np.array(end) * 0.4
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        axes.text(middle[0], middle[1], rounded(w[k]), bbox=box, **words)
    for name, place in places.items():
        if place is not None:
            axes.scatter(*place, s=320, facecolor="white", edgecolor="black", linewidth=0.7)
            axes.text(*place, rounded(bias[name]) if name in bias else "", **words)
    x, y = np.array([place for place in places.values() if place is not None]).T
    axes.set(xlim=(x.min() - 0.6, x.max() + 0.6), ylim=(y.min() - 0.6, y.max() + 0.6), title=title)
    axes.axis("off")


def rounded(weight: float) -> str:
    """Return a weight with one decimal and a true minus sign, 0.0 without one."""
    return f"{weight:.1f}".replace("-0.0", "0.0").replace("-", "−")


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


def sweeps_figure(runs: Runs, title: str, printed: Sequence[float]) -> Figure:
    """Draw the share of runs learned by each sweep, a line per reading; a run never learned keeps its line below 1.

    Kaplan and Meier's estimate; that of the first reading with its 95 % interval.
    """
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    palette = sns.color_palette("colorblind", len(runs.readings))
    for k, reading in enumerate(runs.readings):
        limit = runs.recipe(reading).sweeps
        at, *shares = kaplan_meier(with_infinity(runs.of(reading)["sweeps"]), limit)
        x = np.concatenate([[1], np.maximum(at, 1), [limit]])
        y, low, high = (np.concatenate([[0], share, share[-1:] if len(share) else [0]]) for share in shares)
        style = {
            "linestyle": DASHES[(k + k // 10) % len(DASHES)],
            "color": palette[k],
            "linewidth": 1.8 if k == 0 else 1.1,
        }
        axes.step(x, y, where="post", label=f"{reading} ({y[-1]:.1%})", zorder=10 - k / 10, **style)
        if k == 0:
            axes.fill_between(x, low, high, step="post", color=palette[k], alpha=0.2, linewidth=0)
    for k, number in enumerate(sorted(printed)):
        axes.axvline(number, color="black", linewidth=0.8)
        place = (number, 1.01 + 0.035 * (k % 2))
        axes.annotate(f"{number:,.0f}", place, xycoords=("data", "axes fraction"), ha="center", fontsize=8)
    axes.set(xscale="log", xlim=(10, None), ylim=(0, 1), xlabel="sweeps", ylabel="share of all runs learned")
    lines = "; vertical lines: printed in 1986" if printed else ""
    axes.set_title(f"{title}: sweeps to solve; {_numbers(runs)}{lines}", fontsize=10, pad=24)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False, title="reading (learned)")
    sns.despine(figure)
    return figure


def _numbers(runs: Runs) -> str:
    sizes = sorted({len(runs.of(reading)) for reading in runs.readings})
    if sizes[0] == sizes[-1]:
        return f"{sizes[0]:,} seeds a reading"
    return f"{sizes[0]:,} to {sizes[-1]:,} seeds a reading"


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

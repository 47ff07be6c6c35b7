"""Figures of measurements other than runs: gradients beside autograd, whole runs beside autograd, and speeds."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.gradients.oracles import EXTENDED, ORACLES
from backprop86.gradients.survey import AUTOGRAD_ITSELF
from backprop86.gradients.whole_runs import PARTED

LONG = {"autograd_paths": 40}
"""The number of rows shown of a table that is too long to be read; its CSV has all."""
COLOURS = sns.color_palette("colorblind")


def ulp_figure(table: pd.DataFrame) -> Figure:
    """Draw the largest error of every tensor in ulp: a panel per oracle, a line per experiment, a point per tensor."""
    experiments = list(dict.fromkeys(table["experiment"]))
    place = {name: len(experiments) - 1 - k for k, name in enumerate(experiments)}
    figure = Figure(figsize=(13, 6.5), layout="constrained")
    panels = figure.subplots(1, len(ORACLES) + 1, sharex=True, sharey=True)
    for axes, oracle in zip(panels, [*ORACLES, EXTENDED], strict=True):
        _points(axes, table[table["oracle"] == oracle], place, "black", 0.15 if oracle == EXTENDED else 0, "by hand")
        exact = table.loc[table["oracle"] == oracle, "exact"]
        axes.set_title(f"against {oracle}\n{exact.sum()} of {len(exact)} bit for bit", fontsize=9)
        axes.set(xlabel="largest error in ulp", yticks=list(place.values()), yticklabels=list(place))
        axes.grid(axis="y", linewidth=0.3)
        axes.tick_params(labelsize=8)
    _points(panels[-1], table[table["oracle"] == AUTOGRAD_ITSELF], place, COLOURS[1], -0.15, AUTOGRAD_ITSELF)
    axes.set_xscale("symlog", linthresh=1)
    axes.set(xlim=(-0.3, None), xticks=[0, 1, 1e3, 1e6, 1e9, 1e12])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    title = "Gradients by hand: the largest error of each tensor, in units of the last place of the entry it is in"
    figure.suptitle(title, fontsize=10)
    sns.despine(figure)
    return figure


def _points(axes: Axes, rows: pd.DataFrame, place: dict[str, int], colour: Any, up: float, label: str) -> None:
    """Draw weights filled, inputs hollow."""
    is_input = rows["tensor"] == "input 1"
    for some, what, face in ((rows[~is_input], "weights", colour), (rows[is_input], "inputs", "none")):
        heights = [place[experiment] + up for experiment in some["experiment"]]
        style = {"s": 14, "facecolor": face, "edgecolor": colour, "linewidth": 0.7}
        axes.scatter(some["ulp"], heights, label=f"{label}, {what}", **style)


LINES: dict[str, dict[str, Any]] = {
    "autograd": {"color": "black", "linestyle": "-"},
    "fused engine": {"color": COLOURS[0], "linestyle": "-."},
    "one bit away": {"color": COLOURS[2], "linestyle": "--"},
    "torch.optim.SGD": {"color": COLOURS[1], "linestyle": ":"},
}
NAMES = {
    "autograd": "by autograd",
    "fused engine": "by hand in the fused engine",
    "one bit away": "by hand, every weight begun one bit away",
    "torch.optim.SGD": "with torch.optim.SGD",
}


def paths_figure(table: pd.DataFrame, columns: int = 5) -> Figure:
    """Draw the distance between the weights of two runs, sweep by sweep: a panel per recipe, medians and largest."""
    groups = list(table.groupby(["experiment", "reading"], sort=False))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(13, 2.4 * rows + 0.6), layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    handles = {}
    for panel, ((experiment, reading), path) in zip(panels.flat, groups, strict=False):
        for name, line in path.groupby("against", sort=False):
            far = line[["weights", "weights_most"]].clip(lower=1e-17)
            (handles[name],) = panel.plot(line["sweep"], far["weights"], linewidth=1.4, **LINES[str(name)])
            panel.plot(line["sweep"], far["weights_most"], linewidth=0.5, **LINES[str(name)])
        panel.set(xscale="symlog", yscale="log", ylim=(0.6e-17, 10), xlim=(0, None))
        panel.set_title(f"{experiment}\n{reading}", fontsize=8)
        panel.tick_params(labelsize=7)
        panel.set_xlabel("sweeps", fontsize=7, labelpad=1)
        panel.axhline(PARTED, color="0.7", linewidth=0.5)
    for panel in panels.flat[len(groups) :]:
        panel.set_visible(False)
    named = [NAMES[str(name)] for name in handles]
    figure.legend(handles.values(), named, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.supylabel("weights apart, over the largest weight", fontsize=9)
    title = "Whole runs, how far from the same by hand: the median of five seeds, and thin the one that is farthest"
    figure.suptitle(title, fontsize=10)
    sns.despine(figure)
    return figure


def speeds_figure(table: pd.DataFrame, grown: pd.DataFrame) -> Figure:
    """Draw median rates by experiment, with the lowest and highest, and how they grow."""
    figure = Figure(figsize=(12, 7), layout="constrained")
    above, below = figure.subplots(2, 3)
    for axes, (title, rows) in zip(above, table.groupby("experiment", sort=False), strict=True):
        rows = rows.sort_values("per_second")
        spread = [rows["per_second"] - rows["lowest"], rows["highest"] - rows["per_second"]]
        axes.errorbar(rows["per_second"], rows["trainer"], xerr=spread, fmt="o", color="black", markersize=5)
        for rate, name in zip(rows["per_second"], rows["trainer"], strict=True):
            rounded = f"{float(f'{rate:.2g}'):,.0f}"
            axes.annotate(rounded, (rate, name), (0, 6), textcoords="offset points", ha="center", fontsize=7)
        axes.set(xscale="log", title=title, xlabel="seed-sweeps per second")
        axes.margins(x=0.15, y=0.1)
        axes.grid(axis="y", linewidth=0.4)
        axes.tick_params(labelsize=8)
    for axes, (what, rows) in zip(below, grown.groupby("grows", sort=False), strict=True):
        for style, (name, line) in zip(("o-k", "s--"), rows.groupby("trainer", sort=False), strict=True):
            axes.plot(line["to"], line["rate"], style, label=name, markersize=4)
        words = {"seeds": "seeds", "sweeps": "sweeps", "hidden": "hidden units"}[str(what)]
        axes.set_xscale("log", base=2 if what == "hidden" else 10)
        axes.set(yscale="log", xlabel=f"{words} (symmetry 6-H-1)", ylabel="seed-sweeps per second")
        axes.legend(fontsize=8, frameon=False)
    return figure

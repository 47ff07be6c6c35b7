"""Figures of measurements other than runs: gradients beside autograd, whole runs beside autograd, and speeds."""

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from backprop86.gradients.oracles import EXTENDED, ORACLES
from backprop86.gradients.survey import AUTOGRAD_ITSELF
from backprop86.gradients.whole_runs import PARTED
from backprop86.report.style import (
    PALETTE,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    label_ends,
    panel_letters,
    plain_ticks,
)
from backprop86.running.settings import load, stems, title_of

LONG = {"autograd_paths": 40, "gradcheck_entries": 40}
"""The number of rows to show of a table too long to read; its CSV has all."""


def ulp_figure(table: pd.DataFrame) -> Figure:
    """Draw the largest error of every tensor in ulp: a panel per oracle, a line per experiment, a point per tensor."""
    experiments = list(dict.fromkeys(table["experiment"]))
    place = {name: len(experiments) - 1 - k for k, name in enumerate(experiments)}
    figure = figure_of(TWO_COLUMNS, 30 + 4 * len(experiments))
    panels = figure.subplots(1, len(ORACLES) + 1, sharex=True, sharey=True)
    for axes, oracle in zip(panels, [*ORACLES, EXTENDED], strict=True):
        _points(axes, table[table["oracle"] == oracle], place, "black", 0.18 if oracle == EXTENDED else 0, "by hand")
        exact = table.loc[table["oracle"] == oracle, "exact"]
        axes.set_title(f"against {oracle}:\n{exact.sum()} of {len(exact)} bit for bit")
        axes.set_yticks(list(place.values()), [_title(name) for name in place])
        axes.set_xlabel("units in the last place")
        axes.grid(axis="y")
        axes.tick_params(axis="y", length=0)
    _points(panels[-1], table[table["oracle"] == AUTOGRAD_ITSELF], place, PALETTE[1], -0.18, AUTOGRAD_ITSELF)
    axes.set_xscale("symlog", linthresh=1)
    ticks = [0, 1, 1e3, 1e6, 1e9, 1e12]
    axes.set(xlim=(-0.3, None))
    axes.set_xticks(ticks, ["0", "1", "10³", "10⁶", "10⁹", "10¹²"])
    axes.set_xticks([], minor=True)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    panel_letters(panels)
    return figure


def _points(axes: Axes, rows: pd.DataFrame, place: dict[str, int], colour: Any, up: float, label: str) -> None:
    """Draw a point per tensor: filled for weights, hollow for inputs."""
    is_input = rows["tensor"] == "input 1"
    for some, what, face in ((rows[~is_input], "weights", colour), (rows[is_input], "inputs", "none")):
        heights = [place[experiment] + up for experiment in some["experiment"]]
        style = {"s": 7, "facecolor": face, "edgecolor": colour, "linewidth": 0.5}
        axes.scatter(some["ulp"], heights, label=f"{label}, {what}", **style)


NAMES = {
    "autograd": "by autograd",
    "fused engine": "by hand, fused engine",
    "one bit away": "by hand, one bit away",
    "torch.optim.SGD": "with torch.optim.SGD",
}
EQUAL = 1e-17
"""The place of a distance of 0 on a logarithmic axis."""


def paths_figure(table: pd.DataFrame) -> Figure:
    """Draw the distance of two runs' weights by sweep: for the first recipe, and for the recipe with the largest."""
    farthest = table.groupby(["experiment", "reading"], sort=False)["weights_most"].max()
    shown = list(dict.fromkeys([farthest.index[0], farthest.idxmax()]))
    figure = figure_of(TWO_COLUMNS, 66)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for panel, place in zip(panels, shown, strict=True):
        path = table[(table["experiment"] == place[0]) & (table["reading"] == place[1])]
        panel.set(xscale="symlog", yscale="log", ylim=(EQUAL / 3, 10), xlim=(0, path["sweep"].max()), xlabel="sweeps")
        lines = []
        for name, colour in zip(NAMES, PALETTE, strict=False):
            line = path[path["against"] == name]
            if len(line):
                far = line[["weights", "weights_most"]].clip(lower=EQUAL)
                lines += panel.plot(line["sweep"], far["weights"], color=colour, label=NAMES[name])
                panel.plot(line["sweep"], far["weights_most"], color=colour, linewidth=0.4)
        panel.axhline(PARTED, color="0.6", linewidth=0.5)
        panel.set_yticks([EQUAL, 1e-15, 1e-12, 1e-9, PARTED, 1e-3, 1])
        plain_ticks(panel.xaxis)
        panel.set_title(_in_words(*place))
        label_ends(panel, lines)
    names = ["equal", "10⁻¹⁵", "10⁻¹²", "10⁻⁹", "parted: 10⁻⁶", "0.001", "1"]
    panels[0].set_yticks(panels[0].get_yticks(), names)
    panels[0].set_ylabel("weights apart,\nover the largest weight")
    together = int((farthest <= PARTED).sum())
    figure.supxlabel(f"{together} of {len(farthest)} recipes stay together as in a, in every run")
    panel_letters(panels)
    return figure


def _title(stem: str) -> str:
    """Return the title of an experiment; leave other names unchanged."""
    return title_of(stem) if stem in stems() else stem


def _in_words(stem: str, reading: str) -> str:
    """Return an experiment's title and a reading's words, in lines as wide as a panel."""
    known = stem in stems() and reading in load(stem).experiment.every_reading
    words = load(stem).experiment.in_words(reading) if known else reading.replace("_", " ")
    return "\n".join(textwrap.wrap(f"{_title(stem)}, {words}", 50))


TRAINERS = {
    "fused engine": "ours, compiled",
    "reference engine": "ours, in torch",
    "JAX, matrices": "JAX, matrices",
    "JAX, written out": "JAX, written out",
    "torch.autograd, batched": "autograd, batched",
    "torch.func.vmap(grad)": "torch.func",
    "NumPy by hand": "NumPy by hand",
    "nn.Sequential, backward, SGD": "torch, net by net",
}
"""Ways to train, in words, the order of the figure."""
LIMIT = "the machine's limit"


def speeds_figure(table: pd.DataFrame, grown: pd.DataFrame) -> Figure:
    """Draw median rates by experiment, with the lowest and highest, and their growth with the size of the work."""
    figure = figure_of(TWO_COLUMNS, 118)
    by, growths = list(table.groupby("experiment", sort=False)), list(grown.groupby("grows", sort=False))
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(6, 4)))
    above, below = (
        part.subplots(1, len(some), sharey=True, squeeze=False)[0] for part, some in ((upper, by), (lower, growths))
    )
    names = [name for name in dict.fromkeys([*TRAINERS, *table["trainer"]]) if name in {*table["trainer"]} - {LIMIT}]
    for axes, (title, rows) in zip(above, by, strict=True):
        _rates(axes, rows, names)
        axes.set(title=title)
    upper.supxlabel("sweeps per second, nets added up", fontsize=SMALL)
    says = {"seeds": "nets at once", "sweeps": "sweeps", "hidden": "hidden units"}
    for axes, (what, rows) in zip(below, growths, strict=True):
        axes.set_xscale("log", base=2 if what == "hidden" else 10)
        axes.set(yscale="log", xlabel=f"{says[str(what)]} (symmetry)")
        lines = []
        for colour, (name, line) in zip(PALETTE, rows.groupby("trainer", sort=False), strict=False):
            style: dict[str, Any] = {"color": colour, "marker": "o", "label": TRAINERS.get(str(name), str(name))}
            lines += axes.plot(line["to"], line["rate"], **style)
        for axis in (axes.xaxis, axes.yaxis):
            plain_ticks(axis)
        if axes is below[-1]:
            label_ends(axes, lines)
    below[0].set_ylabel("sweeps per second,\nnets added up")
    panel_letters([*above, *below])
    return figure


def _rates(axes: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """Draw a dot for each way to train that ran, with its lowest and highest rate, and the machine's limit."""
    rows = rows.set_index("trainer")
    some = rows.loc[[name for name in names if name in rows.index]]
    places = [names.index(name) for name in some.index]
    reach = [some["per_second"] - some["lowest"], some["highest"] - some["per_second"]]
    axes.errorbar(some["per_second"], places, xerr=reach, fmt="o", color="black", elinewidth=0.6)
    about: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL, "ha": "right", "va": "center"}
    for k, rate in zip(places, some["per_second"], strict=True):
        axes.annotate(in_words(rate), (rate, k), (-4, 0), **about)
    if LIMIT in rows.index:
        limit = float(rows["per_second"][LIMIT])
        axes.axvline(limit, color=PALETTE[1], linewidth=0.6)
        axes.annotate("the machine's\nlimit", (limit, len(names) - 1), (-3, 0), color=PALETTE[1], **about)
    lowest, highest = some["lowest"].min(), rows["highest"].max()
    axes.set(xscale="log", xlim=(lowest / 20, highest * 2), ylim=(len(names) - 0.6, -0.8))
    axes.set_yticks(range(len(names)), [TRAINERS.get(name, name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(LogLocator(numticks=4))
    plain_ticks(axes.xaxis)


def in_words(rate: float) -> str:
    """Return a rate to two digits: 8,200 or 120 million."""
    rounded = float(f"{rate:.2g}")
    return f"{rounded / 1e6:g} million" if rounded >= 1e6 else f"{rounded:,.0f}"

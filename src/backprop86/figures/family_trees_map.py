"""The figures and the table of the map of the family trees."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from backprop86.problems.family_trees_map import SIX
from backprop86.report.recipes_of_the_time import FAMILY_TREES, NEGLIGIBLE, PAIRS, SHAPES, SHAPES_FIRST
from backprop86.report.style import SMALL, TWO_COLUMNS, figure_of, panel_letters, plain_ticks
from backprop86.running.runs import Runs

SLOPES = (1, 2, 3, 4, 5, 6)
"""The slopes to mark on their line."""


def table(runs: Runs) -> pd.DataFrame:
    """Return a row per point, first the points where most nets answer all four held-out questions."""
    found = pd.DataFrame([point(runs, reading) for reading in runs.readings])
    return found.sort_values("held_out_4", ascending=False, kind="stable", ignore_index=True)


def point(runs: Runs, reading: str) -> dict[str, float]:
    """Return the coordinates of a point, and the share of its nets with each printed result.

    of_right: the share among the nets that get all training cases right, NaN if none does.
    """
    rows, recipe = runs.of(reading), runs.recipe(reading)
    found = {name: rows[f"{name}@end"].to_numpy(bool) for name in ("all_right", "all_near", "all_strict", *SIX)}
    right, six = found["all_right"], np.logical_and.reduce([found[name] for name in SIX])
    four, sweeps = rows["held_out_right@end"].to_numpy(int) == 4, rows["sweeps"].to_numpy(float, na_value=np.inf)
    place = {"range": recipe.initial_range, "factor": round(recipe.epsilon / FAMILY_TREES.epsilon, 6)}
    place |= {"momentum": recipe.alpha, "decay": recipe.decay, "nets": len(rows)}
    shares = {"diverged": rows["diverged"].to_numpy(bool), "all_right": right, "all_near": found["all_near"]}
    shares |= {"all_strict": found["all_strict"], "held_out_4": four, "six": six, "by_573": sweeps <= NEGLIGIBLE}
    of_right = {"held_out_4_of_right": among(four, right), "six_of_right": among(six, right)}
    return place | {name: float(values.mean()) for name, values in shares.items()} | of_right


def among(so: np.ndarray, some: np.ndarray) -> float:
    """Return the share of some nets with a property; NaN for no nets."""
    return float(so[some].mean()) if some.any() else np.nan


PANELS = (
    ("all_right", True, "all training cases right"),
    ("held_out_4", True, "4 of 4 held-out cases right"),
    ("six", True, "all six properties of the units"),
    ("all_near", True, "all outputs beyond 0.75 and 0.25"),
    ("all_near", False, "the same without decay"),
    ("by_573", False, f"that by sweep {NEGLIGIBLE}, without decay"),
)
"""The panels: a column of the table, whether its nets have the printed decay, and a title."""

BOUNDS = (0, 0.004, 0.05, 0.2, 0.5, 0.8, 1)

COLOURS = ("#ffffff", "#d9d9d9", "#a9c6de", "#5b9bc8", "#1f66a5", "#08306b")

SAYS = ("none", "to 5 %", "to 20 %", "to 50 %", "to 80 %", "to 100 %")
"""The shares with a colour each, with none separate from few; the rules call one in twenty ordinary."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the map with the printed momentum, and with the larger one."""
    found = table(runs)
    names = {"printed_momentum": found["momentum"].min(), "larger_momentum": found["momentum"].max()}
    return {name: plane(found[found["momentum"] == momentum], momentum) for name, momentum in names.items()}


def plane(found: pd.DataFrame, momentum: float) -> Figure:
    """Draw six shares over the plane of one momentum, with the recipes that lie in it."""
    figure = figure_of(TWO_COLUMNS, 118)
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    colours = ListedColormap(COLOURS)
    for axes, (column, with_decay, title) in zip(panels.flat, PANELS, strict=True):
        grid = found[(found["decay"] > 0) == with_decay].pivot(index="factor", columns="range", values=column)
        shown = axes.pcolormesh(
            grid.columns, grid.index, grid, norm=BoundaryNorm(BOUNDS, len(COLOURS)), cmap=colours, shading="nearest",
            edgecolors="face", linewidth=0.1, rasterized=False,
        )  # fmt: skip
        axes.set(xscale="log", yscale="log", title=title)
        axes.set_xticks([0.1, 0.3, 1, 3])
        axes.set_yticks([1, 10, 100])
        plain_ticks(axes.xaxis)
        plain_ticks(axes.yaxis)
        recipes(axes, momentum, axes is panels[0, 0])
    figure.supxlabel("initial weights up to ±R")
    figure.supylabel("factor M on both printed rates")
    middles = [(low + high) / 2 for low, high in pairwise(BOUNDS)]
    bar = figure.colorbar(shown, ax=panels, aspect=40, shrink=0.8, ticks=middles, spacing="uniform")
    bar.ax.set_yticklabels(SAYS)
    bar.ax.tick_params(length=0)
    bar.set_label("share of the nets")
    panel_letters(panels.flat)
    return figure


def recipes(axes: Axes, momentum: float, named: bool) -> None:
    """Mark the printed recipe, the line of slopes, and the group's later recipes where their steps place them.

    The steps of a recipe are epsilon / (1 - alpha), so that those of another momentum have a place too.
    """
    start, factor_of = FAMILY_TREES.initial_range, (1 - momentum) / FAMILY_TREES.epsilon  # of a step
    slopes = np.array(SLOPES)
    halo: dict[str, Any] = {"path_effects": [withStroke(linewidth=2, foreground="white")]}
    small: dict[str, Any] = {"fontsize": SMALL, "textcoords": "offset points", "annotation_clip": True, **halo}
    axes.plot(start * slopes, slopes**2, "-o", color="#D55E00", markersize=2.5, linewidth=0.9, **halo)
    axes.plot([start], [1], "*", color="#D55E00", markersize=7, markeredgecolor="white", markeredgewidth=0.4)
    steps = [recipe.step * factor_of for recipe in (SHAPES_FIRST, SHAPES)]
    axes.plot([SHAPES.initial_range] * 2, steps, "-s", color="black", markersize=2.5, linewidth=0.9, **halo)
    axes.axhline(PAIRS.step * factor_of, color="black", linewidth=0.7, linestyle=(0, (4, 2)), **halo)
    axes.set(xlim=(0.083, 5.1), ylim=(0.53, 244))
    for slope in SLOPES[1:]:
        axes.annotate(str(slope), (start * slope, slope**2), (4, -5), color="#D55E00", **small)
    if named:
        printed = "printed" if momentum == FAMILY_TREES.alpha else "rates as printed"
        axes.annotate(printed, (start, 1), (0, -11), ha="center", color="#D55E00", **small)
        axes.annotate("slope", (start * 6, 36), (4, 4), color="#D55E00", **small)
        axes.annotate("shapes, 1987", (SHAPES.initial_range, steps[1]), (-5, 2), ha="right", **small)
        axes.annotate("random pairs, 1986", (0.09, PAIRS.step * factor_of), (0, 3), **small)

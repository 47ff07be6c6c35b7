"""The figures of depth."""

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from backprop86.engines import reference
from backprop86.engines.recipe import Job, Recipe
from backprop86.judging.statistics import with_infinity
from backprop86.network import initial_weights
from backprop86.problems.depth import QUARTER, cases, wiring
from backprop86.report.curves import layers_in_words, median_of_them
from backprop86.report.style import (
    FAINT,
    PALETTE,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    in_figures,
    label_ends,
    panel_letters,
    plain_ticks,
)
from backprop86.running.columns import DRAWN
from backprop86.running.runs import Runs

STARTS_IN_WORDS = {"weights_up_to_0.3": "weights up to 0.3", "weights_up_to_1": "up to 1", "weights_up_to_3": "up to 3"}

TINY = 1e-8
"""The smallest norm to draw in training."""

DEEP = 5
"""The hidden layers of the deeper net, drawn in training beside the net with one."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the gradient norm of each layer before training, by depth; and E and norms in training for two depths."""
    return {"start": before_training(runs), "training": training(runs)}


def before_training(runs: Runs) -> Figure:
    """Draw the median norm of dE/dw of each layer of untrained nets: a panel for each start, a line for each depth."""
    figure = figure_of(TWO_COLUMNS, 66)
    starts = list(dict.fromkeys(reading.split("/")[1] for reading in runs.readings))
    panels = figure.subplots(1, len(starts), sharey=True, squeeze=False)[0]
    for axes, start in zip(panels, starts, strict=True):
        lines, readings = [], [name for name in runs.readings if name.endswith(f"/{start}")]
        readings = [name for name in readings if not name.startswith("4_")]  # between its neighbours
        for k, reading in enumerate(readings):
            gradient = np.median(untrained_gradients(runs.recipe(reading)), 0)
            layer = np.arange(len(gradient))[::-1]
            style: dict[str, Any] = {"color": PALETTE[k], "marker": "osD^v"[k % 5], "label": reading.split("_")[0]}
            lines += axes.plot(layer, gradient, **style)
        line = np.arange(len(gradient))
        lines += axes.plot(line, 0.3 * QUARTER ** line.astype(float), color="0.5", linestyle=":", label="¼ a layer")
        axes.set(yscale="log", xlabel="layers below the output layer", title=STARTS_IN_WORDS.get(start, start))
        axes.set_xticks(line)
        plain_ticks(axes.yaxis)
        _say_lowest(axes, len(gradient) - 1, lines[-2])
    panels[0].set_ylabel("norm of ∂E/∂w of a layer, untrained")
    panels[0].set_ylim(bottom=panels[0].get_ylim()[0] / 50)
    figure.legend(lines, [str(line.get_label()) for line in lines], title="hidden layers", loc="outside right upper")
    panel_letters(panels)
    return figure


def untrained_gradients(recipe: Recipe) -> np.ndarray:
    """Return the norm of dE/dw of each layer, (S, layers), for the untrained nets of the first seeds."""
    net = wiring(recipe)
    w = initial_weights(net, list(range(DRAWN)), recipe.initial_range, recipe.biases)
    return reference.train(Job(net, cases(recipe), replace(recipe, sweeps=1), w)).gradient_curve[:, 0]


def _say_lowest(axes: Axes, hidden: int, line: Line2D) -> None:
    """Write the norm in the first layer of the deepest net below its end."""
    x, y = np.asarray(line.get_xydata())[0]
    says = f"{in_figures(float(f'{y:.0e}'))} in the first\nof {hidden} hidden layers"
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    axes.annotate(says, (x, y), (0, -5), textcoords="offset points", fontsize=SMALL, ha="right", va="top", bbox=box)


def training(runs: Runs) -> Figure:
    """Draw E, and below it the norm of dE/dw of each layer, sweep by sweep: a column for each start, two depths."""
    starts = list(dict.fromkeys(reading.split("/")[1] for reading in runs.readings))
    depths = [name for name in ("1_layers", f"{DEEP}_layers") if f"{name}/{starts[0]}" in runs.readings]
    figure = figure_of(TWO_COLUMNS, 10 + 76 * len(depths))
    panels = figure.subplots(2 * len(depths), len(starts), squeeze=False, sharex=True, sharey="row")
    for (i, j), above in np.ndenumerate(panels[::2]):
        lines = _training(above, panels[2 * i + 1, j], runs, f"{depths[i]}/{starts[j]}")
        layers = "1 hidden layer" if depths[i] == "1_layers" else f"{DEEP} hidden layers"
        above.set_title(f"{layers}, {STARTS_IN_WORDS.get(starts[j], starts[j])}")
        if j == len(starts) - 1:
            label_ends(panels[2 * i + 1, j], lines)
    for axes in panels[-1]:
        axes.set_xlabel("sweeps")
    for axes, words in zip(panels[:, 0], ("error E", "norm of ∂E/∂w") * len(depths), strict=True):
        axes.set_ylabel(words)
    panel_letters(panels[::2].flat)
    return figure


def _training(above: Axes, below: Axes, runs: Runs, reading: str) -> list[Line2D]:
    """Draw E of some runs and of the median run, and below it that run's gradient norms; return their lines."""
    sweeps, error, gradient = runs.curves(reading)
    run = median_of_them(with_infinity(runs.of(reading)["sweeps"])[: len(error)], error)
    above.add_collection(LineCollection([np.column_stack([sweeps, one]) for one in error], color=FAINT, linewidth=0.4))
    above.plot(sweeps, error[run], color="black", linewidth=1.2)
    above.set(xlim=(0, sweeps[-1]), ylim=(0, None))
    lines = []
    for level, name in enumerate(layers_in_words(gradient.shape[-1], gradient.shape[-1])):
        colour = "black" if level == gradient.shape[-1] - 1 else PALETTE[1 + level]
        lines += below.plot(sweeps, np.maximum(gradient[run, :, level], TINY), color=colour, label=name)
    below.set(yscale="log", ylim=(TINY, 1))
    for axis in (above.xaxis, below.xaxis, below.yaxis):
        plain_ticks(axis)
    return lines

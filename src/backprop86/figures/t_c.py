"""The figures of T and C."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.outputs import states
from backprop86.judging.ledger import words_of
from backprop86.problems.t_c import TEMPLATES, cases, kernels, likeness, size, wiring
from backprop86.report.drawing import hinton
from backprop86.report.style import SMALL, TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.problem import wiring_of
from backprop86.running.runs import Runs
from backprop86.running.settings import load

DRAWN = "epsilon_0.05"  # a reading that finds every kind

SAYS = {"on_centre": "on-centre", "bar": "bar", "diagonal": "diagonal", "compactness": "compactness", "other": "other"}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the detectors, printed and ours, and the hidden units of a typical run; nothing without saved weights."""
    if DRAWN not in runs.readings:
        return {}
    rows = runs.at(DRAWN, "learned")
    if not (rows["learned"] & rows["weights"].notna()).any():
        return {}
    return {"detectors": detectors(runs), "activities": activities(runs)}


def detectors(runs: Runs) -> Figure:
    """Draw each printed detector beside up to three of ours with its sign, and the share of each."""
    rows = runs.at(DRAWN, "learned")
    kept = rows[rows["weights"].notna()]
    found = kernels(wiring_of(wiring, runs.recipe(DRAWN)), np.stack(list(kept["weights"])))
    cosines = likeness(found)
    figure = figure_of(TWO_COLUMNS, 78)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.35), squeeze=False)[0]
    panels = left.subplots(len(TEMPLATES), 4)
    for k, name in enumerate(TEMPLATES):
        _squares(panels[k, 0], TEMPLATES[name][0], 2, "1986" if k == 0 else "")
        panels[k, 0].set_ylabel(f"{SAYS[name]}\n{rows[f'is_{name}'].sum():,} runs", fontsize=SMALL)
        own = np.flatnonzero(kept[f"is_{name}"].fillna(False).astype(bool))
        own = own[np.argsort(-np.abs(cosines[own, k]))][:3]
        for axes, run in zip(panels[k, 1:], own, strict=False):
            kernel = found[run] * np.sign(cosines[run, k])
            _squares(axes, kernel, np.abs(kernel).max(), "ours" if k == 0 and axes is panels[0, 1] else "")
        for axes in panels[k, 1 + len(own) :]:
            axes.axis("off")
    axes = right.subplots()
    _shares(axes, runs)
    right.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    panel_letters([panels[0, 0], axes])
    return figure


def _squares(axes: Axes, values: np.ndarray, largest: float, title: str) -> None:
    hinton(axes, values, largest)
    axes.set(xlim=(0, len(values)), ylim=(0, len(values)), aspect="equal", xticks=[], yticks=[], title=title)
    axes.spines[:].set_visible(False)


def _shares(axes: Axes, runs: Runs) -> None:
    """Draw a bar for each reading, divided by the detectors that its runs ended with."""
    shown, words = runs.readings, partial(words_of, load("t_c").experiment)
    start, where = np.zeros(len(shown)), np.arange(len(shown))
    looks = zip([*TEMPLATES, "other"], ("black", "0.35", "0.55", "0.75", "white"), strict=True)
    for name, colour in looks:
        share = np.array([runs.at(reading, "learned")[f"is_{name}"].fillna(False).mean() for reading in shown], float)
        axes.barh(where, share, left=start, color=colour, edgecolor="black", linewidth=0.4, label=SAYS[name])
        start += share
    axes.set_yticks(where, [words(name) for name in shown])
    axes.set(xlim=(0, 1), ylim=(len(shown) - 0.4, -0.6), xlabel="share of all runs (others never learn)")
    axes.tick_params(axis="y", length=0)


def activities(runs: Runs) -> Figure:
    """Draw the eight patterns of a typical run and, below each, every hidden unit; the area is its output."""
    recipe = runs.recipe(DRAWN)
    seed, w = runs.typical(DRAWN)
    network, asked, side = wiring_of(wiring, recipe), cases(recipe), size(recipe)[0]
    y = states(network, asked.inputs, w[None])[0]
    hidden = y[:, network.hidden].reshape(-1, side - 2, side - 2)
    figure = figure_of(TWO_COLUMNS, 56)
    panels = figure.subplots(2, 8)
    for (above, below), c in zip(panels.T, [0, 2, 4, 6, 1, 3, 5, 7], strict=True):
        _squares(above, asked.inputs[c].reshape(side, side), 1, asked.names[c].split(" at")[0] + "°")
        _squares(below, hidden[c], 1, "")
        below.set_xlabel(f"output {y[c, network.outputs[0]]:.2f}", fontsize=SMALL)
    panels[0, 0].set_ylabel("inputs")
    panels[1, 0].set_ylabel(f"hidden (seed {seed})")
    return figure

"""The figures of shapes on a ring."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from backprop86.engines.outputs import states
from backprop86.engines.recipe import Recipe
from backprop86.problems.shapes import PIXELS, SHAPES, cases, counted, in_the_middle, wiring
from backprop86.report.drawing import hinton
from backprop86.report.style import PALETTE, SMALL, TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.claim import Claim
from backprop86.running.problem import wiring_of
from backprop86.running.runs import Runs
from backprop86.running.settings import load

SHOWN = {
    ("as_printed", "8020"): "before weight decay",
    ("as_printed", "end"): "after weight decay",
    ("whole_image/as_printed", "end"): "lower units see all pixels",
    ("no_middle/as_printed", "end"): "without the six units",
}
"""The nets and moments to draw, in words."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the number of right held-out cases, and the codes of a typical run before and after weight decay."""
    figures = {"held_out": held_out(runs)}
    rows = runs.at("as_printed", "end")
    if (rows["learned"] & rows["weights"].notna()).any():
        figures["codes"] = codes_figure(runs)
    return figures


def held_out(runs: Runs) -> Figure:
    """Draw the number of runs by their right answers to the 32 held-out cases, and the number that S prints."""
    claims = {(claim.matching(runs.readings)[0], claim.moment): claim for claim in _printed(runs)}
    shown = {key: words for key, words in SHOWN.items() if key in claims}
    figure = figure_of(TWO_COLUMNS, 50)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, (key, words) in zip(panels, shown.items(), strict=True):
        rows = runs.at(*key)
        many = rows.loc[rows["learned"], "held_out_right"].astype(int)
        axes.bar(*np.unique(many, return_counts=True), 0.9, color="0.7")
        axes.axvline(claims[key].printed[0], color=PALETTE[1], linewidth=1.2)
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        axes.annotate(
            "1987", (claims[key].printed[0], 1), (0, 1), ha="center", color=PALETTE[1], fontsize=SMALL, **place
        )
        axes.set(xlim=(-1, 33), xlabel="right of 32 held out")
        axes.set_title(words, pad=11)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylabel("runs")
    panel_letters(panels)
    return figure


def _printed(runs: Runs) -> list[Claim]:
    """Return the claims that print a number of held-out cases."""
    claims = load(runs.stem).experiment.claims
    return [
        claim
        for claim in claims
        if claim.column == "held_out_right" and claim.printed and claim.matching(runs.readings)
    ]


def _held_out(recipe: Recipe, seed: int) -> np.ndarray:
    """Return a mask of a seed's held-out places of each shape, (shapes, places)."""
    trained = counted(recipe, [seed])
    return np.zeros((len(SHAPES), PIXELS)) if trained is None else trained.reshape(len(SHAPES), PIXELS) == 0


def codes_figure(runs: Runs) -> Figure:
    """Draw the six units' outputs for every shape at every place, in a typical run before and after weight decay."""
    recipe = runs.recipe("as_printed")
    network, shown = wiring_of(wiring, recipe), cases(recipe)
    figure = figure_of(TWO_COLUMNS, 62)
    panels = figure.subplots(2, 1)
    for axes, moment in zip(panels, ("8020", "end"), strict=True):
        seed, w = runs.typical("as_printed", moment)
        codes = states(network, shown.inputs, w[None])[0][:, in_the_middle(network)]
        held_out_of = _held_out(recipe, seed)
        for s, shape in enumerate(SHAPES):
            corner = 7.5 * s
            hinton(axes, codes[s * PIXELS : (s + 1) * PIXELS], 1, (corner, 0))
            hinton(axes, np.array([shape], dtype=float), 1, (corner, PIXELS + 0.8))
            for place in np.flatnonzero(held_out_of[s]):
                axes.plot(corner - 0.5, PIXELS - place - 0.5, ".", color=PALETTE[1], markersize=2.5)
        axes.set(xlim=(-3, 7.5 * len(SHAPES) - 1), ylim=(-0.3, PIXELS + 2.1), aspect="equal")
        axes.set_title(f"{SHOWN['as_printed', moment]} (seed {seed})")
        axes.set_yticks(PIXELS - np.array([1, 4, 7, 10]) + 0.5, ["1", "4", "7", "10"])
        axes.set(xticks=[], ylabel="place")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    panel_letters(panels)
    return figure

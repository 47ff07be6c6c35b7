"""The figures of associations."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.judging.statistics import quantiles, with_infinity
from backprop86.report.style import (
    FAINT,
    ONE_COLUMN,
    PALETTE,
    TWO_COLUMNS,
    figure_of,
    label_ends,
    label_line,
    panel_letters,
)
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs
from backprop86.running.settings import load

SHOWN = {
    "as_printed": "weights from ±0.3",
    "range_1": "weights from ±1",
    "range_1_doubled": "±1, gradients twice as large",
}
"""The readings to draw, in words."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the printed curve of E over the band of our runs, a panel for each of some readings."""
    shown = [name for name in SHOWN if name in runs.readings]
    figure = figure_of(TWO_COLUMNS if len(shown) > 1 else ONE_COLUMN, 62)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    claim = next(claim for claim in load("associations").experiment.claims if claim.kind == "band")
    for axes, reading in zip(panels, shown, strict=True):
        _band(axes, runs, reading, claim)
        axes.set_title(SHOWN[reading])
    panels[0].set(ylim=(0, None), ylabel="error E (loss)")
    panel_letters(panels)
    return {"errors": figure}


def _band(axes: Axes, runs: Runs, reading: str, claim: Claim) -> None:
    """Draw 90 % of the runs and their median at the sweeps of a claim, and over them the printed numbers."""
    rows, before = runs.of(reading), np.array(claim.at) + 1  # E after sweep 9 is E before sweep 10
    ends = np.array([quantiles(with_infinity(rows[place]), (0.05, 0.5, 0.95)) for place in claim.places]).T
    axes.fill_between(before, ends[0], ends[2], color=FAINT, linewidth=0)
    (median,) = axes.plot(before, ends[1], color="black", label="median")
    style: dict[str, Any] = {"fmt": "none", "ecolor": PALETTE[1], "elinewidth": 1.2, "capsize": 1.8, "capthick": 0.8}
    axes.errorbar(before, claim.printed, claim.give, **style)
    axes.set(xscale="log", xlim=(0.9, 120), xlabel="before sweep (epoch)")
    axes.set_xticks([1, 3, 10, 25, 107], ["1", "3", "10", "25", "107"])
    axes.set_xticks([], minor=True)
    label_ends(axes, [median])
    fourth = before.tolist().index(4)
    label_line(axes, 4, claim.printed[fourth], "1986", PALETTE[1]).set(position=(-3, -10))

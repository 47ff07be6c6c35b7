"""The figures of encoding."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from backprop86.engines.outputs import states
from backprop86.problems.encoder import PRINTED_CODES, cases, wiring
from backprop86.report.drawing import hinton
from backprop86.report.style import ONE_COLUMN, SMALL, figure_of, panel_letters
from backprop86.running.runs import Runs

SHOWN = 5000
"""A late sweep, by which codes have sharpened."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw P Table 5 beside a typical run, and the number of codes with each number of intermediate values."""
    rows = runs.at("as_printed", str(SHOWN))
    if not rows["learned"].any():
        return {}
    seed, w = runs.typical("as_printed", str(SHOWN))
    recipe = runs.recipe("as_printed")
    network = wiring(recipe)
    ours = states(network, cases(recipe).inputs, w[None])[0][:, [network.units.index(f"h{k}") for k in (1, 2, 3)]]
    figure = figure_of(ONE_COLUMN, 54)
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.9))
    titles = "1986", f"seed {seed}"
    for axes, codes, title in zip(panels, (PRINTED_CODES, ours), titles, strict=False):
        hinton(axes, codes, 1)
        axes.set(xlim=(0, 3), ylim=(0, 8), aspect="equal", xlabel="hidden unit", title=title)
        axes.set_xticks(np.arange(3) + 0.5, range(1, 4))
        axes.set_yticks(np.arange(8) + 0.5, range(8, 0, -1))
        axes.tick_params(length=0)
    panels[0].set_ylabel("pattern")
    printed = int(((PRINTED_CODES > 0.2) & (PRINTED_CODES < 0.8)).sum())
    many = np.bincount(rows.loc[rows["learned"], "intermediate"].astype(int), minlength=printed + 3)
    panels[2].bar(range(len(many)), many, 0.8, color="0.7")
    panels[2].annotate(f"1986: {printed}", (printed, many[printed]), (-8, 45), ha="center", fontsize=SMALL, **POINTING)
    panels[2].set(xlabel="values between\n0.2 and 0.8, of 24", ylabel="runs")
    panel_letters(panels)
    return {"table5": figure}


POINTING: dict[str, Any] = {"textcoords": "offset points", "arrowprops": {"arrowstyle": "-|>", "linewidth": 0.6}}

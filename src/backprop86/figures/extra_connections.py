"""The figures of extra connections."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from backprop86.figures import symmetry, xor
from backprop86.judging.statistics import wilson
from backprop86.problems.extra_connections import TASKS
from backprop86.report.style import PALETTE, TWO_COLUMNS, figure_of, label_ends, panel_letters
from backprop86.running.runs import Runs

SHOWN = {
    "rate_0.03": "rate 0.03",
    "rate_0.1": "rate 0.1",
    "rate_0.25": "rate 0.25",
    "rate_0.5": "rate 0.5",
    "zero_one_targets": "rate 0.1, targets 1 and 0",
}
"""The settings of training, in words."""

PICTURES = {"xor_2": xor.PICTURES["2_hidden"], "symmetry_2": symmetry.PICTURES["two_hidden"]}
"""The nets that the texts draw for XOR and for mirror symmetry."""

TITLES = {"xor": "XOR", "symmetry": "mirror symmetry"}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the share of runs that never learn against the number of hidden units, for each rate."""
    figure = figure_of(TWO_COLUMNS, 62)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, task in zip(panels, TASKS, strict=True):
        table, lines = unsolved(runs, task), []
        for k, (how, rows) in enumerate(table.groupby("how", sort=False)):
            x = np.arange(len(rows)) + 0.06 * (k - 2)
            reach = np.abs(rows[["low", "high"]].to_numpy().T - rows["share"].to_numpy())
            style: dict[str, Any] = {"marker": "osD^v"[k % 5], "capsize": 1.5, "elinewidth": 0.6, "capthick": 0.6}
            bars = axes.errorbar(x, rows["share"], reach, color=PALETTE[k], **style)
            bars[0].set_label(SHOWN.get(str(how), how))
            lines.append(bars[0])
            axes.set_xticks(np.arange(len(rows)), rows["hidden"])
        axes.set(title=TITLES[task], xlabel="hidden units", ylim=(-0.02, 1.03))
    panels[0].set_ylabel("share of runs that never learn")
    label_ends(panels[1], lines)
    panel_letters(panels)
    return {"unsolved": figure}


def unsolved(runs: Runs, task: str) -> pd.DataFrame:
    """Return, for each reading of a task: hidden units, training, the share of runs that never learn, its interval."""
    rows = []
    for reading in runs.readings:
        network, how = reading.split("/")
        if network.startswith(task):
            of, n = int((~runs.of(reading)["learned"].astype(bool)).sum()), len(runs.of(reading))
            low, high = wilson(of, n)
            rows.append(
                {"hidden": int(network.rsplit("_", 1)[1]), "how": how, "share": of / n, "low": low, "high": high}
            )
    return pd.DataFrame(rows)

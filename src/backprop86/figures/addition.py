"""The figures of addition."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from backprop86.engines.recipe import Recipe
from backprop86.problems.addition import cases
from backprop86.report.style import ONE_COLUMN, SMALL, figure_of
from backprop86.running.runs import Runs


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw, for each sum, the share of failed runs that get it wrong, for three hidden units and for two."""
    shares = {}
    for reading, words in (("as_printed", "three hidden units"), ("two_hidden/as_printed", "two hidden units")):
        rows = runs.at(reading, "end") if reading in runs.readings else pd.DataFrame({"learned": []})
        failed = rows[~rows["learned"].astype(bool)]
        if len(failed):
            sums = failed["wrong_sums"].str.split().explode().value_counts()
            shares[f"{words} ({len(failed):,} of {len(rows):,} runs fail)"] = sums / len(failed)
    if not shares:
        return {}
    order = list(cases(Recipe()).names)
    figure = figure_of(ONE_COLUMN, 58)
    axes = figure.subplots()
    for k, (words, share) in enumerate(shares.items()):
        places = np.arange(len(order)) + 0.4 * k - 0.2
        axes.bar(places, share.reindex(order, fill_value=0), 0.4, label=words, color=("0.25", "0.7")[k])
    axes.annotate("1986: this\nsum alone", (len(order) - 1, 0.62), (0, 12), ha="center", fontsize=SMALL, **POINTING)
    axes.set_xticks(np.arange(len(order)), order, rotation=90)
    axes.set(ylim=(0, 1.35), yticks=[0, 0.5, 1], xlabel="sum of two binary numbers")
    axes.set_ylabel("share of the runs that fail")
    axes.legend(loc="upper left")
    return {"failures": figure}


POINTING: dict[str, Any] = {"textcoords": "offset points", "arrowprops": {"arrowstyle": "-|>", "linewidth": 0.6}}

"""Addition of two two-bit numbers (P pp. 341-345), where P met its other local minimum: carrying needs an order."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.report.style import ONE_COLUMN, SMALL, figure_of
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.wiring import ONE, Wiring, wire

INPUTS, OUTPUTS = ("a1", "a0", "b1", "b0"), ("o4", "o2", "o1")


def wiring(recipe: Recipe) -> Wiring:
    """Wire inputs to all other units, hidden units to all outputs and to the hidden units after them (P Fig. 11)."""
    if recipe.network not in ("2_hidden", "3_hidden"):
        raise BadInput(f"network must be 2_hidden or 3_hidden, was {recipe.network}")
    hidden = [f"h{k + 1}" for k in range(int(recipe.network[0]))]
    fed = {unit: [ONE, *INPUTS, *hidden[:k]] for k, unit in enumerate(hidden)}
    fed |= {unit: [ONE, *INPUTS, *hidden] for unit in OUTPUTS}
    return wire(INPUTS, fed, OUTPUTS)


def cases(recipe: Recipe) -> Cases:
    """Return all 16 sums, as three bits, the highest first."""
    rows = Cases.of_all_bits(4, lambda inputs: (inputs @ [2, 1, 2, 1])[:, None] // [4, 2, 1] % 2)
    return replace(rows, names=tuple(f"{name[:2]}+{name[2:]}" for name in rows.names))


MEASURES = {
    "wrong": "the number of sums that come out wrong",
    "wrong_sums": "those sums, separated by blanks",
    "fails_as_printed": "only 11+11 is wrong, and the net gives 100",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Look for the sums that come out wrong."""
    on = nets.outputs > 0.5
    wrong = (on != nets.on).any(-1)
    names = [" ".join(nets.cases.names[c] for c in np.flatnonzero(row)) for row in wrong]
    last = nets.cases.names.index("11+11")
    gives_100 = (on[:, last] == [True, False, False]).all(-1)
    only = wrong[:, last] & (wrong.sum(1) == 1)
    return {"wrong": wrong.sum(1), "wrong_sums": np.array(names, dtype=object), "fails_as_printed": only & gives_100}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the share of the runs that fail in which each sum comes out wrong, for three hidden units and for two."""
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

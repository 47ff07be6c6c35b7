"""More connections than are needed (N p. 535): do they take poor local minima away, as the letter says?

XOR and mirror symmetry with just enough hidden units, and with more. Networks are named xor_2 or symmetry_4,
by the number of hidden units; single_layer.py and symmetry_breaking.py use them too.
"""

import re
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.judging.statistics import wilson
from backprop86.problems import symmetry, xor
from backprop86.report.style import PALETTE, TWO_COLUMNS, figure_of, label_ends, panel_letters
from backprop86.running.nets import Nets
from backprop86.running.problem import Problem
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring, layered

TASKS = {"xor": (xor, 2, Recipe("2_hidden")), "symmetry": (symmetry, 6, Recipe("two_hidden"))}
ROUNDING = 1e-9
"""An output this near to 0.5 is on neither side. The best that a single layer does to XOR is 0.5 throughout,
and which cases end an ulp above it would be a matter of the order in which sums are formed."""


def task_and_hidden(recipe: Recipe) -> tuple[str, int]:
    """Return ("symmetry", 4) of symmetry_4."""
    if found := re.fullmatch(r"(xor|symmetry)_(\d+)", recipe.network):
        return found[1], int(found[2])
    raise BadInput(f"network must be such as xor_2 or symmetry_4, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return inputs, a layer of hidden units (none if 0), one output; adjacent layers only, with biases."""
    task, hidden = task_and_hidden(recipe)
    return layered(*[n for n in (TASKS[task][1], hidden, 1) if n])


def cases(recipe: Recipe) -> Cases:
    """Return the cases of the task."""
    problem: Problem
    problem, _, its_recipe = TASKS[task_and_hidden(recipe)[0]]
    return problem.cases(its_recipe)


MEASURES = {
    "hidden": "the number of hidden units",
    "weights_in_net": "the number of weights and biases",
    "wrong": "the number of cases that are not on the right side of 0.5",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Count hidden units, weights and wrong cases."""
    out = nets.outputs
    right = np.where(nets.on, out > 0.5 + ROUNDING, out < 0.5 - ROUNDING)
    sizes = {"hidden": nets.wiring.n_units - nets.wiring.n_inputs - 2, "weights_in_net": nets.wiring.n_parameters}
    return {name: np.full(len(nets.w), size) for name, size in sizes.items()} | {"wrong": (~right).sum((1, 2))}


SHOWN = {
    "rate_0.03": "rate 0.03",
    "rate_0.1": "rate 0.1",
    "rate_0.25": "rate 0.25",
    "rate_0.5": "rate 0.5",
    "zero_one_targets": "rate 0.1, targets 1 and 0",
}
"""The ways to train, in words."""
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
    """Return of each reading of a task: hidden units, the training, the share of unsolved runs and its interval."""
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

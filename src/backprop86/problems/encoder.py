"""Encoding (P pp. 335-339): eight patterns through three hidden units, and four through a single one."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.report.drawing import hinton
from backprop86.report.style import ONE_COLUMN, SMALL, figure_of, panel_letters
from backprop86.running.nets import Nets, states
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring, layered

NETWORKS = {"8-3-8": (8, 3, 8), "2-1-4-4": (2, 1, 4, 4)}
PRINTED_CODES = np.array(
    [[0.5, 0, 0], [0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1], [0.5, 0, 1], [1, 0, 0.5], [0, 0, 0.5]]
)
"""P Table 5: what the three hidden units do for each of the eight patterns."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 8-3-8, or 2-1-4-4 with its single hidden unit in between; adjacent layers only."""
    if recipe.network not in NETWORKS:
        raise BadInput(f"network must be {' or '.join(NETWORKS)}, was {recipe.network}")
    return layered(*NETWORKS[recipe.network])


def cases(recipe: Recipe) -> Cases:
    """Return one unit of eight on, to be repeated; or 00, 01, 10, 11, each with an output unit of its own."""
    if recipe.network == "8-3-8":
        return Cases(np.eye(8), np.eye(8), tuple(str(k + 1) for k in range(8)))
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    desired = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)
    return Cases(inputs, desired, ("00", "01", "10", "11"))


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the outputs of the narrow layer over the cases.

    8-3-8: intermediate is how many of the 24 values are between 0.2 and 0.8, is_binary whether none is,
    has_intermediate the contrary. 2-1-4-4: order is the cases by the value of the single unit, in that direction of
    the two that comes first in the alphabet; value_<case> what the unit does, or its contrary where 10 would be above
    01, as P has 10 at 0 and 01 at 1.
    """
    narrow = nets.y[:, :, [k for k, name in enumerate(nets.wiring.units) if name in ("h1", "h2", "h3", "h1.1")]]
    if narrow.shape[-1] == 1:
        ranks = np.argsort(narrow[..., 0], 1, kind="stable")
        orders = [[" ".join(nets.cases.names[c] for c in row[::way]) for way in (1, -1)] for row in ranks]
        order = np.array([min(pair) for pair in orders], dtype=object)
        single = narrow[..., 0]
        values = np.where(single[:, [2]] > single[:, [1]], 1 - single, single)
        found = {f"value_{name}": values[:, c] for c, name in enumerate(nets.cases.names)}
        return found | {"order": order, "is_printed_order": order == "01 00 11 10"}
    intermediate = ((narrow > 0.2) & (narrow < 0.8)).sum((1, 2))
    return {"intermediate": intermediate, "is_binary": intermediate == 0, "has_intermediate": intermediate > 0}


SHOWN = 5000
"""A sweep by which codes have sharpened."""


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

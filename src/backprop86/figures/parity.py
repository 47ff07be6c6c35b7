"""The figures of parity."""

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment

from backprop86.engines.outputs import states
from backprop86.problems.parity import PRINTED_CODES, cases, wiring
from backprop86.report.drawing import hinton
from backprop86.report.style import ONE_COLUMN, figure_of, panel_letters
from backprop86.running.runs import Runs

SHOWN = 2825
"""The sweep of P's table of the hidden units."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw P Table 3, printed and ours: the mean output of each hidden unit by the number of inputs on."""
    rows = runs.at("as_printed", str(SHOWN))
    if not len(rows := rows[rows["learned"] & rows["weights"].notna()].sort_values(["sweeps", "seed"])):
        return {}
    recipe, row = runs.recipe("as_printed"), rows.iloc[(len(rows) - 1) // 2]
    seed, w = row["seed"], np.array(row["weights"])
    network, asked = wiring(recipe), cases(recipe)
    y, number = states(network, asked.inputs, w[None])[0][:, network.hidden], asked.inputs.sum(1)
    ours = turned(np.stack([y[number == n].mean(0) for n in range(5)]), PRINTED_CODES)
    figure = figure_of(ONE_COLUMN, 58)
    panels = figure.subplots(1, 2, sharey=True)
    titles = "1986 (P Table 3)", f"ours (seed {seed})"
    for axes, codes, title in zip(panels, (PRINTED_CODES, ours), titles, strict=True):
        hinton(axes, codes.astype(float), 1)
        axes.set(xlim=(0, 4), ylim=(0, 5), aspect="equal", title=title, xlabel="hidden unit")
        axes.set_xticks(np.arange(4) + 0.5, range(1, 5))
        axes.set_yticks(np.arange(5) + 0.5, range(4, -1, -1))
        axes.tick_params(length=0)
    panels[0].set_ylabel("inputs that are on")
    panel_letters(panels)
    return {"table3": figure}


def turned(codes: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the codes (rows, units) with units reordered and inverted to be nearest to `like`.

    A net computes the same with its hidden units in another order, and with inverted hidden units.
    """
    apart = np.abs(codes[:, :, None] - like[:, None]).sum(0), np.abs(1 - codes[:, :, None] - like[:, None]).sum(0)
    units, places = linear_sum_assignment(np.minimum(*apart))
    found = np.empty_like(codes)
    for unit, place in zip(units, places, strict=True):
        opposite = apart[1][unit, place] < apart[0][unit, place]
        found[:, place] = 1 - codes[:, unit] if opposite else codes[:, unit]
    return found

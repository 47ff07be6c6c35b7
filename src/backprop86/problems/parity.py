"""Parity (P pp. 334-335): on if an odd number of the inputs is. As many hidden units as inputs suffice, fewer do not.

The chapter's solution counts: its hidden units form a thermometer, each of which changes at another number of inputs.
"""

import re

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment

from backprop86.engines.outputs import states
from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.report.drawing import hinton
from backprop86.report.style import ONE_COLUMN, figure_of, panel_letters
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring, layered

PRINTED_CODES = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
"""P Table 3: what the four hidden units do when 0, 1, 2, 3 and 4 of the inputs are on."""


def sizes(recipe: Recipe) -> tuple[int, int]:
    """Return (inputs, hidden units) of a network named, say, 4_bits_4_hidden."""
    if found := re.fullmatch(r"([2-9])_bits_([1-9]\d*)_hidden", recipe.network):
        return int(found[1]), int(found[2])
    raise BadInput(f"network must be such as 4_bits_4_hidden, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return N inputs, a hidden layer and one output; no shortcut (P Fig. 6)."""
    return layered(*sizes(recipe), 1)


def cases(recipe: Recipe) -> Cases:
    """Return all 2^N rows of bits."""
    return Cases.of_all_bits(sizes(recipe)[0], lambda inputs: inputs.sum(1, keepdims=True) % 2)


MEASURES = {
    "is_thermometer": "hidden units depend only on the number of inputs that are on, and each changes once and alone",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Look at what the hidden units do for each number of inputs that are on."""
    number = nets.cases.inputs.sum(1).astype(int)
    on = nets.y[:, :, nets.wiring.hidden] > 0.5
    codes = np.stack([on[:, number == n].mean(1) for n in range(number.max() + 1)], 1)  # (S, N + 1, hidden)
    steps = np.abs(np.diff(codes, axis=1))
    counts = np.isin(codes, [0, 1]).all((1, 2))
    return {"is_thermometer": counts & (steps.sum(1) == 1).all(1) & (steps.sum(2) == 1).all(1)}


SHOWN = 2825
"""The sweep at which P shows the hidden units."""


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
    """Return the codes (rows, units) with the units in the order, and the sense, that is nearest to `like`.

    A net computes the same with its hidden units in another order, and with units that do the opposite.
    """
    apart = np.abs(codes[:, :, None] - like[:, None]).sum(0), np.abs(1 - codes[:, :, None] - like[:, None]).sum(0)
    units, places = linear_sum_assignment(np.minimum(*apart))
    found = np.empty_like(codes)
    for unit, place in zip(units, places, strict=True):
        opposite = apart[1][unit, place] < apart[0][unit, place]
        found[:, place] = 1 - codes[:, unit] if opposite else codes[:, unit]
    return found

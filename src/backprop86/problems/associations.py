"""Associations (L pp. 12-23): pairs of random binary vectors of length ten, through nets of many shapes.

L prints how E falls in a single run, sweep by sweep, and which starts overshoot. Networks are named 20_pairs_10-100-10,
by the pairs and the layers; width_and_depth.py uses them too.
"""

import re
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.judging.statistics import quantiles, with_infinity
from backprop86.network import generator
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
from backprop86.running.measures import total
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.running.settings import load
from backprop86.wiring import ONE, Wiring, layered, wire

LENGTH = 10
"""The bits of a vector."""
MOST_PAIRS = 1 << LENGTH
"""The different inputs that there are."""
APART = "10-10of10-10"
"""L's name for 100 hidden units, ten for each output alone."""


def parts_of(recipe: Recipe) -> tuple[int, str]:
    """Return 20 and 10-100-10 of 20_pairs_10-100-10."""
    found = re.fullmatch(r"([1-9]\d{0,3})_pairs_(10(?:-[1-9]\d{0,2}){1,9}-10|10-10of10-10)", recipe.network)
    if found and int(found[1]) <= MOST_PAIRS:
        return int(found[1]), found[2]
    raise BadInput(f"network must be such as 20_pairs_10-100-10 or 20_pairs_{APART}, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return layers fed by the layer below, with thresholds; or ten hidden units for each output alone."""
    _, shape = parts_of(recipe)
    return ten_for_each_output() if shape == APART else layered(*map(int, shape.split("-")))


def ten_for_each_output() -> Wiring:
    """Return 10-10of10-10 (L p. 22): every hidden unit sees all inputs, and feeds one output."""
    inputs = [f"i{k + 1}" for k in range(LENGTH)]
    groups = {f"o{j + 1}": [f"h{10 * j + k + 1}" for k in range(10)] for j in range(LENGTH)}
    fed = {unit: [ONE, *inputs] for group in groups.values() for unit in group}
    return wire(inputs, fed | {unit: [ONE, *group] for unit, group in groups.items()}, list(groups))


def cases(recipe: Recipe) -> Cases:
    """Return pairs of random vectors, the set that the recipe numbers; 10 pairs are the first ten of the same 20.

    No input comes twice: two equal inputs with different outputs cannot be learned (assumed, as L does not say so).
    """
    n, _ = parts_of(recipe)
    random = generator(recipe.case_set, stream=2)
    inputs: list[tuple[int, ...]] = []
    desired = []
    while len(inputs) < n:
        bits = tuple(random.integers(0, 2, 2 * LENGTH).tolist())
        if bits[:LENGTH] not in inputs:
            inputs.append(bits[:LENGTH])
            desired.append(bits[LENGTH:])
    return Cases(
        np.array(inputs, dtype=float), np.array(desired, dtype=float), tuple("".join(map(str, row)) for row in inputs)
    )


MEASURES = {"total_error": "E of equation 3, with 1 and 0 as targets"}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure E."""
    apart = nets.outputs - nets.cases.desired
    return {"total_error": total((apart * apart).reshape(len(nets.w), -1)) / 2}


SHOWN = {
    "as_printed": "weights from ±0.3",
    "range_1": "weights from ±1",
    "range_1_doubled": "±1, gradients twice as large",
}
"""The readings that are drawn, in words."""


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
    """Draw 90 % of the runs and their median at the sweeps of a claim, and over them what is printed."""
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

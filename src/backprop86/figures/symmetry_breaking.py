"""The figures of symmetry breaking."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.figures import symmetry, xor
from backprop86.judging.statistics import with_infinity
from backprop86.report.style import TWO_COLUMNS, figure_of, label_line, panel_letters, plain_ticks
from backprop86.running.runs import Runs

SHOWN = {
    "as_printed": "all equal",
    "nearly_equal/as_printed": "equal to within 0.0001",
    "nearly_equal/spread_1e-8": "equal to within 10⁻⁸",
    "random/as_printed": "random, up to 0.3",
    "random/range_1e-4": "random, up to 0.0001",
    "random/range_1e-8": "random, up to 10⁻⁸",
}
"""The starts to draw, in words."""

PICTURES = {"xor_2": xor.PICTURES["2_hidden"], "symmetry_2": symmetry.PICTURES["two_hidden"]}
"""The nets that the texts draw for XOR and for mirror symmetry."""

NONE = 1e-17
"""The place of a difference of exactly 0 on a logarithmic axis."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw, for each start, the final distance of the two hidden units, and the sweeps until XOR is learned."""
    shown = {name: words for name, words in SHOWN.items() if name in runs.readings}
    figure = figure_of(TWO_COLUMNS, 52)
    left, right = figure.subplots(1, 2, sharey=True)
    for place, name in enumerate(shown):
        rows, limit = runs.of(name), runs.recipe(name).sweeps
        apart = runs.at(name, "end")["separation"].astype(float).dropna()
        _spread(left, place, np.maximum(apart, NONE))
        never = float((~rows["learned"].astype(bool)).mean())
        learned = with_infinity(rows["sweeps"])
        if never < 1:
            _spread(right, place, learned[np.isfinite(learned)])
        if never > 0:
            says = f"{never:.0%} never" if never > 0.005 else "a few never"
            label_line(right, limit, place, says, "black")
    left.set(xscale="log", xlim=(NONE / 5, 5), xlabel="difference between the two hidden units at the end")
    left.set_xticks([NONE, 1e-12, 1e-8, 1e-4, 1], ["none", "10⁻¹²", "10⁻⁸", "0.0001", "1"])
    left.set_yticks(range(len(shown)), shown.values())
    left.set_ylabel("initial weights")
    left.invert_yaxis()
    right.set(xscale="log", xlim=(100, limit), xlabel="sweeps until XOR is learned")
    plain_ticks(right.xaxis)
    for axes in (left, right):
        axes.set_xticks([], minor=True)
        axes.tick_params(axis="y", length=0)
    panel_letters([left, right])
    return {"separation": figure}


def _spread(axes: Axes, place: float, values: np.ndarray) -> None:
    """Draw the median as a dot, the middle half as a thick line, and nine tenths as a thin one."""
    low, first, median, third, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    axes.plot([low, high], [place] * 2, color="0.6", linewidth=0.8)
    axes.plot([first, third], [place] * 2, color="0.6", linewidth=3, solid_capstyle="butt")
    axes.plot(median, place, "o", color="black")

"""The figures of noisy signals."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.network import generator
from backprop86.problems.signals import BANDS, OF_BLOCKS, RISES, STAYS, TIMES, examples
from backprop86.report.drawing import hinton
from backprop86.report.style import PALETTE, TWO_COLUMNS, figure_of, label_line, panel_letters, plain_ticks
from backprop86.running.runs import Runs

PRINTED = 97.8
"""The share of signals that L's net classifies correctly, in %."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw four signals as the net gets them, and the share of test signals that each run classifies correctly."""
    (inputs,), (desired,) = examples([generator(0, OF_BLOCKS)], 40)
    figure = figure_of(TWO_COLUMNS, 56)
    left, right = figure.subplots(1, 2, width_ratios=(4, 3))
    for place, kind in enumerate((RISES, RISES, STAYS, STAYS)):
        chosen = np.flatnonzero(desired[:, kind])[place % 2]
        hinton(left, inputs[chosen].reshape(TIMES, BANDS).T[::-1], inputs.max(), (place * (TIMES + 2), 0))
        word = "rises" if kind == RISES else "stays"
        left.text(place * (TIMES + 2) + TIMES / 2, BANDS + 0.7, word, ha="center", va="bottom")
    left.set(xlim=(-0.5, 4 * (TIMES + 2) - 1.5), ylim=(-1, BANDS + 2.5), aspect="equal", title="signals in noise")
    left.text(0, -0.4, "time \u2192, band \u2191", va="top")
    left.axis("off")
    _learning(right, runs)
    panel_letters([left, right])
    return {"signals": figure}


SHOWN = {
    "as_printed": ("gradients summed", "0.8", "black"),
    "averaged": ("averaged over the block", "#C5DFF3", PALETTE[2]),
}
"""The readings to draw: words, and the colours of the runs and of their median."""


def _learning(axes: Axes, runs: Runs) -> None:
    """Draw the share of right choices of each run, and L's number."""
    for name, (words, faint, colour) in SHOWN.items():
        recipe = runs.recipe(name)
        sweeps, moments = [*recipe.moments, recipe.sweeps], [*map(str, recipe.moments), "end"]
        shares = 100 * np.stack([runs.at(name, one)["forced_choice"].to_numpy(float) for one in moments], 1)
        axes.plot(sweeps, shares.T, color=faint, linewidth=0.4)
        axes.plot(sweeps, np.median(shares, 0), color=colour, zorder=3)
        label_line(axes, sweeps[-1], float(np.median(shares[:, -1])), words, colour)
    axes.axhline(PRINTED, color=PALETTE[1], linewidth=0.8, linestyle="dotted")
    axes.set(xscale="log", xlabel="blocks of 25 new signals", ylabel="classified correctly (%)", ylim=(45, 102))
    axes.text(sweeps[0], PRINTED + 0.5, f"printed: {PRINTED} %", va="bottom")
    plain_ticks(axes.xaxis)

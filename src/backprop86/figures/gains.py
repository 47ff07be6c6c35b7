"""The figures of learned gains."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.problems.gains import wiring
from backprop86.report.style import FAINT, PALETTE, TWO_COLUMNS, figure_of, panel_letters, plain_ticks
from backprop86.running.runs import Runs

PRINTED = {"as_printed": (2269, 1652, 3867), "with_gain/as_printed": (566, 155, 1000)}
"""Printed sweeps of 4-1-4 by reading: the average of L's 20 runs, the fewest, the most."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the sweeps that the net 4-1-4 needs without and with a learned gain, and the gain of each step."""
    if not all(runs.of(name)["learned"].any() for name in PRINTED):
        return {}
    figure = figure_of(TWO_COLUMNS, 62)
    left, right = figure.subplots(1, 2)
    for place, (name, (mean, fewest, most)) in enumerate(PRINTED.items()):
        sweeps = runs.of(name).loc[runs.of(name)["learned"], "sweeps"].to_numpy(float)
        across = place + np.random.default_rng(0).uniform(-0.12, 0.12, len(sweeps))
        left.scatter(across, sweeps, s=3, color=FAINT, linewidth=0)
        left.hlines(sweeps.mean(), place - 0.16, place + 0.16, color="black")
        left.vlines(place + 0.3, fewest, most, color=PALETTE[1], linewidth=1)
        left.scatter(place + 0.3, mean, s=14, color=PALETTE[1], zorder=3)
        left.text(place + 0.36, mean, f"1986: {mean:,}", va="center", color=PALETTE[1])
    left.set(yscale="log", xlim=(-0.4, 1.9), xticks=[0, 1], ylabel="sweeps until learned")
    left.set_xticklabels(["gain stays 1", "gain is learned"])
    plain_ticks(left.yaxis)
    _gains(right, runs)
    panel_letters([left, right])
    return {"gains": figure}


def _gains(axes: Axes, runs: Runs) -> None:
    """Draw the gain of each step, after learning, in every run with saved weights."""
    rows = runs.at("with_gain/as_printed", "learned")
    net = wiring(runs.recipe("with_gain/as_printed"))
    gains = np.stack(rows["weights"].dropna().tolist())[:, net.n_weights :]
    steps = np.arange(1, gains.shape[1] + 1)
    axes.plot(steps, gains.T, color=FAINT, linewidth=0.4)
    axes.plot(steps, np.median(gains, 0), color="black")
    axes.set(xlabel="step", ylabel="gain when learned", xticks=steps, ylim=(0, None))

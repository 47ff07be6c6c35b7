"""The figures of Chauvin's study of XOR."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from backprop86.judging.statistics import quantiles, with_infinity
from backprop86.report.style import PALETTE, TWO_COLUMNS, figure_of, label_ends, label_line, panel_letters, plain_ticks
from backprop86.running.runs import Runs

INTERCEPT, SLOPE = 280, -33
"""The coefficients as printed (P p. 333)."""

SHOWN = {
    "as_printed": "as printed",
    "no_momentum": "no momentum",
    "case_updates": "a change after every case",
    "range_1": "weights from ±1",
    "zero_one_targets": "targets 1 and 0",
}
"""The readings to draw, in words."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw median sweeps against H at the rate of 0.25, and against the rate at H = 8, beside P's formula."""
    names = [reading.split("/") for reading in runs.readings]
    hidden, hows, rates = (list(dict.fromkeys(parts)) for parts in zip(*names, strict=True))
    rates.sort(key=lambda rate: float(rate.split("_")[1]))
    H = np.array([int(name.split("_")[0]) for name in hidden])
    figure = figure_of(TWO_COLUMNS, 70)
    left, right = figure.subplots(1, 2)
    left.plot(H, INTERCEPT + SLOPE * np.log2(H), color="black", linewidth=2, label="1986: 280 − 33 log₂ H")
    right.plot([0.1, 0.75], [450, 68], "*", color="black", markersize=7, linestyle="none", label="1986")
    for k, how in enumerate(how for how in hows if how in SHOWN):
        style: dict[str, Any] = {"color": PALETTE[k + 1] if k < 5 else "0.5", "marker": "osD^v"[k], "label": SHOWN[how]}
        left.plot(H, [_median(runs, f"{h}/{how}/rate_0.25") for h in hidden], **style)
        of_8 = [_median(runs, f"8_hidden/{how}/{rate}") for rate in rates]
        right.plot([float(rate.split("_")[1]) for rate in rates], of_8, **style)
    left.set(xscale="log", yscale="log", xlim=(H[0] / 1.1, H[-1] * 1.1), xlabel="hidden units H (rate 0.25)")
    right.set(xscale="log", yscale="log", xlabel="learning rate (8 hidden units)")
    left.set_ylabel("sweeps to learn XOR, median run")
    left.set_xticks(H, H, minor=False)
    for axes in (left, right):
        plain_ticks(axes.yaxis)
        axes.set_xticks([], minor=True)
    right.set_xticks([0.1, 0.25, 0.75, 1.5, 4], ["0.1", "0.25", "0.75", "1.5", "4"])
    label_line(left, H[0], INTERCEPT, "1986: 280 − 33 log₂ H", "black").set(position=(2, -22))
    label_line(right, 0.75, 68, "1986", "black").set(position=(-24, -6))
    label_ends(right, [line for line in right.lines if line.get_linestyle() != "None"])
    panel_letters([left, right])
    return {"hidden": figure}


def _median(runs: Runs, reading: str) -> float:
    """Return the median sweeps of all runs; NaN, which draws nothing, if fewer than half of them learned."""
    median = quantiles(with_infinity(runs.of(reading)["sweeps"]))[2]
    return float(median) if np.isfinite(median) else np.nan

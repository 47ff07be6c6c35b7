"""Chauvin's study of exclusive or (P p. 333): how the time to learn depends on the number of hidden units and the rate.

P reports presentations = 280 - 33 log2 H for 2-H-1 and H up to about 40. The problem is xor.py's.
"""

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from backprop86.judging.statistics import quantiles, through_logarithms, with_infinity
from backprop86.problems.xor import cases, measure, wiring
from backprop86.running.runs import Runs

__all__ = ["cases", "draw", "measure", "wiring"]
INTERCEPT, SLOPE = 280, -33
"""The coefficients as printed (P p. 333)."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw median sweeps against H at the rate of 0.25, and against the rate at H = 8, beside what P prints."""
    names = [reading.split("/") for reading in runs.readings]
    hidden, hows, rates = (list(dict.fromkeys(parts)) for parts in zip(*names, strict=True))
    rates.sort(key=lambda rate: float(rate.split("_")[1]))
    H = np.array([int(name.split("_")[0]) for name in hidden])
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(H, INTERCEPT + SLOPE * np.log2(H), color="black", linewidth=2.5, label="1986: 280 − 33 log₂ H")
    right.plot([0.1, 0.75], [450, 68], "k*", markersize=11, label="1986")
    for k, how in enumerate(hows):
        style = {
            "color": sns.color_palette("colorblind")[k],
            "marker": "osD^vP"[k],
            "linestyle": ("-", "--", ":")[k % 3],
        }
        middle = [quantiles(with_infinity(runs.of(f"{h}/{how}/rate_0.25")["sweeps"]))[1:4] for h in hidden]
        low, median, high = np.array(middle).T
        label = how
        if np.isfinite(median).all():
            (a, *_), (b, *_) = through_logarithms(H, median)
            label = f"{how}: {a:.0f} {'−' if b < 0 else '+'} {abs(b):.0f} log₂ H"
        left.plot(H, median, label=label, linewidth=1.2, markersize=5, **style)
        left.fill_between(H, low, np.minimum(high, 1e5), color=style["color"], alpha=0.12, linewidth=0)
        of_8 = [quantiles(with_infinity(runs.of(f"8_hidden/{how}/{rate}")["sweeps"]))[2] for rate in rates]
        right.plot([float(rate.split("_")[1]) for rate in rates], of_8, linewidth=1.2, markersize=5, **style)
    left.set(xscale="log", yscale="log", xlabel="hidden units H", ylabel="median sweeps to 0.01 a pattern")
    left.set_xticks(H, H, minor=False)
    left.set_xticks([], minor=True)
    left.set_title("rate 0.25; bands: the middle half of the runs", fontsize=9)
    right.set(xscale="log", yscale="log", xlabel="rate")
    right.set_title("H = 8; where a line ends, most runs are never learned", fontsize=9)
    right.legend(frameon=False, fontsize=8)
    left.legend(frameon=False, fontsize=7)
    sns.despine(figure)
    return {"hidden": figure}

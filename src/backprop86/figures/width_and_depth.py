"""The figures of width and depth."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.judging.judgement import FEWEST
from backprop86.judging.ledger import judge
from backprop86.report.style import PALETTE, SMALL, TWO_COLUMNS, figure_of, label_line, panel_letters, plain_ticks
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs
from backprop86.running.settings import load

SHOWN = {
    "as_printed": "weights from ±0.3",
    "range_1": "weights from ±1",
    "range_1_doubled": "±1, gradients twice as large",
}
"""The readings to draw, in words."""

PRINTED_NET = "10-10-10, 20 pairs"
"""The printed net, which is not a variant, in words."""

LEAST, LARGEST = 50, 3000
"""The ends of the axis of sweeps."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the printed average of each net beside averages of our runs, a panel for each of some readings."""
    experiment = load("width_and_depth").experiment
    claims = {claim.readings[0].removesuffix("*") if claim.readings else "": claim for claim in experiment.claims}
    words = [experiment.in_words(f"{net}as_printed") if net else PRINTED_NET for net in claims]
    hows = [how for how in SHOWN if how in runs.readings]
    figure = figure_of(TWO_COLUMNS, 62)
    panels = figure.subplots(1, len(hows), sharey=True, squeeze=False)[0]
    for axes, how in zip(panels, hows, strict=True):
        for place, (net, claim) in enumerate(claims.items()):
            _one_net(axes, place, claim, runs, f"{net}{how}")
        axes.set(xscale="log", xlim=(LEAST, LARGEST), ylim=(len(claims) - 0.5, -0.7), title=SHOWN[how])
        axes.set(xlabel="sweeps, average of 20 runs")
        axes.set_xticks([100, 300, 1000])
        axes.set_xticks([], minor=True)
        plain_ticks(axes.xaxis)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(claims)), [each.replace(", ", "\n", 1) for each in words])
    label_line(panels[0], next(iter(claims.values())).printed[0], 0, "1986", PALETTE[1]).set(position=(-6, 9))
    panel_letters(panels)
    return {"averages": figure}


def _one_net(axes: Axes, place: int, claim: Claim, runs: Runs, reading: str) -> None:
    """Draw the printed average as a star, and our average as a dot on the range of 95 % of such averages."""
    axes.plot(claim.printed[0], place, "*", color=PALETTE[1], markersize=7, zorder=3)
    found = judge(claim, runs, reading)
    if found.n >= FEWEST:
        axes.plot([found.low, found.high], [place, place], color="0.6", linewidth=3, solid_capstyle="butt")
        axes.plot(found.estimate, place, "o", color="black", zorder=4)
    if found.learned_share < 1:
        says = f"{found.learned_share:.0%} learned" if found.learned_share else "none learned"
        about: dict[str, Any] = {
            "xycoords": ("axes fraction", "data"),
            "textcoords": "offset points",
            "fontsize": SMALL,
        }
        axes.annotate(says, (1, place), (-1, 0), ha="right", va="center", **about)

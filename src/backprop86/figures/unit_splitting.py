"""The figures of unit splitting."""

import numpy as np
from matplotlib.figure import Figure

from backprop86.network import initial_weights
from backprop86.problems.unit_splitting import NETS, SWEEPS, cases, shown_with_one, split, trained, wiring
from backprop86.report.style import ONE_COLUMN, PALETTE, SMALL, figure_of, label_ends, plain_ticks
from backprop86.running.columns import DRAWN
from backprop86.running.runs import Runs

SHOWN = {"10": "ten copies", "2_outgoing_only": "two copies, ε of incoming\nweights as before"}
"""The nets whose difference to draw, in words; with two and four copies there is no difference."""

LEAST = 1e-17
"""The smallest difference to draw."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the distance of two split nets' outputs from the outputs of the original net, sweep by sweep."""
    recipe = runs.recipe("as_printed")
    net = wiring(recipe)
    w = initial_weights(net, runs.of("as_printed")["seed"].tolist()[:DRAWN], recipe.initial_range, recipe.biases)
    apart = np.maximum(trained(split(net, w), shown_with_one(cases(recipe).inputs)), LEAST)
    figure = figure_of(ONE_COLUMN, 58)
    axes = figure.subplots()
    axes.set(yscale="log", xlim=(0, SWEEPS), ylim=(LEAST, 1), xlabel="sweeps (epochs)")
    axes.set_ylabel("difference of outputs")
    axes.set_xticks([0, 500, 1000, 1500, 2000])
    lines = []
    for colour, (name, words) in zip(PALETTE, SHOWN.items(), strict=False):
        low, middle, high = np.quantile(apart[:, :, list(NETS).index(name)], [0, 0.5, 1], axis=1, method="inverted_cdf")
        lines += axes.plot(middle, color=colour, label=words)
        axes.fill_between(np.arange(len(middle)), low, high, color=colour, alpha=0.15, linewidth=0)
    axes.axhline(1e-12, color="0.4", linewidth=0.6, linestyle=":")
    axes.annotate(
        "equal, below 10⁻¹²", (SWEEPS, 1e-12), (-2, 2), textcoords="offset points", ha="right", fontsize=SMALL
    )
    for axis in (axes.xaxis, axes.yaxis):
        plain_ticks(axis)
    label_ends(axes, lines)
    return {"apart": figure}

"""The figures of negation."""

import numpy as np
from matplotlib.figure import Figure

from backprop86.problems.negation import wiring
from backprop86.report.drawing import excites_inhibits, hinton
from backprop86.report.style import ONE_COLUMN, figure_of, panel_letters
from backprop86.running.runs import Runs

SHOWN = 5000
"""The most sweeps that P needed."""

SAYS = {"1": "bias", "i1": "negate", "i2": "bit 1", "i3": "bit 2", "i4": "bit 3"} | {
    f"h{k}": f"hidden {k}" for k in (1, 2, 3)
}
"""Units in words."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the weights of a typical run: into each hidden unit, and from inputs and hidden units into each output."""
    if not runs.of("as_printed")["learned"].any():
        return {}
    seed, w = runs.typical("as_printed", str(SHOWN))
    network = wiring(runs.recipe("as_printed"))
    figure = figure_of(ONE_COLUMN, 46)
    panels = figure.subplots(1, 2, width_ratios=(5, 8))
    for axes, n_sources, letter in zip(panels, (5, 8), "ho", strict=True):
        names, targets = list(SAYS)[:n_sources], [f"{letter}{k}" for k in (1, 2, 3)]
        weights = np.array([[w[network.index(source, target)] for source in names] for target in targets])
        hinton(axes, weights, np.abs(w).max())
        axes.set(xlim=(0, len(names)), ylim=(0, 3), aspect="equal")
        axes.set_xticks(np.arange(len(names)) + 0.5, [SAYS[name] for name in names], rotation=90)
        axes.set_yticks(np.arange(3) + 0.5, "321")
        axes.tick_params(length=0)
    panels[0].set(title="into the hidden units", ylabel="hidden unit")
    panels[1].set(title=f"into the outputs (seed {seed})", ylabel="output")
    excites_inhibits(figure)
    panel_letters(panels)
    return {"weights": figure}

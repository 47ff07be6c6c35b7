"""Negation (P pp. 346-347): three bits go through as they are, or complemented if a fourth says so."""

import numpy as np
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.report.drawing import excites_inhibits, hinton
from backprop86.report.style import ONE_COLUMN, figure_of, panel_letters
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring, layered


def wiring(recipe: Recipe) -> Wiring:
    """Return 4-3-3, the inputs feeding the outputs directly as well (P pp. 346-347)."""
    if recipe.network != "three_hidden":
        raise BadInput(f"network must be three_hidden, was {recipe.network}")
    return layered(4, 3, 3, shortcuts=True)


def cases(recipe: Recipe) -> Cases:
    """Return all 16 rows; the first bit says whether the other three are complemented."""
    return Cases.of_all_bits(4, lambda inputs: np.abs(inputs[:, 1:] - inputs[:, :1]))


def to_outputs(wiring: Wiring, w: np.ndarray) -> np.ndarray:
    """Return (S, outputs, hidden): the weights from the hidden to the output units."""
    places = [[wiring.index(f"h{i}", f"o{j}") for i in (1, 2, 3)] for j in (1, 2, 3)]
    return w[:, places]


MEASURES = {
    "has_own_unit": "each output has a strongest hidden unit of its own, twice as strong as its next",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Look at the weights from the hidden units to the outputs."""
    size = np.abs(to_outputs(nets.wiring, nets.w))
    ranked = np.sort(size, -1)
    distinct = (np.sort(size.argmax(-1), -1) == [0, 1, 2]).all(-1)
    return {"has_own_unit": distinct & (ranked[..., 2] >= 2 * ranked[..., 1]).all(-1)}


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

"""Negation (P pp. 346-347): three bits go through as they are, or complemented if a fourth says so."""

import numpy as np
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.report.drawing import hinton
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


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return has_own_unit: each output has a strongest hidden unit of its own, twice as strong as its next."""
    size = np.abs(to_outputs(nets.wiring, nets.w))
    ranked = np.sort(size, -1)
    distinct = (np.sort(size.argmax(-1), -1) == [0, 1, 2]).all(-1)
    return {"has_own_unit": distinct & (ranked[..., 2] >= 2 * ranked[..., 1]).all(-1)}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the weights of a typical run: into each hidden unit, and from inputs and hidden units into each output."""
    reading = "to_sweep_5000"
    if not runs.of(reading)["learned"].any():
        return {}
    recipe = runs.recipe(reading)
    seed, w = runs.typical(reading)
    network = wiring(recipe)
    sources = [["1", "i1", "i2", "i3", "i4"], ["1", "i1", "i2", "i3", "i4", "h1", "h2", "h3"]]
    figure = Figure(figsize=(8, 3), layout="constrained")
    for axes, names, letter in zip(figure.subplots(1, 2, width_ratios=(5, 8)), sources, "ho", strict=True):
        targets = [f"{letter}{k}" for k in (1, 2, 3)]
        weights = np.array([[w[network.index(source, target)] for source in names] for target in targets])
        hinton(axes, weights, np.abs(w).max())
        axes.set(xlim=(0, len(names)), ylim=(0, 3), aspect="equal")
        axes.set_xticks(np.arange(len(names)) + 0.5, ["bias", *names[1:]])
        axes.set_yticks(np.arange(3) + 0.5, targets[::-1])
    figure.suptitle(f"Negation: weights of a typical run ({reading}, seed {seed}); i1 says negate", fontsize=10)
    return {"weights": figure}

"""Equal initial weights (N p. 535, P p. 330, H p. 11): hidden units that begin equal stay equal for ever.

Both hidden units receive the same error signal, so their weights change alike and two units do the work of one. Random
weights, however small, break the symmetry.
"""

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.judging.statistics import with_infinity
from backprop86.problems import extra_connections
from backprop86.problems.extra_connections import cases
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring

__all__ = ["cases", "draw", "measure", "wiring"]
SEPARATE = 0.1
"""Hidden units are separate if in some case the outputs of the two differ by more than this."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 2-2-1 for xor_2, 6-2-1 for symmetry_2."""
    if recipe.network not in ("xor_2", "symmetry_2"):
        raise BadInput(f"network must be xor_2 or symmetry_2, was {recipe.network}")
    return extra_connections.wiring(recipe)


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return separation: the largest difference between the outputs of the two hidden units in any case."""
    one, two = (nets.y[:, :, nets.wiring.units.index(unit)] for unit in ("h1", "h2"))
    separation = np.abs(one - two).max(1)
    return {"separation": separation, "separate": separation > SEPARATE, "identical": separation == 0}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the final distance of the two hidden units, and the sweeps to a solution, by the size of the start."""
    shown = [name for name in runs.readings if not name.startswith("symmetry")]
    if not shown:
        return {}
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    panels = figure.subplots(1, 2)
    apart = [runs.of(name)["separation"].astype(float).clip(1e-17) for name in shown]
    sweeps = [with_infinity(runs.of(name)["sweeps"]) for name in shown]
    limit = runs.recipe(shown[0]).sweeps
    panels[0].boxplot(apart, tick_labels=shown, orientation="horizontal", widths=0.5, sym=".")
    panels[0].set(xscale="log", xlim=(3e-18, 10), xlabel="difference of the hidden units (left edge: none)")
    panels[1].boxplot([np.minimum(s, 1.3 * limit) for s in sweeps], orientation="horizontal", widths=0.5, sym=".")
    panels[1].set(xscale="log", xlabel=f"sweeps to solve (right edge: not in {limit:,})", yticks=[])
    panels[1].axvline(limit, color="black", linewidth=0.8, linestyle=":")
    for panel in panels:
        panel.invert_yaxis()
    figure.suptitle("Exclusive or from equal weights, and from random ones of different size", fontsize=10)
    sns.despine(figure)
    return {"separation": figure}

"""No hidden units (N p. 535, P pp. 330-334): what a single layer cannot learn, and the best it can do.

Without hidden units the inputs for which the output is on lie on one side of a plane. Whatever the weights, one case of
the four of exclusive or is wrong, and seven of the 64 of mirror symmetry, where besides all that are not symmetric only
one that is can be right (`tests/problems/test_single_layer.py` finds both minima exactly).
"""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import extra_connections
from backprop86.problems.extra_connections import cases
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring

__all__ = ["cases", "draw", "measure", "wiring"]
LEAST_WRONG = {"xor": 1, "symmetry": 7}
"""The fewest cases that a plane leaves on the wrong side."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 2-1 for xor_0, 6-1 for symmetry_0, with a bias."""
    if recipe.network not in ("xor_0", "symmetry_0"):
        raise BadInput(f"network must be xor_0 or symmetry_0, was {recipe.network}")
    return extra_connections.wiring(recipe)


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return wrong: cases not on the right side of 0.5, itself wrong; is_flat: outputs within 0.01 of each other."""
    wrong = extra_connections.measure(nets)["wrong"]
    out = nets.outputs[..., 0]
    least = LEAST_WRONG["xor" if len(nets.cases.names) == 4 else "symmetry"]
    is_flat = out.max(1) - out.min(1) < 0.01
    return {"wrong": wrong, "right_beyond_the_best": wrong < least, "is_flat": is_flat}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw XOR in the plane, with the one line that a single layer has; and how many cases our runs get wrong."""
    readings = [name for name in runs.readings if runs.recipe(name).network == "xor_0"]
    if not readings:
        return {}
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.5))
    for axes, reading in zip(panels, (readings[0], readings[-1]), strict=False):
        rows = runs.of(reading)
        row = rows[rows["weights"].notna()].sort_values(["wrong", "seed"]).iloc[0]
        _plane(axes, np.array(row["weights"]))
        axes.set_title(f"exclusive or: {reading},\nseed {row['seed']}, {row['wrong']} of 4 wrong", fontsize=9)
    shares = {}
    for reading in runs.readings:
        task = runs.recipe(reading).network.split("_")[0]
        shares[reading] = runs.of(reading)["wrong"].astype(int) - LEAST_WRONG[task]
    panels[2].boxplot(shares.values(), tick_labels=list(shares), orientation="horizontal", widths=0.5)
    panels[2].axvline(0, color="black", linewidth=0.8)
    panels[2].set(xlabel="cases wrong, beyond the fewest possible", xscale="symlog", xlim=(-0.2, 64))
    sns.despine(ax=panels[2])
    return {"line": figure}


def _plane(axes: Axes, w: np.ndarray) -> None:
    """Draw the output for all inputs between the corners; the line where it is 0.5; the four cases, on ones filled."""
    side = np.linspace(-0.3, 1.3, 161)
    a, b = np.meshgrid(side, side)
    y = 1 / (1 + np.exp(-(w[0] + w[1] * a + w[2] * b)))
    axes.imshow(y, origin="lower", extent=(-0.3, 1.3, -0.3, 1.3), cmap="Greys", vmin=-0.2, vmax=1.4)
    if y.min() < 0.5 < y.max():
        axes.contour(a, b, y, levels=[0.5], colors="black", linewidths=1.5)
    for left, right, on in ((0, 0, False), (0, 1, True), (1, 0, True), (1, 1, False)):
        axes.scatter(left, right, s=110, facecolor="black" if on else "white", edgecolor="black", zorder=3)
    axes.set(xlabel="left input", ylabel="right input", xticks=[0, 1], yticks=[0, 1])

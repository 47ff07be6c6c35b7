"""Recipes of the same group, 1986 to 1990, on one scale, beside the readings of the family trees that learn.

The steady step of a recipe is s = epsilon / (1 - alpha): under a constant gradient, every change is s times the
gradient. A weight rests where the gradient is decay / s times the weight; this factor is lambda, the penalty equivalent
to decay.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.recipe import Recipe
from backprop86.report.style import SMALL, TWO_COLUMNS, figure_of, plain_ticks
from backprop86.running.runs import Runs


@dataclass(frozen=True)
class OfTheTime:
    """A recipe as a text prints it: its net, its final rates, and its initial range, NaN if not stated."""

    name: str
    source: str
    epsilon: float
    alpha: float
    decay: float = 0.0
    initial_range: float = math.nan

    @property
    def step(self) -> float:
        """The steady step s."""
        return self.epsilon / (1 - self.alpha)

    @property
    def penalty(self) -> float:
        """Lambda, the penalty of decay against a summed gradient."""
        return self.decay / self.step


FAMILY_TREES = OfTheTime("family trees", "N, H", 0.01, 0.9, 0.002, 0.3)
SHAPES_FIRST = OfTheTime("shapes, first", "S pp. 6-11", 0.004, 0.95, 0.0, 0.5)
SHAPES = OfTheTime("shapes, then", "S pp. 6-11", 0.008, 0.98, 0.004, 0.5)
PAIRS = OfTheTime("random pairs", "L pp. 12-16", 0.1, 0.95)
RECIPES = (
    FAMILY_TREES,
    SHAPES_FIRST,
    SHAPES,
    PAIRS,
    OfTheTime("symmetry", "N Fig. 1", 0.1, 0.9, 0.0, 0.3),
    OfTheTime("sequence", "P pp. 358-361", 0.02, 0.9, 0.0, 0.3),
    OfTheTime("noisy signals", "L pp. 6-11", 0.07, 0.99, 1e-5),
)
"""Recipes that change the weights once a sweep or block of cases, by the gradient summed over it."""
NEGLIGIBLE = 573
"""The sweeps that the family trees needed without decay (H p. 12)."""
SPEECH = (0.1, 0.01)
"""The steady step and lambda of Lang, Waibel and Hinton (1990), whose rates changed by hand."""
ENOUGH = 0.5
"""A reading learns if this share of its nets gets all training cases right."""


def place_of(recipe: Recipe) -> tuple[float, float]:
    """Return step and lambda of a recipe of ours, converted to a logistic of slope 1."""
    step = recipe.epsilon / (1 - recipe.alpha) * recipe.gain**2
    return step, recipe.decay / step


def steps_figure(runs: Runs) -> Figure:
    """Draw lambda against step: printed recipes, and readings of the family trees that learn or do not.

    Recipes without decay are in a strip below.
    """
    figure = figure_of(TWO_COLUMNS, 82)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    for learns, style in (
        (False, {"facecolor": "none", "label": "readings: fewer than half of the nets learn"}),
        (True, {"facecolor": "#3A9BDC", "label": "readings: half of the nets or more learn"}),
    ):
        some = [place_of(runs.recipe(name)) for name in readings(runs) if learned(runs, name) == learns]
        _scatter(above, below, some, marker="o", s=14, edgecolor="#3A9BDC", linewidth=0.7, **style)
    places = {one.name: (one.step, one.penalty) for one in RECIPES} | {"speech, 1990": SPEECH}
    _scatter(above, below, list(places.values()), marker="D", s=16, color="black", label="recipes of 1986 to 1990")
    for name, (step, penalty) in places.items():
        axes, y = (above, penalty) if penalty else (below, 0)
        up = -11 if name.startswith("speech") else 5  # it is just below the family trees
        at: dict[str, Any] = {"xytext": (0, up), "textcoords": "offset points", "ha": "center", "fontsize": SMALL}
        axes.annotate(name, (step, y), **at)
    for name in readings(runs):
        if name.removeprefix("slope_").replace(".", "").isdecimal():
            at = {
                "xytext": (0, -11),
                "textcoords": "offset points",
                "ha": "center",
                "fontsize": SMALL,
                "color": "#3A9BDC",
            }
            above.annotate(f"{runs.recipe(name).gain:g}", place_of(runs.recipe(name)), **at)
    above.set(xscale="log", yscale="log", xlim=(0.05, 12), ylim=(6e-7, 0.08))
    above.set_ylabel("λ = decay / s")
    below.set(ylim=(-0.6, 1.4), yticks=[0], yticklabels=["no decay"])
    below.set_xlabel("steady step s = ε / (1 − α)")
    plain_ticks(above.yaxis)
    plain_ticks(below.xaxis)
    above.legend(loc="lower left")
    return figure


def readings(runs: Runs) -> list[str]:
    """Return the readings that change the weights once a sweep, so that their steps compare; single triples do not."""
    return [name for name in runs.readings if runs.recipe(name).update == "sweep" and not name.startswith("triples/")]


def learned(runs: Runs, reading: str) -> bool:
    """Return whether half of the nets or more get all training cases right in the end."""
    return bool(runs.at(reading, "end")["all_right"].mean() >= ENOUGH)


def _scatter(above: Axes, below: Axes, places: list[tuple[float, float]], **style: Any) -> None:
    """Draw places with decay above, places without decay below."""
    found = np.array(places).reshape(-1, 2)
    decays = found[:, 1] > 0
    above.scatter(*found[decays].T, **style)
    below.scatter(found[~decays, 0], np.zeros((~decays).sum()), **style)

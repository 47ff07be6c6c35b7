"""The figures of the family trees."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.outputs import states
from backprop86.engines.recipe import Recipe
from backprop86.problems.family_trees import LAYERS, cases, correlation, incoming, output, printed_weights, wiring
from backprop86.problems.people import ENGLISH, ITALIAN, PEOPLE, PERSON, RELATIONS
from backprop86.report.drawing import NetPicture, excites_inhibits, hinton
from backprop86.report.recipes_of_the_time import steps_figure
from backprop86.report.style import SMALL, TWO_COLUMNS, figure_of
from backprop86.running.problem import wiring_of
from backprop86.running.runs import Runs


def _printed() -> list[float | None]:
    """Return the weights that H Fig. 6 prints, from people to person units, in the order of the flat vector w."""
    net = wiring(Recipe(network=NETWORK))
    printed: list[float | None] = [None] * net.n_parameters
    for unit, weights in enumerate(printed_weights().tolist()):
        for person, weight in zip(PEOPLE, weights, strict=True):
            printed[net.index(person, f"person{unit + 1}")] = weight
    return printed


NETWORK = "five_layers"
FEATURES = {name: values.tolist() for name, values in PERSON.items()}
PICTURES = {NETWORK: NetPicture(printed={"H Fig. 6": _printed()}, features=FEATURES)}
"""The people's features, and H Fig. 6, digitised to about 0.1 and scaled to 1."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw N Figs. 3 and 4 from a typical run of the first reading with a run that learned, and the steps of all
    readings.

    None if no reading learned.
    """
    for reading in runs.readings:
        rows = runs.at(reading, "end")
        if (rows["learned"] & rows["weights"].notna()).any():
            seed, w = runs.typical(reading, "end")
            figures = {"fig3": activities(runs, reading, w, seed), "fig4": person_units(runs, reading, w, seed)}
            return figures | {"steps": steps_figure(runs)}
    return {}


def activities(runs: Runs, reading: str, w: np.ndarray, seed: int) -> Figure:
    """Draw "Colin aunt": input at the bottom, the two aunts at the top; the area of a square is the unit's output."""
    recipe = runs.recipe(reading)
    network, asked = wiring_of(wiring, recipe), cases(recipe)
    case = asked.names.index("Colin aunt")
    y = states(network, asked.inputs[case : case + 1], w[None])[0, 0]
    of = dict(zip(network.units, y, strict=True))
    figure = figure_of(TWO_COLUMNS, 150)
    axes = figure.subplots()
    _people(axes, np.array([of[output(name)] for name in PEOPLE]), (4, 15.5))
    for layer, corner in zip(LAYERS, ((3, 5), (13, 5), (7, 8), (7, 11.5)), strict=True):
        units = [of[f"{layer[0]}{k + 1}"] for k in range(layer[1])]
        hinton(axes, np.array(units).reshape(-1, 6), 1, corner)
    _people(axes, np.array([of[name] for name in PEOPLE]), (0, 0))
    hinton(axes, np.array([of[name] for name in RELATIONS]).reshape(2, 6), 1, (13, 0))
    for k, name in enumerate(RELATIONS):
        axes.text(13.5 + k % 6, -0.15 if k > 5 else 2.15, name, fontsize=SMALL, rotation=60, **_anchor(k > 5))
    for words, place in (("asked", (0, 1)), ("hidden layers", (3, 5.5)), ("answered", (4, 16.5))):
        axes.text(place[0] - 0.4, place[1], words, ha="right", va="center")
    axes.set(xlim=(-2.6, 20), ylim=(-2.4, 19.2), aspect="equal", title=f"Who are Colin's aunts? (seed {seed})")
    axes.axis("off")
    return figure


def _anchor(below: bool) -> dict[str, Any]:
    return {"ha": "right", "va": "top"} if below else {"ha": "left", "va": "bottom"}


def _people(axes: Axes, values: np.ndarray, corner: tuple[float, float]) -> None:
    """Draw 24 squares with names, the English over the Italians, in bold for units that are on."""
    hinton(axes, values.reshape(2, 12), 1, corner)
    for k, name in enumerate(PEOPLE):
        x, y = corner[0] + k % 12 + 0.5, corner[1] + (2.15 if k < 12 else -0.15)
        weight = "bold" if values[k] > 0.5 else "normal"
        axes.text(x, y, name, fontsize=SMALL, fontweight=weight, rotation=60, **_anchor(k >= 12))


def person_units(runs: Runs, reading: str, w: np.ndarray, seed: int) -> Figure:
    """Draw the weights from 24 people to each of the six person units: 1986 (digitised from H) and ours."""
    network = wiring_of(wiring, runs.recipe(reading))
    ours = incoming(network, w[None], "person")[0]
    figure = figure_of(TWO_COLUMNS, 172)
    panels = figure.subplots(6, 2)
    for column, weights in enumerate((printed_weights(), ours)):
        for unit, axes in enumerate(panels[:, column]):
            hinton(axes, weights[unit].reshape(2, 12), np.abs(weights).max())
            codes = {name: correlation(weights[unit], feature).item() for name, feature in PERSON.items()}
            best = max(codes, key=lambda name: codes[name])
            axes.set(xlim=(0, 12), ylim=(0, 2), aspect="equal", xticks=[], yticks=[])
            axes.set_title(f"unit {unit + 1}: {best} (|r| = {codes[best]:.2f})")
            axes.spines[:].set_visible(False)
        for axes, names, place in ((panels[0, column], ENGLISH, 2.1), (panels[5, column], ITALIAN, -0.1)):
            for k, name in enumerate(names):
                axes.text(k + 0.5, place, name, fontsize=SMALL, rotation=60, **_anchor(place < 0))
    for axes, words in zip(panels[0], ("1986 (H Fig. 6)", f"ours (seed {seed})"), strict=True):
        axes.set_title(f"{words}\n\n{axes.get_title('left')}", pad=42)
    excites_inhibits(figure)
    return figure

"""The network of a step as a figure, with weights and gradients; and the step that every report shows."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.explaining.first_step import Step, first_step
from backprop86.explaining.story import excerpt, explain
from backprop86.report.assembly import Example
from backprop86.report.chapters import CAPTIONS, Chapter
from backprop86.report.gallery import STEP
from backprop86.report.page import Part
from backprop86.report.style import TWO_COLUMNS, TYPE, figure_of
from backprop86.running.settings import load

PLACES = {"1": (-3.0, 2.5), "i1": (-2.0, 0.0), "i2": (2.0, 0.0), "h1": (0.0, 1.4), "o1": (0.0, 3.4)}
"""The places of XOR's units, and of unit 0, which is always 1."""


def step_figure(step: Step, places: Mapping[str, tuple[float, float]], title: str) -> Figure:
    """Draw one case of a step: on each connection its weight and dE/dw, in each unit its y and dE/dx."""
    figure = figure_of(TWO_COLUMNS, 115)
    axes, worked = figure.subplots(), step.of_case
    largest = max(abs(float(gradient)) for gradient in worked.given.values()) or 1
    for k, (parameter, source, target) in enumerate(step.wiring.table()):
        (x0, y0), (x1, y1) = places[source], places[target]
        arrow = {"arrowstyle": "-|>,head_width=0.25,head_length=0.5", "shrinkA": 24, "shrinkB": 24, "color": "0.7"}
        width = 0.5 + 3 * abs(float(worked.given[k])) / largest
        axes.annotate("", (x1, y1), (x0, y0), arrowprops=arrow | {"linewidth": width})
        place = (0.58 * x0 + 0.42 * x1, 0.58 * y0 + 0.42 * y1)
        _two_lines(axes, place, _three(step.w[parameter]), _three(worked.given[k]))
    for name, place in places.items():
        unit = step.wiring.units.index(name)
        axes.scatter(*place, s=1900, facecolor="white", edgecolor="black", linewidth=0.7)
        _two_lines(axes, place, _three(worked.y[unit]), _three(worked.dE_dx[unit]) if unit in worked.dE_dx else "")
        beside = (-22 if place[0] <= 0 else 22, 20)
        axes.annotate(name, place, beside, textcoords="offset points", ha="center", style="italic")
    x, y = np.array(list(places.values())).T
    axes.set(xlim=(x.min() - 0.7, x.max() + 0.7), ylim=(y.min() - 0.5, y.max() + 0.6))
    axes.set_title(title)
    axes.axis("off")
    return figure


def _three(value: Decimal) -> str:
    """Return a number with three digits, enough for a picture."""
    return f"{value:.3g}".replace("-", "−") if value else "0"


def _two_lines(axes: Axes, place: tuple[float, float], above: str, below: str) -> None:
    """Write one line in black and one in blue below it, on white; a single line is in the middle."""
    blue = sns.color_palette("colorblind")[0]
    white = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    for text, up, colour, box in (
        (f"{above}\n{below}" if below else above, 0.0, "white", white),
        (above, 5.0 if below else 0.0, "black", None),
        (below, -5.0, blue, None),
    ):
        where: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "center"}
        axes.annotate(text, place, (0, up), fontsize=TYPE, color=colour, bbox=box, **where)


@cache
def the_step() -> list[Part]:
    """Return the page of `make explain` without settings."""
    experiment = load("xor").experiment
    return explain(experiment.problem, experiment.recipe_of("as_printed"), f"{experiment.title}, reading as_printed")


def picture(chapter: Chapter) -> None:
    """Draw the network of that step with its weights and gradients."""
    experiment = load("xor").experiment
    step = first_step(experiment.problem, experiment.recipe_of("as_printed"))
    title = f"XOR, seed 0, case {step.cases.names[step.case]}"
    figure = step_figure(step, PLACES, f"{title}: y and w in black, ∂E/∂x and ∂E/∂w in blue")
    chapter.figure(STEP, figure, CAPTIONS[STEP].format(title=title), [], [], {})


EXAMPLE = Example(the_step, excerpt, picture)
"""The step of XOR that the gallery and the README show."""

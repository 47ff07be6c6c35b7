"""Drawings for several figures: networks with their numbers, Hinton diagrams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from backprop86.report.style import SMALL
from backprop86.wiring import Wiring

Places = dict[str, tuple[float, float] | None]
"""The place of each unit by its name, y upwards; None is not drawn."""


@dataclass(frozen=True)
class NetPicture:
    """A network as a text draws it: the page draws our runs in its layout, and its weights behind ours."""

    places: Places = field(default_factory=dict)
    """No places: inputs below, outputs on top."""
    printed: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    """The printed weights by their source, in the order of the flat vector w; None where a text prints none."""
    features: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Words for the first inputs: the value that each of them has of each feature."""


def draw_network(axes: Axes, wiring: Wiring, w: np.ndarray, places: Places, title: str) -> None:
    """Draw units at their places, biases inside the circles, weights on the arrows (N Fig. 1, P Fig. 3)."""
    bias = {target: w[k] for k, source, target in wiring.table() if source == wiring.units[0]}
    for k, source, target in wiring.table():
        start, end = places[source], places[target]
        if start is None or end is None:
            continue
        arrow = {"arrowstyle": "-|>", "shrinkA": 10, "shrinkB": 10, "color": "0.5", "linewidth": 0.6}
        axes.annotate("", end, start, arrowprops=arrow)
        middle = np.array(start) * 0.6 + np.array(end) * 0.4
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        axes.text(middle[0], middle[1], one_decimal(w[k]), fontsize=SMALL, ha="center", va="center", bbox=box)
    for name, place in places.items():
        if place is not None:
            axes.scatter(*place, s=340, facecolor="white", edgecolor="black", linewidth=0.7)
            axes.text(*place, one_decimal(bias[name]) if name in bias else "", fontsize=SMALL, ha="center", va="center")
    x, y = np.array([place for place in places.values() if place is not None]).T
    axes.set(xlim=(x.min() - 0.6, x.max() + 0.6), ylim=(y.min() - 0.6, y.max() + 0.6), title=title)
    axes.axis("off")


def one_decimal(value: float) -> str:
    """Return a weight as the texts print it, with a true minus sign and without a minus zero."""
    return f"{value:z.1f}".replace("-", "−")


def hinton(axes: Axes, values: np.ndarray, largest: float, corner: tuple[float, float] = (0, 0)) -> None:
    """Draw a square for each entry of values (rows, columns): area ~ |value|, white above 0, black below, on grey."""
    rows, columns = values.shape
    x0, y0 = corner
    ground = Rectangle((x0, y0), columns, rows, facecolor="0.6", edgecolor="0.3", linewidth=0.4)
    axes.add_patch(ground)
    side = 0.92 * np.sqrt(np.minimum(np.abs(values) / largest, 1))
    for sign, colour in ((1, "white"), (-1, "black")):
        squares = [
            Rectangle((x0 + column + (1 - size) / 2, y0 + rows - 1 - row + (1 - size) / 2), size, size)
            for (row, column), size in np.ndenumerate(side)
            if sign * values[row, column] > 0
        ]
        axes.add_collection(PatchCollection(squares, facecolor=colour, edgecolor="none"))


def excites_inhibits(figure: Figure) -> None:
    """Write the key to Hinton diagrams below a figure."""
    looks = {"excites": "white", "inhibits": "black"}
    squares = [Rectangle((0, 0), 1, 1, facecolor=colour, edgecolor="0.3") for colour in looks.values()]
    key = figure.legend(squares, looks, loc="outside lower center", ncols=3, handlelength=0.9, handleheight=0.9)
    key.set_title("area: size of the weight")

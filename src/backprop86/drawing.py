"""What several figures share: a network drawn with its numbers, as the 1986 texts draw theirs."""

import numpy as np
from matplotlib.axes import Axes

from backprop86.wiring import Wiring

Places = dict[str, tuple[float, float] | None]


def draw_network(axes: Axes, wiring: Wiring, w: np.ndarray, places: Places, title: str) -> None:
    """Units at their places, biases inside the circles, weights on the arrows (N Fig. 1, P Fig. 3)."""
    bias = {target: w[k] for k, source, target in wiring.table() if source == wiring.units[0]}
    for k, source, target in wiring.table():
        start, end = places[source], places[target]
        if start is None or end is None:
            continue
        arrow = {"arrowstyle": "-|>", "shrinkA": 13, "shrinkB": 13, "color": "0.5", "linewidth": 0.8}
        axes.annotate("", end, start, arrowprops=arrow)
        middle = np.array(start) * 0.6 + np.array(end) * 0.4
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        axes.text(middle[0], middle[1], f"{w[k]:.1f}", fontsize=8, ha="center", va="center", bbox=box)
    for name, place in places.items():
        if place is not None:
            text = f"{bias[name]:.1f}" if name in bias else ""
            circle = {"boxstyle": "circle,pad=0.35", "facecolor": "white", "edgecolor": "black"}
            axes.text(*place, text.center(4), fontsize=8, ha="center", va="center", bbox=circle)
    x, y = np.array([place for place in places.values() if place is not None]).T
    axes.set(xlim=(x.min() - 0.6, x.max() + 0.6), ylim=(y.min() - 0.6, y.max() + 0.6), title=title)
    axes.axis("off")

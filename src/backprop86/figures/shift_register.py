"""The figures of the shift register."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.outputs import states
from backprop86.problems.shift_register import size, square, wiring
from backprop86.report.drawing import excites_inhibits, hinton
from backprop86.report.style import TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.runs import Runs
from backprop86.wiring import ONE, Wiring

SHOWN = {
    "as_printed": "biases kept negative",
    "free/as_printed": "free biases",
    "five_units/as_printed": "biases kept negative",
    "five_units_free/as_printed": "free biases",
}
"""The nets to draw, in words."""

SWEEP = 200
"""The sweep before which P's nets learned."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw weights of typical runs with and without the constraint, and the units at each step for one pattern."""
    shown = [name for name in SHOWN if name in runs.readings and runs.of(name)["learned"].any()]
    if not shown:
        return {}
    rows = -(-len(shown) // 2)
    figure = figure_of(TWO_COLUMNS, 12 + 36 * rows)
    panels = figure.subplots(rows, 4, squeeze=False, width_ratios=(6, 5) * 2).reshape(-1, 2)
    for (left, right), name in zip(panels, shown, strict=False):
        seed, w = runs.typical(name, str(SWEEP))
        net, n = wiring(runs.recipe(name)), size(runs.recipe(name))
        _weights(left, net, w, n)
        _on_its_way(right, net, w, n)
        left.set_title(f"{SHOWN[name]} (seed {seed})")
        right.set_title("a pattern on its way")
    for axes in panels[len(shown) :].flat:
        axes.remove()
    excites_inhibits(figure)
    panel_letters(panels[: len(shown), 0])
    return {"weights": figure}


def _weights(axes: Axes, net: Wiring, w: np.ndarray, n: int) -> None:
    """Draw the bias of each unit, and its weights from all units."""
    biases = np.array([w[net.index(ONE, f"u{k + 1}'@1")] for k in range(n)])
    weights = np.concatenate([biases[:, None], square(net, w[None])[0]], 1)
    hinton(axes, weights, np.abs(weights).max())
    axes.set(xlim=(0, n + 1), ylim=(0, n), aspect="equal", xlabel="from unit", ylabel="to unit")
    axes.set_xticks(np.arange(n + 1) + 0.5, ["bias", *range(1, n + 1)])
    axes.set_yticks(np.arange(n) + 0.5, [str(k) for k in range(n, 0, -1)])
    axes.tick_params(length=0)


def _on_its_way(axes: Axes, net: Wiring, w: np.ndarray, n: int) -> None:
    """Draw the units at the start, after the first step, and after the second."""
    pattern = np.array([[1.0] + [0.0] * (n - 1)])
    y = states(net, pattern, w[None])[0, 0]
    rows = [pattern[0]] + [y[[net.units.index(f"u{k + 1}'@{t}") for k in range(n)]] for t in (1, 2)]
    hinton(axes, np.array(rows), 1)
    axes.set(xlim=(0, n), ylim=(0, 3), aspect="equal", xlabel="unit")
    axes.set_xticks(np.arange(n) + 0.5, [str(k) for k in range(1, n + 1)])
    axes.set_yticks(np.arange(3) + 0.5, ["step 2", "step 1", "shown"])
    axes.tick_params(length=0)

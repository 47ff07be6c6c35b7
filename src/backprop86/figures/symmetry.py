"""The figures of mirror symmetry."""

import numpy as np
from matplotlib.figure import Figure

from backprop86.problems.symmetry import PRINTED_N, PRINTED_P
from backprop86.report.drawing import NetPicture, Places, draw_network
from backprop86.report.style import TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.runs import Runs
from backprop86.wiring import layered

PLACES: Places = {"1": None, "o1": (0.0, 3.4), "h1": (-2.4, 0.0), "h2": (2.4, 0.0)} | {
    f"i{k + 1}": (0.0, y) for k, y in enumerate((1.9, 1.15, 0.4, -0.35, -1.1, -1.85))
}
PICTURES = {"two_hidden": NetPicture(PLACES, {"N Fig. 1": PRINTED_N, "P Fig. 9": PRINTED_P})}
"""Both texts draw the net in one layout."""

SHOWN = 1425
"""The sweep of N's figure."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw N Fig. 1 in its own layout: the printed weights beside the weights of a run of the printed kind.

    It is the median run among the runs with saved weights that had learned by then with weights in the ratio 1:2:4.
    Without such a run there is no figure.
    """
    rows = runs.at("as_printed", str(SHOWN))
    alike = rows[rows["learned"] & rows["is_1_2_4"].fillna(False).astype(bool) & rows["weights"].notna()]
    if alike.empty:
        return {}
    row = alike.sort_values(["sweeps", "seed"]).iloc[(len(alike) - 1) // 2]
    w = turned(np.array(row["weights"]), np.array(PRINTED_N))
    titles = f"1986, after {SHOWN:,} sweeps", f"ours (seed {row['seed']}), after {SHOWN:,} sweeps"
    figure = figure_of(TWO_COLUMNS, 88)
    panels = figure.subplots(1, 2)
    for axes, title, weights in zip(panels, titles, (np.array(PRINTED_N), w), strict=True):
        draw_network(axes, layered(6, 2, 1), weights, PLACES, title)
    panel_letters(panels)
    return {"fig1": figure}


def turned(w: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return w, or the same net with its hidden units exchanged, whichever is nearer to `like`."""
    other = np.r_[w[7:14], w[:7], w[14], w[16], w[15]]
    return min(w, other, key=lambda one: float(np.abs(one - like).sum()))

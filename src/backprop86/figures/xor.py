"""The figures of XOR."""

import itertools

import numpy as np
from matplotlib.figure import Figure

from backprop86.problems.xor import PRINTED_FIG3, PRINTED_FIG5
from backprop86.report.drawing import NetPicture, Places, draw_network
from backprop86.report.style import ONE_COLUMN, figure_of, panel_letters
from backprop86.running.runs import Runs
from backprop86.wiring import Wiring, layered

DIRECT: Places = {"1": None, "i1": (-1, 0), "i2": (1, 0), "h1": (0, 1.3), "o1": (0, 2.6)}
TWO: Places = {"1": None, "i1": (-1, 0), "i2": (1, 0), "h1": (-1, 1.3), "h2": (1, 1.3), "o1": (0, 2.6)}
PICTURES = {
    "one_hidden_direct": NetPicture(DIRECT, {"P Fig. 3": PRINTED_FIG3}),
    "2_hidden": NetPicture(TWO, {"P Fig. 5": PRINTED_FIG5}),
}
"""P Fig. 3, and P Fig. 5, the local minimum."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw P Fig. 3 and P Fig. 5 in their own layout, each beside a run of ours; Fig. 5 only if a seed ended there."""
    figures = {}
    rows = runs.at("as_printed", "558")
    alike = rows[rows["learned"] & rows["is_printed_kind"].fillna(False).astype(bool) & rows["weights"].notna()]
    if len(alike):
        row = alike.sort_values(["sweeps", "seed"]).iloc[(len(alike) - 1) // 2]
        net = layered(2, 1, 1, shortcuts=True)
        titles = "1986, after 558 sweeps", f"ours (seed {row['seed']}), after 558 sweeps"
        figures["fig3"] = _pair(net, DIRECT, PRINTED_FIG3, as_in_fig3(np.array(row["weights"])), titles)
    stuck = runs.at("two_hidden/as_printed", "6587") if "two_hidden/as_printed" in runs.readings else rows[:0]
    stuck = stuck[stuck["is_fig5"].fillna(False).astype(bool) & stuck["weights"].notna()]
    if len(stuck):
        row = stuck.iloc[0]
        titles = "1986, after 6,587 presentations", f"ours (seed {row['seed']}), after 6,587 sweeps"
        w = turned(np.array(row["weights"]), np.array(PRINTED_FIG5))
        figures["fig5"] = _pair(layered(2, 2, 1), TWO, PRINTED_FIG5, w, titles)
    return figures


def as_in_fig3(w: np.ndarray) -> np.ndarray:
    """Return the net that computes the same XOR as w and has the form of P's, see `oriented`."""
    hidden_bias, in_1, in_2, output_bias, direct_1, direct_2, out = w
    if out > 0:  # the hidden unit inverted
        output_bias, out = output_bias + out, -out
        hidden_bias, in_1, in_2 = -hidden_bias, -in_1, -in_2
    if in_1 + in_2 > 0:  # both inputs inverted
        hidden_bias, in_1, in_2 = hidden_bias + in_1 + in_2, -in_1, -in_2
        output_bias, direct_1, direct_2 = output_bias + direct_1 + direct_2, -direct_1, -direct_2
    return np.array([hidden_bias, in_1, in_2, output_bias, direct_1, direct_2, out])


def turned(w: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the weights of 2-2-1 that compute the same as w and are nearest to `like`.

    A net computes the same if its hidden units change places, and if a hidden unit is inverted and its outgoing weight
    has the other sign: 1 - y is the logistic of -x. If both inputs change places, it computes the same XOR.
    """
    h1, h2, (bias, *out) = w[:3], w[3:6], w[6:]
    found = []
    for sign_1, sign_2, swap, mirror in itertools.product((1, -1), (1, -1), (False, True), (False, True)):
        first, second = np.r_[sign_1 * h1, sign_1 * out[0]], np.r_[sign_2 * h2, sign_2 * out[1]]
        constant = bias + (out[0] if sign_1 < 0 else 0) + (out[1] if sign_2 < 0 else 0)
        first, second = (second, first) if swap else (first, second)
        if mirror:
            first, second = first[[0, 2, 1, 3]], second[[0, 2, 1, 3]]
        found.append(np.r_[first[:3], second[:3], constant, first[3], second[3]])
    return min(found, key=lambda one: float(np.abs(one - like).sum()))


def _pair(wiring: Wiring, places: Places, printed: list[float], w: np.ndarray, titles: tuple[str, str]) -> Figure:
    figure = figure_of(ONE_COLUMN, 62)
    panels = figure.subplots(1, 2)
    for axes, weights, title in zip(panels, (np.array(printed), w), titles, strict=True):
        draw_network(axes, wiring, weights, places, title.replace(", ", ",\n"))
    panel_letters(panels)
    return figure

"""Gains that are learned (L pp. 28-35): an iterative net may let its units decide slowly at first and firmly at last.

Inputs are held while the net runs for some steps. Each step has a gain of its own, one number for all units.
"""

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.report.style import FAINT, PALETTE, TWO_COLUMNS, figure_of, panel_letters, plain_ticks
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
from backprop86.wiring import ONE, Wiring, unroll, wire

NETWORKS = {"4-1-4": (4, 1, 4, 5), "10-10-10": (10, 10, 10, 11)}
"""Inputs, hidden units, outputs, steps."""
PAIRS = 15
START = 0.5
"""State of every unit before the first step; assumed, as it is of a unit that nothing feeds."""
OF_PAIRS = 2
"""The stream of random numbers that pairs are drawn from."""


def wiring(recipe: Recipe) -> Wiring:
    """Return the net unrolled: inputs feed hidden units, and these the outputs, which see each other."""
    n_inputs, n_hidden, n_outputs, steps = _sizes(recipe)
    sizes = {"i": n_inputs, "h": n_hidden, "o": n_outputs}
    inputs, hidden, outputs = ([f"{letter}{k + 1}" for k in range(n)] for letter, n in sizes.items())
    fed = {f"{unit}'": [ONE, *inputs] for unit in hidden}
    fed |= {f"{unit}'": [ONE, *hidden, *(other for other in outputs if other != unit)] for unit in outputs}
    step = wire([*hidden, *outputs, *inputs], fed, list(fed))
    net = unroll(step, steps)
    return replace(net, outputs=net.outputs[-n_outputs:])


def _sizes(recipe: Recipe) -> tuple[int, int, int, int]:
    if recipe.network not in NETWORKS:
        raise BadInput(f"network must be {' or '.join(NETWORKS)}, was {recipe.network}")
    return NETWORKS[recipe.network]


def cases(recipe: Recipe) -> Cases:
    """Return the four patterns of one bit, each its own answer; or 15 pairs of random vectors of ten bits."""
    n_inputs, n_hidden, n_outputs, steps = _sizes(recipe)
    given, desired = np.eye(4), np.eye(4)
    if recipe.network == "10-10-10":
        given, desired = generator(recipe.case_set, OF_PAIRS).integers(0, 2, (2, PAIRS, n_inputs)).astype(float)
    start = np.full((len(given), n_hidden + n_outputs), START)
    names = tuple(str(c + 1) for c in range(len(given)))
    return Cases(np.concatenate([start, np.tile(given, steps)], 1), desired, names)


MEASURES = {
    "gain_rises": "the gain of the last step is larger than that of the first",
    "last_two_largest": "the gains of the last two steps are larger than those of all others",
}
"""The columns of `measure`, as docs/rows.md explains them; nets whose gains are learned have them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return what has become of the gains."""
    gains = nets.w[:, nets.wiring.n_weights :]
    if not gains.shape[1]:
        return {}
    largest = gains[:, -2:].min(1) > gains[:, :-2].max(1)
    return {"gain_rises": gains[:, -1] > gains[:, 0], "last_two_largest": largest}


PRINTED = {"as_printed": (2269, 1652, 3867), "with_gain/as_printed": (566, 155, 1000)}
"""Sweeps of 4-1-4 by the reading that is compared with them: the average of L's 20 runs, the fewest, the most."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw how many sweeps the net 4-1-4 takes without a learned gain and with it, and the gain of each step."""
    if not all(runs.of(name)["learned"].any() for name in PRINTED):
        return {}
    figure = figure_of(TWO_COLUMNS, 62)
    left, right = figure.subplots(1, 2)
    for place, (name, (mean, fewest, most)) in enumerate(PRINTED.items()):
        sweeps = runs.of(name).loc[runs.of(name)["learned"], "sweeps"].to_numpy(float)
        across = place + np.random.default_rng(0).uniform(-0.12, 0.12, len(sweeps))
        left.scatter(across, sweeps, s=3, color=FAINT, linewidth=0)
        left.hlines(sweeps.mean(), place - 0.16, place + 0.16, color="black")
        left.vlines(place + 0.3, fewest, most, color=PALETTE[1], linewidth=1)
        left.scatter(place + 0.3, mean, s=14, color=PALETTE[1], zorder=3)
        left.text(place + 0.36, mean, f"1986: {mean:,}", va="center", color=PALETTE[1])
    left.set(yscale="log", xlim=(-0.4, 1.9), xticks=[0, 1], ylabel="sweeps until learned")
    left.set_xticklabels(["gain stays 1", "gain is learned"])
    plain_ticks(left.yaxis)
    _gains(right, runs)
    panel_letters([left, right])
    return {"gains": figure}


def _gains(axes: Axes, runs: Runs) -> None:
    """Draw the gain of each step in every run whose weights are kept, when it had learned."""
    rows = runs.at("with_gain/as_printed", "learned")
    net = wiring(runs.recipe("with_gain/as_printed"))
    gains = np.stack(rows["weights"].dropna().tolist())[:, net.n_weights :]
    steps = np.arange(1, gains.shape[1] + 1)
    axes.plot(steps, gains.T, color=FAINT, linewidth=0.4)
    axes.plot(steps, np.median(gains, 0), color="black")
    axes.set(xlabel="step", ylabel="gain when learned", xticks=steps, ylim=(0, None))

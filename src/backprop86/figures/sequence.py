"""The figures of sequence completion."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from backprop86.engines.outputs import states
from backprop86.judging.ledger import words_of
from backprop86.problems.sequence import DIGITS, HELD_OUT, STANDS_FOR, cases, wiring
from backprop86.report.drawing import hinton
from backprop86.report.style import PALETTE, SMALL, TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.problem import wiring_of
from backprop86.running.runs import Runs
from backprop86.running.settings import load

PRINTED = (4, 5)
"""The numbers of held-out sequences, of five, that P's two nets had right."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the held-out sequences by number right and, as in P Table 11, digit by digit in a typical run of ours."""
    for reading in runs.readings:
        rows = runs.at(reading, "learned")
        if runs.recipe(reading).held_out == "printed" and (rows["learned"] & rows["weights"].notna()).any():
            return {"table11": table_11(runs, reading), "held_out": held_out(runs)}
    return {}


def table_11(runs: Runs, reading: str) -> Figure:
    """Draw the three digit units at each step of a typical net for each of the five held-out pairs."""
    recipe, (seed, w) = runs.recipe(reading), runs.typical(reading)
    network, asked = wiring_of(wiring, recipe), cases(recipe)
    y = states(network, asked.inputs, w[None])[0]
    figure = figure_of(TWO_COLUMNS, 33)
    panels = figure.subplots(1, 5)
    for axes, pair in zip(panels, HELD_OUT, strict=True):
        case = [name.replace("-", "") for name in asked.names].index(pair)
        wanted = [*asked.names[case], *"".join(STANDS_FOR[letter] for letter in pair)]
        units = [[network.units.index(f"{unit}@{t + 1}") for t in range(len(wanted))] for unit in DIGITS]
        completed(axes, y[case, units], wanted)
        axes.set_title(f"{pair} stands for {''.join(wanted[-4:])}")
    panels[0].set_ylabel("digit unit")
    figure.supxlabel(f"letters given, then correct digits; framed squares should be white (seed {seed})")
    return figure


def completed(axes: Axes, values: np.ndarray, wanted: list[str]) -> None:
    """Draw one sequence: values (3, steps) as squares and numbers, above the letters given and the correct digits."""
    hinton(axes, values, 1)
    for (row, step), value in np.ndenumerate(values):
        axes.text(step + 0.5, 2.5 - row, f"{value:.2f}".lstrip("0"), fontsize=5.5, ha="center", va="center")
        if wanted[step] == str(row + 1):
            axes.add_patch(Rectangle((step, 2 - row), 1, 1, fill=False, edgecolor="black", linewidth=1.2))
    axes.set(xlim=(-0.05, len(wanted) + 0.05), ylim=(-0.05, 3.05), aspect="equal")
    axes.set_xticks(np.arange(len(wanted)) + 0.5, wanted)
    axes.set_yticks(np.arange(3) + 0.5, "321")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def held_out(runs: Runs) -> Figure:
    """Draw the share of runs with each number of held-out sequences right: fixed timing at the left, variable right."""
    shown = [name for name in runs.readings if "/" not in name]
    timed = [name for name in runs.readings if name not in shown]
    words = partial(words_of, load("sequence").experiment)
    figure = figure_of(TWO_COLUMNS, 24 + 5 * len(shown))
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    shares = np.array([_shares(runs, name, 6) for name in shown])
    edges = np.arange(7) - 0.5, np.arange(len(shown) + 1) - 0.5
    left.pcolormesh(*edges, shares, cmap="Greys", vmin=0, vmax=1.4)
    left.invert_yaxis()
    for (row, number), share in np.ndenumerate(shares):
        if share > 0:
            says = f"{100 * share:.0f}" if share >= 0.01 else "<1"
            left.text(number, row, says, fontsize=SMALL, ha="center", va="center")
    for number in PRINTED:
        left.add_patch(Rectangle((number - 0.5, -0.5), 1, len(shown), fill=False, edgecolor=PALETTE[1], linewidth=1.2))
    left.set_xticks(range(6), [f"{k}\n1986" if k in PRINTED else str(k) for k in range(6)])
    left.set_yticks(range(len(shown)), [words(name) for name in shown])
    left.set(title="fixed timing: runs in %", xlabel="held-out sequences right, of 5")
    left.tick_params(length=0)
    for name, colour in zip(timed, PALETTE, strict=False):
        right.step(range(15), _shares(runs, name, 15), where="mid", color=colour, label=words(name))
    right.set(title="variable timing", xlabel="held-out sequences right, of 14", ylabel="share of runs", ylim=(0, None))
    if timed:
        right.legend()
    panel_letters([left, right])
    return figure


def _shares(runs: Runs, reading: str, most: int) -> np.ndarray:
    """Return the share of runs with 0, 1, 2, ... held-out sequences right, at the end."""
    right = runs.at(reading, "end")["held_out_right"].dropna().astype(int)
    return np.bincount(right, minlength=most) / max(len(right), 1)

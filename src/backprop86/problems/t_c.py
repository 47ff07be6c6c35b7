"""T-C (P pp. 348-352): tell a block T from a block C, whichever way up and wherever, by one kernel used everywhere.

A grid of hidden units looks at a grid of inputs through fields of 3x3, all with the same nine weights and one bias.
"""

import itertools
import re
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.outputs import states
from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.judging.ledger import words_of
from backprop86.network import generator
from backprop86.report.drawing import hinton
from backprop86.report.style import SMALL, TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.measures import length, total
from backprop86.running.nets import Nets
from backprop86.running.problem import wiring_of
from backprop86.running.runs import Runs
from backprop86.running.settings import load
from backprop86.wiring import ONE, Wiring, wire

BLOCKS = {"T": np.array([[1, 1, 1], [0, 1, 0], [0, 1, 0]]), "C": np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0]])}
HELD_OUT = 1 / 4
"""The share of the positions that is held out, where any are (ours)."""
CENTRE, DIAGONAL = 3 * np.diag([0, 1, 0]) - 1, 2 * np.eye(3) + np.diag([0, 1, 0]) - 1
TEMPLATES = {
    "on_centre": [CENTRE],
    "bar": [np.array([[-1, 1, -1]] * 3), np.array([[-1, 1, -1]] * 3).T],
    "diagonal": [DIAGONAL, DIAGONAL[:, ::-1]],
    "compactness": [np.full((3, 3), -2)],
}
"""The detectors P found; compactness also has a positive bias. As the blocks turn, so may the bar and the diagonal."""
ALIKE = 0.8
"""A kernel is of a kind if |cosine| with its template is that much; two kinds have at most 0.67 with one another."""


def size(recipe: Recipe) -> tuple[int, bool]:
    """Return (side of the input grid, whether all hidden units share their outgoing weight) of, say, 7x7_shared."""
    if found := re.fullmatch(r"([5-9]|1\d)x\1_(shared|own)", recipe.network):
        return int(found[1]), found[2] == "shared"
    raise BadInput(f"network must be such as 7x7_shared or 7x7_own, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Wire every 3x3 field of the input grid to a hidden unit, the same weights for all, and these to one output."""
    side, is_shared = size(recipe)
    fed: dict[str, list[str]] = {}
    shared: dict[tuple[str, str], str] = {}
    for row, column in np.ndindex(side - 2, side - 2):
        unit, field = f"h{row},{column}", {f"i{row + i},{column + j}": f"kernel {i},{j}" for i, j in np.ndindex(3, 3)}
        fed[unit] = [ONE, *field]
        shared |= {(ONE, unit): "bias"} | {(source, unit): name for source, name in field.items()}
    if is_shared:
        shared |= {(unit, "o"): "outgoing" for unit in fed}
    inputs = [f"i{row},{column}" for row, column in np.ndindex(side, side)]
    return wire(inputs, fed | {"o": [ONE, *fed]}, ["o"], shared)


def positions(recipe: Recipe) -> list[tuple[int, int]]:
    """Return corners of the 3x3 square that a block stands in: the middle one, or, if some are held out, all.

    All are two units or more from the edge, so that every field that touches the block is whole.
    """
    side = size(recipe)[0]
    if recipe.held_out == "none":
        return [((side - 3) // 2, (side - 3) // 2)]
    return [(2 + row, 2 + column) for row, column in np.ndindex(side - 6, side - 6)]


def cases(recipe: Recipe) -> Cases:
    """Return T and C in turn, in four rotations, at every position; the output is on for T."""
    side = size(recipe)[0]
    inputs, desired, names = [], [], []
    for (row, column), turns, letter in itertools.product(positions(recipe), range(4), BLOCKS):
        grid = np.zeros((side, side))
        grid[row : row + 3, column : column + 3] = np.rot90(BLOCKS[letter], turns)
        inputs.append(grid.ravel())
        desired.append([float(letter == "T")])
        names.append(f"{letter} {90 * turns} at {row},{column}")
    return Cases(np.array(inputs), np.array(desired), tuple(names))


def counted(recipe: Recipe, seeds: list[int]) -> np.ndarray | None:
    """Return the cases that each seed is trained on, (S, C); the seed draws the positions at which it is shown none."""
    if recipe.held_out == "none":
        return None
    if recipe.held_out != "positions":
        raise BadInput(f"held_out must be none or positions, was {recipe.held_out}")
    if size(recipe)[0] < 8:
        raise BadInput(f"network must have 8x8 inputs or more where positions are held out, was {recipe.network}")
    trained = np.ones((len(seeds), n := len(positions(recipe)), 8))
    for row, seed in zip(trained, seeds, strict=True):
        row[generator(seed, stream=1).choice(n, round(HELD_OUT * n), replace=False)] = 0
    return trained.reshape(len(seeds), -1)


def kernels(wiring: Wiring, w: np.ndarray) -> np.ndarray:
    """Return (S, 3, 3): the weights that all hidden units have."""
    return w[:, [[wiring.index(f"i{i},{j}", "h0,0") for j in range(3)] for i in range(3)]]


def likeness(kernels: np.ndarray) -> np.ndarray:
    """Return the signed cosine of kernels (S, 3, 3) with the template of each kind most like them, (S, kinds)."""
    nine = kernels.reshape(len(kernels), 9)
    lengths = length(nine) + np.finfo(float).tiny
    best = []
    for templates in TEMPLATES.values():
        cosines = np.stack([total(nine * t.ravel()) / lengths / length(t.ravel()) for t in templates])
        best.append(cosines[np.abs(cosines).argmax(0), np.arange(len(kernels))])
    return np.stack(best, 1)


MEASURES = {
    "kind": "the detector that the kernel is most like, other if it is like none",
    "is_on_centre": "the kernel is an on-centre detector, and every training case is on the right side of 0.5",
    "is_bar": "the kernel is a bar detector, and every training case is on the right side of 0.5",
    "is_diagonal": "the kernel is a diagonal detector, and every training case is on the right side of 0.5",
    "is_compactness": "the kernel is a compactness detector, and every training case is on the right side of 0.5",
    "is_other": "the kernel is none of these, and every training case is on the right side of 0.5",
    "held_out_right": "the number of held-out cases on the right side of 0.5",
    "all_held_out_right": "that number is all of them",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the kind of the kernel, and the results at positions that were held out.

    kind is the one with the largest |cosine|, other if that is below ALIKE, or if it would be compactness but the bias
    has the sign of the weights. Which sign does not matter: a net with kernel, bias and outgoing weights of the other
    sign computes the same, since 1 - y is the logistic of -x.
    """
    wiring, w = nets.wiring, nets.w
    right = ((nets.outputs > 0.5) == nets.on)[..., 0]
    kernel, is_bias = kernels(wiring, w), (wiring.source == 0) & (wiring.target == 1 + wiring.n_inputs)
    bias = w[:, wiring.parameter[is_bias]].sum(1)  # 0 in a net without biases
    alike = np.abs(likeness(kernel))
    kind = np.where(alike.max(1) >= ALIKE, np.array(list(TEMPLATES))[alike.argmax(1)], "other").astype(object)
    kind[(kind == "compactness") & (bias * total(kernel.reshape(len(w), 9)) >= 0)] = "other"
    learned = (right | ~nets.counts).all(1)
    found = {"kind": kind, **{f"is_{name}": (kind == name) & learned for name in [*TEMPLATES, "other"]}}
    if nets.counted is not None:
        found["held_out_right"] = (right & ~nets.counts).sum(1)
        found["all_held_out_right"] = (right | nets.counts).all(1)
    return found


DRAWN = "epsilon_0.05"  # a reading that finds every kind
SAYS = {"on_centre": "on-centre", "bar": "bar", "diagonal": "diagonal", "compactness": "compactness", "other": "other"}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the detectors, printed and ours, and the hidden units of a typical run; none if no weights are kept."""
    if DRAWN not in runs.readings:
        return {}
    rows = runs.at(DRAWN, "learned")
    if not (rows["learned"] & rows["weights"].notna()).any():
        return {}
    return {"detectors": detectors(runs), "activities": activities(runs)}


def detectors(runs: Runs) -> Figure:
    """Draw each detector as printed beside up to three of ours, turned to its sign, and the share of each."""
    rows = runs.at(DRAWN, "learned")
    kept = rows[rows["weights"].notna()]
    found = kernels(wiring_of(wiring, runs.recipe(DRAWN)), np.stack(list(kept["weights"])))
    cosines = likeness(found)
    figure = figure_of(TWO_COLUMNS, 78)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.35), squeeze=False)[0]
    panels = left.subplots(len(TEMPLATES), 4)
    for k, name in enumerate(TEMPLATES):
        _squares(panels[k, 0], TEMPLATES[name][0], 2, "1986" if k == 0 else "")
        panels[k, 0].set_ylabel(f"{SAYS[name]}\n{rows[f'is_{name}'].sum():,} runs", fontsize=SMALL)
        own = np.flatnonzero(kept[f"is_{name}"].fillna(False).astype(bool))
        own = own[np.argsort(-np.abs(cosines[own, k]))][:3]
        for axes, run in zip(panels[k, 1:], own, strict=False):
            kernel = found[run] * np.sign(cosines[run, k])
            _squares(axes, kernel, np.abs(kernel).max(), "ours" if k == 0 and axes is panels[0, 1] else "")
        for axes in panels[k, 1 + len(own) :]:
            axes.axis("off")
    axes = right.subplots()
    _shares(axes, runs)
    right.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    panel_letters([panels[0, 0], axes])
    return figure


def _squares(axes: Axes, values: np.ndarray, largest: float, title: str) -> None:
    hinton(axes, values, largest)
    axes.set(xlim=(0, len(values)), ylim=(0, len(values)), aspect="equal", xticks=[], yticks=[], title=title)
    axes.spines[:].set_visible(False)


def _shares(axes: Axes, runs: Runs) -> None:
    """Draw a bar for each reading, divided by the detectors that its runs ended with."""
    shown, words = runs.readings, partial(words_of, load("t_c").experiment)
    start, where = np.zeros(len(shown)), np.arange(len(shown))
    looks = zip([*TEMPLATES, "other"], ("black", "0.35", "0.55", "0.75", "white"), strict=True)
    for name, colour in looks:
        share = np.array([runs.at(reading, "learned")[f"is_{name}"].fillna(False).mean() for reading in shown], float)
        axes.barh(where, share, left=start, color=colour, edgecolor="black", linewidth=0.4, label=SAYS[name])
        start += share
    axes.set_yticks(where, [words(name) for name in shown])
    axes.set(xlim=(0, 1), ylim=(len(shown) - 0.4, -0.6), xlabel="share of all runs (others never learn)")
    axes.tick_params(axis="y", length=0)


def activities(runs: Runs) -> Figure:
    """Draw the eight patterns of a typical run and, below each, every hidden unit; the area is its output."""
    recipe = runs.recipe(DRAWN)
    seed, w = runs.typical(DRAWN)
    network, asked, side = wiring_of(wiring, recipe), cases(recipe), size(recipe)[0]
    y = states(network, asked.inputs, w[None])[0]
    hidden = y[:, network.hidden].reshape(-1, side - 2, side - 2)
    figure = figure_of(TWO_COLUMNS, 56)
    panels = figure.subplots(2, 8)
    for (above, below), c in zip(panels.T, [0, 2, 4, 6, 1, 3, 5, 7], strict=True):
        _squares(above, asked.inputs[c].reshape(side, side), 1, asked.names[c].split(" at")[0] + "°")
        _squares(below, hidden[c], 1, "")
        below.set_xlabel(f"output {y[c, network.outputs[0]]:.2f}", fontsize=SMALL)
    panels[0, 0].set_ylabel("inputs")
    panels[1, 0].set_ylabel(f"hidden (seed {seed})")
    return figure

"""The figures of nets without hidden units."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines import fused
from backprop86.engines.outputs import logistic, states
from backprop86.engines.recipe import Job, Recipe
from backprop86.problems import extra_connections, xor
from backprop86.problems.extra_connections import cases
from backprop86.report.style import PALETTE, SMALL, TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.problem import Problem, start_of
from backprop86.running.runs import Runs

ONE_LAYER = Recipe("xor_0", 1000, epsilon=0.5, alpha=0.9, target_on=0.9, target_off=0.1, initial_range=9.0)
"""The recipe of nets that end with a line. From smaller weights they end at 0.5 in every case, without a line."""

TRIES, N_LINES = 20, 3
"""The nets to train in search of lines, and the number of lines with different mistakes to find."""

TWO_HIDDEN = Recipe(
    "2_hidden", 20_000, epsilon=0.25, alpha=0.9, target_on=0.9, target_off=0.1, initial_range=1.0, criterion="zone"
)

SEED = 1
"""A seed under which two hidden units learn XOR with this recipe."""

NEAR = 0.2
"""Points nearer to each other than this share one label."""

LIMITS = (-0.35, 1.35)

ON, OFF = "black", "white"


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw three lines through XOR, each with its mistake, and the same four cases as two hidden units see them.

    It trains the nets itself and does not use the runs.
    """
    figure = figure_of(TWO_COLUMNS, 58)
    panels = figure.subplots(1, N_LINES + 1)
    corners = cases(ONE_LAYER).inputs
    for axes, w in zip(panels, lines(), strict=False):
        wrong = _plane(axes, corners, w)
        axes.set(title=f"no hidden layer: {wrong} of 4 wrong", xlabel="first input", ylabel="second input")
    hidden, to_output = seen_by_hidden_units()
    wrong = _plane(panels[-1], hidden, to_output)
    panels[-1].set(title=f"hidden layer: {wrong} of 4 wrong", xlabel="hidden unit 1", ylabel="hidden unit 2")
    for says, look in (("the answer should be 1", ON), ("the answer should be 0", OFF)):
        panels[0].scatter([], [], s=30, edgecolor="black", label=says, facecolor=look)
    panels[0].scatter([], [], s=90, facecolor="none", edgecolor=PALETTE[1], linewidth=1.2, label="a mistake")
    panels[0].plot([], [], color="black", label="the line between the answers 1 (grey) and 0 (white)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    panel_letters(panels)
    return {"line": figure}


def trained(problem: Problem, recipe: Recipe, seeds: list[int]) -> np.ndarray:
    """Return the final weights of these seeds, (S, n_parameters)."""
    wiring = problem.wiring(recipe)
    return fused.train(Job(wiring, problem.cases(recipe), recipe, start_of(problem, recipe, wiring, seeds))).w


def lines() -> list[np.ndarray]:
    """Return the weights of the first seeds whose lines leave one case of XOR wrong, each a different case."""
    asked = cases(ONE_LAYER)
    found: dict[int, np.ndarray] = {}
    for w in trained(extra_connections, ONE_LAYER, list(range(TRIES))):
        wrong = np.flatnonzero((logistic(w[0] + asked.inputs @ w[1:]) > 0.5) != (asked.desired[:, 0] > 0.5))
        if len(wrong) == 1:
            found.setdefault(int(wrong[0]), w)
    return list(found.values())[:N_LINES]


def seen_by_hidden_units() -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of two trained hidden units in the four cases, (4, 2), and their weights to the output."""
    net = xor.wiring(TWO_HIDDEN)
    w = trained(xor, TWO_HIDDEN, [SEED])
    hidden = states(net, xor.cases(TWO_HIDDEN).inputs, w)[0][:, net.hidden]
    return hidden, w[0, [net.index(source, "o1") for source in ("1", "h1", "h2")]]


def _plane(axes: Axes, points: np.ndarray, w: np.ndarray) -> int:
    """Draw the four cases of XOR at these points, the line w[0] + w[1] x + w[2] y = 0, and a ring around mistakes.

    Return the number of mistakes.
    """
    names, on = ("0 0", "0 1", "1 0", "1 1"), (False, True, True, False)
    x, y = np.meshgrid(*[np.linspace(*LIMITS, 171)] * 2)
    total = w[0] + w[1] * x + w[2] * y
    axes.contourf(x, y, total, levels=[0, np.inf], colors=["0.86"])
    axes.contour(x, y, total, levels=[0], colors="black", linewidths=1)
    wrong = [(w[0] + w[1:] @ point > 0) != wanted for point, wanted in zip(points, on, strict=True)]
    for (x, y), wanted, is_wrong in zip(points, on, wrong, strict=True):
        axes.scatter(x, y, s=30, edgecolor="black", zorder=3, facecolor=ON if wanted else OFF)
        if is_wrong:
            axes.scatter(x, y, s=130, facecolor="none", edgecolor=PALETTE[1], linewidth=1.2, zorder=4)
    for point, said, wanted in _labels(points, names, on):
        up = 8 if wanted else -13
        axes.annotate(said, tuple(point), (0, up), textcoords="offset points", fontsize=SMALL, ha="center")
    axes.set(xlim=LIMITS, ylim=LIMITS, aspect="equal", xticks=[0, 1], yticks=[0, 1])
    return sum(wrong)


def _labels(points: np.ndarray, names: tuple[str, ...], on: tuple[bool, ...]) -> list[tuple[np.ndarray, str, bool]]:
    """Return each point, its name and its answer, with one name for points of the same answer that overlap."""
    found: list[tuple[np.ndarray, str, bool]] = []
    for point, name, wanted in zip(points, names, on, strict=True):
        near = [k for k, (other, _, of) in enumerate(found) if of == wanted and np.abs(other - point).max() < NEAR]
        if near:
            other, said, _ = found[near[0]]
            found[near[0]] = (other, f"{said} and {name}", wanted)
        else:
            found.append((point, name, wanted))
    return found

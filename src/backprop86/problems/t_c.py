"""T-C (P pp. 348-352): distinguish a block T from a block C, in any rotation and place, by one kernel used everywhere.

A grid of hidden units looks at a grid of inputs through fields of 3x3, all with the same nine weights and one bias.
"""

import itertools
import re

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.running.measures import length, total
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, wire

BLOCKS = {"T": np.array([[1, 1, 1], [0, 1, 0], [0, 1, 0]]), "C": np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0]])}
HELD_OUT = 1 / 4
"""The share of held-out positions, where any are held out (ours)."""
CENTRE, DIAGONAL = 3 * np.diag([0, 1, 0]) - 1, 2 * np.eye(3) + np.diag([0, 1, 0]) - 1
TEMPLATES = {
    "on_centre": [CENTRE],
    "bar": [np.array([[-1, 1, -1]] * 3), np.array([[-1, 1, -1]] * 3).T],
    "diagonal": [DIAGONAL, DIAGONAL[:, ::-1]],
    "compactness": [np.full((3, 3), -2)],
}
"""The detectors that P found; compactness also has a positive bias. The bar and the diagonal may be turned.
"""
ALIKE = 0.8
"""A kernel is of a kind if its |cosine| with the template is at least this; two templates have at most 0.67."""


def size(recipe: Recipe) -> tuple[int, bool]:
    """Return the side of the input grid, and whether all hidden units share their outgoing weight, as in 7x7_shared."""
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
    """Return the corners of a block's 3x3 square: the middle position or, if some are held out, all positions.

    All are two units or more from the edge, so that every field that touches the block is complete.
    """
    side = size(recipe)[0]
    if recipe.held_out == "none":
        return [((side - 3) // 2, (side - 3) // 2)]
    return [(2 + row, 2 + column) for row, column in np.ndindex(side - 6, side - 6)]


def cases(recipe: Recipe) -> Cases:
    """Return T and C alternately, in four rotations, at every position; the output is on for T."""
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
    """Return the training cases of each seed, (S, C); the seed draws the positions to hold out."""
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
    """Return (S, 3, 3): the weights that all hidden units share."""
    return w[:, [[wiring.index(f"i{i},{j}", "h0,0") for j in range(3)] for i in range(3)]]


def likeness(kernels: np.ndarray) -> np.ndarray:
    """Return the signed cosine of kernels (S, 3, 3) with the most similar template of each kind, (S, kinds)."""
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
    """Measure the kind of the kernel, and the results at held-out positions.

    The kind is the template with the largest |cosine|; it is "other" if that is below ALIKE, or if it would be
    compactness but the bias has the sign of the weights. The sign itself does not matter: a net with kernel, bias and
    outgoing weights of the other sign computes the same, since 1 - y is the logistic of -x.
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

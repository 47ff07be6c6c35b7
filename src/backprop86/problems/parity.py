"""Parity (P pp. 334-335): on if an odd number of the inputs is. N hidden units suffice for N inputs; fewer do not.

The chapter's solution counts: its hidden units form a thermometer, each of which changes at another number of inputs.
"""

import re

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered

PRINTED_CODES = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
"""P Table 3: the outputs of the four hidden units when 0, 1, 2, 3 and 4 of the inputs are on."""


def sizes(recipe: Recipe) -> tuple[int, int]:
    """Return (inputs, hidden units) of a network with a name such as 4_bits_4_hidden."""
    if found := re.fullmatch(r"([2-9])_bits_([1-9]\d*)_hidden", recipe.network):
        return int(found[1]), int(found[2])
    raise BadInput(f"network must be such as 4_bits_4_hidden, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return N inputs, a hidden layer and one output; no shortcut (P Fig. 6)."""
    return layered(*sizes(recipe), 1)


def cases(recipe: Recipe) -> Cases:
    """Return all 2^N rows of bits."""
    return Cases.of_all_bits(sizes(recipe)[0], lambda inputs: inputs.sum(1, keepdims=True) % 2)


MEASURES = {
    "is_thermometer": "hidden units depend only on the number of inputs that are on, and each changes once and alone",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the hidden units' outputs for each number of inputs that are on."""
    number = nets.cases.inputs.sum(1).astype(int)
    on = nets.y[:, :, nets.wiring.hidden] > 0.5
    codes = np.stack([on[:, number == n].mean(1) for n in range(number.max() + 1)], 1)  # (S, N + 1, hidden)
    steps = np.abs(np.diff(codes, axis=1))
    counts = np.isin(codes, [0, 1]).all((1, 2))
    return {"is_thermometer": counts & (steps.sum(1) == 1).all(1) & (steps.sum(2) == 1).all(1)}

"""A shift register (P p. 357): a recurrent net starts from a pattern and must have moved it two places two steps later.

Every unit is input and output and feeds every unit, itself included. Unrolled, the two steps are two layers with the
same weights (P Fig. 17). Nothing forces each step to move the pattern by one place, but this is the simple way.
"""

import re
from dataclasses import replace

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, unroll, wire

STEPS = 2


def size(recipe: Recipe) -> int:
    """Return the number of units of a network with a name such as 3_units; P has three and five."""
    if found := re.fullmatch(r"([2-9])_units", recipe.network):
        return int(found[1])
    raise BadInput(f"network must be such as 3_units, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return the net unrolled for two steps; its outputs are the units after the second."""
    unrolled = unroll(one_step(size(recipe)), STEPS)
    return replace(unrolled, outputs=unrolled.outputs[-size(recipe) :])


def one_step(n: int) -> Wiring:
    """Return u1'...un' fed by u1...un, all by all, with biases."""
    before = [f"u{k + 1}" for k in range(n)]
    return wire(before, {f"{unit}'": [ONE, *before] for unit in before}, [f"{unit}'" for unit in before])


def cases(recipe: Recipe) -> Cases:
    """Return all 2^n patterns, and each pattern moved two places to the left."""
    return Cases.of_all_bits(size(recipe), lambda inputs: np.roll(inputs, -STEPS, axis=1))


def square(wiring: Wiring, w: np.ndarray) -> np.ndarray:
    """Return (S, n, n): the weight into unit j from unit i."""
    n = wiring.n_inputs
    return w[:, [[wiring.index(f"u{i + 1}@0", f"u{j + 1}'@1") for i in range(n)] for j in range(n)]]


MEASURES = {
    "is_shift_by_one": "each unit is excited by its right neighbour, at least twice as strongly as by anything else",
    "after_one_step": "the number of patterns that have moved by exactly one place after the first step",
    "right_only_when_even": "all patterns are right after two steps, and not all have moved by one place after one",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the way in which the pattern moves."""
    n = nets.wiring.n_inputs
    into, right = square(nets.wiring, nets.w), np.roll(np.eye(n, dtype=bool), 1, axis=1)
    others = np.abs(np.where(right, 0, into)).max(-1)
    first = nets.y[:, :, [nets.wiring.units.index(f"u{k + 1}'@1") for k in range(n)]]
    moved = ((first > 0.5) == (np.roll(nets.cases.inputs, -1, axis=1) > 0.5)).all(-1)
    learned = ((nets.outputs > 0.5) == nets.on).all((1, 2))
    return {
        "is_shift_by_one": (into[:, right] >= 2 * others).all(1),
        "after_one_step": moved.sum(1),
        "right_only_when_even": learned & ~moved.all(1),
    }

"""More connections than needed (N p. 535): do they remove poor local minima, as the letter states?

XOR and mirror symmetry with just enough hidden units, and with more. Networks have names such as xor_2 or symmetry_4,
with the number of hidden units; single_layer.py and symmetry_breaking.py use them too.
"""

import re

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.problems import symmetry, xor
from backprop86.running.nets import Nets
from backprop86.running.problem import Problem
from backprop86.wiring import Wiring, layered

TASKS = {"xor": (xor, 2, Recipe("2_hidden")), "symmetry": (symmetry, 6, Recipe("two_hidden"))}
ROUNDING = 1e-9
"""An output this near to 0.5 is on neither side.

A single layer's best for XOR is 0.5 in every case, and the order of summation would decide which cases end an ulp above
it.
"""


def task_and_hidden(recipe: Recipe) -> tuple[str, int]:
    """Return ("symmetry", 4) for symmetry_4."""
    if found := re.fullmatch(r"(xor|symmetry)_(\d+)", recipe.network):
        return found[1], int(found[2])
    raise BadInput(f"network must be such as xor_2 or symmetry_4, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return inputs, a layer of hidden units (none if 0), one output; adjacent layers only, with biases."""
    task, hidden = task_and_hidden(recipe)
    return layered(*[n for n in (TASKS[task][1], hidden, 1) if n])


def cases(recipe: Recipe) -> Cases:
    """Return the cases of the task."""
    problem: Problem
    problem, _, its_recipe = TASKS[task_and_hidden(recipe)[0]]
    return problem.cases(its_recipe)


MEASURES = {
    "hidden": "the number of hidden units",
    "weights_in_net": "the number of weights and biases",
    "wrong": "the number of cases that are not on the right side of 0.5",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Count hidden units, weights and wrong cases."""
    out = nets.outputs
    right = np.where(nets.on, out > 0.5 + ROUNDING, out < 0.5 - ROUNDING)
    sizes = {"hidden": nets.wiring.n_units - nets.wiring.n_inputs - 2, "weights_in_net": nets.wiring.n_parameters}
    return {name: np.full(len(nets.w), size) for name, size in sizes.items()} | {"wrong": (~right).sum((1, 2))}

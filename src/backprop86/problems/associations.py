"""Associations (L pp. 12-23): pairs of random binary vectors of length ten, through nets of many shapes.

L prints the fall of E in a single run, sweep by sweep, and the starts that overshoot. Networks have names such as
20_pairs_10-100-10, with the pairs and the layers; width_and_depth.py uses them too.
"""

import re

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.running.measures import total
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, layered, wire

LENGTH = 10
"""The bits of a vector."""
MOST_PAIRS = 1 << LENGTH
"""The number of different inputs."""
APART = "10-10of10-10"
"""L's name for 100 hidden units, ten for each output."""


def parts_of(recipe: Recipe) -> tuple[int, str]:
    """Return 20 and 10-100-10 of 20_pairs_10-100-10."""
    found = re.fullmatch(r"([1-9]\d{0,3})_pairs_(10(?:-[1-9]\d{0,2}){1,9}-10|10-10of10-10)", recipe.network)
    if found and int(found[1]) <= MOST_PAIRS:
        return int(found[1]), found[2]
    raise BadInput(f"network must be such as 20_pairs_10-100-10 or 20_pairs_{APART}, was {recipe.network}")


def wiring(recipe: Recipe) -> Wiring:
    """Return layers fed by the layer below, with thresholds; or ten separate hidden units for each output."""
    _, shape = parts_of(recipe)
    return ten_for_each_output() if shape == APART else layered(*map(int, shape.split("-")))


def ten_for_each_output() -> Wiring:
    """Return 10-10of10-10 (L p. 22): every hidden unit sees all inputs, and feeds one output."""
    inputs = [f"i{k + 1}" for k in range(LENGTH)]
    groups = {f"o{j + 1}": [f"h{10 * j + k + 1}" for k in range(10)] for j in range(LENGTH)}
    fed = {unit: [ONE, *inputs] for group in groups.values() for unit in group}
    return wire(inputs, fed | {unit: [ONE, *group] for unit, group in groups.items()}, list(groups))


def cases(recipe: Recipe) -> Cases:
    """Return pairs of random vectors, from the set of the recipe's number; 10 pairs are the first ten of its 20.

    No input occurs twice, since two equal inputs with different outputs cannot be learned (assumed: L does not state
    it).
    """
    n, _ = parts_of(recipe)
    random = generator(recipe.case_set, stream=2)
    inputs: list[tuple[int, ...]] = []
    desired = []
    while len(inputs) < n:
        bits = tuple(random.integers(0, 2, 2 * LENGTH).tolist())
        if bits[:LENGTH] not in inputs:
            inputs.append(bits[:LENGTH])
            desired.append(bits[LENGTH:])
    return Cases(
        np.array(inputs, dtype=float), np.array(desired, dtype=float), tuple("".join(map(str, row)) for row in inputs)
    )


MEASURES = {"total_error": "E of equation 3, with 1 and 0 as targets"}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure E."""
    apart = nets.outputs - nets.cases.desired
    return {"total_error": total((apart * apart).reshape(len(nets.w), -1)) / 2}

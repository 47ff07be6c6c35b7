"""Addition of two two-bit numbers (P pp. 341-345), where P met its other local minimum: carrying needs an order."""

from dataclasses import replace

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, wire

INPUTS, OUTPUTS = ("a1", "a0", "b1", "b0"), ("o4", "o2", "o1")


def wiring(recipe: Recipe) -> Wiring:
    """Wire inputs to all other units, hidden units to all outputs and to the hidden units after them (P Fig. 11)."""
    if recipe.network not in ("2_hidden", "3_hidden"):
        raise BadInput(f"network must be 2_hidden or 3_hidden, was {recipe.network}")
    hidden = [f"h{k + 1}" for k in range(int(recipe.network[0]))]
    fed = {unit: [ONE, *INPUTS, *hidden[:k]] for k, unit in enumerate(hidden)}
    fed |= {unit: [ONE, *INPUTS, *hidden] for unit in OUTPUTS}
    return wire(INPUTS, fed, OUTPUTS)


def cases(recipe: Recipe) -> Cases:
    """Return all 16 sums, as three bits, the highest first."""
    rows = Cases.of_all_bits(4, lambda inputs: (inputs @ [2, 1, 2, 1])[:, None] // [4, 2, 1] % 2)
    return replace(rows, names=tuple(f"{name[:2]}+{name[2:]}" for name in rows.names))


MEASURES = {
    "wrong": "the number of wrong sums",
    "wrong_sums": "those sums, separated by blanks",
    "fails_as_printed": "only 11+11 is wrong, and the net gives 100",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Find the wrong sums."""
    on = nets.outputs > 0.5
    wrong = (on != nets.on).any(-1)
    names = [" ".join(nets.cases.names[c] for c in np.flatnonzero(row)) for row in wrong]
    last = nets.cases.names.index("11+11")
    gives_100 = (on[:, last] == [True, False, False]).all(-1)
    only = wrong[:, last] & (wrong.sum(1) == 1)
    return {"wrong": wrong.sum(1), "wrong_sums": np.array(names, dtype=object), "fails_as_printed": only & gives_100}

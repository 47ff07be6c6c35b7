"""Addition of two two-bit numbers (P pp. 341-345), where P met its other local minimum: carrying needs an order."""

from dataclasses import replace

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs
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


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return the sums that come out wrong; fails_as_printed: only 11+11, and it gives 100."""
    on = nets.outputs > 0.5
    wrong = (on != nets.on).any(-1)
    names = [" ".join(nets.cases.names[c] for c in np.flatnonzero(row)) for row in wrong]
    last = nets.cases.names.index("11+11")
    gives_100 = (on[:, last] == [True, False, False]).all(-1)
    only = wrong[:, last] & (wrong.sum(1) == 1)
    return {"wrong": wrong.sum(1), "wrong_sums": np.array(names, dtype=object), "fails_as_printed": only & gives_100}


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw the failures of unsolved runs: the wrong sums, and the number of runs with each."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    order = list(cases(Recipe()).names)
    shares = {}
    for reading in ("as_printed", "two_hidden"):
        failed = runs.of(reading)
        failed = failed[~failed["learned"]]
        sums = failed["wrong_sums"].str.split().explode()
        shares[reading] = sums.value_counts().reindex(order, fill_value=0)
    table = np.array([shares[reading].to_numpy() for reading in shares])
    where = np.arange(len(order))
    for k, (reading, hatch) in enumerate(zip(shares, ("", "//"), strict=True)):
        axes.bar(where + 0.4 * k - 0.2, table[k], 0.4, label=reading, color=str(0.3 + 0.4 * k), hatch=hatch)
    axes.set_xticks(where, order, rotation=60, fontsize=8)
    axes.set(ylabel="unsolved runs that get it wrong", title="Addition: P's failure is 11+11 alone")
    axes.legend(frameon=False, fontsize=8)
    sns.despine(figure)
    return {"failures": figure}

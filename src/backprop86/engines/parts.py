"""The parts of a sweep: how long each takes the fused engine's loops, and how long at the machine's limit.

This shows what bounds the engine. Each part runs alone, in one thread, with the number of seeds that the engine has in
training at once. A small network, whose whole sweep is written out, has no parts that could run alone.
"""

from typing import Any

import numpy as np
import pandas as pd

from backprop86.engines.compiling import compiled
from backprop86.engines.cores import cores
from backprop86.engines.fused import LANES, lanes_of, net_of
from backprop86.engines.in_numbers import block_of, rule_of
from backprop86.engines.kernel import Net, change, gradient, group
from backprop86.engines.lanes import pointers
from backprop86.engines.limit import fastest_of_ten, forward_pass, logistic_rate, matrix_rate
from backprop86.engines.program import (
    CLEAR,
    COPY,
    DE_DW_BY_INPUT,
    DE_DX_BY_W,
    ERROR,
    FIELDS,
    LOGISTIC,
    PRODUCTS,
    WEIGHTS,
    Y_BY_W,
    products,
)
from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.network import initial_weights
from backprop86.wiring import Wiring

ANY = -1
FORWARD, LOGISTICS, ERRORS = (
    "sums forward, equation 1",
    "logistics, equation 2",
    "error and criterion, equations 3 and 4",
)
BACKWARD, GRADIENT, CHANGE = (
    "sums backward, equations 7 and 5",
    "dE/dw, equation 6",
    "change of the weights, equation 9",
)
WHOLE = "the whole sweep"
PARTS = {
    FORWARD: [(PRODUCTS, Y_BY_W), (COPY, ANY), (CLEAR, ANY)],
    LOGISTICS: [(LOGISTIC, ANY)],
    ERRORS: [(ERROR, ANY)],
    BACKWARD: [(PRODUCTS, DE_DX_BY_W)],
    GRADIENT: [(WEIGHTS, ANY), (PRODUCTS, DE_DW_BY_INPUT)],
}
"""The codes of the operations of each part, and the kind of products."""
SECONDS = 0.1
"""The length of a timing, of which the shortest of ten counts."""


def parts(wiring: Wiring, cases: Cases, recipe: Recipe) -> pd.DataFrame:
    """Return a row for each part: microseconds of one seed's sweep on one core, their share, and at the limit."""
    net, least = net_of(wiring, cases, recipe), at_least(wiring, cases)
    alone = {name: microseconds(only(net, codes), wiring, cases, recipe) for name, codes in PARTS.items()}
    nothing = microseconds(only(net, []), wiring, cases, recipe)
    took = {name: of_part - nothing for name, of_part in alone.items()}
    took[CHANGE] = microseconds(net, wiring, cases, recipe, changes=True)
    took[WHOLE] = took[CHANGE] + microseconds(net, wiring, cases, recipe)
    rows = [(name, of_part, of_part / took[WHOLE], least.get(name, 0.0)) for name, of_part in took.items()]
    return pd.DataFrame(rows, columns=["part", "microseconds", "share", "at_the_limit"])


def only(net: Net, codes: list[tuple[int, int]]) -> Net:
    """Return a network whose program has the operations of these codes and kinds alone."""
    ops = net.ops.reshape(-1, FIELDS)
    code, kind = ops[net.order // FIELDS, 0], ops[net.order // FIELDS, 1]
    kept = np.zeros(len(net.order), bool)
    for wanted, of_kind in codes:
        kept |= (code == wanted) & ((kind == of_kind) | (of_kind == ANY))
    return net._replace(order=net.order[kept], starts=np.concatenate([[0], np.cumsum(kept)])[net.starts])


def at_least(wiring: Wiring, cases: Cases) -> dict[str, float]:
    """Return the microseconds of each part on one core at the rates of limit.py, of operations that must be done."""
    C, back = len(cases.inputs), np.count_nonzero(wiring.source > wiring.n_inputs)
    forward, n_logistics = forward_pass(wiring, cases)
    logistics, flops = (1e6 * cores() / rate for rate in (logistic_rate(), matrix_rate()))
    found = {
        FORWARD: 2 * forward * flops,
        LOGISTICS: n_logistics * logistics,
        BACKWARD: 2 * C * back * flops,
        GRADIENT: 2 * products(wiring, cases) * flops,
        CHANGE: 4 * wiring.n_parameters * flops,
    }
    return found | {WHOLE: sum(found.values())}


def microseconds(net: Net, wiring: Wiring, cases: Cases, recipe: Recipe, changes: bool = False) -> float:
    """Return the microseconds of a seed's gradient by a program, or of its change of the weights."""
    w = initial_weights(wiring, list(range(LANES)), 0.3)
    job = Job(wiring, cases, recipe, w)
    lanes, rule = lanes_of(net, cases, LANES, recipe.dtype), rule_of(recipe, cases)
    block = block_of(job, recipe.descent())
    lanes.w[:] = w.reshape(len(lanes.w), -1, w.shape[1]).swapaxes(1, 2)
    lanes.counted[:] = 1
    lanes.per[:] = 1
    many(net, rule, block, lanes, changes, 1)  # compiled
    times = max(1, int(SECONDS / fastest_of_ten(lambda: many(net, rule, block, lanes, changes, 1))))
    return 1e6 * fastest_of_ten(lambda: many(net, rule, block, lanes, changes, times)) / times / LANES


@compiled
def many(net: Any, rule: Any, block: Any, lanes: Any, changes: bool, times: int) -> None:
    """Compute the gradient of all lanes, or change their weights, `times` times."""
    (N, R, S, _), first, none = pointers(net, rule, lanes, block), np.int64(0), np.int64(-1)
    for _ in range(times):
        for g in range(lanes.w.shape[0]):
            if changes:
                change(N, R, group(N, S, g), none)
            else:
                gradient(N, R, group(N, S, g), first, N.n_cases)

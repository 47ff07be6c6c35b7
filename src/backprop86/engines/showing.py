"""The outputs of every unit, compiled; outputs.py is the entrance."""

import numpy as np

from backprop86.engines.compiling import compiled
from backprop86.engines.fused import lanes_of, net_of
from backprop86.engines.in_numbers import block_of, rule_of
from backprop86.engines.kernel import do_all, outputs
from backprop86.engines.lanes import pointers
from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.engines.vectors import item, pointer, put, width
from backprop86.wiring import Wiring


def states(wiring: Wiring, inputs: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the output of every unit for every case, (S, C, n_units); inputs (C, n_inputs), w (S, n_parameters)."""
    S, C, given = len(w), len(inputs), 1 + wiring.n_inputs
    cases = Cases(np.asarray(inputs, float), np.zeros((C, len(wiring.outputs))), ("",) * C)
    job = Job(wiring, cases, Recipe(), w)
    net, y = net_of(wiring, cases, job.recipe), np.ones((S, C, wiring.n_units))
    y[:, :, 1:given] = inputs
    lanes = lanes_of(net, cases, 1, job.recipe.dtype)
    show(net, rule_of(job.recipe, cases), lanes, block_of(job, job.recipe.descent()), y, given)
    return y


@compiled
def show(net, rule, lanes, block, y, given):
    """Put the outputs of the computed units, which are numbered from `given` on, into y (S, C, n_units)."""
    (N, R, L, B), rows, (S, C, n_units) = pointers(net, rule, lanes, block), pointer(y), y.shape
    v, first = width(L.w), net.n_rows - (n_units - given) * net.at_once
    for begin in range(0, S, v):
        n = min(v, S - begin)
        for lane in range(n):
            for p in range(net.n_parameters):
                put(L.w, p * v + lane, item(B.w0, (begin + lane) * net.n_parameters + p))
        for c in range(C):
            if c % net.at_once == 0:
                tile = 2 * (c // net.at_once)
                do_all(N, R, L, item(N.starts, tile), item(N.starts, tile + 1))
            for unit in range(given, n_units):
                row = first + (unit - given) * net.at_once + c % net.at_once
                for lane in range(n):
                    put(rows, ((begin + lane) * C + c) * n_units + unit, item(L.y, row * v + lane))


def logistic(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e^-x), equation 2, of any array."""
    y = np.zeros(-(-x.size // 64) * 64)
    y[: x.size] = x.ravel()
    _replace(y)
    return y[: x.size].reshape(x.shape)


@compiled
def _replace(y):
    rows = pointer(y)
    outputs(rows, 0, len(y) // width(rows))

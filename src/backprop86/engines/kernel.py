"""The fused engine's kernel: the gradient of some seeds and one change of their weights, compiled, for any wiring.

Seeds stand side by side in *lanes*. As many as a vector holds are a *group*, and each instruction serves a group.
program.py says which rows of a group are multiplied, arithmetic.py in which order and how everything is rounded. Lanes
never meet, and each lane's arithmetic is the same whichever lane it is.

Names are the letter's. A row is one number of each lane of a group: one weight, or the output of one unit in one case.
"""

import math
from typing import NamedTuple

import numpy as np

from backprop86.engines.compiling import inner
from backprop86.engines.program import (
    CLEAR,
    COPY,
    DE_DX_BY_W,
    ERROR,
    GAIN,
    GAIN_BACK,
    LOGISTIC,
    PRODUCTS,
    WEIGHTS,
    Y_BY_W,
)
from backprop86.engines.vectors import (
    TOGETHER,
    any_not_zero,
    fill,
    fma,
    further,
    item,
    load,
    logistic,
    logistics,
    run,
    smaller,
    store,
    where_positive,
    width,
)


class Net(NamedTuple):
    """A wiring and its cases: the program, its numbers, and data for the rest of the engine."""

    starts: np.ndarray  # in `order`: of each tile of cases, and of what follows its outputs
    order: np.ndarray  # the places of operations in `ops`
    ops: np.ndarray
    listed: np.ndarray  # the numbers that they refer to
    products: int  # the addresses of the functions of tiles.py
    weights: int
    written_out: int  # the address of a compiled sweep, or 0
    at_once: int  # cases in a tile
    n_rows: int  # of y
    n_outputs: int
    n_parameters: int
    n_weights: int  # the first parameters; the others are gains
    n_cases: int
    n_levels: int
    outputs: np.ndarray  # the row of each output unit's first case
    is_last: np.ndarray  # 1 for an output unit that feeds no other
    wanted: np.ndarray  # (C, n_outputs, WANTED) of each output in each case: see below
    level: np.ndarray  # of each parameter
    largest: np.ndarray  # the value at or below which each parameter is held
    share: np.ndarray  # the part of epsilon that each parameter has
    n_streamed: int  # inputs and outputs of each case of a stream, or 0
    inputs: int  # the first row of the inputs of a stream


WANTED = 6
TARGET, ZONE, SIGN, ZONE_AT, LEARNED_AT, HALF_AT = range(WANTED)
"""The demands on an output: its target; the edge of its dead zone; 1 if it should be on, otherwise -1; and this sign
times minus the edge, times minus the edge of the criterion, and times minus one half.
"""


class Lanes(NamedTuple):
    """The state of the seeds in training: groups first, then rows, then the lanes of a group (v)."""

    w: np.ndarray  # (groups, n_parameters, v), like the next two
    last_change: np.ndarray
    dE_dw: np.ndarray
    y: np.ndarray  # (rows, v): constant rows, then units of each case of a tile; one group at a time
    dE_dx: np.ndarray
    counted: np.ndarray  # (groups, C, v)
    per: np.ndarray  # (groups, ROWS_PER, v)
    when: np.ndarray  # (groups, ROWS_WHEN, v)
    stream: np.ndarray  # (sweeps, groups, C, n_streamed, v): inputs, then desired less one half; else empty


ROWS_PER = 14
E, SLACK, RIGHT, SCALE, CASES, LOOKING, LOOKING_RIGHT, BAD, EPSILON, ALPHA, KEEP, SHRINK, OF_GAIN, EVENT = range(
    ROWS_PER
)
"""Rows of `per`. SLACK is positive if the criterion is met, LOOKING 1 until that is first so; RIGHT and LOOKING_RIGHT
are the same for the right side of 0.5. SCALE is 1, or for a mean one over the number of outputs and cases; CASES undoes
the latter where a change follows every case. KEEP is what decay leaves of a weight after a change, SHRINK the part that
a change takes from it; OF_GAIN is the epsilon of gains. BAD is NaN once a weight is not finite. EVENT is other than 0
where one of these has just happened.
"""
ROWS_WHEN = 4
SEED, BEGAN, DUE, CHECKPOINT = range(ROWS_WHEN)
"""Rows of `when`: the seed's place in its block, the step of its sweep 0, the step when it must be looked at, and the
number of its next checkpoint.
"""


@inner
def group(net, lanes, g):
    """Return the lanes of group g alone."""
    v = width(lanes.w)
    weights = g * net.n_parameters * v
    return Lanes(
        further(lanes.w, weights), further(lanes.last_change, weights), further(lanes.dE_dw, weights), lanes.y,
        lanes.dE_dx, further(lanes.counted, g * net.n_cases * v), further(lanes.per, g * ROWS_PER * v),
        further(lanes.when, g * ROWS_WHEN * v), further(lanes.stream, g * net.n_cases * net.n_streamed * v),
    )  # fmt: skip


@inner
def outputs(y, first, n):
    """Replace x by the logistic of x, equation 2, in n rows."""
    v, alone = width(y), n % TOGETHER
    for k in range(first * v, (first + n - alone) * v, TOGETHER * v):
        logistics(y, k)
    for k in range((first + n - alone) * v, (first + n) * v, v):
        logistic(y, k)


@inner
def gradient(net, rule, lanes, first, last):
    """Compute dE/dw, E, SLACK and RIGHT of cases first...last - 1 for a group: forward, error, backward."""
    per, v = lanes.per, width(lanes.w)
    store(per, E * v, fill(per, 0.0))
    store(per, SLACK * v, fill(per, 1.0))
    store(per, RIGHT * v, fill(per, 1.0))
    for k in range(0, net.n_parameters * v, v):
        store(lanes.dE_dw, k, fill(per, -0.0))
    for tile in range(first // net.at_once, (last - 1) // net.at_once + 1):
        if net.n_streamed != 0:
            take(net, lanes, tile * net.at_once)
        do_all(net, rule, lanes, item(net.starts, 2 * tile), item(net.starts, 2 * tile + 2))
    if rule.total_error < math.inf:
        rest = rule.total_error * load(per, SCALE * v) - load(per, E * v)
        store(per, SLACK * v, smaller(load(per, SLACK * v), rest))


@inner
def take(net, lanes, first):
    """Copy the inputs of the cases of a tile from the stream to their rows."""
    v = width(lanes.w)
    for c in range(first, min(first + net.at_once, net.n_cases)):
        for i in range(net.n_streamed - net.n_outputs):
            row = load(lanes.stream, (c * net.n_streamed + i) * v)
            store(lanes.y, (net.inputs + i * net.at_once + c - first) * v, row)


@inner
def do_all(net, rule, lanes, first, last):
    """Do operations first...last - 1 of the program: products here, as a call costs as much as some of them."""
    for number in range(first, last):
        op = further(net.ops, item(net.order, number))
        code, kind = item(op, 0), item(op, 1)
        if code == WEIGHTS:
            run(net.weights, op, lanes.dE_dw, lanes.dE_dx, lanes.y, lanes.y, net.listed)
        elif code != PRODUCTS:
            do(net, rule, lanes, op)
        elif kind == Y_BY_W:
            run(net.products, op, lanes.y, lanes.w, lanes.y, lanes.y, net.listed)
        elif kind == DE_DX_BY_W:
            run(net.products, op, lanes.dE_dx, lanes.w, lanes.dE_dx, lanes.y, net.listed)
        else:
            run(net.products, op, lanes.dE_dw, lanes.dE_dx, lanes.y, lanes.y, net.listed)


@inner
def do(net, rule, lanes, op):
    """Do one operation of the program."""
    code, a, b, c = item(op, 0), item(op, 1), item(op, 2), item(op, 3)
    if code == LOGISTIC:
        if c == net.at_once:
            outputs(lanes.y, a, b * c)
        else:
            for unit in range(b):
                outputs(lanes.y, a + unit * net.at_once, c)
    elif code == ERROR:
        for case in range(b):
            error(net, rule, lanes, a + case, case)
    elif code == CLEAR:
        v = width(lanes.w)
        for unit in range(c):
            for case in range(item(op, 4)):
                store(lanes.dE_dx if a == 1 else lanes.y, b + (unit * net.at_once + case) * v, fill(lanes.y, -0.0))
    elif code == COPY:
        v = width(lanes.w)
        for unit in range(b):
            for case in range(c):
                row = load(lanes.y, item(net.listed, item(op, 4) + case) + unit * v)
                store(lanes.y, a + (unit * net.at_once + case) * v, row)
    elif code in (GAIN, GAIN_BACK):
        gains(net, lanes, code == GAIN, a, b, c, item(op, 4), item(op, 5))


@inner
def gains(net, lanes, is_forward, first, n, n_cases, kept, gain):
    """Multiply x of n units from row `first` on by their gain, and keep x; or go back, to dE/dG and dE/dx."""
    v = width(lanes.w)
    G, total = load(lanes.w, gain * v), load(lanes.dE_dw, gain * v)
    for unit in range(n):
        for case in range(n_cases):
            row = (unit * net.at_once + case) * v
            k, x_at = first * v + row, kept * v + row
            if is_forward:
                store(lanes.y, x_at, load(lanes.y, k))
                store(lanes.y, k, load(lanes.y, k) * G)
            else:
                total = fma(load(lanes.dE_dx, k), load(lanes.y, x_at), total)
                store(lanes.dE_dx, k, load(lanes.dE_dx, k) * G)
    store(lanes.dE_dw, gain * v, total)


@inner
def error(net, rule, lanes, c, row):
    """Apply equations 3 and 4 to one case, with the dead zone, and find how far it is from not being learned.

    Every output counts as on: one that is to be off has the sign -1. A product with 1 or -1 is exact.
    """
    per, v = lanes.per, width(lanes.w)
    counts, scale = load(lanes.counted, c * v), load(per, SCALE * v)
    slack, right, of_case = fill(per, 1.0), fill(per, 1.0), fill(per, 0.0)
    for o in range(net.n_outputs):
        place = (item(net.outputs, o) + row) * v
        y = load(lanes.y, place)
        if net.n_streamed != 0:
            told = load(lanes.stream, ((c + 1) * net.n_streamed - net.n_outputs + o) * v)
            miss, beyond, half = judged(rule, y, wanted_of(net, told, per))
        else:
            wanted = further(net.wanted, (c * net.n_outputs + o) * WANTED)
            numbers = (
                item(wanted, TARGET), item(wanted, ZONE), fill(per, item(wanted, SIGN)), item(wanted, ZONE_AT),
                item(wanted, LEARNED_AT), item(wanted, HALF_AT),
            )  # fmt: skip
            miss, beyond, half = judged(rule, y, numbers)
        miss = miss * counts
        of_case = fma(0.5 * miss, miss, of_case)
        dE_dy = miss * scale
        store(lanes.dE_dx, place, dE_dy * y * (1.0 - y) if rule.sloped and item(net.is_last, o) == 1 else dE_dy)
        slack = smaller(slack, beyond)
        right = smaller(right, half)
    left_out = 4.0 * (1.0 - counts)
    store(per, E * v, fma(of_case, scale, load(per, E * v)))
    slack = smaller(load(per, SLACK * v), slack + left_out)
    store(per, SLACK * v, smaller(slack, rule.case_error - of_case))
    store(per, RIGHT * v, smaller(load(per, RIGHT * v), right + left_out))


@inner
def judged(rule, y, wanted):
    """Return the distances of an output from the criterion, from the dead zone, and from the right side of 0.5."""
    target, zone, sign, zone_at, learned_at, half_at = wanted
    miss = y - target
    if rule.dead_zone != 0:
        satisfied = fma(y, sign, zone_at)
        miss = where_positive(satisfied, 0.0, y - zone if rule.dead_zone == 1 else miss)
    return miss, fma(y, sign, learned_at), fma(y, sign, half_at)


@inner
def wanted_of(net, told, per):
    """Return the demands on an output of a stream, lane by lane: `wanted` has them for on, then for off."""
    on, off = net.wanted, further(net.wanted, WANTED)
    return (
        where_positive(told, fill(per, item(on, TARGET)), fill(per, item(off, TARGET))),
        where_positive(told, fill(per, item(on, ZONE)), fill(per, item(off, ZONE))),
        where_positive(told, fill(per, item(on, SIGN)), fill(per, item(off, SIGN))),
        where_positive(told, fill(per, item(on, ZONE_AT)), fill(per, item(off, ZONE_AT))),
        where_positive(told, fill(per, item(on, LEARNED_AT)), fill(per, item(off, LEARNED_AT))),
        where_positive(told, fill(per, item(on, HALF_AT)), fill(per, item(off, HALF_AT))),
    )


@inner
def change(net, rule, lanes, c):
    """Apply equation 9 and decay: after case c for the seeds that are trained on it, after a sweep (c < 0) for all."""
    per, v = lanes.per, width(lanes.w)
    alpha, epsilon, keep, bad = load(per, ALPHA * v), load(per, EPSILON * v), load(per, KEEP * v), load(per, BAD * v)
    shrink = load(per, SHRINK * v)
    for p in range(net.n_weights):
        k = p * v
        w, last = load(lanes.w, k), load(lanes.last_change, k)
        delta_w = fma(alpha, last, -(epsilon * item(net.share, p) * load(lanes.dE_dw, k)))
        if rule.decay_in != 0:
            delta_w = fma(-shrink, w, delta_w)
        moved = smaller(item(net.largest, p), (w + delta_w) * keep)  # in this order NaN stays NaN
        if c >= 0:
            learns = load(lanes.counted, c * v)
            delta_w, moved = where_positive(learns, delta_w, last), where_positive(learns, moved, w)
        store(lanes.last_change, k, delta_w)
        store(lanes.w, k, moved)
        bad = bad + 0.0 * moved
    for p in range(net.n_weights, net.n_parameters):
        G = load(lanes.w, p * v)
        moved = fma(-load(per, OF_GAIN * v), load(lanes.dE_dw, p * v), G)
        if c >= 0:
            moved = where_positive(load(lanes.counted, c * v), moved, G)
        store(lanes.w, p * v, moved)
        bad = bad + 0.0 * moved
    store(per, BAD * v, bad)


@inner
def happened(lanes):
    """Note EVENT in each lane of a group: a first has been reached, or a seed is no longer finite. True if in any."""
    per, v = lanes.per, width(lanes.per)
    learned = where_positive(load(per, SLACK * v) * load(per, LOOKING * v), 1.0, 0.0)
    right = where_positive(load(per, RIGHT * v) * load(per, LOOKING_RIGHT * v), 1.0, 0.0)
    event = learned + right + 0.0 * (load(per, E * v) + load(per, BAD * v))
    store(per, EVENT * v, event)
    return any_not_zero(event)

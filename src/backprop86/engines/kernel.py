"""The fused engine's kernel: the gradient of many seeds and one change of their weights, compiled, for any wiring.

Seeds stand side by side in *lanes*, so that one instruction serves several. Equations 1, 7 and 6 are one and the same
operation, a sum of products of two rows of lanes, so that a network is three lists of which rows to multiply:

    equation 1   x_j     = sum over i of       w_ji    times y_i      for each case and unit
    equation 7   dE/dy_i = sum over j of       w_ji    times dE/dx_j  for each case and unit
    equation 6   dE/dw   = sum over cases of   dE/dx_j times y_i      for each parameter and tile of cases

Lanes never meet, and each lane's arithmetic is the same whichever lane it is. Names are the letter's; S seeds, C cases,
L lanes; n is how many lanes are computed, a multiple of what a vector holds.
"""

from typing import NamedTuple

import numpy as np

from backprop86.engines.vectors import compiled, fill, item, load, put, smaller, store, where_positive, width


class Lists(NamedTuple):
    """Sum s adds the products of rows left[k] and right[k] for k from start[s] to start[s + 1]."""

    start: np.ndarray
    left: np.ndarray
    right: np.ndarray


class Net(NamedTuple):
    """A wiring and its cases. The first rows of y are the input values that occur; n_units for each case follow."""

    into: Lists  # equation 1
    out_of: Lists  # equation 7
    weight: Lists  # equation 6
    tile: int
    first_row: int
    n_units: int  # that are computed
    n_outputs: int
    n_parameters: int
    n_cases: int
    n_levels: int
    outputs: np.ndarray
    is_output: np.ndarray
    desired: np.ndarray  # (C, n_outputs)
    level: np.ndarray  # of each parameter
    largest: np.ndarray  # what each parameter is held at or below


class Rule(NamedTuple):
    """The recipe in numbers, under the recipe's names."""

    opening_sweeps: float
    target_on: float
    target_off: float
    zone_on: float
    zone_off: float
    dead_zone: int  # 0 none, 1 from_edge, 2 from_target
    by_case: bool
    to_limit: bool
    sweeps: int
    learned_on: float
    learned_off: float
    case_error: float  # with this or more a case is not learned
    n_checkpoints: int
    checkpoints: np.ndarray
    n_moments: int
    moments: np.ndarray


class Lanes(NamedTuple):
    """The state of the seeds in training; the last axis is the lane."""

    w: np.ndarray
    last_change: np.ndarray
    dE_dw: np.ndarray
    y: np.ndarray
    dE_dx: np.ndarray
    counted: np.ndarray  # (C, L)
    per: np.ndarray  # (13, L)
    when: np.ndarray  # (4, L)


ROWS_PER = 13
E, SLACK, RIGHT, SCALE, CASES, LOOKING, LOOKING_RIGHT, BAD, EPSILON, ALPHA, KEEP, EVENT, ANY = range(ROWS_PER)
"""Rows of `per`. SLACK is positive if the criterion is met, LOOKING 1 until that is first so; RIGHT and LOOKING_RIGHT
are the same for the right side of 0.5. SCALE is 1, or for a mean one over the number of outputs and cases; CASES undoes
the latter where a change follows every case. BAD is NaN once a weight is not finite. EVENT is not 0 where one of these
has just happened; ANY begins with the sum of all lanes' EVENT.
"""
ROWS_WHEN = 4
SEED, BEGAN, DUE, CHECKPOINT = range(ROWS_WHEN)
"""Rows of `when`: the seed's place in its block, the step of its sweep 0, the step when it must be looked at, and the
number of its next checkpoint.
"""


@compiled
def logistic(y, start, n):
    """Replace x by y = 1 / (1 + e^-x), equation 2, within 2 ulp for every x; from e^-|x|, which cannot overflow."""
    for k in range(start, start + n):
        x = item(y, k)
        a = max(-abs(np.float64(x)), -745.2)  # NaN stays NaN
        shifted = a * 1.4426950408889634 + 6755399441055744.0  # 1.5 2^52: the last bits are a / ln 2, rounded
        twos = shifted - 6755399441055744.0
        r = (a - twos * 6.93147180369123816490e-01) - twos * 1.90821492927058770002e-10  # ln 2 in two parts
        p = r * (1 / 6227020800) + 1 / 479001600
        p = p * r + 1 / 39916800
        p = p * r + 1 / 3628800
        p = p * r + 1 / 362880
        p = p * r + 1 / 40320
        p = p * r + 1 / 5040
        p = p * r + 1 / 720
        p = p * r + 1 / 120
        p = p * r + 1 / 24
        p = p * r + 1 / 6
        p = p * r + 0.5
        p = (p * (r * r) + r) + 1
        bits = np.float64(shifted).view(np.int64) - 0x4338000000000000
        half = bits >> 1  # 2^bits in two factors, as the smallest results are not normal numbers
        e = p * np.int64((half + 1023) << 52).view(np.float64) * np.int64((bits - half + 1023) << 52).view(np.float64)
        put(y, k, (1.0 if x >= 0 else e) / (1 + e))


@compiled
def add_products(total, row, fresh, left, right, lists, s, n, L):
    """Set row `row` of total to sum number s if fresh, else add the sum. Four vectors at a time hide the latency."""
    start, stop, v, lane = item(lists.start, s), item(lists.start, s + 1), width(total), 0
    while lane + 4 * v <= n:
        t = row * L + lane
        a = fill(total, 0.0) if fresh else load(total, t)
        b = fill(total, 0.0) if fresh else load(total, t + v)
        c = fill(total, 0.0) if fresh else load(total, t + 2 * v)
        d = fill(total, 0.0) if fresh else load(total, t + 3 * v)
        for k in range(start, stop):
            i, j = item(lists.left, k) * L + lane, item(lists.right, k) * L + lane
            a = a + load(left, i) * load(right, j)
            b = b + load(left, i + v) * load(right, j + v)
            c = c + load(left, i + 2 * v) * load(right, j + 2 * v)
            d = d + load(left, i + 3 * v) * load(right, j + 3 * v)
        store(total, t, a)
        store(total, t + v, b)
        store(total, t + 2 * v, c)
        store(total, t + 3 * v, d)
        lane += 4 * v
    while lane < n:
        a = fill(total, 0.0) if fresh else load(total, row * L + lane)
        for k in range(start, stop):
            a = a + load(left, item(lists.left, k) * L + lane) * load(right, item(lists.right, k) * L + lane)
        store(total, row * L + lane, a)
        lane += v


@compiled
def gradient(net, rule, lanes, first, last, n, L):
    """Compute dE/dw, E, SLACK and RIGHT of cases first...last - 1 for n lanes: forward, error, backward."""
    v = width(lanes.w)
    for lane in range(0, n, v):
        store(lanes.per, E * L + lane, fill(lanes.per, 0.0))
        store(lanes.per, SLACK * L + lane, fill(lanes.per, 1.0))
        store(lanes.per, RIGHT * L + lane, fill(lanes.per, 1.0))
    for c in range(first, last):
        row, s = net.first_row + c % net.tile * net.n_units, c * net.n_units
        for u in range(net.n_units):
            add_products(lanes.y, row + u, True, lanes.w, lanes.y, net.into, s + u, n, L)
            logistic(lanes.y, (row + u) * L, n)
        error(net, rule, lanes, c, row, n, L)
        for u in range(net.n_units - 1, -1, -1):
            fresh = item(net.is_output, u) == 0
            add_products(lanes.dE_dx, row + u, fresh, lanes.w, lanes.dE_dx, net.out_of, s + u, n, L)
            for k in range((row + u) * L, (row + u) * L + n, v):  # dE/dy becomes dE/dx, equation 5
                y = load(lanes.y, k)
                store(lanes.dE_dx, k, load(lanes.dE_dx, k) * y * (1.0 - y))
        if c % net.tile == net.tile - 1 or c == last - 1:
            s, fresh = c // net.tile * net.n_parameters, c - c % net.tile <= first
            for p in range(net.n_parameters):
                add_products(lanes.dE_dw, p, fresh, lanes.dE_dx, lanes.y, net.weight, s + p, n, L)


@compiled
def error(net, rule, lanes, c, row, n, L):
    """Apply equations 3 and 4 to one case, with the dead zone, and find how far it is from not being learned."""
    per = lanes.per
    for lane in range(0, n, width(per)):
        counts, scale = load(lanes.counted, c * L + lane), load(per, SCALE * L + lane)
        slack, right, of_case = load(per, SLACK * L + lane), load(per, RIGHT * L + lane), fill(per, 0.0)
        for o in range(net.n_outputs):
            place = (row + item(net.outputs, o)) * L + lane
            y = load(lanes.y, place)
            if item(net.desired, c * net.n_outputs + o) > 0.5:
                miss, edge, beyond, side = y - rule.target_on, y - rule.zone_on, y - rule.learned_on, y - 0.5
                satisfied = edge
            else:
                miss, edge, beyond, side = y - rule.target_off, y - rule.zone_off, rule.learned_off - y, 0.5 - y
                satisfied = rule.zone_off - y
            if rule.dead_zone != 0:
                miss = where_positive(satisfied, 0.0, edge if rule.dead_zone == 1 else miss)
            miss = miss * counts
            of_case = of_case + 0.5 * miss * miss
            store(lanes.dE_dx, place, miss * scale)
            left_out = 4.0 * (1.0 - counts)
            slack, right = smaller(slack, beyond + left_out), smaller(right, side + left_out)
        store(per, E * L + lane, load(per, E * L + lane) + of_case * scale)
        store(per, SLACK * L + lane, smaller(slack, rule.case_error - of_case))
        store(per, RIGHT * L + lane, right)


@compiled
def change(net, lanes, c, n, L):
    """Apply equation 9 and decay: after case c for the seeds that are trained on it, after a sweep (c < 0) for all."""
    per = lanes.per
    for lane in range(0, n, width(per)):
        alpha, epsilon = load(per, ALPHA * L + lane), load(per, EPSILON * L + lane)
        keep, bad = load(per, KEEP * L + lane), load(per, BAD * L + lane)
        for p in range(net.n_parameters):
            k = p * L + lane
            w, last = load(lanes.w, k), load(lanes.last_change, k)
            delta_w = alpha * last - epsilon * load(lanes.dE_dw, k)
            moved = smaller(item(net.largest, p), (w + delta_w) * keep)  # in this order NaN stays NaN
            if c >= 0:
                learns = load(lanes.counted, c * L + lane)
                delta_w, moved = where_positive(learns, delta_w, last), where_positive(learns, moved, w)
            store(lanes.last_change, k, delta_w)
            store(lanes.w, k, moved)
            bad = bad + 0.0 * moved
        store(per, BAD * L + lane, bad)


@compiled
def happened(lanes, n, L):
    """Note EVENT in each of n lanes: a first has been reached, or a seed has ceased to be finite. True if in any."""
    per, v = lanes.per, width(lanes.per)
    of_any = fill(per, 0.0)
    for lane in range(0, n, v):
        learned = where_positive(load(per, SLACK * L + lane) * load(per, LOOKING * L + lane), 1.0, 0.0)
        right = where_positive(load(per, RIGHT * L + lane) * load(per, LOOKING_RIGHT * L + lane), 1.0, 0.0)
        event = learned + right + 0.0 * (load(per, E * L + lane) + load(per, BAD * L + lane))
        store(per, EVENT * L + lane, event)
        of_any = of_any + event
    store(per, ANY * L, of_any)
    total = 0.0
    for lane in range(v):
        total += item(per, ANY * L + lane)
    return total != 0

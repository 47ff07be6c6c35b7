"""Seeds come and go in the lanes of the kernel: each begins, is looked at when something happens, and leaves when done.

A seed's sweep t is step BEGAN + t of its lane. In its first step it stands still, so that it is looked at as it is.
"""

import math
from typing import NamedTuple

import numpy as np

from backprop86.descent import RATES
from backprop86.engines.kernel import (
    ALPHA,
    BAD,
    BEGAN,
    CASES,
    CHECKPOINT,
    DUE,
    EPSILON,
    EVENT,
    KEEP,
    LOOKING,
    LOOKING_RIGHT,
    RIGHT,
    ROWS_PER,
    ROWS_WHEN,
    SCALE,
    SEED,
    SLACK,
    E,
    Lanes,
    Lists,
    Net,
    Rule,
    change,
    gradient,
    happened,
)
from backprop86.engines.vectors import compiled, item, pointer, put, width


class Block(NamedTuple):
    """The seeds to be trained, and what becomes of them under the names of `Outcome`."""

    w0: np.ndarray
    counted: np.ndarray  # (S, C)
    scale: np.ndarray
    cases: np.ndarray
    rates: np.ndarray  # (S, 5), a column for each of RATES
    until: np.ndarray
    w: np.ndarray
    w_learned: np.ndarray
    w_at: np.ndarray
    sweeps: np.ndarray
    right_side: np.ndarray
    stopped: np.ndarray
    diverged: np.ndarray
    error: np.ndarray
    error_curve: np.ndarray
    gradient_curve: np.ndarray


OF_EPSILON, OF_ALPHA, OF_DECAY, OF_OPENING_EPSILON, OF_OPENING_ALPHA = (
    RATES.index(name) for name in ("epsilon", "alpha", "decay", "opening_epsilon", "opening_alpha")
)
"""Columns of a block's `rates`."""
PLACES = 7
IN_USE, NEXT, END, WORK, MORE, STEP, LOOK_AT = range(PLACES)
"""Places of `todo`: lanes in use, the next seed and one past the last that may begin, seed-sweeps done, whether more
seeds wait elsewhere, steps done, and the step at which some lane must be looked at.
"""


@compiled
def begin(net, lanes, block, seed, lane, step, L):
    """Give this lane to seed number `seed` of the block. It stands still in the next step, to be looked at as it is."""
    bad, per, when = 0.0, lanes.per, lanes.when
    for p in range(net.n_parameters):
        w = item(block.w0, seed * net.n_parameters + p)
        put(lanes.w, p * L + lane, w)
        put(lanes.last_change, p * L + lane, 0.0)
        put(lanes.dE_dw, p * L + lane, 0.0)
        bad += 0 * w
    for c in range(net.n_cases):
        put(lanes.counted, c * L + lane, item(block.counted, seed * net.n_cases + c))
    put(per, SCALE * L + lane, item(block.scale, seed))
    put(per, CASES * L + lane, item(block.cases, seed))
    put(per, LOOKING * L + lane, 1.0)
    put(per, LOOKING_RIGHT * L + lane, 1.0)
    put(per, BAD * L + lane, bad)
    put(per, EPSILON * L + lane, 0.0)
    put(per, KEEP * L + lane, 1.0)
    put(when, SEED * L + lane, seed)
    put(when, BEGAN * L + lane, step + 1)
    put(when, DUE * L + lane, step + 1)
    put(when, CHECKPOINT * L + lane, 0)


@compiled
def look(net, rule, lanes, block, lane, step, L):
    """Write down what the weights in a lane are like; True if its seed is done."""
    per, when = lanes.per, lanes.when
    seed, t = item(when, SEED * L + lane), step - item(when, BEGAN * L + lane)
    E_now = item(per, E * L + lane)
    diverged = not math.isfinite(E_now) or math.isnan(item(per, BAD * L + lane))
    if not diverged and item(per, SLACK * L + lane) > 0 and item(per, LOOKING * L + lane) > 0:
        put(block.sweeps, seed, t)
        put(per, LOOKING * L + lane, 0.0)
        keep_weights(net, lanes, lane, block.w_learned, seed, L)
    if not diverged and item(per, RIGHT * L + lane) > 0 and item(per, LOOKING_RIGHT * L + lane) > 0:
        put(block.right_side, seed, t)
        put(per, LOOKING_RIGHT * L + lane, 0.0)
    for m in range(rule.n_moments):
        if item(rule.moments, m) == t:
            keep_weights(net, lanes, lane, block.w_at, seed * rule.n_moments + m, L)
    draw(net, rule, lanes, block, lane, seed, t, L)
    has_learned, until = item(per, LOOKING * L + lane) == 0, item(block.until, seed)
    if not (diverged or t == rule.sweeps or (has_learned and t >= until and not rule.to_limit)):
        plan(rule, lanes, block, lane, seed, t, L)
        return False
    keep_weights(net, lanes, lane, block.w, seed, L)
    put(block.error, seed, E_now)
    put(block.stopped, seed, t)
    put(block.diverged, seed, 1 if diverged else 0)
    return True


@compiled
def keep_weights(net, lanes, lane, rows, row, L):
    """Copy the weights in a lane to a row of an array."""
    for p in range(net.n_parameters):
        put(rows, row * net.n_parameters + p, item(lanes.w, p * L + lane))


@compiled
def draw(net, rule, lanes, block, lane, seed, t, L):
    """Put a point on the curves of a seed if sweep t is a checkpoint."""
    k = item(lanes.when, CHECKPOINT * L + lane)
    if t != item(rule.checkpoints, k):
        return
    place = seed * rule.n_checkpoints + k
    put(block.error_curve, place, item(lanes.per, E * L + lane))
    for p in range(net.n_parameters):
        level = place * net.n_levels + item(net.level, p)
        put(block.gradient_curve, level, item(block.gradient_curve, level) + item(lanes.dE_dw, p * L + lane) ** 2)
    put(lanes.when, CHECKPOINT * L + lane, min(k + 1, rule.n_checkpoints - 1))


@compiled
def plan(rule, lanes, block, lane, seed, t, L):
    """Set the rates of the sweep after sweep t, and the sweep after which the seed must be looked at again."""
    per, when = lanes.per, lanes.when
    due, opening = item(rule.checkpoints, item(when, CHECKPOINT * L + lane)), t < rule.opening_sweeps
    for m in range(rule.n_moments):
        if item(rule.moments, m) > t:
            due = min(due, item(rule.moments, m))
    if item(block.until, seed) > t:
        due = min(due, item(block.until, seed))
    if opening:
        due = min(due, np.int64(rule.opening_sweeps))
    put(when, DUE * L + lane, item(when, BEGAN * L + lane) + due)
    rates = len(RATES) * seed
    epsilon = item(block.rates, rates + (OF_OPENING_EPSILON if opening else OF_EPSILON))
    alpha = item(block.rates, rates + (OF_OPENING_ALPHA if opening else OF_ALPHA))
    put(per, EPSILON * L + lane, epsilon * item(per, CASES * L + lane))
    put(per, ALPHA * L + lane, alpha)
    put(per, KEEP * L + lane, 1 - item(block.rates, rates + OF_DECAY))


@compiled
def move(array, rows, source, target, L):
    """Copy these rows from one lane to another."""
    for row in range(rows):
        put(array, row * L + target, item(array, row * L + source))


@compiled
def pointers(net, rule, lanes, block):
    """Return all four without shapes and counts of references, as plain pointers, which cost nothing to pass on."""
    into = Lists(pointer(net.into.start), pointer(net.into.left), pointer(net.into.right))
    out_of = Lists(pointer(net.out_of.start), pointer(net.out_of.left), pointer(net.out_of.right))
    weight = Lists(pointer(net.weight.start), pointer(net.weight.left), pointer(net.weight.right))
    outputs, desired, level, largest = (
        pointer(net.outputs), pointer(net.desired), pointer(net.level), pointer(net.largest),
    )  # fmt: skip
    return (
        Net(
            into, out_of, weight, net.tile, net.first_row, net.n_units, net.n_outputs, net.n_parameters, net.n_cases,
            net.n_levels, outputs, pointer(net.is_output), desired, level, largest,
        ),
        Rule(
            rule.opening_sweeps, rule.target_on, rule.target_off, rule.zone_on, rule.zone_off, rule.dead_zone,
            rule.by_case, rule.to_limit, rule.sweeps, rule.learned_on, rule.learned_off, rule.case_error,
            rule.n_checkpoints, pointer(rule.checkpoints), rule.n_moments, pointer(rule.moments),
        ),
        Lanes(
            pointer(lanes.w), pointer(lanes.last_change), pointer(lanes.dE_dw), pointer(lanes.y), pointer(lanes.dE_dx),
            pointer(lanes.counted), pointer(lanes.per), pointer(lanes.when),
        ),
        Block(
            pointer(block.w0), pointer(block.counted), pointer(block.scale), pointer(block.cases),
            pointer(block.rates), pointer(block.until), pointer(block.w),
            pointer(block.w_learned), pointer(block.w_at), pointer(block.sweeps), pointer(block.right_side),
            pointer(block.stopped), pointer(block.diverged), pointer(block.error), pointer(block.error_curve),
            pointer(block.gradient_curve),
        ),
    )  # fmt: skip


@compiled
def look_at_all(net, rule, lanes, block, todo, L):
    """Look at every lane that is due or has an event, and find the step at which the next is due.

    A seed that is done gives its lane to the next or, if none waits, to the last.
    """
    lane, step, next_due = 0, todo[STEP], np.int64(2**63 - 1)
    while lane < todo[IN_USE]:
        due, event = item(lanes.when, DUE * L + lane), item(lanes.per, EVENT * L + lane)
        if (due > step and event == 0) or not look(net, rule, lanes, block, lane, step, L):
            next_due = min(next_due, item(lanes.when, DUE * L + lane))
            lane += 1
            continue
        todo[WORK] += rule.sweeps - step + item(lanes.when, BEGAN * L + lane)
        if todo[NEXT] < todo[END]:
            begin(net, lanes, block, todo[NEXT], lane, step, L)
            next_due = step + 1
            todo[NEXT] += 1
            lane += 1
            continue
        todo[IN_USE] -= 1
        for rows in (lanes.w, lanes.last_change, lanes.dE_dw):
            move(rows, net.n_parameters, todo[IN_USE], lane, L)
        move(lanes.counted, net.n_cases, todo[IN_USE], lane, L)
        move(lanes.per, ROWS_PER, todo[IN_USE], lane, L)
        move(lanes.when, ROWS_WHEN, todo[IN_USE], lane, L)
        put(lanes.per, LOOKING * L + todo[IN_USE], 0.0)
        put(lanes.per, LOOKING_RIGHT * L + todo[IN_USE], 0.0)
        put(lanes.per, BAD * L + todo[IN_USE], 0.0)
    todo[LOOK_AT] = next_due


@compiled
def advance(net, rule, lanes, block, todo, steps):
    """Advance all lanes by up to `steps` sweeps; `todo` has the places named IN_USE to LOOK_AT."""
    L, (N, R, S, B) = lanes.w.shape[1], pointers(net, rule, lanes, block)
    v = width(S.w)
    while todo[IN_USE] < L and todo[NEXT] < todo[END]:
        begin(N, S, B, todo[NEXT], todo[IN_USE], todo[STEP], L)
        todo[IN_USE], todo[NEXT], todo[LOOK_AT] = todo[IN_USE] + 1, todo[NEXT] + 1, todo[STEP] + 1
    for _ in range(steps):
        n, todo[STEP] = (todo[IN_USE] + v - 1) // v * v, todo[STEP] + 1
        if rule.by_case:
            for c in range(net.n_cases):
                gradient(N, R, S, c, c + 1, n, L)
                change(N, S, c, n, L)
        else:
            change(N, S, -1, n, L)
        gradient(N, R, S, 0, net.n_cases, n, L)
        todo[WORK] += todo[IN_USE]
        if not happened(S, n, L) and todo[STEP] < todo[LOOK_AT]:
            continue
        look_at_all(N, R, S, B, todo, L)
        if todo[IN_USE] == 0 or (todo[MORE] and todo[NEXT] == todo[END] and todo[IN_USE] < L):
            break

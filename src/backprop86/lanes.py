"""Seeds come and go in the lanes of the kernel: each begins, is looked at when something happens, and leaves when done.

A seed's sweep t is step BEGAN + t of its lane. In its first step it stands still, so that it is looked at as it is.
"""

import math
from typing import NamedTuple

import numpy as np

from backprop86.kernel import (
    ALPHA,
    BAD,
    BEGAN,
    CASES,
    CHECKPOINT,
    DUE,
    EPSILON,
    KEEP,
    LOOKING,
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
from backprop86.vectors import compiled, item, pointer, put, width


class Block(NamedTuple):
    """The seeds to be trained, and what becomes of them under the names of `Outcome`."""

    w0: np.ndarray
    counted: np.ndarray  # (S, C)
    scale: np.ndarray
    cases: np.ndarray
    rates: np.ndarray  # (S, 5), see RATES
    w: np.ndarray
    sweeps: np.ndarray
    stopped: np.ndarray
    diverged: np.ndarray
    error: np.ndarray
    error_curve: np.ndarray
    gradient_curve: np.ndarray


@compiled
def begin(net, lanes, block, seed, lane, step, L):  # type: ignore[no-untyped-def]
    """Seed number `seed` of the block takes this lane. It stands still in the next step, to be looked at as it is."""
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
    put(per, BAD * L + lane, bad)
    put(per, EPSILON * L + lane, 0.0)
    put(per, KEEP * L + lane, 1.0)
    put(when, SEED * L + lane, seed)
    put(when, BEGAN * L + lane, step + 1)
    put(when, DUE * L + lane, step + 1)
    put(when, CHECKPOINT * L + lane, 0)


@compiled
def look(net, rule, lanes, block, lane, step, L):  # type: ignore[no-untyped-def]
    """Write down what the weights in a lane are like; True if its seed is done."""
    per, when = lanes.per, lanes.when
    seed, k, t = item(when, SEED * L + lane), item(when, CHECKPOINT * L + lane), step - item(when, BEGAN * L + lane)
    E_now = item(per, E * L + lane)
    diverged = not math.isfinite(E_now) or math.isnan(item(per, BAD * L + lane))
    met = item(per, SLACK * L + lane) > 0 and not diverged
    if met and item(per, LOOKING * L + lane) > 0:
        put(block.sweeps, seed, t)
        put(per, LOOKING * L + lane, 0.0)
    if t == item(rule.checkpoints, k):
        place = seed * rule.n_checkpoints + k
        put(block.error_curve, place, E_now)
        for p in range(net.n_parameters):
            level = place * net.n_levels + item(net.level, p)
            put(block.gradient_curve, level, item(block.gradient_curve, level) + item(lanes.dE_dw, p * L + lane) ** 2)
        k = min(k + 1, rule.n_checkpoints - 1)
        put(when, CHECKPOINT * L + lane, k)
    opening = t < rule.opening_sweeps  # the sweep after this one is
    due = min(item(rule.checkpoints, k), np.int64(rule.opening_sweeps) if opening else rule.sweeps)
    put(when, DUE * L + lane, step - t + due)
    rates = 5 * seed
    put(per, EPSILON * L + lane, item(block.rates, rates + (3 if opening else 0)) * item(per, CASES * L + lane))
    put(per, ALPHA * L + lane, item(block.rates, rates + (4 if opening else 1)))
    put(per, KEEP * L + lane, 1 - item(block.rates, rates + 2))
    if not (diverged or t == rule.sweeps or (met and not rule.to_limit)):
        return False
    for p in range(net.n_parameters):
        put(block.w, seed * net.n_parameters + p, item(lanes.w, p * L + lane))
    put(block.error, seed, E_now)
    put(block.stopped, seed, t)
    put(block.diverged, seed, 1 if diverged else 0)
    return True


@compiled
def move(array, rows, source, target, L):  # type: ignore[no-untyped-def]
    """What is in one lane of these rows goes into another."""
    for row in range(rows):
        put(array, row * L + target, item(array, row * L + source))


@compiled
def pointers(net, rule, lanes, block):  # type: ignore[no-untyped-def]
    """The same without shapes and counts of references, so that passing them on costs nothing."""
    into = Lists(pointer(net.into.start), pointer(net.into.left), pointer(net.into.right))
    out_of = Lists(pointer(net.out_of.start), pointer(net.out_of.left), pointer(net.out_of.right))
    weight = Lists(pointer(net.weight.start), pointer(net.weight.left), pointer(net.weight.right))
    outputs, desired, level, largest = (
        pointer(net.outputs), pointer(net.desired), pointer(net.level), pointer(net.largest),
    )  # fmt: skip
    return (
        Net(into, out_of, weight, *net[3:10], outputs, pointer(net.is_output), desired, level, largest),
        Rule(*rule[:-1], pointer(rule.checkpoints)),
        Lanes(
            pointer(lanes.w), pointer(lanes.last_change), pointer(lanes.dE_dw), pointer(lanes.y), pointer(lanes.dE_dx),
            pointer(lanes.counted), pointer(lanes.per), pointer(lanes.when),
        ),
        Block(
            pointer(block.w0), pointer(block.counted), pointer(block.scale), pointer(block.cases),
            pointer(block.rates), pointer(block.w), pointer(block.sweeps), pointer(block.stopped),
            pointer(block.diverged), pointer(block.error), pointer(block.error_curve), pointer(block.gradient_curve),
        ),
    )  # fmt: skip


@compiled
def advance(net, rule, lanes, block, todo, steps):  # type: ignore[no-untyped-def]
    """Up to `steps` sweeps of all lanes.

    todo: lanes in use, next seed, one past the last, seed-sweeps done, whether more wait, steps done, step to look at.
    """
    L, (N, R, S, B) = lanes.w.shape[1], pointers(net, rule, lanes, block)
    v = width(S.w)
    while todo[0] < L and todo[1] < todo[2]:
        begin(N, S, B, todo[1], todo[0], todo[5], L)
        todo[0], todo[1], todo[6] = todo[0] + 1, todo[1] + 1, todo[5] + 1
    for _ in range(steps):
        n, todo[5] = (todo[0] + v - 1) // v * v, todo[5] + 1
        if rule.by_case:
            for c in range(net.n_cases):
                gradient(N, R, S, c, c + 1, n, L)
                change(N, S, c, n, L)
        else:
            change(N, S, -1, n, L)
        gradient(N, R, S, 0, net.n_cases, n, L)
        todo[3] += todo[0]
        if todo[5] < todo[6] and not happened(S, n, L):
            continue
        lane = 0
        while lane < todo[0]:
            if not look(N, R, S, B, lane, todo[5], L):
                lane += 1
                continue
            todo[3] += rule.sweeps - todo[5] + item(S.when, BEGAN * L + lane)
            if todo[1] < todo[2]:
                begin(N, S, B, todo[1], lane, todo[5], L)
                todo[1] += 1
                lane += 1
                continue
            todo[0] -= 1  # nobody waits: the last seed moves into this lane, and its own is idle
            for rows in (S.w, S.last_change, S.dE_dw):
                move(rows, net.n_parameters, todo[0], lane, L)
            move(S.counted, net.n_cases, todo[0], lane, L)
            move(S.per, ROWS_PER, todo[0], lane, L)
            move(S.when, ROWS_WHEN, todo[0], lane, L)
            put(S.per, LOOKING * L + todo[0], 0.0)
            put(S.per, BAD * L + todo[0], 0.0)
        todo[6] = lanes.when[DUE, : todo[0]].min() if todo[0] else 0
        if todo[0] == 0 or (todo[4] and todo[1] == todo[2] and todo[0] < L):
            break

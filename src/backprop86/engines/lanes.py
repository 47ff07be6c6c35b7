"""Seeds come and go in the lanes of the kernel: each begins, is looked at when something happens, and leaves when done.

A seed's sweep t is step BEGAN + t of its lane. In its first step its weights do not change, so that its initial weights
are looked at.
"""

import math

import numpy as np

from backprop86.descent import RATES
from backprop86.engines.compiling import compiled, inner
from backprop86.engines.in_numbers import Block, Rule
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
    OF_GAIN,
    RIGHT,
    ROWS_PER,
    ROWS_WHEN,
    SCALE,
    SEED,
    SHRINK,
    SLACK,
    E,
    Lanes,
    Net,
    change,
    gradient,
    group,
    happened,
)
from backprop86.engines.vectors import call, fma_of_numbers, further, item, pointer, put, width

OF_FIRST, OF_OPENING, OF_LATE = (
    tuple(RATES.index(name) for name in names)
    for names in (
        ("epsilon", "alpha", "decay"),
        ("opening_epsilon", "opening_alpha", "decay"),
        ("late_epsilon", "late_alpha", "late_decay"),
    )
)
"""Columns of a block's `rates`: epsilon, alpha and decay of each phase."""
PLACES = 7
IN_USE, NEXT, END, WORK, MORE, STEP, LOOK_AT = range(PLACES)
"""Places of `todo`: lanes in use, the next seed and one past the last that may begin, seed-sweeps done, whether more
seeds wait elsewhere, steps done, and the step at which some lane must be looked at.
"""


@inner
def lane_of(net, lanes, lane):
    """Return the lanes seen from one lane: row k of an array is its place k * v."""
    one, inside = group(net, lanes, lane // width(lanes.w)), lane % width(lanes.w)
    return Lanes(
        further(one.w, inside), further(one.last_change, inside), further(one.dE_dw, inside), one.y, one.dE_dx,
        further(one.counted, inside), further(one.per, inside), further(one.when, inside), one.stream,
    )  # fmt: skip


@inner
def begin(net, one, block, seed, step):
    """Give a lane to seed number `seed` of the block. It stands still in the next step, to be looked at as it is."""
    bad, per, when, v = 0.0, one.per, one.when, width(one.w)
    for p in range(net.n_parameters):
        w = item(block.w0, seed * net.n_parameters + p)
        put(one.w, p * v, w)
        put(one.last_change, p * v, 0.0)
        put(one.dE_dw, p * v, 0.0)
        bad += 0 * w
    for c in range(net.n_cases):
        put(one.counted, c * v, item(block.counted, seed * net.n_cases + c))
    put(per, SCALE * v, item(block.scale, seed))
    put(per, CASES * v, item(block.cases, seed))
    put(per, LOOKING * v, 1.0)
    put(per, LOOKING_RIGHT * v, 1.0)
    put(per, BAD * v, bad)
    put(per, EPSILON * v, 0.0)
    put(per, KEEP * v, 1.0)
    put(per, SHRINK * v, 0.0)
    put(per, OF_GAIN * v, 0.0)
    put(when, SEED * v, seed)
    put(when, BEGAN * v, step + 1)
    put(when, DUE * v, step + 1)
    put(when, CHECKPOINT * v, 0)


@inner
def look(net, rule, one, block, step):
    """Record the results of the weights in a lane; True if its seed is done."""
    per, v = one.per, width(one.w)
    seed, t = item(one.when, SEED * v), step - item(one.when, BEGAN * v)
    E_now = item(per, E * v)
    diverged = not math.isfinite(E_now) or math.isnan(item(per, BAD * v))
    if not diverged and item(per, SLACK * v) > 0 and item(per, LOOKING * v) > 0:
        put(block.sweeps, seed, t)
        put(per, LOOKING * v, 0.0)
        keep_weights(net, one, block.w_learned, seed)
    if not diverged and item(per, RIGHT * v) > 0 and item(per, LOOKING_RIGHT * v) > 0:
        put(block.right_side, seed, t)
        put(per, LOOKING_RIGHT * v, 0.0)
    for m in range(rule.n_moments):
        if item(rule.moments, m) == t:
            keep_weights(net, one, block.w_at, seed * rule.n_moments + m)
    draw(net, rule, one, block, seed, t)
    has_learned, until = item(per, LOOKING * v) == 0, item(block.until, seed)
    last = max(t, until) if has_learned and not rule.to_limit else rule.sweeps
    if not diverged and t < last:
        plan(rule, one, block, seed, t)
        if not is_at_rest(net, rule, one, t):
            return False
        stay(net, rule, one, block, seed, t, last)
        t = last
    keep_weights(net, one, block.w, seed)
    put(block.error, seed, E_now)
    put(block.stopped, seed, t)
    put(block.diverged, seed, 1 if diverged else 0)
    return True


@inner
def keep_weights(net, one, rows, row):
    """Copy the weights in a lane to a row of an array."""
    for p in range(net.n_parameters):
        put(rows, row * net.n_parameters + p, item(one.w, p * width(one.w)))


@inner
def draw(net, rule, one, block, seed, t):
    """Put a point on the curves of a seed if sweep t is a checkpoint."""
    v = width(one.w)
    k = item(one.when, CHECKPOINT * v)
    if t != item(rule.checkpoints, k):
        return
    place = seed * rule.n_checkpoints + k
    put(block.error_curve, place, item(one.per, E * v))
    for p in range(net.n_weights):
        level, dE_dw = place * net.n_levels + item(net.level, p), np.float64(item(one.dE_dw, p * v))
        put(block.gradient_curve, level, fma_of_numbers(dE_dw, dE_dw, item(block.gradient_curve, level)))
    put(one.when, CHECKPOINT * v, min(k + 1, rule.n_checkpoints - 1))


@inner
def plan(rule, one, block, seed, t):
    """Set the rates of the sweep after sweep t, and the sweep after which the seed must be looked at again."""
    per, when, v = one.per, one.when, width(one.w)
    due = item(rule.checkpoints, item(when, CHECKPOINT * v))
    opening, late = t < rule.opening_sweeps, t >= rule.late_sweep
    for m in range(rule.n_moments):
        if item(rule.moments, m) > t:
            due = min(due, item(rule.moments, m))
    if item(block.until, seed) > t:
        due = min(due, item(block.until, seed))
    if opening:
        due = min(due, np.int64(rule.opening_sweeps))
    elif not late and rule.late_sweep < math.inf:
        due = min(due, np.int64(rule.late_sweep))
    put(when, DUE * v, item(when, BEGAN * v) + due)
    rates = len(RATES) * seed
    epsilon, alpha, decay = OF_OPENING if opening else (OF_LATE if late else OF_FIRST)
    alpha_now, decay_now = item(block.rates, rates + alpha), item(block.rates, rates + decay)
    if rule.decay_waits and item(per, LOOKING * v) > 0:
        decay_now = 0.0
    put(per, EPSILON * v, item(block.rates, rates + epsilon) * item(per, CASES * v))
    put(per, OF_GAIN * v, rule.gain_epsilon * item(per, CASES * v))
    put(per, ALPHA * v, alpha_now)
    put(per, KEEP * v, 1 - decay_now if rule.decay_in == 0 else 1.0)
    put(per, SHRINK * v, decay_now if rule.decay_in == 1 else decay_now * (1 - alpha_now))


@inner
def is_at_rest(net, rule, one, t):
    """Return whether no weight will ever change again, so that every later sweep is like this one.

    A next change is at most fma(alpha, most, step), where `most` bounds the last one. If that is again at most `most`,
    so are all that follow; and if the weight plus or minus `most` rounds to the weight, it stays as it is.
    """
    if not rule.may_rest or t < rule.opening_sweeps or (t < rule.late_sweep and rule.late_sweep < math.inf):
        return False
    per, v = one.per, width(one.w)
    alpha, keep = np.float64(item(per, ALPHA * v)), np.float64(item(per, KEEP * v))
    for p in range(net.n_weights):
        w, last_change = np.float64(item(one.w, p * v)), np.float64(item(one.last_change, p * v))
        step = abs(np.float64(item(per, EPSILON * v)) * item(net.share, p) * item(one.dE_dw, p * v))
        most = max(abs(last_change), 2 * step / (1 - alpha))
        stays = w != 0 and (w + most) * keep == w and (w - most) * keep == w  # a sum might turn -0 into 0
        if not (stays and fma_of_numbers(alpha, most, step) <= most):
            return False
    return True


@inner
def stay(net, rule, one, block, seed, t, last):
    """Record what the sweeps after sweep t find, up to the last, of a seed whose weights stay as they are."""
    for m in range(rule.n_moments):
        if t < item(rule.moments, m) <= last:
            keep_weights(net, one, block.w_at, seed * rule.n_moments + m)
    for k in range(item(one.when, CHECKPOINT * width(one.w)), rule.n_checkpoints):
        if item(rule.checkpoints, k) <= last:
            draw(net, rule, one, block, seed, item(rule.checkpoints, k))


@inner
def move(net, source, target):
    """Copy all that is in one lane to another, and leave nothing in the first that an event could come from."""
    v = width(source.w)
    for k in range(0, net.n_parameters * v, v):
        put(target.w, k, item(source.w, k))
        put(target.last_change, k, item(source.last_change, k))
        put(target.dE_dw, k, item(source.dE_dw, k))
    for k in range(0, net.n_cases * v, v):
        put(target.counted, k, item(source.counted, k))
    for k in range(0, ROWS_PER * v, v):
        put(target.per, k, item(source.per, k))
    for k in range(0, ROWS_WHEN * v, v):
        put(target.when, k, item(source.when, k))
    put(source.per, LOOKING * v, 0.0)
    put(source.per, LOOKING_RIGHT * v, 0.0)
    put(source.per, BAD * v, 0.0)


@inner
def pointers(net, rule, lanes, block):
    """Return all four without shapes and counts of references, as plain pointers, which cost nothing to pass on."""
    return (
        Net(
            pointer(net.starts), pointer(net.order), pointer(net.ops), pointer(net.listed), net.products, net.weights,
            net.written_out, net.at_once, net.n_rows, net.n_outputs, net.n_parameters, net.n_weights, net.n_cases,
            net.n_levels, pointer(net.outputs), pointer(net.is_last), pointer(net.wanted), pointer(net.level),
            pointer(net.largest), pointer(net.share), net.n_streamed, net.inputs,
        ),
        Rule(
            rule.opening_sweeps, rule.late_sweep, rule.decay_in, rule.decay_waits, rule.sloped, rule.dead_zone,
            rule.by_case, rule.gain_epsilon, rule.to_limit, rule.sweeps, rule.case_error, rule.total_error,
            rule.n_checkpoints, pointer(rule.checkpoints), rule.n_moments, pointer(rule.moments), rule.may_rest,
        ),
        Lanes(
            pointer(lanes.w), pointer(lanes.last_change), pointer(lanes.dE_dw), pointer(lanes.y), pointer(lanes.dE_dx),
            pointer(lanes.counted), pointer(lanes.per), pointer(lanes.when), pointer(lanes.stream),
        ),
        Block(
            pointer(block.w0), pointer(block.counted), pointer(block.scale), pointer(block.cases),
            pointer(block.rates), pointer(block.until), pointer(block.w),
            pointer(block.w_learned), pointer(block.w_at), pointer(block.sweeps), pointer(block.right_side),
            pointer(block.stopped), pointer(block.diverged), pointer(block.error), pointer(block.error_curve),
            pointer(block.gradient_curve),
        ),
    )  # fmt: skip


@inner
def look_at_all(net, rule, lanes, block, todo):
    """Look at every lane that is due or has an event, and find the step at which the next is due.

    A seed that is done gives its lane to the next or, if none waits, to the last.
    """
    lane, step, next_due, v = 0, todo[STEP], np.int64(2**63 - 1), width(lanes.w)
    while lane < todo[IN_USE]:
        one = lane_of(net, lanes, lane)
        if (item(one.when, DUE * v) > step and item(one.per, EVENT * v) == 0) or not look(net, rule, one, block, step):
            next_due = min(next_due, item(one.when, DUE * v))
            lane += 1
            continue
        todo[WORK] += rule.sweeps - step + item(one.when, BEGAN * v)
        if todo[NEXT] < todo[END]:
            begin(net, one, block, todo[NEXT], step)
            next_due = step + 1
            todo[NEXT] += 1
            lane += 1
            continue
        todo[IN_USE] -= 1
        move(net, lane_of(net, lanes, todo[IN_USE]), one)
    todo[LOOK_AT] = next_due


@inner
def sweep(net, rule, lanes):
    """Change the weights of a group once, or after every case, and compute E and dE/dw of those that it has then."""
    first, none = np.int64(0), np.int64(-1)  # for a number that is written out, numba would compile both once more
    if rule.by_case:
        for c in range(net.n_cases):
            gradient(net, rule, lanes, c, c + 1)
            change(net, rule, lanes, c)
    else:
        change(net, rule, lanes, none)
    gradient(net, rule, lanes, first, net.n_cases)
    return happened(lanes)


@compiled
def advance(net, rule, lanes, block, todo, steps):
    """Advance all lanes by up to `steps` sweeps; `todo` has the places named IN_USE to LOOK_AT."""
    L, (N, R, S, B) = lanes.w.shape[0] * lanes.w.shape[2], pointers(net, rule, lanes, block)
    v = width(S.w)
    while todo[IN_USE] < L and todo[NEXT] < todo[END]:
        begin(N, lane_of(N, S, todo[IN_USE]), B, todo[NEXT], todo[STEP])
        todo[IN_USE], todo[NEXT], todo[LOOK_AT] = todo[IN_USE] + 1, todo[NEXT] + 1, todo[STEP] + 1
    for _ in range(steps):
        todo[STEP], event = todo[STEP] + 1, False
        groups = (todo[IN_USE] + v - 1) // v
        if N.written_out != 0:
            event = call(N.written_out, S.w, S.last_change, S.dE_dw, S.counted, S.per, groups)
        else:
            for g in range(groups):
                event |= sweep(N, R, group(N, S, g))
        todo[WORK] += todo[IN_USE]
        if not event and todo[STEP] < todo[LOOK_AT]:
            continue
        look_at_all(N, R, S, B, todo)
        if todo[IN_USE] == 0 or (todo[MORE] and todo[NEXT] == todo[END] and todo[IN_USE] < L):
            break

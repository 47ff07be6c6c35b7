"""Training on a stream: every seed has new cases in each sweep. Seeds begin together and keep their lanes."""

from collections.abc import Callable, Iterator

import numpy as np

from backprop86.engines.compiling import compiled, inner
from backprop86.engines.in_numbers import Block, Rule
from backprop86.engines.kernel import (
    BAD,
    DUE,
    EPSILON,
    EVENT,
    LOOKING,
    LOOKING_RIGHT,
    OF_GAIN,
    Lanes,
    Net,
    change,
    gradient,
    group,
    happened,
)
from backprop86.engines.lanes import begin, lane_of, look, pointers
from backprop86.engines.vectors import further, item, put, width

AT_ONCE = 64
"""Sweeps whose cases are made together."""
BEGUN = np.int64(2**62)
"""A step that never comes: a seed that is done is not looked at again."""


def train(
    net: Net,
    rule: Rule,
    lanes: Lanes,
    block: Block,
    rows: list[int],
    stream: Callable[[int, int, int], tuple[np.ndarray, np.ndarray]],
    is_stopped: Callable[[], bool],
) -> Iterator[int]:
    """Train the seeds in these rows of the block, as many as there are lanes or fewer; yield the seed-sweeps done."""
    step = 0
    while step <= rule.sweeps and not is_stopped():
        n = min(AT_ONCE, rule.sweeps + 1 - step)
        for lane, row in enumerate(rows):
            put_in(lanes.stream, lane, n, *stream(row, step, n))
        left = advance(net, rule, lanes, block, np.array(rows), step, n)
        yield n * len(rows)
        step += n
        if not left:
            break


def put_in(stream: np.ndarray, lane: int, n: int, inputs: np.ndarray, desired: np.ndarray) -> None:
    """Put n blocks of a lane's seed into the array that the kernel reads."""
    of_lane = stream[:n, lane // stream.shape[-1], :, :, lane % stream.shape[-1]]
    of_lane[..., : inputs.shape[-1]] = inputs
    of_lane[..., inputs.shape[-1] :] = desired - 0.5


@compiled
def advance(net, rule, lanes, block, rows, step, n):
    """Advance all lanes by n sweeps; return how many seeds are not done. At step 0 the seeds begin."""
    (N, R, S, B), L = pointers(net, rule, lanes, block), len(rows)
    v, groups, left = width(S.w), (L + width(S.w) - 1) // width(S.w), 0
    first, none = np.int64(0), np.int64(-1)  # as in lanes.sweep
    of_sweep = lanes.stream.shape[1] * N.n_cases * N.n_streamed * v
    for lane in range(L if step == 0 else 0):
        begin(N, lane_of(N, S, lane), B, rows[lane], -1)
    for k in range(n):
        now = Lanes(
            S.w, S.last_change, S.dE_dw, S.y, S.dE_dx, S.counted, S.per, S.when, further(S.stream, k * of_sweep)
        )
        for g in range(groups):
            change(N, R, group(N, now, g), none)
            gradient(N, R, group(N, now, g), first, N.n_cases)
            happened(group(N, now, g))
        left = 0
        for lane in range(L):
            one = lane_of(N, S, lane)
            if item(one.when, DUE * v) == BEGUN:
                continue
            due = item(one.when, DUE * v) <= step + k or item(one.per, EVENT * v) != 0
            if due and look(N, R, one, B, step + k):
                retire(one)
            else:
                left += 1
        if left == 0:
            break
    return left


@inner
def retire(one):
    """Let a lane stand still from now on."""
    v = width(one.w)
    put(one.when, DUE * v, BEGUN)
    for row in (LOOKING, LOOKING_RIGHT, BAD, EPSILON, OF_GAIN):
        put(one.per, row * v, 0.0)

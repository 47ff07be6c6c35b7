"""The fused engine: the runs that reference.py defines, in one compiled kernel and on every core.

A seed that is done gives its lane to the next, so the cost is that of the sweeps really needed. Rows do not depend on
the number of lanes or threads, nor on the order in which seeds are done.
"""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Lock

import numpy as np

from backprop86.descent import Descent
from backprop86.engines import streamed
from backprop86.engines.arithmetic import CASES_AT_ONCE
from backprop86.engines.cores import cores
from backprop86.engines.in_numbers import Block, Rule, block_of, outcome_of, rule_of
from backprop86.engines.kernel import ROWS_PER, ROWS_WHEN, Lanes, Net
from backprop86.engines.lanes import END, IN_USE, MORE, NEXT, PLACES, WORK
from backprop86.engines.lanes import advance as run_lanes
from backprop86.engines.program import constant_rows, program
from backprop86.engines.recipe import CRITERIA, Cases, Job, Recipe, Stream
from backprop86.engines.reference import Outcome
from backprop86.engines.straight import written_out
from backprop86.engines.tiles import products_at, weights_at
from backprop86.engines.vectors import BYTES
from backprop86.network import epsilon_shares, largest_weights
from backprop86.wiring import Wiring

OF_STREAM = 32
"""Seeds of a stream in training at once in each thread: their cases take room."""
LANES = 64
"""Seeds in training at once in each thread, up to twice as many if these are all: it shares the cost of looking."""


def train(
    job: Job,
    device: str = "cpu",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
    descent: Descent | None = None,
    threads: int | None = None,
    lanes: int | None = None,
) -> Outcome:
    """Train every seed as reference.train does, compiled, in `threads` threads (one per core) of `lanes` lanes."""
    if job.stream is not None:
        job = replace(job, cases=any_block(job))
    wiring, cases, recipe = job.wiring, job.cases, job.recipe
    net, rule = net_of(wiring, cases, recipe), rule_of(recipe, cases)
    if job.stream is None:
        most = len(job.w) * recipe.sweeps
        net = net._replace(written_out=written_out(wiring, cases, recipe, job.counted is not None, most))
    block = block_of(job, descent or recipe.descent())
    n_threads = threads or cores()
    share = -(-len(job.w) // n_threads)
    queue = _Queue(len(job.w), lanes or (share if share <= 2 * LANES else LANES), n_threads)
    with ThreadPoolExecutor(n_threads) as pool:
        does = _work if job.stream is None else partial(_stream, stream=job.stream)
        work = [pool.submit(does, net, rule, cases, block, queue, recipe.dtype, advance) for _ in range(n_threads)]
        try:
            for one in work:
                one.result()
        finally:
            queue.stopped = True  # after Ctrl-C the threads end within a moment
    return outcome_of(block)


class _Queue:
    """The seeds not yet begun, shared by the threads."""

    def __init__(self, seeds: int, lanes: int, threads: int) -> None:
        self.next, self.seeds, self.threads = 0, seeds, threads
        self.lanes, self.lock, self.stopped = lanes, Lock(), False

    def give(self, todo: np.ndarray) -> bool:
        """Give out some seeds if there are lanes for them; False when no work is left."""
        with self.lock:
            if todo[NEXT] == todo[END]:
                share, left = -(-self.seeds // self.threads), self.seeds - self.next
                some = min(2 * self.lanes, left, share if share <= self.lanes else -(-left // self.threads))
                todo[NEXT], todo[END], self.next = self.next, self.next + some, self.next + some
            todo[MORE] = self.next < self.seeds
        return not self.stopped and (todo[IN_USE] > 0 or todo[NEXT] < todo[END])

    def take(self, most: int) -> list[int]:
        """Return seeds that begin together; none if all have begun."""
        with self.lock:
            first, self.next = self.next, min(self.next + most, self.seeds)
        return [] if self.stopped else list(range(first, self.next))


def _work(
    net: Net,
    rule: Rule,
    cases: Cases,
    block: Block,
    queue: _Queue,
    dtype: str,
    report: Callable[[int], None],
) -> None:
    lanes, todo, steps = lanes_of(net, cases, queue.lanes, dtype), np.zeros(PLACES, dtype=np.int64), 4
    while queue.give(todo):
        started, before = time.perf_counter(), todo[WORK]
        run_lanes(net, rule, lanes, block, todo, steps)
        report(int(todo[WORK] - before))
        steps = max(1, min(10_000, int(steps * 0.05 / max(time.perf_counter() - started, 0.005))))


def any_block(job: Job) -> Cases:
    """Return placeholder cases, as many as a block has; each lane gets its own."""
    n = job.recipe.block
    return Cases(np.ones((n, job.wiring.n_inputs)), np.zeros((n, len(job.wiring.outputs))), ("",) * n)


def _stream(
    net: Net,
    rule: Rule,
    cases: Cases,
    block: Block,
    queue: _Queue,
    dtype: str,
    report: Callable[[int], None],
    stream: Stream,
) -> None:
    lanes = lanes_of(net, cases, min(queue.lanes, OF_STREAM), dtype)
    while rows := queue.take(lanes.w.shape[0] * lanes.w.shape[2]):
        for seed_sweeps in streamed.train(net, rule, lanes, block, rows, stream, lambda: queue.stopped):
            report(seed_sweeps)


def net_of(wiring: Wiring, cases: Cases, recipe: Recipe) -> Net:
    """Return the network in the kernel's form."""
    v = BYTES // np.dtype(recipe.dtype).itemsize
    made = program(wiring, cases, 1 if recipe.update == "case" else CASES_AT_ONCE, v, recipe.block > 0)
    return Net(
        starts=np.array(made.starts),
        order=np.array(made.order, dtype=np.int32),
        ops=np.array(list(made.ops), dtype=np.int32),
        listed=np.array(made.listed, dtype=np.int32),
        products=products_at(recipe.dtype),
        weights=weights_at(recipe.dtype),
        written_out=0,
        at_once=made.at_once,
        n_rows=made.of_unit(wiring.n_units - wiring.n_inputs),
        n_outputs=len(wiring.outputs),
        n_parameters=wiring.n_parameters,
        n_weights=wiring.n_weights,
        n_cases=len(cases.inputs),
        n_levels=len(wiring.levels),
        outputs=np.array([made.of_unit(unit - wiring.n_inputs) for unit in wiring.outputs.tolist()]),
        is_last=1 - np.isin(wiring.outputs, wiring.source),
        wanted=wanted(cases, recipe),
        level=wiring.parameter_level,
        largest=largest_weights(wiring, recipe.biases),
        share=epsilon_shares(wiring, recipe.epsilon_by),
        n_streamed=wiring.n_inputs + len(wiring.outputs) if recipe.block else 0,
        inputs=made.of_start(0),
    )


def wanted(cases: Cases, recipe: Recipe) -> np.ndarray:
    """Return the demands on each output in each case, (C, n_outputs, WANTED), rounded to the recipe's dtype."""
    on, criterion = cases.desired > 0.5, CRITERIA[recipe.criterion]
    if recipe.block:
        on = np.array([[True, False]])  # of an output of a stream
    sign, zone = np.where(on, 1.0, -1.0), np.where(on, recipe.zone_on, recipe.zone_off)
    learned, target = np.where(on, criterion.on, criterion.off), np.where(on, recipe.target_on, recipe.target_off)
    return np.stack([target, zone, sign, -sign * zone, -sign * learned, -sign / 2], -1)


def lanes_of(net: Net, cases: Cases, n: int, dtype: str) -> Lanes:
    """Return at least n idle lanes. Rows begin at multiples of BYTES, so that none lies across two cache lines."""
    v = BYTES // np.dtype(dtype).itemsize
    groups, given = -(-n // v), constant_rows(cases, net.at_once)

    def room(*shape: int) -> np.ndarray:
        raw = np.zeros(math.prod(shape) * np.dtype(dtype).itemsize + BYTES, np.uint8)
        start = -raw.ctypes.data % BYTES
        return raw[start : start + len(raw) - BYTES].view(dtype).reshape(shape)

    weights, y = (groups, net.n_parameters, v), room(net.n_rows, v)
    for value, row in given.items():
        y[row : row + net.at_once] = value
    y[len(given) * net.at_once : (len(given) + 1) * net.at_once] = 1  # the unit that is always 1
    return Lanes(
        w=room(*weights),
        last_change=room(*weights),
        dE_dw=room(*weights),
        y=y,
        dE_dx=room(net.n_rows, v),
        counted=room(groups, net.n_cases, v),
        per=room(groups, ROWS_PER, v),
        when=np.zeros((groups, ROWS_WHEN, v), np.int64),
        stream=room(streamed.AT_ONCE if net.n_streamed else 0, groups, net.n_cases, net.n_streamed, v),
    )

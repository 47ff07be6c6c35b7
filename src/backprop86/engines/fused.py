"""The fused engine: what reference.py defines, in one compiled kernel and on every core.

A seed that is done gives its lane to the next, so the cost is that of the sweeps really needed. Rows do not depend on
the number of lanes or threads, nor on the order in which seeds are done.
"""

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from threading import Lock

import numpy as np

from backprop86.descent import RATES, Descent
from backprop86.engines.kernel import ROWS_PER, ROWS_WHEN, Lanes, Lists, Net, Rule
from backprop86.engines.lanes import END, IN_USE, MORE, NEXT, PLACES, WORK, Block
from backprop86.engines.lanes import advance as run_lanes
from backprop86.engines.recipe import CRITERIA, Cases, Job, Recipe
from backprop86.engines.reference import Outcome, checkpoints
from backprop86.engines.vectors import BYTES
from backprop86.network import largest_weights
from backprop86.wiring import Wiring

MOST_IN_VECTOR = BYTES // np.dtype(np.float32).itemsize
"""Lanes are whole vectors, whatever the dtype."""
TILE = 8
"""Cases whose outputs are kept at once, so that dE/dw is loaded and stored once for all of them."""


def train(
    job: Job,
    device: str = "cpu",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
    descent: Descent | None = None,
    threads: int | None = None,
    lanes: int | None = None,
) -> Outcome:
    """Train every seed as reference.train does, compiled, in `threads` threads (one per core) of `lanes` lanes."""
    wiring, cases, recipe = job.wiring, job.cases, job.recipe
    net, rule = net_of(wiring, cases, recipe), rule_of(recipe, cases)
    block = block_of(job, descent or recipe.descent())
    n_threads = threads or os.cpu_count() or 1
    queue = _Queue(len(job.w), lanes or (128 if wiring.n_parameters < 100 else 64), n_threads)
    with ThreadPoolExecutor(n_threads) as pool:
        work = [pool.submit(_work, net, rule, cases, block, queue, recipe.dtype, advance) for _ in range(n_threads)]
        try:
            for one in work:
                one.result()
        except KeyboardInterrupt:  # what is finished is returned
            pass
        finally:
            queue.stopped = True
    np.sqrt(block.gradient_curve, out=block.gradient_curve)
    block.gradient_curve[np.isnan(block.error_curve)] = np.nan
    found = {field.name: getattr(block, field.name) for field in fields(Outcome)}
    return Outcome(**found | {"diverged": block.diverged == 1})


class _Queue:
    """The seeds not yet begun, shared by the threads."""

    def __init__(self, seeds: int, lanes: int, threads: int) -> None:
        self.next, self.seeds, self.threads = 0, seeds, threads
        self.lanes = -(-lanes // MOST_IN_VECTOR) * MOST_IN_VECTOR
        self.lock, self.stopped = Lock(), False

    def give(self, todo: np.ndarray) -> bool:
        """Hand out some seeds if there are lanes for them; False when there is nothing left to do."""
        with self.lock:
            if todo[NEXT] == todo[END]:
                some = min(2 * self.lanes, -(-(self.seeds - self.next) // self.threads))
                todo[NEXT], todo[END], self.next = self.next, self.next + some, self.next + some
            todo[MORE] = self.next < self.seeds
        return not self.stopped and (todo[IN_USE] > 0 or todo[NEXT] < todo[END])


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


def block_of(job: Job, descent: Descent) -> Block:
    """Return the seeds, nothing known of them yet. The kernel counts on rows that follow each other in memory."""
    w, counted, cases, recipe, unknown = job.w, job.counted, job.cases, job.recipe, Outcome.unknown(job)
    S, C = len(w), len(cases.inputs)
    trained = np.ones((S, C)) if counted is None else np.array(counted, dtype=float, order="C")
    n, is_mean = trained.sum(1), recipe.error == "mean"
    found = {field.name: getattr(unknown, field.name) for field in fields(Outcome)}
    found["diverged"] = np.zeros(S, dtype=np.int64)
    found["gradient_curve"] = np.zeros(unknown.gradient_curve.shape)  # until the end, the sum of squares
    return Block(
        w0=np.array(w, dtype=float, order="C"),
        counted=trained,
        scale=1 / (n * cases.desired.shape[1]) if is_mean else np.ones(S),
        cases=n if is_mean and recipe.update == "case" else np.ones(S),
        rates=np.stack([np.broadcast_to(np.asarray(getattr(descent, name), float), S) for name in RATES], 1),
        until=job.until,
        **found,
    )


def rule_of(recipe: Recipe, cases: Cases) -> Rule:
    """Return the recipe's words as numbers."""
    criterion = CRITERIA[recipe.criterion]
    most = criterion.case_error * (cases.desired.shape[1] if recipe.error == "mean" else 1)
    return Rule(
        opening_sweeps=float(recipe.opening_sweeps),
        target_on=float(recipe.target_on),
        target_off=float(recipe.target_off),
        zone_on=float(recipe.zone_on),
        zone_off=float(recipe.zone_off),
        dead_zone=["none", "from_edge", "from_target"].index(recipe.dead_zone),
        by_case=recipe.update == "case",
        to_limit=recipe.stop == "limit",
        sweeps=recipe.sweeps,
        learned_on=criterion.on,
        learned_off=criterion.off,
        case_error=float(np.nextafter(most, math.inf)),
        n_checkpoints=len(checkpoints(recipe.sweeps)),
        checkpoints=np.array(checkpoints(recipe.sweeps)),
        n_moments=len(recipe.moments),
        moments=np.array(recipe.moments, dtype=np.int64),
    )


def net_of(wiring: Wiring, cases: Cases, recipe: Recipe) -> Net:
    """Return the three lists of rows to multiply."""
    first, P, C = 1 + wiring.n_inputs, wiring.n_parameters, len(cases.inputs)
    n_units, tile, constant = wiring.n_units - first, 1 if recipe.update == "case" else TILE, constant_rows(cases)
    source, target, parameter = wiring.source, wiring.target - first, wiring.parameter
    c = np.arange(C)[:, None]
    rows = len(constant) + c % tile * n_units  # (C, 1) where the units of a case begin
    values = np.concatenate([np.ones((C, 1)), cases.inputs], 1)
    given = np.vectorize(lambda value: constant.get(value, -1), otypes=[int])(values)  # -1 where an input is 0
    computed = source >= first
    sent = np.where(computed, rows + source - first, given[:, np.where(computed, 0, source)])  # (C, connections)
    of_weight = np.where(sent >= 0, c // tile * P + parameter, -1)
    back = np.broadcast_to(np.where(computed, c * n_units + source - first, -1), sent.shape)
    outputs = wiring.outputs - first
    return Net(
        into=lists_of(np.where(sent >= 0, c * n_units + target, -1), parameter, sent, C * n_units),
        out_of=lists_of(back, parameter, rows + target, C * n_units),
        weight=lists_of(of_weight, rows + target, sent, -(-C // tile) * P),
        tile=tile,
        first_row=len(constant),
        n_units=n_units,
        n_outputs=len(outputs),
        n_parameters=P,
        n_cases=C,
        n_levels=len(wiring.levels),
        outputs=outputs,
        is_output=np.isin(np.arange(n_units), outputs).astype(np.int64),
        desired=np.array(cases.desired, dtype=float, order="C"),
        level=wiring.parameter_level,
        largest=largest_weights(wiring, recipe.biases),
    )


def constant_rows(cases: Cases) -> dict[float, int]:
    """Return the row of each value, other than 0, that an input or the unit that is always 1 has."""
    return {value: row for row, value in enumerate(sorted({1.0, *cases.inputs.ravel().tolist()} - {0.0}))}


def lists_of(sums: np.ndarray, left: np.ndarray, right: np.ndarray, n: int) -> Lists:
    """Sort the products by sum: `sums` numbers each product's sum (-1: none); all are (C, connections)."""
    order = np.argsort(sums, axis=None, kind="stable")[np.count_nonzero(sums < 0) :]
    counts = np.bincount(sums.ravel()[order], minlength=n)
    two = (np.broadcast_to(rows, sums.shape).ravel()[order] for rows in (left, right))
    return Lists(np.concatenate([[0], np.cumsum(counts)]), *two)


def lanes_of(net: Net, cases: Cases, n: int, dtype: str) -> Lanes:
    """Return idle lanes. Every row begins at a multiple of BYTES, so that no vector lies across two cache lines."""

    def rows(number: int) -> np.ndarray:
        room = np.zeros(number * n * np.dtype(dtype).itemsize + BYTES, np.uint8)
        start = -room.ctypes.data % BYTES
        return room[start : start + len(room) - BYTES].view(dtype).reshape(number, n)

    P, n_rows = net.n_parameters, net.first_row + net.tile * net.n_units
    y, when = rows(n_rows), np.zeros((ROWS_WHEN, n), np.int64)
    for value, row in constant_rows(cases).items():
        y[row] = value
    return Lanes(rows(P), rows(P), rows(P), y, rows(n_rows), rows(len(cases.inputs)), rows(ROWS_PER), when)

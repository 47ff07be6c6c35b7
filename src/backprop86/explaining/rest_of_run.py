"""The run that the step begins: the sweeps at which E falls, and how many seeds learn.

Runs are made by the fused engine, so a run that is shown here is the run of that seed in results/, bit for bit.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from backprop86.engines import fused
from backprop86.engines.recipe import BadInput, Job, Recipe
from backprop86.engines.reference import NEVER, Outcome, checkpoints
from backprop86.explaining.first_step import FEW, Step, error_of
from backprop86.network import Network, largest_weights
from backprop86.running.names import short_name
from backprop86.running.problem import Problem, counted_of, start_of, wiring_of
from backprop86.running.schema import KEY, metadata

SHARES = 6
"""E is shown each time it has fallen by another such share of its whole fall."""
FEWEST = 6
"""Sweeps that are shown at least, after the first."""
NEAR = 0.01
"""E is near its floor where this share of its fall is left."""
LONGEST = 2e8
"""A run is cut off after this many sweeps × cases × connections: two seconds."""
EXACT = 2e6
"""The longest run in which E is found sweep by sweep; in a longer run it is found at the engine's checkpoints only."""
MANY, ENOUGH, TRIED = 100, 20, 1.5e9
"""Seeds that are trained to see how many learn; the fewest that tell; the most work, one to two seconds."""


@dataclass(frozen=True, eq=False)
class Look:
    """E of all training cases, and the outputs (C, n_outputs) for them if they are few, after some training."""

    after: str
    E: float
    outputs: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Course:
    """The run that begins with the step. `sweeps` and `E` are the engine's checkpoints, up to `limit`."""

    looks: list[Look]
    learned_at: int  # the sweep after which the net has learned, or NEVER
    E_then: float  # NaN where it never does
    limit: int
    sweeps: list[int]
    E: np.ndarray


def course_of(step: Step, gradient: np.ndarray) -> Course:
    """Look at the run before it, after this step (whose gradient is given), and whenever E has fallen by a share."""
    limit = int(min(step.recipe.sweeps, max(1, LONGEST // work_per_sweep(step))))
    whole, sweeps = _trained(step, limit), checkpoints(limit)
    E, learned_at = whole.error_curve[0], int(whole.sweeps[0])
    last = _end(sweeps, E, learned_at)
    is_exact = last * work_per_sweep(step) <= EXACT
    last = last if is_exact else sweeps[bisect_left(sweeps, last)]
    E_after = lru_cache(maxsize=None)(lambda sweep: _error(step, _weights(step, sweep)))
    known = {sweep: E for sweep, E in zip(sweeps, E.tolist(), strict=True) if sweep <= last}
    chosen = _chosen(known | {last: E_after(last)}, E_after) if is_exact else _chosen(known, None)
    if is_exact and learned_at != NEVER:
        chosen.add(learned_at)
    looks = [_look(step, "before", step.w0), _look(step, "this step", _moved(step, gradient))]
    for sweep in sorted(chosen - ({0, 1} if step.recipe.update == "sweep" else {0})):
        name = f"{sweep:,} sweep{'s' if sweep > 1 else ''}"
        if shows_outputs(step):
            looks.append(_look(step, name, _weights(step, sweep)))
        else:
            looks.append(Look(name, known[sweep] if sweep in known else E_after(sweep), None))
    E_then = E_after(learned_at) if is_exact and learned_at != NEVER else np.nan
    return Course(looks, learned_at, E_then, limit, sweeps, E)


def work_per_sweep(step: Step) -> int:
    """Return cases × connections, which is what a sweep costs."""
    return len(step.trained) * len(step.connections)


def shows_outputs(step: Step) -> bool:
    """Return whether the outputs for each case have room beside E."""
    return len(step.trained) <= FEW and len(step.wiring.outputs) == 1


def _trained(step: Step, sweeps: int) -> Outcome:
    """Train the seed for this many sweeps, whether it learns or not."""
    counted = np.zeros((1, len(step.cases.inputs)))
    counted[:, step.trained] = 1
    recipe = replace(step.recipe, stop="limit", sweeps=sweeps, moments=[])
    some = None if counted.all() else counted
    return fused.train(Job(step.wiring, step.cases, recipe, step.w0[None], some), threads=1)


def _weights(step: Step, sweep: int) -> np.ndarray:
    return _trained(step, sweep).w[0] if sweep else step.w0


def _moved(step: Step, gradient: np.ndarray) -> np.ndarray:
    """Return the weights after this step, in float64."""
    w0, largest = torch.tensor(step.w0[None]), torch.tensor(largest_weights(step.wiring, step.recipe.biases))
    after, _ = step.recipe.descent().step(w0, torch.zeros_like(w0), torch.tensor(gradient[None]), 1, largest)
    return after[0].numpy()


def _error(step: Step, w: np.ndarray) -> float:
    return error_of(step, step.trained)(torch.tensor(w[None])).item()


def _look(step: Step, after: str, w: np.ndarray) -> Look:
    inputs = torch.tensor(step.cases.inputs[step.trained])
    outputs = Network(step.wiring).forward(inputs, torch.tensor(w[None]))[0][0].numpy()
    return Look(after, _error(step, w), outputs if shows_outputs(step) else None)


def _end(sweeps: list[int], E: np.ndarray, learned_at: int) -> int:
    """Return the last sweep to show: E is near its floor from there on. A net that never learns is shown to the end."""
    if learned_at == NEVER:
        return sweeps[-1]
    floor = E[-1] + NEAR * abs(E[0] - E[-1])
    above = np.flatnonzero(~(floor >= E))
    near = sweeps[above[-1] + 1] if len(above) and above[-1] + 1 < len(sweeps) else sweeps[-1]
    return max(near, learned_at, 1)


def _chosen(known: dict[int, float], E_after: Callable[[int], float] | None) -> set[int]:
    """Return the sweeps to show: one on the way to the first fall, one at each share of the fall, and the last.

    `known` has E at the checkpoints, the last sweep included; without `E_after` only these are chosen.
    """
    sweeps, (before, *_, lowest) = list(known), known.values()
    found = []
    for share in range(1, SHARES if before - lowest > NEAR * before else 1):
        level = before - (before - lowest) * share / SHARES
        k = next(k for k, E in enumerate(known.values()) if level >= E)
        found.append(_crossing(sweeps[k - 1], sweeps[k], level, E_after) if E_after else sweeps[k])
    if found:
        found.append(found[0] // 2 if E_after else sweeps[bisect_left(sweeps, found[0] // 2)])
    return _filled({*found, sweeps[-1]}, sweeps)


def _filled(chosen: set[int], sweeps: list[int]) -> set[int]:
    """Return FEWEST sweeps or more: where E falls at once, checkpoints are put into the widest gaps."""
    while len(chosen - {0, 1}) < FEWEST:
        ends = sorted({1, *chosen} - {0})
        gaps = [(above / below, below, above) for below, above in pairwise(ends)]
        inside = [(gap, [s for s in sweeps if below < s < above], below * above) for gap, below, above in gaps]
        free = [(gap, some, square) for gap, some, square in inside if some]
        if not free:
            break
        _, some, square = max(free)
        chosen = chosen | {min(some, key=lambda sweep: abs(np.log(sweep**2 / square)))}
    return chosen


def _crossing(above: int, below: int, level: float, E_after: Callable[[int], float]) -> int:
    """Return a sweep between the two before which E is above the level, and after which it is not."""
    while below - above > 1:
        middle = (above + below) // 2
        above, below = (above, middle) if E_after(middle) <= level else (middle, below)
    return below


def rises(course: Course) -> list[tuple[int, int, float, float]]:
    """Return (from sweep, to sweep, E, E) of the checkpoints between which E rises by more than a hundredth of E."""
    known, much = list(zip(course.sweeps, course.E.tolist(), strict=True)), 0.01 * course.E[0]
    return [(a, b, E, F) for (a, E), (b, F) in pairwise(known) if E + much < F]


@dataclass(frozen=True, eq=False)
class Learned:
    """The seeds among 0, 1, 2, ... that learn, and whether these are the runs in results/."""

    who: np.ndarray  # True for each seed that learns
    is_published: bool

    @property
    def first(self) -> int | None:
        """The first seed that learns."""
        return int(np.flatnonzero(self.who)[0]) if self.who.any() else None


def learned_of(problem: Problem, recipe: Recipe, file: Path, reading: str) -> Learned | None:
    """Return who learns, from the published runs if their settings are these; else by training, if that is quick."""
    return published(file, reading, recipe) or _tried(problem, recipe)


def published(file: Path, reading: str, recipe: Recipe) -> Learned | None:
    """Return who learned in the rows of a reading; None if there are no such rows, or others."""
    try:
        of_each = metadata(file, pq.read_schema(file).metadata[KEY])
        about = of_each[reading]
        place = [("variant", "==", about.variant), ("reading", "==", about.reading)]
        rows = pq.read_table(file, columns=["seed", "learned"], filters=place).to_pandas().sort_values("seed")
    except (OSError, pa.ArrowInvalid, BadInput, KeyError, TypeError):
        return None
    if about.recipe != recipe or rows["seed"].tolist() != list(range(len(rows))):
        return None
    return Learned(rows["learned"].to_numpy(bool), True)


def readings_that_learn(file: Path) -> dict[str, float]:
    """Return the share of the published runs that learned, of everything that was run."""
    try:
        of_each = metadata(file, pq.read_schema(file).metadata[KEY])
        rows = pq.read_table(file, columns=["variant", "reading", "learned"]).to_pandas()
    except (OSError, pa.ArrowInvalid, BadInput, KeyError, TypeError):
        return {}
    share = rows.groupby(["variant", "reading"], sort=False)["learned"].mean()
    return {short_name(name): float(share[about.variant, about.reading]) for name, about in of_each.items()}


def _tried(problem: Problem, recipe: Recipe) -> Learned | None:
    """Train the first seeds; None if fewer than ENOUGH could be trained in a second or two."""
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    n = int(min(MANY, TRIED // (len(cases.inputs) * len(wiring.source) * recipe.sweeps)))
    if n < ENOUGH:
        return None
    seeds = list(range(n))
    w0, counted = start_of(problem, recipe, wiring, seeds), counted_of(problem, recipe, seeds)
    outcome = fused.train(Job(wiring, cases, replace(recipe, stop="learned", moments=[]), w0, counted))
    return Learned(outcome.sweeps != NEVER, False)

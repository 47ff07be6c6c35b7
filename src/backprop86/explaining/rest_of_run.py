"""The run that the step begins: the sweeps at which E falls.

The quickest engine at hand makes the runs; if it is the fused engine, the page shows the run of that seed in results/,
bit for bit.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import torch

from backprop86.engines import quickest
from backprop86.engines.recipe import Job
from backprop86.engines.reference import NEVER, checkpoints
from backprop86.explaining.first_step import FEW, Step, error_of
from backprop86.network import Network, largest_weights

SHARES = 6
"""E is shown each time it has fallen by another of these shares of its whole fall."""
FEWEST = 6
"""The least number of sweeps to show, after the first."""
NEAR = 0.01
"""E is near its floor when this share of its fall remains."""
LONGEST = 2e8
"""A run ends at this number of sweeps × cases × connections: two seconds."""
EXACT = 2e6
"""The longest run in which E is found sweep by sweep; in a longer run, only at the engine's checkpoints."""


@dataclass(frozen=True, eq=False)
class Look:
    """E over all training cases after some training, and the outputs (C, n_outputs) if they are few."""

    after: str
    E: float
    outputs: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Course:
    """The run that begins with the step. `sweeps` and `E` are the engine's checkpoints, up to `limit`."""

    looks: list[Look]
    learned_at: int  # the sweep after which the net has learned, or NEVER
    E_then: float  # NaN if it never does
    limit: int
    sweeps: list[int]
    E: np.ndarray


def course_of(step: Step, gradient: np.ndarray) -> Course:
    """Look at the run before this step, after it (its gradient is given), and whenever E has fallen by a share."""
    limit = int(min(step.recipe.sweeps, max(1, LONGEST // work_per_sweep(step))))
    job = _job(step, limit)
    whole, sweeps = quickest.train(job, threads=1), checkpoints(limit)
    E, learned_at = whole.error_curve[0], int(whole.sweeps[0])
    last = _end(sweeps, E, learned_at)
    is_exact = last * work_per_sweep(step) <= EXACT
    last = last if is_exact else sweeps[bisect_left(sweeps, last)]
    w_after = quickest.weights_after(job, last)
    E_after = cache(lambda sweep: _error(step, w_after(sweep)))
    known = {sweep: E for sweep, E in zip(sweeps, E.tolist(), strict=True) if sweep <= last}
    chosen = _chosen(known | {last: E_after(last)}, E_after) if is_exact else _chosen(known, None)
    if is_exact and learned_at != NEVER:
        chosen.add(learned_at)
    looks = [_look(step, "before", step.w0), _look(step, "this step", _moved(step, gradient))]
    for sweep in sorted(chosen - ({0, 1} if step.recipe.update == "sweep" else {0})):
        name = f"{sweep:,} sweep{'s' if sweep > 1 else ''}"
        if shows_outputs(step):
            looks.append(_look(step, name, w_after(sweep)))
        else:
            looks.append(Look(name, known[sweep] if sweep in known else E_after(sweep), None))
    E_then = E_after(learned_at) if is_exact and learned_at != NEVER else np.nan
    return Course(looks, learned_at, E_then, limit, sweeps, E)


def work_per_sweep(step: Step) -> int:
    """Return cases × connections, the cost of a sweep."""
    return len(step.trained) * len(step.connections)


def shows_outputs(step: Step) -> bool:
    """Return whether the table has room for the outputs of each case beside E."""
    return len(step.trained) <= FEW and len(step.wiring.outputs) == 1


def _job(step: Step, sweeps: int) -> Job:
    """Return the seed as a job of `sweeps` sweeps that does not stop when it learns."""
    counted = np.zeros((1, len(step.cases.inputs)))
    counted[:, step.trained] = 1
    recipe = replace(step.recipe, stop="limit", sweeps=sweeps, moments=[])
    return Job(step.wiring, step.cases, recipe, step.w0[None], None if counted.all() else counted)


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
    """Return a sweep between the two that takes E from above the level to the level or below."""
    while below - above > 1:
        middle = (above + below) // 2
        above, below = (above, middle) if E_after(middle) <= level else (middle, below)
    return below


def rises(course: Course) -> list[tuple[int, int, float, float]]:
    """Return (from sweep, to sweep, E, E) of the checkpoints between which E rises by more than a hundredth of E."""
    known, much = list(zip(course.sweeps, course.E.tolist(), strict=True)), 0.01 * course.E[0]
    return [(a, b, E, F) for (a, E), (b, F) in pairwise(known) if E + much < F]

"""Whole runs by hand and by autograd: weights and E sweep by sweep, where the two part, and why.

They part like two runs that begin one rounding apart: the last bit differs, and gradient descent lets the difference
grow or shrink. Where it grows without bound (chaos), it decides the end of a seed's run; the gradient is right all the
same.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from backprop86.engines import fused
from backprop86.engines.recipe import Job, Recipe
from backprop86.engines.reference import checkpoints, every_sweep
from backprop86.gradients.oracles import by_autograd

Trajectory = tuple[Tensor, Tensor]
PARTED = 1e-6
"""Two runs have parted when their weights differ by more than this, over the largest weight."""


def trajectory(job: Job) -> Trajectory:
    """Train again, unit by unit, by autograd; return w (sweeps + 1, S, n_parameters), E (sweeps + 1, S).

    It shares no code with modules.py, network.py, descent.py or reference.py.
    """
    wiring, recipe, w, counted = job.wiring, job.recipe, job.w, _counted(job)
    every = list(range(len(job.cases.inputs)))
    groups = [every] if recipe.update == "sweep" else [[c] for c in every]
    E_of = partial(_error, job, counted)
    now, one = torch.tensor(w), torch.ones(len(w), dtype=torch.float64)
    change = torch.zeros_like(now)
    fan_in = _fan_in(job) if recipe.epsilon_by == "fan_in" else 1.0
    weights, errors = [now], [E_of(every, now)]
    for sweep in range(1, recipe.sweeps + 1):
        epsilon, alpha, decay = _rates(recipe, sweep)
        for group in groups:
            (gradient,) = by_autograd(partial(E_of, group), [now], one)
            next_change = -epsilon / fan_in * gradient + alpha * change
            learns = counted[:, group].any(1, keepdim=True)
            if recipe.decay_in == "change":
                next_change = next_change - decay * now
            elif recipe.decay_in == "gradient":  # (1 - alpha) decay / epsilon times w is a part of the gradient
                next_change = next_change - decay * (1 - alpha) * now
            moved = now + next_change
            if recipe.decay_in == "weights":
                moved = moved * (1 - decay)
            is_gain = torch.arange(wiring.n_parameters) >= wiring.n_weights
            moved = torch.where(is_gain, now - recipe.gain_epsilon * gradient, moved)
            if recipe.biases == "negative":
                moved = torch.where(torch.tensor(wiring.is_bias), moved.clamp(max=0), moved)
            now = torch.where(learns, moved, now)
            change = torch.where(learns, next_change, change)
        weights.append(now)
        errors.append(E_of(every, now))
    return torch.stack(weights), torch.stack(errors)


def _rates(recipe: Recipe, sweep: int) -> tuple[float, float, float]:
    """Return epsilon, alpha and decay of a sweep."""
    if sweep <= recipe.opening_sweeps:
        return recipe.opening_epsilon, recipe.opening_alpha, recipe.decay
    if recipe.late_sweep and sweep > recipe.late_sweep:
        return recipe.late_epsilon, recipe.late_alpha, recipe.late_decay
    return recipe.epsilon, recipe.alpha, recipe.decay


def _fan_in(job: Job) -> Tensor:
    """Return the number of connections into the unit that each weight leads to, (n_parameters,)."""
    targets = dict(zip(job.wiring.parameter.tolist(), job.wiring.target.tolist(), strict=True))
    found = torch.ones(job.wiring.n_parameters, dtype=torch.float64)
    for p, target in targets.items():
        found[p] = int((job.wiring.target == target).sum())
    return found


def _error(job: Job, counted: Tensor, group: list[int], w: Tensor) -> Tensor:
    """Return E (S,) of some cases, one unit after another."""
    wiring, cases, recipe = job.wiring, job.cases, job.recipe
    y: list[Tensor] = [w.new_ones(len(w), len(group))]
    y += [torch.tensor(cases.inputs[group, i]).expand(len(w), -1) for i in range(wiring.n_inputs)]
    for unit in range(len(y), wiring.n_units):
        feeds = np.flatnonzero(wiring.target == unit)
        sent = torch.stack([y[source] for source in wiring.source[feeds]], -1)
        x = (sent * w[:, None, wiring.parameter[feeds]]).sum(-1)
        if wiring.has_gains:
            level = next(k for k, level in enumerate(wiring.levels) if unit < level.units.stop)
            x = x * w[:, wiring.n_weights + level, None]
        y.append(1 / (1 + torch.exp(-x)))
    E = w.new_zeros(len(w))
    for j, unit in enumerate(wiring.outputs):
        on = torch.tensor(cases.desired[group, j] > 0.5)
        miss = y[unit] - _where(on, recipe.target_on, recipe.target_off)
        if recipe.dead_zone != "none":
            edge = y[unit] - _where(on, recipe.zone_on, recipe.zone_off)
            outside = torch.where(on, edge < 0, edge > 0)
            miss = (edge if recipe.dead_zone == "from_edge" else miss) * outside
        E = E + (counted[:, group] * miss**2).sum(1) / 2
    if recipe.error == "mean":
        E = E / (counted[:, group].sum(1) * len(wiring.outputs))
    return E


def _where(on: Tensor, if_on: float, if_off: float) -> Tensor:
    """Choose in float64: torch.where of two Python numbers is float32, in which 0.9 is another number."""
    return torch.where(on, torch.tensor(if_on, dtype=torch.float64), torch.tensor(if_off, dtype=torch.float64))


def _counted(job: Job) -> Tensor:
    """Return (S, C), 1 for the training cases of each seed."""
    if job.counted is None:
        return torch.ones(len(job.w), len(job.cases.inputs), dtype=torch.float64)
    return torch.tensor(job.counted)


def with_sgd(job: Job) -> Trajectory:
    """Return the path of torch.optim.SGD, with its rate set anew when the recipe changes it.

    SGD remembers the sum of alpha^k dE/dw and multiplies it by the current rate; equation 9 remembers the change
    itself. So at the first sweep with a new rate SGD rescales the whole remembered sum, and the two changes differ.
    """
    recipe, w = job.recipe, job.w
    E = partial(_error, job, _counted(job), list(range(len(job.cases.inputs))))
    now, one = torch.tensor(w), torch.ones(len(w), dtype=torch.float64)
    optimizer = torch.optim.SGD([now], lr=recipe.epsilon, momentum=recipe.alpha)
    weights, errors = [now.clone()], [E(now)]
    for sweep in range(1, recipe.sweeps + 1):
        rates = optimizer.param_groups[0]
        rates["lr"], rates["momentum"], decay = recipe.descent().rates(sweep)
        (now.grad,) = by_autograd(E, [now], one)
        optimizer.step()
        now.mul_(1 - decay)
        weights.append(now.clone())
        errors.append(E(now))
    return torch.stack(weights), torch.stack(errors)


def in_fused(job: Job, looks: list[int]) -> Trajectory:
    """Return the path of the fused engine at some sweeps, each the end of a separate run."""
    weights, errors = [], []
    for sweep in looks:
        recipe = replace(job.recipe, sweeps=max(sweep, 1), stop="limit")
        end = fused.train(replace(job, recipe=recipe))
        weights.append(torch.tensor(end.w if sweep else job.w))
        errors.append(torch.tensor(end.error if sweep else end.error_curve[:, 0]))
    return torch.stack(weights), torch.stack(errors)


def _at(looks: list[int], path: Trajectory) -> Trajectory:
    return path[0][looks], path[1][looks]


def apart(ours: Trajectory, theirs: Trajectory) -> Tensor:
    """Return the distance (K, S, 2) of two paths: weights over the largest weight, E over the E they began with."""
    (w, E), (v, F) = ours, theirs
    weights = (w - v).abs().amax(-1) / torch.maximum(w.abs().amax(-1), v.abs().amax(-1))
    errors = (E - F).abs() / E[0]
    return torch.stack([weights, errors], -1)


def one_bit_away(w: np.ndarray) -> np.ndarray:
    """Return every weight moved to the next float64 number, as a rounding would."""
    return np.nextafter(w, np.inf)


def compared(job: Job) -> pd.DataFrame:
    """Return a row per checkpoint and other run: the median and largest distance of the seeds from the run by hand.

    The others: by autograd; by hand in the fused engine; a control, by hand from weights one bit away.
    """
    recipe = replace(job.recipe, stop="limit")
    job = replace(job, recipe=recipe)
    looks = sorted({*checkpoints(recipe.sweeps), *range(min(31, recipe.sweeps + 1))})
    others = {
        "autograd": _at(looks, trajectory(job)),
        "fused engine": in_fused(job, looks),
        "one bit away": _at(looks, every_sweep(replace(job, w=one_bit_away(job.w)))),
    }
    if recipe.opening_sweeps and recipe.update == "sweep":
        others["torch.optim.SGD"] = _at(looks, with_sgd(job))
    by_hand, rows = _at(looks, every_sweep(job)), []
    for name, other in others.items():
        for sweep, far in zip(looks, apart(by_hand, other), strict=True):
            weights, errors = far.T
            numbers = {"weights": weights.median(), "weights_most": weights.max(), "E": errors.median()}
            row = {name: float(number) for name, number in numbers.items()}
            rows.append({"against": name, "sweep": sweep} | row | {"E_most": float(errors.max())})
    return pd.DataFrame(rows)

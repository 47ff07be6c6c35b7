"""A job in numbers, as compiled engines take it: `Rule` is the recipe, `Block` the seeds and their fates."""

import math
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from backprop86.descent import RATES, Descent
from backprop86.engines.recipe import CRITERIA, Cases, Job, Recipe
from backprop86.engines.reference import Outcome, checkpoints


class Rule(NamedTuple):
    """The recipe in numbers, under the recipe's names."""

    opening_sweeps: float
    late_sweep: float  # infinite if there is no late phase
    decay_in: int  # 0 weights, 1 change, 2 gradient
    decay_waits: bool  # until the seed has learned
    sloped: bool  # equation 5 holds for output units too
    dead_zone: int  # 0 none, 1 from_edge, 2 from_target
    by_case: bool
    gain_epsilon: float
    to_limit: bool
    sweeps: int
    case_error: float  # with this or more a case is not learned
    total_error: float  # with this or more, times SCALE, a net is not learned
    n_checkpoints: int
    checkpoints: np.ndarray
    n_moments: int
    moments: np.ndarray
    may_rest: bool  # a seed whose weights can no longer change is done


class Block(NamedTuple):
    """The seeds to train, and their fates under the names of `Outcome`."""

    w0: np.ndarray
    counted: np.ndarray  # (S, C)
    scale: np.ndarray
    cases: np.ndarray
    rates: np.ndarray  # (S, 8), a column for each of RATES
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
        late_sweep=float(recipe.late_sweep or math.inf),
        decay_in=["weights", "change", "gradient"].index(recipe.decay_in),
        decay_waits=recipe.decay_from == "learned",
        sloped=recipe.output_slope == "kept",
        dead_zone=["none", "from_edge", "from_target"].index(recipe.dead_zone),
        by_case=recipe.update == "case",
        gain_epsilon=recipe.gain_epsilon,
        to_limit=recipe.stop == "limit",
        sweeps=recipe.sweeps,
        case_error=float(np.nextafter(most, math.inf)),
        total_error=criterion.total_error,
        n_checkpoints=len(checkpoints(recipe.sweeps)),
        checkpoints=np.array(checkpoints(recipe.sweeps)),
        n_moments=len(recipe.moments),
        moments=np.array(recipe.moments, dtype=np.int64),
        may_rest=recipe.dtype == "float64"
        and recipe.update == "sweep"
        and recipe.decay_in == "weights"
        and not recipe.block
        and not recipe.has_gains,
    )


def outcome_of(block: Block) -> Outcome:
    """Return the fates of a block's seeds, whose gradient curves then have lengths instead of sums of squares."""
    np.sqrt(block.gradient_curve, out=block.gradient_curve)
    block.gradient_curve[np.isnan(block.error_curve)] = np.nan
    found = {field.name: getattr(block, field.name) for field in fields(Outcome)}
    return Outcome(**found | {"diverged": block.diverged == 1})

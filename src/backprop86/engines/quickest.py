"""The quickest engine that is installed: the fused one, or the reference engine where there is no compiler."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from backprop86.engines import reference
from backprop86.engines.recipe import Job
from backprop86.engines.reference import Outcome


def is_compiled() -> bool:
    """Return whether the fused engine can be used."""
    return find_spec("numba") is not None


def train(job: Job, threads: int | None = None) -> Outcome:
    """Train every seed of a job; the engines agree to rounding."""
    if not is_compiled():
        return reference.train(job)
    return import_module("backprop86.engines.fused").train(job, threads=threads)


def weights_after(job: Job, most: int) -> Callable[[int], np.ndarray]:
    """Return a function of a sweep, up to `most`: the weights (n_parameters,) of the one seed of a job after it.

    The fused engine trains to each sweep that is asked for; the reference engine trains once, and keeps every sweep.
    """
    job = replace(job, recipe=replace(job.recipe, stop="limit", sweeps=max(1, most), moments=[]))

    @cache
    def every_sweep() -> np.ndarray:
        return reference.every_sweep(job)[0][:, 0].double().numpy()

    @cache
    def trained(sweep: int) -> np.ndarray:
        return train(replace(job, recipe=replace(job.recipe, sweeps=sweep)), threads=1).w[0] if sweep else job.w[0]

    return trained if is_compiled() else lambda sweep: every_sweep()[sweep]

"""JAX: one compiled program for all sweeps; each core trains its share of the seeds.

A product of matrices is faster for sums of tens of numbers, a written-out sum for sums of a few: both are here.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from backprop86.engines.cores import cores
from peers.task import Task, error, forward, join, split, units

jax.config.update("jax_enable_x64", True)
Error = Callable[[list], Any]
COMPILED: dict[tuple, Callable] = {}
"""The programs by kind, task and number of sweeps: the race times none of their compilations."""
MOST_TERMS = 100
"""The most products of a forward pass to write out: XLA needs minutes for more, and the code gets slower."""


def with_matrices(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train seeds by jit(vmap(scan)), with a matrix for each group of units."""
    if (key := ("matrices", id(task), sweeps)) not in COMPILED:
        COMPILED[key] = jax.jit(jax.vmap(training(task, error_with_matrices(task), sweeps)))
    return shared(task, w0, COMPILED[key], jnp.array, np.asarray)


def written_out(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train seeds by jit(scan) of a program with an array, over seeds, for each unit and case."""
    if (key := ("written out", id(task), sweeps)) not in COMPILED:
        COMPILED[key] = jax.jit(training(task, error_written_out(task), sweeps))
    there, back = (partial(np.moveaxis, source=a, destination=b) for a, b in ((0, -1), (-1, 0)))
    return shared(task, w0, COMPILED[key], lambda part: jnp.array(there(part)), back)


def shared(task: Task, w0: np.ndarray, train: Callable, array: Callable, back: Callable) -> np.ndarray:
    """Train all seeds, each core its share, or a graphics card all of them; return their weights."""

    def share(some: np.ndarray) -> np.ndarray:
        return join(task, [back(np.asarray(part)) for part in train(split(task, some, array))], some)

    shares = min(cores(), len(w0)) if jax.default_backend() == "cpu" else 1
    with ThreadPoolExecutor(shares) as pool:
        return np.concatenate(list(pool.map(share, np.array_split(w0, shares))))


def training(task: Task, error_of: Error, sweeps: int) -> Callable[[list], list]:
    """Return a function of parts that trains them for `sweeps` sweeps."""

    def sweep(state: Any, _: Any) -> Any:
        parts, changes = state
        gradients = jax.grad(error_of)(parts)
        changes = [task.alpha * change - task.epsilon * g for change, g in zip(changes, gradients, strict=True)]
        return ([part + change for part, change in zip(parts, changes, strict=True)], changes), None

    return lambda parts: jax.lax.scan(sweep, (parts, [jnp.zeros_like(part) for part in parts]), None, sweeps)[0][0]


def error_with_matrices(task: Task) -> Error:
    """Return E as a function of one seed's parts."""
    inputs, targets = jnp.array(task.inputs), jnp.array(task.targets)
    return lambda parts: error(task, forward(task, parts, inputs, jax.nn.sigmoid), targets)


def error_written_out(task: Task) -> Error:
    """Return the sum of the seeds' E as a function of parts (J, I, S) and (J, S); an input that is 0 is left out."""

    def error_of(parts: list) -> Any:
        total = 0.0
        for given, wanted in zip(task.inputs.tolist(), task.targets.tolist(), strict=True):
            y = [given]
            for layer in task.layers:
                x = list(parts[layer.biases])
                for some, k in layer.fed:
                    there = [(i, unit) for i, unit in enumerate(units(task, some)) if some.layer or given[unit]]
                    for i, unit in there:
                        x = [one + parts[k][j, i] * y[some.layer][unit] for j, one in enumerate(x)]
                y.append([jax.nn.sigmoid(one) for one in x])
            found = [y[some.layer][unit] for some in task.outputs for unit in units(task, some)]
            total = total + sum((one - target) ** 2 for one, target in zip(found, wanted, strict=True))
        return total.sum() / 2

    return error_of


def is_large(task: Task) -> bool:
    """Return whether a forward pass of all cases has more than MOST_TERMS products."""
    return len(task.inputs) * sum(task.parts[k].size for layer in task.layers for _, k in layer.fed) > MOST_TERMS

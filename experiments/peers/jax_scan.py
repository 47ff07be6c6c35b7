"""jax.jit(vmap(scan)): one compiled program for all seeds and sweeps."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from peers.task import Task, inputs_with_one, join, outputs_of, split

jax.config.update("jax_enable_x64", True)
COMPILED: dict[tuple[int, int, int], Callable] = {}
"""The programs by task, number of seeds and number of sweeps: the race times none of their compilations."""


def jax_scan(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train all seeds at once, by a program that is compiled at the first call of its size."""
    key = (id(task), len(w0), sweeps)
    if key not in COMPILED:
        COMPILED[key] = program(task, sweeps)
    return join(task, jax.block_until_ready(COMPILED[key](split(task, w0, jnp.array))), w0)


def program(task: Task, sweeps: int) -> Callable:
    """Return a function of all seeds' parts that trains them for so many sweeps."""
    y, d = jnp.array(inputs_with_one(task)), jnp.array(task.targets)

    def loss(parts: Any) -> Any:
        return ((outputs_of(task, parts, y, jax.nn.sigmoid, jnp.concatenate) - d) ** 2).sum() / 2

    def sweep(state: Any, _: Any) -> Any:
        parts, changes = state
        gradients = jax.grad(loss)(parts)
        changes = [task.alpha * change - task.epsilon * g for change, g in zip(changes, gradients, strict=True)]
        return ([part + change for part, change in zip(parts, changes, strict=True)], changes), None

    def seed(parts: Any) -> Any:
        return jax.lax.scan(sweep, (parts, [jnp.zeros_like(part) for part in parts]), None, length=sweeps)[0][0]

    return jax.jit(jax.vmap(seed))

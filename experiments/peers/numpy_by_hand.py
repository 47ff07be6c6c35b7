"""All seeds in one array, the backward pass written out in NumPy."""

import numpy as np

from peers.task import Task, inputs_with_one, join, split


def numpy_by_hand(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train all seeds at once."""
    parts = split(task, w0, np.array)
    changes = [np.zeros_like(part) for part in parts]
    start = np.broadcast_to(inputs_with_one(task), (len(w0), len(task.inputs), 1 + task.inputs.shape[1]))
    for _ in range(sweeps):
        y = start
        for k, layer in enumerate(task.layers):
            x = y[..., layer.sources] @ parts[2 * k].swapaxes(-1, -2) + parts[2 * k + 1][:, None]
            y = np.concatenate([y, 1 / (1 + np.exp(-x))], -1)
        dE_dy, stop = np.zeros_like(y), y.shape[-1]
        dE_dy[..., task.outputs] = y[..., task.outputs] - task.targets
        for k, layer in reversed(list(enumerate(task.layers))):
            units = slice(stop - len(layer.biases), stop)
            dE_dx = dE_dy[..., units] * y[..., units] * (1 - y[..., units])
            dE_dy[..., layer.sources] += dE_dx @ parts[2 * k]
            gradients = dE_dx.swapaxes(-1, -2) @ y[..., layer.sources], dE_dx.sum(1)
            for j, gradient in enumerate(gradients):
                changes[2 * k + j] = task.alpha * changes[2 * k + j] - task.epsilon * gradient
            stop = units.start
        parts = [part + change for part, change in zip(parts, changes, strict=True)]
    return join(task, parts, w0)

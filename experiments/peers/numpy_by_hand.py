"""All seeds in one array, the backward pass written out in NumPy."""

import numpy as np

from peers.task import Task, forward, join, split


def numpy_by_hand(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train all seeds at once."""
    parts = split(task, w0, np.array)
    changes = [np.zeros_like(part) for part in parts]
    inputs = np.broadcast_to(task.inputs, (len(w0), *task.inputs.shape))
    for _ in range(sweeps):
        y = forward(task, parts, inputs, lambda x: 1 / (1 + np.exp(-x)))
        dE_dy, gradients = [np.zeros_like(one) for one in y], [np.zeros_like(part) for part in parts]
        first = 0
        for layer, columns in task.outputs:
            miss = y[layer][..., columns]
            dE_dy[layer][..., columns] = miss - task.targets[:, first : first + miss.shape[-1]]
            first += miss.shape[-1]
        for number, layer in reversed(list(enumerate(task.layers, 1))):
            dE_dx = dE_dy[number] * y[number] * (1 - y[number])
            gradients[layer.biases] += dE_dx.sum(1)
            for (source, columns), k in layer.fed:
                dE_dy[source][..., columns] += dE_dx @ parts[k]
                gradients[k] += dE_dx.swapaxes(-1, -2) @ y[source][..., columns]
        changes = [task.alpha * change - task.epsilon * g for change, g in zip(changes, gradients, strict=True)]
        parts = [part + change for part, change in zip(parts, changes, strict=True)]
    return join(task, parts, w0)

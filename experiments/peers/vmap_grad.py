"""torch.func.vmap(grad): the gradient of one seed's error, mapped over all seeds."""

import numpy as np
import torch
from torch import Tensor

from peers.task import Task, error, forward, join, split


def vmap_grad(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train all seeds at once, by mapping the error of one seed."""
    inputs, d = torch.tensor(task.inputs), torch.tensor(task.targets)

    def error_of(parts: list[Tensor]) -> Tensor:
        return error(task, forward(task, parts, inputs, torch.sigmoid), d)

    gradient = torch.func.vmap(torch.func.grad(error_of))
    parts = split(task, w0, torch.tensor)
    changes = [torch.zeros_like(part) for part in parts]
    for _ in range(sweeps):
        found = gradient(parts)
        changes = [task.alpha * change - task.epsilon * g for change, g in zip(changes, found, strict=True)]
        parts = [part + change for part, change in zip(parts, changes, strict=True)]
    return join(task, parts, w0)

"""torch.func.vmap(grad): the gradient of one seed's loss, mapped over all seeds."""

import numpy as np
import torch
from torch import Tensor

from peers.task import Task, inputs_with_one, join, outputs_of, split


def vmap_grad(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train all seeds at once, from the loss of one."""
    y, d = torch.tensor(inputs_with_one(task)), torch.tensor(task.targets)

    def loss(parts: list[Tensor]) -> Tensor:
        return ((outputs_of(task, parts, y, torch.sigmoid, torch.cat) - d) ** 2).sum() / 2

    gradient = torch.func.vmap(torch.func.grad(loss))
    parts = split(task, w0, torch.tensor)
    changes = [torch.zeros_like(part) for part in parts]
    for _ in range(sweeps):
        found = gradient(parts)
        changes = [task.alpha * change - task.epsilon * g for change, g in zip(changes, found, strict=True)]
        parts = [part + change for part, change in zip(parts, changes, strict=True)]
    return join(task, parts, w0)

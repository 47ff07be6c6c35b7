"""All seeds in one tensor, gradients by torch.autograd."""

import numpy as np
import torch

from peers.task import Task, error, forward, join, split


def batched_autograd(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train all seeds at once; the sum of their errors has the gradients of each seed's error."""
    parts = split(task, w0, lambda part: torch.tensor(part).requires_grad_())
    changes = [torch.zeros_like(part) for part in parts]
    inputs, d = torch.tensor(task.inputs).expand(len(w0), -1, -1), torch.tensor(task.targets)
    for _ in range(sweeps):
        gradients = torch.autograd.grad(error(task, forward(task, parts, inputs, torch.sigmoid), d), parts)
        with torch.no_grad():
            for part, change, gradient in zip(parts, changes, gradients, strict=True):
                change.mul_(task.alpha).sub_(gradient, alpha=task.epsilon)
                part.add_(change)
    return join(task, [part.detach() for part in parts], w0)

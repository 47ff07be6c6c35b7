"""All seeds in one tensor, gradients by torch.autograd."""

import numpy as np
import torch

from peers.task import Task, inputs_with_one, join, outputs_of, split


def batched_autograd(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train all seeds at once; the sum of their losses has the gradients of each."""
    parts = split(task, w0, lambda part: torch.tensor(part).requires_grad_())
    changes = [torch.zeros_like(part) for part in parts]
    y, d = torch.tensor(inputs_with_one(task)).expand(len(w0), -1, -1), torch.tensor(task.targets)
    for _ in range(sweeps):
        loss = ((outputs_of(task, parts, y, torch.sigmoid, torch.cat) - d) ** 2).sum() / 2
        gradients = torch.autograd.grad(loss, parts)
        with torch.no_grad():
            for part, change, gradient in zip(parts, changes, gradients, strict=True):
                change.mul_(task.alpha).sub_(gradient, alpha=task.epsilon)
                part.add_(change)
    return join(task, [part.detach() for part in parts], w0)

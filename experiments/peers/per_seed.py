"""One seed after another: nn.Sequential, loss.backward(), torch.optim.SGD."""

import numpy as np
import torch
from torch import Tensor, nn

from peers.task import Task, error, forward, join, split


class InLayers(nn.Module):
    """A network in the common style, for layers that are not a plain chain."""

    def __init__(self, task: Task, parts: list[Tensor]) -> None:
        """Make a parameter of every part."""
        super().__init__()
        self.task, self.parts = task, nn.ParameterList(parts)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """inputs (C, n) -> the outputs of every layer."""
        return forward(self.task, list(self.parts), inputs, torch.sigmoid)


class Chain(nn.Module):
    """A network in which the layer before, and no other, feeds each layer."""

    def __init__(self, task: Task, parts: list[Tensor]) -> None:
        """Make an nn.Sequential."""
        super().__init__()
        linears = []
        for layer in task.layers:
            (_, k), *_ = layer.fed
            linear = nn.Linear(parts[k].shape[1], layer.n).double()
            linear.weight.data, linear.bias.data = parts[k], parts[layer.biases]
            linears.append(linear)
        self.parts = [part for linear in linears for part in (linear.weight, linear.bias)]
        self.net = nn.Sequential(*(part for linear in linears for part in (linear, nn.Sigmoid())))

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """inputs (C, n) -> the outputs of the last layer, after empty places for the other layers."""
        return [inputs] * len(self.net[::2]) + [self.net(inputs)]


def per_seed(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train one module after another."""
    found, kind = w0.copy(), Chain if is_chain(task) else InLayers
    inputs, targets = torch.tensor(task.inputs), torch.tensor(task.targets)
    for k in range(len(w0)):
        net = kind(task, [part[0] for part in split(task, w0[k : k + 1], torch.tensor)])
        optimizer = torch.optim.SGD(net.parameters(), lr=task.epsilon, momentum=task.alpha)
        for _ in range(sweeps):
            optimizer.zero_grad()
            error(task, net(inputs), targets).backward()
            optimizer.step()
        found[k] = join(task, [part.detach()[None] for part in net.parts], w0[k : k + 1])[0]
    return found


def is_chain(task: Task) -> bool:
    """Return whether only the layer before feeds each layer, and no layers share parts."""
    fed = [[some.layer for some, _ in layer.fed] for layer in task.layers]
    return fed == [[k] for k in range(len(fed))] and len(task.parts) == 2 * len(fed)

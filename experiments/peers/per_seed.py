"""One seed after another: nn.Sequential, loss.backward(), torch.optim.SGD."""

import numpy as np
import torch
from torch import Tensor, nn

from peers.task import Task


class WithShortcuts(nn.Module):
    """A network as people write it, when its layers are not a plain chain."""

    def __init__(self, task: Task) -> None:
        """Make a Linear for every layer."""
        super().__init__()
        self.task = task
        self.linears = nn.ModuleList(nn.Linear(len(layer.sources), len(layer.biases)) for layer in task.layers)

    def forward(self, inputs: Tensor) -> Tensor:
        """inputs (C, n) -> outputs."""
        y = torch.cat([torch.ones_like(inputs[:, :1]), inputs], 1)
        for layer, linear in zip(self.task.layers, self.linears, strict=True):
            y = torch.cat([y, torch.sigmoid(linear(y[:, layer.sources]))], 1)
        return y[:, self.task.outputs]


def per_seed(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """Train one module after another."""
    found = w0.copy()
    inputs, targets = torch.tensor(task.inputs), torch.tensor(task.targets)
    for w in found:
        net, linears = module_of(task)
        for linear, layer in zip(linears, task.layers, strict=True):
            linear.weight.data, linear.bias.data = torch.tensor(w[layer.weights]), torch.tensor(w[layer.biases])
        optimizer = torch.optim.SGD(net.parameters(), lr=task.epsilon, momentum=task.alpha)
        for _ in range(sweeps):
            optimizer.zero_grad()
            loss = ((net(inputs) - targets) ** 2).sum() / 2
            loss.backward()
            optimizer.step()
        for linear, layer in zip(linears, task.layers, strict=True):
            w[layer.weights], w[layer.biases] = linear.weight.detach().numpy(), linear.bias.detach().numpy()
    return found


def module_of(task: Task) -> tuple[nn.Module, list[nn.Linear]]:
    """Return a module, nn.Sequential where each layer is fed by the one before and no other, and its Linears."""
    before, is_chain = np.arange(1, 1 + task.inputs.shape[1]), True
    for layer in task.layers:
        is_chain &= np.array_equal(layer.sources, before)
        before = before[-1] + 1 + np.arange(len(layer.biases))
    if not is_chain:
        net = WithShortcuts(task).double()
        return net, list(net.linears)
    linears = [nn.Linear(len(layer.sources), len(layer.biases)).double() for layer in task.layers]
    return nn.Sequential(*(part for linear in linears for part in (linear, nn.Sigmoid()))), linears

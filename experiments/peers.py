"""What people use instead: the same training loop in five other styles, for benchmark.py to time beside our engines.

Each peer trains w0 (S, n_parameters) for some sweeps by equations 3 and 9 and returns the weights. This file may use
autograd, as it is other people's way of doing it; nothing of ours depends on it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from backprop86.wiring import Wiring

try:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
except ImportError:  # an optional extra: benchmark.py names it as missing
    jax = None


@dataclass(frozen=True)
class Layer:
    """Units that are fed by the same others: parameters of their weights (J, I) and biases (J,)."""

    sources: np.ndarray  # numbers of units, the one that is always 1 left out
    weights: np.ndarray
    biases: np.ndarray


@dataclass(frozen=True)
class Task:
    """What is to be trained: a network in layers, inputs (C, n), targets (C, n_outputs), epsilon and alpha."""

    layers: list[Layer]
    outputs: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    epsilon: float
    alpha: float


def layers_of(wiring: Wiring) -> list[Layer]:
    """The units of a wiring, all of which must have biases, grouped by what feeds them."""
    fed = {unit: np.flatnonzero(wiring.target == unit) for unit in range(1 + wiring.n_inputs, wiring.n_units)}
    layers = []
    for sources, units in groupby(fed, key=lambda unit: tuple(wiring.source[fed[unit]])):
        parameters = np.stack([wiring.parameter[fed[unit]] for unit in units])
        layers.append(Layer(np.array(sources[1:]), parameters[:, 1:], parameters[:, 0]))
    return layers


class PerSeedModule(nn.Module):
    """A network as people write it, when its layers are not a plain chain."""

    def __init__(self, task: Task) -> None:
        """A Linear for every layer."""
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
    """One seed after another: nn.Sequential, loss.backward(), SGD(momentum)."""
    found = w0.copy()
    inputs, targets = torch.tensor(task.inputs), torch.tensor(task.targets)
    for w in found:
        net, linears = _module(task)
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


def _module(task: Task) -> tuple[nn.Module, list[nn.Linear]]:
    before, chain = np.arange(1, 1 + task.inputs.shape[1]), True
    for layer in task.layers:
        chain &= np.array_equal(layer.sources, before)
        before = before[-1] + 1 + np.arange(len(layer.biases))
    if not chain:
        net = PerSeedModule(task).double()
        return net, list(net.linears)
    linears = [nn.Linear(len(layer.sources), len(layer.biases)).double() for layer in task.layers]
    return nn.Sequential(*(part for linear in linears for part in (linear, nn.Sigmoid()))), linears


def _split(task: Task, w: np.ndarray, array: Callable) -> list:
    """The flat vectors w (S, P) as [weights (S, J, I), biases (S, J), ...]."""
    return [array(part) for layer in task.layers for part in (w[:, layer.weights], w[:, layer.biases])]


def _join(task: Task, parts: list, w0: np.ndarray) -> np.ndarray:
    w = w0.copy()
    for k, layer in enumerate(task.layers):
        w[:, layer.weights], w[:, layer.biases] = np.asarray(parts[2 * k]), np.asarray(parts[2 * k + 1])
    return w


def _outputs(task: Task, parts: list, y: Any, sigmoid: Callable, cat: Callable) -> Any:
    """Any library: y (..., C, n_inputs + 1) -> outputs, with parts (..., J, I) and (..., J)."""
    for k, layer in enumerate(task.layers):
        x = y[..., layer.sources] @ parts[2 * k].swapaxes(-1, -2) + parts[2 * k + 1][..., None, :]
        y = cat([y, sigmoid(x)], -1)
    return y[..., task.outputs]


def _with_one(task: Task) -> np.ndarray:
    return np.concatenate([np.ones((len(task.inputs), 1)), task.inputs], 1)


def batched_autograd(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """All seeds in one tensor, gradients by torch.autograd."""
    parts = _split(task, w0, lambda part: torch.tensor(part).requires_grad_())
    changes = [torch.zeros_like(part) for part in parts]
    y, d = torch.tensor(_with_one(task)).expand(len(w0), -1, -1), torch.tensor(task.targets)
    for _ in range(sweeps):
        loss = ((_outputs(task, parts, y, torch.sigmoid, torch.cat) - d) ** 2).sum() / 2
        gradients = torch.autograd.grad(loss, parts)
        with torch.no_grad():
            for part, change, gradient in zip(parts, changes, gradients, strict=True):
                change.mul_(task.alpha).sub_(gradient, alpha=task.epsilon)
                part.add_(change)
    return _join(task, [part.detach() for part in parts], w0)


def vmap_grad(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """torch.func.vmap(grad) of one seed's loss."""
    y, d = torch.tensor(_with_one(task)), torch.tensor(task.targets)

    def loss(parts: list[Tensor]) -> Tensor:
        return ((_outputs(task, parts, y, torch.sigmoid, torch.cat) - d) ** 2).sum() / 2

    gradient = torch.func.vmap(torch.func.grad(loss))
    parts = _split(task, w0, torch.tensor)
    changes = [torch.zeros_like(part) for part in parts]
    for _ in range(sweeps):
        found = gradient(parts)
        changes = [task.alpha * change - task.epsilon * g for change, g in zip(changes, found, strict=True)]
        parts = [part + change for part, change in zip(parts, changes, strict=True)]
    return _join(task, parts, w0)


def numpy_by_hand(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """All seeds in one array, the backward pass written out in NumPy."""
    parts = _split(task, w0, np.array)
    changes = [np.zeros_like(part) for part in parts]
    start = np.broadcast_to(_with_one(task), (len(w0), len(task.inputs), 1 + task.inputs.shape[1]))
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
    return _join(task, parts, w0)


def jax_scan(task: Task, w0: np.ndarray, sweeps: int) -> np.ndarray:
    """jax.jit(vmap(scan)): one compiled program for all seeds and sweeps."""
    key = (id(task), len(w0), sweeps)
    if key not in _COMPILED:
        y, d = jnp.array(_with_one(task)), jnp.array(task.targets)

        def loss(parts: Any) -> Any:
            return ((_outputs(task, parts, y, jax.nn.sigmoid, jnp.concatenate) - d) ** 2).sum() / 2

        def sweep(state: Any, _: Any) -> Any:
            parts, changes = state
            gradients = jax.grad(loss)(parts)
            changes = [task.alpha * change - task.epsilon * g for change, g in zip(changes, gradients, strict=True)]
            return ([part + change for part, change in zip(parts, changes, strict=True)], changes), None

        def seed(parts: Any) -> Any:
            return jax.lax.scan(sweep, (parts, [jnp.zeros_like(part) for part in parts]), None, length=sweeps)[0][0]

        _COMPILED[key] = jax.jit(jax.vmap(seed))
    return _join(task, jax.block_until_ready(_COMPILED[key](_split(task, w0, jnp.array))), w0)


_COMPILED: dict[tuple[int, int, int], Callable] = {}

PEERS: dict[str, Callable[[Task, np.ndarray, int], np.ndarray]] = {
    "nn.Sequential, backward, SGD": per_seed,
    "torch.autograd, batched": batched_autograd,
    "torch.func.vmap(grad)": vmap_grad,
    "NumPy by hand": numpy_by_hand,
} | ({"jax.jit(vmap(scan))": jax_scan} if jax else {})
MISSING = [] if jax else ["jax.jit(vmap(scan)): pip install jax"]

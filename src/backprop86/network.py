"""Wiring + modules: the forward and the backward pass of any network, level by level.

A network is itself a module: `forward(inputs, w) -> (outputs, cache)`, `backward(dE_dy, cache) -> (dE_din, gradients)`.
All its weights are one flat vector, so a batch of networks is a tensor w (S, n_parameters).
"""

import numpy as np
import torch
from torch import Tensor

from backprop86.modules import Cache, Gradients, Linear, Logistic
from backprop86.wiring import Wiring


class Network:
    """The computation that a wiring describes, for S networks and C cases at once."""

    def __init__(self, wiring: Wiring, device: str = "cpu") -> None:
        """Turn the wiring's numbers into slices and index tensors, once."""
        self.wiring = wiring
        self.outputs = torch.as_tensor(wiring.outputs, device=device)
        self.levels = [
            (level.units, runs(level.sources), torch.as_tensor(level.parameter, device=device))
            for level in wiring.levels
        ]

    def forward(self, inputs: Tensor, w: Tensor) -> tuple[Tensor, Cache]:
        """inputs (C, n_inputs) or (S, C, n_inputs), w (S, n_parameters) -> outputs (S, C, n_outputs)."""
        one = torch.ones_like(inputs[..., :1])
        y = torch.cat([one, inputs], -1).expand(len(w), -1, -1)
        w_or_0 = torch.cat([w, torch.zeros_like(w[:, :1])], -1)  # a missing connection has the weight 0
        caches = []
        for _, sources, parameter in self.levels:
            y_sources = torch.cat([y[..., run] for run in sources], -1)
            x, cache_linear = Linear.forward(y_sources, w_or_0[:, parameter])
            y_level, cache_logistic = Logistic.forward(x)
            y = torch.cat([y, y_level], -1)
            caches.append((cache_linear, cache_logistic))
        return y[..., self.outputs], (y, caches)

    def backward(
        self, dE_doutputs: Tensor, cache: Cache, to_inputs: bool = True
    ) -> tuple[Tensor | None, Gradients]:
        """dE_doutputs (S, C, n_outputs) -> dE_dinputs (S, C, n_inputs) and {"w": dE_dw (S, n_parameters)}.

        Training has no use for dE_dinputs; without `to_inputs` it is None and costs nothing.
        """
        y, caches = cache
        first = 1 + self.wiring.n_inputs
        dE_dy = torch.zeros_like(y)
        dE_dy[..., self.outputs] += dE_doutputs
        dE_dw = dE_dy.new_zeros(len(y), self.wiring.n_parameters + 1)
        for (units, sources, parameter), (cache_linear, cache_logistic) in zip(
            reversed(self.levels), reversed(caches), strict=True
        ):
            dE_dx, _ = Logistic.backward(dE_dy[..., units], cache_logistic)
            dE_dsources, gradients = Linear.backward(dE_dx, cache_linear, to_inputs or sources[-1].stop > first)
            dE_dw.index_add_(-1, parameter.flatten(), gradients["w"].flatten(-2))  # shared weights add up (P p. 355)
            if dE_dsources is not None:
                parts = dE_dsources.split([run.stop - run.start for run in sources], -1)
                for run, part in zip(sources, parts, strict=True):
                    dE_dy[..., run] += part
        return (dE_dy[..., 1:first] if to_inputs else None), {"w": dE_dw[:, :-1]}

    def states(self, inputs: Tensor, w: Tensor) -> Tensor:
        """The output of every unit, (S, C, n_units), for pictures and measures."""
        _, (y, _) = self.forward(inputs, w)
        return y


def runs(units: np.ndarray) -> list[slice]:
    """Increasing unit numbers as slices: torch copies a slice much faster than it follows an index."""
    breaks = np.flatnonzero(np.diff(units) > 1) + 1
    return [slice(int(run[0]), int(run[-1]) + 1) for run in np.split(units, breaks)]


def generator(seed: int, stream: int = 0) -> np.random.Generator:
    """The random numbers of one seed: the same alone, in any batch, on any machine. Stream 0 is the weights."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))


def initial_weights(wiring: Wiring, seeds: list[int], half_range: float, biases: str = "drawn") -> np.ndarray:
    """w (S, n_parameters), uniform on [-half_range, half_range]; `biases` "drawn" alike or "zero".

    Seed k draws the same numbers whatever the range and whatever the biases, so readings differ in nothing else.
    """
    w = half_range * np.stack([generator(seed).uniform(-1, 1, wiring.n_parameters) for seed in seeds])
    if biases == "zero":
        w[:, wiring.is_bias] = 0
    return w

"""Networks, a wiring and modules: the forward and the backward pass of any network, level by level.

A network is itself a module: `forward(inputs, w) -> (outputs, cache)`, `backward(dE_dy, cache) -> (dE_din, gradients)`.
All its weights are one flat vector, so a batch of networks is a tensor w (S, n_parameters).
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from backprop86.modules import Cache, Gain, Gradients, Linear, Logistic
from backprop86.wiring import Wiring


class Network:
    """The computation that a wiring describes, for S networks and C cases at once.

    The outputs of the units are kept in blocks: block 0 is the unit that is always 1 and the inputs, block l level l.
    """

    def __init__(self, wiring: Wiring, device: str = "cpu") -> None:
        """Turn the wiring's numbers into pieces of blocks and index tensors, once."""
        self.wiring = wiring
        starts = [0, *(level.units.start for level in wiring.levels)]
        self.outputs = pieces(wiring.outputs, starts)
        self.levels = [
            (pieces(level.sources, starts), torch.as_tensor(level.parameter, device=device)) for level in wiring.levels
        ]
        numbers = range(wiring.n_weights, wiring.n_weights + len(self.levels))
        self.gains = [number if wiring.has_gains else None for number in numbers]

    def forward(self, inputs: Tensor, w: Tensor) -> tuple[Tensor, Cache]:
        """inputs (C, n_inputs) or (S, C, n_inputs), w (S, n_parameters) -> outputs (S, C, n_outputs)."""
        one = torch.ones_like(inputs[..., :1])
        y = [torch.cat([one, inputs], -1).expand(len(w), -1, -1)]
        w_or_0 = torch.cat([w, torch.zeros_like(w[:, :1])], -1)  # a missing connection has the weight 0
        caches = []
        for (sources, parameter), gain in zip(self.levels, self.gains, strict=True):
            x, cache_linear = Linear.forward(take(y, sources), w_or_0[:, parameter])
            x, cache_gain = (x, None) if gain is None else Gain.forward(x, w[:, gain])
            y_level, cache_logistic = Logistic.forward(x)
            y.append(y_level)
            caches.append((cache_linear, cache_gain, cache_logistic))
        return take(y, self.outputs), (y, caches)

    def backward(
        self, dE_doutputs: Tensor, cache: Cache, to_inputs: bool = True, output_slope: bool = True
    ) -> tuple[Tensor | None, Gradients]:
        """dE_doutputs (S, C, n_outputs) -> dE_dinputs (S, C, n_inputs) and {"w": dE_dw (S, n_parameters)}.

        Training has no use for dE_dinputs; without `to_inputs` it is None and costs nothing. Without `output_slope` the
        dE/dy of an output also serves as its dE/dx, the gradient of another error (no 1986 text does that).
        """
        y, caches = cache
        first = 0 if to_inputs else 1  # the first block whose dE/dy is wanted
        dE_dy = [torch.zeros_like(block) if number >= first else block[:0] for number, block in enumerate(y)]
        give(dE_dy, self.outputs, dE_doutputs, first)
        dE_dw = dE_doutputs.new_zeros(len(dE_doutputs), self.wiring.n_parameters + 1)
        for number, (sources, parameter) in reversed(list(enumerate(self.levels))):
            cache_linear, cache_gain, cache_logistic = caches[number]
            dE_dx, _ = Logistic.backward(dE_dy[number + 1], cache_logistic)
            for _, columns in [] if output_slope else (one for one in self.outputs if one[0] == number + 1):
                dE_dx[..., columns] = dE_dy[number + 1][..., columns]
            if (gain := self.gains[number]) is not None:
                dE_dx, gradients = Gain.backward(dE_dx, cache_gain)
                dE_dw[:, gain] = gradients["gain"]
            wanted = any(block >= first for block, _ in sources)
            dE_dsources, gradients = Linear.backward(dE_dx, cache_linear, wanted)
            dE_dw.index_add_(-1, parameter.flatten(), gradients["w"].flatten(-2))  # shared weights add up (P p. 355)
            if dE_dsources is not None:
                give(dE_dy, sources, dE_dsources, first)
        return (dE_dy[0][..., 1:] if to_inputs else None), {"w": dE_dw[:, :-1]}

    def states(self, inputs: Tensor, w: Tensor) -> Tensor:
        """Return the output of every unit, (S, C, n_units), for pictures and measures."""
        _, (y, _) = self.forward(inputs, w)
        return torch.cat(y, -1)


Pieces = list[tuple[int, slice]]  # (block, columns of it)


def pieces(units: np.ndarray, starts: list[int]) -> Pieces:
    """Return the units as slices of blocks that start at `starts`: torch copies slices faster than indexed entries."""
    found: Pieces = []
    for unit in units.tolist():
        block = int(np.searchsorted(starts, unit, side="right")) - 1
        column = unit - starts[block]
        if found and found[-1][0] == block and found[-1][1].stop == column:
            found[-1] = (block, slice(found[-1][1].start, column + 1))
        else:
            found.append((block, slice(column, column + 1)))
    return found


def take(y: list[Tensor], wanted: Pieces) -> Tensor:
    """Return the outputs of the wanted units, side by side."""
    parts = [y[block][..., columns] for block, columns in wanted]
    return torch.cat(parts, -1) if len(parts) > 1 else parts[0]


def give(dE_dy: list[Tensor], wanted: Pieces, dE_dtaken: Tensor, first: int) -> None:
    """Add to each unit's dE/dy the share that returns along its connections; skip blocks below `first`."""
    sizes = [columns.stop - columns.start for _, columns in wanted]
    for (block, columns), part in zip(wanted, dE_dtaken.split(sizes, -1), strict=True):
        if block >= first:
            dE_dy[block][..., columns] += part


def generator(seed: int, stream: int = 0, block: int = 0) -> np.random.Generator:
    """Return the random generator of one seed: the same alone, in any batch, on any machine. Stream 0 draws the
    weights.

    Every block of a stream has numbers of its own, however many numbers the other blocks use.
    """
    key, counter = np.array([seed, stream], dtype=np.uint64), np.array([0, block, 0, 0], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def generators(seed: int, stream: int, blocks: Iterable[int]) -> Iterator[np.random.Generator]:
    """Yield the random numbers of each block of a stream, in one generator that is set anew: eight times as fast."""
    one = generator(seed, stream)
    state = one.bit_generator.state
    for block in blocks:
        state["state"]["counter"][1] = block
        one.bit_generator.state = state
        yield one


def initial_weights(
    wiring: Wiring, seeds: list[int], half_range: float, biases: str = "drawn", spread: float | None = None
) -> np.ndarray:
    """Return w (S, n_parameters), uniform on [-half_range, half_range]; `biases`: "drawn", "zero" or "negative".

    Seed k draws the same numbers whatever the range and whatever the biases, so readings differ in nothing else.
    With `spread` the first number serves for all weights, which then differ only by draws from [-spread, spread].
    """
    drawn = _draws(tuple(seeds), wiring.n_parameters)
    w = half_range * drawn if spread is None else half_range * drawn[:, :1] + spread * drawn
    if biases == "zero":
        w[:, wiring.is_bias] = 0
    if biases == "negative":
        w[:, wiring.is_bias] = -np.abs(w[:, wiring.is_bias])
    return w


@lru_cache(maxsize=1)  # one reading after another begins with the same
def _draws(seeds: tuple[int, ...], n: int) -> np.ndarray:
    """Draw n numbers from -1 to 1 for each seed."""
    return np.stack([generator(seed).uniform(-1, 1, n) for seed in seeds])


def epsilon_shares(wiring: Wiring, epsilon_by: str) -> np.ndarray:
    """Return the part of epsilon that each weight has, (n_parameters,): the whole, or a fraction by "fan_in".

    The fraction is one over the number of connections into the unit that the weight leads to, its bias among them
    (L pp. 21-23).
    """
    if epsilon_by == "one":
        return np.ones(wiring.n_parameters)
    share = np.zeros(wiring.n_parameters)
    share[wiring.parameter] = 1 / np.bincount(wiring.target)[wiring.target]
    return share


def largest_weights(wiring: Wiring, biases: str) -> np.ndarray:
    """Return the upper limit of each weight, (n_parameters,): 0 for "negative" biases, infinity for all others."""
    return np.where(wiring.is_bias & (biases == "negative"), 0.0, np.inf)

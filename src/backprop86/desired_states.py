"""A second learning procedure: hidden units receive a desired state instead of an error derivative (L pp. 24-27).

On the way back, the units j that unit i feeds vote on its state, and on how much that state matters:

    d_i = 1 if sum_j w_ji (2 d_j - 1) c_j > 0, otherwise 0                                       the desired state
    c_i = |sum_j w_ji (2 d_j - 1) c_j| / sum_j |w_ji (2 d_j - 1) c_j|                            its criticality
    Delta w_ji = -epsilon sum_c (y_j - d_j) c_j y_i + alpha Delta w_ji

The text gives d for an output, whose c is 1. This code carries back the wish (2 d - 1) c: its sign is the state, its
size the criticality. No factor y (1 - y) enters on the way, so the wish does not shrink.
"""

import torch
from torch import Tensor

from backprop86.modules import Cache, Gradients
from backprop86.network import Network, give


def backward(network: Network, d: Tensor, difference: Tensor, cache: Cache, counts: Tensor | float = 1.0) -> Gradients:
    """Return {"w": (S, n_parameters)}, the quantity that takes the place of dE/dw in the change of the weights.

    d (C, n_outputs) or (S, C, n_outputs): desired states of 0 and 1. difference (S, C, n_outputs): y - d, as the error
    has it. counts (S, C): the weight of each case in the error, 0 for one that is held out.
    """
    y, caches = cache
    wishes, sizes = ([torch.zeros_like(block) for block in y] for _ in range(2))
    changes = difference.new_zeros(len(difference), network.wiring.n_parameters + 1)
    of_case = counts[..., None] if isinstance(counts, Tensor) else counts
    told = (2 * d - 1).expand_as(difference)
    for number, (sources, parameter) in reversed(list(enumerate(network.levels))):
        (y_sources, w), *_ = caches[number]
        wish = wishes[number + 1] / sizes[number + 1].masked_fill(sizes[number + 1] == 0, 1)
        signal = (y[number + 1] - (wish > 0).to(wish)) * wish.abs() * of_case
        place = 0
        for block, columns in network.outputs:
            n = columns.stop - columns.start
            if block == number + 1:
                wish[..., columns], signal[..., columns] = (part[..., place : place + n] for part in (told, difference))
            place += n
        changes.index_add_(-1, parameter.flatten(), (signal.mT @ y_sources).flatten(-2))
        give(wishes, sources, wish @ w, 1)
        give(sizes, sources, wish.abs() @ w.abs(), 1)
    return {"w": changes[:, :-1]}

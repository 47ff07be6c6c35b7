"""Several outputs of a forward pass as one tensor, and dE/d(that tensor) in the form of the outputs."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from backprop86.gradients.binding import kind_of
from backprop86.gradients.forms import has_gradient


def joined(outputs: Any) -> Tensor:
    """Return outputs side by side if they have the same axes before the last, and end to end otherwise."""
    found = [one for one in tree_flatten(outputs)[0] if has_gradient(one)]
    if not found or any(isinstance(one, np.ndarray) for one in found):
        raise ValueError(f"forward must return a tensor of real numbers, was {kind_of(outputs)}")
    if len(found) == 1:
        return found[0]
    return torch.cat(found, -1) if _alike(found) else torch.cat([one.reshape(-1) for one in found])


def _alike(found: list[Tensor]) -> bool:
    return all(one.dim() > 0 for one in found) and len({one.shape[:-1] for one in found}) == 1


class Outputs:
    """The outputs of one forward pass; `joined` is a copy of them in one tensor."""

    def __init__(self, outputs: Any) -> None:
        """Raise ValueError, in one line, if none is a tensor of real numbers."""
        self.joined = joined(outputs).detach().clone()
        self.parts, self.form = tree_flatten(outputs)

    def parted(self, dE_dout: Tensor) -> Any:
        """Return dE_dout in the form of the outputs; 0 for one without a gradient, such as the place of a maximum."""
        found = [one for one in self.parts if has_gradient(one)]
        sizes = [one.shape[-1] if _alike(found) else one.numel() for one in found]
        given = [dE_dout] if len(found) == 1 else list(dE_dout.split(sizes, -1))
        return tree_unflatten([self._part(one, given, dE_dout.dtype) for one in self.parts], self.form)

    @staticmethod
    def _part(one: Any, given: list[Tensor], dtype: torch.dtype) -> Any:
        if has_gradient(one):
            return given.pop(0).reshape(one.shape)
        return torch.zeros_like(one, dtype=dtype) if isinstance(one, Tensor) else one

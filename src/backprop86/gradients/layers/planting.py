"""A layer, its backward pass by hand, and mistakes planted in the text of that backward pass.

A mistake is an edit that replaces a piece of the text by another. So it can be read beside the right line, it is exact,
and only the edit differs. Every mistake lists the gradients that it makes wrong, and the words by which a person would
know that a message names it.
"""

import inspect
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Gradients = tuple[Tensor | list[Tensor], dict[str, Tensor]]
Forward = Callable[..., tuple[Tensor, Any]]
Backward = Callable[[Tensor, Any], Gradients]
WHERE_ALONE = re.compile(
    r"\d+ of its \d+ entries are wrong, most of all the one at [^:]*: it must be [^ ,]+, was [^ ;]+"
    r"(; (they are all|its sums along) .*)?"
    r"|it is \S+ (of|times) what it must be"
)
"""The sentences that give the place and the size of an error, and name no mistake."""


@dataclass(frozen=True)
class Mistake:
    """An edit of the backward pass: `old` becomes `new`; `wrong`: the gradients that it spoils, separated by commas.

    words: a regular expression that a right name matches.
    """

    name: str
    old: str
    new: str
    wrong: str
    words: str

    @property
    def tensors(self) -> list[str]:
        """The names of the tensors whose gradients are wrong."""
        return self.wrong.split(", ")

    def judge(self, told: str) -> str:
        """Judge a sentence about a wrong gradient: "named", "misnamed" or "unnamed"."""
        if WHERE_ALONE.fullmatch(told):
            return "unnamed"
        return "named" if re.search(self.words, told) else "misnamed"


@dataclass(frozen=True)
class Layer:
    """A layer: forward(*inputs, **parameters) -> (out, cache), its backward pass, tensors to try it on, mistakes."""

    name: str
    forward: Forward
    backward: Backward
    inputs: Sequence[Tensor]
    parameters: dict[str, Tensor]
    mistakes: Sequence[Mistake]

    def with_mistake(self, mistake: Mistake) -> Backward:
        """Return the backward pass with the mistake in it."""
        if self.source.count(mistake.old) != 1:
            raise ValueError(f"old must occur once in backward of {self.name}, was {mistake.old!r}")
        return self.written(self.source.replace(mistake.old, mistake.new))

    @property
    def source(self) -> str:
        """The text of the backward pass."""
        return inspect.getsource(self.backward)

    def written(self, source: str) -> Backward:
        """Return the backward pass of another text, with the same names in scope."""
        names = dict(inspect.unwrap(self.backward).__globals__)
        exec(source, names)
        return names[self.backward.__name__]


def draw(seed: int, *shape: int, fan_in: int = 1) -> Tensor:
    """Return normal numbers of a variance of 1 / fan_in."""
    drawn = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=drawn) / math.sqrt(fan_in)

"""An embedding: each of C x T words looks up a row of a table, and a second table adds a row for its position."""

import torch
from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw

WORDS = torch.tensor([[1, 4, 1, 0], [5, 1, 3, 3], [4, 6, 4, 4]])


def forward(table: Tensor, places: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Return table[words] √D + places: (C, T, D); table: (V, D), places: (T, D)."""
    root = table.shape[-1] ** 0.5
    return table[WORDS] * root + places, (table, places)


def backward(dE_dout: Tensor, cache: tuple[Tensor, Tensor]) -> Gradients:
    """Return the gradients; a word that occurs twice gets the sum of two."""
    table, _ = cache
    root = table.shape[-1] ** 0.5
    rows = dE_dout.reshape(-1, table.shape[-1]) * root
    dE_dtable = torch.zeros_like(table).index_add(0, WORDS.flatten(), rows)
    return [], {"table": dE_dtable, "places": dE_dout.sum(0)}


MISTAKES = [
    Mistake(
        "= for +=", "index_add(0, WORDS.flatten(), rows)", "index_copy(0, WORDS.flatten(), rows)", "table", "last|= for"
    ),
    Mistake("no √D", "1]) * root", "1])", "table", r"√5|`table\[WORDS\] \* root` is missing"),
    Mistake("D for √D", "1]) * root", "1]) * root**2", "table", "√5"),
    Mistake("divided by √D", "1]) * root", "1]) / root", "table", "multiplies where it must divide"),
    Mistake(
        "the last case forgotten",
        "(0, WORDS.flatten(), rows)",
        "(0, WORDS[:-1].flatten(), rows[:-4])",
        "table",
        "index 2 of axis -3 .* left out",
    ),
    Mistake("words one too far", "WORDS.flatten()", "(WORDS.flatten() + 1) % 7", "table", "one place|swapped"),
    Mistake("places averaged", "dE_dout.sum(0)", "dE_dout.mean(0)", "places", "mean|1/3"),
    Mistake("places in reverse", "dE_dout.sum(0)", "dE_dout.sum(0).flip(0)", "places", "flipped|reverse|swapped"),
]
LAYER = Layer(
    "embedding",
    forward,
    backward,
    [],
    {"table": draw(40, 7, 5), "places": draw(41, 4, 5)},
    MISTAKES,
)

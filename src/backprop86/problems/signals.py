"""Noisy signals (L pp. 6-11): does a tone rise at its beginning? Every example is new: none occurs twice."""

from collections.abc import Iterable

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator, generators
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered

BANDS, TIMES, LASTS, RISE = 6, 9, 5, 2
"""Frequency bands and times of a signal; its length in times, which leaves five onsets; its rise in bands."""
SIGNAL, BACKGROUND = 0.4, 0.1
NOISE_OF_SIGNAL, NOISE_OF_BACKGROUND = 0.15, 0.1
"""Standard deviations of the noise."""
FINEST = 2.0**-20
"""Noise is rounded to a multiple of this, so that it does not depend on the last bit of a machine's logarithm."""
IN_TEST = 2_000
"""The number of new test examples, the same for all nets."""
OF_BLOCKS, OF_TEST = 2, 3
"""Streams of random numbers."""
RISES, STAYS = 0, 1
"""The outputs."""


def wiring(recipe: Recipe) -> Wiring:
    """Return the net 54-24-2."""
    if recipe.network != "54-24-2":
        raise BadInput(f"network must be 54-24-2, was {recipe.network}")
    return layered(BANDS * TIMES, 24, 2)


def examples(randoms: Iterable[np.random.Generator], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n examples from each random source: inputs (sources, n, 54), by time, and at each time from the lowest
    band up.

    desired (sources, n, 2) is 1 for the output that should be on.
    """
    drawn = [(random.random((3, n)), random.standard_normal((n, TIMES, BANDS))) for random in randoms]
    chances, noise = np.stack([of_source for of_source, _ in drawn], 1), np.stack([of_source for _, of_source in drawn])
    noise /= FINEST
    np.round(noise, out=noise)
    noise *= FINEST
    rises, lowest = chances[0] < 0.5, np.where(chances[0] < 0.5, RISE, 0)
    last = lowest + (chances[1] * (BANDS - lowest)).astype(int)
    first = (chances[2] * (TIMES - LASTS + 1)).astype(int)
    where = np.indices(rises.shape)
    of_signal = [(*where, first + since, last - np.where(rises, max(RISE - since, 0), 0)) for since in range(LASTS)]
    signals = [noise[at] * NOISE_OF_SIGNAL + SIGNAL for at in of_signal]
    noise *= NOISE_OF_BACKGROUND
    noise += BACKGROUND
    for at, signal in zip(of_signal, signals, strict=True):
        noise[at] = signal
    return np.maximum(noise, 0, out=noise).reshape(*rises.shape, -1), np.stack([rises, ~rises], -1).astype(float)


def blocks(recipe: Recipe, seed: int, first: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n blocks of new examples, from block `first` of a seed on: (n, block, 54) and (n, block, 2)."""
    return examples(generators(seed, OF_BLOCKS, range(first, first + n)), recipe.block)


def cases(recipe: Recipe) -> Cases:
    """Return the test examples, which measure the nets; `blocks` trains them."""
    (inputs,), (desired,) = examples([generator(0, OF_TEST)], IN_TEST)
    names = ("rises", "stays")
    return Cases(inputs, desired, tuple(f"{names[int(d[STAYS])]} {k}" for k, d in enumerate(desired)))


MEASURES = {"forced_choice": "the share of the 2,000 test signals for which the right one of the two outputs is larger"}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return the share of test signals that are classified correctly."""
    says_rises = nets.outputs[..., RISES] > nets.outputs[..., STAYS]
    return {"forced_choice": (says_rises == nets.on[..., RISES]).mean(-1)}

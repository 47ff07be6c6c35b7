"""Shapes on a ring (S pp. 6-11): a net names one of 16 shapes wherever it stands in an image of twelve pixels.

The net gets no hint that a moved shape is the same shape. Two places of each shape are held out: right answers there
show that the six units in the middle code the shape and not the image.
"""

import itertools

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.running.measures import length
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, wire

PIXELS, WIDE, LOWER, MIDDLE = 12, 6, 60, 6
"""The numbers of pixels of an image, pixels of a shape, lower units, and units in the middle."""
SHAPES = tuple((1, *bits, 1) for bits in itertools.product((0, 1), repeat=WIDE - 2))
"""The 16 shapes: the first and the last pixel are on."""
HELD_OUT = 2
"""The number of held-out places of each shape."""
FIELDS = {
    "five_a_place": (PIXELS, WIDE),
    "ten_a_place": (WIDE, WIDE),
    "whole_image": (PIXELS, PIXELS),
    "no_middle": (PIXELS, WIDE),
}
"""The networks: the number of places of lower units on the ring, and the number of pixels each sees."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 12 -> 60 -> 6 -> 16; a lower unit sees adjacent pixels; no_middle has no middle units."""
    if recipe.network not in FIELDS:
        raise BadInput(f"network must be {', '.join(FIELDS)}, was {recipe.network}")
    places, seen = FIELDS[recipe.network]
    lower, middle, outputs = (
        [f"{letter}{k + 1}" for k in range(n)]
        for letter, n in (("lower", LOWER), ("middle", MIDDLE), ("", len(SHAPES)))
    )
    fed = {}
    for k, unit in enumerate(lower):
        first = k * places // LOWER * (PIXELS // places)
        fed[unit] = [ONE, *(f"i{pixel + 1}" for pixel in sorted((first + n) % PIXELS for n in range(seen)))]
    if recipe.network != "no_middle":
        fed |= {unit: [ONE, *lower] for unit in middle}
    below = lower if recipe.network == "no_middle" else middle
    fed |= {f"shape{unit}": [ONE, *below] for unit in outputs}
    return wire([f"i{k + 1}" for k in range(PIXELS)], fed, [f"shape{unit}" for unit in outputs])


def cases(recipe: Recipe) -> Cases:
    """Return every shape at every place of the ring, shape by shape; an output unit for each shape."""
    inputs = np.zeros((len(SHAPES), PIXELS, PIXELS))
    for s, place in itertools.product(range(len(SHAPES)), range(PIXELS)):
        inputs[s, place, (place + np.arange(WIDE)) % PIXELS] = SHAPES[s]
    names = ["".join(map(str, shape)) for shape in SHAPES]
    return Cases(
        inputs.reshape(-1, PIXELS),
        np.repeat(np.eye(len(SHAPES)), PIXELS, 0),
        tuple(f"{name} at {place + 1}" for name in names for place in range(PIXELS)),
    )


def counted(recipe: Recipe, seeds: list[int]) -> np.ndarray | None:
    """Return the training cases of each seed, (S, C); the seed draws two places of each shape to hold out."""
    if recipe.held_out == "none":
        return None
    if recipe.held_out != "random":
        raise BadInput(f"held_out must be none or random, was {recipe.held_out}")
    trained = np.ones((len(seeds), len(SHAPES), PIXELS))
    for row, seed in zip(trained, seeds, strict=True):
        random = generator(seed, stream=1)
        for places in row:
            places[random.choice(PIXELS, HELD_OUT, replace=False)] = 0
    return trained.reshape(len(seeds), -1)


ALIKE = 0.9
"""The least share of cases whose nearest code is of the same shape, for codes to be alike; the threshold is ours."""
MEASURES = {
    "trained_right": "the share of the training cases in which the most active output is the right one",
    "all_trained_right": "that share is all of them",
    "held_out_right": "the number of held-out cases in which the most active output is the right one",
    "nearest_alike": "the share of all cases whose nearest other case, by the six middle units, is of the same shape",
    "codes_alike": "nearest_alike is at least 0.9",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Count the right answers, as in S, and the middle codes whose nearest code is of the same shape."""
    right = nets.outputs.argmax(-1) == nets.cases.desired.argmax(-1)
    found: dict[str, np.ndarray] = {"trained_right": (right & nets.counts).sum(1) / nets.counts.sum(1)}
    found["all_trained_right"] = found["trained_right"] == 1
    found["held_out_right"] = (right & ~nets.counts).sum(1)
    if middle := in_the_middle(nets.wiring):
        found["nearest_alike"] = np.array([_nearest_alike(codes) for codes in nets.y[:, :, middle]])
        found["codes_alike"] = found["nearest_alike"] >= ALIKE
    return found


def in_the_middle(wiring: Wiring) -> list[int]:
    """Return the six units in the middle; empty for a net without them."""
    return [k for k, name in enumerate(wiring.units) if name.startswith("middle")]


def _nearest_alike(codes: np.ndarray) -> float:
    """Return the share of cases whose nearest other code is of the same shape; codes (C, units)."""
    apart = length(codes[:, None] - codes[None])
    apart[np.arange(len(codes)), np.arange(len(codes))] = np.inf
    return float((apart.argmin(1) // PIXELS == np.arange(len(codes)) // PIXELS).mean())

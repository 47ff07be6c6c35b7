"""Shapes on a ring (S pp. 6-11): a net names one of 16 shapes wherever it stands in an image of twelve pixels.

Nobody tells it that a shape moved is the same shape. Two places of each shape are held out: whether these are right
as well tells whether the six units in the middle code the shape and not the image.
"""

import itertools
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from backprop86.engines.outputs import states
from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.report.drawing import hinton
from backprop86.report.style import PALETTE, SMALL, TWO_COLUMNS, figure_of, panel_letters
from backprop86.running.claim import Claim
from backprop86.running.measures import length
from backprop86.running.nets import Nets
from backprop86.running.problem import wiring_of
from backprop86.running.runs import Runs
from backprop86.running.settings import load
from backprop86.wiring import ONE, Wiring, wire

PIXELS, WIDE, LOWER, MIDDLE = 12, 6, 60, 6
"""The pixels of an image, those of a shape, the lower units, and those in the middle."""
SHAPES = tuple((1, *bits, 1) for bits in itertools.product((0, 1), repeat=WIDE - 2))
"""The 16 shapes: the first and the last pixel are on."""
HELD_OUT = 2
"""The places of each shape that are held out."""
FIELDS = {
    "five_a_place": (PIXELS, WIDE),
    "ten_a_place": (WIDE, WIDE),
    "whole_image": (PIXELS, PIXELS),
    "no_middle": (PIXELS, WIDE),
}
"""The networks: at how many places of the ring lower units stand, and how many pixels each of them sees."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 12 -> 60 -> 6 -> 16; a lower unit sees adjacent pixels; no_middle leaves the six units out."""
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
    """Return the cases that each seed is trained on, (S, C); the seed draws two places of each shape to hold out."""
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
    """Count the right answers, as S does, and the codes in the middle that are nearest to one of the same shape."""
    right = nets.outputs.argmax(-1) == nets.cases.desired.argmax(-1)
    found: dict[str, np.ndarray] = {"trained_right": (right & nets.counts).sum(1) / nets.counts.sum(1)}
    found["all_trained_right"] = found["trained_right"] == 1
    found["held_out_right"] = (right & ~nets.counts).sum(1)
    if middle := _middle(nets.wiring):
        found["nearest_alike"] = np.array([_nearest_alike(codes) for codes in nets.y[:, :, middle]])
        found["codes_alike"] = found["nearest_alike"] >= ALIKE
    return found


def _middle(wiring: Wiring) -> list[int]:
    """Return the six units in the middle; none in a net that has none."""
    return [k for k, name in enumerate(wiring.units) if name.startswith("middle")]


def _nearest_alike(codes: np.ndarray) -> float:
    """Return the share of the cases whose nearest code among all others is of the same shape; codes (C, units)."""
    apart = length(codes[:, None] - codes[None])
    apart[np.arange(len(codes)), np.arange(len(codes))] = np.inf
    return float((apart.argmin(1) // PIXELS == np.arange(len(codes)) // PIXELS).mean())


SHOWN = {
    ("as_printed", "8020"): "before weight decay",
    ("as_printed", "end"): "after weight decay",
    ("whole_image/as_printed", "end"): "lower units see all pixels",
    ("no_middle/as_printed", "end"): "without the six units",
}
"""The nets whose answers are drawn, and when, in words."""


def draw(runs: Runs) -> dict[str, Figure]:
    """Draw how many held-out cases are right, and the codes of a typical run before and after weight decay."""
    figures = {"held_out": held_out(runs)}
    rows = runs.at("as_printed", "end")
    if (rows["learned"] & rows["weights"].notna()).any():
        figures["codes"] = codes_figure(runs)
    return figures


def held_out(runs: Runs) -> Figure:
    """Draw how many runs have so many of the 32 held-out cases right, and the number that S prints."""
    claims = {(claim.matching(runs.readings)[0], claim.moment): claim for claim in _printed(runs)}
    shown = {key: words for key, words in SHOWN.items() if key in claims}
    figure = figure_of(TWO_COLUMNS, 50)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, (key, words) in zip(panels, shown.items(), strict=True):
        rows = runs.at(*key)
        many = rows.loc[rows["learned"], "held_out_right"].astype(int)
        axes.bar(*np.unique(many, return_counts=True), 0.9, color="0.7")
        axes.axvline(claims[key].printed[0], color=PALETTE[1], linewidth=1.2)
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        axes.annotate(
            "1987", (claims[key].printed[0], 1), (0, 1), ha="center", color=PALETTE[1], fontsize=SMALL, **place
        )
        axes.set(xlim=(-1, 33), xlabel="right of 32 held out")
        axes.set_title(words, pad=11)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylabel("runs")
    panel_letters(panels)
    return figure


def _printed(runs: Runs) -> list[Claim]:
    """Return the claims that print a number of held-out cases."""
    claims = load(runs.stem).experiment.claims
    return [
        claim
        for claim in claims
        if claim.column == "held_out_right" and claim.printed and claim.matching(runs.readings)
    ]


def _held_out(recipe: Recipe, seed: int) -> np.ndarray:
    """Return which places of each shape a seed holds out, (shapes, places)."""
    trained = counted(recipe, [seed])
    return np.zeros((len(SHAPES), PIXELS)) if trained is None else trained.reshape(len(SHAPES), PIXELS) == 0


def codes_figure(runs: Runs) -> Figure:
    """Draw what the six units do for every shape at every place, of a typical run before and after weight decay."""
    recipe = runs.recipe("as_printed")
    network, shown = wiring_of(wiring, recipe), cases(recipe)
    figure = figure_of(TWO_COLUMNS, 62)
    panels = figure.subplots(2, 1)
    for axes, moment in zip(panels, ("8020", "end"), strict=True):
        seed, w = runs.typical("as_printed", moment)
        codes = states(network, shown.inputs, w[None])[0][:, _middle(network)]
        held_out_of = _held_out(recipe, seed)
        for s, shape in enumerate(SHAPES):
            corner = 7.5 * s
            hinton(axes, codes[s * PIXELS : (s + 1) * PIXELS], 1, (corner, 0))
            hinton(axes, np.array([shape], dtype=float), 1, (corner, PIXELS + 0.8))
            for place in np.flatnonzero(held_out_of[s]):
                axes.plot(corner - 0.5, PIXELS - place - 0.5, ".", color=PALETTE[1], markersize=2.5)
        axes.set(xlim=(-3, 7.5 * len(SHAPES) - 1), ylim=(-0.3, PIXELS + 2.1), aspect="equal")
        axes.set_title(f"{SHOWN['as_printed', moment]} (seed {seed})")
        axes.set_yticks(PIXELS - np.array([1, 4, 7, 10]) + 0.5, ["1", "4", "7", "10"])
        axes.set(xticks=[], ylabel="place")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    panel_letters(panels)
    return figure

"""One short job for each way in which an experiment trains: engines are compared on them."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from backprop86.engines.recipe import Job, Recipe
from backprop86.running.problem import Problem, counted_of, start_of, stream_of, wiring_of
from backprop86.running.settings import load

SIZES = [(100, 100, 300), (3_000, 100, 30), (30_000, 100, 5), (200_000, 20, 3), (math.inf, 10, 1)]
"""Sizes of nets: the most connections times cases, the number of seeds to compare, and their sweeps.

With a change after every case, it is a third of the sweeps.
"""


def rules(stem: str) -> Iterator[tuple[str, Problem, Recipe, int]]:
    """Yield one reading for each way in which an experiment trains, its recipe, cut short, and a number of seeds."""
    experiment = load(stem).experiment
    found: dict[tuple, tuple[str, Recipe]] = {}
    for name in experiment.every_reading:
        recipe = experiment.recipe_of(name)
        words = (recipe.network, recipe.update, recipe.error, recipe.dead_zone, recipe.biases, recipe.criterion)
        others = (recipe.stop, recipe.held_out, recipe.start == "equal")
        numbers = (recipe.alpha > 0, recipe.decay > 0, recipe.opening_sweeps > 0, recipe.has_gains)
        found.setdefault((*words, *others, *numbers), (name, recipe))
    for name, recipe in found.values():
        problem = experiment.problem
        n_cases = recipe.block or len(problem.cases(recipe).inputs)
        products = len(wiring_of(problem.wiring, recipe).source) * n_cases
        _, n, sweeps = next(size for size in SIZES if products <= size[0])
        sweeps = -(-sweeps // 3) if recipe.update == "case" else sweeps
        opening, late, moments = min(recipe.opening_sweeps, 1), min(recipe.late_sweep, 2), sorted({1, sweeps})
        cut = replace(recipe, sweeps=sweeps, opening_sweeps=opening, late_sweep=late, moments=moments)
        yield name, problem, cut, n


def job_of(problem: Problem, recipe: Recipe, n: int) -> Job:
    """Return the job of the first n seeds, six of seven of which go on for some time after they have learned."""
    wiring, cases, seeds = wiring_of(problem.wiring, recipe), problem.cases(recipe), list(range(n))
    w, counted = start_of(problem, recipe, wiring, seeds), counted_of(problem, recipe, seeds)
    least, stream = np.array(seeds) % 7 * recipe.sweeps // 7, stream_of(problem, recipe, seeds)
    return Job(wiring, cases, recipe, w, counted, least, stream)

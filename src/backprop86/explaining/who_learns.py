"""The seeds and the readings that learn: from the published rows where they are at hand, else by training."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from backprop86.engines import quickest
from backprop86.engines.recipe import Job, Recipe
from backprop86.engines.reference import NEVER
from backprop86.running.problem import Problem, counted_of, start_of, wiring_of

MANY, ENOUGH, TRIED = 100, 20, 1.5e9
"""Seeds to train for the share that learns; the fewest that suffice; the most work, one to two seconds."""


@dataclass(frozen=True, eq=False)
class Learned:
    """The seeds among 0, 1, 2, ... that learn, and whether they are the runs in results/."""

    who: np.ndarray  # True for each seed that learns
    is_published: bool

    @property
    def first(self) -> int | None:
        """The first seed that learns."""
        return int(np.flatnonzero(self.who)[0]) if self.who.any() else None


def learned_of(problem: Problem, recipe: Recipe, file: Path, reading: str) -> Learned | None:
    """Return the seeds that learn, from published runs with the same settings; else by training, if that is quick."""
    return published(file, reading, recipe) or _tried(problem, recipe)


def published(file: Path, reading: str, recipe: Recipe) -> Learned | None:
    """Return the seeds that learned in a reading's rows; None without rows of this recipe, or without pyarrow."""
    if not find_spec("pyarrow"):
        return None
    from backprop86.explaining.published import who_learned

    who = who_learned(file, reading, recipe)
    return None if who is None else Learned(np.array(who, dtype=bool), True)


def readings_that_learn(file: Path) -> dict[str, float]:
    """Return the share of published runs that learned, by reading."""
    if not find_spec("pyarrow"):
        return {}
    from backprop86.explaining.published import shares

    return shares(file)


def _tried(problem: Problem, recipe: Recipe) -> Learned | None:
    """Train the first seeds; None if a second or two suffice for fewer than ENOUGH."""
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    n = int(min(MANY, TRIED // (len(cases.inputs) * len(wiring.source) * recipe.sweeps)))
    if n < ENOUGH:
        return None
    seeds = list(range(n))
    w0, counted = start_of(problem, recipe, wiring, seeds), counted_of(problem, recipe, seeds)
    outcome = quickest.train(Job(wiring, cases, replace(recipe, stop="learned", moments=[]), w0, counted))
    return Learned(outcome.sweeps != NEVER, False)

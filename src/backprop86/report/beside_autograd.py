"""Tables of `make compare`: each network's gradients and whole runs beside autograd, and the cost of both."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd

from backprop86.engines.recipe import Job
from backprop86.gradients import survey
from backprop86.gradients.cost import both_ways, peak, seconds
from backprop86.gradients.whole_runs import compared
from backprop86.running.problem import counted_of, start_of, wiring_of
from backprop86.running.settings import load

SEEDS = [0, 1, 2, 3, 4]
"""The seeds of the runs to follow."""
COLUMNS = ["experiment", "network", "tensor", "oracle", "exact", "absolute", "relative", "ulp", "agrees"]


def networks(stem: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name and the rows of every network in the readings of an experiment, each once."""
    experiment = load(stem).experiment
    seen = set()
    for reading in experiment.every_reading:
        recipe = experiment.recipe_of(reading)
        name = recipe.network + ", no biases" * (recipe.biases == "none")
        if name not in seen:
            seen.add(name)
            yield name, survey.network(wiring_of(experiment.problem.wiring, recipe))


def gradients(name: str) -> pd.DataFrame:
    """Return a row for each tensor and oracle of an experiment's networks, or of our `modules`."""
    found = survey.modules() if name == "modules" else networks(name)
    return pd.concat([rows.assign(experiment=name, network=network) for network, rows in found])[COLUMNS]


def followed(stems: Iterable[str]) -> list[tuple[str, str, int]]:
    """Return the experiment, reading and number of sweeps of each run that the experiments' files name."""
    return [(stem, *one) for stem in stems for one in (load(stem).experiment.followed or {}).items()]


def setup(stem: str, reading: str, sweeps: int | None, seeds: list[int]) -> Job:
    """Return the job of these seeds, in float64, for `sweeps` sweeps or the recipe's number."""
    experiment = load(stem).experiment
    recipe = experiment.recipe_of(reading)
    recipe = replace(recipe, dtype="float64", sweeps=sweeps or recipe.sweeps)
    problem = experiment.problem
    wiring = wiring_of(problem.wiring, recipe)
    w = start_of(problem, recipe, wiring, seeds)
    return Job(wiring, problem.cases(recipe), recipe, w, counted_of(problem, recipe, seeds))


def paths(runs: Iterable[tuple[str, str, int]]) -> pd.DataFrame:
    """Return a row per checkpoint of every followed run."""
    parts = [compared(setup(*run, SEEDS)).assign(experiment=run[0], reading=run[1]) for run in runs]
    rows = pd.concat(parts, ignore_index=True)
    first = ["experiment", "reading", "against", "sweep"]
    numbers = [str(name) for name in rows if name not in first]
    return rows[first + numbers].assign(**{name: rows[name].map("{:.3g}".format).astype(float) for name in numbers})


def costs(stems: Iterable[str]) -> pd.DataFrame:
    """Return the cost of forward and backward by hand over the cost by autograd, in turn: time, and peak memory.

    Each experiment is measured under its first reading.
    """
    rows = []
    for stem in stems:
        for seeds in (1, 100):
            reading = next(iter(load(stem).experiment.every_reading))
            hand, auto = both_ways(setup(stem, reading, None, list(range(seeds))))
            times = sorted(seconds(hand) / seconds(auto) for _ in range(11))
            numbers = {"time": times[5], "least": times[0], "most": times[-1], "memory": peak(hand) / peak(auto)}
            rows.append({"experiment": stem, "seeds": seeds} | {k: float(f"{n:.2f}") for k, n in numbers.items()})
    table = pd.DataFrame(rows)
    return table.rename(columns={"time": "time, hand / autograd", "memory": "memory, hand / autograd"})

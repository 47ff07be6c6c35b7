"""A race of trainers, which take turns on one network, timed in seed-sweeps per second.

A trainer is a function train(w0, sweeps) -> w, of weights (S, n_parameters). Before the race each must end at the same
weights as the reference engine; then it is warmed up, and trains the number of seeds that suits it best.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np
import pandas as pd
import torch

from backprop86.engines import fused, reference
from backprop86.engines.limit import limit
from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.network import initial_weights
from backprop86.wiring import Wiring, layered

OURS, DEFINITION, LIMIT = "fused engine", "reference engine", "the machine's limit"
TRIED = 40
"""The sweeps of a trial run that finds the best number of seeds for a trainer."""
REST = 0.3
"""Seconds of rest before each timing: idle threads of torch keep a core busy for 0.2."""
Train = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Work:
    """The network and cases of one race, and its trainers by name."""

    wiring: Wiring
    cases: Cases
    recipe: Recipe
    trainers: dict[str, Train]

    def weights(self, seeds: int) -> np.ndarray:
        """Draw the initial weights of `seeds` seeds."""
        return initial_weights(self.wiring, list(range(seeds)), 0.3)


def engines(wiring: Wiring, cases: Cases, recipe: Recipe) -> dict[str, Train]:
    """Return our engines as trainers; with a GPU, the reference engine runs there too."""

    def trainer(engine: ModuleType, device: str = "cpu") -> Train:
        return lambda w0, sweeps: engine.train(Job(wiring, cases, replace(recipe, sweeps=sweeps), w0), device=device).w

    found = {OURS: trainer(fused), DEFINITION: trainer(reference)}
    return found | ({f"{DEFINITION}, GPU": trainer(reference, "cuda")} if torch.cuda.is_available() else {})


def seconds(train: Train, w0: np.ndarray, sweeps: int) -> float:
    """Time a trainer, in seconds."""
    started = time.perf_counter()
    train(w0, sweeps)
    return time.perf_counter() - started


def suited(work: Work, name: str, spend: float) -> tuple[int, int]:
    """Warm a trainer up; return the (seeds, sweeps) at which it is fastest and takes about `spend` seconds."""
    train, best, sweeps = work.trainers[name], (0.0, 0, 0), TRIED
    for seeds in (1, 100, 1_000, 10_000):
        if seeds * sweeps > 10 * spend * max(best[0], 1000):
            break  # trying more would take too long
        w0 = work.weights(seeds)
        seconds(train, w0, sweeps)
        took = seconds(train, w0, sweeps)
        best = max(best, (seeds * sweeps / took, seeds, max(sweeps, round(sweeps * spend / took))))
    _, seeds, sweeps = best
    took = seconds(train, work.weights(seeds), sweeps)  # again, as the first sweeps cost more than later ones
    sweeps = max(sweeps, round(sweeps * spend / took))
    seconds(train, work.weights(seeds), sweeps)
    return seeds, sweeps


def race(title: str, work: Work, repeats: Iterable[int], spend: float) -> pd.DataFrame:
    """Time all trainers in turn; return a row per repeat and trainer: seed-sweeps per second, and the limit."""
    right = work.trainers[DEFINITION](work.weights(3), 50)
    for name, train in work.trainers.items():
        apart = np.abs(train(work.weights(3), 50) - right).max()
        if not apart <= 1e-9:
            raise ValueError(f"{name} does not compute the trajectory of {title}: {apart:.1e} apart after 50 sweeps")
    sizes = {name: suited(work, name, spend) for name in work.trainers}
    rows = []
    for repeat in repeats:
        for name, (seeds, sweeps) in sizes.items():
            time.sleep(REST)
            rate = seeds * sweeps / seconds(work.trainers[name], work.weights(seeds), sweeps)
            rows.append({"experiment": title, "trainer": name, "repeat": repeat, "seeds": seeds, "rate": rate})
        time.sleep(REST)
        at_most = limit(work.wiring, work.cases, work.recipe)
        rows.append({"experiment": title, "trainer": LIMIT, "repeat": repeat, "seeds": 0, "rate": at_most})
    return pd.DataFrame(rows)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each trainer's median rate with its range, and the ratio of the fused engine's rate to it.

    The ratio is of rates in the same repeat; the table has its median, least and most.
    """
    ours = rows[rows["trainer"] == OURS].set_index(["experiment", "repeat"])["rate"]
    places = pd.MultiIndex.from_frame(rows[["experiment", "repeat"]])
    rows = rows.assign(ratio=ours.loc[places].to_numpy() / rows["rate"].to_numpy())
    groups = rows.groupby(["experiment", "trainer"], sort=False)
    return groups.agg(
        seeds=("seeds", "first"),
        per_second=("rate", "median"),
        lowest=("rate", "min"),
        highest=("rate", "max"),
        fused_is_times_faster=("ratio", "median"),
        least=("ratio", "min"),
        most=("ratio", "max"),
    ).reset_index()


BASE = {"seeds": 1_000, "sweeps": 200, "hidden": 2}
GRID = {"seeds": [8, 64, 512, 4_096, 32_768], "sweeps": [20, 200, 2_000], "hidden": [2, 4, 8, 16, 32, 64]}


def growth(cases: Cases, recipe: Recipe, spend: float) -> pd.DataFrame:
    """Return our engines' rates for growing numbers of seeds, of sweeps, and of hidden units in one layer.

    The reference engine sits out where it would take too long.
    """
    rows = []
    for what, values in GRID.items():
        for value in values:
            at = BASE | {what: value}
            wiring = layered(cases.inputs.shape[1], at["hidden"], cases.desired.shape[1])
            work = Work(wiring, cases, recipe, engines(wiring, cases, recipe))
            for name in (OURS, DEFINITION):
                if name == DEFINITION and at["seeds"] * at["sweeps"] * at["hidden"] > 2e6 * spend:
                    continue
                seconds(work.trainers[name], work.weights(8), 2)
                took = seconds(work.trainers[name], work.weights(at["seeds"]), at["sweeps"])
                rows.append({"grows": what, "to": value, "trainer": name, "rate": at["seeds"] * at["sweeps"] / took})
    return pd.DataFrame(rows)

"""Seed-sweeps per second: our two engines, what people use instead, and what the machine could do at most.

python experiments/benchmark.py           a few minutes, into results/
python experiments/benchmark.py --quick   rough, into quick/

Everyone trains the same networks by equations 3 and 9 for a fixed number of sweeps, is first checked to end at the same
weights, is warmed up, gets the number of seeds that suits it best, and is then timed in turn with the others.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from backprop86.engines import fused, reference
from backprop86.engines.kernel import logistic
from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.engines.vectors import compiled, pointer
from backprop86.network import initial_weights
from backprop86.problems import family_trees, symmetry, xor
from backprop86.report.drawing import save
from backprop86.report.measured import speeds_figure
from backprop86.report.tables import write_table
from backprop86.running.cli import one_clear_line
from backprop86.wiring import Wiring, layered
from peers import MISSING, PEERS, Task, layers_of

PLAIN = Recipe(alpha=0.9, target_on=0.9, target_off=0.1, stop="limit")
EXPERIMENTS = {
    "XOR 2-2-1": (xor, replace(PLAIN, network="2_hidden", epsilon=0.25)),
    "symmetry 6-2-1": (symmetry, replace(PLAIN, network="two_hidden", epsilon=0.1)),
    "family trees": (family_trees, replace(PLAIN, network="five_layers", epsilon=0.01)),
}
OURS, DEFINITION, LIMIT = "fused engine", "reference engine", "the machine's limit"
Train = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Work:
    """One experiment's network and cases, and everyone who trains it: name -> train(w0, sweeps)."""

    wiring: Wiring
    cases: Cases
    recipe: Recipe
    trainers: dict[str, Train]

    def weights(self, seeds: int) -> np.ndarray:
        """Initial weights."""
        return initial_weights(self.wiring, list(range(seeds)), 0.3)


def work_of(wiring: Wiring, cases: Cases, recipe: Recipe) -> Work:
    """Ours and the peers, all with the same arguments."""
    targets = recipe.target_off + (recipe.target_on - recipe.target_off) * cases.desired
    task = Task(layers_of(wiring), wiring.outputs, cases.inputs, targets, recipe.epsilon, recipe.alpha)

    def engine(train: Callable, device: str = "cpu") -> Train:
        return lambda w0, sweeps: train(Job(wiring, cases, replace(recipe, sweeps=sweeps), w0), device=device).w

    trainers = {OURS: engine(fused.train), DEFINITION: engine(reference.train)}
    if torch.cuda.is_available():
        trainers[f"{DEFINITION}, GPU"] = engine(reference.train, "cuda")
    trainers |= {name: (lambda w0, sweeps, f=f: f(task, w0, sweeps)) for name, f in PEERS.items()}
    return Work(wiring, cases, recipe, trainers)


def seconds(train: Train, w0: np.ndarray, sweeps: int) -> float:
    """How long it takes."""
    started = time.perf_counter()
    train(w0, sweeps)
    return time.perf_counter() - started


def suited(work: Work, name: str, spend: float) -> tuple[int, int]:
    """(seeds, sweeps) at which somebody is fastest and busy for about `spend` seconds; warmed up with them."""
    train, best, sweeps = work.trainers[name], (0.0, 0, 0), 100
    for seeds in (1, 100, 1_000, 10_000):
        if seeds * sweeps > 10 * spend * max(best[0], 1000):
            break  # it would take too long to find out
        w0 = work.weights(seeds)
        seconds(train, w0, sweeps)
        took = seconds(train, w0, sweeps)
        best = max(best, (seeds * sweeps / took, seeds, max(sweeps, round(sweeps * spend / took))))
    seconds(train, work.weights(best[1]), best[2])
    return best[1:]


def limit(work: Work) -> float:
    """Seed-sweeps per second if all products ran like a matrix product and all logistics like a vectorised one."""
    net = fused.net_of(work.wiring, work.cases, work.recipe)
    products = sum(len(lists.left) for lists in (net.into, net.out_of, net.weight))
    flops = 2 * products + 4 * work.wiring.n_parameters
    return 1 / (flops / matrix_rate() + len(work.cases.inputs) * net.n_units / logistic_rate())


def matrix_rate() -> float:
    """Floating-point operations per second of a float64 matrix product, all cores."""
    a = torch.randn(1024, 1024, dtype=torch.float64)
    return max(2 * 1024**3 / seconds(lambda a, _: a @ a, a, 0) for _ in range(10))


@compiled
def many_logistics(y: Any, times: int) -> None:
    """Of an array that stays in the first cache."""
    for _ in range(times):
        logistic(pointer(y), 0, len(y))


def logistic_rate() -> float:
    """Logistics per second, all cores: ours or torch's, whichever is faster."""
    cores, times = cpu_count() or 1, 20_000
    many_logistics(np.zeros(128), 1)
    with ThreadPoolExecutor(cores) as pool:
        started = time.perf_counter()
        list(pool.map(lambda _: many_logistics(np.linspace(-9, 9, 128), times), range(cores)))
        ours = cores * times * 128 / (time.perf_counter() - started)
    x = torch.linspace(-9, 9, 2**17, dtype=torch.float64)
    return max(ours, *(2**17 / seconds(lambda x, _: torch.sigmoid(x), x, 0) for _ in range(10)))


def race(title: str, work: Work, repeats: int, spend: float) -> pd.DataFrame:
    """A row per repeat and trainer: seed-sweeps per second, all in turn, and the limit each time."""
    right = work.trainers[DEFINITION](work.weights(3), 50)
    for name, train in work.trainers.items():
        apart = np.abs(train(work.weights(3), 50) - right).max()
        if apart > 1e-9:
            raise ValueError(f"{name} does not compute the trajectory of {title}: {apart:.1e} apart after 50 sweeps")
    sizes = {name: suited(work, name, spend) for name in work.trainers}
    rows = []
    for repeat in range(repeats):
        print(f"{title}, {repeat + 1} of {repeats}", flush=True)
        for name, (seeds, sweeps) in sizes.items():
            rate = seeds * sweeps / seconds(work.trainers[name], work.weights(seeds), sweeps)
            rows.append({"experiment": title, "trainer": name, "repeat": repeat, "seeds": seeds, "rate": rate})
        rows.append({"experiment": title, "trainer": LIMIT, "repeat": repeat, "seeds": 0, "rate": limit(work)})
    return pd.DataFrame(rows)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Median rate with its range, and the median of the fused engine's rate over it in the same repeat."""
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


def growth(spend: float) -> pd.DataFrame:
    """How the rate changes with the number of seeds, of sweeps and of hidden units."""
    problem, recipe = EXPERIMENTS["symmetry 6-2-1"]
    cases, rows = problem.cases(recipe), []
    base = {"seeds": 1_000, "sweeps": 200, "hidden": 2}
    grid = {"seeds": [8, 64, 512, 4_096, 32_768], "sweeps": [20, 200, 2_000], "hidden": [2, 4, 8, 16, 32, 64]}
    for what, values in grid.items():
        for value in values:
            at = base | {what: value}
            work = work_of(layered(6, at["hidden"], 1), cases, recipe)
            for name in (OURS, DEFINITION):
                if name == DEFINITION and at["seeds"] * at["sweeps"] * at["hidden"] > 2e6 * spend:
                    continue
                seconds(work.trainers[name], work.weights(8), 2)
                took = seconds(work.trainers[name], work.weights(at["seeds"]), at["sweeps"])
                rows.append({"grows": what, "to": value, "trainer": name, "rate": at["seeds"] * at["sweeps"] / took})
    return pd.DataFrame(rows)


def peak_memory(seeds: int) -> float:
    """Gigabytes at most while so many seeds of symmetry are trained and measured, in a process of its own."""
    code = f"import benchmark; print(benchmark.memory_of({seeds}))"
    found = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True)
    return float(found.stdout.split()[-1])


def memory_of(seeds: int) -> float:
    """Train them here, as run.py does, and say what it took."""
    from backprop86.running.training import run_reading

    problem, recipe = EXPERIMENTS["symmetry 6-2-1"]
    run_reading(problem, replace(recipe, sweeps=100, stop="solved"), list(range(seeds)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Race, measure growth and memory, write the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="rough, into quick/")
    quick = parser.parse_args().quick
    output, repeats, spend = (Path("quick"), 2, 0.2) if quick else (Path("results"), 5, 1.0)
    for line in MISSING:
        print(f"missing: {line}")
    works = {title: work_of(p.wiring(recipe), p.cases(recipe), recipe) for title, (p, recipe) in EXPERIMENTS.items()}
    rows = pd.concat([race(title, work, repeats, spend) for title, work in works.items()])
    table, grown = summary(rows), growth(spend)
    write_table(table, output / "tables", "benchmark")
    write_table(grown, output / "tables", "benchmark_growth")
    write_table(pd.DataFrame({"seeds": [100_000], "gigabytes": [peak_memory(100_000)]}), output / "tables", "memory")
    save(speeds_figure(table, grown), output / "figures", "benchmark")
    print((output / "tables" / "benchmark.md").read_text("utf-8"), (output / "tables" / "memory.md").read_text("utf-8"))


if __name__ == "__main__":
    with one_clear_line():
        main()

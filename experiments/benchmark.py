"""Seed-sweeps per second of our two engines and of common alternatives, the machine's limit, and what bounds ours.

python experiments/benchmark.py           a few minutes, into results/
python experiments/benchmark.py --quick   rough, into quick/

All train the same networks by equations 3 and 9 for a fixed number of sweeps. The benchmark first checks that each ends
at the same weights, warms it up, finds the number of seeds that suits it best, and then times all in turn.
"""

import argparse
import platform
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from backprop86.engines.cores import cores
from backprop86.engines.parts import parts
from backprop86.engines.recipe import Recipe
from backprop86.report.measured import speeds_figure
from backprop86.report.race import Work, engines, growth, race, summary
from backprop86.report.style import save
from backprop86.report.tables import write_table
from backprop86.running.cli import one_clear_line
from backprop86.running.problem import Problem
from backprop86.running.training import run_reading
from peers import MISSING, trainers
from peers.networks import EXPERIMENTS

GROWING = "symmetry 6-2-1"
IN_LOOPS = ("family trees", "sequence")
"""The networks whose sweep is too long to be written out: it has parts."""


def work_of(problem: Problem, recipe: Recipe) -> Work:
    """Return the race of our engines and the peers."""
    network = problem.wiring(recipe), problem.cases(recipe), recipe
    return Work(*network, engines(*network) | trainers(*network))


def processor() -> str:
    """Return the name of the processor, and the number of its cores that this process may use."""
    name = platform.processor()
    if platform.system() == "Linux":
        about = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
        name = next((about[key].strip() for key in about if key.strip() == "model name"), name)
    elif platform.system() == "Darwin":
        name = subprocess.check_output(["sysctl", "-n", "machdep.cpu.brand_string"], text=True).strip()
    return f"{name}, {cores()} cores"


def parts_of(title: str) -> pd.DataFrame:
    """Return the table of the parts of a network's sweep."""
    problem, recipe = EXPERIMENTS[title]
    table = parts(problem.wiring(recipe), problem.cases(recipe), recipe)
    table.insert(0, "experiment", title)
    return table


def told(title: str, repeats: int) -> Iterator[int]:
    """Yield the repeats, and print each as it begins."""
    for repeat in range(repeats):
        print(f"{title}, {repeat + 1} of {repeats}", flush=True)
        yield repeat


def peak_memory(seeds: int) -> float:
    """Return the peak memory, in gigabytes, of a separate process that trains and measures these seeds of symmetry."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(memory_of, seeds).result()


def memory_of(seeds: int) -> float:
    """Train the seeds here, as in run.py, and return the peak memory of this process in gigabytes."""
    import resource  # Windows lacks this module, and the rest runs there

    problem, recipe = EXPERIMENTS[GROWING]
    run_reading(problem, replace(recipe, sweeps=100, stop="learned"), list(range(seeds)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Race, measure growth and memory, write the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="rough, into quick/")
    quick = parser.parse_args().quick
    output, repeats, spend = (Path("quick"), 2, 0.2) if quick else (Path("results"), 3, 1.0)
    for line in MISSING:
        print(f"missing: {line}")
    gigabytes = peak_memory(100_000)  # before the races: on Linux a child's peak includes its parent's
    works = {title: work_of(problem, recipe) for title, (problem, recipe) in EXPERIMENTS.items()}
    rows = pd.concat([race(title, work, told(title, repeats), spend) for title, work in works.items()])
    table, grown = (
        summary(rows).assign(processor=processor()),
        growth(works[GROWING].cases, works[GROWING].recipe, spend),
    )
    write_table(table, output / "tables", "benchmark")
    write_table(grown, output / "tables", "benchmark_growth")
    write_table(pd.concat(map(parts_of, IN_LOOPS)), output / "tables", "benchmark_parts")
    write_table(pd.DataFrame({"seeds": [100_000], "gigabytes": [gigabytes]}), output / "tables", "memory")
    save(speeds_figure(table, grown), output / "figures", "benchmark")
    print((output / "tables" / "benchmark.md").read_text("utf-8"), (output / "tables" / "memory.md").read_text("utf-8"))


if __name__ == "__main__":
    with one_clear_line():
        main()

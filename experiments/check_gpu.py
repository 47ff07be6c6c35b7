"""The CUDA engine on a card: the bits of every experiment, then its speed beside other trainers on the same card.

python experiments/check_gpu.py            every experiment, the table into results/
python experiments/check_gpu.py --quick    bits of three experiments, rough times, the table into quick/

It needs torch with CUDA, numpy, pandas and the extra `cuda`; JAX takes part if it is installed, and finds the card.
Exit status 1 if a bit differs.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from backprop86.engines import fused, reference
from backprop86.engines.bits import different
from backprop86.engines.cores import cores
from backprop86.engines.cuda import engine as cuda
from backprop86.engines.recipe import Job
from backprop86.engines.reference import Outcome
from backprop86.report.page import markdown
from backprop86.report.race import DEFINITION, Train, Work, seconds
from backprop86.running.cli import one_clear_line
from backprop86.running.rules import job_of, rules
from backprop86.running.settings import load, stems
from peers import MISSING, trainers
from peers.networks import EXPERIMENTS

OURS = "CUDA engine"
SEEDS = {"XOR 2-2-1": 1_000_000, "symmetry 6-2-1": 300_000, "family trees": 20_000, "sequence": 10_000}
"""Enough seeds to fill a large card."""
FEW = ("xor", "t_c", "family_trees")


def outcomes(stem: str) -> list[tuple[str, Outcome]]:
    """Return the outcome of each rule of an experiment, by the fused engine."""
    return [(name, fused.train(job_of(problem, recipe, n), threads=1)) for name, problem, recipe, n in rules(stem)]


def compared(chosen: list[str]) -> Iterator[str]:
    """Train by every rule of some experiments on the card and on the processor; yield a line for each difference."""
    started, n = time.perf_counter(), 0
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        for stem, right in zip(chosen, pool.map(outcomes, chosen), strict=True):
            for (name, problem, recipe, seeds), (_, outcome) in zip(rules(stem), right, strict=True):
                if recipe.block:
                    print(f"{stem}, {name}: not for the CUDA engine, which makes no new cases")
                    continue
                n += 1
                if wrong := different(cuda.train(job_of(problem, recipe, seeds)), outcome):
                    told = ", ".join(f"{field} of {k} seeds, first {first}" for field, (k, first) in wrong.items())
                    yield f"{stem}, {name}: {told}"
    print(f"{n} ways to train compared bit by bit in {time.perf_counter() - started:.0f} s")


def work_of(title: str) -> Work:
    """Return a network with the trainers that run on the card: ours, the reference engine, JAX."""
    problem, recipe = EXPERIMENTS[title]
    network = problem.wiring(recipe), problem.cases(recipe), recipe

    def trainer(train: Callable[..., Outcome]) -> Train:
        def weights(w0: np.ndarray, sweeps: int) -> np.ndarray:
            return train(Job(network[0], network[1], replace(recipe, sweeps=sweeps), w0), device="cuda").w

        return weights

    others = {name: peer for name, peer in trainers(*network).items() if name.startswith("JAX")}
    return Work(*network, {OURS: trainer(cuda.train), f"{DEFINITION}, GPU": trainer(reference.train), **others})


def timed(title: str, work: Work, repeats: int, spend: float) -> pd.DataFrame:
    """Time the trainers in turn; return a row per trainer: seed-sweeps per second, and how much faster ours is."""
    w0, sizes, rates = work.weights(SEEDS[title]), {}, {name: [] for name in work.trainers}
    for name, train in work.trainers.items():
        took = min(seconds(train, w0, 20) for _ in range(2))
        sizes[name] = max(20, round(20 * spend / took))
        seconds(train, w0, sizes[name])  # JAX compiles for each number of sweeps
    for repeat in range(repeats):
        print(f"{title}, {repeat + 1} of {repeats}", flush=True)
        for name, train in work.trainers.items():
            rates[name].append(len(w0) * sizes[name] / seconds(train, w0, sizes[name]))
    ratio = {name: np.array(rates[OURS]) / np.array(some) for name, some in rates.items()}
    rows = [
        {
            "experiment": title,
            "trainer": name,
            "seeds": len(w0),
            "per_second": np.median(some),
            "lowest": min(some),
            "highest": max(some),
            "cuda_is_times_faster": np.median(ratio[name]),
            "least": ratio[name].min(),
            "most": ratio[name].max(),
            "card": torch.cuda.get_device_name(),
        }
        for name, some in rates.items()
    ]
    return pd.DataFrame(rows)


def main() -> None:
    """Compare, time, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="bits of three experiments, rough times, into quick/")
    quick = parser.parse_args().quick
    load("xor", "engine=cuda", "device=cuda")  # BadInput if there is no card, or no extra
    output, repeats, spend = (Path("quick"), 2, 0.2) if quick else (Path("results"), 3, 1.0)
    for line in MISSING:
        print(f"missing: {line}")
    wrong = 0
    for line in compared(list(FEW) if quick else [stem for stem in stems() if not load(stem).experiment.by_itself]):
        print(line)
        wrong += 1
    table = pd.concat([timed(title, work_of(title), repeats, spend) for title in EXPERIMENTS])
    (output / "tables").mkdir(parents=True, exist_ok=True)
    table.to_csv(output / "tables" / "benchmark_gpu.csv", index=False)
    (output / "tables" / "benchmark_gpu.md").write_text(markdown(table), "utf-8")
    print(markdown(table))
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    with one_clear_line():
        main()

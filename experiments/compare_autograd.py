"""Gradients by hand beside autograd and three other oracles; whole runs beside autograd; what both cost.

python experiments/compare_autograd.py                  everything, into results/
python experiments/compare_autograd.py experiment=xor   one experiment, printed; nothing is written
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from rich.console import Console
from rich.progress import Progress

from backprop86.engines.recipe import BadInput, Job
from backprop86.gradients import survey
from backprop86.gradients.cost import both_ways, peak, seconds
from backprop86.gradients.whole_runs import compared
from backprop86.report import measured
from backprop86.report.drawing import save
from backprop86.report.page import table_of
from backprop86.report.tables import write_table
from backprop86.running.cli import one_clear_line
from backprop86.running.problem import counted_of, problem_of, start_of, wiring_of
from backprop86.running.settings import load, stems

PATHS = {
    "symmetry": {"as_printed": 1425},  # N Fig. 1
    "family_trees": {"as_printed": 1500, "range_1_rate_x20": 1500},  # N Figs. 2-4; and where it learns
    "iterative": {"as_printed": 1000},
    "single_layer": {"symmetry": 1000},
    "symmetry_breaking": {"equal": 1000},
    "extra_connections": {"symmetry_8/rate_0.1": 1000},
    "xor": {"as_printed": 558, "two_hidden": 6587},  # P Figs. 3 and 5
    "chauvin": {"2_hidden/as_printed/rate_0.25": 245},  # P p. 333
    "parity": {"as_printed": 2825},  # P pp. 334-335
    "encoder": {"as_printed": 1000, "singleton": 5226},  # P pp. 335-339
    "addition": {"as_printed": 3020},  # P pp. 341-345
    "negation": {"as_printed": 5000},  # P pp. 346-347
    "t_c": {"as_printed": 10000},  # P pp. 348-352
    "shift_register": {"as_printed": 200},  # P p. 357
    "sequence": {"as_printed": 260},  # P pp. 358-361
    "depth": {"2_layers/weights_up_to_0.3": 1000},
}
"""The recipes that are followed, and for how many sweeps: those that are printed, 1,000 where none are."""
SEEDS = [0, 1, 2, 3, 4]


def networks(stem: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of every network that any reading of an experiment has, each once."""
    experiment, problem = load(stem).experiment, problem_of(stem)
    seen = set()
    for reading in experiment.conditions:
        recipe = experiment.recipe_of(reading)
        name = recipe.network + ", no biases" * (recipe.biases == "none")
        if name not in seen:
            seen.add(name)
            yield name, survey.network(wiring_of(problem.wiring, recipe))


def gradients(chosen: list[str], console: Console) -> pd.DataFrame:
    """A row for each tensor and oracle; the tables of each experiment are printed as they are done."""
    parts = []
    for name in chosen:
        done = []
        for network, rows in survey.modules() if name == "modules" else networks(name):
            done.append(rows.assign(experiment=name, network=network))
        parts += done
        console.print(table_of(per_tensor(pd.concat(done)), f"{name}: largest error in ulp"))
    rows = pd.concat(parts, ignore_index=True)
    return rows[["experiment", "network", "tensor", "oracle", "exact", "absolute", "relative", "ulp", "agrees"]]


def per_tensor(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per tensor, the ulp of each oracle in a column, for a terminal."""
    short = {"complex step": "complex", "central differences": "central", "extended precision": "extended"}
    text = rows.assign(
        ulp=["none" if ulp != ulp else f"{ulp:.0f}" if ulp < 1e5 else f"{ulp:.0e}" for ulp in rows["ulp"]]
    )
    order = [name for name in dict.fromkeys(rows["oracle"]) if name != survey.AUTOGRAD_ITSELF]
    wide = text.pivot(index=["network", "tensor"], columns="oracle", values="ulp")[order]
    wide = wide.loc[list(dict.fromkeys(zip(rows["network"], rows["tensor"], strict=True)))]
    agree = rows.groupby(["network", "tensor"], sort=False)["agrees"].all().to_numpy()
    return wide.rename(columns=short).reset_index().assign(agrees=np.where(agree, "yes", "NO"))


def for_terminal(runs: pd.DataFrame) -> pd.DataFrame:
    """The summary of whole runs, in fewer columns with shorter names."""
    names = ["sweeps", "weights", "E", "autograd", "fused", "one bit", "SGD"]
    short = runs.drop(columns=["experiment", "reading"]).set_axis(names[: runs.shape[1] - 2], axis=1)
    short.insert(0, "run", runs["experiment"] + " " + runs["reading"])
    return short


def setup(stem: str, reading: str, sweeps: int | None, seeds: list[int]) -> Job:
    """Return the job of these seeds, in float64, for as many sweeps as asked or as the recipe says."""
    experiment, problem = load(stem).experiment, problem_of(stem)
    recipe = experiment.recipe_of(reading)
    recipe = replace(recipe, dtype="float64", sweeps=sweeps or recipe.sweeps)
    wiring = wiring_of(problem.wiring, recipe)
    w = start_of(problem, recipe, wiring, seeds)
    return Job(wiring, problem.cases(recipe), recipe, w, counted_of(problem, recipe, seeds))


def paths(chosen: dict[str, dict[str, int]], console: Console) -> pd.DataFrame:
    """A row per checkpoint of every recipe that is followed."""
    parts = []
    with Progress(console=console, transient=True) as progress:
        follow = [(stem, *one) for stem, readings in chosen.items() for one in readings.items()]
        for stem, reading, sweeps in progress.track(follow, description="whole runs"):
            rows = compared(setup(stem, reading, sweeps, SEEDS))
            parts.append(rows.assign(experiment=stem, reading=reading))
    rows = pd.concat(parts, ignore_index=True)
    first = ["experiment", "reading", "against", "sweep"]
    numbers = [name for name in rows if name not in first]
    return rows[first + numbers].assign(**{name: rows[name].map("{:.3g}".format).astype(float) for name in numbers})


def costs(chosen: list[str], console: Console) -> pd.DataFrame:
    """Forward and backward by hand over the same by autograd, in turn: time, and memory at most; first readings."""
    rows = []
    with Progress(console=console, transient=True) as progress:
        for stem in progress.track(chosen, description="what both cost"):
            for seeds in (1, 100):
                reading = next(iter(load(stem).experiment.conditions))
                hand, auto = both_ways(setup(stem, reading, None, list(range(seeds))))
                times = sorted(seconds(hand) / seconds(auto) for _ in range(11))
                row = {"experiment": stem, "seeds": seeds, "time": times[5], "least": times[0], "most": times[-1]}
                rows.append(row | {"memory": peak(hand) / peak(auto)})
    table = pd.DataFrame(rows)
    table = table.assign(**{name: table[name].map("{:.2f}".format).astype(float) for name in list(table)[2:]})
    return table.rename(columns={"time": "time, hand / autograd", "memory": "memory, hand / autograd"})


def main() -> None:
    """Compare, print, and write if it is everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="", metavar="experiment=<stem>")
    only, console = parser.parse_args().only, Console()
    stem = only.removeprefix("experiment=")
    if only and (stem == only or stem not in stems()):
        raise BadInput(f"the argument must be experiment= and one of {', '.join(stems())}, was {only}")
    torch.set_num_threads(1)  # tensors are small: two threads wait for each other, and blur the times
    chosen = [stem] if only else [name for name in stems() if not load(name).experiment.by_itself]
    table = gradients(["modules", *chosen], console)
    console.print(table_of(survey.summary(table), "all tensors"))
    if not table["agrees"].all():
        wrong = ", ".join(dict.fromkeys(table.loc[~table["agrees"], "network"]))
        raise BadInput(f"gradients do not agree, see NO in the tables above: {wrong}")
    followed = paths({name: PATHS[name] for name in chosen if name in PATHS}, console)
    title = "whole runs by hand: how far weights and E are from those by autograd at most; by which sweep they have "
    title += "parted from autograd, the fused engine, a run begun one bit away, torch.optim.SGD (∞: never)"
    console.print(table_of(for_terminal(survey.paths_summary(followed)), title))
    cost = costs(chosen, console)
    console.print(
        table_of(cost, "forward and backward by hand, over autograd: median time with the range, memory at most")
    )
    if not only:
        for name, frame in {"autograd": table, "autograd_paths": followed, "autograd_cost": cost}.items():
            write_table(frame, Path("results") / "tables", name, survey.LONG.get(name))
        save(measured.ulp_figure(table), Path("results") / "figures", "autograd")
        save(measured.paths_figure(followed), Path("results") / "figures", "autograd_paths")
        console.print("in results/tables and results/figures; python experiments/report.py puts them into the gallery")


if __name__ == "__main__":
    with one_clear_line():
        main()

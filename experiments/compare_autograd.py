"""Gradients by hand beside autograd and three other oracles; whole runs beside autograd; the cost of both.

python experiments/compare_autograd.py                  everything, into results/
python experiments/compare_autograd.py experiment=xor   one experiment, printed; nothing is written
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pandas as pd
import torch
from rich.console import Console
from rich.progress import Progress

from backprop86.engines.recipe import BadInput
from backprop86.gradients import survey
from backprop86.report import beside_autograd, measured
from backprop86.report.style import save
from backprop86.report.tables import write_table
from backprop86.report.terminal import table_of
from backprop86.running.cli import one_clear_line
from backprop86.running.settings import load, stems

Item = TypeVar("Item")
PATHS_TITLE = (
    "whole runs by hand: the largest distance of weights and E from runs by autograd; the sweep by which they have "
    "parted from autograd, the fused engine, a run that began one bit away, torch.optim.SGD"
)
COSTS_TITLE = "forward and backward by hand, over autograd: median time with its range, and peak memory"


def gradients(chosen: list[str], console: Console) -> pd.DataFrame:
    """Return a row for each tensor and oracle; print each experiment's table when it is done."""
    parts = []
    for name in chosen:
        parts.append(beside_autograd.gradients(name))
        console.print(table_of(survey.per_tensor(parts[-1]), f"{name}: largest error in ulp"))
    rows = pd.concat(parts, ignore_index=True)
    console.print(table_of(survey.summary(rows), "all tensors"))
    if not rows["agrees"].all():
        wrong = ", ".join(dict.fromkeys(rows.loc[~rows["agrees"], "network"]))
        raise BadInput(f"gradients do not agree, see NO in the tables above: {wrong}")
    return rows


def shown(items: Iterable[Item], description: str, console: Console) -> Iterator[Item]:
    """Yield the items behind a progress bar."""
    with Progress(console=console, transient=True) as progress:
        yield from progress.track(list(items), description=description)


def main() -> None:
    """Compare, print, and without an argument write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="", metavar="experiment=<stem>")
    only, console = parser.parse_args().only, Console()
    stem = only.removeprefix("experiment=")
    if only and (stem == only or stem not in stems()):
        raise BadInput(f"the argument must be experiment= and one of {', '.join(stems())}, was {only}")
    torch.set_num_threads(1)  # tensors are small: two threads would wait for each other, and blur the times
    chosen = [stem] if only else [name for name in stems() if not load(name).experiment.by_itself]
    tables = {"autograd": gradients(["modules", *chosen], console)}
    if runs := beside_autograd.followed(chosen):
        tables["autograd_paths"] = beside_autograd.paths(shown(runs, "whole runs", console))
        summary = survey.paths_summary(tables["autograd_paths"])
        console.print(table_of(survey.paths_for_terminal(summary), PATHS_TITLE))
    tables["autograd_cost"] = beside_autograd.costs(shown(chosen, "the cost of both", console))
    console.print(table_of(tables["autograd_cost"], COSTS_TITLE))
    if not only:
        for name, table in tables.items():
            write_table(table, Path("results") / "tables", name, measured.LONG.get(name))
        save(measured.ulp_figure(tables["autograd"]), Path("results") / "figures", "autograd")
        save(measured.paths_figure(tables["autograd_paths"]), Path("results") / "figures", "autograd_paths")
        console.print("in results/tables and results/figures; python experiments/report.py puts them into the gallery")


if __name__ == "__main__":
    with one_clear_line():
        main()

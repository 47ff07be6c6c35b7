"""A contest of gradient checkers: right and wrong gradients of a dozen layers, in float64 and float32.

python experiments/contest.py              every layer, into results/ (some minutes)
python experiments/contest.py "layer norm" one layer, printed; nothing is written

A checker should clear a right pair, catch a wrong pair, and name its cause.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import torch
from rich.console import Console
from rich.progress import Progress

from backprop86.engines.recipe import BadInput
from backprop86.gradients.contest import Entry, entries, judge, summary
from backprop86.gradients.layers import LAYERS
from backprop86.report import measured
from backprop86.report.tables import write_table
from backprop86.report.terminal import table_of
from backprop86.running.cli import one_clear_line
from peers.checkers import CHECKERS, MISSING


def shown(console: Console, asked: list[Entry]) -> Iterator[Entry]:
    """Yield the entries, with a bar."""
    with Progress(console=console, transient=True) as progress:
        yield from progress.track(asked, description="judging")


def main() -> None:
    """Let all checkers judge all pairs; print, and without an argument write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="", metavar="layer")
    only, console = parser.parse_args().only, Console()
    if only and only not in LAYERS:
        raise BadInput(f"the argument must be one of {', '.join(LAYERS)}, was {only}")
    if MISSING and not only:
        raise BadInput(f"the contest needs every checker, was without {', '.join(MISSING)}")
    torch.set_num_threads(1)  # tensors are small
    asked = entries([LAYERS[only]] if only else list(LAYERS.values()))
    rows = pd.DataFrame([row for entry in shown(console, asked) for row in judge(entry, CHECKERS)])
    console.print(table_of(summary(rows), "gradient checkers"))
    if not only:
        write_table(rows, Path("results") / "tables", "gradcheck_entries", measured.LONG["gradcheck_entries"])
        console.print("in results/tables; python experiments/report.py puts them into the gallery")


if __name__ == "__main__":
    with one_clear_line():
        main()

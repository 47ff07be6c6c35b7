"""Running the chosen readings of one experiment, a range of seeds at a time, with progress; stopped runs go on."""

from collections import defaultdict
from functools import partial

from rich.progress import TaskID

from backprop86.running import cluster
from backprop86.running.durable import remove_left_overs
from backprop86.running.merging import Vanished
from backprop86.running.plan import Piece, Plan
from backprop86.running.progress import bars
from backprop86.running.settings import Settings
from backprop86.running.tally import Tally

MOST_BARS = 100
"""The most readings with a bar each."""


def run(settings: Settings) -> dict[str, Tally]:
    """Train every seed of every chosen reading, put the rows into the file of runs, and return the counts by reading.

    Finished ranges of seeds are on the disk, and a stopped run goes on from there. The message of KeyboardInterrupt
    states how many are finished. A shard merges nothing and returns nothing.
    """
    plan = Plan.of(settings)
    folders = [finished.folder for finished in plan.finished.values()]
    for folder in (*folders, settings.runs_file.parent, settings.counts_file.parent):
        remove_left_overs(folder)
    try:
        while True:
            while missing := plan.missing():
                if settings.cluster is None:
                    train(plan, missing)
                else:
                    cluster.train(plan, missing)
            if settings.shard is not None:
                return {}
            try:
                return plan.merged() if settings.form == "full" else plan.counted()
            except Vanished:  # another process was faster, or a file was damaged since
                continue
    except KeyboardInterrupt:
        raise KeyboardInterrupt(plan.left()) from None


def train(plan: Plan, pieces: list[Piece]) -> None:
    """Train the pieces in order, with a bar for each reading, or one for all if there are very many."""
    stem, many = plan.experiment.stem, len({piece.name for piece in pieces}) > MOST_BARS
    bar_of = [stem if many else f"{stem} {piece.name}" for piece in pieces]
    work: dict[str, int] = defaultdict(int)
    for said, piece in zip(bar_of, pieces, strict=True):
        work[said] += plan.cost(piece)
    tasks: dict[str, TaskID] = {}
    with bars() as progress:
        for said, piece in zip(bar_of, pieces, strict=True):
            if said not in tasks:
                tasks[said] = progress.add_task(said, total=work[said])
            plan.train(piece, partial(progress.advance, tasks[said]))

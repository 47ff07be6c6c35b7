"""Runs of the chosen readings of one experiment, a range of seeds at a time, with progress; stopped runs go on."""

from functools import partial

from backprop86.running import cluster
from backprop86.running.durable import remove_left_overs
from backprop86.running.merging import Vanished
from backprop86.running.plan import Piece, Plan
from backprop86.running.progress import bars
from backprop86.running.settings import Settings
from backprop86.running.tally import Tally


def run(settings: Settings) -> dict[str, Tally]:
    """Train every seed of every chosen reading, put the rows into the file of runs, and return how they fared.

    A range of seeds that is finished is on the disk, and a run that was stopped goes on from there. KeyboardInterrupt
    says how much is. Of a shard nothing is merged, and nothing returned.
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
    """Train the pieces in order, with a bar for the readings at hand."""
    work: dict[tuple[str, ...], int] = {}
    for piece in pieces:
        work[piece.names] = work.get(piece.names, 0) + plan.cost(piece)
    tasks = {}
    with bars() as progress:
        for piece in pieces:
            if piece.names not in tasks:
                several = f" and {len(piece.names) - 1} like it" if len(piece.names) > 1 else ""
                said = f"{plan.experiment.stem} {piece.names[0]}{several}"
                tasks[piece.names] = progress.add_task(said, total=work[piece.names])
            plan.train(piece, partial(progress.advance, tasks[piece.names]))

"""Runs of the chosen readings of one experiment, a range of seeds at a time, with progress; stopped runs go on."""

from collections.abc import Callable
from functools import partial
from multiprocessing import parent_process

import pandas as pd
import pyarrow as pa
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from backprop86.running import runs
from backprop86.running.merging import Vanished
from backprop86.running.plan import Piece, Plan
from backprop86.running.schema import CURVES, is_large
from backprop86.running.settings import Settings
from backprop86.running.tally import Tally
from backprop86.running.training import run_together

COLUMNS = (TextColumn("{task.description:<40}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())


def run(settings: Settings) -> dict[str, Tally]:
    """Train every seed of every chosen reading, put the rows into the file of runs, and return how they fared.

    A range of seeds that is finished is on the disk, and a run that was stopped goes on from there. KeyboardInterrupt
    says how much is. Of a shard nothing is merged, and nothing returned.
    """
    plan = Plan.of(settings)
    for finished in plan.finished.values():
        finished.tidy()
    try:
        while True:
            while missing := plan.missing():
                train(plan, missing)
            if settings.shard is not None:
                return {}
            try:
                return plan.merged()
            except Vanished:  # another process was faster, or a file was damaged since
                continue
    except KeyboardInterrupt:
        raise KeyboardInterrupt(plan.left()) from None


def train(plan: Plan, pieces: list[Piece]) -> None:
    """Train the pieces in order, with a bar for the readings at hand."""
    work: dict[tuple[str, ...], int] = {}
    for piece in pieces:
        work[piece.names] = work.get(piece.names, 0) + cost(plan, piece)
    bars = {}
    with Progress(*COLUMNS, disable=parent_process() is not None) as progress:  # beside others there is no room
        for piece in pieces:
            if piece.names not in bars:
                several = f" and {len(piece.names) - 1} like it" if len(piece.names) > 1 else ""
                said = f"{plan.experiment.stem} {piece.names[0]}{several}"
                bars[piece.names] = progress.add_task(said, total=work[piece.names])
            train_piece(plan, piece, partial(progress.advance, bars[piece.names]))


def cost(plan: Plan, piece: Piece) -> int:
    """Return the seed-sweeps of a piece if no seed learns."""
    return len(piece.seeds) * sum(plan.recipes[name].sweeps + 1 for name in piece.names)


def train_piece(plan: Plan, piece: Piece, advance: Callable[[int], None] = lambda seed_sweeps: None) -> None:
    """Train one range of seeds of some readings, and write the rows of each."""
    settings, experiment = plan.settings, plan.experiment
    parts = run_together(
        experiment.problem,
        [plan.recipes[name] for name in piece.names],
        list(piece.seeds),
        engine=settings.engine,
        device=settings.device,
        advance=advance,
        drawn=[experiment.goes_on(name) for name in piece.names],
        threads=settings.threads,
    )
    for name, rows in zip(piece.names, parts, strict=True):
        rows = runs.at_the_end(rows) if experiment.numbers_only else rows
        plan.finished[name].keep(piece.seeds, as_table(runs.rounded(rows), *experiment.kept(name)))


def as_table(rows: pd.DataFrame, weights: int, curves: int) -> pa.Table:
    """Return the rows of a range as Arrow has them, without weights, or curves, if none of the reading's are kept."""
    gone = [name for name in map(str, rows) if is_large(name) and not (weights or (curves and name in CURVES))]
    table = pa.Table.from_pandas(rows.assign(**dict.fromkeys(gone)), preserve_index=False)
    numbers = [field.with_type(pa.list_(pa.float32())) if is_large(field.name) else field for field in table.schema]
    return table.cast(pa.schema(numbers)).replace_schema_metadata(None)

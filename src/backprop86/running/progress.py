"""Bars that show how far long work has come."""

from multiprocessing import parent_process

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def bars(shown: bool = True) -> Progress:
    """Return a frame for bars, each with a name, a share and the time that is left; among others none is `shown`."""
    columns = TextColumn("{task.description:<40}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    return Progress(*columns, disable=not shown or parent_process() is not None)

"""Bars that show how far long work has come."""

from multiprocessing import parent_process

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def bars() -> Progress:
    """Return a frame for bars, each with a name, a share and the time that is left; among others there is no room."""
    columns = TextColumn("{task.description:<40}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    return Progress(*columns, disable=parent_process() is not None)

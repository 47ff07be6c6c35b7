"""Progress bars for long work."""

from multiprocessing import parent_process

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def bars(shown: bool = True) -> Progress:
    """Return a frame for bars, each with a name, a share and the remaining time; hidden without `shown`."""
    columns = TextColumn("{task.description:<40}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    return Progress(*columns, disable=not shown or parent_process() is not None)

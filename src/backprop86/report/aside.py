"""A report made aside: it replaces the old report when it is complete, or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backprop86.engines.recipe import BadInput
from backprop86.running.durable import is_at_work

BEGINNING = ".report-"
"""The beginning of the name of a folder with a report in the making; the number of the process follows."""
WHOLE_PAGE = "whole.html"
"""The self-contained page, made on demand."""


@contextmanager
def aside(output: Path) -> Iterator[Path]:
    """Yield an empty folder in `output`, whose files are moved into `output` if all goes well."""
    remove_leftovers(output)
    folder = output / f"{BEGINNING}{os.getpid()}"  # inside the output, which may be a separate file system
    folder.mkdir()
    try:
        yield folder
        try:
            move(folder, output)
        except KeyboardInterrupt:
            move(folder, output)  # the rest: half a report is no report
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(output: Path) -> None:
    """Remove the folders of killed processes."""
    for folder in output.glob(f"{BEGINNING}*"):
        number = folder.name.removeprefix(BEGINNING)
        if number.isdecimal() and not is_at_work(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def move(folder: Path, output: Path) -> None:
    """Move every file to its place, pages last, and remove old files on demand that were made from other rows."""
    made = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    if there := [place for place in made if (output / place).is_dir()]:
        raise BadInput(f"{output / there[0]} must be a file that may be replaced, was a folder")
    on_demand = {Path(WHOLE_PAGE), *(place.with_suffix(".svg") for place in made if place.suffix == ".png")}
    on_demand |= {place.with_suffix(".tex") for place in made if place.parent.name == "tables"}
    for place in on_demand - {*made}:
        (output / place).unlink(missing_ok=True)
    for place in sorted(made, key=lambda place: (len(place.parts) == 1, place)):
        (output / place).parent.mkdir(exist_ok=True)
        (folder / place).replace(output / place)


def is_aside(path: Path) -> bool:
    """Return whether a file belongs to a report in the making."""
    return any(part.startswith(BEGINNING) for part in path.parts)

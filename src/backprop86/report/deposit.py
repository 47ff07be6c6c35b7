"""Companions of results/ in an archive: croissant.json describes the rows, SHA256SUMS has the digest of each file."""

from pathlib import Path

from backprop86.report.aside import WHOLE_PAGE, is_aside
from backprop86.report.chapters import digest
from backprop86.report.croissant import croissant
from backprop86.report.material import Folder

CROISSANT, SUMS = "croissant.json", "SHA256SUMS"
OF_RUNS = ("runs", "ranges", "compact")
"""The folders in which the runs are that a report is made of."""
WRITTEN = (Path("LICENSE"), Path("README.md"))
"""The files of results/ that somebody wrote; a report makes all others."""


def write(output: Path, folder: Folder, titles: dict[str, str]) -> None:
    """Write croissant.json and SHA256SUMS, last of all files; `titles` are those of the experiments that have rows."""
    files = {stem: folder.runs_file(stem) for stem in sorted(titles)}
    (output / CROISSANT).write_text(croissant(files, titles), "utf-8", newline="\n")
    listed = {place: output / place for place in made_in(output)}
    listed |= {place: folder.path / place for place in WRITTEN if (folder.path / place).is_file()}
    listed |= {Path("runs", path.name): path for path in files.values()}
    (output / SUMS).write_text(sums(listed), "utf-8", newline="\n")


def made_in(folder: Path) -> set[Path]:
    """Return the files that every report makes, by their places in its folder; those made on demand are left out."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {place for place in found if not (place.parts[0] in OF_RUNS or is_on_demand(place) or is_aside(place))}


def is_on_demand(place: Path) -> bool:
    """Return whether a file is made by `report.py --more` only, and ignored by git."""
    return place.suffix == ".svg" or place == Path(WHOLE_PAGE) or place.match("tables/*.tex")


def sums(files: dict[Path, Path]) -> str:
    """Return what `sha256sum -c` reads: a line for each file, by its place; it lists all but itself."""
    places = sorted(place.as_posix() for place in files if place != Path(SUMS))
    return "".join(f"{digest(files[Path(place)])}  {place}\n" for place in places)

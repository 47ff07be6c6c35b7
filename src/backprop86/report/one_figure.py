"""One figure of a report, made again in seconds while everything else stays as it is."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from backprop86.engines.recipe import BadInput
from backprop86.report import chapters, citing
from backprop86.report.aside import aside
from backprop86.report.assembly import Example, check_output, experiments_in, folder_of
from backprop86.report.chapters import Chapter
from backprop86.report.material import Folder, prepare


def one_figure(name: str, output: str, example: Example, more: bool = False) -> str:
    """Make a figure and its sidecar in <output>/figures; return its entry for BibTeX, with the commit.

    Raises BadInput for an unknown name, and for an output that cannot be written to.
    """
    check_output(output)
    folder = folder_of(output)
    write, *about = _chapter_of(name, folder, example)
    with aside(Path(output)) as place:
        chapter = Chapter(place, folder, more, only=name)
        write(chapter, *about)
        if not chapter.sidecars:
            raise BadInput(_unknown(name, folder, chapter.names))
        (figure,) = chapter.sidecars
        citing.write_sidecar(figure, place)
    return citing.bibtex(name, figure["title"], figure["texts"], citing.commit())


def _chapter_of(name: str, folder: Folder, example: Example) -> tuple[Any, ...]:
    """Return the function that writes the chapter with this figure, and its argument."""
    found, _ = experiments_in(folder)
    if stems := [stem for stem in found if name.startswith(f"{stem}_")]:
        return chapters.one_experiment, prepare(max(stems, key=len), folder)
    if name.startswith("failures_"):
        whole = [made for made in (prepare(stem, folder) for stem in found) if not made.experiment.by_itself]
        return chapters.across, whole
    others = {chapters.TIMED: chapters.timed, chapters.COMPARED: chapters.compared}
    return (next((write for names, write in others.items() if name in names), example.picture),)


def _unknown(name: str, folder: Folder, near: list[str]) -> str:
    """Return the error line with similar names of figures."""
    there = sorted({*near, *(path.stem for path in (folder.path / "figures").glob("*.json"))})
    like = get_close_matches(name, there, n=3) or there
    return f"only must be a figure such as {', '.join(like)}, was {name}"

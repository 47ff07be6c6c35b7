"""A whole report: every table, figure and page from the rows in a folder, and parts of the README and docs/."""

import gc
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import active_children, get_context
from pathlib import Path

import pandas as pd
import torch
from rich.progress import track

from backprop86.engines.cores import cores
from backprop86.engines.recipe import BadInput
from backprop86.judging import ledger
from backprop86.report import chapters, citing, deposit, findings, pages
from backprop86.report.aside import WHOLE_PAGE, aside
from backprop86.report.claims_page import claims_page
from backprop86.report.escaping import in_csv
from backprop86.report.gallery import gallery
from backprop86.report.library import is_replayed
from backprop86.report.material import Folder, Material, concatenated
from backprop86.report.page import Part
from backprop86.report.watching import typical
from backprop86.running.cli import stop_as_ctrl_c
from backprop86.running.runs import read
from backprop86.running.schema import command
from backprop86.running.settings import PUBLISHED, as_written, stems, title_of


@dataclass(frozen=True)
class Example:
    """One training step, made in `explaining`: its page, an excerpt of the page, and its picture."""

    page: Callable[[], list[Part]]
    excerpt: Callable[[list[Part]], str]
    picture: Callable[[chapters.Chapter], None]


@dataclass
class Report:
    """A finished report: the ledger of claims, with words, and notes on its rows."""

    claims: pd.DataFrame
    notes: list[str]


def report(
    output: str | Path,
    example: Example,
    source: str | Path | None = None,
    processes: int | None = None,
    more: bool = False,
) -> Report:
    """Make the whole report of the rows in <source>/runs, in <output>; without a source, <output> is the source.

    The bytes do not depend on the number of processes. A report that fails leaves some files: `publish` makes it aside.
    `more`: also figures as SVG, tables in LaTeX and a self-contained page, which git ignores.
    """
    output, folder = Path(output), folder_of(source or output)
    place = output, folder, more
    found, notes = experiments_in(folder)
    with workers(min(processes or cores(), len(found))) as each:
        longest_first = sorted(found, key=lambda stem: folder.runs_file(stem).stat().st_size, reverse=True)
        judged, step = each(partial(chapters.judged_and_written, place=place), longest_first), example.page()
        of_each = {one.stem: (one, figures) for one, figures in told(judged, "judging and drawing", len(found))}
        made = [of_each[stem][0] for stem in found]
        whole = [one for one in made if not one.experiment.by_itself]
        by_others = chapters.timed, chapters.timed_on_card, chapters.compared, chapters.contested
        works: list[tuple] = [(chapters.across, whole), *((chapter,) for chapter in by_others)]
        todo = [partial(chapters.written, *work, place=place) for work in [*works, (example.picture,)]]
        sidecars = [*chain(*(of_each[stem][1] for stem in found), *told(each(_call, todo), "drawing", len(todo)))]
    claims = concatenated([one.judged for one in whole])
    about = [note for one in made for note in one.notes]
    write_pages(output, folder, claims, made, sidecars, step, about, more)
    return Report(claims, notes + about)


def _call(work: Callable[[], list]) -> list:
    return work()


def folder_of(source: str | Path) -> Folder:
    """Return the folder of rows; the checkout's results/ is the published folder."""
    return Folder(Path(source), Path(source).resolve() == PUBLISHED)


def experiments_in(folder: Folder) -> tuple[list[str], list[str]]:
    """Return the experiments with rows, and lines on those left out; BadInput if published rows are missing."""
    found = [stem for stem in stems() if folder.runs_file(stem).is_file()]
    absent = [stem for stem in stems() if stem not in found]
    by_itself = {stem: as_written(stem).get("by_itself") for stem in absent}
    needed = [stem for stem in absent if not by_itself[stem]]
    if needed and (folder.published or not found):
        made = command(needed[0], folder.name)
        raise BadInput(f"{folder.runs_file(needed[0])} does not exist: {made} makes it")
    notes = [f"left out: {stem} (make {how} makes it, in results/)" for stem, how in by_itself.items() if how]
    if needed:
        how = command("...", folder.name)
        notes.insert(0, f"left out: {', '.join(needed)} ({how} makes the rows of one)")
    for path in sorted((folder.path / "runs").glob("*.parquet")):
        if path.stem not in found:
            notes.append(f"left out: {path.name} (there is no conf/experiment/{path.stem}.yaml)")
    by_others = {"make bench": chapters.TIMED, "make compare": chapters.COMPARED, "make contest": chapters.CONTESTED}
    for how, names in by_others.items():
        if not chapters.are_there(folder, names):
            notes.append(f"left out: tables/{names[0]}.csv and everything made from it ({how} makes it, in results/)")
    return found, notes


@contextmanager
def workers(processes: int) -> Iterator[Callable[..., Iterable]]:
    """Yield a `map` that works in `processes` processes, one thread each, and keeps the order."""
    if processes == 1:
        yield map
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin) as pool:
        try:
            yield pool.map
        except BaseException:
            for process in active_children():
                process.terminate()  # as Ctrl-C: finished work is saved
            pool.shutdown(cancel_futures=True)
            raise


def _begin() -> None:
    """Prepare a new process: one thread, and no garbage collection of the imported modules."""
    stop_as_ctrl_c()
    torch.set_num_threads(1)
    gc.freeze()


def told(found: Iterable, doing: str, n: int) -> list:
    """Return the results in a list, behind a progress bar."""
    return list(track(found, f"{doing:<19}", n))


def write_pages(
    output: Path,
    folder: Folder,
    claims: pd.DataFrame,
    made: list[Material],
    sidecars: list[dict],
    step: list[Part],
    notes: list[str],
    more: bool,
) -> None:
    """Write the ledger, the bibliography, the numbers for LaTeX, and the gallery."""
    titles = {one.stem: one.experiment.title for one in made}
    (output / "claims.csv").write_text(in_csv(with_settings(claims, made)), "utf-8", newline="\n")
    page = claims_page(claims, titles, notes, folder.name)
    (output / "claims.md").write_text(page, "utf-8")
    citing.write(sidecars, claims, output)
    for name, embedded in (("index.html", False), (WHOLE_PAGE, True))[: 2 if more else 1]:
        page = gallery(claims, sidecars, titles, output, step, notes, folder.name, embedded)
        (output / name).write_text(page, "utf-8")
    deposit.write(output, folder, titles)


def with_settings(claims: pd.DataFrame, made: list[Material]) -> pd.DataFrame:
    """Return the ledger, with a column of changed settings where rows have other settings than their file."""
    other = {(one.stem, reading): how for one in made for reading, how in one.other_settings.items()}
    rows = zip(claims["stem"], claims["name"], strict=True)
    return claims.assign(other_settings=[other.get(row, "") for row in rows]) if other else claims


def pages_of(claims: pd.DataFrame, output: Path, example: Example) -> dict[Path, str]:
    """Return the pages outside results/ that the report fills, from the files in `output`."""
    titles = {stem: title_of(stem) for stem in stems()}
    rows = folder_of(PUBLISHED).runs_file
    watched = {stem: typical(rows(stem)) for stem in stems() if is_replayed(stem)}
    sources = pages.Sources(claims, output, titles, example.excerpt(example.page()), watched)
    runs = read(rows(findings.STEM))
    made = {page: pages.filled(page.read_text("utf-8"), page, sources) for page in pages.written_by_hand()}
    trees = findings.page(claims, runs, output / "tables")
    return made | {findings.PAGE: pages.filled(trees, findings.PAGE, sources)}


def pages_of_results(example: Example) -> dict[Path, str]:
    """Return the README and docs/ filled from results/ as it is, in seconds where a report takes minutes."""
    return pages_of(ledger.read(PUBLISHED / "claims.csv"), PUBLISHED, example)


def stale(example: Example, results: Path = PUBLISHED, processes: int | None = None) -> list[str]:
    """Return the files of results/, and the pages outside, that its runs do not reproduce; files on demand do not
    count.
    """
    more = (results / WHOLE_PAGE).is_file()
    with tempfile.TemporaryDirectory() as folder:
        claims = report(folder, example, results, processes, more).claims
        outside = pages_of(claims, Path(folder), example) if results == PUBLISHED else {}
        made = {place: (Path(folder) / place).read_bytes() for place in deposit.made_in(Path(folder))}
    there = deposit.made_in(results)
    wrong = [f"{place} is missing" for place in made.keys() - there]
    wrong += [f"{place} is stale" for place in made.keys() & there if (results / place).read_bytes() != made[place]]
    wrong += [f"{place} is made by nothing" for place in there - made.keys() - {*deposit.WRITTEN}]
    for page, text in outside.items():
        if not page.is_file() or page.read_text("utf-8") != text:
            wrong.append(f"{page.relative_to(pages.ROOT).as_posix()} is stale")
    return sorted(wrong)


def check_output(output: str) -> None:
    """Raise BadInput, in one line, if a report cannot be written there; create nothing."""
    if not (Path(output) / "runs").is_dir():
        made = command("symmetry", output)
        raise BadInput(f"output must be a folder that holds rows in runs/, was {output} ({made} makes one)")
    for place in (Path(output), Path(output) / "figures", Path(output) / "tables"):
        try:
            if place.exists():
                tempfile.TemporaryFile(dir=place).close()
        except OSError as error:
            raise BadInput(f"output must be a folder that can be written to, was {place} ({error.strerror})") from error


def publish(output: str, example: Example, processes: int | None = None, more: bool = False) -> None:
    """Make the report, and for the committed results the pages of the checkout; print what was left out.

    A report that fails, or is killed, leaves the old report intact.
    """
    check_output(output)
    with aside(Path(output)) as folder:
        made = report(folder, example, output, processes, more)
        outside = pages_of(made.claims, folder, example) if folder_of(output).published else {}
    for page, text in outside.items():
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, "utf-8")
    print("\n".join([*made.notes, f"tables, figures, claims and the gallery are in {output}/"]))

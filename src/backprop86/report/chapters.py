"""Chapters of a report, its figures and tables: of one experiment, across all, and of timings by other scripts."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from matplotlib.figure import Figure

from backprop86.gradients import contest, survey
from backprop86.report import citing, curves, measured, style, tables
from backprop86.report import failures as atlas
from backprop86.report.material import Folder, Material, prepare
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs
from backprop86.running.schema import command as rows_command

CAPTIONS: dict[str, str] = yaml.safe_load((Path(__file__).parent / "captions.yaml").read_text("utf-8"))
TIMED = ("benchmark", "benchmark_growth", "benchmark_parts", "memory")
ON_CARD = ("benchmark_gpu",)
COMPARED = ("autograd", "autograd_paths", "autograd_cost")
CONTESTED = ("gradcheck_entries",)
"""Tables that do not come from runs: benchmark.py, check_gpu.py, compare_autograd.py and contest.py make them; reports
copy them."""
COLUMNS = 2
"""The most readings with loss curves side by side."""


@dataclass
class Chapter:
    """A folder to write to, the folder of rows, and the sidecars of the written figures.

    more: also figures as SVG and tables in LaTeX. only: the one figure to write; all if it is empty.
    """

    output: Path
    folder: Folder
    more: bool = False
    only: str = ""
    sidecars: list[dict[str, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # the names of all figures, written or not

    def figure(
        self, name: str, figure: Figure, caption: str, claims: list[Claim], runs: list[Runs], sources: dict[str, str]
    ) -> None:
        """Save a figure, and note its sidecar. sources: each file behind the figure, and the command that makes it."""
        self.names.append(name)
        if self.only in ("", name):
            style.save(figure, self.output / "figures", name, self.more)
            how = f"{tables.report_command(self.folder.name)} --only {name}"
            found = [citing.Source(file, digest(self.folder.path / file), made) for file, made in sources.items()]
            self.sidecars.append(citing.sidecar(name, caption, claims, runs, found, how))

    def table(self, table: pd.DataFrame, name: str, first: int | None = None) -> None:
        """Write a table."""
        if not self.only:
            tables.write_table(table, self.output / "tables", name, first, self.more)


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def one_experiment(chapter: Chapter, made: Material) -> None:
    """Write the table and the figures of one experiment."""
    experiment, runs, stem = made.experiment, made.runs(), made.stem
    how = f"make {experiment.by_itself}" if experiment.by_itself else rows_command(stem, made.folder.name)
    sources = {rows_of(stem): how}
    chapter.table(made.table, stem, 40 if experiment.by_itself else None)
    claims = [claim for claim in experiment.claims if claim.id in set(made.judged["claim"])]
    so = f" Not with the settings of conf/experiment/{stem}.yaml: {_settings(made)}." if made.other_settings else ""
    captions = {caption.name: caption for caption in experiment.figures}
    for name, figure in made.figures.items():
        about = [claim for claim in claims if claim.id in captions[name].claims]
        chapter.figure(f"{stem}_{name}", figure, captions[name].says + so, about, [runs], sources)
    if not (experiment.axes or experiment.by_itself):
        learning(chapter, made, runs, so, sources)


def learning(chapter: Chapter, made: Material, runs: Runs, so: str, sources: dict[str, str]) -> None:
    """Draw the shares of runs that have learned, if any has, and the loss curves of one or two readings."""
    experiment, printed = made.experiment, printed_of(made.experiment.claims, runs.readings)
    words = {"title": experiment.title, "learned": CAPTIONS[f"learned_{experiment.recipe.criterion}"]}
    if runs.rows["learned"].any():
        about = [claim for claim in experiment.claims if claim.id in set(made.judged["claim"])]
        about = [claim for claim in about if claim.column in ("sweeps", "learned")]
        with_words = {name: printed.get(name, []) for name in curves.labelled(experiment, runs)}
        figure, says = curves.sweeps_figure(runs, experiment, printed), told("sweeps", with_words, words)
        chapter.figure(f"{made.stem}_sweeps", figure, says + so, about, [runs], sources)
    drawn = {name: printed.get(name, []) for name in experiment.drawn or {} if name in runs.readings}
    if drawn := dict(list(drawn.items())[:COLUMNS]):
        figure, says = curves.learning_figure(runs, experiment, drawn), told("curves", drawn, words)
        chapter.figure(f"{made.stem}_curves", figure, says + so, [], [runs], sources)


def printed_of(claims: list[Claim], readings: list[str]) -> dict[str, list[float]]:
    """Return the printed numbers of sweeps for each reading."""
    about = {name: [claim for claim in claims if name in claim.matching(readings)] for name in readings}
    return {name: sorted(set(tables.printed_sweeps(some))) for name, some in about.items()}


def told(name: str, printed: dict[str, list[float]], words: dict[str, str]) -> str:
    """Return a caption that explains the vertical lines, if there are any."""
    lines = [CAPTIONS["lines"]] if any(printed.values()) else []
    return " ".join([CAPTIONS[name].format(**words), *lines])


def _settings(made: Material) -> str:
    """Return the changed settings, each change once, with its readings where there are several."""
    ways: dict[str, list[str]] = {}
    for reading, told in made.other_settings.items():
        ways.setdefault(told, []).append(reading)
    alone = len(ways) == 1
    return "; ".join(told if alone else f"{told} ({', '.join(readings)})" for told, readings in ways.items())


def across(chapter: Chapter, every: list[Material]) -> None:
    """Write the atlas of failures."""
    if not every:
        return
    runs = {made.experiment.problem: made.runs() for made in every}
    titles = {made.stem: made.experiment.title for made in every}
    found, folder = atlas.table(list(runs.values())), every[0].folder.name
    sources = {rows_of(made.stem): rows_command(made.stem, folder) for made in every}
    other = ", ".join(made.stem for made in every if made.other_settings)
    so = f" Not with the settings of conf/: {other}." if other else ""
    chapter.table(found, "failures")
    chapter.table(atlas.meanings(found), "failure_kinds")
    drawn = {"failures_counts": atlas.counts(found, titles), "failures_kinds": atlas.examples(runs, found, titles)}
    for name, figure in drawn.items():
        if figure.axes:  # without failures there is no example to draw
            chapter.figure(name, figure, CAPTIONS[name] + so, [], list(runs.values()), sources)


def timed(chapter: Chapter) -> None:
    """Write the benchmark, if its tables exist."""
    if found := _passed_on(chapter, TIMED):
        sources = dict.fromkeys([f"tables/{name}.csv" for name in TIMED[:2]], "make bench")
        chapter.figure("benchmark", measured.speeds_figure(*found[:2]), CAPTIONS["benchmark"], [], [], sources)


def timed_on_card(chapter: Chapter) -> None:
    """Write the table of a graphics card, if it exists."""
    _passed_on(chapter, ON_CARD)


def compared(chapter: Chapter) -> None:
    """Write the comparison with autograd, if its tables exist."""
    if not (found := _passed_on(chapter, COMPARED)):
        return
    table, paths, _ = found
    chapter.table(survey.summary(table), "autograd_oracles")
    chapter.table(survey.paths_summary(paths), "autograd_runs")
    drawn = {"autograd": measured.ulp_figure(table), "autograd_paths": measured.paths_figure(paths)}
    for name, figure in drawn.items():
        chapter.figure(name, figure, CAPTIONS[name], [], [], {f"tables/{name}.csv": "make compare"})


def contested(chapter: Chapter) -> None:
    """Write the contest of gradient checkers, if its tables exist."""
    if found := _passed_on(chapter, CONTESTED):
        chapter.table(contest.summary(found[0].fillna({"mistake": "", "cause": ""})), "gradcheck")


def rows_of(stem: str) -> str:
    """Return the place of the rows of an experiment in the folder of results."""
    return f"runs/{stem}.parquet"


def are_there(folder: Folder, names: tuple[str, ...]) -> bool:
    """Return whether another script has made these tables."""
    return all((folder.path / "tables" / f"{name}.csv").is_file() for name in names)


def _passed_on(chapter: Chapter, names: tuple[str, ...]) -> list[pd.DataFrame]:
    """Copy the tables of another script, and return them; none if one is missing."""
    if not are_there(chapter.folder, names):
        return []
    found = [pd.read_csv(chapter.folder.path / "tables" / f"{name}.csv") for name in names]
    for name, table in zip(names, found, strict=True):
        chapter.table(table, name, measured.LONG.get(name))
    return found


def judged_and_written(stem: str, place: tuple[Path, Folder, bool]) -> tuple[Material, list[dict[str, Any]]]:
    """Judge an experiment and write its chapter, with rows read once; return its material and its sidecars."""
    made = prepare(stem, place[1])
    return made.to_pass_on(), written(one_experiment, made, place=place)


def written(write: Callable[..., None], *about: Any, place: tuple[Path, Folder, bool]) -> list[dict[str, Any]]:
    """Write a chapter; return the sidecars of its figures. place: the output folder, the folder of rows, and `more`."""
    chapter = Chapter(*place)
    write(chapter, *about)
    return chapter.sidecars

"""The figures and tables of a report: those of one experiment, those across all, and those that other scripts time."""

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
from backprop86.report.figures_of import own_figures
from backprop86.report.material import Folder, Material
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs

CAPTIONS: dict[str, str] = yaml.safe_load((Path(__file__).parent / "captions.yaml").read_text("utf-8"))
TIMED = ("benchmark", "benchmark_growth", "memory")
COMPARED = ("autograd", "autograd_paths", "autograd_cost")
CONTESTED = ("gradcheck_entries",)
"""Tables that no runs give: benchmark.py, compare_autograd.py and contest.py make them; they are passed on as is."""
COLUMNS = 2
"""The most readings whose loss curves stand side by side."""


@dataclass
class Chapter:
    """A folder to write to, and the sidecars of the figures that were written."""

    output: Path
    svg: bool = False
    sidecars: list[dict[str, Any]] = field(default_factory=list)

    def figure(self, name: str, figure: Figure, caption: str, claims: list[Claim], runs: list[Runs], how: str) -> None:
        """Save a figure, and note what its sidecar says."""
        style.save(figure, self.output / "figures", name, self.svg)
        self.sidecars.append(citing.sidecar(name, caption, claims, runs, how))

    def table(self, table: pd.DataFrame, name: str, first: int | None = None) -> None:
        """Write a table."""
        tables.write_table(table, self.output / "tables", name, first, self.svg)


def one_experiment(chapter: Chapter, made: Material) -> None:
    """Write the table and the figures of one experiment."""
    experiment, runs, stem = made.experiment, made.runs(), made.stem
    how = f"make {experiment.by_itself}" if experiment.by_itself else tables.command(stem, made.folder.name)
    chapter.table(made.table, stem, 40 if experiment.by_itself else None)
    claims = [claim for claim in experiment.claims if claim.id in set(made.judged["claim"])]
    so = f" Not with the settings of conf/experiment/{stem}.yaml: {_settings(made)}." if made.other_settings else ""
    captions = {caption.name: caption for caption in experiment.figures}
    for name, figure in own_figures(stem, runs).items() if made.is_drawn else ():
        about = [claim for claim in claims if claim.id in captions[name].claims]
        chapter.figure(f"{stem}_{name}", figure, captions[name].says + so, about, [runs], how)
    if not (experiment.axes or experiment.by_itself):
        learning(chapter, made, runs, so, how)


def learning(chapter: Chapter, made: Material, runs: Runs, so: str, how: str) -> None:
    """Write the shares of runs that have learned, if any has, and the loss curve of one or two readings."""
    experiment, printed = made.experiment, printed_of(made.experiment.claims, runs.readings)
    words = {"title": experiment.title, "learned": CAPTIONS[f"learned_{experiment.recipe.criterion}"]}
    if runs.rows["learned"].any():
        about = [claim for claim in experiment.claims if claim.id in set(made.judged["claim"])]
        about = [claim for claim in about if claim.column in ("sweeps", "learned")]
        figure, says = curves.sweeps_figure(runs, experiment, printed), told("sweeps", printed, words)
        chapter.figure(f"{made.stem}_sweeps", figure, says + so, about, [runs], how)
    drawn = {name: printed.get(name, []) for name in experiment.drawn or {} if name in runs.readings}
    if drawn := dict(list(drawn.items())[:COLUMNS]):
        figure, says = curves.learning_figure(runs, experiment, drawn), told("curves", drawn, words)
        chapter.figure(f"{made.stem}_curves", figure, says + so, [], [runs], how)


def printed_of(claims: list[Claim], readings: list[str]) -> dict[str, list[float]]:
    """Return the numbers of sweeps that the texts print of each reading."""
    about = {name: [claim for claim in claims if name in claim.matching(readings)] for name in readings}
    return {name: sorted(set(tables.printed_sweeps(some))) for name, some in about.items()}


def told(name: str, printed: dict[str, list[float]], words: dict[str, str]) -> str:
    """Return a caption, which names vertical lines where there are some."""
    lines = [CAPTIONS["lines"]] if any(printed.values()) else []
    return " ".join([CAPTIONS[name].format(**words), *lines])


def _settings(made: Material) -> str:
    """Return the settings that differ, each way they do once, with its readings where there are several."""
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
    found, how = atlas.table(list(runs.values())), tables.report_command(every[0].folder.name)
    other = ", ".join(made.stem for made in every if made.other_settings)
    so = f" Not with the settings of conf/: {other}." if other else ""
    chapter.table(found, "failures")
    chapter.table(atlas.meanings(found), "failure_kinds")
    drawn = {"failures_counts": atlas.counts(found, titles), "failures_kinds": atlas.examples(runs, found, titles)}
    for name, figure in drawn.items():
        if figure.axes:  # no kind of failure has an example where every run learned
            chapter.figure(name, figure, CAPTIONS[name] + so, [], list(runs.values()), how)


def timed(chapter: Chapter, folder: Folder) -> None:
    """Write the benchmark, if it has been run."""
    if found := _passed_on(chapter, folder, TIMED):
        chapter.figure("benchmark", measured.speeds_figure(*found[:2]), CAPTIONS["benchmark"], [], [], "make bench")


def compared(chapter: Chapter, folder: Folder) -> None:
    """Write the comparison with autograd, if it has been run."""
    if not (found := _passed_on(chapter, folder, COMPARED)):
        return
    table, paths, _ = found
    chapter.table(survey.summary(table), "autograd_oracles")
    chapter.table(survey.paths_summary(paths), "autograd_runs")
    chapter.figure("autograd", measured.ulp_figure(table), CAPTIONS["autograd"], [], [], "make compare")
    chapter.figure("autograd_paths", measured.paths_figure(paths), CAPTIONS["autograd_paths"], [], [], "make compare")


def contested(chapter: Chapter, folder: Folder) -> None:
    """Write the contest of gradient checkers, if it has been held."""
    if found := _passed_on(chapter, folder, CONTESTED):
        chapter.table(contest.summary(found[0].fillna({"mistake": "", "cause": ""})), "gradcheck")


def are_there(folder: Folder, names: tuple[str, ...]) -> bool:
    """Return whether another script has made these tables."""
    return all((folder.path / "tables" / f"{name}.csv").is_file() for name in names)


def _passed_on(chapter: Chapter, folder: Folder, names: tuple[str, ...]) -> list[pd.DataFrame]:
    """Write the tables of another script as they are, and return them; none if one is not there."""
    if not are_there(folder, names):
        return []
    found = [pd.read_csv(folder.path / "tables" / f"{name}.csv") for name in names]
    for name, table in zip(names, found, strict=True):
        chapter.table(table, name, measured.LONG.get(name))
    return found


def written(write: Callable[..., None], output: Path, svg: bool, *about: Any) -> list[dict[str, Any]]:
    """Write a chapter; return the sidecars of its figures."""
    chapter = Chapter(output, svg)
    write(chapter, *about)
    return chapter.sidecars

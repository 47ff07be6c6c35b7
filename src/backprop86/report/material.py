"""The material of a report: the rows of one experiment, checked and judged, and the figures of its problem.

In results/ the rows must have the settings of conf/. In another folder they may have other settings, or only some
readings; notes name every difference and everything left out.
"""

import fnmatch
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.judging.ledger import COLUMNS, ledger
from backprop86.report import tables
from backprop86.report.escaping import check_names
from backprop86.report.figures_of import own_figures, own_table
from backprop86.running.claim import Claim
from backprop86.running.experiment import Caption, Experiment
from backprop86.running.runs import Runs, differences, read, same_recipes
from backprop86.running.schema import NAME, command
from backprop86.running.settings import load

COUNTED_ON = ("network", "sweeps", "start", "held_out")
"""Settings that the figures of a problem, and their titles, rely on."""
SHOWN = 3
"""The most names to list; the rest is counted."""


@dataclass(frozen=True)
class Folder:
    """A folder of rows; the published ones must be whole."""

    path: Path
    published: bool

    def runs_file(self, stem: str) -> Path:
        """Return the path of the file with an experiment's rows."""
        return self.path / "runs" / f"{stem}.parquet"

    @property
    def name(self) -> str:
        """The folder's name in commands; results/ keeps its name wherever the checkout is."""
        return "results" if self.published else str(self.path)


@dataclass
class Material:
    """One experiment: its judged claims, its table, and notes on its rows."""

    experiment: Experiment
    folder: Folder
    readings: list[str]
    judged: pd.DataFrame
    table: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    other_settings: dict[str, str] = field(default_factory=dict)  # reading -> the settings that differ from its file's
    figures: dict[str, Figure] = field(default_factory=dict)  # of its problem; empty if they are left out
    rows: Runs | None = None

    @property
    def stem(self) -> str:
        """The name of the experiment."""
        return self.experiment.stem

    def runs(self) -> Runs:
        """Return the reported rows, read again where they are not at hand."""
        return self.rows or _only(read(self.folder.runs_file(self.stem)), self.readings)

    def to_pass_on(self) -> "Material":
        """Return the material without rows and figures: to pass them to another process takes longer than to read."""
        return replace(self, figures={}, rows=None)


def prepare(stem: str, folder: Folder) -> Material:
    """Judge the rows of an experiment; BadInput, in one line, for unusable rows, claims or captions."""
    experiment = load(stem, output=folder.path).experiment
    recipes = {name: experiment.recipe_of(name) for name in experiment.every_reading}
    runs, notes = usable(experiment, recipes, folder)
    recipes = {name: recipe for name, recipe in recipes.items() if name in runs.readings}
    differ = differences(runs, recipes)
    other, said = in_words(stem, differ)
    whole = not other and runs.readings == list(experiment.every_reading)
    if whole:
        judged = concatenated([ledger(experiment.claims, runs, experiment)])
    else:
        judged, left = judged_as_far_as_can_be(experiment, runs)
        notes += [f"left out: {_some(left, 'claims')} of {stem}, which need other readings or measures"] if left else []
    check_names(f"conf/experiment/{stem}.yaml", [*judged["claim"].unique(), *judged["name"].unique()])
    table = _table(experiment, runs, other)
    made = Material(experiment, folder, runs.readings, judged, table, said + notes, other, rows=runs)
    if why := not_drawn(experiment, runs, {name for _, name, _, _ in differ}):
        made.notes.append(f"left out: the figures of {stem} beside sweeps and curves: {why}")
    else:
        _draw(made, runs)
    return made


def usable(experiment: Experiment, recipes: dict[str, Recipe], folder: Folder) -> tuple[Runs, list[str]]:
    """Return the rows of the readings that can be reported, and lines about the others."""
    runs, stem = read(folder.runs_file(experiment.stem)), experiment.stem
    if folder.published or experiment.by_itself:
        same_recipes(runs, recipes, folder.name)
        return runs, []
    absent = [name for name in experiment.every_reading if name not in runs.readings]
    again = f"({command(stem, folder.name)} makes them)"
    notes = [f"left out: {_some(absent, 'readings')} of {stem}, without rows {again}"] if absent else []
    if own := [name for name in runs.readings if name not in experiment.every_reading]:
        if strange := [name for name in own if not NAME.fullmatch(name)]:
            raise BadInput(f"a reading must be named with letters, digits and . / + - _, was {strange[0]}")
        notes.append(f"{stem}, {_some(own, 'readings')}: not in conf/experiment/{stem}.yaml")
    return runs, notes


def _only(runs: Runs, readings: list[str]) -> Runs:
    parts = {name: runs.parts[name] for name in readings}
    return Runs(runs.stem, parts, {name: runs.about[name] for name in readings})


def in_words(stem: str, found: list[tuple[str, str, Any, Any]]) -> tuple[dict[str, str], list[str]]:
    """Return the differences of each reading's recipe, and a line for each setting with the readings it concerns."""
    by_reading: dict[str, list[str]] = {}
    by_setting: dict[tuple[str, str, str], list[str]] = {}
    for reading, name, here, there in found:
        by_reading.setdefault(reading, []).append(f"{name} {here}, not {there}")
        by_setting.setdefault((name, str(here), str(there)), []).append(reading)
    lines = [
        f"{stem}, {_some(readings, 'readings')}: {name} is {here} here, {there} in conf/experiment/{stem}.yaml"
        for (name, here, there), readings in by_setting.items()
    ]
    return {reading: "; ".join(told) for reading, told in by_reading.items()}, lines


def _some(names: list[str], kind: str) -> str:
    """Return the names, or the first few and the number of the others."""
    others = f" and {len(names) - SHOWN:,} other {kind}" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + others


def judged_as_far_as_can_be(experiment: Experiment, runs: Runs) -> tuple[pd.DataFrame, list[str]]:
    """Return the ledger of the claims with rows of their literal reading, and the names of the other claims."""
    judged, left = [], []
    for claim in experiment.claims:
        rows = [ledger([one], runs, experiment) for one in _one_by_one(claim, experiment, runs)]
        judged += rows
        left += [] if rows else [claim.id]
    return concatenated(judged), left


def concatenated(ledgers: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several ledgers; without any, a ledger without rows."""
    some = [rows for rows in ledgers if len(rows)]
    return pd.concat(some, ignore_index=True) if some else pd.DataFrame(columns=COLUMNS)


def _one_by_one(claim: Claim, experiment: Experiment, runs: Runs) -> list[Claim]:
    """Judge the claim under each reading with usable rows; return nothing if the first, literal reading has none."""
    every = list(experiment.every_reading)
    forms = claim.readings or claim.matching(every)
    if claim.kind == "curve":
        whole = [form for form in forms if set(fnmatch.filter(every, form)) <= set(runs.readings)]
        return [replace(claim, readings=[form]) for form in whole] if whole[:1] == forms[:1] else []
    found = []
    for k, reading in enumerate(name for form in forms for name in fnmatch.filter(every, form)):
        try:
            ledger([one := replace(claim, readings=[reading])], runs, experiment)
            found.append(one)
        except BadInput:  # the reading is missing, or does not measure this under other settings
            if k == 0:
                return []
    return found


def _table(experiment: Experiment, runs: Runs, other: dict[str, str]) -> pd.DataFrame:
    """Return the table of the experiment, with a column of the settings that differ from the file's."""
    if (own := own_table(experiment.stem, runs)) is not None:
        return own
    table = tables.sweeps_table(experiment.claims, runs, experiment)
    return table.assign(**{"other settings": table["name"].map(other).fillna("")}) if other else table


def not_drawn(experiment: Experiment, runs: Runs, changed: set[str]) -> str:
    """Return the reason why the problem's figures cannot show rows with changed settings; "" if they can."""
    if experiment.axes and not set(experiment.every_reading) <= set(runs.readings):
        return "they need every reading"
    counted_on = [name for name in COUNTED_ON if name in changed]
    return f"they count on {counted_on[0]} as in conf/experiment/{runs.stem}.yaml" if counted_on else ""


def _draw(made: Material, runs: Runs) -> None:
    """Draw the figures of the problem, unsaved, and check that each has a caption."""
    try:
        made.figures = own_figures(made.experiment.stem, runs)
    except BadInput as error:
        if made.folder.published:
            raise
        made.notes.append(f"left out: the figures of {made.stem} beside sweeps and curves: {error}")
    captions: list[Caption] = made.experiment.figures
    for name in made.figures:
        if name not in {caption.name for caption in captions}:
            there = ", ".join(caption.name for caption in captions) or "none"
            raise BadInput(
                f"figures in conf/experiment/{made.stem}.yaml must have a caption for {name}, were those of {there}"
            )

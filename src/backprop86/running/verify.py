"""Rows made anew and compared with those on disk, to the last bit.

verify("xor").differences == []
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backprop86.engines import ENGINES
from backprop86.engines.recipe import BadInput
from backprop86.running import runs
from backprop86.running.columns import FIRST, is_large
from backprop86.running.experiment import Experiment
from backprop86.running.progress import bars
from backprop86.running.provenance import Provenance, versions
from backprop86.running.settings import load
from backprop86.running.training import run_together, together

SEEDS = 20
"""The seeds of each reading that are trained anew unless others are asked for: its first."""
AT_ONCE = 1_000
"""The most runs that are trained side by side, so that a thousand seeds of many readings fit into memory."""
OF_A_ROW = FIRST[:3]
"""The columns that say which row it is."""


@dataclass(frozen=True)
class Difference:
    """The first value of a reading that is not the same, by seed and then by column."""

    stem: str
    reading: str
    seed: int
    column: str  # weights@end[3] where it stands in an array
    on_disk: Any
    anew: Any
    made_with: str  # what the rows were made with and is not the same here

    def __str__(self) -> str:
        """Return it as one line."""
        place = f"{self.stem}, reading {self.reading}, seed {self.seed}, column {self.column}"
        return f"{place}: {told(self.on_disk)} on disk, {told(self.anew)} made anew{self.made_with}"


@dataclass(frozen=True)
class Verified:
    """What was compared, and the first difference of each reading that has one."""

    readings: int
    runs: int
    compared: int  # values, each number of an array by itself
    differences: list[Difference]

    def __str__(self) -> str:
        """Return the first difference of each reading that has one, and a line about all."""
        return "\n".join([*map(str, self.differences), summary([self])])


def verify(
    stem: str, seeds: int | Sequence[int] = SEEDS, output: str | Path = "results", progress: bool = True
) -> Verified:
    """Train seeds of every reading of an experiment anew, and compare each value that its rows on disk hold.

    seeds: the first so many of each reading, or these. The engine is the one that made the rows. BadInput, in one line,
    if there are no rows, or they were made with other recipes than those of the experiment's file. A bar shows the
    progress, if it is to.
    """
    check_seeds(seeds)
    experiment, found = rows_of(stem, output)
    old = {reading: chosen(found, reading, seeds) for reading in found.readings}
    new = on_disk(stem, dict(trained(experiment, found, old, progress)), found)
    differences = []
    for reading, rows in old.items():
        if at := first_difference(rows, new[reading]):
            differences.append(Difference(stem, reading, *at, made_with(found.about[reading])))
    every = (value for rows in old.values() for name in measured(rows) for value in values(rows, name))
    compared = sum(np.size(value) for value in every if value is not None)
    return Verified(len(old), sum(map(len, old.values())), compared, differences)


def check_seeds(seeds: int | Sequence[int]) -> None:
    """Raise BadInput, in one line, if there is no seed to compare."""
    if (seeds < 1) if isinstance(seeds, int) else not len(seeds):
        was = seeds if isinstance(seeds, int) else "empty"
        raise BadInput(f"seeds must be a whole number of at least 1, or a list of seeds, was {was}")


def rows_of(stem: str, output: str | Path) -> tuple[Experiment, runs.Runs]:
    """Return an experiment and its rows; BadInput, in one line, if they are not there or not of its recipes."""
    settings = load(stem, output=output)
    experiment, found = settings.experiment, runs.read(settings.runs_file)
    runs.same_recipes(found, {name: experiment.recipe_of(name) for name in experiment.every_reading}, output)
    return experiment, found


def chosen(found: runs.Runs, reading: str, seeds: int | Sequence[int]) -> pd.DataFrame:
    """Return the rows of these seeds, or of the first so many, by seed."""
    rows = found.of(reading).sort_values("seed", ignore_index=True)
    if isinstance(seeds, int):
        return rows.iloc[:seeds]
    if absent := sorted(set(seeds) - set(rows["seed"])):
        raise BadInput(f"seeds must have rows of {found.stem}, reading {reading}, was {absent[0]}")
    return rows[rows["seed"].isin(seeds)].reset_index(drop=True)


def trained(
    experiment: Experiment, found: runs.Runs, old: dict[str, pd.DataFrame], progress: bool = True
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each reading with its rows made anew, with the weights and curves that are kept of the old ones."""
    alike: dict[tuple, list[str]] = defaultdict(list)
    for name, rows in old.items():
        engine = found.about[name].engine
        seeds = tuple(map(int, rows["seed"]))
        alike[seeds, engine if engine in ENGINES else "auto", str(together(found.recipe(name)))].append(name)
    with bars(progress) as shown:
        work = sum(len(rows) * (found.recipe(name).sweeps + 1) for name, rows in old.items())
        advance = partial(shown.advance, shown.add_task(experiment.stem, total=work))
        for (seeds, engine, _), every in alike.items():
            some = max(1, AT_ONCE // len(seeds))
            for names in (every[start : start + some] for start in range(0, len(every), some)):
                recipes, drawn = [found.recipe(name) for name in names], [experiment.goes_on(name) for name in names]
                parts = run_together(experiment.problem, recipes, list(seeds), engine, advance=advance, drawn=drawn)
                for name, part in zip(names, parts, strict=True):
                    part = runs.at_the_end(part) if experiment.numbers_only else part
                    yield name, kept_alike(runs.rounded(part), old[name])


def kept_alike(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Return new rows without the arrays that are not kept of the old ones, seed by seed."""
    large = [name for name in map(str, new) if is_large(name)]
    return new.assign(**{name: new[name].where(old[name].notna(), None) if name in old else None for name in large})


def on_disk(stem: str, parts: dict[str, pd.DataFrame], found: runs.Runs) -> dict[str, pd.DataFrame]:
    """Return rows as they are read back from a file, so that every value is of the type that it has there."""
    new = runs.Runs(stem, {}, {})
    for name in found.readings:
        new = new.having(name, parts[name], found.about[name], found.readings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{stem}.parquet"
        runs.write(new, path)
        return runs.read(path).parts


def first_difference(old: pd.DataFrame, new: pd.DataFrame) -> tuple[int, str, Any, Any] | None:
    """Return (seed, column, old value, new value) of the first value that is not the same; or none."""
    columns = list(dict.fromkeys(measured(old) + measured(new)))
    pairs = {name: list(zip(values(old, name), values(new, name), strict=True)) for name in columns}
    for row, seed in enumerate(old["seed"]):
        for name in columns:
            a, b = pairs[name][row]
            if bits(a) != bits(b):
                return int(seed), *narrowed(name, a, b)
    return None


def measured(rows: pd.DataFrame) -> list[str]:
    """Return the columns that are compared."""
    return [name for name in map(str, rows) if name not in OF_A_ROW]


def values(rows: pd.DataFrame, column: str) -> list[Any]:
    """Return the values of a column, None where one is missing or the column is not there."""
    if column not in rows:
        return [None] * len(rows)
    return [None if gone else value for value, gone in zip(rows[column], rows[column].isna(), strict=True)]


def bits(value: Any) -> Any:
    """Return what two values have in common if they are the same to the last bit; all NaN are one."""
    if isinstance(value, np.ndarray):
        return value.dtype, np.where(np.isnan(value), np.nan, value).tobytes()
    return repr(value)  # of numbers the shortest decimals that are theirs alone, with the sign of a zero


def narrowed(column: str, a: Any, b: Any) -> tuple[str, Any, Any]:
    """Return where two values differ, and the values there: of two arrays the first of their numbers."""
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and len(a) == len(b)):
        return column, a, b
    k = next(k for k in range(len(a)) if bits(a[k]) != bits(b[k]))
    return f"{column}[{k}]", a[k], b[k]


def told(value: Any) -> str:
    """Return a value as a line says it."""
    if isinstance(value, np.ndarray):
        return f"{len(value)} numbers"
    return "missing" if value is None else repr(value) if isinstance(value, str) else str(value)


def made_with(about: Provenance) -> str:
    """Return what made some rows and has another version here, in brackets; empty if nothing has."""
    here = versions(*({"numba"} & about.versions.keys()))
    other = [
        f"{name} {was}, here {here.get(name, 'none')}" for name, was in about.versions.items() if was != here.get(name)
    ]
    return f" (made with {'; '.join(other)})" if other else ""


def summary(found: Iterable[Verified]) -> str:
    """Return one line about several experiments: what was compared, and how much of it differs."""
    found = list(found)
    readings, trained, values = (sum(getattr(one, name) for one in found) for name in ("readings", "runs", "compared"))
    of_each = Counter(difference.stem for one in found for difference in one.differences)
    compared = f"{readings:,} readings, {trained:,} runs, {values:,} values"
    differ = ", ".join(f"{n:,} of {stem}" for stem, n in of_each.items())
    return f"{compared}; readings that differ: {differ}" if differ else f"{compared}: all equal"

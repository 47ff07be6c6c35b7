"""Training rows anew and comparing them with the rows on disk, to the last bit.

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
"""The default number of first seeds of each reading to train anew."""
AT_ONCE = 1_000
"""The most runs to train side by side, so that a thousand seeds of many readings fit into memory."""
OF_A_ROW = FIRST[:3]
"""The columns that identify a row."""


@dataclass(frozen=True)
class Difference:
    """The first value of a reading that differs, by seed and then by column."""

    stem: str
    reading: str
    seed: int
    column: str  # weights@end[3] for a number in an array
    on_disk: Any
    anew: Any
    made_with: str  # the software that is of another version here

    def __str__(self) -> str:
        """Return the difference in one line."""
        place = f"{self.stem}, reading {self.reading}, seed {self.seed}, column {self.column}"
        return f"{place}: {told(self.on_disk)} on disk, {told(self.anew)} made anew{self.made_with}"


@dataclass(frozen=True)
class Verified:
    """The result of a comparison: counts, and the first difference of each reading that has one."""

    readings: int
    runs: int
    compared: int  # values, with each number of an array
    differences: list[Difference]

    def __str__(self) -> str:
        """Return the first difference of each reading that has one, and a closing line."""
        return "\n".join([*map(str, self.differences), summary([self])])


def verify(
    stem: str, seeds: int | Sequence[int] = SEEDS, output: str | Path = "results", progress: bool = True
) -> Verified:
    """Train seeds of every reading of an experiment anew, and compare every value with its rows on disk.

    seeds: the number of first seeds of each reading, or a list of seeds. progress: show a bar. The engine is that of
    the rows, or one that gives the same bits. Raises BadInput, in one line, if there are no rows, or their recipes
    differ from the experiment's file.
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
    """Return an experiment and its rows; BadInput, in one line, if they are missing or have other recipes."""
    settings = load(stem, output=output)
    experiment, found = settings.experiment, runs.read(settings.runs_file)
    runs.same_recipes(found, {name: experiment.recipe_of(name) for name in experiment.every_reading}, output)
    return experiment, found


def chosen(found: runs.Runs, reading: str, seeds: int | Sequence[int]) -> pd.DataFrame:
    """Return the rows of these seeds, or of a number of first seeds, by seed."""
    rows = found.of(reading).sort_values("seed", ignore_index=True)
    if isinstance(seeds, int):
        return rows.iloc[:seeds]
    if absent := sorted(set(seeds) - set(rows["seed"])):
        raise BadInput(f"seeds must have rows of {found.stem}, reading {reading}, was {absent[0]}")
    return rows[rows["seed"].isin(seeds)].reset_index(drop=True)


def trained(
    experiment: Experiment, found: runs.Runs, old: dict[str, pd.DataFrame], progress: bool = True
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each reading with its new rows, which keep the same weights and curves as the old rows."""
    alike: dict[tuple, list[str]] = defaultdict(list)
    for name, rows in old.items():
        engine = found.about[name].engine
        engine = "fused" if engine == "cuda" else engine  # it gives the same bits, without a card
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
    """Return new rows without the arrays that the old rows lack, seed by seed."""
    large = [name for name in map(str, new) if is_large(name)]
    return new.assign(**{name: new[name].where(old[name].notna(), None) if name in old else None for name in large})


def on_disk(stem: str, parts: dict[str, pd.DataFrame], found: runs.Runs) -> dict[str, pd.DataFrame]:
    """Return rows as a file would return them, so that every value has the type it has there."""
    new = runs.Runs(stem, {}, {})
    for name in found.readings:
        new = new.having(name, parts[name], found.about[name], found.readings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{stem}.parquet"
        runs.write(new, path)
        return runs.read(path).parts


def first_difference(old: pd.DataFrame, new: pd.DataFrame) -> tuple[int, str, Any, Any] | None:
    """Return (seed, column, old value, new value) of the first value that differs; or None."""
    columns = list(dict.fromkeys(measured(old) + measured(new)))
    pairs = {name: list(zip(values(old, name), values(new, name), strict=True)) for name in columns}
    for row, seed in enumerate(old["seed"]):
        for name in columns:
            a, b = pairs[name][row]
            if bits(a) != bits(b):
                return int(seed), *narrowed(name, a, b)
    return None


def measured(rows: pd.DataFrame) -> list[str]:
    """Return the columns to compare."""
    return [name for name in map(str, rows) if name not in OF_A_ROW]


def values(rows: pd.DataFrame, column: str) -> list[Any]:
    """Return the values of a column, None for a missing value or a missing column."""
    if column not in rows:
        return [None] * len(rows)
    return [None if gone else value for value, gone in zip(rows[column], rows[column].isna(), strict=True)]


def bits(value: Any) -> Any:
    """Return a key that two values share exactly if they are the same to the last bit; all NaN count as the same."""
    if isinstance(value, np.ndarray):
        return value.dtype, np.where(np.isnan(value), np.nan, value).tobytes()
    return repr(value)  # the shortest decimals that identify each number, with the sign of a zero


def narrowed(column: str, a: Any, b: Any) -> tuple[str, Any, Any]:
    """Return the place where two values differ, and both values: for arrays, the first numbers that differ."""
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and len(a) == len(b)):
        return column, a, b
    k = next(k for k in range(len(a)) if bits(a[k]) != bits(b[k]))
    return f"{column}[{k}]", a[k], b[k]


def told(value: Any) -> str:
    """Return a value for an error line."""
    if isinstance(value, np.ndarray):
        return f"{len(value)} numbers"
    return "missing" if value is None else repr(value) if isinstance(value, str) else str(value)


def made_with(about: Provenance) -> str:
    """Return, in brackets, the software behind some rows that has another version here; "" if all is the same."""
    here = versions(*({"numba"} & about.versions.keys()))
    other = [
        f"{name} {was}, here {here.get(name, 'none')}" for name, was in about.versions.items() if was != here.get(name)
    ]
    return f" (made with {'; '.join(other)})" if other else ""


def summary(found: Iterable[Verified]) -> str:
    """Return one line about several experiments: the counts of compared values, and the readings that differ."""
    found = list(found)
    readings, trained, values = (sum(getattr(one, name) for one in found) for name in ("readings", "runs", "compared"))
    of_each = Counter(difference.stem for one in found for difference in one.differences)
    compared = f"{readings:,} readings, {trained:,} runs, {values:,} values"
    differ = ", ".join(f"{n:,} of {stem}" for stem, n in of_each.items())
    return f"{compared}; readings that differ: {differ}" if differ else f"{compared}: all equal"

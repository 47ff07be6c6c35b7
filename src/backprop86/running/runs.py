"""Runs on disk: a row per (reading, seed) in results/runs/<stem>.parquet, with the data to make it again.

The file's metadata holds the Provenance of each reading, so the same run twice gives the same bytes.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running.columns import CURVES, DRAWN, FIRST, FIRST_WEIGHTS, WEIGHTS, is_large
from backprop86.running.names import moments
from backprop86.running.provenance import Provenance
from backprop86.running.schema import KEY, anew, check_columns, check_written, command, is_text, metadata
from backprop86.running.validation import check_rows, check_size, sizes_of, with_texts
from backprop86.running.writing import united, write_tables

NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.float32(): pd.Float32Dtype(), pa.bool_(): pd.BooleanDtype()}
"""Column types with missing values, for the measures of a moment that a run did not reach."""
MOST_WEIGHTS = 1_500
"""The number of weights that the first runs of a small net may keep in all, in a variant as printed.

The median run and the first run of each kind of failure keep theirs in any case.
"""


@dataclass(eq=False)
class Runs:
    """The rows of each reading of one experiment, and their provenance."""

    stem: str
    parts: dict[str, pd.DataFrame]
    about: dict[str, Provenance]

    @property
    def rows(self) -> pd.DataFrame:
        """All rows, with NaN for measures that only other readings have."""
        merged = pd.concat(self.parts.values(), ignore_index=True)
        measures = [name for name in merged if name not in FIRST and not is_large(name)]
        large = [name for name in merged if is_large(name) and name not in CURVES]
        return merged.reindex(columns=FIRST + measures + large + CURVES)

    @property
    def readings(self) -> list[str]:
        """The readings in the order of the experiment file."""
        return list(self.about)

    def of(self, reading: str) -> pd.DataFrame:
        """Return the rows of one reading, by seed; BadInput names the known readings."""
        if reading not in self.parts:
            known = ", ".join(self.readings[:20])
            raise BadInput(f"{self.stem} has no runs of reading {reading}, only of {known}")
        return self.parts[reading]

    def having(self, reading: str, rows: pd.DataFrame, about: Provenance, order: list[str]) -> "Runs":
        """Return the runs with one reading's rows added or replaced, without readings that are not in `order`."""
        parts = self.parts | {reading: rows.assign(variant=about.variant, reading=about.reading)}
        abouts = self.about | {reading: about}
        present = [name for name in order if name in parts]
        return Runs(self.stem, {name: parts[name] for name in present}, {name: abouts[name] for name in present})

    def recipe(self, reading: str) -> Recipe:
        """Return the recipe of a reading's rows."""
        return self.about[reading].recipe

    def at(self, reading: str, moment: str) -> pd.DataFrame:
        """Return the rows of one reading at a moment: 0, a sweep, learned, or end.

        The measures and weights of that moment have names without it. After a sweep, `learned` says whether a run had
        learned by then.
        """
        rows, ending = self.of(reading), f"@{moment}"
        if moment not in (known := moments(self.recipe(reading))):
            raise BadInput(f"{self.stem} was measured at the moments {', '.join(known)}, not at {moment}")
        found = rows.loc[:, [("@" not in name) or name.endswith(ending) for name in map(str, rows)]]
        found = found.set_axis([name.removesuffix(ending) for name in map(str, found)], axis=1)
        if "weights" not in found:
            found = found.assign(weights=None)
        if moment.isdigit():
            found = found.assign(learned=(found["sweeps"] <= int(moment)).fillna(False).astype(bool))
        return found

    def typical(self, reading: str, moment: str = "learned") -> tuple[int, np.ndarray]:
        """Return (seed, w) of the median run among those that learned, with its weights at a moment."""
        rows = self.at(reading, moment).assign(learned=self.of(reading)["learned"])
        if not rows["learned"].any():
            raise BadInput(f"no seed of reading {reading} has learned, so there is no typical run to draw")
        row = rows.iloc[median_run(rows)[0]]
        return int(row["seed"]), np.array(row["weights"])

    def curves(self, reading: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return sweeps (K,), E (S, K) and gradient norms (S, K, levels) at checkpoints; NaN after a seed stopped.

        Only of the first seeds, and only if this reading keeps curves.
        """
        rows, about = self.of(reading).iloc[:DRAWN], self.about[reading]
        rows = rows[rows["error_curve"].notna()]
        sweeps = np.array(about.checkpoints)
        gradient = np.stack(list(rows["gradient_curve"])).reshape(len(rows), len(sweeps), -1)
        return sweeps, np.stack(list(rows["error_curve"])), gradient


def thinned(rows: pd.DataFrame, weights: int = FIRST_WEIGHTS, curves: int = DRAWN) -> pd.DataFrame:
    """Return the rows of one reading by seed as in a file, with the weights and curves to keep."""
    rows = rounded(rows.sort_values("seed", ignore_index=True))
    weights = small_net(weights, len(rows[f"{WEIGHTS}end"].iloc[0]))
    for name in [name for name in map(str, rows) if is_large(name)]:
        rows[name] = rows[name].where(is_kept(name, rows, weights, curves), None)
    return rows


def small_net(weights: int, parameters: int) -> int:
    """Return the number of first runs that keep their weights: more than `weights` for a small net, unless none do."""
    return max(weights, MOST_WEIGHTS // parameters) if weights else 0


def is_kept(column: str, fates: pd.DataFrame, weights: int, curves: int) -> np.ndarray:
    """Return a mask of a reading's runs that keep their array in a column, (S,): the first, and often some others.

    The others, if weights are kept, are the first run of each kind of failure and, for weights, the median run. fates:
    the columns seed, learned, sweeps and failure of all runs.
    """
    keep = np.arange(len(fates)) < (curves if column in CURVES else weights)
    if weights:
        keep |= ~fates["failure"].duplicated().to_numpy()
        keep[[] if column in CURVES else median_run(fates)] = True
    return keep


@np.errstate(over="ignore")  # diverged numbers may be too large for float32
def rounded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with seven digits of E and of each number of an array."""
    large = [name for name in map(str, rows) if is_large(name)]
    return rows.assign(**{name: rows[name].map(as_float32) for name in large}).astype({"error": "float32"})


def as_float32(values: np.ndarray | None) -> np.ndarray | None:
    """Return an array with seven digits of each number, or none."""
    return None if values is None else values.astype(np.float32)


def at_the_end(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with measures of the end only, and three digits of E."""
    kept = rows[[name for name in map(str, rows) if "@" not in name or name.endswith("@end")]]
    return kept.assign(error=kept["error"].map(lambda error: float(f"{error:.2e}")).astype("float32"))


def write(runs: Runs, path: Path) -> None:
    """Write all rows into a file; BadInput, in one line, names the file if the disk refuses it."""
    table = pa.Table.from_pandas(runs.rows, preserve_index=False)
    write_tables(path, runs.stem, runs.about, united([table.schema]), [table])


def provenances(path: Path) -> dict[str, Provenance]:
    """Return the provenance of each reading in a file; BadInput, in one line, if it is not a file of rows."""
    try:
        said = pq.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path} is not a Parquet file that can be read: {str(error).splitlines()[0]}") from error
    if KEY not in said:
        raise BadInput(f"{path} was not written by backprop86")
    return metadata(path, said[KEY])


def read(path: str | Path) -> Runs:
    """Return the runs in a file; BadInput, in one line, names the file and its fault."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path} does not exist: {anew(path)} makes it")
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            if KEY not in (schema.metadata or {}):
                raise BadInput(f"{path} was not written by backprop86")
            of_each = metadata(path, schema.metadata[KEY])
            check_columns(path, schema)
            check_size(path, file, of_each, sizes := sizes_of(path, of_each))
        texts = [field.name for field in schema if is_text(field.type)]
        with pq.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True) as file:
            table = file.read().replace_schema_metadata()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not a Parquet file that can be read: {str(error).splitlines()[0]}") from error
    table = with_texts(path, table)
    by_name = table.select(["variant", "reading"]).to_pandas().groupby(["variant", "reading"], sort=False, dropna=False)
    if set(by_name.groups) != {(about.variant, about.reading) for about in of_each.values()}:
        raise BadInput(f"{path} must hold rows of the readings that its metadata names, and of no other")
    places = [by_name.indices[about.variant, about.reading] for about in of_each.values()]
    table = table.take(np.concatenate(places))  # the rows of each reading together
    check_rows(path, table, [*map(len, places)], of_each, sizes)
    check_written(path, schema)
    return Runs(path.stem, _parts(table, of_each, [*map(len, places)]), of_each)


def as_read(runs: Runs) -> Runs:
    """Return runs in the form of `read`: the same columns of the same types."""
    table = pa.Table.from_pandas(runs.rows, preserve_index=False)
    table = table.cast(united([table.schema]))
    return Runs(runs.stem, _parts(table, runs.about, [len(runs.of(name)) for name in runs.about]), runs.about)


def _parts(table: pa.Table, of_each: dict[str, Provenance], counts: list[int]) -> dict[str, pd.DataFrame]:
    """Return the rows of each reading, which are consecutive in the table, with its own columns."""
    start, parts = 0, {}
    for (name, about), rows in zip(of_each.items(), counts, strict=True):
        part, start = table.slice(start, rows), start + rows
        frame = part.select(_own(part, about.recipe)).to_pandas(types_mapper=NULLABLE.get)
        parts[name] = frame.assign(learned=frame["learned"].astype(bool), diverged=frame["diverged"].astype(bool))
    return parts


def _own(part: pa.Table, recipe: Recipe) -> list[str]:
    """Return a reading's own columns: its measures, at its own moments."""
    parted = {column: column.partition("@") for column in part.column_names}
    measured = {name for column, (name, _, _) in parted.items() if part[column].null_count < len(part)}
    kept, own = measured | {*FIRST, *CURVES}, {"", *moments(recipe)}
    return [column for column, (name, _, moment) in parted.items() if name in kept and moment in own]


def differences(runs: Runs, recipes: dict[str, Recipe]) -> list[tuple[str, str, Any, Any]]:
    """Return (reading, setting, value behind the rows, value in these recipes) for each setting that differs."""
    found = []
    for reading, recipe in recipes.items():
        was, now = asdict(runs.recipe(reading)), asdict(recipe)
        found += [(reading, name, was[name], now[name]) for name in now if was[name] != now[name]]
    return found


def same_recipes(runs: Runs, recipes: dict[str, Recipe], output: str | Path = "results") -> None:
    """Raise BadInput, in one line, if the rows were made with other recipes, or some are missing."""
    again = f"{command(runs.stem, output)} makes them anew"
    for reading in recipes:
        if reading not in runs.readings:
            raise BadInput(f"there are no runs of {runs.stem}, reading {reading}: {again}")
        (first, last), there = runs.about[reading].seeds, len(runs.of(reading))
        if there != last - first + 1:
            told = f"must be of every seed from {first} to {last}, were of {there}"
            raise BadInput(f"the runs of {runs.stem}, reading {reading}, {told}: {again}")
    for reading, name, was, now in differences(runs, recipes):
        told = f"were made with {name} {was}, its file now says {now}"
        raise BadInput(f"the runs of {runs.stem}, reading {reading}, {told}: {again}")
    for reading in runs.readings:
        if reading not in recipes:
            raise BadInput(f"the runs of {runs.stem} have a reading {reading}, its file has none: {again}")


def median_run(rows: pd.DataFrame) -> list[int]:
    """Return the place of the median run among the runs that learned, the lower of two in the middle; or None."""
    order = np.lexsort([rows["seed"].to_numpy(int), rows["sweeps"].to_numpy(float, na_value=np.inf)])
    return order[: int(rows["learned"].sum())][(int(rows["learned"].sum()) - 1) // 2 :][:1].tolist()

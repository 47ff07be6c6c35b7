"""One row per (reading, seed) on disk, in results/runs/<stem>.parquet, with what is needed to make it again.

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
"""Types of columns in which a value may be missing: measures of a moment that a run did not reach."""
MOST_WEIGHTS = 1_500
"""The weights that are kept of a variant as printed: those of its first seeds, of a small net as many numbers as this,
and in any case those of its median run and of the first run of each kind of failure."""


@dataclass(eq=False)
class Runs:
    """The rows of each reading of one experiment, and what made them."""

    stem: str
    parts: dict[str, pd.DataFrame]
    about: dict[str, Provenance]

    @property
    def rows(self) -> pd.DataFrame:
        """All rows, with NaN for measures of other readings only."""
        merged = pd.concat(self.parts.values(), ignore_index=True)
        measures = [name for name in merged if name not in FIRST and not is_large(name)]
        large = [name for name in merged if is_large(name) and name not in CURVES]
        return merged.reindex(columns=FIRST + measures + large + CURVES)

    @property
    def readings(self) -> list[str]:
        """The readings in the order of the experiment file."""
        return list(self.about)

    def of(self, reading: str) -> pd.DataFrame:
        """Return the rows of one reading, by seed; BadInput names the readings that there are."""
        if reading not in self.parts:
            known = ", ".join(self.readings[:20])
            raise BadInput(f"{self.stem} has no runs of reading {reading}, only of {known}")
        return self.parts[reading]

    def having(self, reading: str, rows: pd.DataFrame, about: Provenance, order: list[str]) -> "Runs":
        """Return the runs with the rows of one reading put in or replaced, and no reading that is not in `order`."""
        parts = self.parts | {reading: rows.assign(variant=about.variant, reading=about.reading)}
        abouts = self.about | {reading: about}
        present = [name for name in order if name in parts]
        return Runs(self.stem, {name: parts[name] for name in present}, {name: abouts[name] for name in present})

    def recipe(self, reading: str) -> Recipe:
        """Return the recipe that made a reading's rows."""
        return self.about[reading].recipe

    def at(self, reading: str, moment: str) -> pd.DataFrame:
        """Return the rows of one reading as they are at a moment: 0, a sweep, learned, or end.

        The measures of that moment have names without it, and so have the weights. After a sweep, `learned` says
        whether a run had learned by then.
        """
        rows, ending = self.of(reading), f"@{moment}"
        if moment not in (known := moments(self.recipe(reading))):
            raise BadInput(f"{self.stem} was looked at at the moments {', '.join(known)}, not at {moment}")
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
        """Return sweeps (K,), E (S, K), the length of dE/dw (S, K, levels) at checkpoints; NaN after a seed left.

        Of the first seeds, if the curves of this reading are drawn.
        """
        rows, about = self.of(reading).iloc[:DRAWN], self.about[reading]
        rows = rows[rows["error_curve"].notna()]
        sweeps = np.array(about.checkpoints)
        gradient = np.stack(list(rows["gradient_curve"])).reshape(len(rows), len(sweeps), -1)
        return sweeps, np.stack(list(rows["error_curve"])), gradient


def thinned(rows: pd.DataFrame, weights: int = FIRST_WEIGHTS, curves: int = DRAWN) -> pd.DataFrame:
    """Return the rows of one reading by seed as a file has them, with the weights and curves that are kept."""
    rows = rounded(rows.sort_values("seed", ignore_index=True))
    weights = small_net(weights, len(rows[f"{WEIGHTS}end"].iloc[0]))
    for name in [name for name in map(str, rows) if is_large(name)]:
        rows[name] = rows[name].where(is_kept(name, rows, weights, curves), None)
    return rows


def small_net(weights: int, parameters: int) -> int:
    """Return how many of the first runs keep their weights: of a small net more than `weights`, unless none do."""
    return max(weights, MOST_WEIGHTS // parameters) if weights else 0


def is_kept(column: str, fates: pd.DataFrame, weights: int, curves: int) -> np.ndarray:
    """Return which runs of a reading keep their array in a column, (S,): the first, and where weights are kept others.

    These others are the first run of each kind of failure and, with its weights, the median run. fates: the columns
    seed, learned, sweeps and failure of all its runs.
    """
    keep = np.arange(len(fates)) < (curves if column in CURVES else weights)
    if weights:
        keep |= ~fates["failure"].duplicated().to_numpy()
        keep[[] if column in CURVES else median_run(fates)] = True
    return keep


@np.errstate(over="ignore")  # what diverged may be too large for seven digits
def rounded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with seven digits of E and of each number of an array."""
    large = [name for name in map(str, rows) if is_large(name)]
    return rows.assign(**{name: rows[name].map(as_float32) for name in large}).astype({"error": "float32"})


def as_float32(values: np.ndarray | None) -> np.ndarray | None:
    """Return an array with seven digits of each number, or none."""
    return None if values is None else values.astype(np.float32)


def at_the_end(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with what is measured at the end, and at no other moment, and three digits of E."""
    kept = rows[[name for name in map(str, rows) if "@" not in name or name.endswith("@end")]]
    return kept.assign(error=kept["error"].map(lambda error: float(f"{error:.2e}")).astype("float32"))


def write(runs: Runs, path: Path) -> None:
    """Write all rows into a file; BadInput, in one line, names the file if the disk does not take it."""
    table = pa.Table.from_pandas(runs.rows, preserve_index=False)
    write_tables(path, runs.stem, runs.about, united([table.schema]), [table])


def provenances(path: Path) -> dict[str, Provenance]:
    """Return how the rows of each reading in a file were made; BadInput, in one line, if it is no file of rows."""
    try:
        said = pq.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path} is not a Parquet file that can be read: {str(error).splitlines()[0]}") from error
    if KEY not in said:
        raise BadInput(f"{path} was not written by backprop86")
    return metadata(path, said[KEY])


def read(path: str | Path) -> Runs:
    """Return the runs in a file; BadInput, in one line, names the file and says what it must be."""
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
    table = table.take(np.concatenate(places))  # the rows of each reading in one piece
    check_rows(path, table, [*map(len, places)], of_each, sizes)
    check_written(path, schema)
    return Runs(path.stem, _parts(table, of_each, [*map(len, places)]), of_each)


def as_read(runs: Runs) -> Runs:
    """Return runs as `read` returns them from a file: the same columns of the same types."""
    table = pa.Table.from_pandas(runs.rows, preserve_index=False)
    table = table.cast(united([table.schema]))
    return Runs(runs.stem, _parts(table, runs.about, [len(runs.of(name)) for name in runs.about]), runs.about)


def _parts(table: pa.Table, of_each: dict[str, Provenance], counts: list[int]) -> dict[str, pd.DataFrame]:
    """Return the rows of each reading, which stand in one piece in the table, with the columns that it has."""
    start, parts = 0, {}
    for (name, about), rows in zip(of_each.items(), counts, strict=True):
        part, start = table.slice(start, rows), start + rows
        frame = part.select(_own(part, about.recipe)).to_pandas(types_mapper=NULLABLE.get)
        parts[name] = frame.assign(learned=frame["learned"].astype(bool), diverged=frame["diverged"].astype(bool))
    return parts


def _own(part: pa.Table, recipe: Recipe) -> list[str]:
    """Return the columns that a reading has: those of what is measured in it, at its own moments."""
    parted = {column: column.partition("@") for column in part.column_names}
    measured = {name for column, (name, _, _) in parted.items() if part[column].null_count < len(part)}
    kept, own = measured | {*FIRST, *CURVES}, {"", *moments(recipe)}
    return [column for column, (name, _, moment) in parted.items() if name in kept and moment in own]


def differences(runs: Runs, recipes: dict[str, Recipe]) -> list[tuple[str, str, Any, Any]]:
    """Return (reading, setting, as the rows were made, as these recipes say) of each setting that differs."""
    found = []
    for reading, recipe in recipes.items():
        was, now = asdict(runs.recipe(reading)), asdict(recipe)
        found += [(reading, name, was[name], now[name]) for name in now if was[name] != now[name]]
    return found


def same_recipes(runs: Runs, recipes: dict[str, Recipe], output: str | Path = "results") -> None:
    """Raise BadInput, in one line, if the rows were not made with these recipes, or some are not there."""
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
    """Return the place of the median run among those that learned, the lower of two in the middle; or none."""
    order = np.lexsort([rows["seed"].to_numpy(int), rows["sweeps"].to_numpy(float, na_value=np.inf)])
    return order[: int(rows["learned"].sum())][(int(rows["learned"].sum()) - 1) // 2 :][:1].tolist()

"""One row per (condition, seed) on disk, in results/runs/<stem>.parquet, with what is needed to make it again.

The file's metadata holds of each condition its recipe, seeds, checkpoints, engine and versions: nothing that changes
when the rows do not, so the same run twice gives the same bytes.
"""

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backprop86.recipe import Recipe
from backprop86.reference import checkpoints

KEY = b"backprop86"
MOST_WEIGHTS = 20_000
"""How many weights of one condition are kept at most; beyond that, those of its first seeds only."""
WITH_CURVES = 100
"""How many seeds of one condition keep their curves."""


@dataclass(eq=False)
class Runs:
    """The rows of one experiment, and about each condition: recipe, seeds, checkpoints, levels."""

    stem: str
    rows: pd.DataFrame
    about: dict[str, Any]

    @property
    def conditions(self) -> list[str]:
        """In the order of the experiment file."""
        return list(self.about["conditions"])

    def of(self, condition: str) -> pd.DataFrame:
        """The rows of one condition, by seed; ValueError names those there are."""
        if condition not in self.about["conditions"]:
            raise ValueError(f"{self.stem} has no runs of condition {condition}, only of {', '.join(self.conditions)}")
        return self.rows[self.rows["condition"] == condition]

    def recipe(self, condition: str) -> Recipe:
        """The recipe that made a condition's rows."""
        return Recipe(**self.about["conditions"][condition]["recipe"])

    def weights(self, condition: str) -> np.ndarray:
        """(S, n_parameters) of the seeds whose weights were kept."""
        return np.stack([w for w in self.of(condition)["weights"] if w is not None])

    def curves(self, condition: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sweeps (K,), E (S, K) and the length of dE/dw (S, K, levels) at the checkpoints; NaN after a seed left.

        Of the seeds whose curves were kept, which are the first of each condition.
        """
        rows, about = self.of(condition), self.about["conditions"][condition]
        rows = rows[rows["error_curve"].notna()]
        sweeps = np.array(about["checkpoints"])
        gradient = np.stack(list(rows["gradient_curve"])).reshape(len(rows), len(sweeps), -1)
        return sweeps, np.stack(list(rows["error_curve"])), gradient


FIRST = ["condition", "seed", "solved", "diverged", "sweeps", "stopped", "error"]
LAST = ["weights", "error_curve", "gradient_curve"]


def describe(recipe: Recipe, levels: int, seeds: list[int], dtype: str, engine: str) -> dict[str, Any]:
    """What the file says about one condition."""
    return {
        "recipe": asdict(recipe),
        "seeds": [seeds[0], seeds[-1]],
        "checkpoints": checkpoints(recipe.sweeps),
        "levels": levels,
        "dtype": dtype,
        "engine": engine,
        "versions": versions("numba") if engine == "fused" else versions(),
    }


def versions(*more: str) -> dict[str, str]:
    """Of everything whose change could change a row."""
    names = ("backprop86", "numpy", "torch", *more)
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def with_condition(
    runs: Runs | None, stem: str, order: list[str], condition: str, about: dict[str, Any], rows: pd.DataFrame
) -> Runs:
    """The runs with the rows of one condition put in or replaced; conditions that are not in `order` are dropped."""
    rows = rows.sort_values("seed").assign(condition=condition)
    kept = dict.fromkeys(LAST, WITH_CURVES) | {"weights": max(1, MOST_WEIGHTS // len(rows["weights"].iloc[0]))}
    rows = rows.assign(**{name: rows[name].where(np.arange(len(rows)) < n, None) for name, n in kept.items()})
    parts, facts = {condition: rows}, {condition: about}
    for other in runs.conditions if runs else []:
        if other != condition:
            parts[other] = runs.of(other).dropna(axis="columns", how="all")  # type: ignore[union-attr]
            facts[other] = runs.about["conditions"][other]  # type: ignore[union-attr]
    present = [name for name in order if name in parts]
    merged = pd.concat([parts[name] for name in present], ignore_index=True)
    measures = [name for name in merged if name not in FIRST + LAST]
    about_all = {"stem": stem, "conditions": {name: facts[name] for name in present}}
    return Runs(stem, merged.reindex(columns=FIRST + measures + LAST), about_all)


def interrupted(runs: Runs | None, condition: str, about: dict[str, Any]) -> pd.DataFrame | None:
    """The rows that a run of the very same description left when it was stopped; None if there was none such."""
    if runs is None or runs.about["conditions"].get(condition) != about or not missing(runs, condition):
        return None
    return runs.of(condition).dropna(axis="columns", how="all")


def missing(runs: Runs, condition: str) -> int:
    """How many of a condition's seeds have no row, since its run was stopped."""
    first, last = runs.about["conditions"][condition]["seeds"]
    return last - first + 1 - len(runs.of(condition))


def write(runs: Runs, path: Path) -> None:
    """Write the whole file beside its place and move it there, so that no half-written file is ever read."""
    table = pa.Table.from_pandas(runs.rows, preserve_index=False)
    plain = [f.with_type(pa.string()) if f.type == pa.large_string() else f for f in table.schema]  # read back as large
    table = table.cast(pa.schema(plain)).replace_schema_metadata({KEY: json.dumps(runs.about).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    try:
        pq.write_table(table, unfinished, compression="zstd", compression_level=9)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> Runs:
    """The runs in a file; FileNotFoundError or ValueError, in one line, says what to do."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: python experiments/run.py experiment={path.stem} makes it")
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path} is not a Parquet file: {str(error).splitlines()[0]}") from error
    if KEY not in (table.schema.metadata or {}):
        raise ValueError(f"{path} was not written by backprop86")
    about = json.loads(table.schema.metadata[KEY])
    rows = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return Runs(about["stem"], rows, about)


def same_recipes(runs: Runs, recipes: dict[str, Recipe]) -> None:
    """ValueError, in one line, if the rows were not made with these recipes, or some are not there."""
    again = f"python experiments/run.py experiment={runs.stem} makes them anew"
    for condition, recipe in recipes.items():
        if condition not in runs.conditions:
            raise ValueError(f"there are no runs of {runs.stem}, reading {condition}: {again}")
        if missing(runs, condition):
            raise ValueError(f"the runs of {runs.stem}, reading {condition}, were stopped half-way: {again}")
        was, now = asdict(runs.recipe(condition)), asdict(recipe)
        for name in now:
            if was[name] != now[name]:
                told = f"were made with {name} {was[name]}, its file now says {now[name]}"
                raise ValueError(f"the runs of {runs.stem}, reading {condition}, {told}: {again}")


def typical(runs: Runs, condition: str) -> tuple[int, np.ndarray]:
    """(seed, w) of the median run among the solved ones, the lower of two in the middle."""
    rows = runs.of(condition)
    kept = rows[rows["solved"] & rows["weights"].notna()].sort_values(["sweeps", "seed"])
    if kept.empty:
        raise ValueError(f"no seed of condition {condition} was solved, so there is no typical run to draw")
    row = kept.iloc[(len(kept) - 1) // 2]
    return int(row["seed"]), np.array(row["weights"])

"""One row per (condition, seed) on disk, in results/runs/<stem>.parquet, with what is needed to make it again.

The file's metadata holds each condition's recipe, seeds and names of parameters, and the versions used: nothing that
changes when the rows do not, so the same run twice gives the same bytes.
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
from backprop86.wiring import Wiring

KEY = b"backprop86"
MOST_WEIGHTS = 300_000
"""How many weights of one condition are kept at most; beyond that, those of its first seeds only."""


@dataclass(eq=False)
class Runs:
    """The rows of one experiment, and about each condition: recipe, seeds, checkpoints, parameters, levels."""

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
        """Sweeps (K,), E (S, K) and the length of dE/dw (S, K, levels) at the checkpoints; NaN after a seed left."""
        rows, about = self.of(condition), self.about["conditions"][condition]
        sweeps = np.array(about["checkpoints"])
        gradient = np.stack(list(rows["gradient_curve"])).reshape(len(rows), len(sweeps), -1)
        return sweeps, np.stack(list(rows["error_curve"])), gradient


def describe(recipe: Recipe, wiring: Wiring, seeds: list[int]) -> dict[str, Any]:
    """What the file says about one condition."""
    return {
        "recipe": asdict(recipe),
        "seeds": [seeds[0], seeds[-1]],
        "checkpoints": checkpoints(recipe.sweeps),
        "parameters": [f"{source}->{target}" for _, source, target in wiring.table()],
        "levels": len(wiring.levels),
    }


def versions() -> dict[str, str]:
    """Of everything whose change could change a row."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("backprop86", "numpy", "torch")}


def collect(stem: str, made: dict[str, tuple[dict[str, Any], pd.DataFrame]], dtype: str, engine: str) -> Runs:
    """Put the conditions' rows under one another."""
    parts = []
    for condition, (_, rows) in made.items():
        kept = max(1, MOST_WEIGHTS // len(rows["weights"].iloc[0]))
        weights = pd.Series([w if k < kept else None for k, w in enumerate(rows["weights"])], index=rows.index)
        parts.append(rows.assign(weights=weights, condition=condition))
    rows = pd.concat(parts, ignore_index=True)
    first = ["condition", "seed", "solved", "diverged", "sweeps", "stopped", "error"]
    last = ["weights", "error_curve", "gradient_curve"]
    rows = rows[first + [name for name in rows if name not in first + last] + last]
    about = {
        "stem": stem,
        "dtype": dtype,
        "engine": engine,
        "versions": versions(),
        "conditions": {condition: facts for condition, (facts, _) in made.items()},
    }
    return Runs(stem, rows, about)


def write(runs: Runs, path: Path) -> None:
    """Write the whole file beside its place and move it there, so that no half-written file is ever read."""
    table = pa.Table.from_pandas(runs.rows, preserve_index=False)
    table = table.replace_schema_metadata({KEY: json.dumps(runs.about).encode()})
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
    table = pq.read_table(path)
    if KEY not in (table.schema.metadata or {}):
        raise ValueError(f"{path} was not written by backprop86")
    about = json.loads(table.schema.metadata[KEY])
    rows = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return Runs(about["stem"], rows, about)


def typical(runs: Runs, condition: str) -> tuple[int, np.ndarray]:
    """(seed, w) of the median run among the solved ones, the lower of two in the middle."""
    rows = runs.of(condition)
    kept = rows[rows["solved"] & rows["weights"].notna()].sort_values(["sweeps", "seed"])
    if kept.empty:
        raise ValueError(f"no seed of condition {condition} was solved, so there is no typical run to draw")
    row = kept.iloc[(len(kept) - 1) // 2]
    return int(row["seed"]), np.array(row["weights"])

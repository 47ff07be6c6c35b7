"""Published rows for a page: which seeds learned, and under which readings."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running.names import short_name
from backprop86.running.provenance import Provenance
from backprop86.running.schema import KEY, metadata


def who_learned(file: Path, reading: str, recipe: Recipe) -> list[bool] | None:
    """Return, for each seed from 0 on, whether it learned; None if there are no rows of that reading and recipe."""
    of_each, rows = _rows(file, ["variant", "reading", "seed", "learned"])
    if reading not in of_each or of_each[reading].recipe != recipe:
        return None
    about = of_each[reading]
    own = rows[(rows["variant"] == about.variant) & (rows["reading"] == about.reading)].sort_values("seed")
    return own["learned"].astype(bool).tolist() if own["seed"].tolist() == list(range(len(own))) else None


def shares(file: Path) -> dict[str, float]:
    """Return the share of runs that learned, by reading; empty if there are no rows."""
    of_each, rows = _rows(file, ["variant", "reading", "learned"])
    share = rows.groupby(["variant", "reading"], sort=False)["learned"].mean()
    return {short_name(name): float(share[about.variant, about.reading]) for name, about in of_each.items()}


def _rows(file: Path, columns: list[str]) -> tuple[dict[str, Provenance], pd.DataFrame]:
    """Return the provenance of each reading's rows, and some columns of all rows; both empty if unreadable."""
    try:
        of_each = metadata(file, pq.read_schema(file).metadata[KEY])
        return of_each, pq.read_table(file, columns=columns).to_pandas()
    except (OSError, pa.ArrowInvalid, BadInput, KeyError, TypeError):
        return {}, pd.DataFrame(columns=columns)

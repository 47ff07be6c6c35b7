"""The compact form of many runs: nine bytes each, and exact counts, for more runs than anybody inspects one by one.

A range of seeds is a Parquet file with a row for each seed in order, without a column for the seed. Training a seed
again, in the full form, gives the same run.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from backprop86.running.durable import whole
from backprop86.running.failures import KINDS, LEARNED
from backprop86.running.provenance import Provenance
from backprop86.running.tally import Tally

NEVER = -1
"""The value in the column `sweeps` of a run that did not learn."""
FATES = [LEARNED, *KINDS]
"""The kinds of failure by their number in the column `failure`; number 0 is a run that learned."""
KEY = b"backprop86 counts"
"""The key of a range's metadata that holds its counts."""


@np.errstate(over="ignore")  # the error of a run that diverged may be too large for four bytes
def as_table(rows: pd.DataFrame) -> pa.Table:
    """Return the runs of a range with the columns sweeps (4 bytes, 8 beyond 2^31), error (4) and failure (1)."""
    sweeps = rows["sweeps"].fillna(NEVER).to_numpy(np.int64)
    small = sweeps.max(initial=0) < 2**31
    failure = pd.Categorical(rows["failure"], FATES).codes
    columns = {
        "sweeps": pa.array(sweeps, pa.int32() if small else pa.int64()),
        "error": pa.array(rows["error"].to_numpy(np.float32)),
        "failure": pa.array(failure, pa.uint8()),
    }
    return pa.table(columns, metadata={KEY: json.dumps(Tally.of(rows).for_file())})


def tally_of(table: pa.Table) -> Tally:
    """Return the counts of a range, from the metadata of its file."""
    return Tally.from_file(json.loads(table.schema.metadata[KEY]))


def write_counts(path: Path, counted: Iterable[tuple[Provenance, Tally]]) -> None:
    """Write a table with the number of runs of each reading by failure and, of those that learned, by sweeps."""
    rows = []
    for about, tally in counted:
        place = {"variant": about.variant, "reading": about.reading}
        rows += [place | {"failure": LEARNED, "sweeps": k, "runs": n} for k, n in sorted(tally.learned.items())]
        rows += [place | {"failure": kind, "sweeps": None, "runs": n} for kind, n in sorted(tally.failed.items())]
    table = pd.DataFrame(rows, columns=["variant", "reading", "failure", "sweeps", "runs"]).astype({"sweeps": "Int64"})
    with whole(path) as aside:
        table.to_csv(aside, index=False, lineterminator="\n")

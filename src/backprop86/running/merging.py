"""Merging finished ranges into the file of runs, in the order of seeds and a range at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock

from backprop86.engines.recipe import BadInput
from backprop86.running.columns import is_large
from backprop86.running.provenance import Provenance
from backprop86.running.ranges import Finished
from backprop86.running.runs import is_kept, provenances
from backprop86.running.schema import anew
from backprop86.running.writing import united, write_tables

OF_EACH = ["seed", "learned", "sweeps", "failure"]
"""The columns that single out the runs with arrays."""


class Vanished(Exception):
    """A range has disappeared, or has been damaged, since it was found."""


@dataclass(frozen=True)
class Part:
    """The ranges of one reading's rows, and the number of its first seeds that keep weights and curves."""

    about: Provenance
    finished: Finished
    ranges: list[range]
    weights: int
    curves: int

    def table(self, seeds: range, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of a range; Vanished if they are gone."""
        if (found := self.finished.table(seeds, columns)) is None:
            raise Vanished
        return found

    def fates(self) -> pd.DataFrame:
        """Return the seed, learned, sweeps and failure of every run."""
        found = pa.concat_tables([self.table(seeds, OF_EACH) for seeds in self.ranges])
        kinds = found["failure"].combine_chunks().dictionary_encode()  # a few words, each a million times
        found = found.set_column(found.column_names.index("failure"), "failure", kinds)
        return found.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)

    def rows(self) -> Iterator[pa.Table]:
        """Yield the rows of each range, with the kept weights and curves."""
        fates, keep, first = self.fates(), {}, 0
        for seeds in self.ranges:
            table = self.table(seeds)
            for k, name in enumerate(table.column_names):
                if is_large(name):
                    if name not in keep:
                        keep[name] = is_kept(name, fates, self.weights, self.curves)
                    here = pa.array(keep[name][first : first + len(seeds)])
                    table = table.set_column(k, name, pc.if_else(here, table[name], None))
            yield _named(table, self.about)
            first += len(seeds)


class _Others:
    """The rows of other readings, which are in the file of runs already."""

    def __init__(self, path: Path) -> None:
        self.path, self.about = path, provenances(path) if path.is_file() else {}
        self.file: Any = pq.ParquetFile(path, page_checksum_verification=True) if self.about else None
        self.at, self.group = -1, pa.table({})

    def rows(self, name: str) -> Iterator[pa.Table]:
        """Yield the rows of a reading."""
        about = self.about[name]
        for k in range(self.file.num_row_groups):
            if k != self.at:
                try:
                    self.at, self.group = k, self.file.read_row_group(k)
                except (pa.ArrowException, OSError) as error:
                    told = f"delete it; {anew(self.path)} makes it anew"
                    raise BadInput(f"{self.path} is damaged ({str(error).splitlines()[0]}): {told}") from error
            is_its = pc.equal(self.group["variant"], about.variant), pc.equal(self.group["reading"], about.reading)
            yield self.group.filter(pc.and_(*is_its))

    def close(self) -> None:
        """Close the file: Windows cannot replace an open file."""
        if self.file is not None:
            self.file.close()


def merge(
    path: Path,
    stem: str,
    order: list[str],
    new: dict[str, Part],
    columns: Callable[[dict[str, Provenance]], list[str]],
) -> None:
    """Put the rows of some readings into a file of runs, beside the rows of other readings.

    order: every reading of the experiment; rows of others are dropped. columns: the order of columns. Processes that
    merge at the same time wait for each other. Raises Vanished if a range is gone.
    """
    folder = next(iter(new.values())).finished.folder.parent
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "merging.lock"):
        others = _Others(path)
        present = [name for name in order if name in new or name in others.about]
        about = {name: _whole(new[name]) if name in new else others.about[name] for name in present}
        schemas = [_named(part.table(part.ranges[0]), part.about).schema for part in new.values()]
        if others.file is not None:
            schemas.append(others.file.schema_arrow)
        every, wanted = united(schemas), columns(about)
        schema = pa.schema([every.field(name) for name in wanted if name in every.names])

        def rows() -> Iterator[pa.Table]:
            for name in present:
                yield from new[name].rows() if name in new else others.rows(name)
            others.close()

        write_tables(path, stem, about, schema, rows())


def _whole(part: Part) -> Provenance:
    return replace(part.about, seeds=[part.ranges[0].start, part.ranges[-1].stop - 1])


def _named(table: pa.Table, about: Provenance) -> pa.Table:
    """Return the rows with their variant and reading."""
    for name in ("reading", "variant"):
        table = table.add_column(0, name, pa.array([getattr(about, name)] * len(table), pa.string()))
    return table

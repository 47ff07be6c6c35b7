"""A file of runs, written from tables of its rows one after the other, so that memory stays flat."""

import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backprop86.running.columns import CURVES, FIRST, is_large
from backprop86.running.durable import whole
from backprop86.running.provenance import Provenance
from backprop86.running.schema import KEY, columns_of

ROWS_AT_ONCE = 131_072
"""The rows of a row group of the file; the last has fewer."""


def write_tables(
    path: Path, stem: str, about: dict[str, Provenance], schema: pa.Schema, rows: Iterable[pa.Table]
) -> None:
    """Write the file beside its place and move it there when it is whole; every page of it has a checksum.

    rows: tables of the readings in order, each with some of the columns. BadInput, in one line, names the file if the
    disk does not take it.
    """
    of_each = {reading: provenance.for_file() for reading, provenance in about.items()}
    schema = in_order(schema)
    said = {"stem": stem, "names": of_each, "columns": columns_of(schema)}  # the names of columns have no checksum
    schema = schema.with_metadata({KEY: zlib.compress(json.dumps(said).encode())})
    with whole(path) as aside, pq.ParquetWriter(aside, schema, write_page_checksum=True, **_packed(schema)) as file:
        for group in _regrouped((_with_all_columns(table, schema) for table in rows), schema):
            file.write_table(group)


def _packed(schema: pa.Schema) -> dict[str, Any]:
    """Return how the columns are packed: first bytes of real numbers beside first bytes, which makes them smaller.

    E is among the others, which are packed as whole values that come again: where it has three digits, it does.
    """
    reals = [field.name for field in schema if pa.types.is_floating(field.type) and field.name != "error"]
    arrays = [f"{field.name}.list.element" for field in schema if pa.types.is_list(field.type)]
    others = [field.name for field in schema if field.name not in reals and not pa.types.is_list(field.type)]
    split = {"use_dictionary": others, "use_byte_stream_split": reals + arrays}
    return {"compression": "zstd", "compression_level": 19} | split


def _regrouped(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows in pieces of ROWS_AT_ONCE, so that the bytes do not depend on the pieces in which they came."""
    waiting = schema.empty_table()
    for table in tables:
        waiting = pa.concat_tables([waiting, table])
        while len(waiting) > ROWS_AT_ONCE:
            yield waiting[:ROWS_AT_ONCE].combine_chunks()
            waiting = waiting[ROWS_AT_ONCE:]
    yield waiting.combine_chunks()


def in_order(schema: pa.Schema) -> pa.Schema:
    """Return the columns as a file has them: those of every run, measures, weights, curves."""
    measures = [name for name in schema.names if name not in FIRST and not is_large(name)]
    large = [name for name in schema.names if is_large(name) and name not in CURVES]
    return pa.schema([schema.field(name) for name in FIRST + measures + large + CURVES])


def united(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Return the columns of several tables, in the order in which they first come, with a type that holds all."""
    plain = [pa.schema([field.with_type(_plain(field.type)) for field in schema]) for schema in schemas]
    return pa.unify_schemas(plain, promote_options="permissive")


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if kind == pa.large_string() else kind  # it is read back as large


def _with_all_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with every column of the schema, missing where it has none, as this type."""
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)

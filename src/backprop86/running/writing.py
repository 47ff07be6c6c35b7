"""Writing a file of runs from tables of its rows, one after the other, so that memory stays flat."""

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
"""The number of rows in a row group of the file; the last group may have fewer."""


def write_tables(
    path: Path, stem: str, about: dict[str, Provenance], schema: pa.Schema, rows: Iterable[pa.Table]
) -> None:
    """Write the file beside its place and move it there once it is complete; every page has a checksum.

    rows: tables of the readings in order, each with some of the columns. Raises BadInput, in one line, with the file's
    name if the disk refuses it.
    """
    of_each = {reading: provenance.for_file() for reading, provenance in about.items()}
    schema = in_order(schema)
    said = {"stem": stem, "names": of_each, "columns": columns_of(schema)}  # the names of columns have no checksum
    schema = schema.with_metadata({KEY: zlib.compress(json.dumps(said).encode())})
    with whole(path) as aside, pq.ParquetWriter(aside, schema, write_page_checksum=True, **_packed(schema)) as file:
        for group in _regrouped((_with_all_columns(table, schema) for table in rows), schema):
            file.write_table(group)


def _packed(schema: pa.Schema) -> dict[str, Any]:
    """Return the encoding of the columns: real numbers byte by byte, all first bytes together, which packs better.

    E is among the other columns, which are packed as a dictionary of repeated values: E with three digits repeats.
    """
    reals = [field.name for field in schema if pa.types.is_floating(field.type) and field.name != "error"]
    arrays = [f"{field.name}.list.element" for field in schema if pa.types.is_list(field.type)]
    others = [field.name for field in schema if field.name not in reals and not pa.types.is_list(field.type)]
    split = {"use_dictionary": others, "use_byte_stream_split": reals + arrays}
    return {"compression": "zstd", "compression_level": 19} | split


def _regrouped(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows in pieces of ROWS_AT_ONCE, so that the bytes do not depend on the size of the tables."""
    waiting = schema.empty_table()
    for table in tables:
        waiting = pa.concat_tables([waiting, table])
        while len(waiting) > ROWS_AT_ONCE:
            yield waiting[:ROWS_AT_ONCE].combine_chunks()
            waiting = waiting[ROWS_AT_ONCE:]
    yield waiting.combine_chunks()


def in_order(schema: pa.Schema) -> pa.Schema:
    """Return the columns in the order of a file: those of every run, measures, weights, curves."""
    measures = [name for name in schema.names if name not in FIRST and not is_large(name)]
    large = [name for name in schema.names if is_large(name) and name not in CURVES]
    return pa.schema([schema.field(name) for name in FIRST + measures + large + CURVES])


def united(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Return the columns of several tables, in the order of their first occurrence, with types that hold all values."""
    plain = [pa.schema([field.with_type(_plain(field.type)) for field in schema]) for schema in schemas]
    return pa.unify_schemas(plain, promote_options="permissive")


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if kind == pa.large_string() else kind  # reading returns it as a large type


def _with_all_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with every column of the schema in its type; missing columns become missing values."""
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)

"""The schema of a file of runs: its columns, and the metadata with the provenance of its rows."""

import json
import re
import shlex
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from backprop86.engines.recipe import BadInput
from backprop86.running.columns import CURVES, FIRST, WEIGHTS, is_large
from backprop86.running.provenance import Provenance

KEY = b"backprop86"
"""The key of the metadata in a Parquet file."""
MOST = 8_000_000
"""The most bytes of unpacked metadata; the map of the family trees has 3 million."""
MOST_READINGS, MOST_COLUMNS = 5_000, 2_000
"""Limits: the map of the family trees has 2,304 readings, and no committed file has more than 130 columns."""
BRACKETS = 8
"""The most opening brackets in the metadata of a reading, which has six: each makes an object in memory."""
NAME = re.compile(r"[\w./+-]{1,200}")
"""A reading's name, which needs no escaping in Markdown, LaTeX and HTML."""


def as_told(text: str) -> str:
    """Return a text from a file for an error line: its beginning, without signs that move the cursor."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:60])


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_real(kind: pa.DataType) -> bool:
    return pa.types.is_float32(kind) or pa.types.is_float64(kind)


def _is_array(kind: pa.DataType) -> bool:
    return pa.types.is_null(kind) or (pa.types.is_list(kind) and _is_real(kind.value_type))


def _is_measure(kind: pa.DataType) -> bool:
    tests = (is_text, _is_real, pa.types.is_integer, pa.types.is_boolean, pa.types.is_null)
    return any(test(kind) for test in tests)


Kind = tuple[str, Callable[[pa.DataType], bool]]
"""The content of a column, in words, and the test of its type."""
TEXT, YES_OR_NO, WHOLE = ("text", is_text), ("true or false", pa.types.is_boolean), ("whole numbers", pa.types.is_int64)
REAL, ARRAY = ("real numbers", _is_real), ("lists of real numbers, or nothing", _is_array)
MEASURE = ("numbers, text, or true or false", _is_measure)
KINDS: dict[str, Kind] = {
    "variant": TEXT,
    "reading": TEXT,
    "seed": WHOLE,
    "learned": YES_OR_NO,
    "diverged": YES_OR_NO,
    "failure": TEXT,
    "sweeps": WHOLE,
    "right_side": WHOLE,
    "stopped": WHOLE,
    "error": REAL,
}


def command(stem: str, output: str | Path) -> str:
    """Return the command that makes the rows of an experiment in a folder."""
    where = [] if str(output) == "results" else [f"output={output}"]
    return shlex.join(["python", "experiments/run.py", f"experiment={stem}", *where])


def anew(path: Path) -> str:
    """Return the command that makes a file of runs."""
    return command(path.stem, path.parent.parent if path.parent.name == "runs" else "results")


def metadata(path: Path, packed: bytes) -> dict[str, Provenance]:
    """Return the provenance of each reading in a file; BadInput, in one line, names the file."""
    again = f"delete it; {anew(path)} makes it anew"
    about = _unpacked(path, packed, again)
    readings = about.get("names") if isinstance(about, dict) else None
    if not (isinstance(readings, dict) and readings and isinstance(about.get("stem"), str)):
        raise BadInput(f"the metadata of {path} must hold stem and readings: {again}")
    if about["stem"] != path.stem:
        raise BadInput(f"{path} must hold the runs of {path.stem}, was {as_told(about['stem'])}")
    if len(readings) > MOST_READINGS:
        raise BadInput(f"the metadata of {path} must name at most {MOST_READINGS:,} readings, was {len(readings):,}")
    if strange := [name for name in readings if not NAME.fullmatch(name)]:
        told = f"names of letters, digits and . / + - _, was {as_told(strange[0])}"
        raise BadInput(f"readings in the metadata of {path} must have {told}")
    found = {}
    for name, said in readings.items():
        try:
            found[name] = Provenance.from_file(said)
        except ValueError as error:
            raise BadInput(f"the metadata of {path} must say how reading {name} was made: {again}") from error
    if len({(one.variant, one.reading) for one in found.values()}) < len(found):
        raise BadInput(f"the metadata of {path} must name each reading of a variant once: {again}")
    return found


def _unpacked(path: Path, packed: bytes, again: str) -> Any:
    """Return the metadata as JSON objects."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, MOST)
    except zlib.error as error:
        raise BadInput(f"{path} was written by an earlier backprop86: {again}") from error
    if unpacking.unconsumed_tail or text.count(b"[") + text.count(b"{") > BRACKETS * MOST_READINGS:
        told = f"at most {MOST:,} bytes, of at most {MOST_READINGS:,} readings"
        raise BadInput(f"the metadata of {path} must unpack to {told}: {again}")
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the metadata of {path} cannot be read: {again}") from error


def columns_of(schema: pa.Schema) -> dict[str, str]:
    """Return the columns of a file with the types in its metadata."""
    return {field.name: str(field.type).replace("large_", "").replace("item:", "element:") for field in schema}


def check_written(path: Path, schema: pa.Schema) -> None:
    """Raise BadInput, in one line, if the columns differ from the written ones, for instance by a damaged name."""
    said = _unpacked(path, schema.metadata[KEY], again := f"delete it; {anew(path)} makes it anew")
    if said.get("columns") != columns_of(schema):
        raise BadInput(f"{path} must have the columns that its metadata names: {again}")


def check_columns(path: Path, schema: pa.Schema) -> None:
    """Raise BadInput, in one line, if a column of every file is missing, or a column has another type."""
    names = list(schema.names)
    if len(names) > MOST_COLUMNS:
        raise BadInput(f"{path} must have at most {MOST_COLUMNS:,} columns, was {len(names):,}")
    if len(set(names)) < len(names):
        raise BadInput(f"{path} must have each of its columns once")
    for name in [*FIRST, *CURVES, f"{WEIGHTS}end"]:
        if name not in names:
            there = as_told(", ".join(names[:9]))
            raise BadInput(f"{path} must have a column {name}, was without: {there}")
    for name in names:
        words, fits = ARRAY if is_large(name) else KINDS.get(name, MEASURE)
        if not fits(kind := schema.field(name).type):
            raise BadInput(f"column {as_told(name)} of {path} must hold {words}, was {as_told(str(kind))}")

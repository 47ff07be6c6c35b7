"""The form of a file of runs: its columns, and the metadata that says how its rows were made."""

import json
import shlex
import zlib
from collections.abc import Callable, Hashable
from pathlib import Path

import pyarrow as pa

from backprop86.engines.recipe import BadInput
from backprop86.running.provenance import Provenance

KEY = b"backprop86"
"""The key of the metadata in a Parquet file."""
FIRST = ["variant", "reading", "seed", "learned", "diverged", "failure", "sweeps", "right_side", "stopped", "error"]
CURVES = ["error_curve", "gradient_curve"]
"""The columns that every file has; the measures of its problem stand between them, and weights before the curves."""
WEIGHTS = "weights@"
"""The names of columns of weights begin so; the moment follows."""
MOST = 100_000_000
"""The most bytes of metadata that are unpacked; the lattice has 3 million."""


def is_large(column: Hashable) -> bool:
    """Return whether a column has an array in each row, and is kept for a few runs only."""
    return column in CURVES or str(column).startswith(WEIGHTS)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


KINDS: dict[str, tuple[str, Callable[[pa.DataType], bool]]] = {
    "variant": ("text", _is_text),
    "reading": ("text", _is_text),
    "seed": ("whole numbers", pa.types.is_integer),
    "learned": ("true or false", pa.types.is_boolean),
    "diverged": ("true or false", pa.types.is_boolean),
    "failure": ("text", _is_text),
    "sweeps": ("whole numbers", pa.types.is_integer),
    "right_side": ("whole numbers", pa.types.is_integer),
}
"""The content of a column, in words, and the test of its type."""


def command(stem: str, output: str | Path) -> str:
    """Return the command that makes the rows of an experiment in a folder."""
    where = [] if str(output) == "results" else [f"output={output}"]
    return shlex.join(["python", "experiments/run.py", f"experiment={stem}", *where])


def anew(path: Path) -> str:
    """Return the command that makes a file of runs."""
    return command(path.stem, path.parent.parent if path.parent.name == "runs" else "results")


def metadata(path: Path, packed: bytes) -> tuple[str, dict[str, Provenance], bool]:
    """Return a file's description of its rows; BadInput, in one line, names the file."""
    again = f"delete it; {anew(path)} makes it anew"
    try:
        about = json.loads(zlib.decompressobj().decompress(packed, MOST))
    except zlib.error as error:
        raise BadInput(f"{path} was written by an earlier backprop86: {again}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the metadata of {path} cannot be read: {again}") from error
    readings = about.get("names") if isinstance(about, dict) else None
    if not (isinstance(readings, dict) and readings and "stem" in about):
        raise BadInput(f"the metadata of {path} must hold stem and readings: {again}")
    if about["stem"] != path.stem:
        raise BadInput(f"{path} must hold the runs of {path.stem}, was {about['stem']}")
    found = {}
    for name, said in readings.items():
        try:
            found[name] = Provenance.from_file(said)
        except ValueError as error:
            raise BadInput(f"the metadata of {path} must say how reading {name} was made: {again}") from error
    return about["stem"], found, about.get("stopped", False)


def check_columns(path: Path, schema: pa.Schema) -> None:
    """Raise BadInput, in one line, if a column that every file has is not there or of another kind."""
    for name in FIRST + CURVES:
        if name not in schema.names:
            raise BadInput(f"{path} must have a column {name}, was without: {', '.join(schema.names[:9])}")
        words, fits = KINDS.get(name, ("", lambda kind: True))
        if not fits(schema.field(name).type):
            raise BadInput(f"column {name} of {path} must hold {words}, was {schema.field(name).type}")

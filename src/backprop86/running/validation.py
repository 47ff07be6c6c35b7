"""Checks of a file of runs: its rows must match its metadata, and each must have a possible fate."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running.columns import CURVES, WEIGHTS
from backprop86.running.failures import KINDS, LEARNED
from backprop86.running.problem import problem_of, wiring_of
from backprop86.running.provenance import Provenance
from backprop86.running.schema import as_told

MOST_GROUPS = 2_000
"""The most row groups of the Parquet file; writing a file in parts makes one for each part."""
UNPACKED, ANYWAY = 300, 2**26
"""A file may unpack to UNPACKED times its size, or to ANYWAY bytes. Committed files need at most 18 times."""
NUMBER = 8
"""The most bytes of one number."""
MOST_TABLES = 300_000
"""The most readings times columns, as each reading becomes a separate table; the largest file has 70,000."""
MOST_NETWORKS = 100
"""The most networks of one experiment; committed files have up to eight."""

Sizes = dict[str, tuple[int, int]]
"""The number of weights and the number of levels of each reading's network."""
Check = tuple[str, str, np.ndarray]
"""A column, its required content, and a mask of the rows that have it, (N,)."""


def sizes_of(path: Path, of_each: dict[str, Provenance]) -> Sizes:
    """Return the size of each reading's network; BadInput names the file if the problem has no such network."""
    if not path.stem.isidentifier():
        raise BadInput(f"{path} must have the name of a problem, such as xor.parquet")
    recipes = {name: about.recipe for name, about in of_each.items()}
    networks = {name: (one.network, one.biases, one.has_gains) for name, one in recipes.items()}
    if len(set(networks.values())) > MOST_NETWORKS:
        raise BadInput(f"the metadata of {path} must name at most {MOST_NETWORKS} networks")
    found = {}
    for name, network in networks.items():
        try:
            found[name] = _size(path.stem, *network)
        except BadInput as error:
            raise BadInput(f"the recipe of reading {name} in {path} cannot be: {error}") from error
        if of_each[name].levels != found[name][1]:
            raise BadInput(f"the metadata of {path} must say that reading {name} has {found[name][1]} levels")
    return found


@cache
def _size(stem: str, network: str, biases: str, has_gains: bool) -> tuple[int, int]:
    """Return the number of weights and of levels of a network, cached: wiring can take longer than reading the rows."""
    wiring = wiring_of(problem_of(stem).wiring, Recipe(network, biases=biases, gain=2.0 if has_gains else 1.0))
    return wiring.n_parameters, len(wiring.levels)


def check_size(path: Path, file: pq.ParquetFile, of_each: dict[str, Provenance], sizes: Sizes) -> None:
    """Raise BadInput, in one line, if unpacking would give more than the metadata states, or than such a file can hold.

    It counts the values without keeping them.
    """
    footer = file.metadata
    most = sum(last - first + 1 for first, last in (about.seeds for about in of_each.values()))
    if footer.num_rows > most:
        raise BadInput(f"{path} must hold at most {most:,} rows, one for each seed, was {footer.num_rows:,}")
    if (tables := len(of_each) * footer.num_columns) > MOST_TABLES:
        raise BadInput(f"{path} must have at most {MOST_TABLES:,} columns of a reading each, was {tables:,}")
    if footer.num_row_groups > MOST_GROUPS:
        raise BadInput(f"{path} must have at most {MOST_GROUPS:,} groups of rows, was {footer.num_row_groups:,}")
    groups = [footer.row_group(k) for k in range(footer.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups) + NUMBER * footer.num_rows * footer.num_columns
    check_unpacked(path, unpacked)
    arrays = {field.name: k for k, field in enumerate(file.schema_arrow) if pa.types.is_list(field.type)}
    if arrays:  # a garbled footer raises an exception here; without this it would end the process
        file.scan_contents(list(arrays))
    for name, place in arrays.items():
        found = sum(group.column(place).num_values for group in groups)
        if found > (most := footer.num_rows * int(_lengths(name, of_each, sizes).max())):
            raise BadInput(f"column {name} of {path} must hold at most {most:,} numbers, was {found:,}")
        unpacked += NUMBER * found
    check_unpacked(path, unpacked)


def check_unpacked(path: Path, unpacked: int) -> None:
    """Raise BadInput, in one line, if a file unpacks to so many bytes that it would fill the memory."""
    most = max(ANYWAY, UNPACKED * path.stat().st_size)
    if unpacked > most:
        raise BadInput(f"{path} must unpack to at most {most:,} bytes, as its size is, was {unpacked:,}")


def _lengths(name: str, of_each: dict[str, Provenance], sizes: Sizes) -> np.ndarray:
    """Return the number of numbers per row in a column, by reading."""
    weights, levels = np.array(list(sizes.values())).T
    points = np.array([len(about.checkpoints) for about in of_each.values()])
    of_curves = dict(zip(CURVES, (points, points * levels), strict=True))
    return weights if name.startswith(WEIGHTS) else of_curves.get(name, np.ones_like(points))


def with_texts(path: Path, table: pa.Table) -> pa.Table:
    """Return the table with plain text columns in place of dictionaries, unless the texts are too long for that."""
    for place, name in enumerate(table.column_names):
        if not pa.types.is_dictionary(table.schema.field(name).type):
            continue
        texts = table[name]
        try:
            long = [pc.binary_length(part.dictionary).cast(pa.int64()).take(part.indices) for part in texts.chunks]
            check_unpacked(path, sum(pc.sum(part).as_py() or 0 for part in long))
            texts = texts.cast(pa.string())
            texts.validate(full=True)
        except pa.ArrowException as error:
            raise BadInput(f"column {name} of {path} must hold text in UTF-8") from error
        table = table.set_column(place, name, texts)
    return table


def check_rows(path: Path, table: pa.Table, counts: list[int], of_each: dict[str, Provenance], sizes: Sizes) -> None:
    """Raise BadInput, in one line, if a row has a value that no run can have.

    table: the rows, consecutive for each reading; counts: the number of rows of each.
    """
    reading = np.repeat(np.arange(len(counts)), counts)
    about = list(of_each.values())
    for checks in (_are_there(table), _fates(table, reading, about), _arrays(table, reading, of_each, sizes)):
        for column, must, fits in checks:
            if not fits.all():
                row = int(np.argmin(fits))
                where = f"seed {table['seed'][row].as_py()} of reading {list(of_each)[reading[row]]}"
                was = as_told(repr(table[column][row].as_py()))
                raise BadInput(f"column {column} of {path} must hold {must}, was {was} for {where}")


def _are_there(table: pa.Table) -> Iterator[Check]:
    """Yield the columns that must be complete."""
    for name in ("seed", "learned", "diverged", "failure", "stopped"):
        yield name, "something in every row", table[name].is_valid().to_numpy()


def _fates(table: pa.Table, reading: np.ndarray, about: list[Provenance]) -> Iterator[Check]:
    """Yield the checks of seeds, and of the fates of their runs."""
    seed, learned, diverged = (table[name].to_numpy() for name in ("seed", "learned", "diverged"))
    first, last = np.array([one.seeds for one in about], dtype=np.int64)[reading].T
    yield "seed", "numbers from the first to the last of the metadata", (first <= seed) & (seed <= last)
    order = np.lexsort([seed, reading])
    again = (np.diff(seed[order]) == 0) & (np.diff(reading[order]) == 0)
    yield "seed", "each seed of a reading once", np.isin(np.arange(len(seed)), order[1:][again], invert=True)
    failure = table["failure"]
    known = pc.is_in(failure, pa.array([*KINDS, LEARNED], failure.type)).to_numpy()
    yield "failure", f"nothing or one of {', '.join(KINDS)}", known
    yield "failure", "nothing exactly where a run learned", pc.equal(failure, LEARNED).to_numpy() == learned
    yield "sweeps", "a number exactly where a run learned", table["sweeps"].is_valid().to_numpy() == learned
    limit = np.array([one.recipe.sweeps for one in about], dtype=np.int64)[reading]
    for name in ("sweeps", "right_side", "stopped"):
        sweeps = table[name].fill_null(0).to_numpy()
        yield name, "numbers from 0 to the limit of the recipe", (sweeps >= 0) & (sweeps <= limit)
    error = table["error"].fill_null(np.nan).to_numpy()
    yield "error", "a finite number where no run diverged", np.isfinite(error) | diverged


def _arrays(table: pa.Table, reading: np.ndarray, of_each: dict[str, Provenance], sizes: Sizes) -> Iterator[Check]:
    """Yield the checks of the lengths of weights and curves, and that weights are numbers."""
    diverged = table["diverged"].to_numpy()
    for name in table.column_names:
        if not pa.types.is_list(table.schema.field(name).type):
            continue
        arrays = table[name].combine_chunks()
        wanted = _lengths(name, of_each, sizes)[reading]
        length = pc.list_value_length(arrays).to_numpy(zero_copy_only=False)
        yield name, "an array of the length that its recipe gives, or none", np.isnan(length) | (length == wanted)
        if name.startswith(WEIGHTS):
            finite = np.isfinite(arrays.flatten().fill_null(np.nan).to_numpy())
            fits = np.full(len(reading), True)
            fits[pc.list_parent_indices(arrays).to_numpy()[~finite]] = False
            yield name, "finite numbers where no run diverged", fits | diverged

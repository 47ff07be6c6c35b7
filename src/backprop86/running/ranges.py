"""Finished ranges of seeds on disk: the state of a run, which goes on from them and merges its rows from them.

A range is a fixed block of the seeds of one reading. Its file is complete or absent. The name of the file ends with the
digest of its bytes, and the name of its folder with the digest of everything that determines its rows: a damaged file,
or a file from other settings or other code, counts as absent.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.durable import whole
from backprop86.running.provenance import Provenance, sources
from backprop86.wiring import Wiring

KEY = b"backprop86 range"
"""The key of a file's metadata for the range that it holds, and the digest of its folder."""
WORK = 100_000_000_000
"""The largest cost of a range: outputs times weights in the forward passes, some ten seconds on two cores."""
ON_CARD = 100
"""The speed of a graphics card, in processors of two cores; with fewer seeds than that it would be idle."""
BY_CASE = 4
"""The cost of a change after every case, in changes after every sweep."""
LEAST, MOST = 64, 65_536
"""The least and the most seeds of a range: fewer leave lanes of the engine empty, more take too much memory."""
ATTEMPTS = 3
"""The attempts to write a range, if its folder disappears each time."""
NAME = re.compile(r"(\d+)-(\d+)-([0-9a-f]{16})\.parquet")


def work_of(recipe: Recipe, wiring: Wiring, cases: Cases) -> int:
    """Return the cost of a seed that does not learn: outputs times weights in its forward passes."""
    n_cases = recipe.block or len(cases.inputs)
    return recipe.sweeps * n_cases * len(wiring.source) * (BY_CASE if recipe.update == "case" else 1)


def size_of(recipe: Recipe, wiring: Wiring, cases: Cases, engine: str) -> int:
    """Return the number of seeds in a range: a power of two for which the range costs about WORK if no seed learns."""
    of_a_seed, size = work_of(recipe, wiring, cases), LEAST
    work = WORK * (ON_CARD if engine == "cuda" else 1)
    while 2 * size <= MOST and 2 * size * of_a_seed <= work:
        size *= 2
    return size


def cut(seeds: range, size: int) -> list[range]:
    """Cut the seeds into ranges that end at multiples of `size`, whatever the first seed is."""
    ends = range((seeds.start // size + 1) * size, seeds.stop, size)
    return [range(start, stop) for start, stop in zip([seeds.start, *ends], [*ends, seeds.stop], strict=True)]


@dataclass(frozen=True)
class Finished:
    """The finished ranges of one reading, in a separate folder."""

    folder: Path
    key: str  # the digest of everything that determines the rows

    @classmethod
    def of(cls, folder: Path, name: str, about: Provenance, **others: object) -> "Finished":
        """Return the finished ranges of a reading in a folder; `others` are further things that determine its rows."""
        follows = {**about.for_file(), **others, "seeds": None, "sources": sources()}
        key = hashlib.sha256(json.dumps(follows, sort_keys=True).encode()).hexdigest()
        readable = re.sub(r"[^\w.+-]", "_", name)[:80]
        return cls(folder / f"{readable}-{key[:16]}", key)

    def files(self) -> dict[range, list[Path]]:
        """Return the existing files by range, from their names; usually one for each."""
        found: dict[range, list[Path]] = {}
        with suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                if named := NAME.fullmatch(path.name):
                    found.setdefault(range(int(named[1]), int(named[2]) + 1), []).append(path)
        return found

    def have(self, wanted: Sequence[range]) -> set[range]:
        """Return the wanted ranges that exist and are undamaged."""
        files = self.files()
        return {seeds for seeds in wanted if any(self._content(path, seeds) for path in files.get(seeds, []))}

    def table(self, seeds: range, columns: list[str] | None = None) -> pa.Table | None:
        """Return the rows of a range, or some columns of them; None if it is missing or damaged."""
        for path in self.folder.glob(f"{seeds.start}-{seeds.stop - 1}-*.parquet"):
            if content := self._content(path, seeds):
                return pq.read_table(pa.BufferReader(content), columns=columns)
        return None

    def keep(self, seeds: range, rows: pa.Table) -> None:
        """Write the rows of a range; BadInput, in one line, if the disk refuses them."""
        about = {KEY: self._place(seeds), **(rows.schema.metadata or {})}
        sink = pa.BufferOutputStream()
        pq.write_table(rows.replace_schema_metadata(about), sink, compression="zstd", compression_level=1)
        content = sink.getvalue()
        name = f"{seeds.start}-{seeds.stop - 1}-{_digest(content)}.parquet"
        for attempt in range(ATTEMPTS):
            try:
                with whole(self.folder / name) as aside:
                    aside.write_bytes(content)
                return
            except BadInput as error:  # another run has just merged the ranges and removed the folder
                if attempt == ATTEMPTS - 1 or not isinstance(error.__cause__, FileNotFoundError):
                    raise

    def _content(self, path: Path, seeds: range) -> pa.Buffer | None:
        """Return the bytes of a file if they match the digest in its name, this range and this reading."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if _digest(content) != path.stem.rpartition("-")[2]:
            return None
        try:
            about = pq.read_schema(pa.BufferReader(content)).metadata or {}
        except pa.ArrowException:
            return None
        return content if about.get(KEY) == self._place(seeds) else None

    def _place(self, seeds: range) -> bytes:
        return f"{self.key} {seeds.start}-{seeds.stop - 1}".encode()

    def remove(self) -> None:
        """Remove the ranges, and their folder unless another process is writing into it."""
        for paths in self.files().values():
            for path in paths:
                path.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()


def _digest(content: bytes | pa.Buffer) -> str:
    return hashlib.sha256(content).hexdigest()[:16]

"""The provenance of the rows of one reading, as the file of runs keeps it: enough to make them again."""

import hashlib
import platform
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from backprop86.engines.recipe import Recipe
from backprop86.engines.reference import checkpoints


@dataclass(frozen=True)
class Provenance:
    """Recipe, seeds, checkpoints, engine and versions of the rows of one reading.

    Nothing here changes when the rows do not, so the same run twice gives the same bytes.
    """

    variant: str  # empty for the printed net
    reading: str
    recipe: Recipe
    seeds: list[int]  # the first and the last
    checkpoints: list[int]  # sweeps at which the curves have a point
    levels: int  # of the network: the number of lengths of dE/dw at each checkpoint
    engine: str
    versions: dict[str, str]

    @classmethod
    def of(cls, name: tuple[str, str], recipe: Recipe, levels: int, seeds: list[int], engine: str) -> "Provenance":
        """Describe rows that are about to be made here; `name` is their variant and reading."""
        made_with = versions("numba") if engine == "fused" else versions()
        return cls(*name, recipe, [seeds[0], seeds[-1]], checkpoints(recipe.sweeps), levels, engine, made_with)

    @classmethod
    def from_file(cls, said: Any) -> "Provenance":
        """Return the provenance that a file states; ValueError if readers could not rely on it."""
        kinds: dict[str, type] = {"variant": str, "reading": str, "recipe": dict, "seeds": list}
        kinds |= {"checkpoints": list, "levels": int, "engine": str, "versions": dict}
        if not isinstance(said, dict) or not all(isinstance(said.get(name), kind) for name, kind in kinds.items()):
            raise ValueError("a setting is missing, or of another kind")
        if not said["recipe"].keys() <= {field.name for field in fields(Recipe)}:
            raise ValueError("the recipe has an unknown setting")
        if [type(seed) for seed in said["seeds"]] != [int, int]:
            raise ValueError("seeds must be the first and the last")
        return cls(**{name: said[name] for name in kinds} | {"recipe": Recipe(**said["recipe"])})

    def for_file(self) -> dict[str, Any]:
        """Return the provenance as JSON has it."""
        return asdict(self)


@cache
def sources() -> str:
    """Return the digest of all code and data that make rows: the letter, engines, running, problems."""
    root = Path(__file__).parents[1]
    folders = (root, root / "engines", root / "running", root / "problems")
    files = sorted(path for folder in folders for path in folder.iterdir() if path.suffix in (".py", ".json"))
    seen = [(path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


@cache
def versions(*more: str) -> dict[str, str]:
    """Return the version of everything whose change could change a row."""
    names = ("backprop86", "numpy", "torch", *more)
    return {"python": platform.python_version()} | {name: version(name) for name in names}

"""The provenance of one reading's rows, kept in the file of runs: enough to make the rows again."""

import hashlib
import platform
import re
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from backprop86.engines.recipe import BEYOND, TYPES, Recipe
from backprop86.engines.reference import checkpoints

WORD = re.compile(r"[\w./+-]{0,200}")
"""A name in a file of runs, without signs that HTML, Markdown or LaTeX interpret."""


@dataclass(frozen=True)
class Provenance:
    """Recipe, seeds, checkpoints, engine and versions of the rows of one reading.

    It depends on nothing but the rows' causes, so the same run twice gives the same bytes.
    """

    variant: str  # empty for the printed net
    reading: str
    recipe: Recipe
    seeds: list[int]  # the first and the last
    checkpoints: list[int]  # the sweeps of the curves' points
    levels: int  # of the network: the number of lengths of dE/dw at each checkpoint
    engine: str
    versions: dict[str, str]

    @classmethod
    def of(cls, name: tuple[str, str], recipe: Recipe, levels: int, seeds: list[int], engine: str) -> "Provenance":
        """Describe rows to be made here; `name` is their variant and reading."""
        made_with = versions(*{"fused": ("numba",), "cuda": ("cuda-core",)}.get(engine, ()))
        return cls(*name, recipe, [seeds[0], seeds[-1]], checkpoints(recipe.sweeps), levels, engine, made_with)

    @classmethod
    def from_file(cls, said: Any) -> "Provenance":
        """Return the provenance from a file; ValueError if it is incomplete or wrong."""
        kinds: dict[str, type] = {"variant": str, "reading": str, "recipe": dict, "seeds": list}
        kinds |= {"checkpoints": list, "levels": int, "engine": str, "versions": dict}
        if not isinstance(said, dict) or not all(type(said.get(name)) is kind for name, kind in kinds.items()):
            raise ValueError("a setting is missing, or of another kind")
        recipe, seeds = _recipe(said["recipe"]), said["seeds"]
        if [type(seed) for seed in seeds] != [int, int] or not 0 <= seeds[0] <= seeds[1] < BEYOND:
            raise ValueError("seeds must be the first and the last")
        if said["checkpoints"] != checkpoints(recipe.sweeps) or not {type(k) for k in said["checkpoints"]} <= {int}:
            raise ValueError("checkpoints must be those of the recipe")
        words = [said["variant"], said["reading"], said["engine"], *said["versions"], *said["versions"].values()]
        if not all(isinstance(word, str) and WORD.fullmatch(word) for word in words):
            raise ValueError("names and versions must be words")
        return cls(**{name: said[name] for name in kinds} | {"recipe": recipe})

    def for_file(self) -> dict[str, Any]:
        """Return the provenance as a dictionary for JSON."""
        return asdict(self)


@cache
def sources() -> str:
    """Return the digest of all code and data behind rows: the letter, engines, running, problems."""
    root = Path(__file__).parents[1]
    folders = (root, root / "engines", root / "engines" / "cuda", root / "running", root / "problems")
    files = sorted(path for folder in folders for path in folder.iterdir() if path.suffix in (".py", ".json", ".cu"))
    seen = [(path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _recipe(said: dict[str, Any]) -> Recipe:
    """Return the recipe from a file; ValueError if a setting is missing, unknown or impossible."""
    if said.keys() != TYPES.keys():
        raise ValueError("the recipe must have every setting, and no other")
    for name, value in said.items():
        kind = TYPES[name]
        types = {list[int]: (list,), float: (float, int)}.get(kind, (kind,))
        if type(value) not in types or (kind == list[int] and not {type(one) for one in value} <= {int}):
            raise ValueError(f"{name} is of another kind")
        if kind is str and not WORD.fullmatch(value):
            raise ValueError(f"{name} must be a word")
    return Recipe(**said).check()


@cache
def versions(*more: str) -> dict[str, str]:
    """Return the versions of all software that could change a row."""
    names = ("backprop86", "numpy", "torch", *more)
    return {"python": platform.python_version()} | {name: version(name) for name in names}

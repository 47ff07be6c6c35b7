"""The provenance of the rows of one reading, as the file of runs keeps it: enough to make them again."""

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
"""A name in a file of runs, which says nothing to HTML, Markdown or LaTeX."""


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


def _recipe(said: dict[str, Any]) -> Recipe:
    """Return the recipe that a file states; ValueError if a setting is missing, or is none that a recipe can have."""
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
    """Return the version of everything whose change could change a row."""
    names = ("backprop86", "numpy", "torch", *more)
    return {"python": platform.python_version()} | {name: version(name) for name in names}

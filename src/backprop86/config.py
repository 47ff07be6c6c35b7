"""The settings of a run, typed: what conf/*.yaml and the command line may say, and the one line that answers a mistake.

settings = load("symmetry", "seeds=20")
settings.experiment.recipe_of("zero_one_targets")
"""

import difflib
import itertools
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import torch
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from backprop86.claims import Claim
from backprop86.recipe import BadInput, Recipe, one_of
from backprop86.training import ENGINES

CONF = Path(__file__).parents[2] / "conf"
os.environ["HYDRA_FULL_ERROR"] = "1"  # so that Hydra raises what it finds, for `one_clear_line` to tell


@dataclass
class Caption:
    """What a figure that the problem draws shows, and the claims it bears on."""

    name: str = "???"
    says: str = "???"
    claims: list[str] = field(default_factory=list)


@dataclass
class Experiment:
    """One file of conf/experiment/: the recipe as printed, its other readings, the claims.

    With `axes` the readings are all combinations of one value of each: 8_hidden/case_updates is what the axes say of
    8_hidden and of case_updates. With `first_look` that many seeds of a reading are run, and the others only if one of
    those is `promising` (a column of the runs): for lattices too large to be run in full.
    """

    stem: str = "???"
    title: str = "???"
    seeds: int = 1000
    recipe: Recipe = field(default_factory=Recipe)
    readings: dict[str, Any] = field(default_factory=dict)  # name -> settings of the recipe that differ
    axes: dict[str, dict[str, Any]] = field(default_factory=dict)  # axis -> value -> settings that differ
    claims: list[Claim] = field(default_factory=list)
    figures: list[Caption] = field(default_factory=list)
    numbers_only: bool = False  # keep neither weights nor curves
    first_look: int | None = None
    promising: str = ""
    by_itself: str = ""  # the make target that runs it, if `make reproduce` does not

    @cached_property
    def conditions(self) -> dict[str, dict[str, Any]]:
        """The settings that differ, for every reading by its name."""
        if not self.axes:
            return {name: dict(differs or {}) for name, differs in self.readings.items()}
        found = {}
        for values in itertools.product(*self.axes.values()):
            parts = [self.axes[axis][value] or {} for axis, value in zip(self.axes, values, strict=True)]
            found["/".join(values)] = {name: setting for part in parts for name, setting in part.items()}
        return found

    def recipe_of(self, reading: str) -> Recipe:
        """The recipe under one reading; BadInput, in one line, if there is no such reading or it cannot be."""
        if reading not in self.conditions:
            names = list(self.conditions)
            known = one_of(*names)[0] if len(names) < 60 else f"a name such as {names[0]}"
            raise BadInput(f"reading must be all, {known}, was {reading}")
        differs = self.conditions[reading]
        for name in differs:
            if name not in {f.name for f in fields(Recipe)}:
                raise BadInput(_unknown(f"experiment.readings.{reading}.{name}"))
        merged = OmegaConf.merge(OmegaConf.structured(self.recipe), differs)
        return cast(Recipe, OmegaConf.to_object(merged)).check()


@dataclass
class Settings:
    """conf/config.yaml, with the experiment that was chosen."""

    experiment: Experiment = field(default_factory=Experiment)
    seeds: int | None = None
    first_seed: int = 0
    reading: str = "all"
    engine: str = "auto"
    device: str = "cpu"
    output: str = "results"

    def check(self) -> "Settings":
        """Return the settings themselves; BadInput, in one line, names the first that cannot be."""
        if not self.seed_list:
            raise BadInput(f"seeds must be 1 or more, was {self.seeds}")
        if self.first_seed < 0:
            raise BadInput(f"first_seed must be 0 or more, was {self.first_seed}")
        if self.engine not in ("auto", *ENGINES):
            raise BadInput(f"engine must be {one_of('auto', *ENGINES)[0]}, was {self.engine}")
        if self.engine == "fused" and self.device != "cpu":
            raise BadInput(f"device must be cpu for the fused engine, was {self.device}")
        try:
            torch.empty(0, device=self.device)
        except (RuntimeError, AssertionError) as error:
            raise BadInput(f"device must be one that torch can use here, was {self.device}") from error
        for reading in self.chosen:
            self.experiment.recipe_of(reading)
        for claim in self.experiment.claims:
            claim.check()
        known = {claim.id for claim in self.experiment.claims}
        for caption in self.experiment.figures:
            if not set(caption.claims) <= known:
                unknown = ", ".join(sorted(set(caption.claims) - known))
                raise BadInput(
                    f"claims of figure {caption.name} must be claims of {self.experiment.stem}, was {unknown}"
                )
        return self

    def writable(self) -> "Settings":
        """Return the settings themselves; BadInput, in one line, if the rows cannot be put where they belong."""
        folder = self.runs_file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            told = f"was {self.output} ({error.strerror}: {error.filename})"
            raise BadInput(f"output must be a folder that can be written to, {told}") from error
        if self.runs_file.exists() and not self.runs_file.is_file():
            raise BadInput(f"{self.runs_file} must be a file of rows, or not there, was a folder")
        return self

    @property
    def seed_list(self) -> list[int]:
        """The seeds to run."""
        n = self.experiment.seeds if self.seeds is None else self.seeds
        return list(range(self.first_seed, self.first_seed + n))

    @property
    def chosen(self) -> list[str]:
        """The readings to run."""
        return list(self.experiment.conditions) if self.reading == "all" else [self.reading]

    @property
    def runs_file(self) -> Path:
        """Where the rows go."""
        return Path(self.output) / "runs" / f"{self.experiment.stem}.parquet"


ConfigStore.instance().store(name="settings", node=Settings)


def typed(config: DictConfig) -> Settings:
    """What Hydra composed, as checked objects."""
    known = OmegaConf.merge(OmegaConf.structured(Settings), OmegaConf.to_container(config))  # refuses what "+" added
    return cast(Settings, OmegaConf.to_object(known)).check()


def load(experiment: str, *overrides: str, output: str | Path | None = None) -> Settings:
    """Return the settings that `run.py experiment=<experiment> <overrides>` runs with; nothing is written.

    `output` may be any folder: it does not pass through Hydra's grammar, in which ( ' , = ~ and é have a meaning.
    """
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings = typed(compose("config", [f"experiment={experiment}", *overrides]))
    return settings if output is None else replace(settings, output=str(output))


STORY = (
    "symmetry", "family_trees", "family_trees_lattice", "iterative", "single_layer", "symmetry_breaking",
    "extra_connections", "xor", "chauvin", "parity", "encoder", "addition", "negation", "t_c", "shift_register",
    "sequence", "depth",
)  # fmt: skip
"""The order in which experiments are told: the letter's, the chapter's, ours."""


def stems() -> list[str]:
    """The experiments there are, in the order of STORY; others after them."""
    found = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
    return [stem for stem in STORY if stem in found] + [stem for stem in found if stem not in STORY]


@contextmanager
def one_clear_line() -> Iterator[None]:
    """Answer a mistake in the settings or a file that is not there with one line and exit status 2."""
    try:
        yield
    except (BadInput, OSError, OmegaConfBaseException, HydraException) as error:
        print(f"error: {_in_words(error)}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped; what is finished is saved, and the same command goes on from there", file=sys.stderr)
        sys.exit(130)


def _in_words(error: BaseException) -> str:
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    if isinstance(causes[-1], ConfigKeyError | ConfigAttributeError):
        said = re.search(r"Could not override '(.+)'|full_key: (\S+)", "\n".join(map(str, causes)))
        if said:
            return _unknown(said[1] or said[2])
    lines = str(error).split("\nConfig search path:")[0].splitlines()
    if isinstance(causes[-1], OmegaConfBaseException) and len(causes) > 1:
        lines.append(str(causes[-1]).splitlines()[0])
    told = [line.strip().removeprefix("In 'config': ") for line in lines if "object_type=" not in line]
    return ", ".join(line for line in told if line).replace(":,", ":")


def _unknown(key: str) -> str:
    """The line for a setting that does not exist, with the one that was probably meant."""
    *path, last = key.split(".")
    kind: Any = Settings
    for name in path:
        kind = {f.name: f.type for f in fields(kind)}.get(name) if is_dataclass(kind) else None
    known = [f.name for f in fields(kind if is_dataclass(kind) else Recipe)]
    near = difflib.get_close_matches(last, known, n=1) or known
    return f"{key} is not a setting; did you mean {' or '.join(near)}?"

"""The settings of a run, typed: what conf/*.yaml and the command line may say, and the one line that answers a mistake.

settings = load("symmetry", "seeds=20")
settings.experiment.recipe_of("zero_one_targets")
"""

import difflib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import torch
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from backprop86.claims import Claim
from backprop86.recipe import Recipe, one_of
from backprop86.training import ENGINES

CONF = Path(__file__).parents[2] / "conf"
os.environ["HYDRA_FULL_ERROR"] = "1"  # so that Hydra raises what it finds, for `one_clear_line` to tell


@dataclass
class Experiment:
    """One file of conf/experiment/: the recipe as printed, its other readings, the claims."""

    stem: str = "???"
    title: str = "???"
    seeds: int = 1000
    recipe: Recipe = field(default_factory=Recipe)
    readings: dict[str, Any] = field(default_factory=dict)  # name -> settings of the recipe that differ
    claims: list[Claim] = field(default_factory=list)

    def recipe_of(self, reading: str) -> Recipe:
        """The recipe under one reading; ValueError, in one line, if there is no such reading or it cannot be."""
        if reading not in self.readings:
            raise ValueError(f"reading must be all, {one_of(*self.readings)[0]}, was {reading}")
        differs = self.readings[reading] or {}
        for name in differs:
            if name not in {f.name for f in fields(Recipe)}:
                raise ValueError(_unknown(f"experiment.readings.{reading}.{name}"))
        merged = OmegaConf.merge(OmegaConf.structured(self.recipe), differs)
        return cast(Recipe, OmegaConf.to_object(merged)).check()


@dataclass
class Settings:
    """conf/config.yaml, with the experiment that was chosen."""

    experiment: Experiment = field(default_factory=Experiment)
    seeds: int | None = None
    first_seed: int = 0
    reading: str = "all"
    dtype: str = "float64"
    engine: str = "auto"
    device: str = "cpu"
    output: str = "results"

    def check(self) -> "Settings":
        """Return the settings themselves; ValueError, in one line, names the first that cannot be."""
        if not self.seed_list:
            raise ValueError(f"seeds must be 1 or more, was {self.seeds}")
        if self.first_seed < 0:
            raise ValueError(f"first_seed must be 0 or more, was {self.first_seed}")
        for name, words in (("dtype", ("float64", "float32")), ("engine", ("auto", *ENGINES))):
            if getattr(self, name) not in words:
                raise ValueError(f"{name} must be {one_of(*words)[0]}, was {getattr(self, name)}")
        if self.engine == "fused" and self.device != "cpu":
            raise ValueError(f"device must be cpu for the fused engine, was {self.device}")
        try:
            torch.empty(0, device=self.device)
        except (RuntimeError, AssertionError) as error:
            raise ValueError(f"device must be one that torch can use here, was {self.device}") from error
        for reading in self.chosen:
            self.experiment.recipe_of(reading)
        for claim in self.experiment.claims:
            claim.check()
        try:
            Path(self.output).mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.output).close()
        except OSError as error:
            raise ValueError(
                f"output must be a folder that can be written to, was {self.output} ({error.strerror})"
            ) from error
        return self

    @property
    def seed_list(self) -> list[int]:
        """The seeds to run."""
        n = self.experiment.seeds if self.seeds is None else self.seeds
        return list(range(self.first_seed, self.first_seed + n))

    @property
    def chosen(self) -> list[str]:
        """The readings to run."""
        return list(self.experiment.readings) if self.reading == "all" else [self.reading]

    @property
    def runs_file(self) -> Path:
        """Where the rows go."""
        return Path(self.output) / "runs" / f"{self.experiment.stem}.parquet"


ConfigStore.instance().store(name="settings", node=Settings)


def typed(config: DictConfig) -> Settings:
    """What Hydra composed, as checked objects."""
    known = OmegaConf.merge(OmegaConf.structured(Settings), OmegaConf.to_container(config))  # refuses what "+" added
    return cast(Settings, OmegaConf.to_object(known)).check()


def load(experiment: str, *overrides: str) -> Settings:
    """The settings that `run.py experiment=<experiment> <overrides>` would run with."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return typed(compose("config", [f"experiment={experiment}", *overrides]))


def stems() -> list[str]:
    """The experiments there are, in the order of the papers' story: those of the letter first."""
    found = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
    letter = [stem for stem in ("symmetry", "family_trees") if stem in found]
    return letter + [stem for stem in found if stem not in letter]


@contextmanager
def one_clear_line() -> Iterator[None]:
    """Answer a mistake in the settings or a file that is not there with one line and exit status 2."""
    try:
        yield
    except (ValueError, OSError, OmegaConfBaseException, HydraException) as error:
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

"""The settings of a run, typed: everything in conf/*.yaml and on the command line.

settings = load("symmetry", "seeds=20")
settings.experiment.recipe_of("zero_one_targets")
"""

import math
import os
import re
import tempfile
import warnings
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import torch
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf
from yaml import safe_load

from backprop86.engines import ENGINES, engine_for
from backprop86.engines.cores import cores
from backprop86.engines.cuda.engine import refuse
from backprop86.engines.recipe import BEYOND, BadInput, Recipe, one_of
from backprop86.running.experiment import Experiment
from backprop86.running.wording import HYDRA_ERRORS, in_words, must_be

INSIDE, AT_THE_TOP = Path(__file__).parents[1] / "conf", Path(__file__).parents[3] / "conf"
CONF = INSIDE if INSIDE.is_dir() else AT_THE_TOP
"""The folder of settings: inside the package if it was installed from a wheel, else at the top of the repository."""
PUBLISHED = CONF.parent / "results"
os.environ["HYDRA_FULL_ERROR"] = "1"  # so that Hydra raises its errors, for `one_clear_line` to print


@dataclass
class Settings:
    """The settings in conf/config.yaml, with the chosen experiment."""

    experiment: Experiment = field(default_factory=Experiment)
    seeds: int | None = None
    first_seed: int = 0
    reading: str = "all"
    engine: str = "auto"
    device: str = "cpu"
    threads: int | None = None
    output: str = "results"
    shard: int | None = None
    shards: int = 1
    cluster: str | None = None
    form: str = "full"
    print_kernel: bool = False

    def check(self) -> "Settings":
        """Return the settings themselves; BadInput, in one line, names the first impossible setting."""
        n, name = (self.experiment.seeds, "experiment.seeds") if self.seeds is None else (self.seeds, "seeds")
        if not 1 <= n < BEYOND:
            raise BadInput(f"{name} must be a whole number of at least 1 and below 2^63, was {n}")
        if not 0 <= self.first_seed <= BEYOND - n:
            raise BadInput(f"first_seed must be a whole number from 0 to {BEYOND - n}, was {self.first_seed}")
        if self.engine not in ("auto", *ENGINES):
            raise BadInput(f"engine must be {one_of('auto', *ENGINES)[0]}, was {self.engine}")
        if self.engine == "fused" and self.device != "cpu":
            raise BadInput(f"device must be cpu for the fused engine, was {self.device}")
        if self.engine == "cuda" and not self.device.startswith("cuda"):
            raise BadInput(f"device must be cuda or cuda:1 for the cuda engine, was {self.device}")
        if not _computes(self.device):
            raise BadInput(f"device must be cpu, or cuda, cuda:1 or mps if torch finds one here, was {self.device}")
        if self.threads is not None and not 1 <= self.threads <= cores():
            raise BadInput(f"threads must be a whole number from 1 to {cores()}, was {self.threads}")
        if self.form not in ("full", "compact"):
            raise BadInput(f"form must be full or compact, was {self.form}")
        if self.shards < 1:
            raise BadInput(f"shards must be a whole number of at least 1, was {self.shards}")
        if self.shard is not None and not 1 <= self.shard <= self.shards:
            raise BadInput(f"shard must be null or a whole number from 1 to shards={self.shards}, was {self.shard}")
        self.check_output()
        self.experiment.check()
        recipes = [self.experiment.recipe_of(reading) for reading in self.chosen]
        if engine_for(self.engine, self.device) == "cuda":
            for recipe in recipes:
                refuse(recipe)
        return self

    def check_output(self) -> "Settings":
        """Return the settings themselves; BadInput, in one line, if their rows do not belong in the folder."""
        if not self.output:
            raise BadInput("output must be the name of a folder, was empty")
        return self

    def writable(self) -> "Settings":
        """Return the settings themselves; BadInput, in one line, if the rows cannot be written to their folder.

        The published folder holds only rows of the settings in conf/, so changed settings need another folder.
        """
        if Path(self.output).resolve() == PUBLISHED and (changed := self.changed()):
            told = f"the rows there are those of conf/, and {changed[0]} is changed"
            raise BadInput(f"output must be another folder than {self.output}, such as output=elsewhere: {told}")
        for folder in (self.runs_file.parent, self.ranges):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=folder).close()
            except OSError as error:
                told = f"was {self.output} ({error.strerror}: {error.filename})"
                raise BadInput(f"output must be a folder that can be written to, {told}") from error
        if self.runs_file.exists() and not self.runs_file.is_file():
            raise BadInput(f"{self.runs_file} must be a file of rows, or not there, was a folder")
        return self

    def changed(self) -> list[str]:
        """Return the settings of the experiment that differ from its file, apart from the number of seeds."""
        mine, file = self.experiment, load(self.experiment.stem).experiment
        recipe = [f.name for f in fields(Recipe) if getattr(mine.recipe, f.name) != getattr(file.recipe, f.name)]
        others = [f.name for f in fields(Experiment) if getattr(mine, f.name) != getattr(file, f.name)]
        names = [f"recipe.{name}" for name in recipe] + [name for name in others if name not in ("recipe", "seeds")]
        return [f"experiment.{name}" for name in names]

    @property
    def seed_range(self) -> range:
        """The seeds to run."""
        n = self.experiment.seeds if self.seeds is None else self.seeds
        return range(self.first_seed, self.first_seed + n)

    @property
    def chosen(self) -> list[str]:
        """The readings to run."""
        every = list(self.experiment.every_reading)
        return every if self.reading == "all" else [self.experiment.full(self.reading)]

    @property
    def runs_file(self) -> Path:
        """The file that the rows go to."""
        return Path(self.output) / "runs" / f"{self.experiment.stem}.parquet"

    @property
    def ranges(self) -> Path:
        """The folder of finished ranges: compact ranges stay, others become rows when all are finished."""
        return Path(self.output) / ("ranges" if self.form == "full" else "compact") / self.experiment.stem

    @property
    def counts_file(self) -> Path:
        """The file of the counts of runs in the compact form."""
        return Path(self.output) / "compact" / f"{self.experiment.stem}.csv"


def _computes(device: str) -> bool:
    """Return whether torch computes in double precision on the device."""
    if not re.fullmatch(r"cpu|mps|cuda(:\d{1,3})?", device):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a graphics card without a driver; our error line replaces it
            return float(torch.ones(2, dtype=torch.float64, device=device).sum()) == 2
    except (RuntimeError, AssertionError, TypeError):  # torch without CUDA asserts, and Apple's device has no float64
        return False


ConfigStore.instance().store(name="settings", node=Settings)


def typed(config: DictConfig, chosen: str) -> Settings:
    """Return Hydra's composed settings as checked objects; `chosen` is the name of the experiment's file."""
    if missing := sorted(OmegaConf.missing_keys(config)):
        raise BadInput(f"{missing[0]} must be {must_be(missing[0], Settings)}, was not given")
    known = OmegaConf.merge(OmegaConf.structured(Settings), OmegaConf.to_container(config))  # refuses what "+" added
    settings = cast(Settings, OmegaConf.to_object(known))
    if settings.experiment.stem != chosen:
        place = f"the name of its file conf/experiment/{chosen}.yaml"
        raise BadInput(f"experiment.stem must be {chosen}, {place}, was {settings.experiment.stem or 'empty'}")
    return settings.check()


def load(experiment: str, *overrides: str, output: str | Path | None = None) -> Settings:
    """Return the settings of `run.py experiment=<experiment> <overrides>`; write nothing.

    `output` may be any folder: it bypasses Hydra's grammar, in which ( ' , = ~ and é have a meaning.
    """
    check_name(experiment)
    files = (CONF / "config.yaml", CONF / "experiment" / f"{experiment}.yaml")
    settings = deepcopy(_composed(experiment, overrides, CONF, tuple(path.stat().st_mtime_ns for path in files)))
    return settings if output is None else replace(settings, output=str(output)).check_output()


@cache
def _composed(experiment: str, overrides: tuple[str, ...], conf: Path, changed: tuple[int, ...]) -> Settings:
    """Compose and check the settings. This takes 0.2 s, so only once while the files in `conf` do not change."""
    ours, others = GlobalHydra.instance(), GlobalHydra.instance().hydra
    ours.clear()  # `load` works inside a program of Hydra's, such as run.py
    try:
        with initialize_config_dir(str(conf), version_base="1.3"):
            config = compose("config", [f"experiment={experiment}", *overrides])
        return typed(config, experiment)
    except HYDRA_ERRORS as error:
        raise BadInput(in_words(error, Settings, stems())) from error
    except BadInput as error:
        place = "" if overrides or ".yaml" in str(error) else f" (conf/experiment/{experiment}.yaml)"
        raise BadInput(f"{error}{place}") from error
    finally:
        ours.hydra = others


def check_name(experiment: str, hint: str = "") -> None:
    """Raise BadInput, in one line, if no file has that name, or it cannot be read as text."""
    if experiment not in stems():
        raise BadInput(f"experiment must be one of {', '.join(stems())}, was {experiment or 'empty'}{hint}")
    path = CONF / "experiment" / f"{experiment}.yaml"
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} must be written in UTF-8, was another from byte {error.start} on") from error


def as_written(stem: str) -> dict[str, Any]:
    """Return an experiment's file unchecked, since checking all files takes seconds."""
    return safe_load((CONF / "experiment" / f"{stem}.yaml").read_text("utf-8"))


def stems() -> list[str]:
    """Return all experiments in the order of their setting `told`; experiments without it come last."""
    return sorted((path.stem for path in (CONF / "experiment").glob("*.yaml")), key=lambda stem: (_told(stem), stem))


def title_of(stem: str) -> str:
    """Return the title of an experiment from one line of its file, since loading the file takes a tenth of a second."""
    lines = (CONF / "experiment" / f"{stem}.yaml").read_text("utf-8").splitlines()
    return safe_load(next(line for line in lines if line.startswith("title:")))["title"]


def _told(stem: str) -> float:
    """Return an experiment's place in the order, read without YAML so that a file with mistakes has a place too."""
    found = re.search(rb"(?m)^told: *(\d+)", (CONF / "experiment" / f"{stem}.yaml").read_bytes())
    return int(found[1]) if found else math.inf

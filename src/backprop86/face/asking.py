"""Checked arguments: an experiment, its readings, whole numbers. Each mistake gets one line."""

import difflib
import operator
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backprop86.engines.recipe import BadInput
from backprop86.running.experiment import Experiment
from backprop86.running.settings import PUBLISHED, Settings, load, stems


def settings_of(experiment: str) -> Settings:
    """Return the settings of an experiment from its file; BadInput for an unknown name."""
    if experiment not in stems():
        told = "bp.experiments() lists them"
        raise BadInput(f"experiment must be the name of one, {told}, was {experiment!r}{meant(experiment, stems())}")
    return load(experiment)


def readings_of(experiment: Experiment, reading: str | None) -> list[str]:
    """Return the named reading, the literal one for None, or all for "all"; BadInput for an unknown name."""
    every = list(experiment.every_reading)
    if reading is None or reading == "all":
        return every if reading else every[:1]
    if isinstance(reading, str) and (full := experiment.full(reading)) in every:
        return [full]
    known = meant(reading, every) or f"; {experiment.stem} has {', '.join(every[:9])}{' ...' if every[9:] else ''}"
    raise BadInput(f"reading must be None, 'all' or one of {experiment.stem}, was {reading!r}{known}")


def whole(name: str, value: Any) -> int:
    """Return the value as a Python int; BadInput if it is not a whole number."""
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise BadInput(f"{name} must be a whole number, was {value!r}")


def meant(name: Any, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" with the nearest known name; "" if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1) if isinstance(name, str) else []
    return f"; did you mean {near[0]}?" if near else ""


def folder_of(experiment: str, results: str | Path | None) -> Path:
    """Return the folder whose runs/ holds the rows of an experiment; BadInput, in one line, if they are not there."""
    settings_of(experiment)
    folder = PUBLISHED if results is None else Path(results)
    if not (folder / "runs" / f"{experiment}.parquet").is_file():
        holds = f"a folder that holds runs/{experiment}.parquet"
        if results is None:
            raise BadInput(f"the published rows are in the repository, in results/runs: results must be {holds}")
        raise BadInput(f"results must be {holds}, was {folder}")
    return folder

"""The library of the page: all replays of an experiment as one script, and the contents of every such script.

A page from a file may read no data, but run scripts. So a script hands the page compressed JSON as text.
"""

import base64
import gzip
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from rich.progress import track

from backprop86.report.figures_of import own_picture
from backprop86.report.replay import replay_of
from backprop86.report.watching import PRINTED
from backprop86.running.experiment import Experiment
from backprop86.running.settings import as_written, load, stems
from backprop86.running.verify import rows_of

FOLDER = "replays"
"""The folder of the scripts, beside the page."""
SHARED = ("wiring", "cases", "criteria")
"""The parts of a replay that many readings have alike: each is kept once, in a list."""


def library(stem: str, claims: pd.DataFrame, output: str | Path = "results") -> dict[str, Any]:
    """Return the replays of every reading of an experiment, and the picture, printed numbers and verdicts of each.

    claims: the ledger. Raises BadInput, in one line, if the rows are missing or a browser cannot train them.
    """
    experiment, found = rows_of(stem, output)
    names = list(experiment.every_reading)
    whole = [replay_of(experiment, name, found.of(name)) for name in names]
    of_it, printed = claims[claims["stem"] == stem], printed_sweeps(experiment)
    shared = {part: distinct(one[part] for one in whole) for part in SHARED}
    places = {part: [json.dumps(one) for one in every] for part, every in shared.items()}
    readings = []
    for one, name in zip(whole, names, strict=True):
        at = {part: places[part].index(json.dumps(one[part])) for part in SHARED}
        own = {key: value for key, value in one.items() if key not in ("experiment", "title")}
        picture = own_picture(stem, one["recipe"]["network"])
        beside = {"picture": picture and asdict(picture), "claims": judged(of_it[of_it["name"] == name], printed)}
        readings.append(own | at | beside)
    return {"experiment": stem, "title": experiment.title, **shared, "readings": readings}


def distinct(parts: Iterable[Any]) -> list[Any]:
    """Return each part once, in the order of appearance."""
    return list({json.dumps(part): part for part in parts}.values())


def printed_sweeps(experiment: Experiment) -> dict[str, float]:
    """Return the printed number of sweeps of each claim that has one."""
    return {
        claim.id: claim.printed[0]
        for claim in experiment.claims
        if claim.kind in PRINTED and claim.column == "sweeps" and len(claim.printed) == 1
    }


def judged(of_reading: pd.DataFrame, printed: dict[str, float]) -> list[dict[str, Any]]:
    """Return the claims on one reading with their verdicts, and the printed number of sweeps or None."""
    fields = ["claim", "source", "says", "verdict", "because"]
    rows = of_reading[fields].to_dict("records")
    return [{str(name): value for name, value in row.items()} | {"sweeps": printed.get(row["claim"])} for row in rows]


def script(one: dict[str, Any]) -> str:
    """Return the script that hands a library to the page."""
    text = json.dumps(one, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return f'backprop86.shelve("{one["experiment"]}", "{packed}");\n'


def contents(experiments: Iterable[Experiment]) -> str:
    """Return the script that lists the experiments, and the words of their readings, before any library is there."""
    every = [
        {"stem": one.stem, "title": one.title, "readings": {name: one.in_words(name) for name in one.every_reading}}
        for one in experiments
    ]
    return f"backprop86.begin({json.dumps(every, ensure_ascii=False, separators=(',', ':'))});\n"


def is_replayed(stem: str) -> bool:
    """Return whether the page trains an experiment: all without new cases in each sweep, but for the map."""
    written = as_written(stem)
    return not written.get("by_itself") and not written.get("recipe", {}).get("block")


def replayed() -> list[Experiment]:
    """Return the experiments that the page trains."""
    return [load(stem).experiment for stem in stems() if is_replayed(stem)]


def write(experiments: list[Experiment], claims: pd.DataFrame, folder: Path, output: str | Path = "results") -> None:
    """Write the scripts of these experiments, and the contents, into the folder of the page."""
    for one in track(experiments, "replays "):
        write_one(one.stem, claims, folder, output)
    (folder / "contents.js").write_text(contents(experiments), "utf-8", newline="\n")


def write_one(stem: str, claims: pd.DataFrame, folder: Path, output: str | Path = "results") -> None:
    """Write the script of one experiment."""
    place = folder / FOLDER / f"{stem}.js"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(script(library(stem, claims, output)), "utf-8", newline="\n")

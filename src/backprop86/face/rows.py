"""bp.run, bp.read_runs, bp.verify: rows, one per seed, that are trained, read from published files, or compared."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from backprop86.engines import engine_for
from backprop86.engines.recipe import TYPES, BadInput, Recipe
from backprop86.face.asking import folder_of, meant, readings_of, settings_of, whole
from backprop86.running import runs
from backprop86.running.progress import bars
from backprop86.running.provenance import Provenance
from backprop86.running.settings import Settings
from backprop86.running.training import run_together
from backprop86.running.verify import SEEDS, Verified
from backprop86.running.verify import verify as compare

ABOUT = "backprop86"
"""The key of DataFrame.attrs for the experiment of the rows and the changed settings."""
OWN = ("reading", "seeds", "first_seed", "threads", "engine", "device", "progress")


def run(
    experiment: str,
    *,
    reading: str | None = None,
    seeds: int | None = None,
    first_seed: int = 0,
    threads: int | None = None,
    engine: str = "auto",
    device: str = "cpu",
    progress: bool = False,
    **settings: Any,
) -> pd.DataFrame:
    """Train the seeds of an experiment; return a row per seed, with the columns of the published rows.

    bp.run("xor", seeds=200, epsilon=0.25)

    reading: None is the first, which takes the text literally; a name such as "range_1" or "two_hidden/range_1"; "all".
    seeds: their number, from first_seed on; None is the number of published rows. Seed k is the same run in any batch.
    threads: None is one per core. engine: "auto", "fused", "cuda" or "reference". device: "cpu", or "cuda" for a card.
    progress: show bars.
    settings: settings of `bp.Recipe`, such as epsilon=0.25 or sweeps=100, which replace those of the reading.

    docs/rows.md explains the columns. Weights and curves are kept for the same runs as in a published file: the first,
    the median run, the first failure of each kind. Nothing is written to disk. Raises BadInput, a ValueError of one
    line. For millions of seeds use experiments/run.py.
    """
    asked = settings_of(experiment)
    names = readings_of(asked.experiment, reading)
    numbers = {"seeds": seeds, "first_seed": first_seed, "threads": threads}
    given: dict[str, Any] = {name: whole(name, value) for name, value in numbers.items() if value is not None}
    asked = replace(asked, reading=names[0], engine=engine, device=device, **given).check()
    recipes = {name: changed(asked.experiment.recipe_of(name), settings) for name in names}
    levels = {name: n for name, (n, _) in asked.experiment.shapes(recipes).items()}
    found = runs.Runs(experiment, {}, {})
    with bars(progress) as shown:
        for name, recipe in recipes.items():
            steps = len(asked.seed_range) * (recipe.sweeps + 1)
            advance = partial(shown.advance, shown.add_task(f"{experiment} {name}", total=steps))
            rows = trained(asked, name, recipe, advance)
            about = provenance(asked, name, recipe, levels[name])
            found = found.having(name, rows, about, names)
    return _told(runs.as_read(found), settings)


def changed(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe with other settings; moments after its last sweep are left out."""
    for name in settings:
        if name not in TYPES:
            raise BadInput(f"{name} is not a setting{meant(name, (*TYPES, *OWN)) or ' of bp.Recipe'}")
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in settings.items()}  # NumPy's
    found = recipe.changed(plain, "settings")
    if "moments" in settings:
        return found
    return replace(found, moments=[moment for moment in found.moments if moment <= found.sweeps])


def trained(asked: Settings, name: str, recipe: Recipe, advance: Any) -> pd.DataFrame:
    """Train the seeds of one reading; return their rows, thinned as in a file."""
    experiment, seeds = asked.experiment, list(asked.seed_range)
    where: dict[str, Any] = {"engine": asked.engine, "device": asked.device, "threads": asked.threads}
    drawn = [experiment.goes_on(name)]
    (rows,) = run_together(experiment.problem, [recipe], seeds, advance=advance, drawn=drawn, **where)
    return runs.thinned(runs.at_the_end(rows) if experiment.numbers_only else rows, *experiment.kept(name))


def provenance(asked: Settings, name: str, recipe: Recipe, levels: int) -> Provenance:
    """Return the provenance of the rows of one reading."""
    ends = [asked.seed_range.start, asked.seed_range.stop - 1]
    engine = engine_for(asked.engine, asked.device)
    return Provenance.of(asked.experiment.place_of(name), recipe, levels, ends, engine)


def read_runs(experiment: str, results: str | Path | None = None) -> pd.DataFrame:
    """Return the published rows of an experiment: every reading, a row per seed.

    results: a folder that holds `runs/<experiment>.parquet`; None is the folder results of the repository, which the
    wheel does not have. Raises BadInput, in one line, for a missing or damaged file.
    """
    path = folder_of(experiment, results) / "runs" / f"{experiment}.parquet"
    return _told(runs.read(path), {})


def verify(experiment: str, seeds: int | Sequence[int] = SEEDS, results: str | Path | None = None) -> Verified:
    """Train seeds of every reading anew, and compare every bit with the published rows.

    print(bp.verify("xor"))

    seeds: the number of first seeds of each reading, or a list of seeds. results: as for `bp.read_runs`. The returned
    object's `differences` is empty if every value is the same.
    """
    return compare(experiment, seeds, folder_of(experiment, results), progress=False)


def _told(found: runs.Runs, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Return all rows, with a note of their experiment and of the changed settings."""
    rows = found.rows
    rows.attrs[ABOUT] = {"experiment": found.stem, "settings": dict(settings)}
    return rows

"""Runs of the chosen readings of one experiment, in batches, with progress; stopped runs go on."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import parent_process
from pathlib import Path

import pandas as pd
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from backprop86.engines.recipe import Recipe
from backprop86.running import runs
from backprop86.running.experiment import Experiment
from backprop86.running.provenance import Provenance
from backprop86.running.settings import Settings
from backprop86.running.training import engine_for, run_together, together

COLUMNS = (TextColumn("{task.description:<40}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
SAVED_EVERY = 10.0
"""Seconds of finished work that are lost at most if the process is killed."""


@dataclass
class Kept:
    """The rows so far, those in the file and those that are not yet there."""

    path: Path
    rows: runs.Runs
    is_new: bool = False
    was_saved: bool = False
    since: float = field(default_factory=time.monotonic)

    def save(self, stopped: bool) -> None:
        """Write the rows, if there are any that the file does not hold."""
        if self.is_new:
            runs.write(self.rows, self.path, stopped)
            self.is_new, self.was_saved, self.since = False, True, time.monotonic()


def run(settings: Settings) -> runs.Runs:
    """Train every seed of every chosen reading, and return the rows.

    What is finished is saved, and a run that was stopped goes on from there. KeyboardInterrupt says what was saved.
    """
    experiment, path = settings.experiment, settings.runs_file
    recipes = {reading: experiment.recipe_of(reading) for reading in settings.chosen}
    levels = experiment.trial(recipes)
    settings.writable()
    kept = Kept(path, runs.read(path) if path.is_file() else runs.Runs(experiment.stem, {}, {}))
    try:
        with Progress(*COLUMNS, disable=parent_process() is not None) as progress:  # beside others there is no room
            for some in batches(experiment, recipes):
                whole = one_batch(settings, some, levels, kept, progress)
                if not whole:
                    raise KeyboardInterrupt
                if time.monotonic() - kept.since > SAVED_EVERY:
                    kept.save(stopped=True)
        kept.is_new = True
        kept.save(stopped=False)
    except KeyboardInterrupt:
        kept.save(stopped=True)
        said = f"finished seeds are in {path}, and the same command goes on from there"
        raise KeyboardInterrupt(said if kept.was_saved else "nothing was saved") from None
    return kept.rows


def one_batch(
    settings: Settings, recipes: dict[str, Recipe], levels: dict[str, int], kept: Kept, progress: Progress
) -> bool:
    """Train the readings of one batch and keep their rows; False if it was stopped before all seeds were done."""
    experiment, seeds = settings.experiment, settings.seed_list
    engine, order = engine_for(settings.engine, settings.device), list(experiment.every_reading)
    about = {
        name: Provenance.of(experiment.place_of(name), recipe, levels[name], seeds, engine)
        for name, recipe in recipes.items()
    }
    before = {name: runs.interrupted(kept.rows, name, about[name], seeds) for name in recipes}
    train = partial(run_together, experiment.problem, engine=engine, device=settings.device, threads=settings.threads)
    found, whole = look(experiment, recipes, seeds, before, train, progress)
    for name, rows in found.items():
        said = about[name]
        if whole:
            said = replace(said, seeds=[int(rows["seed"].min()), int(rows["seed"].max())])
        rows = runs.at_the_end(rows) if experiment.numbers_only else rows
        kept.rows = kept.rows.having(name, runs.thinned(rows, *experiment.kept(name), whole), said, order)
        kept.is_new = True
    return whole


def batches(experiment: Experiment, recipes: dict[str, Recipe]) -> list[dict[str, Recipe]]:
    """Return the readings one by one; those of a lattice in as large groups as can be trained together."""
    if experiment.first_look is None:
        return [{name: recipe} for name, recipe in recipes.items()]
    groups: dict[str, dict[str, Recipe]] = defaultdict(dict)
    for name, recipe in recipes.items():
        groups[str(together(recipe))][name] = recipe
    return list(groups.values())


def look(
    experiment: Experiment,
    recipes: dict[str, Recipe],
    seeds: list[int],
    kept: dict[str, pd.DataFrame],
    train: Callable[..., list[pd.DataFrame]],
    progress: Progress,
) -> tuple[dict[str, pd.DataFrame], bool]:
    """Return the rows of each recipe, those `kept` included; False if it was stopped before all seeds were done.

    In a lattice first a few seeds of each, then the others of those that are promising.
    """
    rows = {name: part for name, part in kept.items() if len(part)}
    looks = [seeds] if experiment.first_look is None else [seeds[: experiment.first_look], seeds]
    for number, wanted in enumerate(looks):
        todo: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for name in recipes:
            have = set(rows[name]["seed"]) if name in rows else set()
            if number == 0 or rows[name][experiment.promising].any():
                todo[tuple(seed for seed in wanted if seed not in have)].append(name)
        todo.pop((), None)
        for some, names in todo.items():
            several = f" and {len(names) - 1} like it" if len(names) > 1 else ""
            work = len(some) * sum(recipes[name].sweeps + 1 for name in names)
            task = progress.add_task(f"{experiment.stem} {names[0]}{several}", total=work)
            new = train(
                [recipes[name] for name in names],
                list(some),
                advance=partial(progress.advance, task),
                drawn=[experiment.goes_on(name) for name in names],
            )
            for name, part in zip(names, new, strict=True):
                rows[name] = pd.concat([rows[name], part]) if name in rows else part
            if any(len(part) < len(some) for part in new):
                return {name: part for name, part in rows.items() if len(part)}, False
    return rows, True

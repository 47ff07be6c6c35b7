"""Run one experiment: every reading of it, every seed -> <output>/runs/<stem>.parquet.

python experiments/run.py experiment=symmetry seeds=200
python experiments/run.py experiment=symmetry reading=zero_one_targets
python experiments/run.py -m experiment=symmetry,xor
"""

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from importlib import import_module

import hydra
import pandas as pd
from omegaconf import DictConfig
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from backprop86 import runs
from backprop86.config import Experiment, Settings, one_clear_line, typed
from backprop86.recipe import BadInput, Recipe
from backprop86.training import check, engine_for, run_together, together

COLUMNS = (TextColumn("{task.description:<40}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
SAVED_EVERY = 10.0
"""Seconds of finished work that are lost at most if the process is killed."""


def run(settings: Settings) -> None:
    """Train every seed of every chosen reading; what is done is saved, and resumed if it was stopped."""
    experiment, seeds, path = settings.experiment, settings.seed_list, settings.runs_file
    problem = import_module(f"backprop86.problems.{experiment.stem}")
    recipes = {reading: experiment.recipe_of(reading) for reading in settings.chosen}
    levels = {reading: check(problem, recipe) for reading, recipe in recipes.items()}
    engine = engine_for(settings.engine, settings.device)
    settings.writable()
    train = partial(run_together, problem, engine=engine, device=settings.device)
    found = runs.read(path) if path.is_file() else None
    order, saved, whole = list(experiment.conditions), time.monotonic(), True
    with Progress(*COLUMNS) as progress:
        for some in batches(experiment, recipes):
            about = {name: runs.describe(recipe, levels[name], seeds, engine) for name, recipe in some.items()}
            kept = {name: runs.interrupted(found, name, about[name], seeds) for name in some}
            rows, whole = look(experiment, some, seeds, kept, train, progress)
            for name, part in rows.items():
                if whole:
                    about[name]["seeds"] = [int(part["seed"].min()), int(part["seed"].max())]
                keep = (order, name, about[name], part, experiment.numbers_only, whole)
                found = runs.with_condition(found, experiment.stem, *keep)
            if found is not None and (not whole or time.monotonic() - saved > SAVED_EVERY):
                runs.write(found, path, stopped=True)
                saved = time.monotonic()
            if not whole:
                raise KeyboardInterrupt
    runs.write(found, path)


def batches(experiment: Experiment, recipes: dict[str, Recipe]) -> list[dict[str, Recipe]]:
    """The readings one by one; those of a lattice in as large groups as can be trained together."""
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
    """The rows of each recipe, those `kept` included; False if it was stopped before all seeds were done.

    In a lattice first a few seeds of each, then the others of those that are promising.
    """
    rows = {name: part for name, part in kept.items() if len(part)}
    looks = [seeds] if experiment.first_look is None else [seeds[: experiment.first_look], seeds]
    for number, wanted in enumerate(looks):
        todo: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for name in recipes:
            have = set(rows[name]["seed"]) if name in rows else set()
            if number and experiment.promising not in rows[name]:
                raise BadInput(f"promising must be a column of the runs, was {experiment.promising or 'not given'}")
            if number == 0 or rows[name][experiment.promising].any():
                todo[tuple(seed for seed in wanted if seed not in have)].append(name)
        todo.pop((), None)
        for some, names in todo.items():
            several = f" and {len(names) - 1} like it" if len(names) > 1 else ""
            work = len(some) * sum(recipes[name].sweeps + 1 for name in names)
            task = progress.add_task(f"{experiment.stem} {names[0]}{several}", total=work)
            new = train([recipes[name] for name in names], list(some), advance=partial(progress.advance, task))
            for name, part in zip(names, new, strict=True):
                rows[name] = pd.concat([rows[name], part]) if name in rows else part
            if any(len(part) < len(some) for part in new):
                return {name: part for name, part in rows.items() if len(part)}, False
    return rows, True


@hydra.main(version_base="1.3", config_path="../conf", config_name="config")
def main(config: DictConfig) -> None:
    """What Hydra calls, once for each job."""
    with one_clear_line():
        run(typed(config))


if __name__ == "__main__":
    with one_clear_line():
        main()

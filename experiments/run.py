"""Run one experiment: every reading of it, every seed -> <output>/runs/<stem>.parquet.

python experiments/run.py experiment=symmetry seeds=200
python experiments/run.py experiment=symmetry reading=zero_one_targets
python experiments/run.py -m experiment=symmetry,xor
"""

from functools import partial
from importlib import import_module

import hydra
import pandas as pd
from omegaconf import DictConfig
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from backprop86 import runs
from backprop86.config import Settings, one_clear_line, typed
from backprop86.training import check, engine_for, run_condition

COLUMNS = (TextColumn("{task.description:<40}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())


def run(settings: Settings) -> None:
    """Train every seed of every chosen reading; each is saved when it is done, or stopped, and then resumed."""
    experiment, seeds, path = settings.experiment, settings.seed_list, settings.runs_file
    problem = import_module(f"backprop86.problems.{experiment.stem}")
    recipes = {reading: experiment.recipe_of(reading) for reading in settings.chosen}
    levels = {reading: check(problem, recipe) for reading, recipe in recipes.items()}
    engine = engine_for(settings.engine, settings.device)
    found = runs.read(path) if path.is_file() else None
    with Progress(*COLUMNS) as progress:
        for reading, recipe in recipes.items():
            task = progress.add_task(f"{experiment.stem} {reading}", total=len(seeds) * (recipe.sweeps + 1))
            about = runs.describe(recipe, levels[reading], seeds, settings.dtype, engine)
            rows = runs.interrupted(found, reading, about)
            todo = seeds if rows is None else sorted(set(seeds) - set(rows["seed"]))
            progress.advance(task, (len(seeds) - len(todo)) * (recipe.sweeps + 1))
            advance = partial(progress.advance, task)
            new = run_condition(problem, recipe, todo, engine, settings.dtype, settings.device, advance)
            rows = new if rows is None else pd.concat([rows, new])
            if len(rows):
                found = runs.with_condition(found, experiment.stem, list(experiment.readings), reading, about, rows)
                runs.write(found, path)
            if len(new) < len(todo):
                raise KeyboardInterrupt


@hydra.main(version_base="1.3", config_path="../conf", config_name="config")
def main(config: DictConfig) -> None:
    """What Hydra calls, once for each job."""
    with one_clear_line():
        run(typed(config))


if __name__ == "__main__":
    with one_clear_line():
        main()

"""Everything in order: every experiment, then every table, figure and verdict.

python experiments/reproduce.py            into results/, as the experiments' files say
python experiments/reproduce.py --quick    into quick/, a few seeds each, to see that everything works
python experiments/reproduce.py --device cuda    with an NVIDIA card: the same rows (docs/gpu.md)
"""

import argparse
from functools import partial

from rich.progress import track

from backprop86.engines.cores import cores
from backprop86.explaining.picture import EXAMPLE
from backprop86.judging.brief import in_brief
from backprop86.report.assembly import publish, workers
from backprop86.running.cli import one_clear_line
from backprop86.running.problem import wiring_of
from backprop86.running.ranges import work_of
from backprop86.running.run import run
from backprop86.running.settings import load, stems


def made(stem: str, quick: bool, device: str) -> str:
    """Run an experiment; return a line with the number of seeds that learned, or None if it has its own make target."""
    output, told = "quick" if quick else "results", ""
    if device != "cpu" and load(stem).experiment.recipe.block:
        device, told = "cpu", " (on the processor, which makes the new cases of each sweep)"
    settings = load(stem, f"device={device}", output=output)
    settings.seeds = settings.experiment.quick_seeds if quick else None
    return "" if settings.experiment.by_itself else f"{stem}{told}: {in_brief(settings, run(settings))[0]}\n"


def work(stem: str) -> int:
    """Return the rough cost of an experiment, as if every reading were as large as the first."""
    experiment = load(stem).experiment
    readings = experiment.every_reading
    recipe = experiment.recipe_of(next(iter(readings)))
    wiring, cases = wiring_of(experiment.problem.wiring, recipe), experiment.problem.cases(recipe)
    return len(readings) * experiment.seeds * work_of(recipe, wiring, cases)


def main() -> None:
    """Run, then report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few seeds, into quick/")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for an NVIDIA card")
    asked = parser.parse_args()
    quick = asked.quick
    with workers(cores() if quick else 2) as each:  # one process measures, judges or writes while another trains
        todo = sorted(stems(), key=work, reverse=True)  # so that no long experiment is left alone at the end
        for line in track(each(partial(made, quick=quick, device=asked.device), todo), "training", len(todo)):
            print(line, end="")
    publish("quick" if quick else "results", EXAMPLE)


if __name__ == "__main__":
    with one_clear_line():
        main()

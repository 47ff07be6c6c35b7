"""Runs -> tables, figures, verdicts, and the table in the README.

python experiments/report.py                 what stands in results/
python experiments/report.py --output quick  what stands in quick/; the README is left alone
"""

import argparse
from importlib import import_module
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from backprop86 import drawing, tables
from backprop86.claims import ledger
from backprop86.config import Experiment, load, one_clear_line, stems
from backprop86.runs import Runs, read, same_recipes

ROOT = Path(__file__).parents[1]


def report(output: str) -> None:
    """Everything that is made from the rows in <output>/runs."""
    judged = []
    for stem in stems():
        settings = load(stem, f"output={output}")
        experiment = settings.experiment
        if experiment.by_itself and not settings.runs_file.is_file():
            print(f"without {stem}, which make {experiment.by_itself} runs")
            continue
        runs = read(settings.runs_file)
        same_recipes(runs, {reading: experiment.recipe_of(reading) for reading in experiment.conditions})
        of_claims = ledger(experiment.claims, runs).assign(stem=stem)
        problem = import_module(f"backprop86.problems.{stem}")
        if experiment.by_itself:
            table = problem.table(runs, of_claims)
            figures, first = problem.maps(table), 40
        else:
            table, first = tables.sweeps_table(experiment.claims, runs), None
            figures = drawn(experiment, runs)
            judged.append(of_claims)
        tables.write_table(table, Path(output) / "tables", stem, first)
        for name, figure in figures.items():
            drawing.save(figure, Path(output) / "figures", f"{stem}_{name}")
    claims = pd.concat(judged, ignore_index=True)
    claims.to_csv(Path(output) / "claims.csv", index=False, lineterminator="\n")
    (Path(output) / "claims.md").write_text(tables.markdown(tables.claims_table(claims)), "utf-8")
    if Path(output).resolve() == ROOT / "results":
        page = ROOT / "README.md"
        headlines = tables.markdown(tables.claims_table(claims[claims["headline"]]))
        page.write_text(tables.put_between_markers(page.read_text("utf-8"), headlines), "utf-8")
    print(f"tables, figures and claims are in {output}/")


def drawn(experiment: Experiment, runs: Runs) -> dict[str, Figure]:
    """The experiment's own figures, and the two that every experiment has whose readings can be told apart in them."""
    figures: dict[str, Figure] = import_module(f"backprop86.problems.{runs.stem}").draw(runs)
    if not experiment.axes:
        printed = tables.printed_sweeps(experiment.claims)
        figures["sweeps"] = drawing.sweeps_figure(runs, experiment.title, printed)
        figures["curves"] = drawing.curves_figure(runs, experiment.title)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="results", help="the folder that holds runs/")
    with one_clear_line():
        report(parser.parse_args().output)

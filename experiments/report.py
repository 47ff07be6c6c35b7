"""Runs -> tables, figures, verdicts, the gallery, and what is made of them in the README.

python experiments/report.py                 what stands in results/
python experiments/report.py --output quick  what stands in quick/; the README is left alone
python experiments/report.py --check         nothing is written; exit status 1 if a file in results/ or the README is
                                             not what the runs in results/ give
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from backprop86 import agreement, atlas, citing, drawing, tables
from backprop86.claims import Claim, ledger
from backprop86.config import Experiment, load, one_clear_line, stems
from backprop86.explain import Part, excerpt, explain
from backprop86.gallery import STEP, gallery
from backprop86.problems import xor
from backprop86.recipe import BadInput
from backprop86.runs import Runs, read, same_recipes
from backprop86.step import first_step

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
REPORT = "python experiments/report.py"
TIMED = ("benchmark", "benchmark_growth", "memory")
COMPARED = ("autograd", "autograd_paths", "autograd_cost")
"""Tables that no runs give: experiments/benchmark.py and compare_autograd.py make them; they are passed on as is."""


@dataclass
class Report:
    """What is being made: the folder for it, and what has been drawn and judged so far."""

    output: Path
    judged: list[pd.DataFrame]
    of_lattices: list[pd.DataFrame]
    sidecars: list[dict[str, Any]]

    def figure(self, name: str, figure: Figure, caption: str, claims: list[Claim], runs: list[Runs], how: str) -> None:
        """Save a figure, and note what its sidecar says."""
        drawing.save(figure, self.output / "figures", name)
        self.sidecars.append(citing.sidecar(name, caption, claims, runs, how))


def report(output: str | Path, source: str | Path | None = None) -> pd.DataFrame:
    """Everything that is made from the rows in <source>/runs, into <output>, which is the source if none is given.

    Returns the ledger of claims, with words.
    """
    source = Path(source or output)
    found = dict(with_rows(source))
    made = Report(Path(output), [], [], [])
    for experiment, runs in found.values():
        one_experiment(made, experiment, runs)
    titles = {stem: experiment.title for stem, (experiment, _) in found.items()}
    every = {
        import_module(f"backprop86.problems.{stem}"): runs
        for stem, (experiment, runs) in found.items()
        if not experiment.by_itself
    }
    all_experiments(made, every, titles, source)
    parts = the_step()
    made.figure(STEP, *picture(), [], [], REPORT)
    claims = tables.with_words(pd.concat(made.judged, ignore_index=True))
    claims.to_csv(made.output / "claims.csv", index=False, lineterminator="\n")
    (made.output / "claims.md").write_text(tables.claims_page(claims, titles, made.of_lattices), "utf-8")
    citing.write(made.sidecars, claims, made.output)
    (made.output / "index.html").write_text(gallery(claims, made.sidecars, titles, made.output, parts), "utf-8")
    return claims


def with_rows(source: Path) -> Iterator[tuple[str, tuple[Experiment, Runs]]]:
    """Every experiment by its stem, with its rows in <source>/runs.

    BadInput, in one line and before anything is written, if they are not all there as they
    should be.
    """
    for stem in stems():
        settings = load(stem, output=source)
        experiment = settings.experiment
        if experiment.by_itself and not settings.runs_file.is_file():
            print(f"without {stem}, which make {experiment.by_itself} runs")
            continue
        runs = read(settings.runs_file)
        same_recipes(runs, {reading: experiment.recipe_of(reading) for reading in experiment.conditions})
        yield stem, (experiment, runs)


def one_experiment(made: Report, experiment: Experiment, runs: Runs) -> None:
    """The table, the verdicts and the figures of one experiment."""
    judged, problem = ledger(experiment.claims, runs), import_module(f"backprop86.problems.{runs.stem}")
    if experiment.by_itself:
        table, first = problem.table(runs, judged), 40
        figures = problem.maps(table)
        how = f"make {experiment.by_itself}"
    else:
        table, first = tables.sweeps_table(experiment.claims, runs), None
        figures, how = problem.draw(runs), tables.command(runs.stem)
    (made.of_lattices if experiment.by_itself else made.judged).append(judged)
    tables.write_table(table, made.output / "tables", runs.stem, first)
    captions = {caption.name: caption for caption in experiment.figures}
    for name, figure in figures.items():
        if name not in captions:
            raise BadInput(f"figures of {runs.stem} must have a caption for {name}, was {', '.join(captions)}")
        about = [claim for claim in experiment.claims if claim.id in captions[name].claims]
        made.figure(f"{runs.stem}_{name}", figure, captions[name].says, about, [runs], how)
    if not (experiment.axes or experiment.by_itself):
        printed, title = tables.printed_sweeps(experiment.claims), experiment.title
        about = [claim for claim in experiment.claims if claim.column in ("sweeps", "solved")]
        says = f"{title}: the share of all runs solved by each sweep, a line for each reading, "
        says += "the first with its 95 % interval. Vertical lines: numbers printed in 1986."
        figure = drawing.sweeps_figure(runs, title, printed)
        made.figure(f"{runs.stem}_sweeps", figure, says, about, [runs], how)
        says = f"{title}: learning curves of each reading, E and below it the length of its gradient level by level."
        made.figure(f"{runs.stem}_curves", drawing.curves_figure(runs, title), says, [], [runs], how)


def all_experiments(made: Report, every: dict[ModuleType, Runs], titles: dict[str, str], source: Path) -> None:
    """The atlas of failures; the benchmark and the comparison with autograd as far as they have been run."""
    found = atlas.table(list(every.values()))
    tables.write_table(found, made.output / "tables", "failures")
    tables.write_table(atlas.meanings(found), made.output / "tables", "failure_kinds")
    says = "What became of the runs of each experiment, under the reading that comes first and under all together: "
    says += "solved, or the first of nine kinds of failure that fits."
    made.figure("failures_counts", atlas.counts(found, titles), says, [], list(every.values()), REPORT)
    says = "One run of each kind of failure: E sweep by sweep, and what is wanted and what outputs and hidden units do "
    says += "in each case in the end. The first seed of the reading in which the kind is commonest."
    made.figure("failures_kinds", atlas.examples(every, found), says, [], list(every.values()), REPORT)
    if timed := passed_on(made, source, TIMED):
        figure = drawing.speeds_figure(*timed[:2])
        says = "Seed-sweeps per second of our two engines, of what people use instead, and of what the machine could "
        says += "do at most, with the lowest and highest of five repeats; and how they grow."
        made.figure("benchmark", figure, says, [], [], "make bench")
    if compared := passed_on(made, source, COMPARED):
        table, paths, _ = compared
        tables.write_table(agreement.summary(table), made.output / "tables", "autograd_oracles")
        tables.write_table(agreement.paths_summary(paths), made.output / "tables", "autograd_runs")
        says = "The gradient of every module and network by hand, against four oracles: of each tensor the largest "
        says += "error of an entry, in units of its last place. Extended precision also judges autograd."
        made.figure("autograd", agreement.ulp_figure(table), says, [], [], "make compare")
        says = "Whole runs by hand, and how far from them the same runs are by autograd, by hand in the fused engine, "
        says += "by hand with every weight begun one bit away and, where the rate changes after sweep 20, with torch's "
        says += "SGD: the median of five seeds, and thin the farthest. Grey: parted. Lower edge: equal to the last bit."
        made.figure("autograd_paths", agreement.paths_figure(paths), says, [], [], "make compare")


def passed_on(made: Report, source: Path, names: tuple[str, ...]) -> list[pd.DataFrame]:
    """Tables that another script has made, as they are; none if one is not there."""
    if not all((source / "tables" / f"{name}.csv").is_file() for name in names):
        return []
    found = [pd.read_csv(source / "tables" / f"{name}.csv") for name in names]
    for name, table in zip(names, found, strict=True):
        tables.write_table(table, made.output / "tables", name, agreement.LONG.get(name))
    return found


def the_step() -> list[Part]:
    """What `explain.py` tells if it is asked for nothing else."""
    experiment = load("xor").experiment
    return explain(xor, experiment.recipe_of("as_printed"), f"{experiment.title}, reading as_printed")


def picture() -> tuple[Figure, str]:
    """The network of that step with its weights and gradients, and the caption."""
    step = first_step(xor, load("xor").experiment.recipe_of("as_printed"))
    title = f"Exclusive or, seed 0, case {step.cases.names[step.case]}"
    says = f"{title}: on each connection its weight and, below it in blue, its gradient ∂E/∂w, in each unit its "
    says += (
        "output y and, below it in blue, ∂E/∂x (i inputs, h hidden, o output; 1 is always 1). The thicker an arrow, "
    )
    says += "the larger its ∂E/∂w, in this case alone; the nudge is made of the sum over all four."
    return drawing.step_figure(step, xor.STEP, f"{title}: y and w in black, ∂E/∂x and ∂E/∂w in blue"), says


def readme(claims: pd.DataFrame, output: Path) -> str:
    """The README with what is between markers, and every marked number, made anew from what was made in `output`."""
    made = {
        "claims": tables.markdown(tables.claims_table(claims[claims["headline"]])),
        "autograd": (output / "tables" / "autograd_oracles.md").read_text("utf-8"),
        "explain": excerpt(the_step()),
    }
    page = tables.put_between_markers((ROOT / "README.md").read_text("utf-8"), made)
    return tables.put_numbers(page, claims)


def stale(results: Path = RESULTS) -> list[str]:
    """Files of results/, and the README, that are not what the runs in it give."""
    with tempfile.TemporaryDirectory() as folder:
        claims = report(folder, results)
        page = readme(claims, Path(folder)) if results == RESULTS else ""
        made = {path.relative_to(folder): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    there = {path.relative_to(results) for path in results.rglob("*") if path.is_file() and path.parent.name != "runs"}
    wrong = [f"{place} is missing" for place in made.keys() - there]
    wrong += [f"{place} is stale" for place in made.keys() & there if not _same(results / place, made[place])]
    wrong += [f"{place} is made by nothing" for place in there - made.keys() - {Path("LICENSE")}]
    if results == RESULTS and page != (ROOT / "README.md").read_text("utf-8"):
        wrong.append("README.md is stale")
    return sorted(wrong)


def _same(path: Path, made: bytes) -> bool:
    """Byte for byte, but for the names of clip paths in an SVG.

    matplotlib takes them from coordinates to the last bit, which another processor may round in another way.
    """
    if path.suffix != ".svg":
        return path.read_bytes() == made
    return _CLIP.sub(b"", path.read_bytes()) == _CLIP.sub(b"", made)


_CLIP = re.compile(rb"\bp[0-9a-f]{10}\b")


def publish(output: str) -> None:
    """The report, and the README if it is of the committed results."""
    claims = report(output)
    if Path(output).resolve() == RESULTS:
        (ROOT / "README.md").write_text(readme(claims, Path(output)), "utf-8")
    print(f"tables, figures, claims and the gallery are in {output}/")


def main() -> None:
    """Make it, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="results", help="the folder that holds runs/")
    parser.add_argument("--check", action="store_true", help="compare results/ and the README with the runs")
    chosen = parser.parse_args()
    if not chosen.check:
        publish(chosen.output)
    elif found := stale():
        sys.exit("\n".join([*found, "python experiments/report.py makes them anew"]))
    else:
        print("results/ and the README are what the runs give")


if __name__ == "__main__":
    with one_clear_line():
        main()

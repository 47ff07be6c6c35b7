"""Runs -> tables, figures, verdicts, the gallery, and their parts of the README and docs/.

python experiments/report.py                 the runs in results/, which must be complete
python experiments/report.py --output quick  the runs in quick/, without the README and docs/
python experiments/report.py --only xor_fig3   one figure in seconds, and its citation; nothing else changes
python experiments/report.py --pages         the README and docs/ alone, filled from the present results/
python experiments/report.py --more          also figures as SVG, tables in LaTeX, and a self-contained page
python experiments/report.py --check         writes nothing; exit status 1 if a file in results/, the README or a
                                             page of docs/ differs from the runs in results/
"""

import argparse
import sys

from backprop86.engines.recipe import BadInput
from backprop86.explaining.picture import EXAMPLE
from backprop86.report.assembly import pages_of_results, publish, stale
from backprop86.report.one_figure import one_figure
from backprop86.report.tables import report_command
from backprop86.running.cli import one_clear_line


def main() -> None:
    """Make the report, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="results", help="the folder that holds runs/")
    parser.add_argument("--check", action="store_true", help="compare results/ and the pages with the runs")
    parser.add_argument("--pages", action="store_true", help="fill the README and docs/ from the present results/")
    parser.add_argument("--only", metavar="FIGURE", help="make this figure alone, and print its citation")
    parser.add_argument(
        "--more", action="store_true", help="make also SVG, tables in LaTeX, a page with its pictures inside"
    )
    parser.add_argument("--processes", type=int, help="number of processes; the number of cores, if not given")
    chosen = parser.parse_args()
    if chosen.processes is not None and chosen.processes < 1:
        raise BadInput(f"processes must be 1 or more, was {chosen.processes}")
    if chosen.only:
        entry = one_figure(chosen.only, chosen.output, EXAMPLE, chosen.more)
        print(f"{chosen.output}/figures/{chosen.only} is made: .png, .pdf, and .json with its sources\n\n{entry}")
    elif chosen.pages:
        for page, text in pages_of_results(EXAMPLE).items():
            page.write_text(text, "utf-8")
        print("the README and docs/ are filled from results/")
    elif not chosen.check:
        publish(chosen.output, EXAMPLE, chosen.processes, chosen.more)
    elif found := stale(EXAMPLE, processes=chosen.processes):
        sys.exit("\n".join([*found, f"{report_command()} makes them anew"]))
    else:
        print("results/, the README and docs/ agree with the runs")


if __name__ == "__main__":
    with one_clear_line():
        main()

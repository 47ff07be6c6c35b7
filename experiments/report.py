"""Runs -> tables, figures, verdicts, the gallery, and what is made of them in the README and docs/.

python experiments/report.py                 what stands in results/, which must be whole
python experiments/report.py --output quick  whatever stands in quick/; the README and docs/ are left alone
python experiments/report.py --only xor_fig3   one figure in seconds, and how to cite it; nothing else is touched
python experiments/report.py --pages         the README and docs/ alone, filled from results/ as it stands
python experiments/report.py --more          figures as SVG, tables in LaTeX, and a page that holds its pictures too
python experiments/report.py --check         nothing is written; exit status 1 if a file in results/, the README or a
                                             page of docs/ is not what the runs in results/ give
"""

import argparse
import sys

from backprop86.engines.recipe import BadInput
from backprop86.explaining.picture import EXAMPLE
from backprop86.report.assembly import fill_pages, publish, stale
from backprop86.report.one_figure import one_figure
from backprop86.report.tables import report_command
from backprop86.running.cli import one_clear_line


def main() -> None:
    """Make it, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="results", help="the folder that holds runs/")
    parser.add_argument("--check", action="store_true", help="compare results/ and the pages with the runs")
    parser.add_argument("--pages", action="store_true", help="fill the README and docs/ from results/ as it stands")
    parser.add_argument("--only", metavar="FIGURE", help="make this figure alone, and say how it is cited")
    parser.add_argument(
        "--more", action="store_true", help="also SVG, tables in LaTeX, a page with its pictures inside"
    )
    parser.add_argument("--processes", type=int, help="how many work side by side; as many as cores, if not given")
    chosen = parser.parse_args()
    if chosen.processes is not None and chosen.processes < 1:
        raise BadInput(f"processes must be 1 or more, was {chosen.processes}")
    if chosen.only:
        entry = one_figure(chosen.only, chosen.output, EXAMPLE, chosen.more)
        print(f"{chosen.output}/figures/{chosen.only} is made: .png, .pdf, and .json, which says of what\n\n{entry}")
    elif chosen.pages:
        fill_pages(EXAMPLE)
        print("the README and docs/ are filled from results/")
    elif not chosen.check:
        publish(chosen.output, EXAMPLE, chosen.processes, chosen.more)
    elif found := stale(EXAMPLE, processes=chosen.processes):
        sys.exit("\n".join([*found, f"{report_command()} makes them anew"]))
    else:
        print("results/, the README and docs/ are what the runs give")


if __name__ == "__main__":
    with one_clear_line():
        main()

"""All of it in order: every experiment, then every table, figure and verdict.

python experiments/reproduce.py            into results/, as the experiments' files say
python experiments/reproduce.py --quick    into quick/, a few seeds each, to see that everything works
"""

import argparse

from backprop86.explain.picture import EXAMPLE
from backprop86.judging.brief import in_brief
from backprop86.report.assembly import publish
from backprop86.running.cli import one_clear_line
from backprop86.running.run import run
from backprop86.running.settings import load, stems


def main() -> None:
    """Run, then report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few seeds, into quick/")
    quick = parser.parse_args().quick
    output = "quick" if quick else "results"
    for stem in stems():
        settings = load(stem, output=output)
        if quick:
            settings.seeds = settings.experiment.quick_seeds
        if not settings.experiment.by_itself:
            print(f"{stem}: {in_brief(settings, run(settings))[0]}")
    publish(output, EXAMPLE)


if __name__ == "__main__":
    with one_clear_line():
        main()

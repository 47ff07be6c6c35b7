"""Checking rows to the last bit: seeds of every reading are trained anew and compared.

python experiments/verify.py                        20 seeds of every reading in results/: two minutes on two cores
python experiments/verify.py xor parity --seeds 99  two experiments, more of their seeds
python experiments/verify.py --output quick         the rows in quick/

Exit status 1 if a value differs; the first difference of each reading is printed.
"""

import argparse
import sys

from backprop86.running.cli import one_clear_line
from backprop86.running.settings import load, stems
from backprop86.running.verify import SEEDS, rows_of, summary, verify


def main() -> None:
    """Train, compare, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", help="all but the map, if none is named")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"number of first seeds of each reading; {SEEDS}")
    parser.add_argument("--output", default="results", help="the folder that holds runs/")
    asked = parser.parse_args()
    wanted = []
    for stem in asked.experiments or stems():
        settings = load(stem, output=asked.output)
        if not asked.experiments and settings.experiment.by_itself:
            there = settings.runs_file.is_file()
            how = f"verify.py {stem} compares them" if there else f"make {settings.experiment.by_itself} makes them"
            print(f"left out: the rows of {stem} ({how})")
            continue
        rows_of(stem, asked.output)  # rows that cannot be compared are reported before training
        wanted.append(stem)
    found = []
    for stem in wanted:
        found.append(verify(stem, asked.seeds, asked.output))
        if found[-1].differences:
            print(found[-1].differences[0])
    print(summary(found))
    if any(one.differences for one in found):
        sys.exit(1)


if __name__ == "__main__":
    with one_clear_line():
        main()

"""One training step on a real network, every number shown.

python experiments/explain.py                                 XOR, seed 0, case 1
python experiments/explain.py epsilon=2 hidden=3 seed=1       the same with other settings
python experiments/explain.py reading=two_hidden              another reading: see conf/experiment/xor.yaml
python experiments/explain.py experiment=symmetry case=9      another experiment, another case
python experiments/explain.py --markdown > step.md
"""

import argparse
import shutil
import sys

import torch

from backprop86.explaining.command import FIELDS, NAMES, parts_of
from backprop86.report.page import text, written
from backprop86.running.cli import one_clear_line


def main() -> None:
    """Show the page in the terminal, or print it as Markdown."""
    sys.stdout.reconfigure(encoding="utf-8")  # a pipe on Windows has no ∂
    torch.set_num_threads(1)  # one net is too little work for several threads
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="*", metavar="name=value", help=", ".join(NAMES + FIELDS))
    parser.add_argument("--markdown", action="store_true", help="print Markdown and nothing else")
    chosen, unknown = parser.parse_known_args()
    parts = parts_of(*chosen.settings, *unknown)
    if chosen.markdown:
        print(written(parts), end="")
    else:
        print(text(parts, shutil.get_terminal_size().columns, bold=sys.stdout.isatty()), end="")


if __name__ == "__main__":
    with one_clear_line():
        main()

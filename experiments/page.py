"""The data of the page that trains published runs again, beside its scripts.

python experiments/page.py                 the replays of every experiment, in site/page/
"""

import argparse
from pathlib import Path

from backprop86.judging import ledger
from backprop86.report.library import replayed, write
from backprop86.running.cli import one_clear_line
from backprop86.running.settings import PUBLISHED


def main() -> None:
    """Write the replays of every experiment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default="site/page", type=Path, help="the folder of the page (site/page)")
    folder = parser.parse_args().folder
    write(replayed(), ledger.read(PUBLISHED / "claims.csv"), folder)
    print(f"the page is {folder}/index.html")


if __name__ == "__main__":
    with one_clear_line():
        main()

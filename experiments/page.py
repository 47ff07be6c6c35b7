"""The data of the page that trains published runs again, beside its scripts, and its gallery.

python experiments/page.py                 the replays of every experiment, and the gallery, in site/page/
"""

import argparse
from pathlib import Path

from backprop86.judging import ledger
from backprop86.report import gallery_of_page
from backprop86.report.library import replayed, write
from backprop86.running.cli import one_clear_line
from backprop86.running.settings import PUBLISHED


def main() -> None:
    """Write the replays of every experiment, and the gallery."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default="site/page", type=Path, help="the folder of the page (site/page)")
    folder = parser.parse_args().folder
    experiments, claims = replayed(), ledger.read(PUBLISHED / "claims.csv")
    gallery_of_page.write(experiments, claims, folder)
    write(experiments, claims, folder)
    print(f"the page is {folder}/index.html")


if __name__ == "__main__":
    with one_clear_line():
        main()

"""The gallery beside the page that trains runs again: it leads to the runs that show a claim or a kind of failure."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd

from backprop86.engines.recipe import BadInput
from backprop86.report import watching
from backprop86.report.gallery import Links, gallery
from backprop86.running.experiment import Experiment
from backprop86.running.settings import PUBLISHED, stems, title_of
from backprop86.running.verify import rows_of

NAME = "gallery.html"
RESULTS = "../results/"
"""The address of the results beside the folder of the page, where `make docs` puts the figures of its pages."""


def write(experiments: list[Experiment], claims: pd.DataFrame, folder: Path) -> None:
    """Write the gallery of results/ into the folder of the page, and every file that it links into the folder's place.

    experiments: those that the page trains. claims: the ledger. BadInput, in one line, if that place is results/.
    """
    place = folder / RESULTS
    if place.resolve() == PUBLISHED:
        raise BadInput(f"folder must be deeper than the repository, such as site/page, was {folder}")
    page = gallery_of_page(experiments, claims)
    for linked in sorted(set(re.findall(rf'"{re.escape(RESULTS)}([^"]+)"', page))):
        (place / linked).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PUBLISHED / linked, place / linked)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(page, "utf-8", newline="\n")


def gallery_of_page(experiments: list[Experiment], claims: pd.DataFrame) -> str:
    """Return the page with every claim and figure of results/, and the runs to watch."""
    every = {one.problem: rows_of(one.stem, PUBLISHED)[1] for one in experiments}
    watched: dict[str, list[watching.Watched]] = {}
    for one in experiments:
        watched |= watching.of_claims(one.claims, every[one.problem], claims)
    links = Links(RESULTS, watched, watching.of_failures(every))
    figures = [json.loads(path.read_text("utf-8")) for path in sorted((PUBLISHED / "figures").glob("*.json"))]
    titles = {stem: title_of(stem) for stem in stems() if (PUBLISHED / "runs" / f"{stem}.parquet").is_file()}
    return gallery(claims, figures, titles, PUBLISHED, [], links=links)

"""The gallery: one page with every claim and every figure, which needs no network and no other file to be read."""

import base64
import re
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from backprop86.judging.judgement import VERDICTS
from backprop86.judging.ledger import number, printed
from backprop86.report.page import Block, Part
from backprop86.report.tables import command, report_command

TEXTS = {
    "N": "Rumelhart, Hinton & Williams, Nature 323:533–536",
    "P": "the same authors, Parallel Distributed Processing, vol. 1, ch. 8, pp. 318–362",
    "H": "Hinton, Proc. 8th Conf. Cognitive Science Society, pp. 1–12",
}

STEP = "explain_step"
"""The figure that stands above the step told in the page, not among the others."""
FORMATS = {"pdf": "PDF", "svg": "SVG", "png": "PNG", "json": "JSON"}
MORE_TABLES = {
    "failures": "Failures, by experiment and reading",
    "failure_kinds": "Kinds of failure, and what they are",
    "autograd_oracles": "Gradients by hand against four oracles",
    "autograd": "The same, tensor by tensor",
    "autograd_runs": "Whole runs by hand and by autograd",
    "autograd_paths": "The same, sweep by sweep",
    "autograd_cost": "What gradients by hand and by autograd cost",
    "benchmark": "Speed",
    "benchmark_growth": "How speed grows",
    "memory": "Memory",
}


def gallery(
    ledger: pd.DataFrame,
    figures: list[dict[str, Any]],
    titles: dict[str, str],
    folder: Path,
    step: list[Part],
    notes: Sequence[str] = (),
    name: str = "results",
) -> str:
    """Return the page: the same bytes for the same results. folder: holds figures/<name>.png. step: see explain.py.

    ledger: a row per (claim, reading), the literal reading first. figures: their sidecars, in order. titles: of each
    experiment, in order. notes: see `tables.claims_page`. name: the folder as a command names it. ValueError for a
    figure or claim without its experiment, or a figure without its claim.
    """
    strangers = {*ledger["stem"], *(figure["experiment"] for figure in figures)} - {*titles, ""}
    strangers |= {claim for figure in figures for claim in figure["claims"]} - {*ledger["claim"]}
    if strangers:
        raise ValueError(f"figures or claims name what the gallery does not have: {', '.join(sorted(strangers))}")
    claims = [_claim(rows, figures) for _, rows in ledger.groupby("claim", sort=False)]
    embedded = [_embedded(figure, folder) for figure in figures]
    others = [figure for figure in embedded if figure["name"] != STEP]
    count = Counter(claim["verdict"] for claim in claims)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("gallery.html.j2").render(
        titles=titles,
        texts=TEXTS,
        notes=notes,
        commands={stem: command(stem, name) for stem in titles} | {"": report_command(name)},
        more={name: title for name, title in MORE_TABLES.items() if (folder / "tables" / f"{name}.csv").is_file()},
        tally={verdict: count[verdict] for verdict in VERDICTS},
        claims={stem: found for stem in titles if (found := [claim for claim in claims if claim["stem"] == stem])},
        figures={
            stem: found for stem in ("", *titles) if (found := [one for one in others if one["experiment"] == stem])
        },
        pictures=[figure for figure in embedded if figure["name"] == STEP],
        step=[{"title": part.title, "blocks": [_block(block) for block in part.blocks]} for part in step],
    )


def _claim(rows: pd.DataFrame, figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the page's text on one claim; rows: its readings, the literal one first."""
    literal = rows.iloc[0]
    numbers = _numbers(rows)
    return {
        **literal[["claim", "stem", "source", "says", "rule", "verdict", "ours", "because"]],
        "printed": printed(literal),
        "texts": re.findall(r"(?:^|,)\s*([NPH])\b", literal["source"]) or ["ours"],
        "reproduced": int((rows["verdict"] == "reproduced").sum()),
        "columns": list(numbers),
        "readings": list(zip(rows["reading"], rows["verdict"], numbers.to_numpy().tolist(), strict=True)),
        "figures": [figure["name"] for figure in figures if literal["claim"] in figure["claims"]],
    }


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of each reading as text, without the columns that have none."""

    def told(field: str) -> list[str]:
        return [number(row, field) for _, row in rows.iterrows()]

    def between(low: str, high: str) -> list[str]:
        return [f"{a} to {b}" if a or b else "" for a, b in zip(told(low), told(high), strict=True)]

    table = pd.DataFrame(
        {
            "n": told("n"),
            "median" if rows["rule"].iloc[0] == "draw" else "estimate": told("estimate"),
            "95 % interval": between("low", "high"),
            "5 to 95 % of runs": between("p5", "p95"),
            f"percentile of {rows['printed'].iloc[0]}": told("percentile"),
            "its 95 % interval": between("percentile_low", "percentile_high"),
            "before training": told("untrained"),
        }
    )
    return table.loc[:, (table != "").any()]


def _block(block: Block) -> dict[str, Any]:
    """Return a paragraph, lines, or a table of an explanation, as the page tells them apart."""
    if not isinstance(block, pd.DataFrame):
        return {"kind": "text" if isinstance(block, str) else "lines", "told": block}
    return {"kind": "table", "columns": list(block), "rows": block.to_numpy().tolist()}


def _embedded(figure: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the sidecar with its picture, the picture's size, and the formats in which it is there."""
    png = (folder / "figures" / f"{figure['name']}.png").read_bytes()
    width, height = Image.open(BytesIO(png)).size
    formats = [kind for kind in FORMATS if kind != "svg" or (folder / "figures" / f"{figure['name']}.svg").is_file()]
    picture = {"width": width, "height": height, "png": base64.b64encode(png).decode()}
    return figure | picture | {"formats": {kind: FORMATS[kind] for kind in formats}}

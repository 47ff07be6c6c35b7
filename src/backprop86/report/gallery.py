"""The gallery: an offline page with every claim and every figure, optionally with its pictures inside.

A report makes it beside its results; beside the page that trains runs again it also leads to runs to watch.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from backprop86.judging.judgement import VERDICTS
from backprop86.judging.ledger import by_reading, literal, number
from backprop86.judging.rules import RULES
from backprop86.report.citing import TEXTS
from backprop86.report.claims_page import counted
from backprop86.report.page import Block, Part
from backprop86.report.tables import command, report_command
from backprop86.report.watching import Watched

STEP = "explain_step"
"""The figure above the worked step, which is not among the other figures."""
EARLY = 'document.documentElement.classList.add("scripted");'
"""The script that runs before the page is shown, so that no control comes and goes."""
TELLING = ("xor_curves", "symmetry_fig1", "family_trees_fig4", "failures_kinds", "t_c_detectors", "depth_start")
"""The figures at the head of the page, if they exist: curves, nets, failures, a gradient that vanishes."""
FIGURES = {"pdf": "PDF", "svg": "SVG", "png": "PNG", "json": "JSON"}
TABLES = {"csv": "CSV", "md": "Markdown", "tex": "LaTeX"}
FOR_FORGE = "md"
"""The format of tables that a forge shows and a browser does not."""
ON_DEMAND = ("svg", "tex")
"""The formats of figures and tables; formats on demand are linked where they exist."""
ESTIMATES = {"average": "mean", "curve": "coefficient", "more": "share of pairs"}
"""Heads of the column of estimates that are neither a share of the runs nor their median."""
MORE_TABLES = {
    "failures": "Failures, by experiment and reading",
    "failure_kinds": "Kinds of failure, and their meanings",
    "autograd_oracles": "Gradients by hand against four oracles",
    "autograd": "The same, tensor by tensor",
    "autograd_runs": "Whole runs by hand and by autograd",
    "autograd_paths": "The same, sweep by sweep",
    "autograd_cost": "The cost of gradients by hand and by autograd",
    "gradcheck": "A contest of gradient checkers",
    "gradcheck_entries": "The same, gradient by gradient",
    "benchmark": "Speed",
    "benchmark_growth": "How speed grows",
    "benchmark_parts": "Where the time of a sweep goes",
    "memory": "Memory",
    "benchmark_gpu": "Speed on a graphics card",
}


@dataclass(frozen=True)
class Links:
    """The links of a gallery: the address of the results, and the runs to watch by claim and by kind of failure.

    Only beside the page that trains runs again are there runs to watch.
    """

    results: str = ""
    claims: Mapping[str, Sequence[Watched]] = field(default_factory=dict)
    failures: Mapping[str, Watched] = field(default_factory=dict)


def gallery(
    ledger: pd.DataFrame,
    figures: list[dict[str, Any]],
    titles: dict[str, str],
    folder: Path,
    step: list[Part],
    notes: Sequence[str] = (),
    name: str = "results",
    embedded: bool = False,
    links: Links | None = None,
) -> str:
    """Return the page: the same results give the same bytes. folder: holds figures/<name>.png. step: see explain.py.

    ledger: see judging.ledger. figures: their sidecars, in order. titles: of each experiment, in order. notes: see
    `claims_page`. name: the folder's name in commands. embedded: put the pictures into the page. links: of a page that
    is not beside its results. Raises ValueError for a figure or claim without its experiment, or a figure without its
    claim.
    """
    links = links or Links()
    strangers = {*ledger["stem"], *(figure["experiment"] for figure in figures)} - {*titles, ""}
    strangers |= {claim for figure in figures for claim in figure["claims"]} - {*ledger["claim"]}
    if strangers:
        raise ValueError(f"figures or claims name parts that the gallery lacks: {', '.join(sorted(strangers))}")
    claims = [_claim(rows, figures, links) for _, rows in ledger.groupby("claim", sort=False)]
    pictures = [_picture(figure, folder, embedded, links) for figure in figures]
    aside = [figure for figure in pictures if step and figure["name"] == STEP]
    of_page = {
        "titles": titles,
        "texts": {text.letter: text.line for text in TEXTS},
        "kinds": {kind: RULES[kind].says for kind in RULES if kind in set(ledger["kind"])},
        "notes": notes,
        "commands": {stem: command(stem, name) for stem in titles} | {"": report_command(name)},
        "rows": {stem: f"{name}/runs/{stem}.parquet" for stem in titles},
        "tables": _tables(titles, folder, links),
        "failures": _failures(folder, links),
        "claims": _by_experiment(claims, "stem", titles),
        "figures": _by_experiment([one for one in pictures if one not in aside], "experiment", ["", *titles]),
        "of_name": {figure["name"]: figure for figure in pictures},
        "telling": [] if embedded else [one for name in TELLING for one in pictures if one["name"] == name],
        "pictures": aside,
        "step": [{"title": part.title, "blocks": [_block(block) for block in part.blocks]} for part in step],
    }
    own = _own(Counter(claim["verdict"] for claim in claims), embedded)
    return _environment().get_template("gallery.html.j2").render(**own, **of_page, links=links, embedded=embedded)


def _by_experiment(found: list[dict[str, Any]], key: str, stems: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the claims or figures of each experiment that has any."""
    return {stem: of_it for stem in stems if (of_it := [one for one in found if one[key] == stem])}


def _own(count: Counter[str], embedded: bool) -> dict[str, Any]:
    """Return the number of claims with each verdict, style and scripts, and the policy that lets a browser run these.

    The hashes are of the files here, not of the finished page, so a script inside the results has no hash. Some
    browsers do not count pictures beside a page on disk as the page's own.
    """
    tally = {verdict: count[verdict] for verdict in VERDICTS}
    files = {"css": "gallery.css.j2", "script": "gallery.js.j2"}
    own = {name: "\n" + _environment().get_template(file).render(tally=tally) for name, file in files.items()}
    own["early"] = EARLY
    hashes = {name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for name, text in own.items()}
    pictures = "data:" if embedded else "'self' file: data:"
    allowed = {
        "default-src": "'none'",
        "script-src": f"'sha256-{hashes['early']}' 'sha256-{hashes['script']}'",
        "style-src": f"'sha256-{hashes['css']}'",
        "img-src": pictures,
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return own | {"tally": tally, "policy": "; ".join(f"{name} {sources}" for name, sources in allowed.items())}


def _tables(titles: dict[str, str], folder: Path, links: Links) -> list[dict[str, Any]]:
    """Return the name, the title and the formats of every existing table."""
    known = {kind: name for kind, name in TABLES.items() if not (kind == FOR_FORGE and links.claims)}
    return [
        {"name": name, "title": title, "formats": _formats(folder / "tables" / name, known)}
        for name, title in [*titles.items(), *MORE_TABLES.items()]
        if (folder / "tables" / f"{name}.csv").is_file()
    ]


def _failures(folder: Path, links: Links) -> list[dict[Hashable, Any]]:
    """Return the kinds of failure with their meanings, the number of runs and perhaps a run to watch."""
    path = folder / "tables" / "failure_kinds.csv"
    rows = pd.read_csv(path).to_dict("records") if path.is_file() else []
    return [dict(row) | {"watched": links.failures.get(row["in the rows"])} for row in rows]


def _environment() -> Environment:
    """Return the template environment, which escapes everything and refuses missing names."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _claim(rows: pd.DataFrame, figures: list[dict[str, Any]], links: Links) -> dict[str, Any]:
    """Return the page's text on one claim; rows: its readings, the literal reading first."""
    first, numbers, verdicts = literal(rows), _numbers(rows), by_reading(rows)
    return {
        **first[["claim", "stem", "source", "says", "kind", "verdict", "printed", "ours", "because"]],
        "texts": re.findall(rf"(?:^|,)\s*({'|'.join(text.letter for text in TEXTS)})\b", first["source"]) or ["ours"],
        "year": next((text.year for text in TEXTS if re.match(rf"{text.letter}\b", first["source"])), 1986),
        "counted": f"{counted(rows)} reading{'s' if len(verdicts) > 1 else ''}",
        "columns": list(numbers),
        "readings": list(zip(rows["words"], rows["verdict"], numbers.to_numpy().tolist(), strict=True)),
        "figures": [figure["name"] for figure in figures if first["claim"] in figure["claims"]],
        "watched": links.claims.get(first["claim"], []),
    }


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of each reading as text, without empty columns."""
    records = rows.to_dict("records")

    def told(field: str) -> list[str]:
        return [number(row, field) for row in records]

    def between(low: str, high: str) -> list[str]:
        return [f"{a} to {b}" if a or b else "" for a, b in zip(told(low), told(high), strict=True)]

    table = pd.DataFrame(
        {
            "runs": told("runs"),
            "that learned": told("learned_share"),
            "compared": told("n"),
            ESTIMATES.get(rows["kind"].iloc[0], "share" if rows["is_share"].iloc[0] else "median"): told("estimate"),
            "95 % interval": between("low", "high"),
            "5 to 95 % of runs": between("p5", "p95"),
            f"of 100, below {rows['printed'].iloc[0]}": told("percentile"),
            "its 95 % interval": between("percentile_low", "percentile_high"),
            "before training": told("untrained"),
        }
    )
    return table.loc[:, (table != "").any()]


def _block(block: Block) -> dict[str, Any]:
    """Return a paragraph, lines or a table of an explanation, marked with its kind."""
    if not isinstance(block, pd.DataFrame):
        return {"kind": "text" if isinstance(block, str) else "lines", "told": block}
    return {"kind": "table", "columns": list(block), "rows": block.to_numpy().tolist()}


def _picture(figure: dict[str, Any], folder: Path, embedded: bool, links: Links) -> dict[str, Any]:
    """Return the sidecar with the address of its picture, the picture's size, and the existing formats."""
    png = (folder / "figures" / f"{figure['name']}.png").read_bytes()
    inside = f"data:image/png;base64,{base64.b64encode(png).decode()}" if embedded else ""
    width, height = Image.open(BytesIO(png)).size
    place = {"width": width, "height": height, "address": inside or f"{links.results}figures/{figure['name']}.png"}
    return figure | place | {"formats": _formats(folder / "figures" / figure["name"], FIGURES)}


def _formats(path: Path, known: dict[str, str]) -> dict[str, str]:
    """Return the existing formats of a figure or table."""
    return {
        kind: name
        for kind, name in known.items()
        if kind not in ON_DEMAND or path.with_name(f"{path.name}.{kind}").is_file()
    }

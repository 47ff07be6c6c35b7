"""The README and the pages of docs/ that people write, into which the report puts tables, figures and numbers.

Two comments in a page mark a part, with its kind and its subject:

    <!-- made by experiments/report.py: claims xor-sweeps-direct -->
    <!-- end -->

and two comments inside a sentence mark a number, with its claim, its field and, unless it is the literal one, its
reading:

    <!--=xor-sweeps-direct percentile range_1-->93.6<!--/-->
"""

import json
import os
import posixpath
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from backprop86.judging.judgement import VERDICTS
from backprop86.judging.ledger import literals, number
from backprop86.report.citing import letters
from backprop86.report.claims_page import counted
from backprop86.report.escaping import in_markdown
from backprop86.report.page import markdown
from backprop86.report.watching import Watched
from backprop86.running.schema import command
from backprop86.running.settings import PUBLISHED

ROOT = PUBLISHED.parent
PART = re.compile(r"(<!-- made by experiments/report\.py: (\w+)((?: [\w.-]+)*) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
"""A part that the report makes: its kind and its subject."""
NUMBER = re.compile(r"<!--=(\S+) (\w+)(?: (\S+?))?-->(.*?)<!--/-->", re.DOTALL)
"""A number that the report makes: a claim, a field, a reading."""


@dataclass(frozen=True)
class Sources:
    """The sources of a page: the ledger, the folder of tables and sidecars, titles of experiments, a step's excerpt.

    watched: a run to watch of each experiment that the page in a browser trains.
    """

    claims: pd.DataFrame
    output: Path
    titles: dict[str, str]
    excerpt: str
    watched: Mapping[str, Watched] = field(default_factory=dict)

    @cached_property
    def literals(self) -> pd.DataFrame:
        """The row of the ledger that represents each claim."""
        return literals(self.claims)

    @cached_property
    def rows(self) -> dict[tuple[str, str], dict[Hashable, Any]]:
        """The first row of the ledger for each claim and reading; "" is the literal reading."""
        every, literal = (rows[::-1].to_dict("records") for rows in (self.claims, self.literals))
        found = {(row["claim"], row["name"]): row for row in every}
        return found | {(row["claim"], ""): row for row in literal}


def written_by_hand() -> list[Path]:
    """Return the README and the pages of docs/ that hold a mark."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in pages if re.search(r"<!-- made by|<!--=", page.read_text("utf-8"))]


def filled(text: str, page: Path, sources: Sources) -> str:
    """Return the text of a page with every part and every number made anew; ValueError for an unknown one."""
    up = Path(os.path.relpath(PUBLISHED, page.parent)).as_posix()

    def made(found: re.Match[str]) -> str:
        kind, about = found[2], found[3].split()
        if kind not in PARTS:
            raise ValueError(f"{page.name} asks for {kind}: a part must be one of {', '.join(PARTS)}")
        return f"{found[1]}{PARTS[kind](sources, up, *about)}{found[5]}"

    return numbers(PART.sub(made, text), sources)


def claims(sources: Sources, results: str, *names: str) -> str:
    """Return a table of some claims in plain words: the experiment, the text's result, ours, the verdict."""
    rows = sources.literals.set_index("claim", drop=False)
    if missing := [name for name in names if name not in rows.index]:
        raise ValueError(f"there is no claim {missing[0]}")
    table = _of_claims(rows.loc[list(names)], sources.claims, results)
    place = posixpath.join(posixpath.dirname(results), "docs/findings")
    about = [f"[{in_markdown(sources.titles[stem])}]({place}/{stem}.md)" for stem in rows.loc[list(names), "stem"]]
    table.insert(0, "experiment", about)
    return markdown(table, written=["experiment", "claim"])


def tally(sources: Sources, results: str) -> str:
    """Return a sentence that counts all claims by their verdict."""
    count = sources.literals["verdict"].value_counts()
    counts = ", ".join(f"{count.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    return f"Of {count.sum()} claims: {counts}.\n"


def experiments(sources: Sources, results: str) -> str:
    """Return a table of all experiments: page, texts, and the number of claims with each verdict."""
    rows = sources.literals
    found = []
    for stem, of_it in rows.groupby("stem", sort=False):
        count, texts = of_it["verdict"].value_counts(), ", ".join(letters(of_it["source"]))
        row = {"experiment": f"[{in_markdown(sources.titles[str(stem)])}]({stem}.md)", "texts": texts}
        found.append(row | {verdict: str(count.get(verdict, "")) for verdict in VERDICTS})
    return markdown(pd.DataFrame(found), written=["experiment"])


def experiment(sources: Sources, results: str, stem: str) -> str:
    """Return a table of an experiment's claims, with links to its settings, code, rows and readings, a run to watch."""
    of_it = sources.claims[sources.claims["stem"] == stem]
    root = posixpath.dirname(results) or "."
    literal = sources.literals[sources.literals["stem"] == stem]
    judged = markdown(_of_claims(literal, of_it, results), written=["claim"])
    places = {
        "settings, each with its source": f"{root}/conf/experiment/{stem}.yaml",
        "code": f"{root}/src/backprop86/problems/{stem}.py",
        "every reading": f"{results}/tables/{stem}.md",
        "rows": f"{results}/runs/{stem}.parquet",
    }
    made = command(stem, "results")
    listed = " · ".join(f"[{what}]({place})" for what, place in places.items())
    run = sources.watched.get(stem)
    # only the site may link it, see docs/site.py: a forge has no page
    told = f"\n{run.words}: `make page`, then open `site/page/{run.address}`\n" if run else ""
    return f"{judged}\n{listed} · made by `{made}`\n{told}"


def _of_claims(rows: pd.DataFrame, ledger: pd.DataFrame, results: str) -> pd.DataFrame:
    says, source = rows["says"].map(in_markdown), rows["source"].map(in_markdown)
    anchors = rows["claim"].str.replace(".", "")  # a heading keeps its points out of its anchor
    return pd.DataFrame(
        {
            "claim": "[" + says + f"]({results}/claims.md#" + anchors + ") (" + source + ")",
            "our runs say": rows["because"],
            "verdict": rows["verdict"],
            "readings": [counted(ledger[ledger["claim"] == claim]) for claim in rows["claim"]],
        }
    )


def figure(sources: Sources, results: str, name: str) -> str:
    """Return a figure with its caption, and links to the figure for print and to its sidecar."""
    about = json.loads((sources.output / "figures" / f"{name}.json").read_text("utf-8"))
    place, caption = f"{results}/figures/{name}", in_markdown(about["caption"])
    links = f"[PDF]({place}.pdf) · [how it is made and cited]({place}.json)"
    return f"[![{in_markdown(about['title'])}]({place}.png)]({place}.png)\n\n> {caption} {links}\n"


def citation(sources: Sources, results: str, name: str) -> str:
    """Return the entry of a figure for BibTeX."""
    about = json.loads((sources.output / "figures" / f"{name}.json").read_text("utf-8"))
    return f"```bibtex\n{about['bibtex']}```\n"


def table(sources: Sources, results: str, name: str) -> str:
    """Return a table of results/tables/."""
    return (sources.output / "tables" / f"{name}.md").read_text("utf-8")


def excerpt(sources: Sources, results: str) -> str:
    """Return the excerpt of one training step."""
    return sources.excerpt


PARTS: dict[str, Callable[..., str]] = {
    part.__name__: part for part in (claims, tally, experiments, experiment, figure, citation, table, excerpt)
}


def numbers(page: str, sources: Sources) -> str:
    """Return the text with every NUMBER made anew from the ledger; ValueError for a number it lacks."""

    def made(found: re.Match[str]) -> str:
        claim, field, reading, _ = found.groups()
        row = sources.rows.get((claim, reading or ""), {})
        text = number(row, field) if field in row else ""
        if not text:
            raise ValueError(
                f"the page asks for {field} of claim {claim}, reading {reading or 'literal'}: there is none"
            )
        marker = found[0].split("-->", 1)[0]
        return f"{marker}-->{text}<!--/-->"

    return NUMBER.sub(made, page)

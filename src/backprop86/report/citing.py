"""Companions of a figure in somebody's paper: a sidecar beside it, an entry for BibTeX, and numbers for LaTeX."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from backprop86.judging.ledger import literals, number
from backprop86.report.tables import tex
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs

CITATION = Path(__file__).parents[3] / "CITATION.cff"
TITLE = re.compile(r"^(.{30,}?)(?:[:;] |(?<!Fig)\.(?= |$)).*$", re.DOTALL)
"""A caption that goes on after its title; the title has 30 characters or more."""


@dataclass(frozen=True)
class Text:
    """A text: its letter, the parts of its bibliography entry, and where it was published."""

    letter: str
    kind: str
    key: str
    authors: tuple[tuple[str, str], ...]  # surname, first name
    title: str
    place: str  # in a few words
    pages: tuple[int, int] | None
    where: dict[str, str]  # the fields of the entry that give the place
    year: int = 1986

    @property
    def words(self) -> str:
        """The text in a line of prose: surnames, place and year."""
        *others, last = [surname for surname, _ in self.authors]
        return f"{', '.join(others)}{' and ' if others else ''}{last}, {self.place}, {self.year}"

    @property
    def line(self) -> str:
        """The text in a line with its pages."""
        return f"{self.words}, pp. {self.pages[0]}–{self.pages[1]}" if self.pages else self.words

    @property
    def bibtex(self) -> str:
        """The text as an entry for BibTeX."""
        fields = {"author": " and ".join(", ".join(author) for author in self.authors), "title": self.title}
        pages = {"pages": f"{self.pages[0]}--{self.pages[1]}"} if self.pages else {}
        fields |= self.where | pages | {"year": str(self.year)}
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@{self.kind}{{{self.key},\n{lines}\n}}\n"


RUMELHART, HINTON, WILLIAMS = ("Rumelhart", "David E."), ("Hinton", "Geoffrey E."), ("Williams", "Ronald J.")
TEXTS = (
    Text(
        "N",
        "article",
        "rumelhart1986learning",
        (RUMELHART, HINTON, WILLIAMS),
        "Learning representations by back-propagating errors",
        "Nature 323",
        (533, 536),
        {"journal": "Nature", "volume": "323"},
    ),
    Text(
        "P",
        "incollection",
        "rumelhart1986internal",
        (RUMELHART, HINTON, WILLIAMS),
        "Learning internal representations by error propagation",
        "Parallel Distributed Processing 1",
        (318, 362),
        {"booktitle": "Parallel Distributed Processing", "volume": "1", "chapter": "8", "publisher": "MIT Press"},
    ),
    Text(
        "H",
        "inproceedings",
        "hinton1986distributed",
        (HINTON,),
        "Learning distributed representations of concepts",
        "Proceedings of the Cognitive Science Society 8",
        (1, 12),
        {"booktitle": "Proceedings of the Eighth Annual Conference of the Cognitive Science Society"},
    ),
    Text(
        "L",
        "techreport",
        "plaut1986experiments",
        (("Plaut", "David C."), ("Nowlan", "Steven J."), HINTON),
        "Experiments on learning by back propagation",
        "report CMU-CS-86-126",
        (1, 41),
        {"institution": "Carnegie-Mellon University", "number": "CMU-CS-86-126"},
    ),
    Text(
        "S",
        "inproceedings",
        "hinton1987learning",
        (HINTON,),
        "Learning translation invariant recognition in a massively parallel network",
        "PARLE",
        (1, 13),
        {"booktitle": "PARLE: Parallel Architectures and Languages Europe"},
        1987,
    ),
    Text(
        "R",
        "inproceedings",
        "paccanaro2000relations",
        (("Paccanaro", "Alberto"), HINTON),
        "Learning distributed representations by mapping concepts and relations into a linear space",
        "International Conference on Machine Learning 17",
        (711, 718),
        {"booktitle": "Proceedings of the Seventeenth International Conference on Machine Learning"},
        2000,
    ),
    Text(
        "C",
        "misc",
        "hinton2012course",
        (HINTON,),
        "Neural networks for machine learning, lecture 4",
        "lectures at Coursera",
        None,
        {"howpublished": "Lectures at Coursera"},
        2012,
    ),
)
FIELDS = (
    "printed", "verdict", "n", "runs", "learned_share", "estimate", "low", "high", "p5", "p95",
    "below", "equal", "percentile", "percentile_low", "percentile_high", "untrained",
)  # fmt: skip
"""The fields of the ledger's rows that LaTeX can use."""
MACRO = r"""% Made by python experiments/report.py: every number of the ledger of claims.
% \backprop{claim}{field} is that of the verdict, \backprop[name]{claim}{field} of another reading or net.
% Fields: FIELDS.
\newcommand{\backprop}[3][]{\ifcsname bp/#2/#1/#3\endcsname\csname bp/#2/#1/#3\endcsname\else
  \PackageError{backprop86}{claim #2\if!#1!\else, reading #1,\fi\space has no #3}%
    {See results/claims.csv for those there are.}\fi}
\begingroup % so that \of and \bp mean afterwards what they meant before
\def\of#1#2#3{\def\at{#1/#2}\def\too{#1/#3}} % a claim, a name, and the name or nothing if it is that of the verdict
\def\bp#1#2{\expandafter\gdef\csname bp/\at/#1\endcsname{#2}\expandafter\gdef\csname bp/\too/#1\endcsname{#2}}
"""


@dataclass(frozen=True)
class Source:
    """A source of a figure: its place in the folder of results, its digest, the command that makes it."""

    file: str
    sha256: str
    command: str


def sidecar(
    name: str, caption: str, claims: list[Claim], runs: list[Runs], sources: Sequence[Source], how: str
) -> dict[str, Any]:
    """Return a figure's sidecar: caption, claims, runs, sources, the command `how` that makes it, and citation."""
    readings = [about for part in runs for about in part.about.values()]
    recipes = json.dumps([asdict(about.recipe) for about in readings], sort_keys=True)
    seeds = pd.DataFrame([about.seeds for about in readings], columns=["first", "last"], dtype=object)
    texts = letters(claim.source for claim in claims)
    versions: dict[str, str] = {}
    for about in readings:
        versions |= about.versions
    return {
        "name": name,
        "experiment": runs[0].stem if len(runs) == 1 else "",
        "title": title_of(caption),
        "caption": caption,
        "claims": [claim.id for claim in claims],
        "texts": texts,
        "command": how,
        "sources": [asdict(source) for source in sources],
        "config": f"sha256 of the recipes: {hashlib.sha256(recipes.encode()).hexdigest()}" if runs else "no runs",
        "seeds": seeds.value_counts(sort=False).rename("readings").reset_index().to_dict("records"),
        "versions": versions | {name: version(name) for name in ("matplotlib", "seaborn", "pandas")},
        "licence": "CC BY 4.0",
        "key": f"backprop86:{name}",
        "bibtex": bibtex(name, title_of(caption), texts),
    }


def letters(sources: Iterable[str]) -> list[str]:
    """Return the letters of the texts that claims cite as their sources."""
    cited = {part.split()[0] for source in sources for part in source.split(",")}
    return [text.letter for text in TEXTS if text.letter in cited]


def title_of(caption: str) -> str:
    """Return the title of a figure: its caption up to the first full stop or colon, without words in brackets."""
    return TITLE.sub(r"\1", re.sub(r" \(.*?\)", "", caption))


@cache
def cited() -> Any:
    """Read CITATION.cff."""
    return OmegaConf.load(CITATION)


def bibtex(name: str, title: str, texts: Sequence[str], commit: str = "") -> str:
    """Return the BibTeX entry of a figure; its note names the texts behind it, by their letters."""
    about = cited()
    released = str(about["date-released"])
    words = [text.words for text in TEXTS if text.letter in texts]
    after = f" After {'; '.join(words)}." if words else ""
    version = f"version {about.version}{f', commit {commit}' if commit else ''}"
    return (
        f"@misc{{backprop86:{name},\n"
        f"  author = {{{{{about.authors[0].name}}}}},\n"
        f"  title = {{{{{_in_bibtex(title)}}}}},\n"
        f"  howpublished = {{Figure {tex(name)} of backprop86, {version}}},\n"
        f"  year = {{{released[:4]}}},\n"
        f"  note = {{CC BY 4.0.{after}}}\n}}\n"
    )


def commit() -> str:
    """Return the commit of this checkout, "with changes" if files differ from it; nothing without git."""
    asked = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty= with changes"]
    try:
        return subprocess.run(asked, cwd=CITATION.parent, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _in_bibtex(text: str) -> str:
    """Return a text for BibTeX, which counts braces even after a backslash."""
    return tex(text).replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")


def bibliography(sidecars: list[dict[str, Any]]) -> str:
    """Return figures.bib: the texts, then every figure."""
    return "\n".join([*(text.bibtex for text in TEXTS), *(figure["bibtex"] for figure in sidecars)])


def numbers(ledger: pd.DataFrame) -> str:
    r"""Return numbers.tex: the macro \backprop and all its values."""
    lines = [MACRO.replace("FIELDS", ", ".join(FIELDS).replace("_", "-"))]
    of_claim = dict(literals(ledger)[["claim", "name"]].to_numpy())
    for row in ledger.to_dict("records"):
        also = "" if of_claim[row["claim"]] == row["name"] else row["name"]
        lines.append(f"\\of{{{row['claim']}}}{{{row['name']}}}{{{also}}}\n")
        for field in FIELDS:
            if value := tex(number(row, field)):
                lines.append(f"\\bp{{{field.replace('_', '-')}}}{{{value}}}\n")
    return "".join([*lines, "\\endgroup\n"])


def write_sidecar(figure: dict[str, Any], output: Path) -> None:
    """Write a sidecar beside its figure."""
    text = json.dumps(figure, indent=2, ensure_ascii=False) + "\n"
    (output / "figures" / f"{figure['name']}.json").write_text(text, "utf-8")


def write(sidecars: list[dict[str, Any]], ledger: pd.DataFrame, output: Path) -> None:
    """Write every sidecar, figures.bib, numbers.tex."""
    for figure in sidecars:
        write_sidecar(figure, output)
    (output / "figures.bib").write_text(bibliography(sidecars), "utf-8")
    (output / "numbers.tex").write_text(numbers(ledger), "utf-8")

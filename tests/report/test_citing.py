"""Companions of a cited figure: its sidecar, its BibTeX entry, and numbers that LaTeX gets by name."""

import json
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.report import citing
from backprop86.running.claim import Claim
from backprop86.running.provenance import Provenance
from backprop86.running.runs import Runs
from helpers import ledger_of, of_readings, runs_of

CLAIMS = [Claim("c-one", "P Fig. 5, fn 2", "it is so"), Claim("c-two", "N p. 535, P p. 330, H p. 11", "so is this")]
CAPTION = r"Learning: 5 % of a_b & c, ∂E/∂w < 1 {of \x}"


def made(stem, **readings):
    """Runs that have no rows, of readings with these recipes and seeds."""
    about = {
        name: Provenance.of(("", name), recipe, 2, seeds, "reference") for name, (recipe, seeds) in readings.items()
    }
    return Runs(stem, {name: pd.DataFrame() for name in readings}, about)


def how(recipe, seeds):
    return recipe, 2, seeds, "reference"


def config_of(*runs):
    return citing.sidecar("f", "", [], list(runs), [], "")["config"]


def test_a_sidecar_says_what_a_figure_shows():
    recipe = Recipe("2_hidden")
    one = made("xor", first_look=(recipe, [0, 1]), slow=(recipe, [*range(100)]), fast=(recipe, [*range(100)]))
    found = citing.sidecar(
        "xor_fig3", CAPTION, CLAIMS, [one], [citing.Source("runs/xor.parquet", "ab", "run it")], "make it"
    )
    assert json.loads(json.dumps(found)) == found
    versions = found.pop("versions")
    assert {"python", "backprop86", "numpy", "torch", "matplotlib", "seaborn", "pandas"} == set(versions)
    assert all(re.match(r"\d+\.\d+", number) for number in versions.values())
    assert found.pop("config") == config_of(one)
    assert found == {
        "name": "xor_fig3",
        "experiment": "xor",
        "title": CAPTION,
        "caption": CAPTION,
        "claims": ["c-one", "c-two"],
        "texts": ["N", "P", "H"],
        "command": "make it",
        "sources": [{"file": "runs/xor.parquet", "sha256": "ab", "command": "run it"}],
        "seeds": [{"first": 0, "last": 1, "readings": 1}, {"first": 0, "last": 99, "readings": 2}],
        "licence": "CC BY 4.0",
        "key": "backprop86:xor_fig3",
        "bibtex": citing.bibtex("xor_fig3", CAPTION, ["N", "P", "H"]),
    }
    of_two = citing.sidecar("both", "", [], [one, made("parity", slow=(recipe, [0]))], [], "")
    assert (of_two["experiment"], sum(seeds["readings"] for seeds in of_two["seeds"])) == ("", 4)
    of_none = citing.sidecar("benchmark", "", [], [], [], "make bench")
    assert (of_none["experiment"], of_none["seeds"], "numpy" in of_none["versions"]) == ("", [], False)


def test_the_config_of_a_figure_changes_with_its_recipes_alone():
    as_it_is, other = Recipe("2_hidden"), Recipe("2_hidden", epsilon=0.2)
    config = config_of(made("xor", slow=(as_it_is, [0, 1])))
    assert re.fullmatch(r"sha256 of the recipes: [0-9a-f]{64}", config)
    assert config == config_of(made("xor", slow=(Recipe("2_hidden"), [*range(9)])))
    assert config != config_of(made("xor", slow=(other, [0, 1])))
    two = made("xor", slow=(as_it_is, [0, 1]), fast=(as_it_is, [0, 1]))
    assert config != config_of(two) != config_of(made("xor", slow=(as_it_is, [0, 1]), fast=(other, [0, 1])))


def braced(text, start):
    """Return the text between the brace at start and its closing one, as BibTeX counts: also after a backslash."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return text[start + 1 : place]
    raise AssertionError(f"a brace is never closed: {text[start:]}")


def entries(bibliography):
    """key -> (kind, fields) of every entry; nothing may stand between them."""
    found, place = {}, 0
    while place < len(bibliography.rstrip()):
        kind = re.compile(r"\s*@(\w+)(?=\{)").match(bibliography, place)
        inside = braced(bibliography, kind.end())
        place = kind.end() + len(inside) + 2
        key, rest = inside.split(",", 1)
        fields = {name[1]: braced(rest, name.end()) for name in re.finditer(r"(\w+) = (?=\{)", rest)}
        assert key not in found
        found[key] = (kind[1], fields)
    return found


def test_the_bibliography_has_the_texts_and_every_figure():
    figures = [citing.sidecar(name, CAPTION, CLAIMS, [], [], "") for name in ("xor_fig3", "xor_fig5")]
    found = entries(citing.bibliography(figures))
    texts = ["rumelhart1986learning", "rumelhart1986internal", "hinton1986distributed"]
    texts += ["plaut1986experiments", "hinton1987learning", "paccanaro2000relations", "hinton2012course"]
    assert list(found) == [*texts, "backprop86:xor_fig3", "backprop86:xor_fig5"]
    pages = ["533--536", "318--362", "1--12", "1--41", "1--13", "711--718", None]
    assert [found[key][1].get("pages") for key in texts] == pages
    assert [found[key][1]["year"] for key in texts] == ["1986"] * 4 + ["1987", "2000", "2012"]
    hinton = "Hinton, Geoffrey E."
    authors = f"Rumelhart, David E. and {hinton} and Williams, Ronald J."
    assert [found[key][1]["author"] for key in texts[:5]] == [
        authors, authors, hinton, f"Plaut, David C. and Nowlan, Steven J. and {hinton}", hinton
    ]  # fmt: skip
    assert [found[key][0] for key in texts[:5]] == [
        "article", "incollection", "inproceedings", "techreport", "inproceedings"
    ]  # fmt: skip
    kind, fields = found["backprop86:xor_fig3"]
    assert kind == "misc"
    title = r"Learning: 5 \% of a\_b \& c, $\partial$E/$\partial$w $<$ 1 \{of \textbackslash{}x\}"
    title = title.replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")
    assert fields["title"] == f"{{{title}}}"  # so that BibTeX leaves its capitals as they are
    assert fields["howpublished"].startswith(r"Figure xor\_fig3 of backprop86, version 0.")
    assert fields["author"] == "{The backprop86 authors}"
    assert re.fullmatch(r"20\d\d", fields["year"])


@pytest.mark.parametrize(
    ("caption", "title"),
    [
        (
            "XOR: how up to thirty runs learn (a sweep is a pass), sweep by sweep. Above: E.",
            "XOR: how up to thirty runs learn, sweep by sweep",
        ),
        (
            "The network of N Fig. 1 as printed, beside one of ours: of the runs, the median.",
            "The network of N Fig. 1 as printed, beside one of ours",
        ),
        ("Why a single layer cannot learn XOR. a to c: a line.", "Why a single layer cannot learn XOR"),
        ("A rate of 0.05, and nothing that goes on", "A rate of 0.05, and nothing that goes on"),
    ],
)
def test_the_title_is_the_first_part_of_the_caption(caption, title):
    assert citing.title_of(caption) == title


def test_an_entry_may_name_a_commit():
    entry = citing.bibtex("f", "A title", [], "0123456789ab")
    assert re.search(r"howpublished = \{Figure f of backprop86, version [\d.]+, commit 0123456789ab\}", entry)


N = "Rumelhart, Hinton and Williams, Nature 323, 1986"
P = "Rumelhart, Hinton and Williams, Parallel Distributed Processing 1, 1986"
H = "Hinton, Proceedings of the Cognitive Science Society 8, 1986"
L = "Plaut, Nowlan and Hinton, report CMU-CS-86-126, 1986"
S = "Hinton, PARLE, 1987"
R = "Paccanaro and Hinton, International Conference on Machine Learning 17, 2000"
C = "Hinton, lectures at Coursera, 2012"


@pytest.mark.parametrize(
    ("sources", "after"),
    [
        (["P Fig. 5, fn 2"], f" After {P}."),
        (["N equations 5 and 7", "H p. 8"], f" After {N}; {H}."),
        (["ours", "N p. 535, P p. 330"], f" After {N}; {P}."),
        (["L p. 16", "S pp. 6-11"], f" After {L}; {S}."),
        (["R", "C lecture 4"], f" After {R}; {C}."),
        (["ours"], ""),
        ([], ""),
    ],
)
def test_a_figure_names_the_texts_that_it_bears_on(sources, after):
    about = citing.sidecar("f", "", [Claim("c", source) for source in sources], [], [], "")
    fields = entries(about["bibtex"])["backprop86:f"][1]
    assert fields["note"] == f"CC BY 4.0.{after}"


@pytest.fixture(scope="module")
def judged():
    """Claims under readings whose names have every sign that names have."""
    first, second = "as_printed/rate_0.25", "range_1/rate_0.25"
    some = np.arange(1000) < 423
    learned = {first: [True] * 999 + [False], second: [False] * 1000}
    runs = of_readings({name: runs_of(so, moment="end", did=some) for name, so in learned.items()})
    claims = [
        Claim("c-never", "N", "it is never so", "every", never=True),
        Claim("c-draw", "N", "it took ten", "draw", "sweeps", printed=[10]),
        Claim("c-form", "N", "it is so", "rate", "did", "end", printed=[0.1], readings=["*/rate_0.25"]),
    ]
    found = ledger_of(claims, runs).assign(reading=lambda rows: rows["name"])  # as with axes that are readings
    starred = found[found["claim"] == "c-form"].iloc[:1].assign(name="*/rate_0.25", n=5, claim="c-curve")
    return pd.concat([found, starred], ignore_index=True)


ASKED = {
    r"\backprop{c-never}{verdict}": "notreproduced",
    r"\backprop{c-never}{high}": ">99.9%",
    r"\backprop[as_printed/rate_0.25]{c-never}{estimate}": "99.9%",
    r"\backprop[range_1/rate_0.25]{c-never}{estimate}": "0.0%",
    r"\backprop{c-never}{printed}": "never",
    r"\backprop[range_1/rate_0.25]{c-never}{n}": "1,000",
    r"\backprop{c-draw}{printed}": "10",
    r"\backprop{c-draw}{percentile}": "50",
    r"\backprop[range_1/rate_0.25]{c-draw}{n}": "0",
    r"\backprop{c-draw}{learned-share}": "99.9%",
    r"\backprop{c-draw}{percentile-high}": "100",
    r"\backprop[*/rate_0.25]{c-curve}{n}": "5",
    r"\backprop{c-curve}{low}": "39.3%",
    r"\bp": "mine",
}


def typeset(folder, body):
    """Exit status and log of LaTeX for a document that reads numbers.tex and means something else by bp."""
    latex = shutil.which("pdflatex")
    if latex is None:
        pytest.skip("pdflatex is not installed")
    lines = [r"\documentclass{article}", r"\newcommand{\bp}{mine}", r"\input{numbers}", r"\pagestyle{empty}"]
    lines += [
        r"\tracingoutput=1 \showboxbreadth=10000 \showboxdepth=10000",
        r"\begin{document}",
        body,
        r"\end{document}",
    ]
    (folder / "paper.tex").write_text("\n".join(lines), "utf-8")
    command = [latex, "-interaction=nonstopmode", "-no-shell-escape", "paper"]
    status = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60).returncode
    return status, (folder / "paper.log").read_text("latin-1")


@pytest.mark.latex
def test_latex_prints_every_number_it_asks_for(judged, tmp_path):
    (tmp_path / "numbers.tex").write_text(citing.numbers(judged), "utf-8")
    status, log = typeset(tmp_path, "".join(f"({asked})\n\n" for asked in ASKED))
    assert status == 0
    glyphs = re.findall(r"\.\\(OT1|OML|OMS)/\S+ (.)$", log, re.MULTILINE)
    text = "".join(sign for _, sign in glyphs)
    assert re.findall(r"\((.*?)\)", text) == list(ASKED.values())


@pytest.mark.latex
@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (r"\backprop{c-unheard}{n}", "claim c-unheard has no n."),
        (r"\backprop[fast_1]{c-never}{n}", "claim c-never, reading fast_1, has no n."),
        (r"\backprop{c-never}{p95}", "claim c-never has no p95."),
    ],
)
def test_a_number_that_is_not_there_is_an_error_in_latex(judged, tmp_path, asked, line):
    (tmp_path / "numbers.tex").write_text(citing.numbers(judged), "utf-8")
    status, log = typeset(tmp_path, asked)
    assert status == 1
    assert f"! Package backprop86 Error: {line}" in log


def test_everything_is_written_where_it_belongs(judged, tmp_path):
    (tmp_path / "figures").mkdir()
    figures = [citing.sidecar(name, CAPTION, CLAIMS, [], [], "") for name in ("xor_fig3", "xor_fig5")]
    citing.write(figures, judged, tmp_path)
    written = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.*")}
    assert set(written) == {"figures/xor_fig3.json", "figures/xor_fig5.json", "figures.bib", "numbers.tex"}
    assert json.loads(written["figures/xor_fig5.json"]) == figures[1]
    assert "∂E/∂w" in written["figures/xor_fig3.json"]
    assert written["figures.bib"] == citing.bibliography(figures)
    assert written["numbers.tex"] == citing.numbers(judged)

"""Tables as people read them, the ledger to read, and numbers put into a page."""

import re

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.ledger import ledger
from backprop86.report import tables
from backprop86.running.claim import Claim
from helpers import of_readings, runs_of


def test_what_a_cell_shows():
    values = [1234567, 1425.0, 0.41234, np.inf, np.nan, True, "as_printed"]
    assert [tables.shown(value) for value in values] == ["1,234,567", "1,425", "0.412", "∞", "", "True", "as_printed"]


def test_markdown_and_latex():
    frame = pd.DataFrame({"a_b": ["x_y"], "5 %": [np.inf]})
    assert tables.markdown(frame) == "| a_b | 5 % |\n| --- | --- |\n| x_y | ∞ |\n"
    assert tables.latex(frame).splitlines() == [
        r"\begin{tabular}{ll}",
        r"\toprule",
        r"a\_b & 5 \% \\",
        r"\midrule",
        r"x\_y & $\infty$ \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_put_between_markers():
    lines = "<!-- {0}: made by experiments/report.py -->\n{1}\n<!-- end of {0} -->\n"
    old, new = ("old", "old\nand older"), ("first \\1", "second")
    page, right = (
        "above\n" + lines.format("claims", one) + "between\n" + lines.format("explain", two) + "below\n"
        for one, two in (old, new)
    )
    made = tables.put_between_markers(page, {"explain": "second\n", "claims": "first \\1\n"})
    assert made == right
    for name, words in (("claims", "has claims, explain"), ("other", "has claims, explain")):
        with pytest.raises(ValueError, match=f"^the page must have {name} between markers, {words}$"):
            tables.put_between_markers(page, {name: "new\n"})
    with pytest.raises(ValueError, match=r"^the page must have claims between markers, has none$"):
        tables.put_between_markers("no markers", {"claims": "new\n"})


def test_what_means_something_to_latex_is_written_out():
    assert tables.tex(r"50 % of a_b & #1 {x} $2 \y") == r"50 \% of a\_b \& \#1 \{x\} \$2 \textbackslash{}y"
    signs = {"∞": r"$\infty$", "∂": r"$\partial$", "±": r"$\pm$", "×": r"$\times$", "<": "$<$", ">": "$>$"}
    assert {sign: tables.tex(sign) for sign in signs} == signs
    assert tables.tex("weights -8.92 to 3, (n = 60); y*/2") == "weights -8.92 to 3, (n = 60); y*/2"


@pytest.fixture(scope="module")
def judged():
    """Two claims under four readings each and one of another experiment, with words; literal readings come first."""
    sweeps = {"wide": [9] * 3, "slow": [80, 90, 300], "as_printed": [100, 200, 300], "fast": [9] * 3}
    seen = np.arange(300) % 4 == 0
    runs = of_readings({name: runs_of([True] * 300, some * 100, seen=seen) for name, some in sweeps.items()})
    readings = ["as_printed", "slow", "fast", "wide"]
    claims = [
        Claim("tried-sweeps", "N p. 9", "learned in 200 sweeps", "draw", "sweeps", [200], readings, headline=True),
        Claim("tried-once", "P Fig. 1", "it is seen", "once", "seen", readings=readings),
    ]
    rate = Claim("other-rate", "H p. 1", "half are learned", "rate", printed=[0.4, 0.5], readings=["fast"])
    return pd.concat([ledger(claims, runs), ledger([rate], runs).assign(stem="another")])


TITLES = {"made_up": "Made up", "another": "Another"}


def test_the_ledger_to_read(judged):
    page = tables.claims_page(judged, TITLES, [])
    headings = ["# Claims", "## Made up", "### tried-sweeps", "### tried-once", "## Another", "### other-rate"]
    assert re.findall(r"^#.*", page, re.MULTILINE) == headings
    assert " 3 claims, " in page
    assert "\n**2 reproduced, 0 partly, 0 doubtful, 1 not reproduced**\n(0 of them are not printed" in page
    parts = dict(zip(headings, re.split(r"^#.*\n\n", page, flags=re.MULTILINE)[1:], strict=True))
    made_by = "Made by `python experiments/run.py experiment=made_up && python experiments/report.py`.\n\n"
    assert parts["## Made up"] == made_by
    assert parts["### tried-sweeps"].split("\n") == [
        "Learned in 200 sweeps (N p. 9). Rule: draw; printed: 200.",
        "",
        "**reproduced** under `as_printed`. Of 100 runs 50 needed fewer sweeps than the printed 200, equal ones "
        "counted half: it is an ordinary one. Other readings turn it: not reproduced under `fast`, `wide`.",
        "",
        "| reading | verdict | ours | percentile of the printed number |",
        "| --- | --- | --- | --- |",
        "| as_printed | reproduced | median 200; 5 to 95 % of runs: 100 to 300 (n = 300) | 50.0 (28.2 to 71.8) |",
        "| slow | reproduced | median 90; 5 to 95 % of runs: 80 to 300 (n = 300) | 66.7 (61.2 to 71.8) |",
        "| fast | not reproduced | median 9; 5 to 95 % of runs: 9 to 9 (n = 300) | 100.0 (98.7 to 100.0) |",
        "| wide | not reproduced | median 9; 5 to 95 % of runs: 9 to 9 (n = 300) | 100.0 (98.7 to 100.0) |",
        "",
        "",
    ]
    assert "enough. Other readings turn it: none.\n" in parts["### tried-once"]
    assert "| fast | reproduced | 25.0%; 20.4% to 30.2% (n = 300) |  |\n" in parts["### tried-once"]
    assert "\n**not reproduced** under `fast`. Our interval, " in parts["### other-rate"]
    assert "readings in tables" not in page


def test_what_is_different_here_stands_above_the_ledger(judged):
    notes = ["made_up, fast: epsilon is 0.25 here", "left out: one"]
    page = tables.claims_page(judged, TITLES, [], notes, "my own")
    above = (
        "# Claims\n\n**Mind what is different here:**\n\n- made_up, fast: epsilon is 0.25 here\n- left out: one\n\nWhat"
    )
    assert page.startswith(above)
    assert "from the rows in `my own/runs/`" in page
    made_by = "experiment=made_up 'output=my own' && python experiments/report.py --output 'my own'`.\n"
    assert f"Made by `python experiments/run.py {made_by}" in page
    assert tables.claims_page(judged, TITLES, []).startswith("# Claims\n\nWhat")


def test_every_verdict_that_turns_is_named(judged):
    doubted = judged.assign(verdict=judged["verdict"].where(judged["reading"] != "slow", "doubtful"))
    page = tables.claims_page(doubted, TITLES, [])
    assert "turn it: doubtful under `slow`; not reproduced under `fast`, `wide`.\n" in page
    assert "turn it: doubtful under `slow`.\n" in page


def test_the_ledger_counts_the_lattice(judged):
    of_once = ["reproduced"] * 1200 + ["doubtful", "not reproduced"]
    verdicts = {"tried-once": of_once, "tried-sweeps": ["partly"] * 2, "unheard": ["partly"]}
    lattices = [pd.DataFrame({"claim": claim, "verdict": found}) for claim, found in verdicts.items()]
    page = tables.claims_page(judged, TITLES, [pd.concat(lattices)])
    told = re.findall(r"### (\S+)|\n(Of the .*)", page)
    assert [one or two for one, two in told] == [
        "tried-sweeps",
        "Of the 2 readings in tables/family_trees_lattice.csv: 0 reproduced, 2 partly, 0 doubtful, 0 not reproduced.",
        "tried-once",
        "Of the 1,202 readings in tables/family_trees_lattice.csv: 1,200 reproduced, 0 partly, 1 doubtful, 1 not "
        "reproduced.",
        "other-rate",
    ]


def test_headlines_for_the_readme(judged):
    table = tables.claims_table(judged)
    assert table.columns.tolist() == ["claim", "1986", "ours", "verdict", "readings"]
    assert table["readings"].tolist() == ["2 of 4", "4 of 4", "0 of 1"]
    assert table.to_numpy().tolist()[0][:4] == [
        "[learned in 200 sweeps](results/claims.md#tried-sweeps) (N p. 9)",
        "200",
        "median 200; 5 to 95 % of runs: 100 to 300 (n = 300)",
        "reproduced",
    ]


def test_marked_numbers_are_made_anew(judged):
    page = "".join(
        f"It was <!--={asked}-->{was}<!--/-->.\n"
        for asked, was in (
            ("tried-sweeps estimate", "9"),
            ("tried-sweeps estimate fast", "8"),
            ("tried-once estimate", "some,\nor none"),
            ("tried-once n wide", ""),
            ("other-rate printed", "?"),
        )
    )
    made = tables.put_numbers(page + "<!-- no number -->", judged)
    assert made.splitlines() == [
        "It was <!--=tried-sweeps estimate-->200<!--/-->.",
        "It was <!--=tried-sweeps estimate fast-->9<!--/-->.",
        "It was <!--=tried-once estimate-->25.0%<!--/-->.",
        "It was <!--=tried-once n wide-->300<!--/-->.",
        "It was <!--=other-rate printed-->40.0% to 50.0%<!--/-->.",
        "<!-- no number -->",
    ]
    assert tables.put_numbers(made, judged) == made
    in_a_line = made.replace("\n", " ")
    assert tables.put_numbers(in_a_line, judged) == in_a_line


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("unheard estimate", "estimate of claim unheard, reading literal"),
        ("tried-once estimate narrow", "estimate of claim tried-once, reading narrow"),
        ("other-rate n slow", "n of claim other-rate, reading slow"),
        ("tried-once mean", "mean of claim tried-once, reading literal"),
        ("tried-once p5", "p5 of claim tried-once, reading literal"),
    ],
)
def test_a_marked_number_that_is_not_there(judged, asked, line):
    with pytest.raises(ValueError, match=rf"^the page asks for {line}: there is none$"):
        tables.put_numbers(f"<!--={asked}-->42<!--/-->", judged)

"""Tables as people read them, the ledger to read, and numbers put into a page."""

import re

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.rules import RULES
from backprop86.report import readme, tables
from backprop86.report.claims_page import claims_page
from backprop86.report.page import markdown
from backprop86.running.claim import Claim
from helpers import experiment_of, ledger_of, of_readings, runs_of


def test_markdown_and_latex():
    frame = pd.DataFrame({"a_b": ["x_y"], "5 %": [np.inf]})
    assert markdown(frame) == "| a_b | 5 % |\n| --- | --- |\n| x_y | never |\n"
    assert tables.latex(frame).splitlines() == [
        r"\begin{tabular}{ll}",
        r"\toprule",
        r"a\_b & 5 \% \\",
        r"\midrule",
        r"x\_y & never \\",
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
    made = readme.put_between_markers(page, {"explain": "second\n", "claims": "first \\1\n"})
    assert made == right
    for name, words in (("claims", "has claims, explain"), ("other", "has claims, explain")):
        with pytest.raises(ValueError, match=f"^the page must have {name} between markers, {words}$"):
            readme.put_between_markers(page, {name: "new\n"})
    with pytest.raises(ValueError, match=r"^the page must have claims between markers, has none$"):
        readme.put_between_markers("no markers", {"claims": "new\n"})


def test_what_means_something_to_latex_is_written_out():
    assert tables.tex(r"50 % of a_b & #1 {x} $2 \y") == r"50 \% of a\_b \& \#1 \{x\} \$2 \textbackslash{}y"
    signs = {"∞": r"$\infty$", "∂": r"$\partial$", "±": r"$\pm$", "×": r"$\times$", "<": "$<$", ">": "$>$"}
    assert {sign: tables.tex(sign) for sign in signs} == signs
    assert tables.tex("weights -8.92 to 3, (n = 60); y*/2") == "weights -8.92 to 3, (n = 60); y*/2"


@pytest.fixture(scope="module")
def judged():
    """Two claims under four readings each, one of them of two nets, and one claim of another experiment."""
    sweeps = {"wide": [9] * 3, "slow": [80, 90, 300], "as_printed": [100, 200, 300], "fast": [9] * 3}
    sweeps["five/as_printed"] = [150, 250, 300]
    seen = np.arange(400) % 4 == 0
    some = [True] * 300 + [False] * 100
    runs = of_readings({name: runs_of(some, few * 100 + [pd.NA] * 100, seen=seen) for name, few in sweeps.items()})
    readings = ["as_printed", "five/*", "slow", "fast", "wide"]
    claims = [
        Claim("tried-sweeps", "N p. 9", "learned in 200 sweeps", "draw", "sweeps", printed=[200], readings=readings),
        Claim("tried-seen", "P Fig. 1", "it is seen", "draw", "seen", readings=readings),
    ]
    rate = Claim("other-rate", "H p. 1", "half are learned", "rate", printed=[0.4, 0.5], readings=["fast"])
    return pd.concat([ledger_of(claims, runs), ledger_of([rate], runs).assign(stem="another")])


TITLES = {"made_up": "Made up", "another": "Another"}


def test_the_table_of_an_experiment():
    sweeps = [100] * 30 + [200] * 20 + [pd.NA] * 50
    claims = [
        Claim("one", kind="draw", column="sweeps", printed=[150], readings=["as_printed"]),
        Claim("two", kind="draw", column="sweeps", below=5000),
        Claim("no", kind="draw", column="learned"),
    ]
    runs = of_readings({"as_printed": runs_of(np.arange(100) < 50, sweeps), "two/as_printed": runs_of([False] * 10)})
    runs.of("as_printed")["right_side"] = pd.array([7] * 100, dtype="Int64")
    table = tables.sweeps_table(claims, runs, experiment_of(runs))
    row = table.to_dict("records")[0]
    low, high = row.pop("95 % from"), row.pop("to")
    assert 0.4 < low < 0.5 < high < 0.6
    assert row == {
        "name": "as_printed", "in words": "as printed", "runs": 100, "limit": 1000, "learned": 50, "diverged": 0,
        "share that learned": 0.5, "5 % by sweep": 100, "25 % by sweep": 100, "50 % by sweep": 200,
        "75 % by sweep": np.inf, "95 % by sweep": np.inf, "half on the right side of 0.5 by sweep": 7,
        "place of 150": 60, "place of 5,000": 100,
    }  # fmt: skip
    assert table["in words"][1] == "two, as printed"
    assert np.isnan(table[["place of 150", "place of 5,000"]].iloc[1]).all()
    assert tables.printed_sweeps(claims) == [150, 5000]


def test_a_table_says_never_and_its_file_has_plain_floats(tmp_path):
    frame = pd.DataFrame({"name": ["a"], "50 % by sweep": [np.inf]})
    tables.write_table(frame, tmp_path, "xor", in_latex=True)
    assert (tmp_path / "xor.md").read_text("utf-8").splitlines()[-1] == "| a | never |"
    assert pd.read_csv(tmp_path / "xor.csv")["50 % by sweep"].tolist() == [np.inf]
    assert "never" in (tmp_path / "xor.tex").read_text("utf-8")
    tables.write_table(frame, tmp_path, "xor")
    assert {path.name for path in tmp_path.iterdir()} == {"xor.csv", "xor.md"}


def test_the_ledger_to_read(judged):
    page = claims_page(judged, TITLES)
    headings = ["# Claims", "## How sentences are judged", "## Made up", "### tried-sweeps", "### tried-seen"]
    headings += ["## Another", "### other-rate"]
    assert re.findall(r"^#.*", page, re.MULTILINE) == headings
    assert "make 3 claims here" in page
    assert "\n**2 reproduced, 0 partly, 0 doubtful, 1 not reproduced**\n(0 of them are not printed" in page
    parts = dict(zip(headings, re.split(r"^#.*\n\n", page, flags=re.MULTILINE)[1:], strict=True))
    made_by = "Made by `python experiments/run.py experiment=made_up && python experiments/report.py`.\n\n"
    assert parts["## Made up"] == made_by
    place = "of 100 runs, below the printed number"
    assert parts["### tried-sweeps"].split("\n") == [
        "Learned in 200 sweeps (N p. 9). Printed: 200.",
        "",
        "**Reproduced** (as printed). Half of our runs that learned needed 200 sweeps or fewer; the printed 200 lies "
        "in the middle: 33 of 100 needed fewer, and 33 of 100 needed as many. 25 of 100 never learned.",
        "",
        "Reproduced under 2 of 4 readings; not reproduced under fast, wide.",
        "",
        f"| reading | verdict | ours | {place} |",
        "| --- | --- | --- | --- |",
        "| as printed | reproduced | median 200; 5 to 95 % of runs: 100 to 300 (n = 300; 25 of 100 never learned) | "
        "50.0 (28.2 to 71.8) |",
        "| five, as printed | reproduced | median 250; 5 to 95 % of runs: 150 to 300 (n = 300; 25 of 100 never learned)"
        " | 33.3 (28.2 to 38.8) |",
        "| slow | reproduced | median 90; 5 to 95 % of runs: 80 to 300 (n = 300; 25 of 100 never learned) | "
        "66.7 (61.2 to 71.8) |",
        "| fast | not reproduced | median 9; 5 to 95 % of runs: 9 to 9 (n = 300; 25 of 100 never learned) | "
        "100.0 (98.7 to 100.0) |",
        "| wide | not reproduced | median 9; 5 to 95 % of runs: 9 to 9 (n = 300; 25 of 100 never learned) | "
        "100.0 (98.7 to 100.0) |",
        "",
        "",
    ]
    assert "Reproduced under 4 of 4 readings.\n" in parts["### tried-seen"]
    assert (
        "| fast | reproduced | 25.0%; 20.4% to 30.2% (n = 300; 25 of 100 never learned) |\n" in parts["### tried-seen"]
    )
    assert "\n**Not reproduced** (fast). It is so in 75.0% of 400 runs" in parts["### other-rate"]
    assert "Reproduced under 0 of 1 reading.\n" in parts["### other-rate"]
    assert "readings in tables" not in page


def test_kinds_of_sentences_are_explained_and_not_named(judged):
    page = claims_page(judged, TITLES)
    told = page.split("## How sentences are judged")[1].split("## Made up")[0]
    assert re.findall(r"^- (.*)$", told, re.MULTILINE) == [RULES["draw"].says, RULES["rate"].says]
    claims = re.sub(r"`[^`]*`", "", page.split("## Made up")[1])
    assert not re.search(r"∞|_|\b(draw|rule|inf|nan)\b", claims)


def test_a_claim_stands_as_its_worst_net_does(judged):
    is_five = (judged["name"] == "five/as_printed") & (judged["claim"] == "tried-sweeps")
    worse = judged.assign(verdict=judged["verdict"].mask(is_five, "doubtful"))
    page = claims_page(worse, TITLES)
    assert "\n**1 reproduced, 0 partly, 1 doubtful, 1 not reproduced**\n" in page
    told = "Reproduced under 1 of 4 readings; reproduced under as printed, slow; not reproduced under fast, wide.\n"
    assert told in page
    assert "\n**Doubtful** (five, as printed). " in page
    table = readme.claims_table(worse)
    assert table[["verdict", "readings"]].to_numpy().tolist()[0] == ["doubtful", "1 of 4"]


def test_what_is_different_here_stands_above_the_ledger(judged):
    notes = ["made_up, fast: epsilon is 0.25 here", "left out: one"]
    page = claims_page(judged, TITLES, notes, "my own")
    above = (
        "# Claims\n\n**Mind what is different here:**\n\n- made_up, fast: epsilon is 0.25 here\n- left out: one\n\nThe "
    )
    assert page.startswith(above)
    assert "from the rows in `my own/runs/`" in page
    made_by = "experiment=made_up 'output=my own' && python experiments/report.py --output 'my own'`.\n"
    assert f"Made by `python experiments/run.py {made_by}" in page
    assert claims_page(judged, TITLES).startswith("# Claims\n\nThe five texts, and two later ones, ")


def test_every_verdict_that_turns_is_named(judged):
    doubted = judged.assign(verdict=judged["verdict"].where(judged["name"] != "slow", "doubtful"))
    page = claims_page(doubted, TITLES)
    assert "Reproduced under 1 of 4 readings; doubtful under slow; not reproduced under fast, wide.\n" in page
    assert "Reproduced under 3 of 4 readings; doubtful under slow.\n" in page


def test_headlines_for_the_readme(judged):
    table = readme.claims_table(judged)
    assert table.columns.tolist() == ["claim", "printed", "ours", "verdict", "readings"]
    assert table["readings"].tolist() == ["2 of 4", "4 of 4", "0 of 1"]
    assert table.to_numpy().tolist()[0][:4] == [
        "[learned in 200 sweeps](results/claims.md#tried-sweeps) (N p. 9)",
        "200",
        "median 200; 5 to 95 % of runs: 100 to 300 (n = 300; 25 of 100 never learned)",
        "reproduced",
    ]


def test_marked_numbers_are_made_anew(judged):
    page = "".join(
        f"It was <!--={asked}-->{was}<!--/-->.\n"
        for asked, was in (
            ("tried-sweeps estimate", "9"),
            ("tried-sweeps estimate five/as_printed", "8"),
            ("tried-seen estimate", "some,\nor none"),
            ("tried-seen n wide", ""),
            ("other-rate printed", "?"),
            ("tried-sweeps learned_share", ""),
        )
    )
    made = readme.put_numbers(page + "<!-- no number -->", judged)
    assert made.splitlines() == [
        "It was <!--=tried-sweeps estimate-->200<!--/-->.",
        "It was <!--=tried-sweeps estimate five/as_printed-->250<!--/-->.",
        "It was <!--=tried-seen estimate-->25.0%<!--/-->.",
        "It was <!--=tried-seen n wide-->300<!--/-->.",
        "It was <!--=other-rate printed-->40% to 50%<!--/-->.",
        "It was <!--=tried-sweeps learned_share-->75.0%<!--/-->.",
        "<!-- no number -->",
    ]
    assert readme.put_numbers(made, judged) == made
    in_a_line = made.replace("\n", " ")
    assert readme.put_numbers(in_a_line, judged) == in_a_line


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("unheard estimate", "estimate of claim unheard, reading literal"),
        ("tried-seen estimate narrow", "estimate of claim tried-seen, reading narrow"),
        ("other-rate n slow", "n of claim other-rate, reading slow"),
        ("tried-seen mean", "mean of claim tried-seen, reading literal"),
        ("tried-seen p5", "p5 of claim tried-seen, reading literal"),
    ],
)
def test_a_marked_number_that_is_not_there(judged, asked, line):
    with pytest.raises(ValueError, match=rf"^the page asks for {line}: there is none$"):
        readme.put_numbers(f"<!--={asked}-->42<!--/-->", judged)

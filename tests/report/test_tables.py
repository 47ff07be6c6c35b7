"""Tables for people to read, and the page of claims."""

import re

import numpy as np
import pandas as pd

from backprop86.judging.rules import RULES
from backprop86.report import tables
from backprop86.report.claims_page import claims_page
from backprop86.report.page import markdown
from backprop86.running.claim import Claim
from helpers import experiment_of, of_readings, runs_of


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


def test_what_means_something_to_latex_is_written_out():
    assert tables.tex(r"50 % of a_b & #1 {x} $2 \y") == r"50 \% of a\_b \& \#1 \{x\} \$2 \textbackslash{}y"
    signs = {"∞": r"$\infty$", "∂": r"$\partial$", "±": r"$\pm$", "×": r"$\times$", "<": "$<$", ">": "$>$"}
    assert {sign: tables.tex(sign) for sign in signs} == signs
    assert tables.tex("weights -8.92 to 3, (n = 60); y*/2") == "weights -8.92 to 3, (n = 60); y*/2"


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
        "name": "as_printed", "in words": "as printed", "runs": 100, "limit": 10000, "learned": 50, "diverged": 0,
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
    headings = ["# Claims", "## How claims are judged", "## Made up", "### tried-sweeps", "### tried-seen"]
    headings += ["## Another", "### other-rate"]
    assert re.findall(r"^#.*", page, re.MULTILINE) == headings
    assert "make 3 claims here" in page
    assert "\n**2 reproduced, 0 partly, 0 doubtful, 1 not reproduced**\n(0 of them are ours, not printed)" in page
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
    assert "\n**Not reproduced** (fast). It holds in 75.0% of 400 runs" in parts["### other-rate"]
    assert "Reproduced under 0 of 1 reading.\n" in parts["### other-rate"]
    assert "readings in tables" not in page


def test_kinds_of_sentences_are_explained_and_not_named(judged):
    page = claims_page(judged, TITLES)
    told = page.split("## How claims are judged")[1].split("## Made up")[0]
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


def test_what_is_different_here_stands_above_the_ledger(judged):
    notes = ["made_up, fast: epsilon is 0.25 here", "left out: one"]
    page = claims_page(judged, TITLES, notes, "my own")
    above = "# Claims\n\n**Notes on these rows:**\n\n- made_up, fast: epsilon is 0.25 here\n- left out: one\n\nThe "
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

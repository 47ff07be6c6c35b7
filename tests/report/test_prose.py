"""The README and the pages of findings are true: rows, settings or tests hold every number and every sentence."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from backprop86.explaining.picture import EXAMPLE
from backprop86.figures.depth import untrained_gradients
from backprop86.judging.ledger import literals
from backprop86.report import assembly, pages
from backprop86.running.settings import load, stems
from helpers import ROOT

RESULTS = ROOT / "results"


@pytest.fixture(scope="module")
def claims():
    return pd.read_csv(RESULTS / "claims.csv", keep_default_na=False)


SAID = (
    r"(?:[Ee]quations?|Fig\.|Table) \d+(?: (?:to|and) \d+)?",  # places in the texts
    r"pp?\. \d+(?:–\d+)?",
    r"float\d\d",
    r"1e-\d+",  # how far gradients may be apart, see tests/gradients/test_oracles.py
    r"rates \d+ times as large",  # settings of readings
    r"where 90 % lie between",  # p5 and p95, which are marked
    r"CC BY 4\.0",
)
"""Phrases whose numbers are held by something else."""
NUMBERS = {
    *("1986", "1987", "86", "2000", "2012", "3.11", "3.13"),  # names and versions
    *("0", "01", "1", "2", "3", "4", "8", "11"),  # bits, targets, ratios, sizes of nets, sums
    *("0.1", "0.2", "0.3", "0.5", "0.8", "0.9", "0.95", "0.99", "0.03", "200", "17"),  # settings
    *("14.2", "20", "25", "33", "50", "64", "100", "104", "260", "280", "400", "558", "573", "1208", "1425", "5000"),
}  # the last line: printed in 1986, or cases of its problems
"""Numbers that a page may have without a marker. None of them is a result of ours."""


def unmarked(page, known=NUMBERS):
    """The numbers of a page that nothing holds."""
    prose = pages.NUMBER.sub("", pages.PART.sub("", page))
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", prose, flags=re.DOTALL)
    prose = re.sub("|".join(SAID), " ", re.sub(r"\s+", " ", prose))
    return {number.rstrip(".,").replace(",", "") for number in re.findall(r"\d[\d,.]*", prose)} - known


def stated(stem):
    """The numbers in the file of an experiment: settings, and what its texts print."""
    text = (ROOT / f"conf/experiment/{stem}.yaml").read_text("utf-8")
    return {number.rstrip(".,").replace(",", "") for number in re.findall(r"\d[\d,.]*", text)}


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs/findings").glob("*.md"))]
MADE = {"family_trees.md"}
"""Pages that the report makes as a whole."""


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in MADE], ids=lambda page: page.stem)
def test_every_number_on_a_page_comes_from_somewhere(page):
    text = page.read_text("utf-8")
    of_experiment = (ROOT / f"conf/experiment/{page.stem}.yaml").is_file()
    assert unmarked(text, NUMBERS | stated(page.stem) if of_experiment else NUMBERS) == set()


def test_a_number_that_comes_from_nowhere_is_found():
    assert unmarked("The best 5 give 7 of the ten results, in 64 of 100 runs, or 63 %.") == {"5", "7", "63"}
    assert unmarked("It is <!--=claim field-->42.3%<!--/-->, in 700 runs.") == {"700"}


def test_every_page_is_filled_and_every_experiment_has_one():
    for page in pages.written_by_hand():
        assert not re.search(r"^<!--=", page.read_text("utf-8"), re.MULTILINE), page  # such a line is not Markdown
    text = "".join(page.read_text("utf-8") for page in pages.written_by_hand())
    assert set(re.findall(r"report\.py: experiment (\w+) -->", text)) == set(stems()) - {"family_trees_map"}
    figures = {path.stem for path in (RESULTS / "figures").glob("*.png")}
    assert figures - set(re.findall(r"figures/(\w+)\.png", text)) == set()


@pytest.mark.slow
@pytest.mark.results
def test_every_page_is_filled_from_the_committed_results():
    made = assembly.pages_of_results(EXAMPLE)
    assert len(made) > 25
    assert [page.name for page, text in made.items() if page.read_text("utf-8") != text] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= 12_000


@pytest.mark.slow
def test_what_start_says_is_what_the_example_prints():
    text = (ROOT / "docs/start.md").read_text("utf-8")
    (shown,) = re.findall(r"<!-- printed by (\S+) -->\n```text\n(.*?)```", text, re.DOTALL)
    told = subprocess.run([sys.executable, str(ROOT / shown[0])], capture_output=True, text=True, check=True).stdout
    number = re.compile(r"-?\d[\d.]*(?:e-?\d+)?")
    assert number.sub("", told) == number.sub("", shown[1])
    *ours, rounding = map(float, number.findall(told))
    *theirs, _ = map(float, number.findall(shown[1]))
    assert np.allclose(ours, theirs, rtol=0, atol=2e-4)
    assert rounding < 1e-15
    early, late = map(float, shown[1].splitlines()[1].split()[-2:])
    assert "sixty times smaller" in text
    assert 55 < late / early < 65


@pytest.mark.slow
@pytest.mark.results
def test_what_the_pages_say_without_a_number(claims):
    literal = literals(claims).set_index("claim")["verdict"]
    assert literal["symmetry-letter-largest"] == "not reproduced"
    for form in ("symmetry-chapter-", "xor-fig3-"):
        assert set(literal[literal.index.str.startswith(form)]) == {"reproduced"}
    for claim in ("addition-three-always", "xor-fig5-escape", "xor-local-minima", "xor-fig5-minimum"):
        assert set(claims.loc[claims["claim"] == claim, "verdict"]) == {"not reproduced"}
    for name in ("narrow", "wide", "fan-in", "apart", "one-layer", "two-layers", "four-layers"):
        assert literal[f"width-and-depth-{name}"] == "not reproduced"
    doubled = claims[claims["reading"] == "range_1_doubled"].set_index("claim")["verdict"]
    some = {"width-and-depth-narrow", "width-and-depth-two-layers", "width-and-depth-four-layers"}
    assert {*doubled[doubled == "reproduced"].index} == {
        *some, "associations-sweeps", "desired-states-encoder-gradients"
    }  # fmt: skip
    for claim in ("shapes-before-decay", "shapes-after-decay", "shapes-no-middle", "chain-fails", "unit-splitting-10"):
        assert literal[claim] == "reproduced"
    for claim in ("shapes-whole-image", "unit-splitting-outgoing-only", "associations-curve"):
        assert literal[claim] == "not reproduced"
    first = claims[claims["name"] == "as_printed"].set_index("claim").loc["xor-fig3-to-hidden"]
    assert 0.4 < first["n"] / (float(first["learned_share"]) * first["runs"]) < 0.6  # of P's kind
    by_range = claims[claims["claim"].str.startswith("chauvin-") & (claims["claim"] != "chauvin-unstable")]
    assert set(by_range.loc[by_range["verdict"] == "reproduced", "reading"]) == {"range_1"}
    failures = pd.read_csv(RESULTS / "tables/failures.csv").set_index(["experiment", "reading"])
    assert failures["plateau"]["family_trees", "as_printed"] == failures["n"]["family_trees", "as_printed"]
    kinds = pd.read_csv(RESULTS / "tables/failure_kinds.csv").set_index("in the rows")["runs"]
    assert kinds[["still_learning", "plateau", "saturated"]].sum() > 0.7 * kinds.sum()


@pytest.mark.results
@pytest.mark.parametrize(
    ("reading", "without_decay", "missing"),
    [
        ("range_1_momentum_0.99", "no_decay/range_1_momentum_0.99", {"all-learned-strictly", "share-a-job"}),
        ("slope_3.5_right_side", "no_decay/slope_3.5", {"all-learned-strictly", "share-a-job", "all-learned"}),
    ],
)
def test_two_recipes_give_all_printed_results_of_the_family_trees_but_a_few(claims, reading, without_decay, missing):
    rows = claims[(claims["stem"] == "family_trees") & claims["source"].str.contains("N|H", regex=True)]
    found = rows.set_index(["claim", "name"])["verdict"]
    names = {"family-trees-573-sweeps": without_decay}
    verdicts = {claim: found[claim, names.get(claim, reading)] for claim in rows["claim"].unique()}
    assert len(verdicts) == 14
    others = {claim.removeprefix("family-trees-") for claim, verdict in verdicts.items() if verdict != "reproduced"}
    assert others == missing


def test_what_start_says_of_depth():
    recipe = load("depth").experiment.recipe_of("8_layers/weights_up_to_0.3")
    first, *_, last = np.median(untrained_gradients(recipe), 0)
    assert "a thousand millionth of the last one's" in " ".join((ROOT / "docs/start.md").read_text("utf-8").split())
    assert 0.5e-9 < first / last < 2e-9

"""Verdicts on made-up rows: each rule at its thresholds, and a verdict that flips when its data are altered."""

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.ledger import judge, ledger
from backprop86.judging.rules import RULES
from backprop86.judging.statistics import wilson
from backprop86.running.claim import PRINTS, Claim
from helpers import curve, of_readings, runs_of


def verdict(rule, runs, **kwargs):
    return judge(Claim("c", "N", "it is so", rule, **kwargs), runs, "a").verdict


@pytest.mark.parametrize(
    ("beyond", "expected"), [(50, "reproduced"), (49, "doubtful"), (5, "doubtful"), (4, "not reproduced")]
)
def test_draw(beyond, expected):
    sweeps = [100] * (1000 - beyond) + [2000] * beyond
    assert verdict("draw", runs_of([True] * 1000, sweeps), column="sweeps", printed=[1500]) == expected


@pytest.mark.parametrize(
    ("did", "expected"), [(10, "reproduced"), (9, "doubtful"), (1, "doubtful"), (0, "not reproduced")]
)
def test_once(did, expected):
    judged = judge(Claim("c", "N", "", "once", "did"), runs_of([True] * 200, did=np.arange(200) < did), "a")
    assert (judged.verdict, judged.estimate) == (expected, did / 200)


def test_a_draw_counts_the_unsolved_as_infinite():
    sweeps = [100] * 900 + [pd.NA] * 100
    judged = judge(Claim("c", "N", "", "draw", "sweeps", [1500]), runs_of([True] * 900 + [False] * 100, sweeps), "a")
    assert (judged.verdict, judged.estimate, judged.p95, judged.percentile) == ("reproduced", 100, np.inf, 90)
    assert (judged.low, judged.high, judged.learned) == (100, 100, 0.9)
    assert (judged.percentile_low, judged.percentile_high) == tuple(100 * end for end in wilson(900, 1000))


@pytest.mark.parametrize(("learned", "expected"), [(500, "reproduced"), (530, "reproduced"), (540, "not reproduced")])
def test_rate(learned, expected):
    assert verdict("rate", runs_of([True] * learned + [False] * (1000 - learned)), printed=[0.4, 0.5]) == expected


@pytest.mark.parametrize(
    ("failures", "n", "expected"),
    [(0, 1000, "reproduced"), (0, 999, "doubtful"), (10, 1000, "doubtful"), (11, 1000, "not reproduced")],
)
def test_always_and_never(failures, n, expected):
    learned = np.arange(n) >= failures
    assert verdict("always", runs_of(learned)) == expected
    assert verdict("never", runs_of(~learned)) == expected


@pytest.mark.parametrize(
    ("holds", "expected"), [(90, "reproduced"), (89, "partly"), (50, "partly"), (49, "not reproduced")]
)
def test_structure_is_judged_among_the_solved(holds, expected):
    seen = np.arange(200) < holds
    runs = runs_of(np.arange(200) < 100, is_mirrored=seen, untrained_is_mirrored=[True, False] * 100)
    judged = judge(Claim("c", "N", "", "structure", "is_mirrored"), runs, "a")
    assert (judged.verdict, judged.n, judged.estimate, judged.untrained) == (expected, 100, holds / 100, 0.5)


def test_structure_without_a_solved_run():
    judged = judge(Claim("c", "N", "", "structure", "is_so"), runs_of([False] * 3, is_so=[True] * 3), "a")
    assert (judged.verdict, judged.n) == ("not reproduced", 0)


def test_a_verdict_flips_when_its_data_are_altered():
    runs = runs_of([True] * 1000)
    assert verdict("always", runs) == "reproduced"
    runs.of("a").loc[3, "learned"] = False
    assert verdict("always", runs) == "doubtful"


def test_ledger_has_a_row_for_each_reading():
    runs = runs_of([True] * 10)
    table = ledger([Claim("c", "N", "it is so", "always"), Claim("d", "P", "so too", "never")], runs)
    assert table[["claim", "reading", "verdict"]].to_numpy().tolist() == [
        ["c", "a", "doubtful"],
        ["d", "a", "not reproduced"],
    ]


@pytest.mark.parametrize(
    ("claim", "line"),
    [
        (
            Claim("c", rule="mostly"),
            "rule of claim c must be one of draw, within, rate, intercept, slope, equal, once, always, never, "
            "structure, more, commonest, was mostly",
        ),
        (Claim("c", rule="draw"), "claim c: rule draw needs 1 printed numbers, was []"),
        (Claim("c", rule="rate", printed=[1]), "claim c: rule rate needs 2 printed numbers, was [1]"),
        (Claim("c", rule="equal", printed=[1, 2]), "claim c: rule equal needs 0 or 1 printed numbers, was [1, 2]"),
        (Claim("c", rule="more"), "claim c: than must name one reading for rule more, columns for commonest"),
        (
            Claim("c", rule="once", than=["a"]),
            "claim c: than must name one reading for rule more, columns for commonest",
        ),
        (
            Claim("c", rule="more", than=["a", "b"]),
            "claim c: than must name one reading for rule more, columns for commonest",
        ),
    ],
)
def test_a_claim_that_cannot_be_judged(claim, line):
    with pytest.raises(ValueError, match=r".+") as refused:
        claim.check()
    assert str(refused.value) == line


def test_a_column_that_was_not_measured():
    with pytest.raises(ValueError, match=r"^claim c: reading a of made_up does not measure is_so$"):
        judge(Claim("c", "N", "", "structure", "is_so"), runs_of([True]), "a")


@pytest.mark.parametrize(
    ("apart", "expected"), [(1e-12, "reproduced"), (1.1e-12, "not reproduced"), (np.nan, "not reproduced")]
)
def test_equal(apart, expected):
    assert verdict("equal", runs_of([True] * 3, apart=[0.0, apart, 1e-15]), column="apart") == expected


def test_curve():
    near = {2: 248, 4: 213, 8: 182, 16: 147, 32: 116}  # 280 - 33 log2 H, give or take 1
    for rule, printed, other in (("intercept", 280, 300), ("slope", -33, -30)):
        claim = Claim("c", "P", "", rule, "sweeps", [printed], ["*/as_printed"])
        (row,) = ledger([claim], curve(near)).to_dict("records")
        assert (row["verdict"], row["n"], row["reading"]) == ("reproduced", 5, "*/as_printed")
        assert row["estimate"] == pytest.approx(printed, abs=1)
        wrong = Claim("c", "P", "", rule, "sweeps", [other], ["*/as_printed"])
        assert ledger([wrong], curve(near))["verdict"][0] == "not reproduced"
        assert ledger([claim], curve(near | {4: None}))["verdict"][0] == "not reproduced"


def test_forms_of_readings():
    runs = curve({2: 5, 4: 5})
    table = ledger([Claim("c", "P", "", "always", readings=["4_*", "2_*"])], runs)
    assert table["reading"].tolist() == ["4_hidden/as_printed", "2_hidden/as_printed"]
    with pytest.raises(ValueError, match=r"^made_up has no reading of the form 3_\*, only 2_hidden/as_printed, "):
        ledger([Claim("c", "P", "", "always", readings=["3_*"])], runs)


@pytest.mark.parametrize(("soon", "expected"), [(50, "reproduced"), (49, "doubtful"), (4, "not reproduced")])
def test_within_is_sooner_than_the_printed_number(soon, expected):
    sweeps = [199] * soon + [200] * 500 + [pd.NA] * (500 - soon)
    assert verdict("within", runs_of([True] * 1000, sweeps), column="sweeps", printed=[200]) == expected


@pytest.mark.parametrize(("learned", "expected"), [(10, "reproduced"), (9, "doubtful"), (1, "doubtful")])
def test_structure_of_a_few_runs_is_doubtful(learned, expected):
    runs = runs_of(np.arange(100) < learned, is_so=[True] * 100)
    assert verdict("structure", runs, column="is_so") == expected
    none = runs_of(np.arange(100) < learned, is_so=[False] * 100)
    assert verdict("structure", none, column="is_so") == "not reproduced"


def test_a_draw_among_the_solved_to_the_printed_digit():
    learned = np.arange(100) < 60
    values = np.where(learned, 7.04, 0.0)
    values[:3] = 8.0
    runs = runs_of(learned, weight=values)
    claim = Claim("c", "N", "", "draw", "weight", [7.0], to=0.1, among="learned")
    judged = judge(claim, runs, "a")
    assert (judged.verdict, judged.n, judged.estimate) == ("reproduced", 60, 7.04)
    assert judged.percentile == pytest.approx(100 * 57 / 60 / 2)  # 57 are 7.0 as printed, ties counted half
    exact = judge(Claim("c", "N", "", "draw", "weight", [7.0], among="learned"), runs, "a")
    assert (exact.verdict, exact.percentile) == ("not reproduced", 0)
    everyone = judge(Claim("c", "N", "", "draw", "weight", [0.0]), runs, "a")
    assert (everyone.verdict, everyone.n) == ("reproduced", 100)
    few = runs_of(np.arange(100) < 9, weight=values)
    assert judge(claim, few, "a").verdict == "doubtful"
    none = judge(claim, runs_of([False] * 5, weight=[7.0] * 5), "a")
    assert (none.verdict, none.n) == ("not reproduced", 0)


@pytest.mark.parametrize(("values", "expected"), [([8, 8, 8], "reproduced"), ([8, 8, 7], "not reproduced")])
def test_equal_to_a_printed_number(values, expected):
    judged = judge(Claim("c", "N", "", "equal", "cases", [8]), runs_of([True] * 3, cases=values), "a")
    assert (judged.verdict, judged.estimate) == (expected, 8)


@pytest.mark.parametrize(
    ("many", "expected"), [(150, "reproduced"), (100, "doubtful"), (104, "doubtful"), (60, "not reproduced")]
)
def test_more_than_under_another_reading(many, expected):
    runs = of_readings({"small/slow": runs_of(np.arange(200) < 100), "large/slow": runs_of(np.arange(200) < many)})
    judged = judge(Claim("c", "N", "", "more", "learned", than=["small"]), runs, "large/slow")
    assert judged.verdict == expected
    assert judged.estimate == pytest.approx(0.5 + (many - 100) / 400)
    with pytest.raises(ValueError, match=r"^made_up has no runs of reading tiny/slow"):
        judge(Claim("c", "N", "", "more", "learned", than=["tiny"]), runs, "large/slow")


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [(40, 20, "reproduced"), (30, 28, "doubtful"), (20, 40, "not reproduced"), (0, 0, "not reproduced")],
)
def test_commonest(mine, other, expected):
    is_mine, is_other = np.arange(100) < mine, np.arange(100) >= 100 - other
    runs = runs_of([True] * 100, mine=is_mine, other=is_other, rare=[False] * 100)
    judged = judge(Claim("c", "N", "", "commonest", "mine", than=["rare", "other"]), runs, "a")
    assert (judged.verdict, judged.estimate, judged.n) == (expected, mine / 100, 100)
    with pytest.raises(ValueError, match=r"^claim c: reading a of made_up does not measure third$"):
        judge(Claim("c", "N", "", "commonest", "mine", than=["third"]), runs, "a")


def test_a_draw_among_the_solved_of_a_kind():
    kind = np.arange(100) < 40
    runs = runs_of([True] * 90 + [False] * 10, weight=np.where(kind, 5.0, -5.0), is_kind=kind)
    judged = judge(Claim("c", "N", "", "draw", "weight", [5.0], among="is_kind"), runs, "a")
    assert (judged.verdict, judged.n, judged.estimate) == ("reproduced", 40, 5.0)
    with pytest.raises(ValueError, match=r"^claim c: reading a of made_up does not measure is_other$"):
        judge(Claim("c", "N", "", "draw", "weight", [5.0], among="is_other"), runs, "a")


def test_the_percentile_among_the_solved():
    sweeps = [100] * 300 + [2000] * 100 + [pd.NA] * 600
    judged = judge(Claim("c", "N", "", "draw", "sweeps", [1500]), runs_of([True] * 400 + [False] * 600, sweeps), "a")
    assert (judged.percentile, judged.percentile_of_learned) == (30, 75)


def test_every_rule_that_a_claim_may_have_judges():
    assert set(RULES) == set(PRINTS)

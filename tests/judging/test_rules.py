"""Verdicts on made-up rows: each rule at its thresholds, and a verdict that flips when its data are altered."""

import numpy as np
import pandas as pd
import pytest

from backprop86.engines.recipe import BadInput
from backprop86.judging.judgement import VERDICTS
from backprop86.judging.ledger import by_reading, judge, literal, literals
from backprop86.judging.rules import RULES
from backprop86.judging.statistics import wilson
from backprop86.running.claim import PRINTS, SHARES, Claim
from helpers import curve, ledger_of, of_readings, runs_of


def claim(kind, column="learned", **more):
    return Claim("c", "N", "it is so", kind, column, **more).check()


def judged(kind, runs, column="learned", reading="a", **more):
    return judge(claim(kind, column, **more), runs, reading)


def verdict(*about, **more):
    return judged(*about, **more).verdict


def first(n, of=1000):
    return np.arange(of) < n


@pytest.mark.parametrize(
    ("beyond", "expected"), [(25, "reproduced"), (24, "doubtful"), (3, "doubtful"), (2, "not reproduced")]
)
def test_a_printed_number_may_be_far_out_on_either_side(beyond, expected):
    for far in (2000, 10):
        sweeps = [100] * (1000 - beyond) + [far] * beyond
        printed = 1500 if far > 100 else 20
        assert verdict("draw", runs_of([True] * 1000, sweeps), "sweeps", printed=[printed]) == expected


def test_a_printed_run_is_compared_with_the_runs_that_learned():
    sweeps = [100] * 300 + [2000] * 100 + [pd.NA] * 600
    found = judged("draw", runs_of(first(400), sweeps), "sweeps", printed=[1500])
    assert (found.verdict, found.n, found.runs, found.learned_share) == ("reproduced", 400, 1000, 0.4)
    assert (found.estimate, found.p95, found.below, found.equal, found.percentile) == (100, 2000, 0.75, 0, 75)
    assert (found.percentile_low, found.percentile_high) == tuple(100 * end for end in wilson(300, 400))
    assert not np.isinf([found.estimate, found.low, found.high, found.p5, found.p95]).any()


def test_where_runs_stop_at_the_printed_number_there_is_no_verdict():
    sweeps = [100] * 400 + [pd.NA] * 600
    for printed, expected in ((9_999, "not reproduced"), (10_000, "doubtful"), (20_000, "doubtful")):
        found = judged("draw", runs_of(first(400), sweeps), "sweeps", printed=[printed])
        assert found.verdict == expected
        assert np.isfinite(found.stopped_at) == (expected == "doubtful")
    assert judged("draw", runs_of([True] * 400, [100] * 400), "sweeps", printed=[10_000]).verdict == "not reproduced"


def test_after_a_number_of_sweeps_those_count_that_had_learned_by_then():
    runs = runs_of(first(300), [50] * 200 + [150] * 100 + [pd.NA] * 700, "100", [100], weight=np.arange(1000) / 100)
    found = judged("draw", runs, "weight", moment="100", printed=[1.0])
    assert (found.n, found.learned_share, found.below) == (200, 0.2, 0.5)
    whole = judged("draw", runs, "sweeps", printed=[50])
    assert (whole.n, whole.learned_share) == (300, 0.3)


@pytest.mark.parametrize(
    ("did", "expected"), [(10, "reproduced"), (9, "doubtful"), (1, "doubtful"), (0, "not reproduced")]
)
def test_a_property_of_one_net_is_looked_for_in_the_nets_that_learned(did, expected):
    runs = runs_of(first(200, of=400), did=first(did, of=400), untrained_did=[True, False] * 200)
    found = judged("draw", runs, "did")
    assert (found.verdict, found.n, found.estimate, found.untrained) == (expected, 200, did / 200, 0.5)
    assert found.learned_share == 0.5


def test_several_properties_of_one_net_are_judged_together():
    runs = runs_of([True] * 100, one=first(60, of=100), other=~first(50, of=100))
    assert [verdict("draw", runs, column) for column in ("one", "other")] == ["reproduced"] * 2
    together = judged("draw", runs, all_of=["one", "other"])
    assert (together.verdict, together.estimate) == ("reproduced", 0.1)
    apart = runs_of([True] * 100, one=first(60, of=100), other=~first(60, of=100))
    assert verdict("draw", apart, all_of=["one", "other"]) == "not reproduced"


@pytest.mark.parametrize(("soon", "expected"), [(25, "reproduced"), (24, "doubtful"), (2, "not reproduced")])
def test_less_than_a_printed_number(soon, expected):
    sweeps = [199] * soon + [200] * (500 - soon) + [pd.NA] * 500
    assert verdict("draw", runs_of(first(500), sweeps), "sweeps", below=200) == expected


def test_that_a_net_learned_is_looked_for_in_all_runs():
    found = judged("draw", runs_of(first(30)))
    assert (found.verdict, found.n, found.estimate) == ("doubtful", 1000, 0.03)
    everyone = judged(
        "draw", runs_of(first(30), moment="end", right=4), "right", moment="end", printed=[4], among="all"
    )
    assert (everyone.verdict, everyone.n) == ("reproduced", 1000)


def test_few_runs_that_learned_are_too_few_to_say():
    for kind, column, more in (
        ("draw", "weight", {"printed": [7.0]}),
        ("draw", "weight", {"printed": [9.0]}),
        ("draw", "is_so", {}),
        ("draw", "is_so", {"all_of": ["is_so", "is_so"]}),
        ("most", "is_so", {}),
        ("average", "weight", {"printed": [7.0], "of": 5}),
    ):
        expected = {0: "not reproduced", 1: "doubtful", 9: "doubtful"}
        runs = {n: runs_of(first(n, of=100), weight=7.0, is_so=True) for n in (*expected, 10)}
        assert {n: verdict(kind, runs[n], column, **more) for n in expected} == expected
        assert verdict(kind, runs[10], column, **more) != "doubtful"


def test_a_draw_to_the_printed_digit():
    learned = first(60, of=100)
    values = np.where(learned, 7.04, 0.0)
    values[:3] = 8.0
    runs = runs_of(learned, weight=values)
    found = judged("draw", runs, "weight", printed=[7.0], to=0.1)
    assert (found.verdict, found.n, found.estimate) == ("reproduced", 60, pytest.approx(7.04))
    assert found.percentile == pytest.approx(100 * 57 / 60 / 2)  # 57 are 7.0 as printed, ties counted half
    exact = judged("draw", runs, "weight", printed=[7.0])
    assert (exact.verdict, exact.percentile) == ("not reproduced", 0)


def test_a_draw_among_nets_of_the_printed_kind():
    kind = first(40, of=100)
    runs = runs_of([True] * 90 + [False] * 10, weight=np.where(kind, 5.0, -5.0), is_kind=kind)
    found = judged("draw", runs, "weight", printed=[5.0], among="is_kind")
    assert (found.verdict, found.n, found.estimate) == ("reproduced", 40, 5.0)
    with pytest.raises(BadInput, match=r"^claim c: reading a of made_up does not measure is_other at learned$"):
        judged("draw", runs, "weight", printed=[5.0], among="is_other")


@pytest.mark.parametrize(
    ("failures", "n", "expected"),
    [(0, 1000, "reproduced"), (0, 999, "doubtful"), (10, 1000, "doubtful"), (11, 1000, "not reproduced")],
)
def test_every_run(failures, n, expected):
    learned = np.arange(n) >= failures
    assert verdict("every", runs_of(learned)) == expected
    assert verdict("every", runs_of(~learned), never=True) == expected
    assert verdict("every", runs_of(learned, is_so=True), "is_so") == expected  # never came to be looked at


@pytest.mark.parametrize(
    ("holds", "expected"), [(90, "reproduced"), (89, "partly"), (50, "partly"), (49, "not reproduced")]
)
def test_most_nets_that_learned(holds, expected):
    runs = runs_of(first(100, of=200), is_mirrored=first(holds, of=200), untrained_is_mirrored=[True, False] * 100)
    found = judged("most", runs, "is_mirrored")
    assert (found.verdict, found.n, found.estimate, found.untrained) == (expected, 100, holds / 100, 0.5)


@pytest.mark.parametrize(("learned", "expected"), [(500, "reproduced"), (530, "reproduced"), (540, "not reproduced")])
def test_rate(learned, expected):
    assert verdict("rate", runs_of(first(learned)), printed=[0.4, 0.5]) == expected
    assert verdict("rate", runs_of(first(learned)), printed=[0.5]) == expected


def test_a_mean_is_judged_among_means_of_as_many_runs():
    values = np.random.default_rng(0).permutation(np.repeat(np.arange(1.0, 101), 10))
    runs = runs_of(first(900), w=values)  # a mean of 50, and means of 20 of them have a standard error of 6.5
    for printed, expected in ((50, "reproduced"), (61, "reproduced"), (66, "doubtful"), (80, "not reproduced")):
        assert verdict("average", runs, "w", printed=[printed], of=20) == expected
    assert verdict("average", runs, "w", printed=[61], of=900) == "not reproduced"
    assert verdict("draw", runs, "w", printed=[80]) == "reproduced"
    found = judged("average", runs, "w", printed=[50], of=20)
    assert (found.n, found.estimate) == (900, pytest.approx(values[:900].mean()))
    assert judged("average", runs, "w", printed=[50], of=20) == found


@pytest.mark.parametrize(
    ("apart", "expected"), [(1e-12, "reproduced"), (1.1e-12, "not reproduced"), (np.nan, "not reproduced")]
)
def test_equality(apart, expected):
    runs = runs_of([True] * 3, moment="end", apart=[0.0, apart, 1e-15])
    assert verdict("equality", runs, "apart", moment="end") == expected


def test_an_equality_of_nets_that_learned_leaves_out_the_others():
    runs = runs_of([True, True, False], w=[8.0, 8.0, 7.0])
    found = judged("equality", runs, "w", printed=[8])
    assert (found.verdict, found.n, found.estimate) == ("reproduced", 2, 8)
    assert judged("equality", runs_of([False], w=[8.0]), "w", printed=[8]).n == 0


NEAR = {2: 248, 4: 213, 8: 182, 16: 147, 32: 116}
"""280 - 33 log2 H, give or take 1."""


@pytest.mark.parametrize(("coefficient", "printed", "other"), [("intercept", 280, 300), ("slope", -33, -30)])
def test_curve(coefficient, printed, other):
    def row(medians, number, learned=1.0):
        about = claim("curve", "sweeps", printed=[number], coefficient=coefficient, readings=["*/as_printed"])
        return ledger_of([about], curve(medians, learned)).iloc[0]

    found = row(NEAR, printed, 0.5)
    assert (found["verdict"], found["n"], found["name"], found["reading"]) == (
        "reproduced", 5, "*/as_printed", "as_printed"
    )  # fmt: skip
    assert found["estimate"] == pytest.approx(printed, abs=1)
    assert (found["runs"], found["learned_share"]) == (100, 0.5)
    assert row(NEAR, other)["verdict"] == "not reproduced"
    assert row(NEAR | {4: None}, printed)["verdict"] == "not reproduced"
    assert np.isnan(row(NEAR, printed, 0.45)["estimate"])  # nine runs learned


@pytest.mark.parametrize(
    ("many", "expected"), [(150, "reproduced"), (100, "doubtful"), (104, "doubtful"), (60, "not reproduced")]
)
def test_more_than_under_another_reading(many, expected):
    runs = of_readings({"small/slow": runs_of(first(100, of=200)), "large/slow": runs_of(first(many, of=200))})
    for than in ("small/*", "small/slow"):
        found = judged("more", runs, than=[than], reading="large/slow")
        assert found.verdict == expected
        assert found.estimate == pytest.approx(0.5 + (many - 100) / 400)
    with pytest.raises(BadInput, match=r"^made_up has no runs of reading tiny/slow"):
        judged("more", runs, than=["tiny/*"], reading="large/slow")


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [(40, 20, "reproduced"), (30, 28, "doubtful"), (20, 40, "not reproduced"), (0, 0, "not reproduced")],
)
def test_commonest(mine, other, expected):
    is_other = np.arange(100) >= 100 - other
    runs = runs_of([True] * 100, mine=first(mine, of=100), other=is_other, rare=False)
    found = judged("commonest", runs, "mine", than=["rare", "other"])
    assert (found.verdict, found.estimate, found.n) == (expected, mine / 100, 100)
    with pytest.raises(BadInput, match=r"^claim c: reading a of made_up does not measure third at learned$"):
        judged("commonest", runs, "mine", than=["third"])


def test_a_verdict_flips_when_its_data_are_altered():
    runs = runs_of([True] * 1000)
    assert verdict("every", runs) == "reproduced"
    runs.of("a").loc[3, "learned"] = False
    assert verdict("every", runs) == "doubtful"


def test_a_column_that_was_not_measured():
    with pytest.raises(BadInput, match=r"^claim c: reading a of made_up does not measure is_so at learned$"):
        judged("most", runs_of([True]), "is_so")
    with pytest.raises(BadInput, match=r"^claim c: reading a of made_up does not measure is_so at 99$"):
        judged("most", runs_of([True], is_so=True), "is_so", moment="99")


def test_ledger_has_a_row_for_each_name():
    runs = of_readings({"a": runs_of([True] * 1000), "two/a": runs_of([False] * 1000), "b": runs_of(first(995))})
    table = ledger_of([claim("every"), claim("every", never=True, readings=["two/*", "b"])], runs)
    assert table[["name", "variant", "reading", "words", "verdict"]].to_numpy().tolist() == [
        ["a", "", "a", "a", "reproduced"],  # without readings: those of the printed net
        ["b", "", "b", "b", "doubtful"],
        ["two/a", "two", "a", "two, a", "reproduced"],
        ["b", "", "b", "b", "not reproduced"],
    ]


def test_forms_of_readings():
    runs = curve({2: 5, 4: 5})
    about = claim("every", readings=["4_*", "2_*"])
    assert ledger_of([about], runs)["name"].tolist() == ["4_hidden/as_printed", "2_hidden/as_printed"]
    assert ledger_of([claim("every")], runs)["name"].tolist() == ["2_hidden/as_printed", "4_hidden/as_printed"]
    with pytest.raises(BadInput, match=r"^made_up has no reading of the form 3_\*, only 2_hidden/as_printed, "):
        ledger_of([claim("every", readings=["3_*"])], runs)


def test_a_reading_is_as_good_as_its_worst_variant():
    rows = {"as_printed": 1000, "wide": 1000, "five/as_printed": 995, "five/wide": 900, "five/slow": 1000}
    runs = of_readings({name: runs_of(first(n)) for name, n in rows.items()})
    other = claim("every", readings=["wide"])
    other.id = "d"
    table = ledger_of([claim("every", readings=["as_printed", "wide", "five/*"]), other], runs)
    of_c = table[table["claim"] == "c"]
    expected = {"as_printed": "doubtful", "wide": "not reproduced", "slow": "reproduced"}
    assert by_reading(of_c).to_dict() == expected
    assert list(by_reading(of_c).index) == list(expected)
    assert literal(of_c)["name"] == "five/as_printed"
    assert literals(table)["name"].tolist() == ["five/as_printed", "wide"]
    assert VERDICTS.index("doubtful") > VERDICTS.index("partly")


@pytest.mark.parametrize(("never", "worst"), [(False, "eight/as_printed"), (True, "five/as_printed")])
def test_of_variants_with_one_verdict_the_worst_speaks(never, worst):
    exceptions = {"as_printed": 8, "five/as_printed": 9 if never else 5, "eight/as_printed": 5 if never else 9}
    failed = {name: first(n) for name, n in exceptions.items()}
    runs = of_readings({name: runs_of(some if never else ~some) for name, some in failed.items()})
    table = ledger_of([claim("every", never=never, readings=["as_printed", "five/*", "eight/*"])], runs)
    assert set(table["verdict"]) == {"doubtful"}
    assert literal(table)["name"] == worst


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (
            {"kind": "m"},
            "kind of claim c must be one of draw, every, most, rate, average, curve, equality, more, commonest, band, "
            "was m",
        ),
        ({"kind": "draw", "printed": [1, 2]}, "printed of claim c must be 0 or 1 numbers for kind draw, was [1, 2]"),
        ({"kind": "rate"}, "printed of claim c must be 1 or 2 numbers for kind rate, was []"),
        ({"kind": "every", "printed": [1]}, "printed of claim c must be 0 numbers for kind every, was [1]"),
        ({"kind": "most", "all_of": ["a", "b"]}, "kind of claim c must be draw, as it has all_of, was most"),
        ({"kind": "most", "below": 3.0}, "kind of claim c must be draw, as it has below, was most"),
        ({"kind": "most", "never": True}, "kind of claim c must be every, as it has never, was most"),
        ({"kind": "draw", "of": 20}, "kind of claim c must be average, as it has of, was draw"),
        ({"kind": "draw", "coefficient": "slope"}, "kind of claim c must be curve, as it has coefficient, was draw"),
        (
            {"kind": "draw", "printed": [1], "below": 3.0},
            "claim c must have only one of printed, below, all_of and risen_since",
        ),
        ({"kind": "draw", "moment": "soon"}, "moment of claim c must be learned, end or a sweep, was soon"),
        ({"kind": "average", "printed": [1]}, "of of claim c must be the number of runs in the average, was 0"),
        ({"kind": "curve", "printed": [1]}, "coefficient of claim c must be intercept or slope, was empty"),
        ({"kind": "most", "among": "is_so"}, "kind of claim c must be draw or band, as it has among, was most"),
        *(
            (
                wrong,
                "than of claim c must name one reading for more, columns for commonest, and nothing else, "
                f"was {', '.join(wrong.get('than', [])) or 'empty'}",
            )
            for wrong in ({"kind": "more"}, {"kind": "draw", "than": ["a"]}, {"kind": "more", "than": ["a", "b"]})
        ),
    ],
)
def test_a_claim_that_cannot_be_judged(wrong, line):
    with pytest.raises(BadInput, match=r".+") as refused:
        Claim("c", **wrong).check()
    assert str(refused.value) == line


COLUMNS = {"learned": "yes or no", "sweeps": "numbers", "failure": "neither"}
COLUMNS |= {"is_so@learned": "yes or no", "w@learned": "numbers", "is_so@end": "yes or no", "hidden@end": "numbers"}


@pytest.mark.parametrize(
    ("about", "column"),
    [
        (claim("most", "w"), "w"),
        (claim("draw", "w"), "w"),
        (claim("draw", "w", printed=[1], moment="end"), "w"),
        (claim("draw", all_of=["is_so", "is_too"]), "is_too"),
        (claim("draw", "w", printed=[1], among="w"), "w"),
        (claim("commonest", "is_so", than=["w"]), "w"),
        (claim("more", "failure", than=["a"]), "failure"),
    ],
)
def test_a_claim_needs_its_columns_at_its_moment(about, column):
    there = "learned, is_so" if about.is_property or about.kind in SHARES or about.further else "learned, sweeps"
    with pytest.raises(BadInput, match=rf"^columns of claim c must be of {there}.* in reading a, was {column}$"):
        about.check_columns({"a": COLUMNS})


def test_claims_that_have_their_columns():
    for about in (
        claim("draw", "sweeps", printed=[1]),
        claim("draw", "is_so", moment="end"),
        claim("draw", "w", printed=[1], among="is_so"),
        claim("curve", "sweeps", printed=[1], coefficient="slope"),
        claim("every"),
        claim("more", "learned", than=["a"]),
    ):
        about.check_columns({"a": COLUMNS})
    claim("draw", "w").check_columns({"two/a": {}, "a": COLUMNS | {"w@learned": "yes or no"}})  # the printed net alone


def test_every_kind_of_sentence_has_a_rule_that_says_what_it_does():
    assert set(RULES) == set(PRINTS)
    for rule in RULES.values():
        assert rule.says.endswith(".")

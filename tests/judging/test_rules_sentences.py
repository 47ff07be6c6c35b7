"""Judgements in words: every rule and every verdict it can have, from rows that were judged, as a reader meets them."""

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.ledger import ledger, number, printed
from backprop86.judging.numbers import percent, shown
from backprop86.running.claim import Claim
from helpers import curve, of_readings, runs_of


def judged(rule, runs, column="learned", numbers=(), **more):
    return ledger([Claim("c", "N", "it is so", rule, column, list(numbers), **more)], runs).iloc[0]


def first(n, of=1000):
    return np.arange(of) < n


def words(row):
    return row["verdict"], printed(row), row["ours"], row["because"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.34e15, "7.34e+15"),
        (999_999_999.0, "999,999,999"),
        (np.nan, ""),
        (np.inf, "∞"),
        (1425.0, "1,425"),
        (-3.0, "-3"),
        (0.41234, "0.412"),
        (np.float32(0.25), "0.25"),
        (4.44e-16, "4.44e-16"),
        (1234567, "1,234,567"),
        (np.int64(2825), "2,825"),
        (True, "True"),
        ("as_printed", "as_printed"),
    ],
)
def test_a_number_as_people_read_it(value, text):
    assert shown(value) == text


def test_not_quite_nothing_and_not_quite_all():
    shares = {0.0: "0.0%", 0.0004: "< 0.1%", 0.0006: "0.1%", 0.423: "42.3%", 0.9994: "99.9%", 0.9996: "> 99.9%"}
    assert {share: percent(share) for share in shares} == shares
    assert percent(1.0) == "100.0%"


def test_shares_are_in_per_cent_where_the_rule_is_about_shares():
    share = judged("structure", runs_of(first(100), is_so=first(42), untrained_is_so=first(1)), "is_so")
    fields = {"estimate": "42.0%", "low": "32.8%", "high": "51.8%", "untrained": "1.0%", "learned": "10.0%", "n": "100"}
    assert {field: number(share, field) for field in fields} == fields
    assert {number(share, field) for field in ("p5", "p95", "percentile")} == {""}
    draw = judged("draw", runs_of([True] * 3, [7, 7, 7]), "sweeps", [7])
    fields = {"estimate": "7", "p5": "7", "percentile": "50", "untrained": "", "learned": "100.0%", "printed": "7"}
    assert {field: number(draw, field) for field in fields} == fields
    assert number(judged("equal", runs_of([True], apart=[0.5]), "apart"), "estimate") == "0.5"
    assert number(judged("structure", runs_of([False], is_so=[True]), "is_so"), "estimate") == ""


AGAINST = "Of 100 runs {} needed fewer sweeps than the printed 1,500, equal ones counted half: it is an ordinary one."
MOST, RANGE = "90 % of the runs", "median 9; 5 to 95 % of runs"
LUCKY = (
    " Only {} of the runs were learned in the sweeps they were given; among those the printed one is at percentile 100."
)
FAR = "The printed 1,500 lies {} nearly all: fewer than {} of our runs are as far out (90 % of the runs {})."


@pytest.mark.parametrize(
    ("sweeps", "verdict", "our", "why"),
    [
        ([100] * 900 + [2000] * 100, "reproduced", "100 to 2,000", AGAINST.format(90)),
        ([1500] * 1000, "reproduced", "1,500 to 1,500", AGAINST.format(50)),
        ([100] * 960 + [2000] * 40, "doubtful", "100 to 100", FAR.format("above", "5 in 100", "are at 100")),
        (
            [1600] * 100 + [2000] * 900,
            "not reproduced",
            "1,600 to 2,000",
            FAR.format("below", "1 in 200", "lie between 1,600 and 2,000"),
        ),
        ([100] * 500 + [None] * 500, "reproduced", "100 to ∞", AGAINST.format(50)),
        ([100] * 499 + [None] * 501, "reproduced", "100 to ∞", AGAINST.format(50) + LUCKY.format("49.9%")),
        (
            [100] * 40 + [None] * 960,
            "doubtful",
            "∞ to ∞",
            FAR.format("below", "5 in 100", "were not learned") + LUCKY.format("4.0%"),
        ),
        ([None] * 1000, "not reproduced", "∞ to ∞", "No run was learned in the sweeps it was given."),
    ],
)
def test_a_draw_of_sweeps(sweeps, verdict, our, why):
    learned = [one is not None for one in sweeps]
    row = judged("draw", runs_of(learned, [one or pd.NA for one in sweeps]), "sweeps", [1500])
    assert (row["verdict"], printed(row), row["because"]) == (verdict, "1,500", why)
    assert row["ours"] == f"median {shown(row['estimate'])}; 5 to 95 % of runs: {our} (n = 1,000)"


def test_a_draw_of_something_else():
    among = {"to": 0.1, "among": "learned"}
    values = np.linspace(-9, -5, 1000)
    row = judged("draw", runs_of(first(600), weight=values), "weight", [-8.0], **among)
    told = "Of 100 learned runs 42 have less than the printed -8, equal ones counted half: it is an ordinary one."
    assert words(row) == ("reproduced", "-8", "median -7.8; 5 to 95 % of runs: -8.88 to -6.72 (n = 600)", told)
    row = judged("draw", runs_of([True] * 6, weight=[5.0] * 6), "weight", [6.4], **among)
    told = "above nearly all: fewer than 1 in 200 of our learned runs are as far out (90 % of the runs are at 5)."
    assert row["because"] == f"The printed 6.4 lies {told}"
    for n, were in ((9, "9 runs were"), (1, "1 run was")):
        row = judged("draw", runs_of(first(n), weight=6.4), "weight", [6.4], **among)
        assert (row["verdict"], row["because"]) == ("doubtful", f"Only {were} learned, too few to say.")
    row = judged("draw", runs_of([False], weight=[6.4]), "weight", [6.4], **among)
    none = "No run was learned, so there is no net to compare with the printed one."
    assert words(row) == ("not reproduced", "6.4", "no learned run", none)
    row = judged("draw", runs_of([False] * 20, right=[4] * 20), "right", [4])  # unsolved ones count, and none is lucky
    assert row["because"].endswith("it is an ordinary one.")
    row = judged("draw", runs_of([True] * 40, ratio=[np.inf] * 40), "ratio", [4])
    assert row["because"].endswith("are as far out (90 % of the runs are at ∞).")


@pytest.mark.parametrize(
    ("learned", "verdict", "our", "meets"),
    [
        (500, "reproduced", "50.0%; 46.9% to 53.1%", "46.9% to 53.1%, overlaps"),
        (540, "not reproduced", "54.0%; 50.9% to 57.1%", "50.9% to 57.1%, lies outside"),
    ],
)
def test_a_rate(learned, verdict, our, meets):
    row = judged("rate", runs_of(first(learned)), numbers=[0.4, 0.5])
    told = f"Our interval, {meets} the printed 40.0% to 50.0%."
    assert words(row) == (verdict, "40.0% to 50.0%", f"{our} (n = 1,000)", told)


@pytest.mark.parametrize(
    ("did", "verdict", "told"),
    [
        (50, "reproduced", "in 5.0% of our runs; for a single printed run 5 in 100 are enough"),
        (49, "doubtful", "in only 4.9% of our runs: fewer than 5 in 100, but at least 1 in 200"),
        (4, "not reproduced", "in only 0.4% of our runs: fewer than 1 in 200"),
        (0, "not reproduced", "in none of our runs"),
    ],
)
def test_what_one_printed_run_did(did, verdict, told):
    once = judged("once", runs_of(first(0), did=first(did)), "did")
    within = judged("within", runs_of(first(did), [199] * did + [pd.NA] * (1000 - did)), "sweeps", [200])
    for row, asked in ((once, "in the printed run"), (within, "less than 200")):
        assert (row["verdict"], printed(row), row["because"]) == (verdict, asked, f"It is so {told}.")
        assert row["ours"].startswith(f"{did / 1000:.1%}; ")


@pytest.mark.parametrize(
    ("exceptions", "n", "verdict", "told"),
    [
        (0, 1000, "reproduced", "No exception in 1,000 runs."),
        (0, 999, "doubtful", "No exception, but it takes 1,000 runs to say {}, not 999."),
        (1, 1000, "doubtful", "1 of 1,000 runs is an exception: at most one in a hundred, so in doubt."),
        (10, 1000, "doubtful", "10 of 1,000 runs are exceptions: at most one in a hundred, so in doubt."),
        (11, 1000, "not reproduced", "11 of 1,000 runs are exceptions."),
        (1, 20, "not reproduced", "1 of 20 runs is an exception."),
    ],
)
def test_without_exception(exceptions, n, verdict, told):
    failed = first(exceptions, of=n)
    for rule, learned in (("always", ~failed), ("never", failed)):
        row = judged(rule, runs_of(learned))
        assert (row["verdict"], printed(row), row["because"]) == (verdict, rule, told.format(rule))
    assert judged("always", runs_of(~first(1)))["ours"] == "99.9%; 99.4% to > 99.9% (n = 1,000)"


@pytest.mark.parametrize(
    ("learned", "hold", "verdict", "told"),
    [
        (100, 90, "reproduced", "Of 100 learned runs 90.0% show it, and 25.0% did before training (90 % or more do)."),
        (100, 89, "partly", "89.0% show it, and 25.0% did before training (half or more do, but fewer than 90 %)."),
        (100, 49, "not reproduced", "49.0% show it, and 25.0% did before training (fewer than half do)."),
        (8, 8, "doubtful", "100.0% show it, and 25.0% did before training (too few runs to say: 10 are needed)."),
        (8, 0, "not reproduced", "0.0% show it, and 25.0% did before training (fewer than half do)."),
        (1, 1, "doubtful", "Of 1 learned run 100.0% show it, and 100.0% did before training (too few runs to say: "),
        (0, 0, "not reproduced", "No run was learned, so there is no net to compare with the printed one."),
    ],
)
def test_a_structure(learned, hold, verdict, told):
    row = judged("structure", runs_of(first(learned), it=first(hold), untrained_it=np.arange(1000) % 4 == 0), "it")
    assert (row["verdict"], printed(row)) == (verdict, "in the printed net")
    assert told in row["because"]
    assert row["ours"] == "no learned run" if not learned else row["ours"].startswith(f"{hold / learned:.1%}; ")
    never_measured = judged("structure", runs_of(first(100), it=first(95)), "it")
    assert never_measured["because"] == "Of 100 learned runs 95.0% show it (90 % or more do)."


@pytest.mark.parametrize(
    ("many", "verdict", "told"),
    [
        (300, "reproduced", "62.5% of pairs, equal ones counted half: more than half."),
        (204, "doubtful", "50.5% of pairs, equal ones counted half: too close to half to say."),
        (120, "not reproduced", "40.0% of pairs, equal ones counted half: less than half."),
    ],
)
def test_more_than_the_other_reading(many, verdict, told):
    runs = of_readings({"small": runs_of(first(200, of=400)), "large": runs_of(first(many, of=400))})
    row = judged("more", runs, than=["small"], readings=["large"])
    compared = f"Compared one to one with runs of small, these have more (learned) in {told}"
    assert (row["verdict"], printed(row), row["because"]) == (verdict, "more", compared)
    assert row["ours"] == f"in {told[:5]} of pairs; {percent(row['low'])} to {percent(row['high'])} (n = 400)"


@pytest.mark.parametrize(
    ("mine", "other", "verdict", "told"),
    [
        (40, 20, "reproduced", "in 40.0% of our runs, more often than the next"),
        (30, 28, "doubtful", "in 30.0% of our runs, about as often as another"),
        (20, 40, "not reproduced", "in 20.0% of our runs, less often than another"),
        (0, 40, "not reproduced", "in none of our runs"),
        (0, 0, "not reproduced", "in none of our runs"),
    ],
)
def test_the_commonest(mine, other, verdict, told):
    runs = runs_of([True] * 100, mine=first(mine, of=100), other=~first(100 - other, of=100))
    row = judged("commonest", runs, "mine", than=["other"])
    assert (row["verdict"], printed(row), row["because"]) == (verdict, "the commonest", f"It is so {told}.")


@pytest.mark.parametrize(
    ("values", "numbers", "verdict", "our", "told"),
    [
        ([0.0] * 40, [], "reproduced", "0 in every run", "in every run."),
        ([0.0] * 20 + [1e-15] * 20, [], "reproduced", "median 0; 5 to 95 % of runs: 0 to 1e-15", "in every run."),
        ([136] * 40, [136], "reproduced", "136 in every run", "in every run."),
        ([136] * 39 + [7], [136], "not reproduced", "136 in 90 % of runs", MOST + " are at 136."),
        ([8] * 9 + [9] * 31, [9], "not reproduced", RANGE + ": 8 to 9", MOST + " lie between 8 and 9."),
        ([0.0, np.nan], [], "not reproduced", "not a number in some run", "in some it is not even a number."),
    ],
)
def test_what_is_equal(values, numbers, verdict, our, told):
    row = judged("equal", runs_of([True] * len(values), apart=values), "apart", numbers)
    told = f"It is so {told}" if verdict == "reproduced" else f"It is not so in every run: {told}"
    assert words(row) == (verdict, str(*numbers) or "equal", f"{our} (n = {len(values)})", told)


def test_a_curve():
    near = {2: 248, 4: 213, 8: 182, 16: 147, 32: 116}
    lies = "The printed {} lies {} the interval of the line through our medians, {}."
    for rule, inside, outside, interval in (("intercept", 280, 300, "276 to 284"), ("slope", -33, -30, "-34 to -32")):
        for value, verdict, where in ((inside, "reproduced", "inside"), (outside, "not reproduced", "outside")):
            row = judged(rule, curve(near), "sweeps", [value], readings=["*/as_printed"])
            told = lies.format(value, where, interval)
            assert words(row) == (verdict, f"{value}", f"{inside}; {interval} (n = 5 medians)", told)
    row = judged("slope", curve(near | {4: None}), "sweeps", [-33], readings=["*/as_printed"])
    unsolved = "somewhere most runs are unsolved (n = 5 medians)"
    told = "For some number of hidden units most runs are never learned, so that there is no median to lay a line by."
    assert words(row) == ("not reproduced", "-33", unsolved, told)

"""Judgements in words: every rule and every verdict it can have, from judged rows, in the words of the reader's
page.
"""

import re

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.ledger import number
from backprop86.judging.numbers import odds, out_of, percent, shown
from backprop86.running.claim import Claim
from helpers import curve, ledger_of, of_readings, runs_of


def judged(kind, runs, column="learned", **more):
    row = ledger_of([Claim("c", "N", "it is so", kind, column, **more).check()], runs).iloc[0]
    for said in (row["because"], row["ours"], row["printed"]):
        assert not re.search(r"∞|_|@|\b(inf|nan|draws?|equality|rule)\b", said), said
    assert row["because"].endswith(".")
    return row


def first(n, of=1000):
    return np.arange(of) < n


def words(row):
    return row["verdict"], row["printed"], row["ours"], row["because"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.34e15, "7.34e+15"),
        (999_999_999.0, "999,999,999"),
        (1208.4, "1,208"),
        (np.nan, ""),
        (np.inf, "never"),
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
    assert [out_of(count, 1000) for count in (0, 4, 6, 994, 996)] == [
        "0 of 1,000", "4 of 1,000", "1 of 100", "99 of 100", "996 of 1,000"
    ]  # fmt: skip
    assert out_of(25, 60) == "25 of 60"
    assert [odds(share) for share in (0.9, 0.05, 0.005)] == ["90 in 100", "5 in 100", "1 in 200"]


def test_shares_are_in_per_cent_where_the_estimate_is_a_share():
    share = judged("most", runs_of(first(100), is_so=first(42), untrained_is_so=first(1)), "is_so")
    fields = {"estimate": "42.0%", "low": "32.8%", "high": "51.8%", "untrained": "1.0%", "learned_share": "10.0%"}
    fields |= {"n": "100", "runs": "1,000", "printed": "in general"}
    assert {field: number(share, field) for field in fields} == fields
    assert {number(share, field) for field in ("p5", "p95", "percentile")} == {""}
    draw = judged("draw", runs_of([True] * 30, [7] * 30), "sweeps", printed=[7])
    fields = {"estimate": "7", "p5": "7", "percentile": "50", "equal": "100.0%", "learned_share": "100.0%"}
    assert {field: number(draw, field) for field in fields} == fields
    assert number(judged("equality", runs_of([True], apart=[0.5]), "apart"), "estimate") == "0.5"
    assert number(judged("most", runs_of([False], is_so=[True]), "is_so"), "estimate") == ""


FORM = "Half of our runs that learned needed {} sweeps or fewer; the printed 1,500 lies {}. {}."


@pytest.mark.parametrize(
    ("sweeps", "verdict", "our", "why"),
    [
        ([100] * 900 + [2000] * 100, "reproduced", "100 to 2,000",
         (100, "within the usual range: 90 of 100 needed fewer", "Every run learned")),
        ([100] * 300 + [2000] * 300 + [None] * 400, "reproduced", "100 to 2,000",
         (100, "in the middle: 50 of 100 needed fewer", "40 of 100 never learned")),
        ([1500] * 1000, "reproduced", "1,500 to 1,500",
         (1500, "in the middle: none needed fewer, and all needed as many", "Every run learned")),
        ([100] * 978 + [2000] * 20 + [None] * 2, "doubtful", "100 to 100",
         (100, "far out: only 2 of 100 needed as many or more", "2 of 1,000 never learned")),
        ([1600] * 100 + [2000] * 900, "not reproduced", "1,600 to 2,000",
         (2000, "out of reach: none needed as few or fewer", "Every run learned")),
        ([100] * 499 + [2000] + [None] * 500, "not reproduced", "100 to 100",
         (100, "out of reach: only 1 of 500 needed as many or more", "50 of 100 never learned")),
    ],
)  # fmt: skip
def test_the_sweeps_of_one_run(sweeps, verdict, our, why):
    learned = [one is not None for one in sweeps]
    row = judged("draw", runs_of(learned, [one or pd.NA for one in sweeps]), "sweeps", printed=[1500])
    middle, where, never = why
    assert (row["verdict"], row["printed"], row["because"]) == (
        verdict,
        "1,500",
        FORM.format(f"{middle:,}", where, never),
    )
    among = f"(n = {sum(learned):,}; {never[0].lower()}{never[1:]})"
    assert row["ours"] == f"median {middle:,}; 5 to 95 % of runs: {our} {among}"


def test_no_run_and_few_runs():
    for n, were in ((9, "9 runs"), (1, "1 run")):
        row = judged("draw", runs_of(first(n), weight=6.4), "weight", printed=[6.4])
        never = {9: "99 of 100 never learned.", 1: "999 of 1,000 never learned."}[n]
        assert (row["verdict"], row["because"]) == ("doubtful", f"Only {were} learned, too few to say. {never}")
    none = "No run learned, so there is nothing to compare."
    for kind, more in (("draw", {"printed": [6.4]}), ("average", {"printed": [6.4], "of": 3}), ("equality", {})):
        row = judged(kind, runs_of([False], weight=[6.4]), "weight", **more)
        assert (row["verdict"], row["ours"], row["because"]) == ("not reproduced", "no run learned", none)
    runs = runs_of(first(60), w=6.4, is_kind=False)
    row = judged("draw", runs, "w", printed=[6.4], among="is_kind")
    told = "No run learned as a net of the printed kind, so there is nothing to compare. 94 of 100 never learned."
    assert (row["ours"], row["because"]) == ("no run learned as a net of the printed kind", told)


def test_another_number_of_one_run():
    values = np.linspace(-9, -5, 1000)
    row = judged("draw", runs_of(first(600), weight=values), "weight", printed=[-8.0], to=0.1)
    told = (
        "Half of our runs that learned are at -7.8 or below; the printed -8 lies in the middle: 40 of 100 are below "
        "it. 40 of 100 never learned."
    )
    cell = "median -7.8; 5 to 95 % of runs: -8.88 to -6.72 (n = 600; 40 of 100 never learned)"
    assert words(row) == ("reproduced", "-8", cell, told)
    row = judged("draw", runs_of([True] * 60, right=[4] * 30 + [3] * 30), "right", printed=[4])
    assert "lies in the middle: 30 of 60 are below it, and 30 of 60 are equal to it." in row["because"]
    row = judged("draw", runs_of([True] * 40, ratio=[np.inf] * 40), "ratio", printed=[4])
    assert "are at infinity or below; the printed 4 lies out of reach: none are as low or lower." in row["because"]


def test_a_run_that_is_looked_at_after_some_sweeps():
    runs = runs_of(first(600), [100] * 300 + [300] * 300 + [pd.NA] * 400, "200", [200], is_so=True, w=1.0, is_kind=True)
    row = judged("draw", runs, "is_so", moment="200")
    assert row["ours"] == "100.0%; 98.7% to 100.0% (n = 300; 70 of 100 had not learned by sweep 200)"
    said = "All 300 runs that had learned by sweep 200 show it: for one printed run 5 in 100 are enough."
    assert row["because"] == f"{said} 70 of 100 had not learned by sweep 200."
    row = judged("draw", runs, "w", moment="200", printed=[1], among="is_kind")
    assert row["because"].startswith(
        "Half of our runs that had learned by sweep 200 as a net of the printed kind are at "
    )


@pytest.mark.parametrize(
    ("did", "verdict", "told"),
    [
        (25, "reproduced", "5 of 100 {}: for one printed run 5 in 100 are enough."),
        (24, "doubtful", "5 of 100 {}: fewer than 5 in 100, which leaves one printed run in doubt."),
        (2, "not reproduced", "2 of 500 {}: fewer than 1 in 200, too rare for one printed run."),
    ],
)
def test_what_one_printed_run_did(did, verdict, told):
    some = runs_of(first(500), [199] * did + [250] * (500 - did) + [pd.NA] * 500, it=first(did), untrained_it=first(0))
    never = " 50 of 100 never learned."
    for more, shows in (({}, "show it"), ({"all_of": ["it", "it"]}, "show all of it at once")):
        row = judged("draw", some, "it", **more)
        before = told.format(f"runs that learned {shows}, and none did before training")
        assert (row["verdict"], row["printed"], row["because"]) == (verdict, "in one net", before + never)
        assert row["ours"].startswith(f"{did / 500:.1%}; ")
    row = judged("draw", some, "sweeps", below=200)
    fewer = told.format("runs that learned needed fewer than 200 sweeps")
    assert (row["verdict"], row["printed"], row["because"]) == (verdict, "less than 200", fewer + never)


def test_a_property_of_none_and_that_a_net_learned():
    row = judged("draw", runs_of(first(500), it=False), "it")
    assert row["because"] == "None of 500 runs that learned shows it. 50 of 100 never learned."
    row = judged("draw", runs_of(first(500)))
    assert (row["printed"], row["because"], row["ours"]) == (
        "in one run",
        "50 of 100 runs learned: for one printed run 5 in 100 are enough.",
        "50.0%; 46.9% to 53.1% (n = 1,000)",
    )
    assert judged("draw", runs_of([False] * 30))["because"] == "None of 30 runs learned."


@pytest.mark.parametrize(
    ("learned", "printed", "verdict", "told"),
    [
        (500, [0.4, 0.5], "reproduced", "50.0% of 1,000 runs (46.9% to 53.1% allowing for chance), which meets"),
        (540, [0.4, 0.5], "not reproduced", "54.0% of 1,000 runs (50.9% to 57.1% allowing for chance), outside"),
        (0, [0.4, 0.5], "not reproduced", "none of 1,000 runs (0.0% to 0.4% allowing for chance), outside"),
    ],
)
def test_a_rate(learned, printed, verdict, told):
    row = judged("rate", runs_of(first(learned)), printed=printed)
    assert (row["verdict"], row["printed"]) == (verdict, "40% to 50%")
    assert row["because"] == f"It holds in {told} the printed 40% to 50%."


@pytest.mark.parametrize(
    ("printed", "text"),
    [([0.5], "50%"), ([0.002, 0.01], "0.2% to 1%"), ([0.05, 1.0], "5% or more"), ([0.0, 0.5], "50% or less")],
)
def test_printed_shares(printed, text):
    assert judged("rate", runs_of(first(500)), printed=printed)["printed"] == text


@pytest.mark.parametrize(
    ("exceptions", "n", "verdict", "told"),
    [
        (0, 1000, "reproduced", "No exception in 1,000 runs."),
        (0, 999, "doubtful", "No exception in 999 runs, but it takes 1,000 to say {}."),
        (1, 1000, "doubtful", "1 of 1,000 runs is an exception: at most one in a hundred, so in doubt."),
        (10, 1000, "doubtful", "10 of 1,000 runs are exceptions: at most one in a hundred, so in doubt."),
        (11, 1000, "not reproduced", "11 of 1,000 runs are exceptions."),
        (1, 20, "not reproduced", "1 of 20 runs is an exception."),
    ],
)
def test_without_exception(exceptions, n, verdict, told):
    failed = first(exceptions, of=n)
    for never, learned in ((False, ~failed), (True, failed)):
        row = judged("every", runs_of(learned), never=never)
        word = "never" if never else "always"
        holds = f"It holds in {n - exceptions:,} of {n:,} runs, not in all"
        because = told.format(word) if never else re.sub(r"^\d+ of .* exceptions?", holds, told.format(word))
        assert (row["verdict"], row["printed"], row["because"]) == (verdict, word, because)
    assert judged("every", runs_of(~first(1)))["ours"] == "99.9%; 99.4% to > 99.9% (n = 1,000)"


@pytest.mark.parametrize(
    ("learned", "hold", "verdict", "told"),
    [
        (
            100,
            100,
            "reproduced",
            "All 100 runs that learned show it, and 25.0% did before training: 90 in 100 or more.",
        ),
        (
            100,
            90,
            "reproduced",
            "90 of 100 runs that learned show it, and 25.0% did before training: 90 in 100 or more.",
        ),
        (100, 89, "partly", "and 25.0% did before training: half of them or more, but fewer than 90 in 100."),
        (
            100,
            49,
            "not reproduced",
            "49 of 100 runs that learned show it, and 25.0% did before training: fewer than half",
        ),
        (8, 8, "doubtful", "Only 8 runs learned, too few to say."),
        (0, 0, "not reproduced", "No run learned, so there is nothing to compare."),
    ],
)
def test_most_nets(learned, hold, verdict, told):
    row = judged("most", runs_of(first(learned), it=first(hold), untrained_it=np.arange(1000) % 4 == 0), "it")
    assert (row["verdict"], row["printed"]) == (verdict, "in general")
    assert told in row["because"]
    assert row["ours"] == "no run learned" if not learned else row["ours"].startswith(f"{hold / learned:.1%}; ")


@pytest.mark.parametrize(
    ("printed", "verdict", "told"),
    [
        (50, "reproduced", "the printed 50 lies in the middle: 49 of 100 are below it."),
        (66, "doubtful", "the printed 66 lies far out: only 1 of 100 are as high or higher."),
        (20, "not reproduced", "the printed 20 lies out of reach: none are as low or lower."),
    ],
)
def test_an_average(printed, verdict, told):
    runs = runs_of(first(990), w=np.tile(np.arange(1.0, 101), 10))
    row = judged("average", runs, "w", printed=[printed], of=20)
    assert (row["verdict"], row["printed"]) == (verdict, f"{printed} on average of 20")
    ours = "Averages of 20 of our runs that learned mostly lie between 37.6 and 62.9; "
    assert row["because"] == f"{ours}{told} 1 of 100 never learned."
    assert row["ours"] == "mean 50; averages of 20: 37.6 to 62.9 (n = 990; 1 of 100 never learned)"


@pytest.mark.parametrize(
    ("many", "verdict", "told"),
    [
        (300, "reproduced", "62.5% of pairs, equal ones counted half, which is more than half."),
        (204, "doubtful", "50.5% of pairs, equal ones counted half, which is too close to half to say."),
        (120, "not reproduced", "40.0% of pairs, equal ones counted half, which is less than half."),
    ],
)
def test_more_than_the_other_reading(many, verdict, told):
    runs = of_readings({"small_net": runs_of(first(200, of=400)), "large": runs_of(first(many, of=400))})
    row = judged("more", runs, than=["small_net"], readings=["large"])
    compared = f"Set a run of these beside one of the others (small net): it learns where the other does not in {told}"
    assert (row["verdict"], row["printed"], row["because"]) == (verdict, "more", compared)
    assert row["ours"] == f"in {told[:5]} of pairs; {percent(row['low'])} to {percent(row['high'])} (n = 400)"
    slower = judged("more", runs, "sweeps", than=["small_net"], readings=["large"])
    assert "it needs more sweeps in " in slower["because"]


@pytest.mark.parametrize(
    ("mine", "other", "verdict", "told"),
    [
        (400, 200, "reproduced", "in 40 of 100 runs, more often than the next"),
        (300, 280, "doubtful", "in 30 of 100 runs, about as often as another"),
        (200, 400, "not reproduced", "in 20 of 100 runs, less often than another"),
        (0, 400, "not reproduced", "in none of 1,000 runs"),
        (0, 0, "not reproduced", "in none of 1,000 runs"),
    ],
)
def test_the_commonest(mine, other, verdict, told):
    runs = runs_of([True] * 1000, mine=first(mine), other=~first(1000 - other))
    row = judged("commonest", runs, "mine", than=["other"])
    assert (row["verdict"], row["printed"], row["because"]) == (verdict, "the commonest", f"It holds {told}.")


@pytest.mark.parametrize(
    ("values", "printed", "verdict", "our", "told"),
    [
        ([0.0] * 40, [], "reproduced", "0 in every run", "in every one of 40 runs."),
        (
            [0.0] * 20 + [1e-15] * 20,
            [],
            "reproduced",
            "median 0; 5 to 95 % of runs: 0 to 1e-15",
            "in every one of 40 runs.",
        ),
        ([136] * 40, [136], "reproduced", "136 in every run", "in every one of 40 runs."),
        ([136] * 39 + [7], [136], "not reproduced", "136 in 90 % of runs", "90 of 100 are at 136."),
        (
            [8] * 9 + [9] * 31,
            [9],
            "not reproduced",
            "median 9; 5 to 95 % of runs: 8 to 9",
            "90 of 100 lie between 8 and 9.",
        ),
        ([0.0, np.nan], [], "not reproduced", "not a number in some run", "in some it is not even a number."),
    ],
)
def test_what_is_equal(values, printed, verdict, our, told):
    runs = runs_of([True] * len(values), moment="end", apart=values)
    row = judged("equality", runs, "apart", moment="end", printed=printed)
    told = f"It holds {told}" if verdict == "reproduced" else f"It does not hold in every run: {told}"
    assert words(row) == (verdict, str(*printed) or "equal", f"{our} (n = {len(values)})", told)


def test_a_curve():
    near = {2: 248, 4: 213, 8: 182, 16: 147, 32: 116}
    about = {"readings": ["*/as_printed"]}
    for name, inside, outside, ends in (("intercept", 280, 300, (276, 284)), ("slope", -33, -30, (-34, -32))):
        for value, verdict, where in ((inside, "reproduced", "inside"), (outside, "not reproduced", "outside")):
            row = judged("curve", curve(near, 0.8), "sweeps", printed=[value], coefficient=name, **about)
            line = f"The {name} of the line through our medians is between {ends[0]} and {ends[1]}"
            told = f"{line}; the printed {value} lies {where}. 20 of 100 never learned."
            cell = f"{inside}; {ends[0]} to {ends[1]} (n = 5 medians; 20 of 100 never learned)"
            assert words(row) == (verdict, f"{value}", cell, told)
    row = judged("curve", curve(near | {4: None}), "sweeps", printed=[-33], coefficient="slope", **about)
    told = "For some number of hidden units fewer than 10 runs learned, too few for the median that a line needs."
    assert words(row) == ("not reproduced", "-33", "too few runs learned (n = 5 medians)", told)


def test_what_is_ours_is_printed_nowhere():
    row = ledger_of([Claim("c", "ours", "it is so", "every")], runs_of([True])).iloc[0]
    assert row["printed"] == "nothing"


def test_runs_that_stop_at_the_printed_number():
    row = judged("draw", runs_of(first(400), [100] * 400 + [pd.NA] * 600), column="sweeps", printed=[10_000])
    assert row["because"].startswith("Our runs stop after 10,000 sweeps, so none can need more: no verdict either way.")

"""bp.judge: the verdicts of the ledger, from any rows."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import backprop86 as bp
from backprop86.engines.recipe import BadInput
from helpers import ROOT

TWICE = "rows must hold each seed of a reading once, was twice"
COMPARED = ["claim", "says", "source", "kind", "printed", "ours", "verdict", "because", "n"]


@cache
def hundred():
    return bp.run("xor", seeds=100)


@pytest.mark.slow
@pytest.mark.results
@pytest.mark.parametrize("experiment", ["xor", "chauvin", "unit_splitting"])  # a curve; an equality
def test_published_rows_have_the_verdicts_of_the_ledger(experiment):
    every = pd.read_csv(ROOT / "results" / "claims.csv", keep_default_na=False)
    own = every[every["stem"] == experiment].reset_index(drop=True)
    table = bp.judge(experiment, bp.read_runs(experiment))
    assert table["reading"].tolist() == own["name"].tolist()
    for column in COMPARED:
        assert table[column].astype(str).tolist() == own[column].astype(str).tolist(), column
    printed = pd.to_numeric(own["estimate"], errors="coerce")
    assert table["estimate"].tolist() == pytest.approx(printed.tolist(), rel=1e-12, nan_ok=True)


def test_rows_of_one_reading_judge_the_claims_about_it():
    table = bp.judge("xor", hundred()).set_index("claim")
    about = table[table["verdict"] != "not judged"]
    assert set(about["reading"]) == {"as_printed"}
    assert about.loc["xor-sweeps-direct", ["printed", "verdict", "n"]].tolist() == ["558", "reproduced", 100]
    assert table.loc["xor-local-minima", "because"] == "there are no rows of two_hidden/*"
    assert table.index.tolist() == list(dict.fromkeys(bp.judge("xor", hundred())["claim"]))


def test_rows_with_settings_of_ones_own():
    short = bp.judge("xor", bp.run("xor", seeds=20, sweeps=100)).set_index("claim")
    assert short.loc["xor-sweeps-direct", "verdict"] == "not reproduced"
    line = "claim xor-fig3-direct: reading as_printed of xor does not measure direct at 558"
    assert short.loc["xor-fig3-direct", ["verdict", "because"]].tolist() == ["not judged", line]
    other = bp.judge("xor", bp.run("xor", seeds=20, network="2_hidden")).set_index("claim")
    assert other.loc["xor-fig3-direct", "verdict"] == "not judged"
    assert other.loc["xor-sweeps-direct", "n"] > 0


def test_a_curve_needs_every_point():
    two = pd.concat([bp.run("chauvin", reading=f"{n}_hidden/as_printed/rate_0.25", seeds=20) for n in (2, 4)])
    table = bp.judge("chauvin", two).set_index("claim")
    assert table.loc["chauvin-slope", "verdict"] == "not judged"
    assert table.loc["chauvin-slope", "because"].startswith("there are no rows of every reading ")


def test_rows_that_lost_their_note_or_columns_of_other_readings():
    rows = hundred()
    mixed = pd.concat([rows, bp.run("xor", reading="two_hidden", seeds=20)])
    mixed.attrs.clear()
    ours, alone = bp.judge("xor", mixed), bp.judge("xor", rows)
    same = ours[ours["reading"] == "as_printed"].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, alone[alone["verdict"] != "not judged"].reset_index(drop=True))
    assert set(ours["reading"]) >= {"as_printed", "two_hidden/as_printed"}


def test_a_reading_is_not_judged_by_columns_that_only_another_has():
    parts = bp.run("xor", seeds=20, network="2_hidden"), bp.run("xor", seeds=20, reading="range_1")
    table = bp.judge("xor", pd.concat(parts)).set_index(["claim", "reading"])
    assert table.loc[("xor-fig3-direct", "as_printed"), "verdict"] == "not judged"
    assert table.loc[("xor-fig3-direct", "range_1"), "n"] > 0


def test_a_verdict_flips_when_the_rows_are_altered():
    slow = hundred().assign(sweeps=lambda rows: rows["sweeps"] + 100_000)
    assert bp.judge("xor", slow).set_index("claim").loc["xor-sweeps-direct", "verdict"] == "not reproduced"


def test_what_cannot_be_judged_gets_one_line():
    rows = hundred()
    strange = rows.assign(reading="range_2")
    for asked, given, line in [
        ("symmetry", rows, "rows must be of symmetry, was of xor"),
        ("xor", rows.to_numpy(), "rows must be a DataFrame of bp.run or bp.read_runs, was ndarray"),
        ("xor", rows[["seed"]], "rows must have the columns of bp.run and bp.read_runs, was without variant"),
        ("xor", rows[:0], "rows must have a row for each seed, was empty"),
        ("xor", strange, "rows must be of readings of xor, was range_2"),
        (
            "xor",
            pd.concat([rows, rows[5:]]),
            f"{TWICE} seed 5 of as_printed",
        ),
    ]:
        with pytest.raises(BadInput) as error:
            bp.judge(asked, given)
        assert str(error.value) == line


def test_an_experiment_without_claims():
    table = bp.judge("family_trees_map", bp.run("family_trees_map", seeds=1, sweeps=1))
    assert (len(table), list(table)) == (0, list(bp.judge("xor", hundred())))


def test_every_column_says_something():
    table = bp.judge("xor", hundred())
    assert list(table) == [*COMPARED[:4], "reading", "words", *COMPARED[4:], "estimate", "low", "high"]
    judged = table[table["verdict"] != "not judged"]
    assert (judged[["says", "words", "printed", "ours", "because"]] != "").all(axis=None)
    assert np.isfinite(judged["estimate"]).all()

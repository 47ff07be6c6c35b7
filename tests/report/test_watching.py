"""The runs to watch: which seeds show a claim, and how their addresses are written."""

import pandas as pd
import pytest

from backprop86.report.watching import Watched, of_claims, seeds, typical
from backprop86.running.claim import Claim
from backprop86.running.settings import PUBLISHED
from helpers import ledger_of, of_readings, runs_of

LEARNED = [False, True, True, True, True, False]
SWEEPS = [pd.NA, 100, 200, 310, 400, pd.NA]


def rows(**measures):
    return runs_of(LEARNED, SWEEPS, **measures).of("a")


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        (Claim("c", kind="draw", column="sweeps", printed=[390]), [4]),
        (Claim("c", kind="average", column="sweeps", printed=[90], of=3), [1]),
        (Claim("c", kind="draw", column="learned"), [2]),
        (Claim("c", kind="every", column="learned"), [2, 0]),
        (Claim("c", kind="every", column="learned", never=True), [2, 0]),
        (Claim("c", kind="rate", column="learned", printed=[0.5]), [2, 0]),
        (Claim("c", kind="draw", column="sweeps", below=500), [2]),
    ],
)
def test_the_printed_number_or_the_median_and_a_failure_where_learning_is_claimed(claim, wanted):
    assert seeds(claim, rows()) == wanted  # the median of those that learned is 255: 200 and 310 are as near


def test_a_property_is_shown_by_a_run_that_has_it():
    seen = [True, False, False, False, True, True]
    claim = Claim("c", kind="draw", column="seen", moment="end")
    assert seeds(claim, rows(final_seen=seen)) == [4]
    assert seeds(claim, rows(final_seen=[True, *[False] * 5])) == [0]
    assert seeds(claim, rows(final_seen=[False] * 6)) == [2]
    assert seeds(Claim("c", kind="every", column="seen", moment="end", never=True), rows(final_seen=seen)) == [2]
    among_all = Claim("c", kind="draw", column="seen", moment="end", among="all")
    assert seeds(among_all, rows(final_seen=seen)) == [0]  # two of the three failed
    both = Claim("c", kind="draw", all_of=["seen", "heard"], moment="end")
    assert seeds(both, rows(final_seen=seen, final_heard=[True] * 3 + [False] * 2 + [True])) == [0]


def test_a_printed_number_of_another_column():
    claim = Claim("c", kind="draw", column="size", moment="learned", printed=[3.0])
    assert seeds(claim, rows(size=[9.0, 2.5, 8.0, 3.5, 3.4, 3.0])) == [4]
    assert seeds(claim, rows(size=[9.0, 3.0, 8.0, 3.0, 3.0, 3.0])) == [3]


def test_where_nothing_learned_a_failure_is_shown():
    failed = runs_of([False] * 3).of("a")
    for kind in ("draw", "every", "most"):
        assert seeds(Claim("c", kind=kind, column="learned"), failed) == [0]
    assert seeds(Claim("c", kind="draw", column="sweeps", printed=[5]), failed) == [0]


def test_claims_lead_to_their_literal_reading():
    runs = of_readings({"as_printed": runs_of(LEARNED, SWEEPS), "two/as_printed": runs_of([False] * 3)})
    of_two = Claim("two", "N p. 1", "it fails", "every", never=True, readings=["two/*"])
    claims = [Claim("one", "N p. 1", "it learns", "draw", "sweeps", printed=[390]), of_two]
    assert of_claims(claims, runs, ledger_of(claims, runs)) == {
        "one": [Watched("made_up", "as_printed", 4, 400)],
        "two": [Watched("made_up", "two/as_printed", 0, None)],
    }


@pytest.mark.results
def test_a_typical_run_is_in_the_middle_of_the_first_reading():
    for stem in ("xor", "chain"):
        path = PUBLISHED / f"runs/{stem}.parquet"
        found, rows = typical(path), pd.read_parquet(path).query("variant == '' and reading == 'as_printed'")
        (run,) = rows[rows["seed"] == found.seed].to_dict("records")
        assert (found.stem, found.reading) == (stem, "as_printed")
        if stem == "chain":
            assert not rows["learned"].any()
            assert (found.seed, found.sweeps) == (0, None)
        else:
            assert found.sweeps == run["sweeps"]
            assert (rows["sweeps"] < found.sweeps).sum() <= rows["learned"].sum() / 2
            assert (rows["sweeps"] > found.sweeps).sum() <= rows["learned"].sum() / 2


def test_an_address_and_its_words():
    assert Watched("xor", "two_hidden/range_1", 7, 1234).address == "index.html#xor/two_hidden%2Frange_1/7"
    assert Watched("xor", "two_hidden/range_1", 7, 1234).words == "Watch seed 7 learn in 1,234 sweeps"
    assert Watched("xor", "as_printed", 7, None).words == "Watch seed 7 fail"

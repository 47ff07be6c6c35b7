"""A loss curve printed of one run, and a number that has risen: verdicts on made-up rows, at their thresholds."""

import numpy as np
import pytest

from backprop86.engines.recipe import BadInput
from backprop86.judging.ledger import judge
from backprop86.running.claim import Claim
from helpers import ledger_of, runs_of

AT = [1, 2, 4, 8]


def band(printed, among="all", give=0.0):
    return Claim("c", "L", "E falls so", "band", "E", printed=printed, at=AT, give=give, among=among).check()


def falling(learned=None):
    """Return a hundred runs whose E is from 0 to 99 after one sweep, half as much after two, and so on."""
    runs = runs_of([True] * 100 if learned is None else learned, moments=AT)
    for sweep in AT:
        runs.of("a")[f"E@{sweep}"] = np.arange(100.0) / sweep
    return runs


@pytest.mark.parametrize(
    ("printed", "inside", "verdict"),
    [
        ([50, 25, 12, 6], 4, "reproduced"),
        ([4, 2, 1, 0.5], 4, "reproduced"),  # the fifth of a hundred is the end of the band
        ([94, 47, 23.5, 11.75], 4, "reproduced"),
        ([3.9, 25, 12, 6], 3, "partly"),
        ([50, 47.5, 12, 6], 3, "partly"),
        ([50, 25, 24, 12], 2, "not reproduced"),
        ([100, 50, 25, 13], 0, "not reproduced"),
    ],
)
def test_a_loss_curve_lies_in_the_band_of_our_runs(printed, inside, verdict):
    found = judge(band(printed), falling(), "a")
    assert (found.verdict, found.n, found.estimate) == (verdict, 100, inside / 4)


def test_a_number_read_off_a_figure_may_be_off():
    for just_outside in ([95, 48, 24.5, 12.75], [3, 1, 0, -0.5]):
        assert judge(band(just_outside, give=1.0), falling(), "a").verdict == "reproduced"
        assert judge(band(just_outside, give=0.9), falling(), "a").estimate == 0


def test_the_runs_that_a_loss_curve_is_compared_with():
    learned = np.arange(100) < 50
    assert judge(band([60, 30, 15, 7.5]), falling(learned), "a").verdict == "reproduced"
    of_learned = judge(band([60, 30, 15, 7.5], "learned"), falling(learned), "a")
    assert (of_learned.verdict, of_learned.n) == ("not reproduced", 50)
    assert judge(band([6, 3, 1, 0.5], "learned"), falling(np.arange(100) < 9), "a").verdict == "doubtful"
    assert judge(band([6, 3, 1, 0.5], "learned"), falling([False] * 100), "a").n == 0


def test_a_loss_curve_in_words():
    row = ledger_of([band([94, 47, 23.5, 12], give=0.2)], falling()).iloc[0]
    assert (row["verdict"], row["printed"]) == ("partly", "at 4 sweeps, from 94 to 12")
    assert row["ours"] == "in the band of 90 % of runs at 3 of 4 (n = 100; every run learned)"
    because = "The printed number lies in the central 90 % of our runs at 3 of 4 sweeps, give or take 0.2."
    assert row["because"] == f"{because} Every run learned."
    assert ledger_of([band([1, 1, 1, 1], "learned")], falling([False] * 100))["ours"].tolist() == ["no run learned"]


@pytest.mark.parametrize(("rising", "verdict"), [(5, "reproduced"), (4, "doubtful"), (0, "not reproduced")])
def test_a_number_that_has_risen(rising, verdict):
    runs = runs_of([True] * 100, moment="3", moments=[2, 3], E=3.0)
    runs.of("a")["E@2"] = np.where(np.arange(100) < rising, 2.9, 3.0)  # as large is not risen
    about = Claim("c", "L", "E rises", "draw", "E", moment="3", risen_since="2", among="all").check()
    found = judge(about, runs, "a")
    assert (found.verdict, found.n, found.estimate) == (verdict, 100, rising / 100)
    assert np.isnan(found.untrained)
    row = ledger_of([about], runs).iloc[0]
    assert row["printed"] == "in one run"
    assert row["because"].startswith(f"{rising if rising else 'None of'} ")


def test_what_they_need():
    about = Claim("c", "L", "E rises", "draw", "E", moment="3", risen_since="2", among="all")
    for missing in ("E@2", "E@3"):
        columns = {name: "numbers" for name in ("E@2", "E@3") if name != missing}
        with pytest.raises(BadInput, match=r"^columns of claim c must be of .* in reading a, was E$"):
            about.check_columns({"a": columns})
    about.check_columns({"a": {"E@2": "numbers", "E@3": "numbers"}})
    runs = falling()
    del runs.of("a")["E@8"]
    with pytest.raises(BadInput, match=r"^claim c: reading a of made_up does not measure E at 8$"):
        judge(band([1, 1, 1, 1]), runs, "a")
    with pytest.raises(BadInput, match=r"^printed of claim c must be a number for each sweep of at, was \[1, 1\]$"):
        band([1, 1])
    with pytest.raises(BadInput, match=r"^kind of claim c must be band, as it has at, was draw$"):
        Claim("c", kind="draw", at=[1]).check()
    with pytest.raises(BadInput, match=r"^kind of claim c must be draw, as it has risen_since, was every$"):
        Claim("c", kind="every", risen_since="2").check()

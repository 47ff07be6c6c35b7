"""The page of findings: its numbers come from the rows, and readings without rows are marked as not run."""

import re
from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.ledger import ledger
from backprop86.report import findings
from backprop86.report.findings import Findings, Plane, page
from backprop86.running.runs import Runs
from backprop86.running.settings import load
from helpers import runs_of

TREES = load("family_trees").experiment
READINGS = (
    "as_printed",
    "slope_3.5",
    "slope_3.5_right_side",
    "no_decay/as_printed",
    "no_decay/slope_3.5",
    "triples/as_printed",
)


def rows(right, strict):
    """Return runs of 40 nets: `right` get all right, `strict` are beyond the standard, half have any other property."""
    n = np.arange(40)
    measures = {name: n % 2 == 0 for name in TREES.problem.MEASURES if "codes_" in name or "is_" in name}
    measures |= dict.fromkeys(("ignores_sex", "most_ignore_nationality", "share_a_job"), n % 2 == 0)
    measures |= {"all_right": n < right, "all_near": n < right, "all_strict": n < strict, "held_out_right": n % 5}
    measures |= {"one_or_two_errors": n % 5 > 1, "held_out_chosen": n % 5}
    return runs_of(n < right, [573 if k < right else pd.NA for k in n], moment="end", **measures)


@pytest.fixture
def made_up():
    """Findings of a few readings, and a map of four points."""
    runs, strict = Runs("family_trees", {}, {}), {"slope_3.5": 4}
    for name in READINGS:
        part = rows(0 if "as_printed" in name else 30, strict.get(name, 0))
        variant, _, reading = name.rpartition("/")
        about = replace(part.about["a"], variant=variant, reading=reading, recipe=TREES.recipe_of(name))
        runs = runs.having(name, part.of("a"), about, list(READINGS))
    points = pd.DataFrame([(r, m, 0.9, d) for r in (0.3, 1) for m in (1, 10) for d in (0.002, 0)])
    points.columns = ["range", "factor", "momentum", "decay"]
    points = pd.concat([points, points.assign(momentum=0.95)], ignore_index=True)
    fast = (points["factor"] == 10).astype(float)
    shares = dict.fromkeys(("all_right", "held_out_4", "six", "by_573", "all_near"), fast / 2)
    points = points.assign(**shares, all_strict=0.0)
    points.loc[(points["range"] == 0.3) & (points["decay"] == 0), "by_573"] = 0.04
    return Findings(ledger(TREES.claims, runs, TREES), runs, points)


def test_a_column_takes_what_is_said_without_decay_from_the_net_without(made_up):
    table = pd.read_csv(StringIO(made_up.verdicts()), sep=r"\s*\|\s*", engine="python")
    assert list(table)[2:4] == ["as printed", made_up.words("slope_3.5_right_side")]
    row = table[table["printed"].str.startswith("without weight decay", na=False)].iloc[0]
    assert row[made_up.words("slope_3.5_right_side")] == "reproduced"  # 573 in each run that learned
    assert row["as printed"] == "not reproduced"


def test_shares_are_of_all_nets(made_up):
    assert made_up.share("slope_3.5", "all_right") == "75.0%"
    assert made_up.share("slope_3.5", "held_out_4") == "20.0%"
    assert made_up.share("slope_3.5", "six") == "50.0%"
    assert made_up.share("no_decay/slope_3.5", "by_573") == "75.0%"
    assert made_up.share("as_printed", "all_right") == "0.0%"


def test_a_plane_says_where_a_result_comes_out(made_up):
    plane = made_up.plane()
    assert len(plane) == 4
    assert plane.where("all_right").ends == "R = 0.3 to 1 and M = 10 to 10"
    assert plane.best("all_right") == {"range": "0.3", "factor": "10", "share": "50.0%"}
    assert plane.at(0.3, 1, "all_right") == "0.0%"
    assert len(made_up.together()) == 1  # at the other range 4 % are not enough
    assert isinstance(made_up.together(), Plane)


def test_a_slope_stands_beside_the_point_that_is_the_same_net(made_up):
    lines = made_up.slopes().splitlines()
    assert lines[2].split(" | ")[:4] == ["| 1", "0.3", "1", "0.0%"]
    assert lines[3].split(" | ")[:4] == ["| 3.5", "1.05", "12.2", "75.0%"]


def test_readings_beyond_the_standard_are_named_with_their_penalty(made_up):
    (one,) = made_up.strict_with_decay()
    assert (one["share"], one["words"]) == ("10.0%", "a logistic of slope 3.5")
    assert float(one["penalty"]) == pytest.approx(0.02 / 3.5**2, rel=0.01)


@pytest.mark.slow
def test_what_is_not_there_is_said_to_be_missing(made_up, tmp_path):
    found = page(made_up.claims, made_up.runs, tmp_path)
    assert "Not yet run: `make map`" in found
    assert "print the whole recipe" not in found
    made_up.points.to_csv(tmp_path / f"{findings.MAP}.csv", index=False)
    found = page(made_up.claims, made_up.runs, tmp_path)
    assert "Not yet run: `make map`" not in found
    assert "| 3.5 | 1.05 | 12.2 | 75.0% |" in found
    assert re.search(r"Shapes on a ring, 1987\.\*\* .*\n.*\nNot yet run\.", found)
    of_shapes = made_up.claims[:1].assign(stem="shapes", says="17 of 32", source="S p. 9")
    assert "17 of 32 (S p. 9)" in page(pd.concat([made_up.claims, of_shapes]), made_up.runs, tmp_path)

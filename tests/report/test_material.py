"""The material of a report: the rows and claims in use, and the line about the others."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.report import material
from backprop86.report.material import Folder
from backprop86.running.claim import Claim
from backprop86.running.experiment import Experiment
from backprop86.running.provenance import Provenance
from helpers import ledger_of, of_readings, runs_of

RECIPE = Recipe("2_hidden", 100)
EXPERIMENT = Experiment("xor", "XOR", readings={"a": {}, "b": {"alpha": 0.5}, "c": {"sweeps": 50}})


def rows_of(*readings, seeds=(0, 19), **settings):
    """Runs of some readings of EXPERIMENT, made with its settings or with others."""
    found = of_readings({name: runs_of([True] * 20, did=np.arange(20) > 4) for name in readings})
    for name in readings:
        recipe = replace(RECIPE, **{**EXPERIMENT.readings.get(name, {}), **settings})
        found.about[name] = Provenance("", name, recipe, list(seeds), [0], 2, "fused", {})
    return replace(found, stem="xor")


@pytest.fixture
def usable(monkeypatch, tmp_path):
    """Return a function that finds the usable part of runs."""

    def usable(runs, published=False, **settings):
        monkeypatch.setattr(material, "read", lambda path: runs)
        experiment = replace(EXPERIMENT, recipe=RECIPE, **settings)
        recipes = {name: experiment.recipe_of(name) for name in experiment.every_reading}
        return material.usable(experiment, recipes, Folder(tmp_path, published))

    return usable


def test_readings_without_rows_are_told(usable, tmp_path):
    runs, notes = usable(rows_of("c", "a"))
    again = f"python experiments/run.py experiment=xor output={tmp_path}"
    assert (runs.readings, notes) == (["c", "a"], [f"left out: b of xor, without rows ({again} makes them)"])
    assert usable(rows_of("a", "b", "c"))[1] == []


def test_a_reading_of_ones_own_is_told_and_must_have_a_plain_name(usable):
    _, notes = usable(rows_of("a", "b", "c", "mine"))
    assert notes == ["xor, mine: not in conf/experiment/xor.yaml"]
    for name in ("<img src=x>", "a|b", "$x{$", "=cmd", ""):
        with pytest.raises(BadInput, match=r"^a reading must be named with letters, digits and "):
            usable(rows_of("a", name))


@pytest.mark.parametrize(
    ("runs", "line"),
    [
        (rows_of("a", "b"), "there are no runs of xor, reading c: "),
        (
            rows_of("a", "b", "c", epsilon=0.25),
            "the runs of xor, reading a, were made with epsilon 0.25, its file .*0.1",
        ),
        (rows_of("a", "b", "c", "mine"), "the runs of xor have a reading mine, its file has none: "),
    ],
)
def test_published_rows_and_those_of_a_map_must_be_those_of_the_file(usable, runs, line):
    for how in ({"published": True}, {"by_itself": "map"}):
        with pytest.raises(BadInput, match=f"^{line}"):
            usable(runs, **how)


def test_settings_that_differ_in_words():
    found = [(name, "epsilon", 0.25, 0.5) for name in "abcde"] + [("b", "alpha", 0, 0.9)]
    by_reading, lines = material.in_words("xor", found)
    assert lines == [
        "xor, a, b, c and 2 other readings: epsilon is 0.25 here, 0.5 in conf/experiment/xor.yaml",
        "xor, b: alpha is 0 here, 0.9 in conf/experiment/xor.yaml",
    ]
    assert by_reading == dict.fromkeys("acde", "epsilon 0.25, not 0.5") | {
        "b": "epsilon 0.25, not 0.5; alpha 0, not 0.9"
    }


@pytest.mark.parametrize(
    ("claim", "judged"),
    [
        (Claim("one", "N", "it is", "draw", "did"), ["a", "c"]),
        (Claim("one", "N", "it is", "draw", "did", readings=["c", "b"]), ["c"]),
        (Claim("one", "N", "it is", "draw", "did", readings=["b", "c"]), []),  # the literal one is not there
        (Claim("one", "N", "it is", "draw", "never_measured"), []),
        (Claim("one", "N", "it is", "draw", "did", "99"), []),  # nobody looked at that moment
        (Claim("one", "N", "it is", "more", "did", readings=["a"], than=["c"]), ["a"]),
        (Claim("one", "N", "it is", "more", "did", readings=["a"], than=["b"]), []),
        (
            Claim("one", "N", "a line", "curve", "did", printed=[1.0], coefficient="slope", readings=["[ab]"]),
            [],
        ),  # a point of it is not there
    ],
)
def test_a_claim_needs_its_literal_reading(claim, judged):
    experiment = replace(EXPERIMENT, claims=[claim, Claim("sure", "N", "it is learned", "every")])
    found, left = material.judged_as_far_as_can_be(experiment, rows_of("a", "c"))
    assert found.loc[found["claim"] == "one", "reading"].tolist() == judged
    assert left == ([] if judged else ["one"])
    assert found.loc[found["claim"] == "sure", "reading"].tolist() == ["a", "c"]


def test_a_ledger_without_rows_has_the_columns_of_one_with_rows():
    rows = ledger_of([Claim("one", "N", "it is", "draw", "did")], rows_of("a"))
    assert material.concatenated([]).columns.tolist() == rows.columns.tolist()
    assert material.concatenated([pd.DataFrame(), rows]).equals(rows)


def test_figures_are_drawn_of_the_settings_that_their_titles_name():
    whole, some = rows_of("a", "b", "c"), rows_of("a", "b")
    assert material.not_drawn(EXPERIMENT, whole, {"epsilon", "alpha"}) == ""
    why = "they count on network as in conf/experiment/xor.yaml"
    assert material.not_drawn(EXPERIMENT, whole, {"epsilon", "network"}) == why
    assert material.not_drawn(EXPERIMENT, some, set()) == ""
    of_axes = Experiment("xor", axes={"letter": {name: {} for name in "abc"}})
    assert material.not_drawn(of_axes, some, set()) == "they need every reading"
    assert material.not_drawn(of_axes, whole, set()) == ""

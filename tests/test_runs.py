"""Rows on disk: the same bytes twice, readings replaced one at a time, files that cannot be used."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backprop86 import runs
from backprop86.config import Experiment, Settings, load
from backprop86.problems import xor
from backprop86.recipe import Recipe
from backprop86.training import check, run_condition

TWO = Recipe("2_hidden", 300, epsilon=0.5, alpha=0.9)
NONE = replace(TWO, network="1_hidden", sweeps=20)  # cannot learn it
ORDER = ["two", "none"]


def put(found, name, recipe, seeds=range(12)):
    rows = run_condition(xor, recipe, list(seeds), "reference")
    rows = rows.drop(columns=["hidden_code", "untrained_hidden_code"]) if name == "none" else rows
    about = runs.describe(recipe, check(xor, recipe), list(seeds), "reference")
    return runs.with_condition(found, "xor", ORDER, name, about, rows)


def test_the_same_run_gives_the_same_bytes_in_any_order(tmp_path):
    runs.write(put(put(None, "two", TWO), "none", NONE), tmp_path / "one" / "xor.parquet")
    other = tmp_path / "two" / "xor.parquet"
    runs.write(put(None, "none", NONE), other)
    runs.write(put(runs.read(other), "two", replace(TWO, epsilon=0.1)), other)
    runs.write(put(runs.read(other), "two", TWO), other)
    assert other.read_bytes() == (tmp_path / "one" / "xor.parquet").read_bytes()


def test_what_is_written_is_read(tmp_path):
    made = put(put(None, "none", NONE), "two", TWO)
    runs.write(made, tmp_path / "xor.parquet")
    found = runs.read(tmp_path / "xor.parquet")
    assert found.conditions == ORDER
    assert found.recipe("none") == NONE
    assert list(found.rows.columns[:7]) == ["condition", "seed", "solved", "diverged", "sweeps", "stopped", "error"]
    assert found.of("two")["hidden_code"].notna().all()
    assert "hidden_code" not in found.of("none")
    assert np.array_equal(found.weights("two"), np.stack(made.of("two")["weights"]))
    assert found.of("two")["sweeps"].isna().equals(~found.of("two")["solved"].astype(bool))
    sweeps, error, gradient = found.curves("two")
    assert error.shape == (12, len(sweeps))
    assert gradient.shape == (12, len(sweeps), 2)


def test_a_row_is_the_same_in_any_batch():
    all_of_them, one = put(None, "two", TWO), put(None, "two", TWO, [7])
    row = all_of_them.rows.iloc[[7]].reset_index(drop=True)
    pd.testing.assert_frame_equal(row, one.rows)


def test_conditions_that_are_no_more_are_dropped():
    found = put(put(None, "two", TWO), "none", NONE)
    rows = run_condition(xor, NONE, [0])
    assert runs.with_condition(found, "xor", ["none"], "none", {}, rows).conditions == ["none"]


def test_only_the_first_seeds_keep_what_is_large(monkeypatch):
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 30)
    monkeypatch.setattr(runs, "WITH_CURVES", 5)
    found = put(None, "two", replace(TWO, sweeps=1000), range(40))
    median, _ = runs.typical(found, "two")
    assert median > 3
    assert np.flatnonzero(found.of("two")["weights"].notna()).tolist() == [0, 1, 2, median]
    assert found.curves("two")[1].shape[0] == 5
    numbers = runs.with_condition(None, "xor", ORDER, "two", {}, run_condition(xor, TWO, [0, 1]), numbers_only=True)
    assert numbers.of("two")[runs.LAST].isna().all(axis=None)


def test_no_half_written_file_is_left(tmp_path, monkeypatch):
    path = tmp_path / "xor.parquet"
    runs.write(put(None, "two", TWO), path)
    before = path.read_bytes()

    def half(table, where, **_):
        where.write_bytes(b"PAR1 half")
        raise KeyboardInterrupt

    monkeypatch.setattr(runs.pq, "write_table", half)
    with pytest.raises(KeyboardInterrupt):
        runs.write(put(None, "none", NONE), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"does not exist: python experiments/run.py experiment=xor makes it$"):
        runs.read(tmp_path / "xor.parquet")
    (tmp_path / "xor.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ValueError, match=r"xor.parquet is not a Parquet file"):
        runs.read(tmp_path / "xor.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "xor.parquet")
    with pytest.raises(ValueError, match=r"xor.parquet was not written by backprop86$"):
        runs.read(tmp_path / "xor.parquet")
    table = runs.pq.read_table(tmp_path / "xor.parquet").replace_schema_metadata({runs.KEY: b"{}"})
    runs.pq.write_table(table, tmp_path / "xor.parquet")
    with pytest.raises(ValueError, match=r"xor.parquet was written by an earlier backprop86: delete it"):
        runs.read(tmp_path / "xor.parquet")


def test_rows_of_another_recipe_are_not_reported():
    found = put(None, "two", TWO)
    runs.same_recipes(found, {"two": TWO})
    with pytest.raises(
        ValueError, match=r"^the runs of xor, reading two, were made with epsilon 0.5, its file now says 1"
    ):
        runs.same_recipes(found, {"two": replace(TWO, epsilon=1)})
    with pytest.raises(ValueError, match=r"^there are no runs of xor, reading none: python experiments/run.py"):
        runs.same_recipes(found, {"two": TWO, "none": NONE})
    with pytest.raises(ValueError, match=r"^xor has no runs of condition three, only of two$"):
        found.of("three")


def test_typical_is_the_median_of_the_solved():
    found = put(None, "two", replace(TWO, sweeps=1000), range(40))
    seed, w = runs.typical(found, "two")
    solved = found.rows[found.rows["solved"]].sort_values("sweeps")
    assert seed == solved["seed"].iloc[(len(solved) - 1) // 2]
    assert np.array_equal(w, found.rows["weights"].iloc[seed])
    with pytest.raises(ValueError, match="no seed of condition none was solved"):
        runs.typical(put(None, "none", NONE), "none")


def test_a_run_that_was_stopped_is_resumed_to_the_same_bytes(tmp_path, monkeypatch, script):
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 30)  # so that those of the median run are kept for its own sake
    settings = [load("xor", "seeds=30", "reading=two_hidden", f"output={tmp_path / name}") for name in ("a", "b")]
    script.run(settings[0])
    whole = script.run_together

    def stopped(*what, **how):
        return [rows.iloc[::2] for rows in whole(*what, **how)]

    monkeypatch.setattr(script, "run_together", stopped)
    with pytest.raises(KeyboardInterrupt):
        script.run(settings[1])
    half = runs.read(settings[1].runs_file)
    assert runs.missing(half, "two_hidden") == 15
    with pytest.raises(ValueError, match=r"^the runs of xor, reading two_hidden, were stopped half-way: python exp"):
        runs.same_recipes(half, {"two_hidden": half.recipe("two_hidden")})
    asked = []
    monkeypatch.setattr(
        script, "run_together", lambda p, r, seeds, **how: asked.extend(seeds) or whole(p, r, seeds, **how)
    )
    script.run(settings[1])
    assert len(asked) == 15
    assert settings[1].runs_file.read_bytes() == settings[0].runs_file.read_bytes()
    script.run(settings[1])
    assert len(asked) == 15 + 30  # a run that was finished is made anew
    assert settings[1].runs_file.read_bytes() == settings[0].runs_file.read_bytes()
    median, _ = runs.typical(runs.read(settings[1].runs_file), "two_hidden")
    assert (median > 3, median in half.of("two_hidden")["seed"].tolist()) == (True, True)


@pytest.mark.parametrize(("before", "then"), [((0, 30), (0, 60)), ((0, 60), (0, 30)), ((0, 60), (10, 50))])
@pytest.mark.parametrize(("most_weights", "with_curves"), [(30, 100), (5_000, 20)])
def test_it_may_be_resumed_with_other_seeds(tmp_path, monkeypatch, script, before, then, most_weights, with_curves):
    monkeypatch.setattr(runs, "MOST_WEIGHTS", most_weights)
    monkeypatch.setattr(runs, "WITH_CURVES", with_curves)

    def settings(name, first, n):
        wanted = (f"first_seed={first}", f"seeds={n}", "reading=two_hidden", f"output={tmp_path / name}")
        return load("xor", *wanted)

    script.run(settings("whole", *then))
    script.run(settings("other", *before))
    path = settings("other", *then).runs_file
    runs.write(runs.read(path), path, stopped=True)  # as if another reading had been stopped
    script.run(settings("other", *then))
    assert path.read_bytes() == settings("whole", *then).runs_file.read_bytes()


LATTICE = Experiment(
    "xor",
    recipe=replace(TWO, sweeps=700),
    axes={"net": {"one": {"network": "1_hidden"}, "two": {}}, "rate": {"slow": {"epsilon": 0.001}, "fast": {}}},
    first_look=2,
    promising="solved",
)
NAMES = ["one/slow", "one/fast", "two/slow", "two/fast"]  # only the last is ever solved


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")
    return import_module("run")


@pytest.fixture
def asked(script, monkeypatch):
    """Of every call to run_together: how many recipes, which seeds."""
    calls, whole = [], script.run_together

    def noted(problem, recipes, seeds, **how):
        calls.append((len(recipes), list(seeds)))
        return whole(problem, recipes, seeds, **how)

    monkeypatch.setattr(script, "run_together", noted)
    return calls


def test_only_promising_readings_get_all_seeds(tmp_path, script, asked):
    settings = Settings(LATTICE, seeds=9, first_seed=3, output=str(tmp_path))
    script.run(settings)
    assert asked == [(2, [3, 4]), (2, [3, 4]), (1, [5, 6, 7, 8, 9, 10, 11])]
    found = runs.read(settings.runs_file)
    assert found.conditions == NAMES
    assert [found.of(name)["seed"].tolist() for name in NAMES] == [[3, 4]] * 3 + [[*range(3, 12)]]
    assert [found.about[name]["seeds"] for name in NAMES] == [[3, 4]] * 3 + [[3, 11]]
    assert [bool(found.of(name)["solved"].any()) for name in NAMES] == [False, False, False, True]
    runs.same_recipes(found, {name: LATTICE.recipe_of(name) for name in NAMES})
    for name in NAMES:
        seeds = found.of(name)["seed"].tolist()
        rows = run_condition(xor, LATTICE.recipe_of(name), seeds)
        assert np.array_equal(found.weights(name), np.stack(rows["weights"]))


def test_without_a_first_look_every_reading_gets_all_seeds(tmp_path, script, asked):
    script.run(Settings(replace(LATTICE, first_look=None), seeds=4, output=str(tmp_path)))
    assert asked == [(1, [0, 1, 2, 3])] * 4


@pytest.mark.parametrize(
    ("stopped", "left", "rest"),
    [
        (1, {"one/slow": [0], "one/fast": [0]}, [(2, [1]), (2, [0, 1]), (1, [2, 3, 4, 5, 6, 7])]),
        (
            2,
            {"one/slow": [0, 1], "one/fast": [0, 1], "two/slow": [0], "two/fast": [0]},
            [(2, [1]), (1, [2, 3, 4, 5, 6, 7])],
        ),
        (3, {name: [0, 1] for name in NAMES[:3]} | {"two/fast": [0, 1, 2, 4, 6]}, [(1, [3, 5, 7])]),
    ],
)
def test_a_lattice_that_was_stopped_is_resumed_to_the_same_bytes(
    tmp_path, script, asked, monkeypatch, stopped, left, rest
):
    whole, halves = (Settings(LATTICE, seeds=8, output=str(tmp_path / name)) for name in ("whole", "halves"))
    script.run(whole)
    asked.clear()
    to_the_end = script.run_together

    def half(*what, **how):
        rows = to_the_end(*what, **how)
        return [some.iloc[::2] for some in rows] if len(asked) == stopped else rows

    monkeypatch.setattr(script, "run_together", half)
    with pytest.raises(KeyboardInterrupt):
        script.run(halves)
    assert len(asked) == stopped
    found = runs.read(halves.runs_file)
    assert {name: found.of(name)["seed"].tolist() for name in found.conditions} == left
    assert found.stopped
    asked.clear()
    monkeypatch.setattr(script, "run_together", to_the_end)
    script.run(halves)
    assert asked == rest
    assert halves.runs_file.read_bytes() == whole.runs_file.read_bytes()


def test_a_run_that_is_stopped_at_once_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")
    import run as script

    whole, settings = script.run_together, load("xor", "seeds=3", "reading=two_hidden", f"output={tmp_path}")
    monkeypatch.setattr(script, "run_together", lambda *what, **how: [rows.iloc[:0] for rows in whole(*what, **how)])
    with pytest.raises(KeyboardInterrupt):
        script.run(settings)
    assert not settings.runs_file.exists()

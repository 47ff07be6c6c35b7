"""Runs that were stopped and go on, and readings that get all seeds only if the first ones promise something."""

from dataclasses import replace
from importlib import import_module

import pandas as pd
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.problems import xor
from backprop86.running import runs
from backprop86.running.experiment import Experiment
from backprop86.running.settings import Settings
from backprop86.running.training import run_reading

TWO = Recipe("2_hidden", 300, epsilon=0.5, alpha=0.9)
LATTICE = Experiment(
    "xor",
    recipe=replace(TWO, sweeps=700),
    axes={"net": {"one": {"network": "1_hidden"}, "two": {}}, "rate": {"slow": {"epsilon": 0.001}, "fast": {}}},
    first_look=2,
    promising="learned",
)
NAMES = ["one/slow", "one/fast", "two/slow", "two/fast"]  # only the last is ever learned
VARIANT = Experiment(
    "xor",
    recipe=Recipe("one_hidden_direct", 900, 0.5, 0.9, target_on=0.9, target_off=0.1, criterion="right_side"),
    variants={"two_hidden": {"network": "2_hidden", "epsilon": 0.25, "moments": [300]}},
    readings={"as_printed": {}},
    drawn={"two_hidden/as_printed": 600},
)
WHOLE_NAME = "two_hidden/as_printed"
TWO_CODES = Experiment(
    "encoder",
    recipe=Recipe("8-3-8", 400, 0.25, 0.9, moments=[100]),
    variants={"singleton": {"network": "2-1-4-4", "moments": [300]}},  # it shares some measures, and has its own
    readings={"as_printed": {}},
)


def of_variant(folder, seeds=50, first_seed=0, experiment=VARIANT):
    return Settings(experiment, seeds, first_seed, "two_hidden", output=str(folder))


@pytest.fixture
def script():
    return import_module("backprop86.running.run")


@pytest.fixture
def asked(script, monkeypatch):
    """Return a list of all calls to run_together: the number of recipes, the seeds."""
    calls, whole = [], script.run_together

    def noted(problem, recipes, seeds, **how):
        calls.append((len(recipes), list(seeds)))
        return whole(problem, recipes, seeds, **how)

    monkeypatch.setattr(script, "run_together", noted)
    return calls


def test_engines_are_told_what_the_settings_say(tmp_path, monkeypatch, script):
    told, whole = [], script.run_together

    def noted(*what, **how):
        told.append({name: how[name] for name in ("engine", "device", "threads")})
        return whole(*what, **how)

    monkeypatch.setattr(script, "run_together", noted)
    script.run(replace(of_variant(tmp_path, 2), engine="reference", threads=1))
    assert told == [{"engine": "reference", "device": "cpu", "threads": 1}]


def test_a_run_that_was_stopped_is_resumed_to_the_same_bytes(tmp_path, monkeypatch, script):
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 0)
    monkeypatch.setattr(Experiment, "kept", lambda self, name: (3, 2))  # so that other runs are kept for their own sake
    settings = [of_variant(tmp_path / name) for name in ("a", "b")]
    script.run(settings[0])
    whole = script.run_together

    def stopped(*what, **how):
        return [rows.iloc[::2] for rows in whole(*what, **how)]

    monkeypatch.setattr(script, "run_together", stopped)
    with pytest.raises(KeyboardInterrupt):
        script.run(settings[1])
    half = runs.read(settings[1].runs_file)
    assert runs.missing(half, WHOLE_NAME) == 25
    with pytest.raises(
        ValueError, match=r"^the runs of xor, reading two_hidden/as_printed, were stopped half-way: python exp"
    ):
        runs.same_recipes(half, {WHOLE_NAME: half.recipe(WHOLE_NAME)})
    asked = []
    monkeypatch.setattr(
        script, "run_together", lambda p, r, seeds, **how: asked.extend(seeds) or whole(p, r, seeds, **how)
    )
    script.run(settings[1])
    assert len(asked) == 25
    assert settings[1].runs_file.read_bytes() == settings[0].runs_file.read_bytes()
    script.run(settings[1])
    assert len(asked) == 25 + 50  # a run that was finished is made anew
    assert settings[1].runs_file.read_bytes() == settings[0].runs_file.read_bytes()
    made = runs.read(settings[1].runs_file)
    median, _ = made.typical(WHOLE_NAME)
    assert (median > 3, median in half.of(WHOLE_NAME)["seed"].tolist()) == (True, True)
    first = [of.of(WHOLE_NAME).groupby("failure")["seed"].min().to_dict() for of in (half, made)]
    assert first[0].keys() == first[1].keys() == {"", "plateau", "still_learning"}
    assert first[0] != first[1]


def test_variants_with_moments_of_their_own_have_the_same_bytes_whatever_was_made_first(tmp_path, monkeypatch, script):
    both = [Settings(TWO_CODES, seeds=20, output=str(tmp_path / name)) for name in ("a", "b")]
    script.run(both[0])
    whole = script.run_together

    def stopped(problem, recipes, seeds, **how):
        rows = whole(problem, recipes, seeds, **how)
        return [part.iloc[::2] for part in rows] if recipes[0].moments == [300] else rows

    monkeypatch.setattr(script, "run_together", stopped)
    with pytest.raises(KeyboardInterrupt):
        script.run(both[1])
    monkeypatch.setattr(script, "run_together", whole)
    script.run(both[1])
    assert both[1].runs_file.read_bytes() == both[0].runs_file.read_bytes()
    for reading in TWO_CODES.every_reading:
        script.run(replace(both[1], reading=reading))
        assert both[1].runs_file.read_bytes() == both[0].runs_file.read_bytes(), reading


@pytest.mark.slow
@pytest.mark.parametrize(("before", "then"), [((0, 30), (0, 60)), ((0, 60), (0, 30)), ((0, 60), (10, 50))])
@pytest.mark.parametrize("kept", [(3, 100), (20, 20), (3, 0)])
def test_it_may_be_resumed_with_other_seeds(tmp_path, monkeypatch, script, before, then, kept):
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 0)
    monkeypatch.setattr(Experiment, "kept", lambda self, name: kept)

    def settings(name, first, n):
        return of_variant(tmp_path / name, n, first)

    script.run(settings("whole", *then))
    script.run(settings("other", *before))
    path = settings("other", *then).runs_file
    runs.write(runs.read(path), path, stopped=True)  # as if another reading had been stopped
    script.run(settings("other", *then))
    assert path.read_bytes() == settings("whole", *then).runs_file.read_bytes()


def test_only_promising_readings_get_all_seeds(tmp_path, script, asked):
    settings = Settings(LATTICE, seeds=9, first_seed=3, output=str(tmp_path))
    script.run(settings)
    assert asked == [(2, [3, 4]), (2, [3, 4]), (1, [5, 6, 7, 8, 9, 10, 11])]
    found = runs.read(settings.runs_file)
    assert found.readings == NAMES
    assert [found.of(name)["seed"].tolist() for name in NAMES] == [[3, 4]] * 3 + [[*range(3, 12)]]
    assert [found.about[name].seeds for name in NAMES] == [[3, 4]] * 3 + [[3, 11]]
    assert [bool(found.of(name)["learned"].any()) for name in NAMES] == [False, False, False, True]
    runs.same_recipes(found, {name: LATTICE.recipe_of(name) for name in NAMES})
    for name in NAMES:
        seeds = found.of(name)["seed"].tolist()
        rows = run_reading(xor, LATTICE.recipe_of(name), seeds)
        measures = [column for column in rows if not runs.is_large(column)]
        pd.testing.assert_frame_equal(found.of(name)[measures], rows[measures], check_dtype=False)


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
    assert {name: found.of(name)["seed"].tolist() for name in found.readings} == left
    assert found.stopped
    asked.clear()
    monkeypatch.setattr(script, "run_together", to_the_end)
    script.run(halves)
    assert asked == rest
    assert halves.runs_file.read_bytes() == whole.runs_file.read_bytes()


@pytest.mark.parametrize(
    ("place", "call", "left"),
    [
        ("backprop86.running.training.start_of", 1, []),  # while the weights of the first reading are drawn
        ("backprop86.running.training._some_at_a_time", 2, []),  # while its rows are measured
        ("backprop86.running.runs.thinned", 2, ["one/slow"]),  # while those of the second are put beside them
        ("backprop86.running.training._some_at_a_time", 8, ["one/slow", "one/fast", "two/slow"]),
        ("backprop86.running.runs.write", 1, NAMES),  # while the file is written
    ],
)
def test_what_ctrl_c_says_is_true(tmp_path, monkeypatch, script, place, call, left):
    settings = Settings(replace(LATTICE, first_look=None), seeds=2, output=str(tmp_path))
    monkeypatch.setattr(Experiment, "trial", lambda self, recipes: dict.fromkeys(recipes, 2))
    module, name = place.rsplit(".", 1)
    whole, calls = getattr(import_module(module), name), []

    def interrupted(*what, **how):
        calls.append(name)
        if len(calls) == call:
            raise KeyboardInterrupt
        return whole(*what, **how)

    monkeypatch.setattr(import_module(module), name, interrupted)
    with pytest.raises(KeyboardInterrupt) as stop:
        script.run(settings)
    if left:
        assert str(stop.value) == f"finished seeds are in {settings.runs_file}, and the same command goes on from there"
        assert runs.read(settings.runs_file).readings == left
    else:
        assert str(stop.value) == "nothing was saved"
        assert not settings.runs_file.exists()


def test_a_run_that_is_stopped_at_once_leaves_nothing(tmp_path, monkeypatch):
    from backprop86.running import run as script

    whole, settings = script.run_together, of_variant(tmp_path, 3)
    monkeypatch.setattr(script, "run_together", lambda *what, **how: [rows.iloc[:0] for rows in whole(*what, **how)])
    with pytest.raises(KeyboardInterrupt, match=r"^nothing was saved$"):
        script.run(settings)
    assert not settings.runs_file.exists()

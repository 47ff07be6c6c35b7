"""Rows made anew: equal to the last bit, and one flipped bit in any column is found and named."""

import re
import sys
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running import runs
from backprop86.running.cli import one_clear_line
from backprop86.running.experiment import Experiment
from backprop86.running.run import run
from backprop86.running.settings import Settings
from backprop86.running.training import run_together
from backprop86.running.verify import first_difference, verify

XOR = Experiment(
    "xor",
    recipe=Recipe("one_hidden_direct", 400, 0.5, 0.9, criterion="right_side", moments=[150]),
    variants={"fast": {"epsilon": 1.0}},
    readings={"as_printed": {}, "longer": {"sweeps": 450}, "fast/range_1": {"initial_range": 1.0}},
    drawn={"fast/as_printed": 300},
)
PARITY = Experiment(
    "parity", recipe=Recipe("2_bits_2_hidden", 90, 0.5, 0.9), readings={"as_printed": {}}, numbers_only=True
)
MAP = replace(XOR, stem="map", by_itself="map")
NAME, SEEDS = "fast/as_printed", 34  # the curves of the last four are not drawn


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the rows of two experiments as run.py writes them, those of parity by the reference engine."""
    folder = tmp_path_factory.mktemp("made")
    run(Settings(XOR, SEEDS, output=str(folder)))
    run(Settings(PARITY, SEEDS, engine="reference", output=str(folder)))
    return folder


@pytest.fixture(scope="module")
def rows(made):
    """The rows of one reading, as they are read; nobody changes them."""
    return runs.read(made / "runs" / "xor.parquet").of(NAME)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """Make these two, and a third without rows, the only experiments."""
    every = {one.stem: one for one in (XOR, MAP, PARITY)}

    def load(stem, output):
        if stem not in every:
            raise BadInput(f"experiment must be one of {', '.join(every)}, was {stem}")
        return Settings(every[stem], output=str(output))

    monkeypatch.setattr("backprop86.running.verify.load", load)
    monkeypatch.setattr("verify.load", load)
    monkeypatch.setattr("verify.stems", lambda: list(every))
    return every


@pytest.fixture
def changed(made, tmp_path):
    """Copy the rows with some values of XOR changed, and return their folder."""

    def write(*changes, reading=NAME):
        found = runs.read(made / "runs" / "xor.parquet")
        rows = found.of(reading)
        for seed, column, change in changes:
            cells = rows[column].astype(object)
            (place,) = np.flatnonzero(rows["seed"] == seed)
            cells.iat[place] = change(rows[column].iat[place])
            rows[column] = cells if runs.is_large(column) else cells.astype(rows[column].dtype)
        runs.write(found, tmp_path / "runs" / "xor.parquet")
        (tmp_path / "runs" / "parity.parquet").write_bytes((made / "runs" / "parity.parquet").read_bytes())
        return tmp_path

    return write


@pytest.fixture
def answer(monkeypatch, capsys, tmp_path):
    """Call the command from an empty folder: exit status, the lines of stdout without the bars, stderr."""

    def call(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["verify.py", *map(str, arguments)])
        status = 0
        try:
            with one_clear_line():
                import_module("verify").main()
        except SystemExit as left:
            status = left.code
        out, err = capsys.readouterr()
        return status, [line for line in out.splitlines() if line and "━" not in line], err

    return call


def flipped(value):
    """A number with its last bit turned over."""
    return (np.array(value, np.float32).view(np.int32) ^ 1).view(np.float32)[()]


def at(place, change):
    """A change of one number of an array."""

    def changed(array):
        array = array.copy()
        array[place] = change(array[place])
        return array

    return changed


def any_value(value):
    return True


@pytest.mark.slow
def test_the_same_rows_are_equal(made):
    found = verify("xor", output=made)
    assert (found.readings, found.runs, found.differences) == (4, 80, [])
    rows = runs.read(made / "runs" / "xor.parquet")
    of_each = [rows.of(name).iloc[:20].drop(columns=["variant", "reading", "seed"]) for name in rows.readings]
    assert sum(np.size(value) for part in of_each for name in part for value in part[name].dropna()) == found.compared
    assert found.compared > 5000  # among them weights and curves
    assert verify("parity", output=made).differences == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seeds", "n"), [(1, 1), (5, 5), (1000, SEEDS), ([33], 1), ([31, 3, 32, 3], 3), (range(28, 34), 6)]
)
def test_any_seeds_may_be_compared(made, seeds, n):
    found = verify("xor", seeds, made)
    assert (found.runs, found.differences) == (4 * n, [])


@pytest.mark.slow
@pytest.mark.parametrize(("most", "n"), [(1000, [3, 1]), (40, [2, 1, 1]), (7, [1, 1, 1, 1])])
def test_readings_that_are_alike_are_trained_side_by_side_by_the_engine_of_the_rows(made, monkeypatch, most, n):
    calls = []

    def noted(problem, recipes, seeds, engine, **how):
        calls.append((len(recipes), engine))
        return run_together(problem, recipes, seeds, engine, **how)

    monkeypatch.setattr("backprop86.running.verify.AT_ONCE", most)
    monkeypatch.setattr("backprop86.running.verify.run_together", noted)
    assert [verify(stem, output=made).differences for stem in ("xor", "parity")] == [[], []]
    assert sorted(calls[:-1], reverse=True) == [(k, "fused") for k in n]
    assert calls[-1] == (1, "reference")


@pytest.mark.slow
def test_arrays_of_a_few_runs_only_are_compared_where_they_are_kept(made, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 0)
    monkeypatch.setattr(Experiment, "kept", lambda self, name: (3, 2))
    run(Settings(XOR, SEEDS, output=str(tmp_path)))
    kept = runs.read(tmp_path / "runs" / "xor.parquet").of(NAME)[["weights@end", "error_curve"]].notna().sum()
    assert (kept >= 3).all()
    assert (kept < 20).all()
    few, many = verify("xor", 1000, tmp_path), verify("xor", 1000, made)
    assert few.differences == many.differences == []
    assert few.compared < many.compared


CHANGES = {
    "an error": ("error", any_value, flipped),
    "a measure": ("to_hidden@end", any_value, flipped),
    "sweeps": ("sweeps", any_value, lambda value: value ^ 1),
    "a sweep that is gone": ("right_side", any_value, lambda value: pd.NA),
    "yes or no": ("diverged", any_value, lambda value: not value),
    "yes or no at a sweep": ("is_printed_kind@150", any_value, lambda value: not value),
    "a failure": ("failure", lambda value: value != "", lambda value: "idle_unit"),
    "a text": ("hidden_code@learned", any_value, lambda value: value[:-1] + "?"),
    "a weight": ("weights@end", any_value, at(3, flipped)),
    "a weight at a sweep": ("weights@150", any_value, at(6, flipped)),
    "E in a curve": ("error_curve", any_value, at(5, flipped)),
    "a gradient in a curve": ("gradient_curve", any_value, at(0, flipped)),
    "a zero for a NaN": ("error_curve", lambda curve: np.isnan(curve[-1]), at(-1, lambda value: np.float32(0))),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", CHANGES)
def test_one_flipped_bit_is_named(rows, changed, what):
    column, test, change = CHANGES[what]
    seed = [seed for seed in range(20) if pd.notna(rows[column])[seed] and test(rows[column][seed])][-1]
    was = rows[column][seed]
    now = change(was)
    (found,) = verify("xor", output=changed((seed, column, change))).differences
    assert (found.stem, found.reading, found.seed, found.column.partition("[")[0]) == ("xor", NAME, seed, column)
    if place := re.search(r"\[(\d+)\]$", found.column):
        was, now = was[int(place[1])], now[int(place[1])]
    assert np.array_equal(found.anew, was, equal_nan=bool(place))
    assert found.on_disk is None if now is pd.NA else np.array_equal(found.on_disk, now)
    assert str(found.on_disk) != str(found.anew)
    assert str(found).startswith(f"xor, reading {NAME}, seed {seed}, column {found.column}: ")


def test_the_sign_of_a_zero_is_a_bit_and_nan_is_nan():
    rows = pd.DataFrame({"variant": "", "reading": "a", "seed": [3], "error": np.float32([0])})
    assert first_difference(rows, rows.copy()) is None
    assert first_difference(rows, rows.assign(error=np.float32([-0.0])))[:2] == (3, "error")
    zero, minus, other_nan = (rows.assign(error_curve=[np.float32([1, end, np.nan])]) for end in (0.0, -0.0, 0.0))
    other_nan["error_curve"].iat[0].view(np.int32)[2] ^= 1
    assert first_difference(zero, other_nan) is None
    assert first_difference(zero, minus) == (3, "error_curve[1]", 0, 0)


@pytest.mark.slow
def test_the_first_is_that_of_the_first_seed_and_there_of_the_first_column(changed):
    folder = changed(
        (9, "diverged", lambda value: not value),
        (7, "weights@end", at(2, flipped)),
        (7, "stopped", lambda value: value - 1),
        (8, "error", flipped),
    )
    (found,) = verify("xor", output=folder).differences
    assert (found.seed, found.column) == (7, "stopped")
    assert verify("xor", [6, 10], folder).differences == []


@pytest.mark.slow
def test_a_column_that_is_not_there_holds_nothing(made, tmp_path):
    found = runs.read(made / "runs" / "xor.parquet")
    table = {name: rows.drop(columns="hidden_off@end") for name, rows in found.parts.items()}
    runs.write(replace(found, parts=table), tmp_path / "runs" / "xor.parquet")
    assert len(verify("xor", output=tmp_path).differences) == 4
    first = verify("xor", 1, tmp_path).differences[0]
    assert (first.reading, first.seed, first.column, first.on_disk) == ("as_printed", 0, "hidden_off@end", None)
    assert re.search(r"column hidden_off@end: missing on disk, (True|False) made anew$", str(first))


@pytest.mark.slow
def test_what_the_rows_were_made_with_is_told(changed):
    folder = changed((3, "stopped", lambda value: value + 1))
    path = folder / "runs" / "xor.parquet"
    found = runs.read(path)
    for name, about in found.about.items():
        found.about[name] = replace(about, engine="another", versions=about.versions | {"torch": "1.0", "mkl": "2"})
    runs.write(found, path)
    line = f" made anew (made with torch 1.0, here {version('torch')}; mkl 2, here none)"
    assert str(verify("xor", output=folder).differences[0]).endswith(line)


@pytest.mark.parametrize(
    ("seeds", "line"),
    [
        (0, r"seeds must be a whole number of at least 1, or a list of seeds, was 0"),
        ([], r"seeds must be a whole number of at least 1, or a list of seeds, was empty"),
        ([3, 34], r"seeds must have rows of xor, reading as_printed, was 34"),
    ],
)
def test_seeds_that_cannot_be(made, seeds, line):
    with pytest.raises(BadInput, match=f"^{line}$"):
        verify("xor", seeds, made)


def test_rows_of_other_recipes_are_not_compared(made, known, monkeypatch):
    monkeypatch.setattr("backprop86.running.verify.run_together", None)  # nothing is trained
    known["xor"] = replace(XOR, recipe=replace(XOR.recipe, epsilon=0.7))
    told = rf"the runs of xor, reading as_printed, were made with epsilon 0.5, its file now says 0.7: .* output={made}"
    with pytest.raises(BadInput, match=f"^{told} makes them anew$"):
        verify("xor", output=made)
    known["xor"] = replace(XOR, readings=XOR.readings | {"new": {}})
    with pytest.raises(BadInput, match=r"^there are no runs of xor, reading new: python experiments/run.py .*"):
        verify("xor", output=made)
    with pytest.raises(BadInput, match=r"runs/map.parquet does not exist: python .* makes it$"):
        verify("map", output=made)


@pytest.mark.slow
def test_the_command_says_what_was_compared(made, answer):
    n = sum(verify(stem, output=made).compared for stem in ("xor", "parity"))
    left_out = "left out: the rows of map (make map makes them)"
    assert answer("--output", made) == (0, [left_out, f"5 readings, 100 runs, {n:,} values: all equal"], "")
    (Path(made) / "runs" / "map.parquet").touch()
    left_out = "left out: the rows of map (verify.py map compares them)"
    assert answer("--output", made) == (0, [left_out, f"5 readings, 100 runs, {n:,} values: all equal"], "")
    (Path(made) / "runs" / "map.parquet").unlink()
    n = verify("parity", 7, made).compared
    assert answer("parity", "--seeds", "7", "--output", made) == (0, [f"1 readings, 7 runs, {n} values: all equal"], "")


@pytest.mark.slow
def test_the_command_names_the_first_difference_and_fails(changed, answer):
    folder = changed((5, "stopped", lambda value: 1), (6, "stopped", lambda value: 2))
    n = sum(verify(stem, output=folder).compared for stem in ("xor", "parity"))
    status, (_, first, last), _ = answer("--output", folder)
    assert status == 1
    assert re.fullmatch(rf"xor, reading {NAME}, seed 5, column stopped: 1 on disk, \d+ made anew", first)
    assert last == f"5 readings, 100 runs, {n:,} values; readings that differ: 1 of xor"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["xro"], r"experiment must be one of xor, map, parity, was xro"),
        (["xor", "map"], r"\S+map.parquet does not exist: python experiments/run.py .* makes it"),
        (["--seeds", "0"], r"seeds must be a whole number of at least 1, or a list of seeds, was 0"),
        (["--output", "nowhere"], r"nowhere/runs/xor.parquet does not exist: python .* output=nowhere makes it"),
    ],
)
def test_the_command_answers_a_mistake_with_one_line_before_it_trains(made, answer, monkeypatch, given, line):
    monkeypatch.setattr("backprop86.running.verify.run_together", None)
    where = [] if "--output" in given else ["--output", made]
    status, _, err = answer(*given, *where)
    assert status == 2
    assert re.fullmatch(f"error: {line}\n", err)

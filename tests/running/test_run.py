"""Runs that are stopped and go on, in shards, and beside each other."""

import random
import shutil
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Event, Thread

import pandas as pd
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from rich.progress import Progress

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import xor
from backprop86.running import plan, provenance, ranges, runs, writing
from backprop86.running.durable import HOST
from backprop86.running.experiment import Experiment
from backprop86.running.settings import Settings
from backprop86.running.training import run_reading

TWO = Recipe("2_hidden", 300, epsilon=0.5, alpha=0.9)
FOUR = Experiment(
    "xor",
    recipe=replace(TWO, sweeps=700),
    axes={"net": {"one": {"network": "1_hidden"}, "two": {}}, "rate": {"slow": {"epsilon": 0.001}, "fast": {}}},
)
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
def small(monkeypatch):
    """Let ranges be of 8 seeds, and few weights and curves be kept, so that others are kept for their own sake."""
    monkeypatch.setattr(ranges, "LEAST", 8)
    monkeypatch.setattr(ranges, "MOST", 8)
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 0)
    monkeypatch.setattr(Experiment, "kept", lambda self, name: (3, 2))


@pytest.fixture
def asked(script, monkeypatch):
    """Return a list of all calls to run_together: the number of recipes, the seeds."""
    calls, whole = [], plan.run_together

    def noted(problem, recipes, seeds, **how):
        calls.append((len(recipes), list(seeds)))
        return whole(problem, recipes, seeds, **how)

    monkeypatch.setattr(plan, "run_together", noted)
    return calls


@pytest.fixture
def stopping(script, monkeypatch):
    """Return a function that stops a run, as by Ctrl-C, after a number of finished ranges."""
    whole = plan.Plan.train

    def stop_after(n):
        left = iter(range(n))

        def piece(*what, **how):
            if next(left, None) is None:
                raise KeyboardInterrupt
            whole(*what, **how)

        monkeypatch.setattr(plan.Plan, "train", piece)

    return stop_after


def finished(settings):
    return sorted(settings.ranges.glob("*/*.parquet"))


@pytest.mark.slow
def test_engines_are_told_what_the_settings_say(tmp_path, monkeypatch, script):
    told, whole = [], plan.run_together

    def noted(*what, **how):
        told.append({name: how[name] for name in ("engine", "device", "threads")})
        return whole(*what, **how)

    monkeypatch.setattr(plan, "run_together", noted)
    script.run(replace(of_variant(tmp_path, 2), engine="reference", threads=1))
    assert told == [{"engine": "reference", "device": "cpu", "threads": 1}]


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(tmp_path, script, asked, stopping):
    whole, stopped = (of_variant(tmp_path / name) for name in ("a", "b"))
    of_whole = script.run(whole)[WHOLE_NAME]
    stopping(3)
    told = rf"^3 of 7 ranges of seeds are finished, in {stopped.ranges}, and the same command goes on from there$"
    with pytest.raises(KeyboardInterrupt, match=told):
        script.run(stopped)
    assert len(finished(stopped)) == 3
    assert not stopped.runs_file.exists()
    asked.clear()
    stopping(100)
    tally = script.run(stopped)[WHOLE_NAME]
    assert [seeds[0] for _, seeds in asked] == [24, 32, 40, 48]
    assert stopped.runs_file.read_bytes() == whole.runs_file.read_bytes()
    assert tally == of_whole
    assert (tally.runs, tally.n_learned) == (50, int(runs.read(whole.runs_file).of(WHOLE_NAME)["learned"].sum()))
    assert not finished(stopped)
    asked.clear()
    script.run(stopped)
    assert sum(len(seeds) for _, seeds in asked) == 50  # a run that was finished is made anew
    assert stopped.runs_file.read_bytes() == whole.runs_file.read_bytes()
    made = runs.read(whole.runs_file)
    median, _ = made.typical(WHOLE_NAME)
    assert (median > 3, median in made.of(WHOLE_NAME)["seed"].tolist()) == (True, True)


@pytest.mark.slow
def test_rows_do_not_depend_on_how_seeds_are_cut(tmp_path, script, monkeypatch):
    settings = of_variant(tmp_path / "whole")
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 0)
    monkeypatch.setattr(Experiment, "kept", lambda self, name: (3, 2))
    script.run(settings)
    rows = run_reading(xor, VARIANT.recipe_of(WHOLE_NAME), list(range(50)), drawn=600)
    of_whole = runs.thinned(rows, 3, 2).assign(variant="two_hidden", reading="as_printed")
    pd.testing.assert_frame_equal(
        runs.read(settings.runs_file).rows.drop(columns=["learned", "diverged"]),
        of_whole[runs.read(settings.runs_file).rows.columns].drop(columns=["learned", "diverged"]),
        check_dtype=False,
    )
    for size in (1, 8, 32):
        monkeypatch.setattr(ranges, "LEAST", size)
        monkeypatch.setattr(ranges, "MOST", size)
        other = of_variant(tmp_path / str(size))
        script.run(other)
        assert other.runs_file.read_bytes() == settings.runs_file.read_bytes(), size


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_shards_do_their_parts_in_any_order_and_come_together(tmp_path, script, asked):
    whole = Settings(TWO_CODES, 20, output=str(tmp_path / "whole"))
    script.run(whole)
    asked.clear()
    places = [tmp_path / "b", tmp_path / "c", tmp_path / "c"]
    for shard, place in ((3, places[0]), (1, places[1]), (2, places[2])):
        assert script.run(Settings(TWO_CODES, 20, output=str(place), shard=shard, shards=3)) == {}
    assert sorted(seeds[0] for _, seeds in asked) == [0, 0, 8, 8, 16, 16]
    shutil.copytree(places[0] / "ranges", places[1] / "ranges", dirs_exist_ok=True)
    asked.clear()
    gathered = replace(whole, output=str(places[1]))
    script.run(gathered)
    assert asked == []
    assert gathered.runs_file.read_bytes() == whole.runs_file.read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_other_settings_and_other_code_do_not_mix(tmp_path, script, asked, stopping, monkeypatch):
    settings = of_variant(tmp_path, 16)
    changes = [
        lambda: replace(settings, experiment=replace(VARIANT, variants={"two_hidden": {"network": "2_hidden"}})),
        lambda: replace(settings, experiment=replace(VARIANT, drawn={})),
        lambda: replace(settings, experiment=replace(VARIANT, numbers_only=True)),
        lambda: replace(settings, engine="reference"),
        lambda: monkeypatch.setattr(ranges, "sources", lambda: "other code") or settings,
        lambda: monkeypatch.setattr(provenance, "versions", lambda *names: {"python": "4"}) or settings,
    ]
    stopping(1)
    with pytest.raises(KeyboardInterrupt):
        script.run(settings)
    for change in changes:
        other = change()
        asked.clear()
        stopping(100)
        script.run(other)
        assert [seeds[0] for _, seeds in asked] == [0, 8]
        assert len(finished(settings)) == 1  # it waits for its own command


def test_the_digest_of_a_range_follows_from_every_setting():
    about = provenance.Provenance.of(("", "a"), TWO, 2, [0, 9], "fused")
    other = {"network": "x", "update": "case", "error": "mean", "dead_zone": "from_edge", "start": "equal"}
    other |= {"biases": "zero", "criterion": "right_side", "stop": "limit", "held_out": "random", "dtype": "float32"}
    other |= {
        "decay_in": "change",
        "decay_from": "learned",
        "epsilon_by": "fan_in",
        "procedure": "desired_states",
        "output_slope": "left_out",
    }
    keys = [ranges.Finished.of(Path("x"), "a", about).key]
    for name in Recipe.__annotations__:
        changed = other.get(name) or ([7] if name == "moments" else getattr(TWO, name) + 1)
        keys.append(ranges.Finished.of(Path("x"), "a", replace(about, recipe=replace(TWO, **{name: changed}))).key)
    assert len(set(keys)) == len(keys) == 1 + len(Recipe.__annotations__)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_no_damaged_range_is_used(tmp_path, script, asked, stopping):
    whole, settings = (of_variant(tmp_path / name, 16) for name in ("a", "b"))
    script.run(whole)
    stopping(1)
    with pytest.raises(KeyboardInterrupt):
        script.run(settings)
    (path,) = finished(settings)
    content, generator = path.read_bytes(), random.Random(1986)
    made = plan.Plan.of(settings)
    seeds = {range(8, 16): made}  # the other range
    damages = [content[: len(content) // 2], content[:-1], b"", b"PAR1", content + b"x"]
    for _ in range(200):
        place, bit = generator.randrange(len(content)), generator.randrange(8)
        damages.append(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    assert [piece.seeds for piece in made.missing()] == list(seeds)
    for damaged in damages:
        path.write_bytes(damaged)
        assert [piece.seeds for piece in made.missing()] == [range(8), range(8, 16)]
    stopping(100)
    asked.clear()
    script.run(settings)
    assert [seeds for _, seeds in asked] == [[*range(8)], [*range(8, 16)]]
    assert settings.runs_file.read_bytes() == whole.runs_file.read_bytes()


@pytest.mark.usefixtures("small")
def test_a_range_of_another_place_is_not_used(tmp_path, script, stopping):
    settings = of_variant(tmp_path, 24)
    stopping(1)
    with pytest.raises(KeyboardInterrupt):
        script.run(settings)
    (path,) = finished(settings)
    other = path.with_name(path.name.replace("0-7-", "8-15-"))
    shutil.copy(path, other)
    elsewhere = path.parent.with_name("two_hidden_as_printed-0123456789abcdef")
    shutil.copytree(path.parent, elsewhere)
    made = plan.Plan.of(settings)
    assert [piece.seeds for piece in made.missing()] == [range(8, 16), range(16, 24)]
    assert ranges.Finished(elsewhere, "0123456789abcdef").have([range(8)]) == set()


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_ranges_that_vanish_before_they_are_merged_are_made_again(tmp_path, script, asked, monkeypatch):
    whole, settings = (of_variant(tmp_path / name, 24) for name in ("a", "b"))
    script.run(whole)
    asked.clear()
    usual = plan.Plan.merged

    def merged(self):
        if len(asked) == 3:
            finished(settings)[1].unlink()  # another run has merged and removed them
        return usual(self)

    monkeypatch.setattr(plan.Plan, "merged", merged)
    script.run(settings)
    assert len(asked) == 4
    assert settings.runs_file.read_bytes() == whole.runs_file.read_bytes()


@pytest.mark.slow
def test_variants_with_moments_of_their_own_have_the_same_bytes_whatever_was_made_first(tmp_path, script):
    both = [Settings(TWO_CODES, seeds=20, output=str(tmp_path / name)) for name in ("a", "b")]
    script.run(both[0])
    for reading in reversed(TWO_CODES.every_reading):
        script.run(replace(both[1], reading=reading))
    assert both[1].runs_file.read_bytes() == both[0].runs_file.read_bytes()
    for reading in TWO_CODES.every_reading:
        script.run(replace(both[1], reading=reading))
        assert both[1].runs_file.read_bytes() == both[0].runs_file.read_bytes(), reading


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_file_is_written_some_rows_at_a_time(tmp_path, script, monkeypatch):
    usual, parts = (Settings(TWO_CODES, 20, output=str(tmp_path / name)) for name in ("a", "b"))
    script.run(usual)
    monkeypatch.setattr(writing, "ROWS_AT_ONCE", 10)
    script.run(parts)
    assert pq.ParquetFile(usual.runs_file).num_row_groups == 1
    assert pq.ParquetFile(parts.runs_file).num_row_groups == 4
    assert pq.read_table(parts.runs_file).equals(pq.read_table(usual.runs_file))
    for reading in TWO_CODES.every_reading:  # the others are taken over from the file
        script.run(replace(parts, reading=reading))
        assert pq.read_table(parts.runs_file).equals(pq.read_table(usual.runs_file)), reading


def test_readings_of_axes_are_trained_one_by_one(tmp_path, script, asked):
    script.run(Settings(FOUR, seeds=4, output=str(tmp_path)))
    assert asked == [(1, [0, 1, 2, 3])] * 4


@pytest.mark.parametrize(("most", "bars"), [(4, 4), (3, 1)])
def test_very_many_readings_have_one_bar(tmp_path, script, monkeypatch, most, bars):
    told, progress = [], Progress
    monkeypatch.setattr(script, "MOST_BARS", most)
    monkeypatch.setattr(progress, "add_task", lambda self, said, total: told.append((said, total)) or len(told) - 1)
    monkeypatch.setattr(progress, "advance", lambda self, task, advance: None)
    script.run(Settings(FOUR, seeds=2, output=str(tmp_path)))
    assert len(told) == bars
    assert sum(total for _, total in told) == 4 * 2 * 701


@pytest.mark.parametrize(
    ("place", "call", "left"),
    [
        ("backprop86.engines.fused.block_of", 1, 0),  # before the first reading is trained
        ("backprop86.running.training._some_at_a_time", 2, 0),  # while its rows are measured
        ("backprop86.running.plan.rounded", 2, 1),  # before those of the second are written
        ("backprop86.running.training._some_at_a_time", 8, 3),
        ("backprop86.running.merging.write_tables", 1, 4),  # while the file is written
    ],
)
def test_what_ctrl_c_says_is_true(tmp_path, monkeypatch, script, place, call, left):
    settings = Settings(FOUR, seeds=2, output=str(tmp_path))
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
    told = f"{left} of 4 ranges of seeds are finished, in {settings.ranges}, and the same command goes on from there"
    assert str(stop.value) == (told if left else "no range of seeds was finished")
    assert len(finished(settings)) == left
    assert not settings.runs_file.exists()


@pytest.mark.usefixtures("small")
def test_a_full_disk_is_told_and_costs_one_range(tmp_path, script, monkeypatch):
    settings, usual, written = of_variant(tmp_path, 24), ranges.Finished.keep, []

    def full(self, seeds, rows):
        if len(written) == 2:
            monkeypatch.setattr(Path, "write_bytes", refuse)
        written.append(seeds)
        usual(self, seeds, rows)

    def refuse(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ranges.Finished, "keep", full)
    with pytest.raises(BadInput, match=r"two_hidden\S+/16-23-\w+.parquet could not be written: No space left"):
        script.run(settings)
    assert len(finished(settings)) == 2
    assert sorted(path.suffix for path in settings.ranges.rglob("*.*")) == [".parquet", ".parquet"]


@pytest.mark.parametrize("times", [1, 9])
def test_a_folder_that_another_run_removes_at_this_moment_is_made_again(tmp_path, script, monkeypatch, times):
    settings, usual, gone = of_variant(tmp_path, 2), Path.write_bytes, []

    def removed(self, content):
        if len(gone) < times:
            gone.append(shutil.rmtree(self.parent))
        return usual(self, content)

    monkeypatch.setattr(Path, "write_bytes", removed)
    if times < ranges.ATTEMPTS:
        script.run(settings)
        assert settings.runs_file.is_file()
    else:
        with pytest.raises(BadInput, match=r"0-1-\w+.parquet could not be written: No such file or directory$"):
            script.run(settings)


def test_what_a_killed_run_was_writing_is_removed(tmp_path, script):
    settings = of_variant(tmp_path, 2)
    (finished_of,) = plan.Plan.of(settings).finished.values()
    dead = f".{HOST}.{2**22 + 1}.unfinished"  # no process has a number beyond 2^22
    left = [finished_of.folder / f"0-1{dead}", settings.runs_file.with_name(f"xor.parquet{dead}")]
    left.append(settings.counts_file.with_name(f"xor.csv{dead}"))
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    script.run(settings)
    assert [path for path in left if path.exists()] == []


def test_what_another_run_is_writing_stays_when_the_ranges_are_removed(tmp_path, script):
    settings = of_variant(tmp_path, 2)
    (finished_of,) = plan.Plan.of(settings).finished.values()
    finished_of.folder.mkdir(parents=True)
    other = finished_of.folder / "0-9-0123456789abcdef.parquet.another_host.7.unfinished"
    other.touch()
    script.run(settings)
    assert list(finished_of.folder.iterdir()) == [other]


def test_more_seeds_than_the_disk_has_room_for_are_told_before_training(tmp_path, script, asked, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=9_999_999))
    told = r"^seeds must be at most {}, was {}: a seed takes some {} bytes, and \S+ has 10 MB left$"
    for form, each in (("full", 306), ("compact", 10)):
        most = 9_999_999 // each
        settings = replace(of_variant(tmp_path, most + 1), form=form)
        with pytest.raises(BadInput, match=told.format(f"{most:,}", f"{most + 1:,}", each)):
            script.run(settings)
    assert asked == []


def test_a_damaged_file_of_other_readings_is_told_before_training(tmp_path, script, asked):
    settings = Settings(TWO_CODES, 3, reading="as_printed", output=str(tmp_path))
    script.run(settings)
    settings.runs_file.write_bytes(settings.runs_file.read_bytes()[:-9])
    asked.clear()
    with pytest.raises(BadInput, match=r"encoder.parquet is not a Parquet file that can be read"):
        script.run(settings)
    assert asked == []


@pytest.mark.slow
def test_a_run_waits_while_another_merges(tmp_path, script):
    settings = of_variant(tmp_path, 2)
    settings.ranges.mkdir(parents=True)
    held, seen = Event(), []

    def other():
        with FileLock(settings.ranges / "merging.lock"):
            held.set()
            time.sleep(2)
            seen.append(settings.runs_file.exists())

    thread = Thread(target=other)
    thread.start()
    held.wait()
    script.run(settings)
    thread.join()
    assert seen == [False]
    assert settings.runs_file.is_file()

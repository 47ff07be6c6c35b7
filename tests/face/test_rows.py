"""bp.run, bp.read_runs and bp.verify: rows like the published rows, nothing on the disk, one line for each mistake."""

import inspect

import numpy as np
import pandas as pd
import pytest

import backprop86 as bp
from backprop86.engines.recipe import BadInput
from helpers import ROOT


@pytest.mark.results
@pytest.mark.parametrize(
    ("experiment", "reading", "place"),
    [
        ("xor", None, ("", "as_printed")),
        ("xor", "two_hidden", ("two_hidden", "as_printed")),
        ("single_layer", "range_9", ("", "range_9")),
    ],
)
def test_rows_are_those_that_are_published(experiment, reading, place):
    rows, published = bp.run(experiment, reading=reading, seeds=20), bp.read_runs(experiment)
    of_it = published[(published["variant"] == place[0]) & (published["reading"] == place[1])]
    of_it = of_it[:20].dropna(axis=1, how="all").reset_index(drop=True)
    pd.testing.assert_frame_equal(rows.dropna(axis=1, how="all"), of_it, check_exact=True, check_like=True)
    assert rows["seed"].tolist() == list(range(20))


def test_nothing_is_written(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    bp.run("xor", seeds=2, sweeps=20)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    bp.run("xor", seeds=2, sweeps=20, progress=True)
    assert "xor as_printed" in capfd.readouterr().out


def test_settings_go_before_those_of_the_reading():
    rows = bp.run("xor", reading="no_momentum", seeds=3, alpha=np.float64(0.9))
    as_printed = bp.run("xor", seeds=3)
    assert rows["sweeps"].tolist() == as_printed["sweeps"].tolist()
    assert bp.run("xor", reading="no_momentum", seeds=3)["sweeps"].tolist() != as_printed["sweeps"].tolist()
    assert rows.attrs["backprop86"] == {"experiment": "xor", "settings": {"alpha": 0.9}}


@pytest.mark.slow
def test_readings_seeds_and_moments():
    rows = bp.run("xor", reading="all", first_seed=np.int64(7), seeds=2, sweeps=60)
    every = bp.experiments().set_index("name").loc["xor", "readings"]
    assert len(rows) == 2 * every == 2 * len(rows[["variant", "reading"]].drop_duplicates())
    assert set(rows["seed"]) == {7, 8}
    assert {name.partition("@")[2] for name in rows if "@" in name} == {"0", "learned", "end"}  # 558 is past the end
    looked = bp.run("xor", seeds=2, sweeps=60, moments=[5])
    assert "hidden@5" in looked
    alone, together = bp.run("xor", first_seed=8, seeds=1), bp.run("xor", seeds=9)
    assert alone["sweeps"].tolist() == together["sweeps"].tolist()[8:]


@pytest.mark.slow
def test_the_reference_engine_learns_after_the_same_sweeps():
    ours, theirs = (bp.run("xor", seeds=3, engine=engine, threads=1) for engine in ("fused", "reference"))
    assert ours["sweeps"].tolist() == theirs["sweeps"].tolist()


def test_an_experiment_with_numbers_only():
    rows = bp.run("chauvin", reading="2_hidden/as_printed/rate_0.25", seeds=2)
    assert {name.partition("@")[2] for name in rows if "@" in name} == {"end"}
    assert len(rows) == 2


MISTAKES = [
    (("xorr",), {}, "experiment must be the name of one, bp.experiments() lists them, was 'xorr'; did you mean xor?"),
    ((None,), {}, "experiment must be the name of one, bp.experiments() lists them, was None"),
    (("xor",), {"epsilom": 1}, "epsilom is not a setting; did you mean epsilon?"),
    (("xor",), {"seed": 1}, "seed is not a setting; did you mean seeds?"),
    (("xor",), {"qwerty": 1}, "qwerty is not a setting of bp.Recipe"),
    (("xor",), {"reading": "range1"}, "reading must be None, 'all' or one of xor, was 'range1'; did you mean range_1?"),
    (("xor",), {"seeds": 1.5}, "seeds must be a whole number, was 1.5"),
    (("xor",), {"seeds": True}, "seeds must be a whole number, was True"),
    (("xor",), {"seeds": 0}, "seeds must be a whole number of at least 1 and below 2^63, was 0"),
    (("xor",), {"first_seed": -1}, "first_seed must be a whole number from 0 to 9223372036854774808, was -1"),
    (("xor",), {"threads": 0}, "threads must be a whole number from 1 to "),
    (("xor",), {"engine": "fast"}, "engine must be auto, reference, fused or cuda, was fast"),
    (("xor",), {"epsilon": -1}, "epsilon must be a positive number, was -1.0"),
    (("xor",), {"epsilon": "large"}, "epsilon must be a positive number, was large"),
    (("xor",), {"network": "none"}, "network must be one_hidden_direct or, say, 2_hidden, was none"),
]


@pytest.mark.parametrize(("asked", "named", "line"), MISTAKES, ids=[line for _, _, line in MISTAKES])
def test_a_mistake_gets_one_line(asked, named, line):
    with pytest.raises(BadInput) as error:
        bp.run(*asked, **named)
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, ValueError)


def test_rows_that_are_not_there(tmp_path):
    line = f"results must be a folder that holds runs/xor.parquet, was {tmp_path}"
    for asked in (bp.read_runs, lambda name, results: bp.verify(name, results=results)):
        with pytest.raises(BadInput) as error:
            asked("xor", results=tmp_path)
        assert str(error.value) == line
    with pytest.raises(BadInput, match=r"did you mean xor\?$"):
        bp.read_runs("xorr")


@pytest.mark.results
def test_verify_says_what_it_compared(capfd):
    found = bp.verify("single_layer", seeds=3, results=str(ROOT / "results"))
    assert found.differences == []
    assert str(found).startswith("6 readings, 18 runs, ")
    assert str(found).endswith(" values: all equal")
    assert capfd.readouterr() == ("", "")


def test_the_arguments_have_names():
    names = ["experiment", "reading", "seeds", "first_seed", "threads", "engine", "device", "progress", "settings"]
    assert list(inspect.signature(bp.run).parameters) == names
    assert list(inspect.signature(bp.read_runs).parameters) == ["experiment", "results"]
    assert list(inspect.signature(bp.judge).parameters) == ["experiment", "rows"]
    assert list(inspect.signature(bp.verify).parameters) == ["experiment", "seeds", "results"]

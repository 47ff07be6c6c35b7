"""The compact form: the same runs as in the full form, in nine bytes each, and counts that add up."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.judging.brief import in_brief
from backprop86.judging.statistics import QUANTILES, quantiles, with_infinity
from backprop86.running import compact, ranges, runs
from backprop86.running.experiment import Experiment
from backprop86.running.run import run
from backprop86.running.settings import Settings
from backprop86.running.tally import Tally
from helpers import ROOT

EXPERIMENT = Experiment(
    "xor",
    recipe=Recipe("one_hidden_direct", 900, 0.5, 0.9),
    variants={"two_hidden": {"network": "2_hidden"}},
    readings={"as_printed": {}, "wild": {"epsilon": 1e308}},
)
NAMES = ["as_printed", "wild", "two_hidden/as_printed"]


@pytest.fixture
def both(tmp_path, monkeypatch):
    """Return the settings of a run in each form, both of which are done, in ranges of 64 seeds."""
    monkeypatch.setattr(ranges, "MOST", 64)
    full = Settings(EXPERIMENT, 150, 1000, output=str(tmp_path))
    forms = full, replace(full, form="compact")
    return [(settings, run(settings)) for settings in forms]


def read(settings, name):
    """Return the runs of a reading in the compact form, range after range."""
    paths = settings.ranges.glob(f"{name.replace('/', '_')}-*/*.parquet")
    paths = sorted(paths, key=lambda path: int(path.name.split("-")[0]))
    return pd.concat([pq.read_table(path).to_pandas() for path in paths], ignore_index=True)


@pytest.mark.slow
def test_they_are_the_runs_of_the_full_form(both):
    (full, tallies), (settings, counted) = both
    made = runs.read(full.runs_file)
    assert list(counted) == NAMES
    assert counted == tallies
    for name in NAMES:
        rows, found = made.of(name), read(settings, name)
        assert found["sweeps"].tolist() == rows["sweeps"].fillna(compact.NEVER).tolist()
        assert [compact.FATES[k] for k in found["failure"]] == rows["failure"].tolist()
        assert np.array_equal(found["error"], rows["error"], equal_nan=True)
    assert {kind for name in NAMES for kind in made.of(name)["failure"]} >= {"", "plateau", "diverged"}


@pytest.mark.slow
def test_a_run_takes_nine_bytes(both):
    (_, _), (settings, _) = both
    schema = pq.read_schema(next(settings.ranges.rglob("*.parquet")))
    assert sum(field.type.bit_width for field in schema) == 9 * 8


@pytest.mark.slow
def test_the_table_of_counts_says_what_the_rows_say(both):
    (full, _), (settings, _) = both
    made = runs.read(full.runs_file)
    counts = pd.read_csv(settings.counts_file, keep_default_na=False, na_values={"sweeps": ""})
    assert counts["runs"].sum() == 150 * len(NAMES)
    for name in NAMES:
        rows, about = made.of(name), made.about[name]
        mine = counts[(counts["variant"] == about.variant) & (counts["reading"] == about.reading)]
        learned = mine[mine["failure"] == ""]
        assert learned.set_index("sweeps")["runs"].to_dict() == rows["sweeps"].dropna().value_counts().to_dict()
        failed = mine[mine["failure"] != ""].set_index("failure")["runs"]
        assert failed.to_dict() == rows.loc[rows["failure"] != "", "failure"].value_counts().to_dict()


@pytest.mark.slow
def test_quantiles_of_counts_are_those_of_the_rows(both):
    (full, tallies), _ = both
    made = runs.read(full.runs_file)
    for name in NAMES:
        found = [tallies[name].quantile(share) for share in (*QUANTILES, 1.0)]
        assert found == quantiles(with_infinity(made.of(name)["sweeps"]), (*QUANTILES, 1.0)), name


def test_counts_add_up_and_are_read_as_they_were_written():
    rows = pd.DataFrame(
        {"learned": [True, False, True, True], "sweeps": [3, None, 7, 3], "failure": ["", "plateau", "", ""]}
    ).astype({"sweeps": "Int64"})
    one = Tally.of(rows)
    assert one.for_file() == {"learned": {"3": 2, "7": 1}, "failed": {"plateau": 1}}
    assert Tally.from_file(one.for_file()) == one
    both = one + Tally.of(rows.iloc[1:2]) + Tally()
    assert (both.runs, both.n_learned, both.failed["plateau"]) == (5, 3, 2)
    assert [both.quantile(share) for share in (0.0, 0.4, 0.41, 0.6, 0.61, 1.0)] == [3, 3, 7, 7, np.inf, np.inf]


def test_sweeps_beyond_32_bits_have_a_place():
    rows = pd.DataFrame({"learned": [True, True], "sweeps": [2**31, 1], "failure": ["", ""], "error": [0.0, 0.0]})
    assert compact.as_table(rows)["sweeps"].to_pylist() == [2**31, 1]


def test_what_is_finished_is_not_made_again(both, monkeypatch):
    (_, _), (settings, counted) = both
    settings.counts_file.unlink()
    monkeypatch.setattr("backprop86.running.plan.run_together", None)
    assert run(settings) == counted
    assert settings.counts_file.is_file()


def test_the_closing_lines_say_where_the_counts_are(both):
    (full, _), (settings, counted) = both
    assert in_brief(settings, counted)[-1] == f"counts: {settings.counts_file}; runs: {settings.ranges}"
    assert in_brief(settings, counted)[:-1] == in_brief(full, counted)[:-1]


def test_there_are_two_forms():
    with pytest.raises(BadInput, match=r"^form must be full or compact, was small$"):
        Settings(EXPERIMENT, form="small").check()


def test_the_page_on_scale_names_the_numbers_of_failures():
    page = " ".join((ROOT / "docs" / "scale.md").read_text("utf-8").split())
    names = ["learned", *(kind.replace("_", " ") for kind in compact.FATES[1:])]
    assert ", ".join(f"{k} {name}" for k, name in enumerate(names)) in page

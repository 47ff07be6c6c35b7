"""The comparison with autograd: every module and network is in the committed tables, and the script finds a mistake."""

import sys

import numpy as np
import pandas as pd
import pytest
import torch

from backprop86.gradients import cost, survey
from backprop86.gradients.oracles import EXTENDED, ORACLES
from backprop86.gradients.survey import AUTOGRAD_ITSELF, paths_summary, summary
from backprop86.modules import Logistic
from backprop86.report import beside_autograd
from backprop86.report.measured import paths_figure, ulp_figure
from backprop86.running.cli import one_clear_line
from backprop86.running.problem import problem_of, wiring_of
from backprop86.running.settings import load, stems
from backprop86.wiring import layered
from helpers import ROOT

TABLES = ROOT / "results" / "tables"
MAP = load("family_trees_map").experiment.every_reading
REPRODUCED = [stem for stem in stems() if not load(stem).experiment.by_itself]


@pytest.fixture
def script():
    import compare_autograd

    return compare_autograd


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(TABLES / "autograd.csv")


@pytest.fixture(scope="module")
def paths():
    return pd.read_csv(TABLES / "autograd_paths.csv")


@pytest.mark.slow
@pytest.mark.results
def test_every_network_of_every_experiment_is_in_the_table(table):
    for stem in REPRODUCED:
        experiment = load(stem).experiment
        recipes = [experiment.recipe_of(reading) for reading in experiment.every_reading]
        wanted = {recipe.network + ", no biases" * (recipe.biases == "none") for recipe in recipes}
        for tensor in ("input 1", "w, level 1"):
            rows = table[(table["experiment"] == stem) & (table["tensor"] == tensor)]
            assert set(rows["network"]) == wanted
            assert len(rows) == len(wanted) * 5
    assert set(table["experiment"]) == {"modules", *REPRODUCED}
    assert set(table["oracle"]) == {*ORACLES, EXTENDED, AUTOGRAD_ITSELF}


@pytest.mark.results
def test_nothing_in_the_table_is_off(table):
    assert table["agrees"].all()
    strict = table[table["oracle"] != "central differences"]
    assert strict["relative"].max() < 1e-12
    assert (table["network"] == "1-10x1-1").any()
    vanishes = table["network"] == "1-10x1-1"  # its gradient is too small for differences of E to show
    assert table.loc[~vanishes, "relative"].max() < 1e-7


@pytest.mark.slow
def test_the_table_is_what_the_gradients_give_now(table):
    now = [rows.assign(experiment="modules", network=name) for name, rows in survey.modules()]
    for stem in ("xor", "iterative", "shift_register"):
        now += [rows.assign(experiment=stem, network=name) for name, rows in beside_autograd.networks(stem)]
    keys = ["experiment", "network", "tensor", "oracle"]
    assert pd.concat(now)["agrees"].all()
    both = pd.concat(now).merge(table, on=keys, suffixes=("", "_then"), validate="1:1")
    assert len(both) == sum(map(len, now))
    assert (both["relative"] - both["relative_then"]).abs().max() < 1e-9  # another machine rounds in another way
    precise = both[both["oracle"] != "central differences"]
    assert (precise["relative"] - precise["relative_then"]).abs().max() < 1e-14


@pytest.mark.results
def test_every_recipe_that_is_followed_is_in_the_table(paths):
    found = paths.groupby(["experiment", "reading"])["sweep"].max()
    followed = beside_autograd.followed(REPRODUCED)
    assert found.to_dict() == {(stem, reading): sweeps for stem, reading, sweeps in followed}
    assert {stem for stem, _, _ in followed} == set(REPRODUCED) - {
        "signals",
        "gains",
    }  # tests/engines follows such runs
    assert beside_autograd.followed(["family_trees_map"]) == []


@pytest.mark.results
def test_runs_part_only_where_one_bit_does(paths):
    runs = paths_summary(paths)
    assert (np.isfinite(runs["parted from autograd by"]) == np.isfinite(runs["parted from one bit away by"])).all()
    assert (runs["weights differ by"][np.isinf(runs["parted from autograd by"])] < 1e-11).all()
    trees = runs[runs["experiment"] == "family_trees"]
    assert (trees["parted from torch.optim.SGD by"] == 21).all()
    parted = runs.set_index("experiment")["parted from torch.optim.SGD by"].drop("family_trees")
    assert parted["shapes"] == 21  # its epsilon changes after sweep 20 as well
    assert parted["associations"] == np.inf  # its momentum changes alone, which SGD can do
    assert parted.drop(["shapes", "associations"]).isna().all()


def test_summary_by_hand():
    rows = pd.DataFrame(
        {
            "oracle": ["autograd", "autograd", AUTOGRAD_ITSELF],
            "exact": [True, False, False],
            "absolute": [0.0, 2.0, 1.0],
            "relative": [0.0, 0.5, 0.1],
            "ulp": [0.0, 8.0, 3.0],
            "agrees": [True, False, True],
        }
    )
    found = summary(rows)
    assert found.iloc[0].tolist() == ["autograd", 2, 1, 2.0, 0.5, 4.0, 8.0, False]
    assert found.iloc[1, 0] == "autograd itself, against extended precision"


def test_every_level_of_a_network_is_a_tensor_of_its_own():
    wiring = layered(3, 4, 2, 5)
    assert np.all(np.diff(wiring.parameter_level) >= 0)
    rows = survey.network(wiring)
    assert rows["agrees"].all()
    ours = rows[rows["oracle"] == "autograd"]
    assert ours["tensor"].tolist() == ["input 1", "w, level 1", "w, level 2", "w, level 3"]


@pytest.mark.slow
def test_parameters_are_numbered_level_by_level():
    for stem in stems():
        experiment, problem = load(stem).experiment, problem_of(stem)
        for recipe in {r.network: r for r in map(experiment.recipe_of, experiment.every_reading)}.values():
            assert np.all(np.diff(wiring_of(problem.wiring, recipe).parameter_level) >= 0), (stem, recipe.network)


def test_summary_of_runs_by_hand():
    line = {"experiment": "e", "reading": "r", "sweep": [0, 1, 2, 3], "weights": 0.0, "E": 0.0, "E_most": [0, 3, 2, 0]}
    far = pd.DataFrame(line | {"against": "autograd", "weights_most": [0, 1e-7, 0.5, 0.25]})
    near = pd.DataFrame(line | {"against": "one bit away", "weights_most": [0, 1e-7, 9e-7, 1e-8]})
    (row,) = paths_summary(pd.concat([far, near])).to_dict("records")
    assert row == {
        "experiment": "e",
        "reading": "r",
        "sweeps": 3,
        "weights differ by": 0.5,
        "E differs by": 3,
        "parted from autograd by": 2,
        "parted from one bit away by": np.inf,
    }


def test_the_figures_show_every_tensor_and_every_run(table, paths):
    figure = ulp_figure(table)
    points = [sum(len(some.get_offsets()) for some in axes.collections) for axes in figure.axes]
    n = (table["oracle"] == "autograd").sum()
    assert points == [n, n, n, 2 * n]
    together, parted = paths_figure(paths).axes
    assert together.get_title("left") == "Mirror symmetry, as printed"
    assert parted.get_title("left").startswith("Family trees, weights from ±1")
    assert [len(axes.lines) for axes in (together, parted)] == [7, 9]  # medians, farthest, and the line of parting


def test_per_tensor_by_hand():
    rows = pd.DataFrame(
        {
            "network": "n",
            "tensor": ["x", "x", "w", "w", "w"],
            "oracle": ["complex step", EXTENDED, "complex step", EXTENDED, AUTOGRAD_ITSELF],
            "ulp": [3.0, np.nan, 2e5, 99999.0, 1.0],
            "agrees": [True, False, True, True, True],
        }
    )
    assert survey.per_tensor(rows).to_numpy().tolist() == [
        ["n", "x", "3", "none", "NO"],
        ["n", "w", "2e+05", "99999", "yes"],
    ]


def test_a_run_is_followed_in_float64_for_as_long_as_asked():
    job = beside_autograd.setup("family_trees_map", next(iter(MAP)), 7, [0, 1])
    assert (job.recipe.sweeps, job.recipe.dtype) == (7, "float64")
    assert job.w.shape[0] == len(job.counted) == 2
    as_said = load("xor").experiment.recipe_of("as_printed").sweeps
    assert beside_autograd.setup("xor", "as_printed", None, [0]).recipe.sweeps == as_said


def test_costs_are_ours_over_autograds(monkeypatch):
    hand, auto = object(), object()
    times = iter([1.0, 1.0, *[2.0, 1.0] * 9, 3.0, 1.0] * 2)
    monkeypatch.setattr(beside_autograd, "both_ways", lambda *_: (hand, auto))
    monkeypatch.setattr(beside_autograd, "seconds", lambda _: next(times))
    monkeypatch.setattr(beside_autograd, "peak", {hand: 3, auto: 2}.get)
    table = beside_autograd.costs(["xor"])
    assert table.to_numpy().tolist() == [["xor", seeds, 2.0, 1.0, 3.0, 1.5] for seeds in (1, 100)]


@pytest.mark.slow
def test_seconds_and_bytes(monkeypatch):
    calls, clock = [], [0.0]

    def half_a_second():
        clock[0] += 0.5

    monkeypatch.setattr(cost.time, "perf_counter", lambda: clock[0])
    assert cost.seconds(half_a_second, spend=4.0) == 0.5
    assert clock[0] == 4.0
    cost.seconds(lambda: calls.append(1), spend=0.0)
    assert len(calls) == 3
    assert cost.peak(lambda: torch.ones(1000, dtype=torch.float64) + torch.ones(1000, dtype=torch.float64)) == 24000


@pytest.mark.slow
def test_one_experiment_is_printed(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["compare_autograd.py", "experiment=single_layer"])
    script.main()
    told = capsys.readouterr().out
    for words in ("symmetry_0", "all tensors", "extended precision", "whole runs by hand", "over autograd"):
        assert words in told
    assert max(map(len, told.splitlines())) <= 80
    assert "NO" not in told


@pytest.mark.parametrize("argument", ["experiment=xr", "xor", "experiment=family_trees_map,"])
def test_a_mistake_in_the_argument_is_one_line(script, monkeypatch, capsys, argument):
    monkeypatch.setattr(sys, "argv", ["compare_autograd.py", argument])
    with pytest.raises(SystemExit, match=r"^2$"), one_clear_line():
        script.main()
    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert line.startswith("error: the argument must be experiment= and one of symmetry, family_trees, ")
    assert line.endswith(f", was {argument}")


@pytest.mark.slow
def test_the_script_finds_a_mistake(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["compare_autograd.py", "experiment=single_layer"])
    monkeypatch.setattr(beside_autograd, "paths", lambda *_: pytest.fail("it goes on"))
    monkeypatch.setattr(Logistic, "backward", staticmethod(lambda dE_dy, cache: (dE_dy * cache[0], {})))
    with pytest.raises(SystemExit, match=r"^2$"), one_clear_line():
        script.main()
    told = capsys.readouterr()
    assert " NO" in told.out
    assert told.err == "error: gradients do not agree, see NO in the tables above: Logistic, symmetry_0, xor_0\n"


@pytest.mark.results
def test_what_the_readme_says_of_it(paths, table):
    runs = paths_summary(paths)
    parted = np.isfinite(runs["parted from autograd by"])
    assert set(runs["experiment"][parted]) == {"family_trees"}
    assert runs["reading"][parted].tolist() == ["range_1_rate_x20"]  # where they learn
    assert runs["parted from autograd by"][parted].between(100, 300).all()  # "within three hundred sweeps"
    assert (runs["weights differ by"][~parted] < 1e-11).all()  # "eleven digits"
    assert (np.isfinite(runs["parted from fused engine by"]) == parted).all()
    of = summary(table).set_index("oracle")
    ours, itself = of.loc[EXTENDED], of.loc[f"{AUTOGRAD_ITSELF}, against {EXTENDED}"]
    assert 0.5 < itself["median ulp"] / ours["median ulp"] < 1
    exact = table.loc[table["exact"] & (table["oracle"] != AUTOGRAD_ITSELF), "experiment"]
    assert 0.8 < (exact == "modules").mean() < 1
    cost = pd.read_csv(TABLES / "autograd_cost.csv")
    assert cost["time, hand / autograd"].round(1).between(0.5, 0.9).all()
    memory, of_chain = cost["memory, hand / autograd"], cost["experiment"] == "chain"
    assert memory[~of_chain].between(1, 1.6).all()
    assert memory[of_chain].between(0.75, 0.85).all()  # "a fifth less"

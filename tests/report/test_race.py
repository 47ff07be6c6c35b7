"""The race of trainers: the admitted trainers, their numbers of seeds, and the table; all peers end at the same
weights.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import benchmark
from backprop86.problems import symmetry
from backprop86.report import race
from backprop86.report.race import DEFINITION, LIMIT, OURS, Work
from nets import SYMMETRY
from peers import PEERS, trainers
from peers.task import task_of


def work(**others):
    """Symmetry with trainers that take no time, of which the first two and the limit are always there."""
    stays = {OURS: lambda w0, sweeps: w0, DEFINITION: lambda w0, sweeps: w0}
    return Work(symmetry.wiring(SYMMETRY), symmetry.cases(SYMMETRY), SYMMETRY, stays | others)


@pytest.fixture
def a_clock(monkeypatch):
    """Make a trainer take 1 ms, and for each seed and sweep 1 µs, or 10 µs from 500 seeds on."""

    def seconds(train, w0, sweeps):
        return 1e-3 + len(w0) * sweeps * (1e-6 if len(w0) < 500 else 1e-5)

    monkeypatch.setattr(race, "seconds", seconds)
    monkeypatch.setattr(race, "limit", lambda *network: 2e6)
    monkeypatch.setattr(race, "REST", 0)


def network_of(title):
    problem, recipe = benchmark.EXPERIMENTS[title]
    return problem.wiring(recipe), problem.cases(recipe), recipe


@pytest.mark.parametrize(
    ("title", "name"), [(t, name) for t in benchmark.EXPERIMENTS for name in trainers(*network_of(t))]
)
def test_a_peer_ends_at_the_weights_of_the_reference_engine(title, name):
    network = network_of(title)
    ours = race.engines(*network)
    w0 = Work(*network, ours).weights(3)
    right = ours[DEFINITION](w0, 20)
    before = w0.copy()
    assert np.abs(trainers(*network)[name](w0, 20) - right).max() < 1e-12
    assert np.array_equal(w0, before)
    assert np.abs(right - w0).max() > 0.01


def test_a_sum_is_written_out_where_it_is_short():
    pytest.importorskip("jax")
    assert {*PEERS} - {*trainers(*network_of("XOR 2-2-1"))} == set()
    assert {*PEERS} - {*trainers(*network_of("symmetry 6-2-1"))} == {"JAX, written out"}


def test_steps_of_a_recurrent_net_have_parts_in_common():
    task = task_of(*network_of("sequence"))
    assert sorted(part.shape for part in task.parts) == [(3,), (3, 3), (3, 30), (30,), (30, 5), (30, 30)]
    assert len(task.layers) == 9


@pytest.mark.parametrize("w", [lambda w0, sweeps: w0 + 2e-9, lambda w0, sweeps: w0 * np.nan])
def test_whoever_ends_elsewhere_may_not_run(w, a_clock):
    said = "a cheat does not compute the trajectory of a title: (2.0e-09|nan) apart after 50 sweeps"
    with pytest.raises(ValueError, match=f"^{said}$"):
        race.race("a title", work(**{"a cheat": w}), range(1), 1.0)


@pytest.mark.slow
def test_a_race_has_a_row_for_each_repeat_and_trainer(a_clock, capsys):
    rows = race.race("a title", work(), benchmark.told("a title", 2), 1.0)
    assert capsys.readouterr().out == "a title, 1 of 2\na title, 2 of 2\n"
    assert rows["trainer"].tolist() == [OURS, DEFINITION, LIMIT] * 2
    assert rows["repeat"].tolist() == [0, 0, 0, 1, 1, 1]
    assert rows["seeds"].tolist() == [100, 100, 0] * 2
    assert rows.loc[rows["trainer"] == LIMIT, "rate"].eq(2e6).all()
    sweeps = race.suited(work(), OURS, 1.0)[1]
    assert rows["rate"][0] == pytest.approx(100 * sweeps / (1e-3 + 1e-4 * sweeps))


def test_the_suited_number_of_seeds_is_the_fastest(a_clock):
    seeds, sweeps = race.suited(work(), OURS, 1.0)
    assert seeds == 100
    assert 1e-3 + seeds * sweeps * 1e-6 == pytest.approx(1.0, rel=0.01)


def test_the_summary_compares_rates_of_the_same_repeat():
    rates = {OURS: [10.0, 20.0, 60.0], "other": [5.0, 2.0, 20.0]}
    rows = [
        {"experiment": "one", "trainer": name, "repeat": repeat, "seeds": 7, "rate": rate}
        for name, many in rates.items()
        for repeat, rate in enumerate(many)
    ]
    table = race.summary(pd.DataFrame(rows[::-1])).set_index("trainer")
    columns = ["experiment", "seeds", "per_second", "lowest", "highest", "fused_is_times_faster", "least", "most"]
    assert list(table) == columns
    assert table.loc["other"].tolist() == ["one", 7, 5, 2, 20, 3, 2, 10]
    assert table.loc[OURS].tolist() == ["one", 7, 20, 10, 60, 1, 1, 1]


@pytest.mark.slow
def test_growth_changes_one_size_at_a_time(a_clock):
    grown = race.growth(symmetry.cases(SYMMETRY), replace(SYMMETRY, stop="limit"), 1.0)
    assert list(grown) == ["grows", "to", "trainer", "rate"]
    ours = grown[grown["trainer"] == OURS]
    assert ours.groupby("grows", sort=False)["to"].agg(list).to_dict() == race.GRID
    assert ours["rate"].iloc[1] == pytest.approx(64 * 200 / (1e-3 + 64 * 200 * 1e-6))
    most = grown[grown["trainer"] == DEFINITION].groupby("grows", sort=False)["to"].max().to_dict()
    assert most == {"seeds": 4_096, "sweeps": 200, "hidden": 8}


@pytest.mark.slow
def test_the_benchmark_writes_its_tables_and_figure_and_measures_memory_first(a_clock, monkeypatch, tmp_path, capsys):
    order = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["benchmark.py", "--quick"])
    monkeypatch.setattr(benchmark, "peak_memory", lambda seeds: order.append("memory") or seeds / 1e6)
    monkeypatch.setattr(benchmark, "parts", lambda *network: pd.DataFrame({"part": ["logistics"], "share": [0.5]}))
    monkeypatch.setattr(benchmark, "work_of", lambda problem, recipe: order.append(problem.__name__) or work())
    benchmark.main()
    assert order == ["memory", *(problem.__name__ for problem, _ in benchmark.EXPERIMENTS.values())]
    assert pd.read_csv("quick/tables/benchmark_parts.csv")["experiment"].tolist() == ["family trees", "sequence"]
    stems = ("benchmark", "benchmark_growth", "benchmark_parts", "memory")
    files = {f"tables/{stem}.{kind}" for stem in stems for kind in ("csv", "md")}
    files |= {"figures/benchmark.pdf", "figures/benchmark.png"}
    assert {path.relative_to("quick").as_posix() for path in Path("quick").rglob("*.*")} == files
    printed, memory = capsys.readouterr().out, Path("quick/tables/memory.md").read_text("utf-8")
    assert memory == "| seeds | gigabytes |\n| --- | --- |\n| 100,000 | 0.1 |\n"
    assert printed.endswith(f"{Path('quick/tables/benchmark.md').read_text('utf-8')} {memory}\n")

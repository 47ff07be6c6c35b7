"""bp.explain: the page of make explain, with either engine; bp.experiments: the table of experiments."""

import inspect

import pytest

import backprop86 as bp
from backprop86.engines import quickest
from backprop86.engines.recipe import BadInput
from backprop86.explaining import command
from backprop86.explaining.command import parts_of
from backprop86.report.page import text, written
from backprop86.running.settings import load, stems


@pytest.mark.slow
def test_the_page_is_that_of_the_command():
    page = bp.explain("symmetry", seed=3, case=9, epsilon=0.2, sweeps=50)
    parts = parts_of("experiment=symmetry", "seed=3", "case=9", "epsilon=0.2", "sweeps=50")
    assert f"{page}\n\n" == text(parts)
    assert page.markdown() == page._repr_markdown_() == written(parts)
    assert repr(page) == f"<{parts[0].title}>"
    assert "epsilon 0.2 instead of 0.1" in repr(page)
    assert str(bp.explain(seed=1, sweeps=50)) == str(bp.explain("xor", seed=1, sweeps=50))


OF_A_PAGE = [{"reading": "two_hidden"}, {"experiment": "encoder"}, {"update": "case", "hidden": 2}]


@pytest.mark.slow
@pytest.mark.parametrize("asked", OF_A_PAGE)
def test_the_page_is_the_same_without_a_compiler(monkeypatch, tmp_path, asked):
    monkeypatch.setattr(command, "RESULTS", tmp_path)  # of seeds that are trained here it says how many learn
    compiled = str(bp.explain(**asked, sweeps=700))
    monkeypatch.setattr(quickest, "is_compiled", lambda: False)
    assert str(bp.explain(**asked, sweeps=700)) == compiled


MISTAKES = [
    ({"experiment": 0}, "experiment must be the name of one, bp.experiments() lists them, was 0"),
    ({"seed": "1"}, "seed must be a whole number, was '1'"),
    ({"case": 4}, "case must be 0 to 3, was 4"),
    ({"hidden": 0.5}, "hidden must be a whole number, was 0.5"),
    ({"epsilom": 1}, "epsilom is not a setting here; did you mean epsilon?"),
    ({"epsilon": None}, "epsilon must be a number or a name, was None"),
    ({"epsilon": "much"}, "epsilon must be a number, was much"),
    ({"reading": "all"}, "reading must be one of them, such as as_printed, was all"),
]


@pytest.mark.parametrize(("asked", "line"), MISTAKES, ids=[line for _, line in MISTAKES])
def test_a_mistake_gets_one_line(asked, line):
    with pytest.raises(BadInput) as error:
        bp.explain(**asked)
    assert str(error.value) == line


def test_the_arguments_have_names():
    names = ["experiment", "seed", "case", "reading", "hidden", "settings"]
    assert list(inspect.signature(bp.explain).parameters) == names


@pytest.mark.slow
def test_the_table_of_experiments_is_what_their_files_say():
    table = bp.experiments().set_index("name")
    assert table.index.tolist() == stems()
    for stem in stems():
        experiment = load(stem).experiment
        row = table.loc[stem]
        assert row["title"] == experiment.title
        assert row["claims"] == len(experiment.claims)
        assert row["readings"] == len(experiment.every_reading)
        assert row["seeds"] == experiment.seeds
        assert bool(row["texts"]) == any(claim.source != "ours" for claim in experiment.claims), stem
    assert table.loc["symmetry_breaking", "texts"] == "N, P, H"

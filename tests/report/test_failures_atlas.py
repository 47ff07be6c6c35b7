"""The atlas of failures: its counts, the run that it shows of each kind, and both its figures."""

import io
from dataclasses import replace

import numpy as np
import pytest

from backprop86.engines.outputs import states
from backprop86.engines.recipe import Recipe
from backprop86.problems import family_trees, single_layer, xor
from backprop86.report import failures as atlas
from backprop86.running.failures import KINDS
from backprop86.running.problem import validate
from backprop86.running.provenance import Provenance
from backprop86.running.runs import Runs, thinned
from backprop86.running.training import run_reading

XOR = Recipe("2_hidden", 9, epsilon=0.5, alpha=0.9)
LEARNED, LOST = [""] * 4, ["plateau"] * 4


def of(problem, readings, numbers_only=False):
    """Runs of these readings, name -> (recipe, the kind of failure that each of its runs is said to have)."""
    stem = problem.__name__.rsplit(".", 1)[1]
    runs = Runs(stem, {}, {})
    for name, (recipe, failures) in readings.items():
        seeds = list(range(len(failures)))
        rows = run_reading(problem, recipe, seeds).assign(failure=failures, learned=[kind == "" for kind in failures])
        about = Provenance.of(("", name), recipe, len(validate(problem, recipe).levels), seeds, "fused")
        kept = thinned(rows, 0, 0) if numbers_only else thinned(rows)
        runs = runs.having(name, kept, about, list(readings))
    return runs


@pytest.fixture(scope="module")
def every():
    of_xor = {
        "as_printed": (XOR, ["", "plateau", "", "one_half"] * 2),  # as many as below, of more
        "slower": (replace(XOR, epsilon=0.1), ["one_half", "", "plateau", "plateau"]),
        "cut_short": (replace(XOR, sweeps=8), LOST),
        "put_there": (replace(XOR, start="fig5"), LOST),
        "too_many_units": (replace(XOR, network="33_hidden"), LOST),
        "equal": (replace(XOR, start="equal", sweeps=10), ["", "", "", "equal_units"]),
    }
    return {
        xor: of(xor, of_xor),
        single_layer: of(single_layer, {"no_hidden": (Recipe("xor_0", 9), LOST)}),
        family_trees: of(family_trees, {"too_many_cases": (Recipe("five_layers", 9), LOST)}),
    }


@pytest.fixture(scope="module")
def found(every):
    return atlas.table(list(every.values()))


TITLES = {"xor": "XOR", "single_layer": "Single layer", "family_trees": "Family trees"}


def test_the_table_counts_every_run(found):
    assert found.columns.tolist() == ["experiment", "reading", "start", "sweeps", "n", "learned", *KINDS]
    assert found["experiment"].tolist() == ["xor"] * 6 + ["single_layer", "family_trees"]
    assert (found[["learned", *KINDS]].sum(axis=1) == found["n"]).all()
    rows = found.set_index("reading")
    some = ["sweeps", "n", "learned", "plateau", "one_half", "equal_units", "saturated"]
    assert rows.loc["slower", some].tolist() == [9, 4, 1, 2, 1, 0, 0]
    assert rows.loc["equal", some].tolist() == [10, 4, 3, 0, 0, 1, 0]


def test_what_each_kind_is_and_how_many_runs_are_of_it(found):
    kinds = atlas.meanings(found).set_index("in the rows")
    assert kinds["kind"].to_dict() == {kind: atlas.SHORT[kind][0] for kind in KINDS}
    assert kinds["meaning"].to_dict() == KINDS
    assert kinds["runs"].to_dict() == dict.fromkeys(KINDS, 0) | {"plateau": 16, "one_half": 3, "equal_units": 1}


def test_shares_of_each_kind_are_drawn(found):
    figure = atlas.counts(found, TITLES)
    figure.savefig(io.BytesIO(), dpi=40)
    says = {axes.get_title("left").replace("\n", " ").strip(): axes for axes in figure.axes}
    kinds = ["learned", "plateau", "equal_units", "one_half"]
    assert list(says) == [atlas.SHORT[kind][1] for kind in kinds]
    names = [axes.texts[0].get_text().replace("\n", " ") for axes in figure.axes]
    assert names == [atlas.SHORT[kind][0] for kind in kinds]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(TITLES.values())
    assert figure.axes[0].yaxis_inverted()

    def shares(number):
        bars = zip(kinds, (axes.containers[number] for axes in figure.axes), strict=True)
        return {kind: np.round([bar.get_width() for bar in some], 3).tolist() for kind, some in bars}

    assert shares(0) == {  # as printed
        "learned": [0.5, 0, 0],
        "plateau": [0.25, 1, 1],
        "equal_units": [0, 0, 0],
        "one_half": [0.25, 0, 0],
    }
    assert shares(1) == {  # without the reading that is cut short
        "learned": [0.4, 0, 0],
        "plateau": [0.4, 1, 1],
        "equal_units": [0.05, 0, 0],
        "one_half": [0.15, 0, 0],
    }
    numbers = [text.get_text() for text in figure.axes[1].texts[1:]]
    assert numbers == ["25", "100", "100"]


def test_rare_kinds_are_drawn_together(found):
    many = found.copy()
    many.loc[0, ["n", "learned"]] = [8000, 7996]
    assert atlas.common(many) == ["plateau"]  # four others, of more than 8,000 runs
    shown = atlas.counts(many, TITLES).axes
    assert len(shown) == 2  # too few of any experiment to be seen
    many.loc[many["experiment"] == "single_layer", ["plateau", "diverged"]] = [3, 1]
    others = atlas.counts(many, TITLES).axes[-1]
    assert others.get_title("left").replace("\n", " ").strip() == atlas.SHORT[atlas.OTHER][1]
    assert [bar.get_width() for bar in others.containers[0]] == pytest.approx([2 / 8000, 0.25, 0])


def test_an_example_is_the_first_seed_where_its_kind_is_commonest(every, found):
    figure = atlas.examples(every, found, TITLES)
    figure.savefig(io.BytesIO(), dpi=40)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles[::2] == [atlas.SHORT[kind][0] for kind in ("plateau", "equal_units", "one_half")]
    assert [title.replace("\n", " ") for title in titles[1::2]] == [
        atlas.SHORT[kind][1] for kind in ("plateau", "equal_units", "one_half")
    ]
    below = [axes.get_xlabel() for axes in figure.axes[1::2]]
    assert below == [f"4 cases of XOR, seed {seed}" for seed in (2, 3, 3)]
    curve, picture = figure.axes[:2]
    row, about = every[xor].at("slower", "end").iloc[2], every[xor].about["slower"]
    (line,) = curve.lines
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == (about.checkpoints, row["error_curve"].tolist())
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    y = states(wiring, cases.inputs, row["weights"][None])[0]
    shown = [cases.desired[:, 0], *(y[:, wiring.units.index(unit)] for unit in ("o1", "h1", "h2"))]
    assert np.array_equal(picture.images[0].get_array(), shown)
    assert [label.get_text() for label in picture.get_yticklabels()] == ["wanted", "answers", "hidden"]
    assert picture.get_yticks().tolist() == [0, 1, 2.5]
    assert [line.get_ydata()[0] for line in picture.lines] == [0.5, 1.5]


def test_a_kind_whose_nets_are_not_kept_has_no_example():
    readings = {"as_printed": (XOR, ["plateau", "", "one_half"])}
    for numbers_only, panels in ((True, 0), (False, 4)):
        runs = of(xor, readings, numbers_only)
        assert len(atlas.examples({xor: runs}, atlas.table([runs]), TITLES).axes) == panels


@pytest.mark.parametrize("failures", [LEARNED, ["diverged", *LEARNED]])
def test_what_is_drawn_of_no_failure_and_of_one_without_numbers(failures):
    runs = of(xor, {"as_printed": (XOR, failures)})
    rows = runs.of("as_printed")
    rows.at[0, "weights@end"] = np.array([np.nan, np.inf, -np.inf] * 3)
    rows.at[0, "error_curve"] = np.where(np.arange(len(rows["error_curve"][0])) < 2, 0.5, np.nan)
    figure = atlas.examples({xor: runs}, atlas.table([runs]), TITLES)
    figure.savefig(io.BytesIO(), dpi=40)
    assert [axes.get_title("left") for axes in figure.axes][::2] == ["blew up"] * ("diverged" in failures)
    assert not any(np.ma.getmaskarray(axes.images[0].get_array()).any() for axes in figure.axes[1::2])
    atlas.counts(atlas.table([runs]), TITLES).savefig(io.BytesIO(), dpi=40)

"""Loss curves and shares of runs that have learned, of made-up runs whose course is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.report import curves, style
from backprop86.report.chapters import printed_of, told
from backprop86.running.claim import Claim
from backprop86.running.experiment import Experiment
from backprop86.running.provenance import Provenance
from backprop86.running.runs import Runs

SWEEPS = [0, *range(1, 10), *range(10, 1001, 10)]
EXPERIMENT = Experiment(
    stem="made_up",
    title="Tried",
    variants={"wide": {"network": "9_hidden"}},
    readings={"as_printed": {}, **{f"range_{k}": {"initial_range": k} for k in range(1, 9)}, "wide/range_9": {}},
    words={"wide": "2-9-1"},
)


def rows(learned, levels=2):
    """Runs that have learned at these sweeps, or never where None: E falls from 1 to 0 around that sweep."""
    at = np.array([np.inf if sweep is None else sweep for sweep in learned])
    error = 1 / (1 + np.exp((np.array(SWEEPS) - at[:, None]) / 20))
    gradient = np.stack([error * 10.0**-level for level in range(levels)], -1)
    return pd.DataFrame(
        {
            "seed": range(len(learned)),
            "learned": np.isfinite(at),
            "sweeps": pd.array([pd.NA if sweep is None else sweep for sweep in learned], dtype="Int64"),
            "error_curve": list(error),
            "gradient_curve": list(gradient.reshape(len(at), -1)),
        }
    )


def runs_of(parts, levels=2):
    about = {
        name: Provenance("", name, Recipe(sweeps=1000), [0, len(part) - 1], SWEEPS, levels, "fused", {})
        for name, part in parts.items()
    }
    return Runs("made_up", parts, about)


def drawn(learned, printed=(), levels=2):
    runs = runs_of({"as_printed": rows(learned, levels)}, levels)
    return curves.learning_figure(runs, EXPERIMENT, {"as_printed": list(printed)})


def words(axes):
    return [text.get_text() for text in axes.texts]


def vertical(axes):
    return [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2 and np.ptp(line.get_xdata()) == 0]


def test_the_loss_falls_and_the_median_run_is_a_run_that_learned():
    figure = drawn([100, None, 300, 200, 500, None], [150])
    above, below = figure.axes
    bold = next(line for line in above.lines if line.get_label() == "median run")
    assert bold.get_ydata()[0] == pytest.approx(1, abs=1e-4)
    assert bold.get_ydata()[-1] < 1e-3
    assert np.interp(200, *bold.get_data()) == pytest.approx(0.5, abs=0.01)  # of 100, 200, 300, 500 the lower middle
    (grey,) = above.collections
    assert len(grey.get_segments()) == 6
    assert above.get_ylim()[0] == 0
    assert "learned after 200 sweeps" in words(above)
    assert {"150 sweeps in 1986", "median run"} <= set(words(above))
    assert vertical(above) == vertical(below) == [150]
    assert words(below)[:2] == ["first layer (early)", "output layer (late)"]
    assert [words(axes)[-1] for axes in figure.axes] == ["a", "b"]
    assert above.get_xlim() == below.get_xlim() == (0, pytest.approx(1.6 * 440))
    assert above.get_title(loc="left") == "Tried, as printed"


def test_without_a_printed_number_no_vertical_line():
    for axes in drawn([100, 200]).axes:
        assert vertical(axes) == []
        assert not any("1986" in text for text in words(axes))


def test_the_printed_number_is_always_in_sight():
    assert drawn([10, 20], [900]).axes[0].get_xlim()[1] == pytest.approx(990)
    assert drawn([10, 20], [990]).axes[0].get_xlim()[1] == 1000


def test_where_none_learns_a_run_is_drawn_and_nothing_said_of_learning():
    figure = drawn([None, None, None])
    assert figure.axes[0].get_xlim() == (0, 1000)
    assert words(figure.axes[0]) == ["median run", "a"]


def test_a_run_that_left_ends_where_it_left():
    part = rows([100, 100, 300])
    gone = np.array(SWEEPS) > 150
    part["error_curve"] = [np.where(gone, np.nan, run) for run in part["error_curve"]]
    part["gradient_curve"] = [np.where(np.repeat(gone, 2), np.nan, run) for run in part["gradient_curve"]]
    figure = curves.learning_figure(runs_of({"as_printed": part}), EXPERIMENT, {"as_printed": []})
    bold = next(line for line in figure.axes[0].lines if line.get_label() == "median run")
    assert bold.get_xdata()[-1] == 150


def test_the_axis_ends_where_all_runs_have_gone_on_to():
    runs = runs_of({"as_printed": rows([100, 900])})
    experiment = replace(EXPERIMENT, drawn={"as_printed": 400})
    assert curves.learning_figure(runs, experiment, {"as_printed": [399, 401]}).axes[0].get_xlim() == (0, 400)
    assert curves.learning_figure(runs, experiment, {"as_printed": []}).axes[0].get_xlim() == (0, 400)


def test_words_stay_beside_a_gradient_that_vanishes():
    below = drawn([100, 100], levels=2).axes[1]
    assert min(line.get_ydata().min() for line in below.lines) > curves.FLOOR
    assert all(text.xy[1] > curves.FLOOR for text in below.texts[:2])


def test_steps_of_a_recurrent_net_have_no_line_of_their_own():
    part = rows([100])
    gradient = np.stack([part["error_curve"][0], np.zeros(len(SWEEPS))], -1)
    gradient[np.array(SWEEPS) > 500] = np.nan
    part["gradient_curve"] = [gradient.ravel()]
    below = curves.learning_figure(runs_of({"as_printed": part}), EXPERIMENT, {"as_printed": []}).axes[1]
    assert words(below) == ["all weights", "b"]


def test_a_number_beyond_the_curves_is_not_marked():
    assert vertical(drawn([100], [5000]).axes[0]) == []
    assert words(drawn([100], [5000]).axes[0]) == ["median run", "learned after 100 sweeps", "a"]


@pytest.mark.parametrize(
    ("n", "levels", "names"),
    [
        (1, 1, ["output layer"]),
        (1, 3, ["all weights"]),  # of a recurrent net, whose later steps have none of their own
        (2, 2, ["first layer (early)", "output layer (late)"]),
        (4, 4, ["first layer (early)", "second layer", "third layer", "output layer (late)"]),
    ],
)
def test_layers_have_names(n, levels, names):
    assert curves.layers_in_words(n, levels) == names


def test_of_many_layers_the_first_and_last_have_words():
    below = drawn([100, 200], levels=8).axes[1]
    assert words(below) == ["first layer (early)", "output layer (late)", "b"]
    assert len(below.lines) == 8


def test_a_layer_whose_gradient_has_vanished_has_no_line_and_others_keep_their_names():
    part = rows([100, 100], levels=3)
    part["gradient_curve"] = [(np.reshape(run, (-1, 3)) * [1e-9, 1, 1]).ravel() for run in part["gradient_curve"]]
    figure = curves.learning_figure(runs_of({"as_printed": part}, 3), EXPERIMENT, {"as_printed": []})
    assert words(figure.axes[1]) == ["second layer", "output layer (late)", "b"]


def test_two_readings_side_by_side():
    runs = runs_of({"as_printed": rows([100]), "wide/as_printed": rows([50])})
    figure = curves.learning_figure(runs, EXPERIMENT, {"as_printed": [], "wide/as_printed": [70]})
    assert figure.get_size_inches()[0] == pytest.approx(style.TWO_COLUMNS * style.MM)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Tried, as printed", "Tried, 2-9-1", "", ""]
    assert [words(axes)[-1] for axes in figure.axes] == ["a", "b", "c", "d"]
    assert [vertical(axes) for axes in figure.axes] == [[], [70], [], [70]]


def many():
    """Runs of ten readings, of which range_1 never learns."""
    parts = {"as_printed": rows([100, 200, None, 400])} | {f"range_{k}": rows([50 * k] * 4) for k in range(1, 9)}
    parts["range_1"] = rows([None] * 4)
    return runs_of(parts | {"wide/as_printed": rows([60, None])})


def test_six_lines_have_words_and_the_others_are_grey():
    runs = many()
    wanted = ["as_printed", "wide/as_printed", "range_2", "range_3", "range_4", "range_5"]
    assert curves.labelled(EXPERIMENT, runs) == wanted
    (axes,) = curves.sweeps_figure(runs, EXPERIMENT, {}).axes
    said = ["as printed: 75.0%", "2-9-1: 50.0%", *[f"weights from ±{k}: 100%" for k in range(2, 6)]]
    assert words(axes) == said
    assert len(axes.lines) == 10
    assert sum(line.get_color() == style.FAINT for line in axes.lines) == 4
    assert len({line.get_color() for line in axes.lines}) == 7
    assert axes.get_title(loc="left") == "Tried: 2 to 4 runs a line"
    last = {line.get_label(): line.get_ydata()[-1] for line in axes.lines}
    assert last["as printed: 75.0%"] == 0.75


def test_the_axis_begins_and_ends_where_lines_rise():
    (axes,) = curves.sweeps_figure(runs_of({"as_printed": rows([100, 200])}), EXPERIMENT, {}).axes
    assert axes.get_xlim() == (80, 280)
    (axes,) = curves.sweeps_figure(runs_of({"as_printed": rows([100, 200])}), EXPERIMENT, {"as_printed": [50]}).axes
    assert axes.get_xlim() == (40, 280)


@pytest.mark.slow
def test_a_printed_number_has_the_colour_of_its_reading():
    (axes,) = curves.sweeps_figure(many(), EXPERIMENT, {"wide/as_printed": [70], "range_2": [70, 90]}).axes
    marks = {line.get_xdata()[0]: line.get_color() for line in axes.lines if np.ptp(line.get_xdata()) == 0}
    assert marks == {70: style.PALETTE[1], 90: style.PALETTE[2]}
    assert words(axes)[-2:] == ["70 in 1986", "90 in 1986"]
    assert vertical(curves.sweeps_figure(many(), EXPERIMENT, {}).axes[0]) == []


def test_the_interval_is_that_of_the_literal_reading():
    (axes,) = curves.sweeps_figure(many(), EXPERIMENT, {}).axes
    (interval,) = axes.collections
    (path,) = interval.get_paths()
    at_300 = path.vertices[np.isclose(path.vertices[:, 0], 300)]
    assert at_300.size == 0  # steps lie where a run has learned
    at_end = path.vertices[path.vertices[:, 0] > 400][:, 1]
    assert at_end.min() < 0.75 < at_end.max()


def test_captions_speak_of_vertical_lines_where_there_are_some():
    said = {"title": "Tried", "learned": "it has"}
    assert "1986" not in told("sweeps", {"as_printed": []}, said)
    assert told("curves", {"as_printed": [], "wide/as_printed": [5.0]}, said).endswith("printed in 1986.")
    assert "A run counts from the first sweep at which it has." in told("sweeps", {}, said)


def test_printed_numbers_are_those_of_their_own_readings():
    about = {"source": "N", "says": "so", "kind": "draw", "column": "sweeps"}
    claims = [Claim(id="one", printed=[558.0], **about), Claim(id="two", printed=[7.0], readings=["wide/*"], **about)]
    claims.append(Claim(id="three", source="N", says="so", kind="every"))
    assert printed_of(claims, ["as_printed", "wide/as_printed"]) == {"as_printed": [558.0], "wide/as_printed": [7.0]}

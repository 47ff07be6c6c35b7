"""The map of the family trees: its points, the shares in its table, and its marks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backprop86.figures import family_trees_map as family_trees_map_figures
from backprop86.figures.family_trees_map import draw, table
from backprop86.problems import family_trees_map
from backprop86.problems.family_trees_map import SIX
from backprop86.running.runs import Runs
from backprop86.running.settings import load
from backprop86.running.training import run_reading
from helpers import runs_of

MAP = load("family_trees_map").experiment
PRINTED = "range_0.3/x1/momentum_0.9/decay_0.002"


@pytest.fixture
def made_up():
    """Runs of four nets at every point: two get all right, one of these answers four of four and has all six."""
    yes = np.array([True, True, False, False])
    measures = dict.fromkeys(SIX, yes) | {"codes_branch": np.array([True, False, True, False])}
    measures |= {"all_right": yes, "all_near": yes & False, "all_strict": yes & False, "held_out_right": [4, 3, 4, 0]}
    part = runs_of(yes, [573, 574, pd.NA, pd.NA], moment="end", **measures)
    runs = Runs("family_trees_map", {}, {})
    runs.parts = dict.fromkeys(MAP.every_reading, part.of("a"))
    runs.about = {name: replace(part.about["a"], recipe=MAP.recipe_of(name)) for name in MAP.every_reading}
    return runs


def test_the_printed_recipe_is_a_point_of_the_map():
    as_printed = load("family_trees").experiment.recipe_of("as_printed")
    assert replace(MAP.recipe_of(PRINTED), dtype="float64") == as_printed
    without = load("family_trees").experiment.recipe_of("no_decay")
    assert replace(MAP.recipe_of(PRINTED.replace("decay_0.002", "no_decay")), dtype="float64") == without


def test_a_point_has_its_range_and_one_factor_on_both_rates():
    for name in MAP.every_reading:
        recipe, (start, factor, *_) = MAP.recipe_of(name), name.split("/")
        assert recipe.initial_range == float(start.removeprefix("range_"))
        assert recipe.epsilon == pytest.approx(0.01 * float(factor.removeprefix("x")))
        assert recipe.opening_epsilon == pytest.approx(recipe.epsilon / 2)
    for axis in ("range", "factor"):
        values = np.array([float(name.lstrip("rangex_")) for name in MAP.axes[axis]])
        ratios = values[1:] / values[:-1]
        assert len(values) == 24
        assert np.ptp(ratios) < 0.03 * np.mean(ratios)


@pytest.mark.slow
def test_the_table_has_the_shares_of_a_point(made_up):
    found = table(made_up)
    assert len(found) == 24 * 24 * 4
    row = found[(found["range"] == 0.3) & (found["factor"] == 1) & (found["momentum"] == 0.9) & (found["decay"] > 0)]
    shares = {"all_right": 0.5, "all_near": 0, "held_out_4": 0.5, "by_573": 0.25, "six": 0.25}
    shares |= {"held_out_4_of_right": 0.5, "six_of_right": 0.5, "all_strict": 0, "diverged": 0, "nets": 4}
    assert row[list(shares)].to_dict("records") == [shares]


def test_of_no_nets_there_is_no_share():
    nobody = np.array([False, False])
    assert np.isnan(family_trees_map_figures.among(nobody, nobody))
    assert family_trees_map_figures.among(np.array([True, False]), np.array([True, True])) == 0.5


@pytest.mark.slow
def test_a_share_is_drawn_where_its_point_lies(made_up):
    for name in made_up.readings:
        made_up.parts[name] = made_up.of(name).assign(**{"all_right@end": name.startswith("range_4.7/x0.599/")})
    for figure in draw(made_up).values():
        axes = figure.axes[0]
        grid = axes.collections[0].get_array().reshape(24, 24)
        assert (grid[0, -1], grid.sum()) == (1, 1)  # the lowest row, the last column
        assert axes.get_xlim()[0] < 0.09 < 4.7 < axes.get_xlim()[1]
        star = next(line for line in axes.lines if line.get_marker() == "*")
        assert star.get_xydata().tolist() == [[0.3, 1]]
        slopes = next(line for line in axes.lines if line.get_marker() == "o").get_xydata()
        assert slopes[2].tolist() == pytest.approx([0.9, 9])


@pytest.mark.slow
def test_recipes_lie_where_their_steps_place_them(made_up):
    printed, larger = draw(made_up).values()
    for figure, factors in ((printed, [0.8, 4]), (larger, [0.4, 2])):
        squares = next(line for line in figure.axes[0].lines if line.get_marker() == "s")
        assert squares.get_xydata()[:, 1].tolist() == pytest.approx(factors)
        dashed = next(line for line in figure.axes[0].lines if line.is_dashed())
        assert dashed.get_ydata()[0] == pytest.approx(5 * factors[1])


@pytest.mark.parametrize(("slope", "within"), [(2.0, 0), (3.5, 1e-9)])
def test_a_steeper_logistic_is_the_same_net_as_a_point_of_the_line(slope, within):
    printed = replace(load("family_trees").experiment.recipe_of("as_printed"), sweeps=60)
    steeper = replace(printed, gain=slope)
    rates = {"opening_epsilon": 0.005 * slope**2, "epsilon": 0.01 * slope**2}
    on_the_line = replace(printed, initial_range=0.3 * slope, **rates)
    a, b = (run_reading(family_trees_map, recipe, [0, 1, 2]) for recipe in (steeper, on_the_line))
    w, scaled = (np.stack(list(rows["weights@end"])) for rows in (a, b))
    w, gains = np.split(w, [scaled.shape[1]], axis=1)
    assert (gains == slope).all()
    assert np.abs(w - scaled / slope).max() <= within
    assert np.abs(a["error"] - b["error"]).max() <= within
    assert np.abs(w - np.stack(list(run_reading(family_trees_map, printed, [0, 1, 2])["weights@end"]))).max() > 0.1


@pytest.mark.slow
def test_float32_gives_the_shares_of_float64():
    recipe, shares = MAP.recipe_of("range_1.99/x5.99/momentum_0.9/decay_0.002"), []
    for dtype in ("float32", "float64"):
        rows = run_reading(family_trees_map, replace(recipe, dtype=dtype), list(range(64)))
        shares.append([rows[f"{name}@end"].mean() for name in ("all_right", *SIX)])
    assert max(shares[0]) > 0.5
    assert np.abs(np.subtract(*shares)).max() < 0.15

"""The recipes of the time: their numbers are those of conf/, and step and decay give each its place."""

import math
from dataclasses import replace

import pytest

from backprop86.report.recipes_of_the_time import (
    FAMILY_TREES,
    RECIPES,
    SHAPES,
    SHAPES_FIRST,
    SPEECH,
    place_of,
    steps_figure,
)
from backprop86.running.runs import Runs
from backprop86.running.settings import load, stems
from helpers import runs_of

OF_CONF = {"family trees": "family_trees", "symmetry": "symmetry", "sequence": "sequence", "shapes, then": "shapes"}
OF_CONF |= {"random pairs": "associations", "noisy signals": "signals"}


def test_their_numbers_are_those_of_conf():
    found = {}
    for one in RECIPES:
        if (stem := OF_CONF.get(one.name)) in stems():
            recipe = load(stem).experiment.recipe
            late = recipe.late_sweep > 0
            rates = [getattr(recipe, f"late_{name}" if late else name) for name in ("epsilon", "alpha", "decay")]
            found[one.name] = rates == [one.epsilon, one.alpha, one.decay]
            assert math.isnan(one.initial_range) or one.initial_range == recipe.initial_range, one.name
    assert len(found) >= 3
    assert all(found.values()), found


def test_steps_and_penalties():
    assert (FAMILY_TREES.step, FAMILY_TREES.penalty) == (pytest.approx(0.1), pytest.approx(0.02))
    assert (SHAPES.step, SHAPES.penalty) == (pytest.approx(0.4), pytest.approx(0.01))
    steps = {one.name: (one.step, one.penalty) for one in RECIPES}
    assert steps["noisy signals"] == (pytest.approx(7), pytest.approx(1.4e-6, rel=0.03))
    assert (steps["symmetry"], steps["sequence"]) == (pytest.approx((1, 0)), pytest.approx((0.2, 0)))
    assert FAMILY_TREES.penalty == max(one.penalty for one in RECIPES) > SPEECH[1]
    assert sorted(RECIPES, key=lambda one: one.step)[:2] == [SHAPES_FIRST, FAMILY_TREES]
    assert place_of(load("family_trees").experiment.recipe) == pytest.approx((0.1, 0.02))


def test_readings_stand_where_they_learn():
    recipe = load("family_trees").experiment.recipe
    runs = Runs("family_trees", {}, {})
    for name, differs, right in (("a", {}, 0), ("b", {"epsilon": 0.1}, 1), ("c", {"decay": 0.0}, 1)):
        part = runs_of([False] * 4, moment="end", all_right=[bool(right)] * 4)
        runs.parts[name], runs.about[name] = part.of("a"), replace(part.about["a"], recipe=replace(recipe, **differs))
    runs.parts["d"], runs.about["d"] = part.of("a"), replace(part.about["a"], recipe=replace(recipe, update="case"))
    above, below = steps_figure(runs).axes
    drawn = [[axes.collections[k].get_offsets().tolist() for k in range(2)] for axes in (above, below)]
    assert drawn[0] == [[pytest.approx([0.1, 0.02])], [pytest.approx([1, 0.002])]]
    assert drawn[1] == [[], [pytest.approx([0.1, 0])]]

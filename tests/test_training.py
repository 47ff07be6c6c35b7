"""Recipes trained side by side, and what weights a seed begins with."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backprop86.problems import family_trees, xor
from backprop86.recipe import Recipe
from backprop86.training import run_condition, run_together, start_of, together

XOR = Recipe("2_hidden", 1500, epsilon=0.5, alpha=0.9)  # some are solved before others
TREES = Recipe("five_layers", 8, 0.1, 0.9, 0.002, 4, 0.05, 0.5, dead_zone="from_edge", held_out="random", stop="limit")


@pytest.mark.parametrize("engine", ["reference", "fused"])
@pytest.mark.parametrize(
    ("problem", "recipe", "others"),
    [
        (xor, XOR, [{"epsilon": 0.1}, {"initial_range": 1.0}, {"biases": "zero", "alpha": 0.5}]),
        (family_trees, TREES, [{"decay": 0.0}, {"opening_epsilon": 0.2, "opening_alpha": 0.1}, {"epsilon": 0.3}]),
    ],
)
def test_side_by_side_is_the_same_as_one_by_one(engine, problem, recipe, others):
    recipes = [recipe, *(replace(recipe, **differs) for differs in others)]
    assert len({str(together(each)) for each in recipes}) == 1
    found = run_together(problem, recipes, [3, 0, 8], engine)
    assert problem is family_trees or pd.concat(found)["stopped"].nunique() > 2
    for each, rows in zip(recipes, found, strict=True):
        pd.testing.assert_frame_equal(rows, run_condition(problem, each, [3, 0, 8], engine))


def test_what_cannot_be_trained_together():
    for differs in ({"update": "case"}, {"biases": "none"}, {"target_on": 0.9}, {"sweeps": 3}, {"dtype": "float32"}):
        assert together(replace(XOR, **differs)) != together(XOR)


def test_starts():
    wiring = xor.wiring(XOR)
    fig5 = start_of(xor, replace(XOR, start="fig5", initial_range=0.05), wiring, [0, 1])
    assert np.abs(fig5 - xor.PRINTED_FIG5).max() <= 0.05
    assert not np.array_equal(fig5[0], fig5[1])
    equal = start_of(xor, replace(XOR, start="equal"), wiring, [0, 1])
    assert len(np.unique(equal)) == 2
    with pytest.raises(ValueError, match=r"^start must be drawn, equal or fig5, was middle$"):
        start_of(xor, replace(XOR, start="middle"), wiring, [0])

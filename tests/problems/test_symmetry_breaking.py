"""Symmetry breaking: hidden units equal to the last bit or not, from equal and from nearly equal weights."""

from dataclasses import replace

import numpy as np
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.problems import symmetry_breaking
from backprop86.running.settings import load
from backprop86.running.training import run_reading
from helpers import engines, measured

EXPERIMENT = load("symmetry_breaking").experiment


def test_counts():
    sizes = {"xor_2": (9, 4), "symmetry_2": (17, 64)}
    for name, size in sizes.items():
        recipe = Recipe(name)
        found = symmetry_breaking.wiring(recipe).n_parameters, len(symmetry_breaking.cases(recipe).names)
        assert found == size


def test_separation():
    equal = [0.3, 2.0, -1.0, 0.3, 2.0, -1.0, 0.1, 1.0, -1.0]
    found = measured(symmetry_breaking, Recipe("xor_2"), equal)
    assert found == {"separation": 0, "separate": False, "identical": True}
    nearly = [0.3, 2.0, -1.0, 0.3, 2.0, -1.0 + 1e-15, 0.1, 1.0, -1.0]
    found = measured(symmetry_breaking, Recipe("xor_2"), nearly)
    assert (found["separate"], found["identical"]) == (False, False)
    assert 0 < found["separation"] < 1e-15
    for weight, separate in ((0.40, False), (0.41, True)):  # outputs 0.5 and 0.599 or 0.601, both ways, in two cases
        found = measured(symmetry_breaking, Recipe("xor_2"), [0, 0, 0, 0, weight, -weight, 0, 0, 0])
        assert found["separation"] == pytest.approx(1 / (1 + np.exp(-weight)) - 0.5)
        assert (found["separate"], found["identical"]) == (separate, False)


@pytest.mark.parametrize("engine", ["fused", "reference"])
@pytest.mark.parametrize("reading", ["as_printed", "range_3", "case_updates", "symmetry/as_printed"])
def test_equal_weights_stay_equal_to_the_last_bit(reading, engine):
    recipe = replace(EXPERIMENT.recipe_of(reading), sweeps=100)
    rows = run_reading(symmetry_breaking, recipe, list(range(9)), engine)
    assert rows["identical@end"].all()
    assert rows["identical@0"].all()
    assert not rows["separate@end"].any()
    w = np.stack(rows["weights@end"])
    n = (w.shape[1] - 3) // 2
    assert np.array_equal(w[:, :n], w[:, n : 2 * n])
    assert (np.ptp(w, axis=1) > 1e-3).all()  # those that may differ do


def test_nearly_equal_weights_do_not():
    rows = run_reading(symmetry_breaking, EXPERIMENT.recipe_of("nearly_equal/spread_1e-2"), list(range(9)))
    assert rows["separate@end"].sum() > 5
    assert not rows["separate@0"].any()
    assert not rows[["identical@end", "identical@0"]].any(axis=None)


@pytest.mark.parametrize(("start", "biases"), [("equal", "drawn"), ("drawn", "drawn"), ("drawn", "negative")])
def test_the_engines_agree(start, biases):
    for name in ("xor_2", "symmetry_2"):
        recipe = Recipe(name, 60, 0.25, 0.9, start=start, spread=0.1, biases=biases, stop="limit")
        _, apart, changed = engines(symmetry_breaking, recipe)
        assert apart <= 1e-9 < 0.1 < changed


@pytest.mark.parametrize("name", ["xor_3", "symmetry_0", "xor"])
def test_networks_there_are_not(name):
    with pytest.raises(ValueError, match=rf"^network must be xor_2 or symmetry_2, was {name}$"):
        symmetry_breaking.wiring(Recipe(name))

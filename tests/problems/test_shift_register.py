"""The shift register against the counts of the chapter, nets that are known to shift in both ways, the two engines."""

from dataclasses import replace

import numpy as np
import pytest

from backprop86.engines.outputs import states
from backprop86.engines.recipe import Recipe
from backprop86.problems import shift_register
from backprop86.wiring import ONE
from helpers import engines, measured

THREE, FIVE = Recipe("3_units", 60, 0.25, 0.9, target_on=0.9, target_off=0.1, stop="limit"), Recipe("5_units")


def weights(n, into, bias):
    """(n_parameters,) of the net with these weights: rows are the units they go to."""
    wiring = shift_register.wiring(Recipe(f"{n}_units"))
    w = np.zeros(wiring.n_parameters)
    for j in range(n):
        w[wiring.index(ONE, f"u{j + 1}'@1")] = bias
        for i in range(n):
            w[wiring.index(f"u{i + 1}@0", f"u{j + 1}'@1")] = into[j][i]
    return w


def from_the_right(n):
    return np.roll(np.eye(n), 1, axis=1)


@pytest.mark.parametrize(("recipe", "n", "patterns", "parameters"), [(THREE, 3, 8, 12), (FIVE, 5, 32, 30)])
def test_counts(recipe, n, patterns, parameters):
    wiring, cases = shift_register.wiring(recipe), shift_register.cases(recipe)
    assert (wiring.n_inputs, len(wiring.outputs), wiring.n_units) == (n, n, 1 + n + 2 * n)
    assert (wiring.n_parameters, len(wiring.levels)) == (parameters, 2)
    assert np.bincount(wiring.parameter).tolist() == [2] * parameters
    assert [wiring.units[k] for k in wiring.outputs] == [f"u{k + 1}'@2" for k in range(n)]
    assert len({tuple(row) for row in cases.inputs}) == len(cases.names) == patterns
    moved = {name: "".join(str(int(bit)) for bit in row) for name, row in zip(cases.names, cases.desired, strict=True)}
    assert all(after == before[2:] + before[:2] for before, after in moved.items())


def test_a_layer_is_a_step():
    w = np.random.default_rng(0).normal(size=12)
    wiring, cases = shift_register.wiring(THREE), shift_register.cases(THREE)
    into, biases = shift_register.square(wiring, w[None])[0], [w[wiring.index(ONE, f"u{k}'@2")] for k in (1, 2, 3)]
    state = cases.inputs
    for t in (1, 2):
        state = 1 / (1 + np.exp(-(state @ into.T + biases)))
        columns = [wiring.units.index(f"u{k}'@{t}") for k in (1, 2, 3)]
        assert states(wiring, cases.inputs, w[None])[0][:, columns] == pytest.approx(state, abs=1e-15)


@pytest.mark.parametrize("n", [3, 5])
def test_the_two_ways_to_shift(n):
    recipe, right = Recipe(f"{n}_units"), from_the_right(n)
    by_one = measured(shift_register, recipe, weights(n, 20 * right, -10))
    assert by_one == {"is_shift_by_one": True, "after_one_step": 2**n, "right_only_when_even": False}
    complement = measured(shift_register, recipe, weights(n, -20 * right, 10))
    assert complement == {"is_shift_by_one": False, "after_one_step": 0, "right_only_when_even": True}
    nothing_moves = measured(shift_register, recipe, weights(n, 20 * np.eye(n), -10))
    assert nothing_moves == {"is_shift_by_one": False, "after_one_step": 2, "right_only_when_even": False}


def test_twice_as_strongly_as_anything_else():
    right = from_the_right(3)
    for other, is_by_one in ((5, True), (5.1, False), (-5.1, False)):
        into = 10 * right
        into[2, 1] = other
        assert measured(shift_register, THREE, weights(3, into, -90))["is_shift_by_one"] == is_by_one
    one_inhibits = 10 * right * np.array([[1], [1], [-1]])
    assert not measured(shift_register, THREE, weights(3, one_inhibits, 0))["is_shift_by_one"]


@pytest.mark.parametrize(("biases", "update"), [("negative", "sweep"), ("drawn", "sweep"), ("negative", "case")])
def test_the_engines_agree(biases, update):
    w, apart, changed = engines(shift_register, replace(THREE, biases=biases, update=update))
    assert apart <= 1e-9 < 0.1 < changed
    assert (w[:, shift_register.wiring(THREE).is_bias].max() <= 0) == (biases == "negative")


@pytest.mark.parametrize("name", ["1_units", "3_unit", "33_units", "three_units"])
def test_networks_there_are_not(name):
    with pytest.raises(ValueError, match=rf"^network must be such as 3_units, was {name}$"):
        shift_register.wiring(Recipe(name))

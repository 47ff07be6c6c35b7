"""Recipes trained side by side, what weights a seed begins with, and what every row says of its net."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.problems import family_trees, symmetry, xor
from backprop86.running import training
from backprop86.running.failures import kinds
from backprop86.running.nets import Nets
from backprop86.running.settings import load
from backprop86.running.training import (
    OTHER,
    YES_OR_NO,
    columns,
    run_reading,
    run_together,
    start_of,
    together,
)
from backprop86.wiring import wire

XOR = Recipe("2_hidden", 1500, epsilon=0.5, alpha=0.9)  # some are learned before others
TREES = Recipe("five_layers", 8, 0.1, 0.9, 0.002, 4, 0.05, 0.5, dead_zone="from_edge", held_out="random", stop="limit")


@pytest.mark.slow
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
        pd.testing.assert_frame_equal(rows, run_reading(problem, each, [3, 0, 8], engine))


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


def one_sweep(weights, wiring=xor.wiring, counted=(1, 1, 1, 1), **settings):
    """A row of exclusive or for each of these nets, which are hardly changed, and trained on the cases counted."""
    problem = SimpleNamespace(wiring=wiring, cases=xor.cases, measure=xor.measure)
    problem.counted = lambda recipe, seeds: np.array([counted] * len(seeds), dtype=float)
    problem.STARTS = {name: np.array(w, dtype=float) for name, w in weights.items()}
    recipe = replace(XOR, sweeps=1, epsilon=1e-9, initial_range=0.0, **settings)
    return {name: run_reading(problem, replace(recipe, start=name), [0]).iloc[0] for name in weights}


def test_hidden_units_are_off_if_none_does_anything_in_any_case():
    found = one_sweep(
        {
            "off": [-1.5, 0, 0, -1.5, 0, 0, 9, 9, 9],  # y = 0.18
            "in_one_case_not": [-1.5, 0, 0, -1.6, 0.1, 0.2, 9, 9, 9],  # y = 0.21 for 11
            "one_unit_is_not": [-1.5, 0, 0, -1.3, 0, 0, 9, 9, 9],
            "outputs_do_not_count": [0, 0, 0, 0, 0, 0, -9, 0, 0],
        }
    )
    assert [name for name, row in found.items() if row["hidden_off"]] == ["off"]


def test_weights_are_mostly_negative_if_most_connections_are():
    found = one_sweep(
        {
            "four_of_six": [9, -1, -1, 9, -1, -1, 9, 1, 1],  # biases are not counted
            "half": [-9, -1, -1, -9, -1, 1, -9, 1, 1],
        }
    )
    assert {name: bool(row["mostly_negative"]) for name, row in found.items()} == {"four_of_six": True, "half": False}
    rows, net = run_reading(xor, XOR, list(range(9))), xor.wiring(XOR)
    begun, ended = start_of(xor, XOR, net, list(range(9))), np.stack(rows["weights"])
    before, after = ((w[:, ~net.is_bias] < 0).mean(1) > 0.5 for w in (begun, ended))
    assert rows["mostly_negative"].tolist() == after.tolist() != before.tolist()
    shared = wire(
        ["i1", "i2"],
        {"h1": ["i1", "i2"], "h2": ["i1", "i2"], "o1": ["h1", "h2"]},
        ["o1"],
        {(source, target): "k" for source in ("i1", "i2") for target in ("h1", "h2")},
    )
    found = one_sweep({"each_connection_counts": [-1, 1, 1]}, lambda recipe: shared)
    assert found["each_connection_counts"]["mostly_negative"]


def test_how_many_cases_there_are_and_how_many_are_trained():
    both = ["cases", "training_cases"]
    assert run_reading(xor, replace(XOR, sweeps=1), [0, 1])[both].to_numpy().tolist() == [[4, 4]] * 2
    assert run_reading(family_trees, TREES, [0, 1])[both].to_numpy().tolist() == [[104, 100]] * 2


def test_the_kind_of_failure_is_that_of_the_net_in_the_end(monkeypatch):
    monkeypatch.setattr(training, "MEASURED_AT_ONCE", 7)
    recipe = replace(XOR, sweeps=300)
    rows, net, cases = run_reading(xor, recipe, list(range(30))), xor.wiring(recipe), xor.cases(recipe)
    learned, diverged, curves = rows["learned"].to_numpy(bool), rows["diverged"].to_numpy(bool), rows["error_curve"]
    nets = Nets.shown(net, cases, np.stack(rows["weights"]))
    expected = kinds(nets, learned, diverged, np.stack(curves))
    assert set(expected) == {"", "plateau", "still_learning"}
    assert rows["failure"].tolist() == expected.tolist()
    either = {"either_input": [-5, 10, 10, -5, 10, 10, -1, 1, 1]}  # 0.3, 0.7, 0.7 and, for 11, also 0.7
    assert one_sweep(either, criterion="zone")["either_input"]["failure"] == "equal_units"
    without = one_sweep(either, criterion="zone", counted=(1, 1, 1, 0))["either_input"]
    assert (without["failure"], without["training_cases"]) == ("not_close_enough", 3)
    beyond = one_sweep({"infinite": [np.inf] * 9})["infinite"]
    assert (beyond["failure"], beyond["diverged"]) == ("diverged", True)


@pytest.mark.parametrize(
    ("problem", "recipe"), [(xor, XOR), (xor, replace(XOR, network="1_hidden")), (family_trees, TREES)]
)
def test_the_columns_are_known_before_training(problem, recipe):
    told, rows = columns(problem, recipe), run_reading(problem, replace(recipe, sweeps=1), [0, 1])
    assert set(told) == set(rows)
    held = {"b": YES_OR_NO, "O": OTHER}
    assert {name: held.get(rows[name].dtype.kind, "numbers") for name in rows} == told | {"failure": told["failure"]}


@pytest.mark.parametrize("rate", [1e306, 1.7e308])
def test_nets_near_the_largest_number_are_measured_without_a_word(rate):
    recipe = load("symmetry").experiment.recipe_of("case_updates")
    rows = run_reading(symmetry, replace(recipe, epsilon=rate), [0, 1, 2, 3, 4])  # warnings are errors here
    assert rows["seed"].tolist() == [0, 1, 2, 3, 4]

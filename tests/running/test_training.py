"""Recipes trained side by side, the initial weights of a seed, and the contents of every row."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from backprop86.engines import fused
from backprop86.engines.recipe import Recipe
from backprop86.engines.reference import checkpoints
from backprop86.network import Network
from backprop86.problems import family_trees, symmetry, xor
from backprop86.running import training
from backprop86.running.columns import OTHER, YES_OR_NO, columns
from backprop86.running.failures import kinds
from backprop86.running.nets import Nets
from backprop86.running.settings import load
from backprop86.running.training import run_reading, run_together, start_of, together
from backprop86.wiring import wire
from helpers import measured

XOR = Recipe("2_hidden", 1500, epsilon=0.5, alpha=0.9)  # some are learned before others
LEARNER = replace(XOR, criterion="right_side", moments=[20, 400])
"""Some of its seeds learn before sweep 400, some after, some never."""
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


@pytest.fixture
def threads(monkeypatch):
    """Note the numbers of threads for the fused engine and torch; torch keeps its one."""
    told = []
    monkeypatch.setattr(fused, "train", lambda *job, threads, train=fused.train: told.append(threads) or train(*job))
    monkeypatch.setattr(torch, "set_num_threads", told.append)
    return told


@pytest.mark.parametrize(("engine", "given", "told"), [
    ("fused", 2, [2, 2]), ("fused", None, [None]), ("reference", 2, [2]), ("reference", None, []),
])  # fmt: skip
def test_engines_and_measures_work_in_the_threads_they_are_given(threads, engine, given, told):
    rows = run_together(xor, [replace(XOR, sweeps=9)], [0, 1], engine, threads=given)
    assert threads == told
    pd.testing.assert_frame_equal(rows[0], run_reading(xor, replace(XOR, sweeps=9), [0, 1], engine))


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
    """A row of XOR for each of these nets, which are hardly changed, and trained on the cases counted."""
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
    assert [name for name, row in found.items() if row["hidden_off@end"]] == ["off"]


def test_weights_are_mostly_negative_if_most_connections_are():
    found = one_sweep(
        {
            "four_of_six": [9, -1, -1, 9, -1, -1, 9, 1, 1],  # biases are not counted
            "half": [-9, -1, -1, -9, -1, 1, -9, 1, 1],
        }
    )
    assert {name: bool(row["mostly_negative@end"]) for name, row in found.items()} == {
        "four_of_six": True,
        "half": False,
    }
    rows, net = run_reading(xor, XOR, list(range(9))), xor.wiring(XOR)
    begun, ended = start_of(xor, XOR, net, list(range(9))), np.stack(rows["weights@end"])
    before, after = ((w[:, ~net.is_bias] < 0).mean(1) > 0.5 for w in (begun, ended))
    assert rows["mostly_negative@0"].tolist() == before.tolist() != after.tolist()
    assert rows["mostly_negative@end"].tolist() == after.tolist()
    shared = wire(
        ["i1", "i2"],
        {"h1": ["i1", "i2"], "h2": ["i1", "i2"], "o1": ["h1", "h2"]},
        ["o1"],
        {(source, target): "k" for source in ("i1", "i2") for target in ("h1", "h2")},
    )
    found = one_sweep({"each_connection_counts": [-1, 1, 1]}, lambda recipe: shared)
    assert found["each_connection_counts"]["mostly_negative@end"]


def test_the_kind_of_failure_is_that_of_the_net_in_the_end(monkeypatch):
    monkeypatch.setattr(training, "MEASURED_AT_ONCE", 7)
    recipe = replace(XOR, sweeps=300, criterion="right_side")
    rows, net, cases = run_reading(xor, recipe, list(range(30))), xor.wiring(recipe), xor.cases(recipe)
    learned, diverged, curves = rows["learned"].to_numpy(bool), rows["diverged"].to_numpy(bool), rows["error_curve"]
    nets = Nets.shown(net, cases, np.stack(rows["weights@end"]))
    expected = kinds(nets, learned, diverged, np.array(checkpoints(300)), np.stack(curves))
    assert set(expected) == {"", "plateau", "still_learning"}
    assert rows["failure"].tolist() == expected.tolist()
    either = {"either_input": [-5, 10, 10, -5, 10, 10, -1, 1, 1]}  # 0.3, 0.7, 0.7 and, for 11, also 0.7
    assert one_sweep(either, criterion="zone")["either_input"]["failure"] == "equal_units"
    without = one_sweep(either, criterion="zone", counted=(1, 1, 1, 0))["either_input"]
    assert without["failure"] == "not_close_enough"
    beyond = one_sweep({"infinite": [np.inf] * 9})["infinite"]
    assert (beyond["failure"], beyond["diverged"]) == ("diverged", True)


@pytest.mark.parametrize(
    ("problem", "recipe"),
    [(xor, XOR), (xor, replace(XOR, network="one_hidden_direct", sweeps=400, moments=[3, 7])), (family_trees, TREES)],
)
def test_the_columns_are_known_before_training(problem, recipe):
    told, rows = columns(problem, recipe), run_reading(problem, recipe, [0, 1])
    assert set(told) == set(rows)
    text = {name for name in rows if pd.api.types.is_string_dtype(rows[name].dtype)}
    held = {"b": YES_OR_NO, "O": OTHER}
    found = {name: OTHER if name in text else held.get(rows[name].dtype.kind, "numbers") for name in rows}
    assert found == told


@pytest.mark.parametrize("rate", [1e306, 1.7e308])
def test_nets_near_the_largest_number_are_measured_without_a_word(rate):
    recipe = load("symmetry").experiment.recipe_of("case_updates")
    rows = run_reading(symmetry, replace(recipe, epsilon=rate), [0, 1, 2, 3, 4])  # warnings are errors here
    assert rows["seed"].tolist() == [0, 1, 2, 3, 4]


def plainly(recipe, seed):
    """Return the weights of one XOR net after every sweep, and its outputs, by a loop over equations 8 and 9."""
    net, cases = Network(xor.wiring(recipe)), xor.cases(recipe)
    w = torch.tensor(start_of(xor, recipe, net.wiring, [seed]))
    inputs, d, change = torch.tensor(cases.inputs), torch.tensor(cases.desired), torch.zeros_like(w)
    every, outputs = [], []
    for _ in range(recipe.sweeps + 1):
        y, cache = net.forward(inputs, w)
        every.append(w)
        outputs.append(y[0].numpy())
        _, gradients = net.backward(y - d, cache)
        change = -recipe.epsilon * gradients["w"] + recipe.alpha * change
        w = w + change
    return torch.cat(every).numpy(), np.stack(outputs), cases.desired


def first(met):
    """Return the first sweep at which this is true; None if it never is."""
    return int(np.argmax(met)) if met.any() else None


@pytest.fixture(scope="module")
def learners():
    """Rows of LEARNER by the reference engine, and of each seed the weights and outputs of a plain loop."""
    seeds = [0, 1, 2, 3, 9]
    return run_reading(xor, LEARNER, seeds, "reference"), [plainly(LEARNER, seed) for seed in seeds]


@pytest.mark.slow
def test_a_row_says_when_a_net_learned_and_when_it_was_on_the_right_side(learners):
    rows, plain = learners
    zone = run_reading(xor, replace(LEARNER, criterion="zone"), rows["seed"].tolist(), "reference")
    right, beyond = [], []
    for _, outputs, d in plain:
        right.append(first(np.where(d > 0.5, outputs > 0.5, outputs < 0.5).all((1, 2))))
        beyond.append(first(np.where(d > 0.5, outputs > 0.8, outputs < 0.2).all((1, 2))))
    assert right != beyond
    assert None in right
    for found, sweeps in ((rows["sweeps"], right), (zone["sweeps"], beyond), (zone["right_side"], right)):
        assert [None if value is pd.NA else int(value) for value in found] == sweeps
    assert rows["right_side"].equals(rows["sweeps"])
    assert zone["learned"].tolist() == [sweeps is not None for sweeps in beyond]


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["0", "20", "400", "learned", "end"])
def test_measures_are_those_of_the_weights_at_their_moment(learners, moment):
    rows, plain = learners
    for (_, row), (every, _, _) in zip(rows.iterrows(), plain, strict=True):
        sweep = {"learned": row["sweeps"], "end": row["stopped"]}.get(moment, moment)
        names = [name for name in row.index if name.endswith(f"@{moment}")]
        if sweep is pd.NA:
            assert row[names].isna().all()
            continue
        expected = measured(xor, LEARNER, every[int(sweep)])
        hidden = Nets.shown(xor.wiring(LEARNER), xor.cases(LEARNER), every[[int(sweep)]]).y[:, :, 3:5]
        weights = every[int(sweep)][~xor.wiring(LEARNER).is_bias]
        expected |= {"hidden_off": (hidden < 0.2).all(), "mostly_negative": (weights < 0).mean() > 0.5}
        if moment != "0":
            assert row[f"weights@{moment}"] == pytest.approx(every[int(sweep)], rel=1e-9)
        assert {name.partition("@")[0] for name in names} == expected.keys() | ({"weights"} if moment != "0" else set())
        for name, value in expected.items():
            assert row[f"{name}@{moment}"] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-6)), (
                name
            )


@pytest.mark.slow
def test_moments_differ_from_each_other(learners):
    rows, _ = learners
    assert rows["sweeps"].lt(400).any()
    assert rows["sweeps"].gt(400).any()
    assert rows["sweeps"].isna().any()
    codes = [rows[f"hidden_code@{moment}"].dropna().tolist() for moment in ("0", "20", "400", "end")]
    assert len({tuple(each) for each in codes}) > 2


def test_what_a_run_did_not_reach_is_missing():
    recipe = replace(XOR, epsilon=1.7e308, alpha=0.99, sweeps=50, moments=[1, 40])  # infinite before long
    rows = run_reading(xor, recipe, [0, 2])
    assert rows["diverged"].all()
    assert (rows["stopped"] < 40).all()
    for column in ("hidden", "hidden_code", "is_fig5", "hidden_off", "mostly_negative", "weights"):
        assert rows[[f"{column}@40", f"{column}@learned"]].isna().all(axis=None), column
        assert rows[f"{column}@end"].notna().all(), column
    kinds_of_missing = {"hidden@40": "Int64", "is_fig5@40": "boolean", "sweeps": "Int64", "right_side": "Int64"}
    assert {name: str(rows[name].dtype) for name in kinds_of_missing} == kinds_of_missing
    assert str(run_reading(symmetry, replace(recipe, network="two_hidden"), [0])["ratio_2@40"].dtype) == "Float32"


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["reference", "fused"])
def test_a_drawn_seed_goes_on_past_learning_and_is_the_same_run(engine):
    recipe = replace(LEARNER, sweeps=900, moments=[20, 50])
    seeds = [0, 1, 2, 3, training.DRAWN, training.DRAWN + 1]
    plain, drawn = (run_reading(xor, recipe, seeds, engine, drawn=sweep) for sweep in (0, 800))
    late = [name for name in plain if name.endswith("@end")]
    late += ["stopped", "error", "failure", "error_curve", "gradient_curve"]
    pd.testing.assert_frame_equal(plain.drop(columns=late), drawn.drop(columns=late))
    goes_on = plain["learned"] & (plain["seed"] < training.DRAWN)
    assert goes_on.sum() >= 2
    assert (plain["learned"] & ~goes_on).any()
    assert (drawn["stopped"][goes_on] == 800).all()
    assert (plain["stopped"][goes_on] < 800).all()
    pd.testing.assert_frame_equal(plain[~goes_on], drawn[~goes_on])
    points = np.array(checkpoints(900))
    for k in np.flatnonzero(goes_on):
        reached = points <= plain["stopped"][k]
        assert np.array_equal(plain["error_curve"][k][reached], drawn["error_curve"][k][reached])
        assert np.isnan(plain["error_curve"][k][~reached]).all()
        assert np.isfinite(drawn["error_curve"][k][points <= 800]).all()
    assert (drawn["error"][goes_on] < plain["error"][goes_on]).all()

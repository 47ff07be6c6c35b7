"""The reference engine: whole recipes against an independent trajectory, a seed alone, seeds that leave or diverge."""

from dataclasses import replace

import numpy as np
import pytest

from backprop86.engines.recipe import Cases, Job
from backprop86.engines.reference import NEVER, checkpoints, train
from backprop86.gradients.whole_runs import trajectory
from backprop86.network import initial_weights
from backprop86.problems import family_trees, symmetry, xor
from backprop86.running.problem import counted_of
from backprop86.wiring import layered
from helpers import slow
from nets import RECIPES, SYMMETRY, TREES, XOR


@pytest.mark.parametrize("name", slow(RECIPES, *(name for name in RECIPES if "trees" in name or "symmetry" in name)))
def test_a_recipe_like_autograd(name):
    problem, recipe = RECIPES[name]
    seeds = list(range(5 if problem is family_trees else 20))
    wiring, cases, counted = problem.wiring(recipe), problem.cases(recipe), counted_of(problem, recipe, seeds)
    w0 = initial_weights(wiring, seeds, 0.3, recipe.biases)
    ours = train(Job(wiring, cases, recipe, w0, counted)).w
    right, _ = trajectory(Job(wiring, cases, recipe, w0, counted))
    assert len(right) == recipe.sweeps + 1
    assert np.abs(right[-1].numpy() - w0).max() > 1e-3
    assert np.abs(ours - right[-1].numpy()).max() < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("problem", "recipe", "wiring"),
    [(symmetry, SYMMETRY, layered(6, 2, 1)), (symmetry, SYMMETRY, layered(6, 8, 1)), (xor, XOR, layered(2, 2, 1))],
)
def test_a_seed_alone_is_the_same_run(problem, recipe, wiring):
    cases = problem.cases(recipe)
    w0 = initial_weights(wiring, list(range(60)), 0.3)
    many = train(Job(wiring, cases, recipe, w0))
    for seed in (0, 17, 59):
        alone = train(Job(wiring, cases, recipe, w0[seed : seed + 1]))
        assert np.array_equal(alone.w[0], many.w[seed])
        assert alone.sweeps[0] == many.sweeps[seed]


def test_a_family_tree_alone_is_the_same_run():
    wiring, cases = family_trees.wiring(TREES), family_trees.cases(TREES)
    w0, counted = initial_weights(wiring, list(range(9)), 0.3), family_trees.counted(TREES, list(range(9)))
    many, alone = train(Job(wiring, cases, TREES, w0, counted)), train(Job(wiring, cases, TREES, w0[4:5], counted[4:5]))
    assert np.array_equal(alone.w[0], many.w[4])


@pytest.mark.slow
def test_seeds_that_learned_leave_with_the_weights_that_did():
    wiring, cases, recipe = layered(2, 2, 1), xor.cases(XOR), replace(XOR, sweeps=1500, criterion="right_side")
    w0 = initial_weights(wiring, list(range(30)), 0.3)
    leaving, staying = (
        train(Job(wiring, cases, recipe, w0)),
        train(Job(wiring, cases, replace(recipe, stop="limit"), w0)),
    )
    assert np.array_equal(leaving.sweeps, staying.sweeps)
    learned = np.flatnonzero(leaving.sweeps != NEVER)
    assert len(learned) > 10
    path, _ = trajectory(Job(wiring, cases, recipe, w0[learned[:3]]))
    for k, seed in enumerate(learned[:3]):
        sweeps = leaving.sweeps[seed]
        assert leaving.stopped[seed] == sweeps
        assert np.abs(leaving.w[seed] - path[sweeps, k].numpy()).max() < 1e-6
        for sweep, right in ((sweeps - 1, False), (sweeps, True)):
            y = _outputs(wiring, cases, path[sweep, k].numpy())
            assert ((y > 0.5) == (cases.desired > 0.5)).all() == right


def _outputs(wiring, cases, w):
    from backprop86.engines.outputs import states

    return states(wiring, cases.inputs, w[None])[0][:, wiring.outputs]


def test_a_diverged_seed_harms_no_other():
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    w0 = initial_weights(wiring, list(range(8)), 0.3)
    clean = train(Job(wiring, cases, XOR, w0))
    w0[3] = np.inf
    spoilt = train(Job(wiring, cases, XOR, w0))
    assert spoilt.diverged.tolist() == [k == 3 for k in range(8)]
    assert spoilt.sweeps[3] == NEVER
    others = np.arange(8) != 3
    assert np.array_equal(clean.w[others], spoilt.w[others])
    assert np.array_equal(clean.sweeps[others], spoilt.sweeps[others])


def test_weights_that_overflow_on_the_way_are_marked():
    cases = Cases(np.array([[1e200]]), np.array([[0.0]]), ("huge",))
    recipe = replace(XOR, epsilon=1e200, sweeps=5, stop="limit", target_on=1.0)
    assert train(Job(layered(1, 1), cases, recipe, np.zeros((2, 2)))).diverged.all()


def test_a_diverged_seed_has_not_learned_even_if_its_outputs_are_right():
    cases = Cases(np.array([[1.0]]), np.array([[1.0]]), ("one",))
    out = train(Job(layered(1, 1), cases, XOR, np.array([[0.0, np.inf], [0.0, 9.0]])))
    assert out.diverged.tolist() == [True, False]
    assert out.sweeps.tolist() == [NEVER, 0]


@pytest.mark.slow
def test_curves_stop_where_a_seed_left():
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    recipe = replace(XOR, sweeps=1500)
    out = train(Job(wiring, cases, recipe, initial_weights(wiring, list(range(30)), 0.3)))
    kept = np.array(checkpoints(1500))
    assert kept[[0, 1, -1]].tolist() == [0, 1, 1500]
    for seed in range(30):
        assert np.array_equal(np.isfinite(out.error_curve[seed]), kept <= out.stopped[seed])
    assert np.isfinite(out.gradient_curve[:, 0]).all()
    assert out.gradient_curve.shape == (30, len(kept), 2)


@pytest.mark.slow
def test_progress_adds_up_to_all_the_work():
    wiring, cases, done = xor.wiring(XOR), xor.cases(XOR), []
    recipe = replace(XOR, sweeps=1500)
    train(Job(wiring, cases, recipe, initial_weights(wiring, list(range(30)), 0.3)), advance=done.append)
    assert sum(done) == 30 * 1501


def test_negative_biases_stay_so_and_matter():
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    recipe = replace(XOR, biases="negative", stop="limit")
    w0 = initial_weights(wiring, list(range(20)), 0.3, "negative")
    held = train(Job(wiring, cases, recipe, w0)).w
    assert held[:, wiring.is_bias].max() == 0
    assert train(Job(wiring, cases, replace(recipe, biases="drawn"), w0)).w[:, wiring.is_bias].max() > 0.5
    assert held[:, ~wiring.is_bias].max() > 0.5

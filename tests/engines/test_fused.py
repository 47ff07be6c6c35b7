"""The fused engine: the same rows as the reference engine, the same bits however its lanes and threads are arranged."""

import os
import signal
import threading
import time
from dataclasses import fields, replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop86.engines import fused, reference, straight
from backprop86.engines.compiling import compiled
from backprop86.engines.kernel import outputs
from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.engines.vectors import pointer, width
from backprop86.network import initial_weights
from backprop86.problems import family_trees, symmetry, xor
from backprop86.running.problem import counted_of
from backprop86.wiring import layered, unroll
from counts import many
from nets import RECIPES, STEP, SYMMETRY, TREES, XOR, any_cases, wirings


@compiled
def logistic_of(y):
    rows = pointer(y)
    outputs(rows, 0, len(y) // width(rows))  # whole rows


def both(problem, recipe, n):
    seeds = list(range(n))
    wiring, cases, counted = problem.wiring(recipe), problem.cases(recipe), counted_of(problem, recipe, seeds)
    w0 = initial_weights(wiring, seeds, recipe.initial_range, recipe.biases)
    return [engine.train(Job(wiring, cases, recipe, w0, counted)) for engine in (fused, reference)]


def close(a, b, tolerance):
    return np.array_equal(np.isnan(a), np.isnan(b)) and bool(np.all(np.nan_to_num(np.abs(a - b)) <= tolerance))


@pytest.mark.parametrize("name", RECIPES)
def test_the_same_trajectories(name):
    problem, recipe = RECIPES[name]
    ours, theirs = both(problem, replace(recipe, moments=[1, recipe.sweeps]), 40)
    for what in ("w", "w_learned", "w_at", "error", "error_curve", "gradient_curve"):
        assert close(getattr(ours, what), getattr(theirs, what), 1e-9)
    for what in ("sweeps", "right_side", "stopped", "diverged"):
        assert np.array_equal(getattr(ours, what), getattr(theirs, what))


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["right_side", "zone", "case_error"])
@pytest.mark.parametrize(("problem", "recipe"), [(symmetry, SYMMETRY), (xor, XOR)])
def test_seeds_are_solved_after_the_same_sweeps(problem, recipe, criterion):
    recipe = replace(recipe, sweeps=1500, stop="learned", criterion=criterion)
    ours, theirs = both(problem, recipe, many(100, 1000))
    assert (ours.sweeps == theirs.sweeps).mean() >= 0.99
    assert (ours.right_side == theirs.right_side).mean() >= 0.99
    assert (theirs.sweeps > 0).mean() > 0.2


@pytest.mark.slow
def test_a_hundred_sweeps_of_the_family_trees():
    ours, theirs = both(family_trees, replace(TREES, sweeps=100, epsilon=0.2, opening_epsilon=0.1), 60)
    assert close(ours.w, theirs.w, 1e-9)


def test_gradients_agree():
    for problem, recipe in ((symmetry, SYMMETRY), (xor, XOR), (family_trees, TREES)):
        one_step = replace(recipe, sweeps=1, epsilon=1.0, alpha=0.0, decay=0.0, opening_sweeps=0, stop="limit")
        ours, theirs = both(problem, one_step, 30)
        w0 = initial_weights(problem.wiring(recipe), list(range(30)), 0.3)
        gradient, right = w0 - ours.w, w0 - theirs.w
        assert np.abs(gradient - right).max() <= 1e-12 * np.abs(right).max()


@pytest.mark.slow
@settings(max_examples=many(12, 30))
@given(wirings(), st.integers(0, 2**32), st.sampled_from(["sweep", "case"]), st.sampled_from(["none", "from_edge"]))
def test_random_wirings(wiring, seed, update, dead_zone):
    cases, counted, w0 = any_cases(wiring, seed)
    recipe = Recipe("", 12, 0.3, 0.9, 0.01, 4, 0.1, 0.5, update=update, dead_zone=dead_zone, stop="limit")
    ours, theirs = (engine.train(Job(wiring, cases, recipe, w0, counted)) for engine in (fused, reference))
    assert close(ours.w, theirs.w, 1e-9)
    assert close(ours.error_curve, theirs.error_curve, 1e-9)
    assert np.array_equal(ours.sweeps, theirs.sweeps)


def test_an_unrolled_net():
    wiring, random = unroll(STEP, 4), np.random.default_rng(0)
    inputs, desired = random.random((6, wiring.n_inputs)), random.integers(0, 2, (6, 8)).astype(float)
    recipe, w0 = Recipe("", 50, 0.2, 0.9, stop="limit"), random.normal(size=(20, wiring.n_parameters))
    ours, theirs = (
        engine.train(Job(wiring, Cases(inputs, desired, ("",) * 6), recipe, w0)) for engine in (fused, reference)
    )
    assert close(ours.w, theirs.w, 1e-9)


@pytest.mark.parametrize(("threads", "lanes"), [(1, 1), (1, 48), (2, 32), (3, 80), (5, 128)])
def test_rows_do_not_depend_on_lanes_and_threads(threads, lanes):
    for problem, recipe in ((xor, replace(XOR, sweeps=900, moments=[7, 350])), (family_trees, TREES)):
        seeds, least = list(range(77)), np.arange(77) * 10
        wiring, cases, counted = problem.wiring(recipe), problem.cases(recipe), counted_of(problem, recipe, seeds)
        w0 = initial_weights(wiring, seeds, 0.3)
        usual = fused.train(Job(wiring, cases, recipe, w0, counted, least))
        other = fused.train(Job(wiring, cases, recipe, w0, counted, least), threads=threads, lanes=lanes)
        last = None if counted is None else counted[76:]
        alone = fused.train(Job(wiring, cases, recipe, w0[76:], last, least[76:]), threads=threads, lanes=lanes)
        for field in fields(usual):
            ours = getattr(usual, field.name)
            assert np.array_equal(ours, getattr(other, field.name), equal_nan=field.name != "diverged")
            assert np.array_equal(ours[76:], getattr(alone, field.name), equal_nan=field.name != "diverged")


@pytest.mark.slow
def test_float32():
    recipe = replace(XOR, sweeps=100, stop="limit")
    ours, theirs = both(xor, replace(recipe, dtype="float32"), 50)
    assert close(ours.w, theirs.w, 1e-4)
    assert not close(ours.w, both(xor, recipe, 50)[0].w, 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_a_sweep_written_out_gives_the_rows_of_the_loops(name, monkeypatch):
    problem, recipe = RECIPES[name]
    recipe, seeds = replace(recipe, sweeps=60, moments=[7]), list(range(20))
    wiring, cases, counted = problem.wiring(recipe), problem.cases(recipe), counted_of(problem, recipe, seeds)
    job = Job(wiring, cases, recipe, initial_weights(wiring, seeds, 0.3, recipe.biases), counted)
    monkeypatch.setattr(straight, "MOST", 100_000)
    used = []
    monkeypatch.setattr(fused, "written_out", lambda *what: used.append(straight.written_out(*what)) or used[-1])
    ours = fused.train(job)
    monkeypatch.setattr(fused, "written_out", lambda *what: 0)
    theirs = fused.train(job)
    assert (used[0] != 0) == (problem is not family_trees)
    for field in fields(ours):
        assert getattr(ours, field.name).tobytes() == getattr(theirs, field.name).tobytes()


def test_a_seed_at_rest_has_the_rows_of_all_its_sweeps(monkeypatch):
    steps = {"epsilon": 4.0, "alpha": 0.9, "target_on": 0.9, "target_off": 0.1, "initial_range": 1.0}
    recipe, n = Recipe("32_hidden", sweeps=3000, moments=[100, 2500], criterion="case_error", **steps), 48
    wiring, cases = xor.wiring(recipe), xor.cases(recipe)
    job = Job(wiring, cases, recipe, initial_weights(wiring, list(range(n)), 1.0), None, np.full(n, 2800))
    rule_of = fused.rule_of
    short = fused.train(job)
    monkeypatch.setattr(fused, "rule_of", lambda *about: rule_of(*about)._replace(may_rest=False))
    full = fused.train(job)
    for field in fields(full):
        assert np.array_equal(getattr(short, field.name), getattr(full, field.name), equal_nan=True), field.name
    assert 0 < (full.w_at[:, 1] == full.w).all(1).sum() < n  # some are at rest


def test_a_diverged_seed_harms_no_other():
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    w0 = initial_weights(wiring, list(range(8)), 0.3)
    clean = fused.train(Job(wiring, cases, XOR, w0))
    w0[3] = np.inf
    spoilt = fused.train(Job(wiring, cases, XOR, w0))
    assert spoilt.diverged.tolist() == [k == 3 for k in range(8)]
    others = np.arange(8) != 3
    assert np.array_equal(clean.w[others], spoilt.w[others])
    one = Cases(np.array([[1.0]]), np.array([[1.0]]), ("one",))
    out = fused.train(Job(layered(1, 1), one, XOR, np.array([[0.0, np.inf], [0.0, 9.0]])))
    assert (out.diverged.tolist(), out.sweeps.tolist()) == ([True, False], [-1, 0])


def test_progress_adds_up_to_all_the_work():
    wiring, cases, done = xor.wiring(XOR), xor.cases(XOR), []
    recipe = replace(XOR, sweeps=1500)
    fused.train(Job(wiring, cases, recipe, initial_weights(wiring, list(range(300)), 0.3)), advance=done.append)
    assert sum(done) == 300 * 1501


def test_logistic_is_within_2_ulp_on_a_grid():
    random = np.random.default_rng(0)
    x = np.concatenate([np.linspace(-40, 40, 4007), random.normal(size=3000), np.geomspace(1e-300, 40, 1000), [0.0]])
    x = np.resize(np.concatenate([x, -x]), 16 * 1024)
    y = x.copy()
    logistic_of(y)
    mpmath.mp.prec = 200
    right = np.array([float(1 / (1 + mpmath.exp(-mpmath.mpf(value)))) for value in x])
    assert np.max(np.abs(y - right) / np.spacing(right)) <= 2


def test_logistic_saturates_and_passes_nan_on():
    y = np.array([-np.inf, -1e308, -800, 800, 1e308, np.inf, np.nan, 0.0] * 16)
    logistic_of(y)
    assert y[[3, 4, 5, 7]].tolist() == [1, 1, 1, 0.5]
    assert np.all((y[:3] > 0) & (y[:3] < 1e-17))
    assert np.isnan(y[6])
    assert np.array_equal(y[:8], y[-8:], equal_nan=True)


@pytest.mark.slow
@pytest.mark.parametrize("engine", [fused, reference])
def test_ctrl_c_ends_it_at_once(engine):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts a task in the background ignores it
    wiring, cases = xor.wiring(XOR), xor.cases(XOR)
    recipe = replace(XOR, sweeps=500_000_000, criterion="case_error", epsilon=0.1)
    seeds = initial_weights(wiring, list(range(60)), 0.3)
    engine.train(Job(wiring, cases, replace(recipe, sweeps=3), seeds))
    threads = threading.active_count()
    threading.Timer(3, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.train(Job(wiring, cases, recipe, seeds))
    assert 2 < time.monotonic() - started < 20
    assert threading.active_count() <= threads


def test_arrays_may_lie_in_memory_in_any_order():
    cases, wiring = xor.cases(XOR), xor.wiring(XOR)
    both_outputs = np.concatenate([cases.desired, 1 - cases.desired], 1)
    w0, counted = initial_weights(wiring, list(range(6)), 0.3), np.ones((6, 4))
    counted[2, 1] = 0
    usual = fused.train(Job(wiring, cases, XOR, w0, counted))
    other = Cases(np.asfortranarray(cases.inputs), both_outputs[:, :1], cases.names)
    found = fused.train(Job(wiring, other, XOR, np.asfortranarray(w0), np.asfortranarray(counted)))
    assert np.array_equal(found.w, usual.w)

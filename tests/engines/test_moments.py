"""The notes of both engines on the way, against a plain loop: the firsts, the weights then and at moments, and the
end.
"""

import json
from dataclasses import asdict, fields, replace
from itertools import pairwise

import numpy as np
import pytest

from backprop86.engines import fused, reference
from backprop86.engines.outputs import states
from backprop86.engines.recipe import CRITERIA, BadInput, Cases, Job, Recipe
from backprop86.engines.reference import NEVER, Outcome, checkpoints
from backprop86.gradients.whole_runs import trajectory
from backprop86.network import initial_weights
from backprop86.problems import xor
from backprop86.running.settings import load
from backprop86.wiring import layered
from nets import XOR

FAST = replace(XOR, epsilon=1.0, sweeps=250, moments=[1, 60, 130, 249])
WIRING, CASES = xor.wiring(FAST), xor.cases(FAST)
N = 24
ENGINES = pytest.mark.parametrize("engine", [fused, reference])


def job(recipe=FAST, n=N, **more):
    return Job(WIRING, CASES, recipe, initial_weights(WIRING, list(range(n)), 0.3), **more)


def same(a, b, tolerance=0.0):
    return np.array_equal(np.isnan(a), np.isnan(b)) and bool(np.all(np.nan_to_num(np.abs(a - b)) <= tolerance))


def plainly(job):
    """Return (sweeps, right_side, stopped) of each seed, and the weights of all after every sweep."""
    path, recipe = trajectory(job)[0].numpy(), job.recipe
    y = states(WIRING, CASES.inputs, path.reshape(-1, WIRING.n_parameters))[..., WIRING.outputs]
    y = y.reshape(*path.shape[:2], *CASES.desired.shape)
    found = []
    for seed in range(N):
        counts = np.ones(len(CASES.inputs)) if job.counted is None else job.counted[seed]
        learned, right = (first(y[:, seed], CRITERIA[name], counts > 0) for name in (recipe.criterion, "right_side"))
        least = 0 if job.least is None else job.least[seed]
        goes_on = recipe.stop == "limit" or learned == NEVER
        stopped = recipe.sweeps if goes_on else min(max([learned, least, *recipe.moments]), recipe.sweeps)
        found.append((learned, right, stopped))
    return np.array(found).T, path


def first(y, criterion, counts):
    """Return the first sweep after which the outputs y (sweeps + 1, C, 1) of the cases that count meet a criterion."""
    for sweep in range(len(y)):
        is_right = np.where(CASES.desired > 0.5, y[sweep] > criterion.on, y[sweep] < criterion.off)
        if is_right[counts].all():
            return sweep
    return NEVER


@pytest.mark.slow
@ENGINES
@pytest.mark.parametrize(
    ("stop", "moments", "some_go_on", "some_held_out"),
    [
        ("learned", [], False, False),
        ("learned", [1, 60, 130], False, True),
        ("learned", [1, 60, 130], True, False),
        ("learned", [249], True, True),
        ("limit", [1, 60, 130], True, True),
    ],
)
def test_a_plain_loop_notes_the_same(engine, stop, moments, some_go_on, some_held_out):
    least = np.arange(N) * 20 if some_go_on else None
    counted = np.ones((N, 4)) if some_held_out else None
    if some_held_out:
        counted[::3, 1] = counted[1::5, 2] = 0
    asked = job(replace(FAST, stop=stop, moments=moments), least=least, counted=counted)
    (sweeps, right_side, stopped), path = plainly(asked)
    out = engine.train(asked)
    assert out.sweeps.tolist() == sweeps.tolist()
    assert out.right_side.tolist() == right_side.tolist()
    assert out.stopped.tolist() == stopped.tolist()
    assert out.w_at.shape == (N, len(moments), WIRING.n_parameters)
    for seed in range(N):
        assert same(out.w[seed], path[stopped[seed], seed], 1e-8)
        when_learned = path[sweeps[seed], seed] if sweeps[seed] != NEVER else np.full(WIRING.n_parameters, np.nan)
        assert same(out.w_learned[seed], when_learned, 1e-8)
        for m, moment in enumerate(moments):
            assert same(out.w_at[seed, m], path[moment, seed], 1e-8)
    assert len({*sweeps}) > 5  # some early, some late, some never
    assert NEVER in sweeps
    assert ((right_side < sweeps) & (right_side != NEVER)).sum() > 5


@pytest.mark.slow
@ENGINES
@pytest.mark.parametrize("criterion", ["right_side", "zone", "case_error"])
def test_a_seed_is_the_same_to_the_bit_whether_or_not_it_goes_on(engine, criterion):
    recipe = replace(FAST, criterion=criterion, moments=[20], sweeps=400)
    usual, least = engine.train(job(recipe)), np.arange(N) * 15
    going_on = engine.train(job(recipe, least=least))
    learned = usual.sweeps != NEVER
    assert learned.sum() > 5
    for name in ("sweeps", "right_side", "diverged", "w_learned", "w_at"):
        assert np.array_equal(getattr(usual, name), getattr(going_on, name), equal_nan=name != "diverged")
    assert np.array_equal(going_on.stopped[learned], np.maximum(usual.stopped, least)[learned])
    stayed = engine.train(job(replace(recipe, stop="limit"), least=least))
    assert np.array_equal(stayed.w_learned, usual.w_learned, equal_nan=True)
    assert np.array_equal(usual.w[usual.stopped == usual.sweeps], usual.w_learned[usual.stopped == usual.sweeps])
    some = replace(recipe, moments=[20, 300], stop="limit", sweeps=300)
    ended = least == 300
    assert np.array_equal(
        engine.train(job(some)).w[ended & (usual.sweeps < 300)], going_on.w[ended & (usual.sweeps < 300)]
    )


@pytest.mark.slow
@ENGINES
def test_rows_do_not_depend_on_the_seeds_beside(engine):
    least = np.arange(N) * 15
    many = engine.train(job(least=least))
    for seed in (0, 7, N - 1):
        alone = engine.train(replace(job(), w=job().w[[seed]], least=least[[seed]]))
        for field in fields(Outcome):
            ours, theirs = getattr(many, field.name)[seed], getattr(alone, field.name)[0]
            assert np.array_equal(ours, theirs, equal_nan=field.name != "diverged")


@ENGINES
def test_a_moment_of_all_sweeps_is_the_end(engine):
    out = engine.train(job(replace(FAST, moments=[FAST.sweeps])))
    assert (out.stopped == FAST.sweeps).all()
    assert np.array_equal(out.w_at[:, 0], out.w)


@ENGINES
def test_a_diverged_seed_has_no_later_moments_and_neither_learned_nor_was_right(engine):
    """A weight of seed 0 overflows in its first sweep, and those of the others are infinite; seeds 0 and 2 say 1."""
    cases = Cases(np.array([[1e200]]), np.array([[1.0]]), ("huge",))
    recipe = replace(XOR, epsilon=1e200, sweeps=5, moments=[1, 3], stop="limit")
    out = engine.train(Job(layered(1, 1), cases, recipe, np.array([[0.0, 0.0], [0.0, -np.inf], [0.0, np.inf]])))
    assert out.diverged.tolist() == [True, True, True]
    assert (out.sweeps.tolist(), out.right_side.tolist()) == ([NEVER] * 3, [NEVER] * 3)
    assert np.isnan(out.w_learned).all()
    assert out.stopped.tolist() == [1, 0, 0]
    assert np.array_equal(out.w_at[0, 0], out.w[0])
    assert np.isnan(out.w_at[0, 1]).all()
    assert np.isnan(out.w_at[1:]).all()


@ENGINES
def test_weights_that_learn_before_the_first_sweep(engine):
    w = np.array([[0.0, 9.0], [0.0, 0.5], [0.0, -9.0]])
    one = Cases(np.array([[1.0]]), np.array([[1.0]]), ("one",))
    out = engine.train(Job(layered(1, 1), one, Recipe(epsilon=0.1, sweeps=3), w, least=np.array([2, 0, 0])))
    assert out.sweeps.tolist() == [0, NEVER, NEVER]
    assert out.right_side.tolist() == [0, 0, NEVER]
    assert out.stopped.tolist() == [2, 3, 3]
    assert np.array_equal(out.w_learned[0], w[0])
    assert not np.array_equal(out.w[0], w[0])


@pytest.mark.parametrize("sweeps", [1, 2, 9, 100, 1500, 20_000])
def test_checkpoints_are_48_to_a_factor_of_ten(sweeps):
    kept = checkpoints(sweeps)
    assert kept == sorted({*kept, 0, sweeps})
    assert all(b <= a * 10 ** (1 / 46) + 1 for a, b in pairwise(kept))
    if sweeps > 1000:
        assert sum(sweep > sweeps / 10 for sweep in kept) == pytest.approx(48, abs=2)


A_LIST = "moments must be a list of whole numbers of at least 1, each larger than the one before, was "


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moments", "line"),
    [
        ("[300,20]", A_LIST + "[300, 20]"),
        ("[20,20]", A_LIST + "[20, 20]"),
        ("[0,20]", A_LIST + "[0, 20]"),
        ("[1.5]", A_LIST + "[1.5]"),
        ("[true]", A_LIST + "[True]"),
        ("[[3]]", A_LIST + "[[3]]"),
        ("abc", A_LIST + "abc"),
        ("12", A_LIST + "12"),
        ("null", A_LIST + "null"),
    ],
)
def test_what_moments_cannot_be(moments, line):
    with pytest.raises(BadInput) as refused:
        load("xor", f"+experiment.readings.mine.moments={moments}")
    assert str(refused.value) == line


@pytest.mark.slow
def test_moments_of_a_whole_experiment_are_checked_too():
    for moments, told in (("12", "was 12"), ("[3,2]", r"was \[3, 2\]")):
        with pytest.raises(BadInput, match=f"{A_LIST[:-5]}.*{told}$"):
            load("xor", f"experiment.recipe.moments={moments}")
    assert load("xor", "experiment.recipe.moments=[3,20]").experiment.recipe_of("as_printed").moments == [3, 20]


def test_a_recipe_with_moments_passes_through_json():
    recipe = Recipe().changed({"moments": ["20", 300]}, "here")
    assert recipe.moments == [20, 300]
    assert Recipe(**json.loads(json.dumps(asdict(recipe)))) == recipe
    assert recipe != Recipe()

"""The run that the step begins: the sweeps shown, the seeds that learn, and the words about it."""

import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
import torch

from backprop86.engines.recipe import Job
from backprop86.engines.reference import NEVER, checkpoints
from backprop86.explaining.command import RESULTS, parts_of
from backprop86.explaining.first_step import first_step, measured
from backprop86.explaining.rest_of_run import course_of, rises
from backprop86.explaining.story import explain
from backprop86.explaining.who_learns import MANY, Learned, learned_of, published, readings_that_learn
from backprop86.gradients.whole_runs import trajectory
from backprop86.network import Network
from backprop86.problems import xor
from backprop86.report.page import written
from backprop86.running.run import run
from backprop86.running.runs import read
from backprop86.running.settings import Settings, load
from backprop86.running.training import run_reading
from helpers import slow


def course(reading, seed, **settings):
    recipe = replace(load("xor").experiment.recipe_of(reading), **settings)
    step = first_step(xor, recipe, seed)
    return step, course_of(step, measured(step).gradient)


@pytest.mark.slow
@pytest.mark.parametrize(("reading", "seed"), [("as_printed", 0), ("two_hidden", 0)])
def test_repeating_is_what_autograd_does(reading, seed):
    """E and the outputs at the sweeps shown, up to 1,500, from a run that shares no code with the engines."""
    step, found = course(reading, seed)
    w, _ = trajectory(Job(step.wiring, step.cases, replace(step.recipe, sweeps=1500), step.w0[None]))
    network, inputs = Network(step.wiring), torch.tensor(step.cases.inputs)
    d, shown = torch.tensor(0.1 + 0.8 * step.cases.desired), 0
    for look in found.looks:
        sweep = 0 if look.after == "before" else 1 if look.after == "this step" else int(re.sub(r"\D", "", look.after))
        if sweep <= 1500:
            y, shown = network.forward(inputs, w[sweep])[0][0], shown + 1
            assert look.outputs == pytest.approx(y.numpy(), rel=1e-6)
            assert pytest.approx(((y - d) ** 2).sum().item() / 2, rel=1e-6) == look.E
    assert shown >= 8


READINGS = ["as_printed", "two_hidden/case_updates", "no_momentum_rate_0.25", "two_hidden/float32"]


@pytest.mark.parametrize("reading", slow(READINGS, "two_hidden/float32"))
def test_the_sweeps_shown_are_those_at_which_E_falls(reading):
    recipe, nowhere = load("xor").experiment.recipe_of(reading), RESULTS / "runs" / "nothing.parquet"
    seed = int(learned_of(xor, recipe, nowhere, reading).first)
    step, found = course(reading, seed)
    rows = run_reading(xor, step.recipe, [seed])
    assert found.learned_at == rows["sweeps"][0]  # the run that is shown is that of the rows
    if step.recipe.dtype == "float64":
        there = run_reading(xor, replace(recipe, sweeps=found.learned_at, stop="limit", moments=[]), [seed])
        assert found.E_then == pytest.approx(there["error"][0], rel=1e-9)
    E = np.array([look.E for look in found.looks])
    assert 8 <= len(E) <= 11
    assert (
        found.looks[-1].after == f"{max(found.learned_at, int(re.sub(r'[^0-9]', '', found.looks[-1].after))):,} sweeps"
    )
    assert E[-1] < 0.01 * E[0]  # shown to near the floor
    falls = -np.diff(E[1:])
    assert falls.max() < (E[0] - E[-1]) / 4  # no cliff between two rows
    assert sum(fall > (E[0] - E[-1]) / 8 for fall in falls) >= 5  # the bar is a curve


def test_a_net_that_never_learns_is_shown_to_the_end():
    _, found = course("two_hidden", 0)
    assert (found.learned_at, found.limit, found.looks[-1].after) == (NEVER, 20_000, "20,000 sweeps")
    assert found.looks[-1].E > 0.15
    _, short = course("as_printed", 0, sweeps=40)
    assert [look.after for look in short.looks][-1] == "40 sweeps"
    assert len(short.looks) == 8


def test_where_E_rises_is_found():
    step, found = course("as_printed", 0)
    assert rises(found) == []
    assert found.sweeps == checkpoints(20_000)
    up = replace(found, E=np.array([1.0, 0.5, 0.505, 0.52, *[0.4] * (len(found.E) - 4)]))
    assert rises(up) == [(found.sweeps[2], found.sweeps[3], 0.505, 0.52)]
    assert step.recipe.stop == "learned"


@pytest.mark.slow
def test_who_learns_is_read_from_a_file_of_runs_if_their_settings_are_these(tmp_path):
    experiment, name = load("xor").experiment, "two_hidden/as_printed"
    for reading in ("two_hidden", "as_printed"):
        run(Settings(experiment, seeds=30, reading=reading, output=str(tmp_path)))
    recipe, file = experiment.recipe_of(name), tmp_path / "runs" / "xor.parquet"
    found, rows = published(file, name, recipe), read(file).of(name)
    assert found.is_published
    assert found.who.tolist() == rows["learned"].tolist()
    assert found.first == rows["seed"][rows["learned"]].min() == 1
    assert published(file, "as_printed", experiment.recipe).first == 0  # each reading has its own rows
    assert published(file, name, replace(recipe, epsilon=0.3)) is None
    assert published(file, "three_hidden/as_printed", recipe) is None
    assert published(tmp_path / "nothing.parquet", name, recipe) is None
    share = rows["learned"].mean()
    assert readings_that_learn(file) == {"as_printed": 1, "two_hidden": pytest.approx(share)}
    assert 0 < share < 1
    tried = learned_of(xor, recipe, tmp_path / "nothing.parquet", name)
    assert (tried.is_published, len(tried.who)) == (False, MANY)
    assert tried.who.tolist()[:30] == rows["learned"].tolist()
    run(Settings(experiment, seeds=7, first_seed=3, reading="two_hidden", output=str(tmp_path)))
    assert published(file, name, recipe) is None  # not from seed 0 on


def test_no_more_seeds_are_trained_than_a_moment_allows():
    trees = import_module("backprop86.problems.family_trees")
    recipe = replace(load("family_trees").experiment.recipe_of("as_printed"), epsilon=0.02)
    assert learned_of(trees, recipe, RESULTS / "runs" / "family_trees.parquet", "as_printed") is None


def test_a_damaged_file_of_runs_is_as_good_as_none(tmp_path):
    (tmp_path / "xor.parquet").write_bytes(b"PAR1")
    assert published(tmp_path / "xor.parquet", "two_hidden", load("xor").experiment.recipe_of("two_hidden")) is None
    assert Learned(np.array([False, False]), True).first is None


@cache
def page_of(*settings):
    return written(parts_of(*settings))


@pytest.mark.slow
def test_what_is_said_of_the_course_of_training():
    by_case = page_of("reading=case_updates")
    assert "A step that helps one case need not help all cases." in by_case  # E of all cases has risen
    for untrue in ("The step was too long.", "E hardly falls", "E does not fall all the way"):
        assert untrue not in by_case
    stuck = page_of("experiment=family_trees", "reading=case_updates")
    assert re.search(r"From sweep \d+ on E hardly falls: a plateau, or a minimum\.", stuck)
    assert "In 1,500 sweeps it does not learn. A net has learned when each output" in stuck


@pytest.mark.parametrize(("reading", "surface"), [("xor", "a straight line"), ("as_printed", "a plane")])
def test_why_a_single_layer_cannot_do_it(reading, surface):
    page = page_of("experiment=single_layer", f"reading={reading}")
    recipe = load("single_layer").experiment.recipe_of(reading)
    cases = import_module("backprop86.problems.single_layer").cases(recipe)
    on = cases.desired[:, 0] == 1
    middles = {tuple(cases.inputs[some].mean(0)) for some in (on, ~on)}
    assert len(middles) == 1
    assert f"by {surface}, and none divides these cases." in page
    assert f"is ({', '.join(f'{value:g}' for value in middles.pop())}): the same point, which cannot lie" in page
    assert "Hidden units" not in page


def test_a_single_layer_that_can_do_it_is_not_said_to_be_unable():
    """The same page of a net without hidden units that only lacks time: AND of two inputs."""
    single = import_module("backprop86.problems.single_layer")
    both = ModuleType("both", "AND: are both inputs on?")
    both.wiring, desired = single.wiring, np.array([[0.0], [0.0], [0.0], [1.0]])
    both.cases = lambda recipe: replace(single.cases(recipe), desired=desired)
    recipe = replace(load("single_layer").experiment.recipe_of("xor"), sweeps=1)
    page = written(explain(both, recipe, "AND"))
    assert "it does not learn" in page
    assert "No weights solve this" not in page

"""The engine of the page has the bits of the compiled engine: in Node, and in a worker of a page from a file."""

import importlib.util
import json
import math

import numpy as np
import pytest

from backprop86.engines import fused
from backprop86.engines.arithmetic import LARGEST
from backprop86.engines.recipe import BadInput, Job
from backprop86.engines.reference import checkpoints
from backprop86.report.replay import in_json, replay, replay_of
from backprop86.running.experiment import Experiment
from backprop86.running.problem import counted_of, start_of, wiring_of
from backprop86.running.settings import load, stems
from counts import many
from hard_triples import hard_triples, right_fma
from helpers import ROOT
from in_javascript import Firefox, computed, numbers, site, told

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])
STEMS = [stem for stem in stems() if stem != "signals"]
"""The experiments that can be trained: signals has new cases in each sweep."""


@DTYPES
def test_fma_is_rounded_once(dtype):
    triples = hard_triples(dtype, many(10_000, 40_000))
    assert len(triples) > many(50_000, 200_000)
    right = np.array([right_fma(*three, dtype) for three in triples.tolist()])
    found = computed("fma", dtype, triples)
    differ = np.flatnonzero(bits(found) != bits(right))
    assert [(*triples[k].tolist(), found[k], right[k]) for k in differ[:5]] == []
    assert np.isinf(right).sum() > many(250, 1000)
    assert (np.abs(right[right != 0]) < np.finfo(dtype).tiny).sum() > many(250, 1000)


def bits(values):
    """The bits of numbers, in which one NaN is as good as another."""
    return np.where(np.isnan(values), np.nan, values).view(np.int64)


@DTYPES
def test_the_logistic_is_the_referees(dtype):
    place = importlib.util.spec_from_file_location("referee", ROOT / "tests/engines/referee.py")
    referee = importlib.util.module_from_spec(place)
    place.loader.exec_module(referee)
    most, random = LARGEST[dtype], np.random.default_rng(0)
    x = np.concatenate([np.linspace(0, most + 1, 40_000), random.normal(size=10_000), np.geomspace(1e-40, most, 9_999)])
    x = np.concatenate([x, -x, [np.inf, -np.inf, np.nan, 0.0, -0.0]]).astype(dtype)
    right, found = referee.logistic(x).astype(float), computed("logistic", dtype, x)
    assert x[bits(found) != bits(right)].tolist() == []


STARTS = {"xor": ["as_printed", "fig5_rate_1"], "symmetry": ["biases_from_zero"], "shift_register": ["as_printed"]}
STARTS |= {"symmetry_breaking": ["as_printed", "nearly_equal"], "gains": ["as_printed"], "family_trees": ["as_printed"]}
"""Readings that begin in each of the ways that there are."""


@pytest.mark.parametrize("stem", STARTS)
def test_the_first_weights_of_a_hundred_seeds(stem):
    experiment, seeds = load(stem).experiment, [*range(98), 2**31 + 86, 2**53 - 1]
    every = [name for name in experiment.every_reading if name.partition("/")[0] in STARTS[stem]]
    assert len(every) >= len(STARTS[stem])
    tasks = [{"replay": replay_of(experiment, reading, None, 0), "seeds": seeds} for reading in every]
    for reading, found in zip(every, told("start", tasks), strict=True):
        recipe = experiment.recipe_of(reading)
        right = start_of(experiment.problem, recipe, wiring_of(experiment.problem.wiring, recipe), seeds)
        assert np.stack([numbers(w) for w in found]).tobytes() == right.tobytes(), reading


SIZES = many(
    [(60, 30, 100), (200, 30, 30), (3_000, 20, 10), (30_000, 10, 3), (200_000, 3, 3), (math.inf, 1, 2)],
    [(60, 100, 300), (200, 100, 100), (3_000, 100, 20), (30_000, 50, 3), (200_000, 5, 3), (math.inf, 2, 2)],
)
"""The largest product of connections and cases; the seeds that are compared for nets up to it, and their sweeps.

With a change after every case, half of the sweeps. Of the readings after the first, a tenth of the seeds.
"""
MAP = 400
"""Of a map's readings, which differ in two numbers alone, one of so many is compared."""


def job(stem, reading, n, **differs):
    """Return a job of the first n seeds that goes on to the last sweep, and the same as a task for JavaScript.

    Sweeps with other rates come so early that a few sweeps have them.
    """
    experiment = load(stem).experiment
    recipe = experiment.recipe_of(reading)
    early = {"opening_sweeps": min(recipe.opening_sweeps, 1), "late_sweep": min(recipe.late_sweep, 2)}
    cut = experiment.every_reading[experiment.full(reading)] | {"stop": "limit", "moments": []} | early | differs
    experiment = Experiment(stem, recipe=experiment.recipe, readings={"cut": cut}, words={"cut": reading})
    problem, recipe, seeds = experiment.problem, experiment.recipe_of("cut"), list(range(n))
    wiring, counted = wiring_of(problem.wiring, recipe), counted_of(problem, recipe, seeds)
    trained = Job(wiring, problem.cases(recipe), recipe, start_of(problem, recipe, wiring, seeds), counted)
    return trained, {"replay": replay_of(experiment, "cut", None, n), "seeds": seeds, "sweeps": recipe.sweeps}


def jobs(stem, names=None, sizes=SIZES):
    """Return the job and the task of these readings, or of every one, by name."""
    experiment, found = load(stem).experiment, {}
    every = list(experiment.every_reading)
    for reading in names or (every if len(every) < MAP else every[::MAP]):
        recipe = experiment.recipe_of(reading)
        wiring, cases = wiring_of(experiment.problem.wiring, recipe), experiment.problem.cases(recipe)
        products = len(wiring.source) * len(cases.inputs)
        _, n, sweeps = next(size for size in sizes if products <= size[0])
        sweeps = min(recipe.sweeps, -(-sweeps // 2) if recipe.update == "case" else sweeps)
        n = n if reading == every[0] else -(-n // 10)
        found[reading] = job(stem, reading, n, sweeps=sweeps)
    return found


def assert_same(trained, ends):
    """Compare every bit of the weights, of E and of the lengths of dE/dw, and the sweep of learning."""
    right = fused.train(trained)
    for seed, end in enumerate(ends):
        learned = None if right.sweeps[seed] < 0 else right.sweeps[seed]
        assert (seed, end["learnedAt"]) == (seed, learned)
        last = checkpoints(trained.recipe.sweeps).index(right.stopped[seed])
        for name, said in (("w", right.w), ("E", right.error), ("lengths", right.gradient_curve[:, last])):
            assert (seed, name, bits(numbers(end[name])).tolist()) == (seed, name, bits(said[seed].ravel()).tolist())


@pytest.mark.parametrize("stem", STEMS)
def test_the_bits_of_every_reading(stem):
    every = jobs(stem)
    ends = told("train", [task for _, task in every.values()])
    for (trained, _), found in zip(every.values(), ends, strict=True):
        assert_same(trained, found)


LATE = {"late_sweep": 2, "late_epsilon": 0.3, "late_alpha": 0.95, "late_decay": 0.05}
CHANGED = [
    ("xor", {"decay": 0.01, "decay_in": "change", "update": "case", **LATE}),
    ("xor", {"decay": 0.01, "decay_from": "learned", "epsilon": 1.0, "sweeps": 250}),
    ("xor", {"initial_range": 0.0, "procedure": "desired_states"}),
    ("xor", {"epsilon": 1e308, "initial_range": 3.0}),
    ("symmetry", {"error": "mean", "update": "case", "procedure": "desired_states"}),
    ("symmetry", {"error": "mean", "criterion": "case_error", "output_slope": "left_out", "epsilon": 0.9}),
    ("symmetry", {"dtype": "float32", "decay": 0.01, "decay_in": "gradient", "epsilon_by": "fan_in"}),
    ("gains", {"update": "case", "dtype": "float32", "alpha": 0.5, "sweeps": 2}),
    ("t_c", {"gain": 0.7, "gain_epsilon": 0.1, "dtype": "float32"}),
    ("shapes", {"decay": 0.01, "decay_in": "change", "sweeps": 3, **LATE}),
]
"""Recipes that no reading has, but a reader may ask for."""


@pytest.mark.parametrize("number", range(len(CHANGED)))
def test_the_bits_of_a_recipe_that_no_reading_has(number):
    stem, differs = CHANGED[number]
    trained, task = job(stem, "as_printed", 4 if stem == "shapes" else 20, **{"sweeps": 30} | differs)
    (ends,) = told("train", [task])
    assert_same(trained, ends)


PUBLISHED = {"xor": "as_printed", "symmetry": "case_updates", "shift_register": "as_printed", "addition": "as_printed"}
PUBLISHED |= {"chain": "as_printed", "gains": "as_printed", "width_and_depth": "as_printed", "encoder": "as_printed"}
"""Readings of which some runs are trained to their end; of width_and_depth the rows keep three digits of E."""


def published(stem, reading, n):
    """Return the task of the n seeds of a reading that ended first, and of the first of those that never learned."""
    given = replay(stem, reading, ROOT / "results")
    sweeps = np.array([math.inf if sweep is None else sweep for sweep in given["published"]["sweeps"]])
    seeds = np.argsort(sweeps, kind="stable")[:n].tolist()
    cheap = given["recipe"]["sweeps"] * len(given["wiring"]["source"]) * len(given["cases"]["names"]) < 1e6
    seeds += np.flatnonzero(np.isinf(sweeps))[:1].tolist() if cheap else []
    return {"replay": given, "seeds": seeds, "sweeps": None}


@pytest.mark.results
def test_runs_end_as_published():
    tasks = [published(stem, reading, many(3, 10)) for stem, reading in PUBLISHED.items()]
    for task, ends in zip(tasks, told("train", tasks), strict=True):
        sweeps = task["replay"]["published"]["sweeps"]
        assert [end["learnedAt"] for end in ends] == [sweeps[seed] for seed in task["seeds"]]
        assert all(end["isAsPublished"] for end in ends), task["replay"]["experiment"]
        task["replay"]["published"]["error"] = [error * (1 + 3e-7) for error in task["replay"]["published"]["error"]]
    for ends in told("train", [task for task in tasks if task["replay"]["published"]["error_digits"] is None]):
        assert not any(end["isAsPublished"] for end in ends)


REFUSED = {
    "block": (25, "block must be 0, was 25"),
    "dtype": ("float16", "dtype must be float64 or float32, was float16"),
    "update": ("batch", "update must be sweep or case, was batch"),
    "epsilon": (None, "epsilon must be a number, was null"),
    "dropout": (0.5, "dropout must be a setting that this engine has, was 0.5"),
}


def test_what_cannot_be_trained_is_refused(visit):
    with pytest.raises(BadInput, match=r"^block must be 0 for a replay, as a browser draws no new cases, was 25$"):
        replay_of(load("signals").experiment, "as_printed", None, 1)
    begin = "({replay, seed}) => { try { new backprop86.Run(replay, seed); } catch (error) { return error.message; } }"
    given, page = replay_of(load("shapes").experiment, "as_printed", None, 2), visit()
    for name, (value, told_of) in REFUSED.items():
        wrong = given | {"recipe": given["recipe"] | {name: value}}
        assert page.evaluate(begin, {"replay": wrong, "seed": 0}) == told_of
    without = given | {"recipe": {name: value for name, value in given["recipe"].items() if name != "alpha"}}
    assert page.evaluate(begin, {"replay": without, "seed": 0}) == "alpha must be in the recipe, was missing"
    assert page.evaluate(begin, {"replay": given | {"format": 2}, "seed": 0}) == "format of a replay must be 1, was 2"
    told_of = "seed must be below 2, whose held-out cases are known, was 2"
    assert page.evaluate(begin, {"replay": given, "seed": 2}) == told_of
    for seed in (-1, 0.5, 2**53):
        wrong = {"replay": given | {"held_out": None}, "seed": seed}
        assert page.evaluate(begin, wrong) == f"seed must be a whole number from 0 to 2^53 - 1, was {seed}"
    in_a_worker = "(task) => new backprop86.Trainer().open(task.replay, task.seed).catch((error) => error.message)"
    assert page.evaluate(in_a_worker, {"replay": given, "seed": 2}) == told_of


def test_a_replay_is_small_exact_and_the_same_again():
    experiment = load("gains").experiment
    text = in_json(replay_of(experiment, "as_printed", None, 3))
    assert text == in_json(replay_of(experiment, "as_printed", None, 3))
    given, problem, recipe = json.loads(text), experiment.problem, experiment.recipe_of("as_printed")
    assert given["cases"]["inputs"] == problem.cases(recipe).inputs.tolist()
    assert given["recipe"]["epsilon"] == recipe.epsilon
    order = list(zip(given["wiring"]["target"], given["wiring"]["source"], strict=True))
    assert order == sorted(order)
    trees = replay_of(load("family_trees").experiment, "as_printed", None, 100)
    assert len(in_json(trees)) < 30_000
    held_out = counted_of(load("family_trees").experiment.problem, load("family_trees").experiment.recipe, [7])
    assert trees["held_out"][7] == np.flatnonzero(held_out[0] == 0).tolist()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page from a file, with a strict policy."""
    return site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def visit(opened, address):
    """Return a function that opens the page in Chromium."""
    return lambda: opened(address)


@pytest.fixture
def firefox(address, tmp_path):
    """The page in Firefox."""
    window = Firefox(tmp_path)
    window.goto(address)
    yield window
    window.close()


MORE = {"xor": ["as_printed", "case_updates", "two_hidden/float32"], "t_c": ["as_printed", "case_updates"]}
"""Readings that browsers train beside the first of every experiment."""
TRAIN = """async (tasks) => {
  const two = (byte) => byte.toString(16).padStart(2, "0");
  const hex = (numbers) => Array.from(new Uint8Array(Float64Array.from(numbers).buffer), two).join("");
  const found = [];
  for (const { replay, seeds, sweeps } of tasks) {
    const trainer = new backprop86.Trainer(), ends = [];
    for (const seed of seeds) {
      await trainer.open(replay, seed);
      const { state, E, lengths, learnedAt } = await trainer.goTo(sweeps);
      ends.push({ w: hex(state.w), E: hex([E]), lengths: hex(lengths), learnedAt });
    }
    trainer.close();
    found.push(ends);
  }
  return found;
}"""


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_the_bits_in_a_browser(name, request):
    """Seeds and sweeps are those of SIZES, or with --thorough 100 and 300 for every net."""
    window = request.getfixturevalue("visit")() if name == "chromium" else request.getfixturevalue("firefox")
    first = {stem: [next(iter(load(stem).experiment.every_reading))] for stem in STEMS}
    for stem, names in (first | MORE).items():
        every = jobs(stem, names, many(SIZES, [(math.inf, 100, 300)])).values()
        for (trained, _), ends in zip(every, window.evaluate(TRAIN, [task for _, task in every]), strict=True):
            assert_same(trained, ends)


BACK = """async (replay) => {
  const trainer = new backprop86.Trainer();
  const told = ({ sweep, learnedAt, state }) => JSON.stringify([sweep, learnedAt, [...state.w]]);
  await trainer.open(replay, 3);
  const at700 = told(await trainer.goTo(700)), end = await trainer.toEnd(), at0 = await trainer.goTo(0);
  const again = told(await trainer.goTo(700)), { first, E } = await trainer.curves();
  const beyond = await trainer.goTo(end.sweep + 50);
  const from = (await trainer.goTo(10)).state, whole = told(await trainer.goTo(400));
  await trainer.open(replay, 3, from);
  const fork = told(await trainer.goTo(400)), before = await trainer.goTo(2);
  const news = [], way = trainer.goTo(1e9, ({ sweep }) => { news.push(sweep); trainer.stop(); });
  const stopped = await way, refused = trainer.goTo(1e9).catch((error) => error.message);
  trainer.stop();
  trainer.close();
  return { at700: at700 === again, fork: fork === whole, at0: at0.sweep, before: before.sweep, closed: await refused,
    end: [end.sweep, end.isDone, end.isAsPublished], curve: [first, E.length, E.at(-1) === end.E],
    beyond: beyond.isDone && beyond.isAsPublished && beyond.E < end.E, stopped: stopped.sweep === news.at(-1) };
}"""


@pytest.mark.results
def test_back_and_forth(visit):
    given = replay("xor", "as_printed", ROOT / "results")
    found = visit().evaluate(BACK, given)
    sweep = found["end"][0]
    assert given["published"]["sweeps"][3] < sweep
    ours = {"at0": 0, "before": 10, "end": [sweep, True, True], "curve": [0, 1 + sweep, True]}
    ours |= dict.fromkeys(("at700", "fork", "beyond", "stopped"), True)
    assert found == ours | {"closed": "the worker was closed"}

"""Noisy signals: their parts counted, every block keyed by its seed and number, the choice between two outputs."""

import numpy as np
import pytest

from backprop86.engines.recipe import BadInput, Job, Recipe
from backprop86.network import generator
from backprop86.problems import signals, xor
from backprop86.running.nets import Nets
from backprop86.running.problem import stream_of, validate

RECIPE = Recipe("54-24-2", block=25)


def test_signals_are_as_the_report_says():
    """Their means, since noise hides each: 0.4 in one band at five of nine times, 0.1 elsewhere, and no negatives."""
    (inputs,), (desired,) = signals.examples([generator(7)], 40_000)
    images = inputs.reshape(-1, 9, 6)
    assert inputs.min() == 0
    assert desired.sum(1).tolist() == [1] * 40_000
    assert desired[:, 0].mean() == pytest.approx(0.5, abs=0.01)
    loud = (images > 0.3).sum((1, 2)).mean()
    share_of_signal, share_of_background = 0.7475, 0.0228  # beyond 0.3: 1 - Phi(-2/3), 1 - Phi(2)
    assert loud == pytest.approx(5 * share_of_signal + 49 * share_of_background, rel=0.02)
    rises, stays = (images[desired[:, k] == 1].mean(0) for k in (0, 1))
    assert np.argmax(rises[0]) < np.argmax(rises[-1])
    assert rises[-1, :2] == pytest.approx(0.108, abs=0.01)  # it ends in one of the four highest bands
    assert np.ptp(stays[4]) < 0.02  # in the middle it lasts at any onset, and in any band alike
    assert stays[4].mean() == pytest.approx(0.108 + (0.401 - 0.108) / 6, abs=0.01)


def test_every_block_has_its_seed_and_number():
    inputs, desired = signals.blocks(RECIPE, 3, 10, 4)
    assert (inputs.shape, desired.shape) == ((4, 25, 54), (4, 25, 2))
    alone, _ = signals.blocks(RECIPE, 3, 12, 1)
    assert np.array_equal(alone[0], inputs[2])
    assert np.array_equal(alone, signals.examples([generator(3, signals.OF_BLOCKS, 12)], 25)[0])
    assert not np.array_equal(signals.blocks(RECIPE, 4, 12, 1)[0], alone)
    assert len(np.unique(inputs[inputs > 0])) > 0.9 * (inputs > 0).sum()


@pytest.mark.slow
def test_the_larger_output_is_the_choice():
    wiring, cases = signals.wiring(RECIPE), signals.cases(RECIPE)
    nets = Nets.shown(wiring, cases, np.zeros((2, wiring.n_parameters)), None)
    nets.y[0][:, wiring.outputs] = 0.4 + 0.1 * cases.desired
    nets.y[1][:, wiring.outputs] = 0.4 + 0.1 * np.roll(cases.desired, 1, axis=1)
    assert signals.measure(nets)["forced_choice"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"update": "case"}, "update must be sweep with new cases in each sweep, was case"),
        ({"gain": 2.0}, "gain must be 1.0 with new cases in each sweep, was 2.0"),
    ],
)
def test_what_a_stream_cannot_have_gets_one_line(settings, told):
    with pytest.raises(BadInput) as refused:
        validate(signals, Recipe("54-24-2", block=25, **settings))
    assert str(refused.value) == told


def test_a_problem_without_new_cases_says_so():
    with pytest.raises(BadInput, match=r"^block must be 0, as this problem has no new cases to give, was 5$"):
        stream_of(xor, Recipe("2_hidden", block=5), [0])


def test_a_job_has_a_stream_exactly_if_its_recipe_has_a_block():
    wiring, cases = signals.wiring(RECIPE), signals.cases(RECIPE)
    w = np.zeros((1, wiring.n_parameters))
    for recipe, stream in ((RECIPE, None), (Recipe("54-24-2"), stream_of(signals, RECIPE, [0]))):
        with pytest.raises(ValueError, match=r"^a job has a stream exactly if its recipe has a block"):
            Job(wiring, cases, recipe, w, stream=stream)

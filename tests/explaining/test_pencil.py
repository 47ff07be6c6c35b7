"""The step with a pencil agrees with the engines, under settings that take every branch."""

from dataclasses import fields, replace
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from functools import cache

import numpy as np
import pytest
import torch

from backprop86.engines.recipe import Recipe
from backprop86.explaining import decimals
from backprop86.explaining.command import UNTOLD
from backprop86.explaining.first_step import FEW, LARGE, first_step, measured
from backprop86.explaining.sketch import skipping
from backprop86.network import Network, largest_weights
from backprop86.problems import signals
from backprop86.running.problem import problem_of, wiring_of
from backprop86.running.settings import load, stems
from counts import many


def test_a_number_on_paper():
    written = {"0.333333": 1 / 3, "-6.66667e-6": -2e-5 / 3, "0.123457": Decimal("0.1234565"), "0": 0.0}
    assert [decimals.show(decimals.rounded(value)) for value in written.values()] == list(written)
    assert decimals.added([Decimal("0.5"), Decimal("-0.25"), Decimal(0), Decimal("1e-7")]) == "0.5 - 0.25 + 0 + 1e-7"
    assert [decimals.exactly(value) for value in (0.1, 10, 1e-8)] == [Decimal("0.1"), Decimal(10), Decimal("1e-8")]
    assert decimals.shares([Decimal(1), Decimal(-3)]) == ["25.0 %", "75.0 %"]
    assert decimals.shares([Decimal(0)] * 2) == ["", ""]


def test_a_unit_that_is_nearly_on_keeps_six_digits_of_what_is_left():
    assert decimals.logistic(Decimal("11.2")) == Decimal("0.9999863260")
    assert 1 - decimals.logistic(Decimal(30)) == decimals.logistic(Decimal(-30)) == Decimal("9.35762e-14")


PENCIL = [
    ("symmetry", "as_printed"),
    ("symmetry", "mean_error"),
    ("symmetry", "zero_one_targets"),
    ("family_trees", "from_target"),
    ("family_trees", "no_decay"),
    ("family_trees", "case_updates"),
    ("family_trees", "rate_x20_no_biases"),
    ("family_trees", "range_1_rate_x20_fig_8_split"),
    ("family_trees", "triples"),
    ("iterative", "no_biases"),
    ("single_layer", "as_printed"),
    ("symmetry_breaking", "as_printed"),
    ("symmetry_breaking", "nearly_equal/spread_1e-2"),
    ("extra_connections", "xor_3/rate_0.1"),
    ("xor", "as_printed"),
    ("xor", "two_hidden/case_updates"),
    ("xor", "fig5_rate_0.25"),
    ("chauvin", "16_hidden/case_updates_no_momentum/rate_0.25"),
    ("parity", "as_printed"),
    ("encoder", "singleton"),
    ("addition", "as_printed"),
    ("negation", "as_printed"),
    ("t_c", "positions"),
    ("shift_register", "zero_one_targets"),
    ("sequence", "biases_from_zero"),
    ("depth", "3_layers/weights_up_to_1"),
    ("associations", "dead_zone"),
    ("width_and_depth", "two_layers"),
    ("chain", "rate_10"),
    ("unit_splitting", "as_printed"),
    ("desired_states", "pairs_by_gradients"),
    ("gains", "averaged"),
    ("shapes", "as_printed"),
]
"""A reading that differs in a rate or a range takes no other path; `branches` says which do."""


@cache
def experiment_of(stem):
    return load(stem).experiment


def readings():
    """Yield every reading; of a product of questions, each answer to each with the first to all others."""
    for stem in stems():
        experiment = experiment_of(stem)
        if not experiment.axes:
            yield from ((stem, name) for name in experiment.every_reading)
        firsts = [next(iter(axis)) for axis in experiment.axes.values()]
        for k, axis in enumerate(experiment.axes.values()):
            yield from ((stem, "/".join([*firsts[:k], value, *firsts[k + 1 :]])) for value in axis)


def is_told(stem, reading):
    """Return whether the letter covers the whole reading, so that the page can explain it."""
    recipe = experiment_of(stem).recipe_of(reading)
    return all(getattr(recipe, name) == getattr(Recipe(), name) for name in UNTOLD)


def branches(stem, reading):
    """Return the facts that select the lines of the pencil and the first step: alone, and in pairs."""
    recipe, problem = experiment_of(stem).recipe_of(reading), problem_of(stem)
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    outputs, fed_by = set(wiring.outputs.tolist()), set(wiring.source.tolist())
    facts = {
        "problem": stem.removesuffix("_map"),  # the map is the family trees again
        "update": recipe.update,
        "error": recipe.error,
        "dead zone": recipe.dead_zone,
        "decay": recipe.decay > 0,
        "opening": recipe.opening_sweeps > 0,
        "biases": recipe.biases,
        "start": recipe.start if recipe.start in ("drawn", "equal") else "named",
        "spread": recipe.spread > 0,
        "alpha": recipe.alpha > 0,
        "target": recipe.target_on,
        "held out": recipe.held_out,
        "shared": wiring.n_parameters < len(wiring.source),
        "skips a level": bool(skipping(wiring)),
        "levels": min(len(wiring.levels), 3),
        "hidden": min(len(wiring.hidden), 2),
        "outputs": len(outputs) > 1,
        "an output feeds": bool(outputs & fed_by),
        "a unit feeds none": bool(set(wiring.hidden) - fed_by),
        "large": len(wiring.source) > LARGE,
        "few cases": len(cases.inputs) <= FEW,
        "inputs between": bool(((cases.inputs > 0) & (cases.inputs < 1)).any()),
    }
    facts["some held out"] = recipe.held_out != "none"
    pairs = [("update", "error"), ("update", "some held out"), ("update", "dead zone"), ("update", "shared")]
    pairs += [("decay", "biases")]
    return {*facts.items()} | {((a, facts[a]), (b, facts[b])) for a, b in pairs}


@pytest.mark.slow
def test_the_settings_of_the_pencil_take_every_branch_that_a_reading_takes():
    taken = set().union(*(branches(*reading) for reading in PENCIL))
    assert len(taken) > 70
    missed = {reading: branches(*reading) - taken for reading in readings() if is_told(*reading)}
    assert len(missed) > 150
    assert {reading: some for reading, some in missed.items() if some} == {}


LARGE_NETS = ("family_trees", "sequence", "t_c", "chauvin", "shapes")
SLOW = [pytest.param(*of, marks=pytest.mark.slow) if of[0] in LARGE_NETS else of for of in PENCIL]


@pytest.mark.parametrize(("stem", "reading"), SLOW, ids=str)
def test_the_pencil_agrees_with_the_network(stem, reading, monkeypatch):
    agrees(stem, experiment_of(stem).recipe_of(reading), monkeypatch)


def test_the_pencil_agrees_where_the_error_of_one_case_is_a_mean(monkeypatch):
    """No reading has both settings, but `make explain` may get both."""
    recipe = replace(experiment_of("encoder").recipe_of("as_printed"), error="mean", update="case")
    agrees("encoder", recipe, monkeypatch)


def agrees(stem, recipe, monkeypatch):
    """Compare with thirty digits instead of six, to the precision of float64."""
    monkeypatch.setattr(decimals, "PENCIL", Context(30, ROUND_HALF_UP, MIN_EMIN, MAX_EMAX))
    problem = problem_of(stem)
    step = first_step(problem, recipe)
    network, error = Network(step.wiring), recipe.squared_error()
    inputs, d = torch.tensor(step.cases.inputs[step.group]), torch.tensor(step.cases.desired[step.group])
    w = torch.tensor(step.w0[None])
    outputs, cache = network.forward(inputs, w)
    E, error_cache = error.forward(outputs, d)
    _, gradients = network.backward(error.backward(1.0, error_cache)[0], cache)
    right, by_hand = gradients["w"][0].numpy(), np.array([float(value) for value in step.dE_dw])
    parts = sum(np.abs([float(value) for value in one.dE_dw]) for one in step.worked.values())
    assert np.abs(by_hand - right).max() <= 1e-13 * parts.max()
    assert float(step.E) == pytest.approx(E.item(), rel=1e-12)
    largest = torch.tensor(largest_weights(step.wiring, recipe.biases))
    after, _ = recipe.descent().step(w, torch.zeros_like(w), gradients["w"], 1, largest)
    moved = np.array([float(one.w) for one in step.nudges])
    assert moved == pytest.approx(after[0].numpy(), rel=1e-12, abs=1e-14)
    beside = measured(step)
    assert beside.gradient == pytest.approx(right, rel=1e-9, abs=1e-14)
    assert (beside.larger - beside.smaller) / 0.002 == pytest.approx(right, rel=1e-3, abs=3e-3 * np.abs(right).max())


def test_a_case_and_a_nudge_carry_their_printed_form():
    experiment = experiment_of("shift_register")
    step = first_step(experiment.problem, experiment.recipe_of("as_printed"))
    for record in (step.of_case, *step.nudges):
        for field in fields(record):
            numbers, printed = getattr(record, field.name), getattr(record.text, field.name)
            if isinstance(numbers, dict):
                assert printed == {key: decimals.show(value) for key, value in numbers.items()}
            else:
                assert printed == (
                    [*map(decimals.show, numbers)] if isinstance(numbers, list) else decimals.show(numbers)
                )
    assert step.of_case.text.y[0] == "1"


@pytest.mark.slow
@pytest.mark.parametrize("stem", stems())
def test_six_digits_are_enough_for_five(stem, monkeypatch):
    monkeypatch.setattr(signals, "IN_TEST", many(100, signals.IN_TEST))  # each of its cases is worked with a pencil
    experiment = experiment_of(stem)
    step = first_step(problem_of(stem), experiment.recipe_of(next(iter(experiment.every_reading))))
    by_hand = np.array([float(value) for value in step.dE_dw])
    parts = sum(np.abs([float(value) for value in one.dE_dw]) for one in step.worked.values())
    assert np.abs(by_hand - measured(step).gradient).max() <= 1e-5 * parts.max()

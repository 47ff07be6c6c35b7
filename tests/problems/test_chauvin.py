"""Chauvin's study: 150 readings by name, the forms its claims apply to, the printed line put in and found again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backprop86.figures import chauvin as chauvin_figures
from backprop86.judging.judgement import of_form
from backprop86.judging.ledger import ledger
from backprop86.problems import chauvin, xor
from backprop86.running.runs import Runs
from backprop86.running.settings import load
from helpers import drawn, engines, runs_of

EXPERIMENT = load("chauvin").experiment
HIDDEN = (2, 4, 8, 16, 32)


def made_up(sweeps):
    """Runs of every reading in which all 20 seeds learn after sweeps(hidden units, rate), or never."""
    found = Runs("chauvin", {}, {})
    for name in EXPERIMENT.every_reading:
        recipe = EXPERIMENT.recipe_of(name)
        H = int(recipe.network.split("_")[0])
        column = [sweeps(H, recipe.epsilon)] * 20
        one = runs_of([number is not pd.NA for number in column], column, final_hidden=H)
        about = replace(one.about["a"], recipe=recipe)
        found = found.having(name, one.of("a"), about, list(EXPERIMENT.every_reading))
    return found


def test_readings():
    recipes = {name: EXPERIMENT.recipe_of(name) for name in EXPERIMENT.every_reading}
    assert len(recipes) == len({str(recipe) for recipe in recipes.values()}) == 5 * 6 * 5
    assert [*recipes][:2] == ["2_hidden/as_printed/rate_0.25", "2_hidden/as_printed/rate_0.1"]
    assert recipes["2_hidden/as_printed/rate_0.25"] == EXPERIMENT.recipe
    for name, recipe in recipes.items():
        hidden, how, rate = name.split("/")
        assert (recipe.network, recipe.epsilon) == (hidden, float(rate.removeprefix("rate_")))
        assert chauvin.wiring(recipe).n_parameters == 4 * int(hidden.split("_")[0]) + 1
        assert recipe.update == ("case" if "case_updates" in how else "sweep")
        assert recipe.alpha == (0 if "no_momentum" in how else 0.9)
        assert recipe.initial_range == (1 if how == "range_1" else 0.3)
        assert (recipe.target_on, recipe.target_off) == ((1, 0) if how == "zero_one_targets" else (0.9, 0.1))
        assert recipe.criterion == "case_error"


def test_the_problem_is_that_of_xor():
    assert (chauvin.cases, chauvin.measure, chauvin.wiring) == (xor.cases, xor.measure, xor.wiring)


def test_the_forms_of_the_claims():
    runs = made_up(lambda H, rate: 100)
    hows, number = [*EXPERIMENT.axes["how"]], {claim.id: 0 for claim in EXPERIMENT.claims}
    for claim in EXPERIMENT.claims:
        for form in claim.readings:
            found = of_form(runs, form)
            number[claim.id] += len(found)
            if claim.kind == "curve":
                assert [runs.at(name, "end")["hidden"].iloc[0] for name in found] == [*HIDDEN]
                assert len({name.split("/")[1] for name in found}) == 1
    at_one_point = {f"chauvin-{name}": 6 for name in ("2-hidden", "32-hidden", "rate-0.1", "rate-0.75")}
    assert number == {"chauvin-intercept": 30, "chauvin-slope": 30, **at_one_point, "chauvin-unstable": 12}
    judged = ledger(EXPERIMENT.claims, runs, EXPERIMENT)
    assert judged["claim"].value_counts(sort=False).tolist() == [6, 6, 6, 6, 6, 6, 12]
    assert [form.split("/")[1] for form in judged["name"][:6]] == hows


@pytest.mark.slow
def test_what_is_printed_is_found_again():
    at = {(2, 0.25): 245, (32, 0.25): 120, (8, 0.1): 450, (8, 0.75): 68}  # the line gives 247 and 115
    runs = made_up(lambda H, rate: pd.NA if rate > 1 else at.get((H, rate), round(280 - 33 * np.log2(H))))
    judged = ledger(EXPERIMENT.claims, runs, EXPERIMENT).set_index("claim")
    assert (judged["verdict"] == "reproduced").all()
    assert judged.loc["chauvin-intercept", "estimate"].iloc[0] == pytest.approx(280, abs=4)
    assert judged.loc["chauvin-slope", "estimate"].iloc[0] == pytest.approx(-33, abs=2)
    steeper = ledger(EXPERIMENT.claims, made_up(lambda H, rate: round(300 - 40 * np.log2(H))), EXPERIMENT)
    assert set(steeper["verdict"][:12]) == {"not reproduced"}
    assert set(steeper["verdict"][-12:]) == {"not reproduced"}  # large rates are stable


def test_the_engines_agree():
    for name in ("32_hidden/as_printed/rate_0.25", "32_hidden/case_updates/rate_0.75"):
        recipe = EXPERIMENT.recipe_of(name)
        recipe.sweeps, recipe.stop = 40, "limit"
        _, apart, changed = engines(chauvin, recipe)
        assert apart <= 1e-9 < 0.1 < changed


def test_figure():
    left, right = drawn(made_up(lambda H, rate: round(280 - 33 * np.log2(H)) if rate < 4 else pd.NA))["hidden"].axes
    assert left.lines[0].get_ydata().tolist() == [247, 214, 181, 148, 115]
    words = [text.get_text() for axes in (left, right) for text in axes.texts if len(text.get_text()) > 1]
    assert words == ["1986: 280 − 33 log₂ H", "1986", *chauvin_figures.SHOWN.values()]
    for line in left.lines[1:]:
        assert line.get_ydata().tolist() == [247, 214, 181, 148, 115]
    for line in right.lines[1:]:
        assert line.get_xdata().tolist() == [0.1, 0.25, 0.75, 1.5, 4]
        assert np.isfinite(line.get_ydata()).tolist() == [True] * 4 + [False]  # fewer than half of the runs learned

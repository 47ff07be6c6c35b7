"""Associations: L's counts of pairs and connections, sets of cases, E by hand, figures that show the printed
numbers.
"""

from collections import Counter

import numpy as np
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.judging.ledger import ledger
from backprop86.problems import associations, width_and_depth
from backprop86.running.nets import Nets
from backprop86.running.settings import load
from backprop86.wiring import ONE
from helpers import drawn, engines, every_reading

NETS = {  # connections with thresholds, levels
    "20_pairs_10-10-10": (220, 2),  # L p. 12 prints 220
    "20_pairs_10-100-10": (100 * 11 + 10 * 101, 2),
    "20_pairs_10-10of10-10": (100 * 11 + 10 * 11, 2),
    "10_pairs_10-10-10": (220, 2),
    "10_pairs_10-10-10-10": (330, 3),
    "10_pairs_10-10-10-10-10-10": (550, 5),
}


@pytest.mark.parametrize("network", NETS)
def test_counts(network):
    wiring, pairs = associations.wiring(Recipe(network)), int(network[:2])
    assert (wiring.n_parameters, len(wiring.levels)) == NETS[network]
    assert (wiring.n_inputs, len(wiring.outputs)) == (10, 10)
    for case_set in range(30):
        cases = associations.cases(Recipe(network, case_set=case_set))
        assert cases.inputs.shape == cases.desired.shape == (pairs, 10)
        assert len(set(cases.names)) == len({tuple(row) for row in cases.inputs}) == pairs
        assert {*cases.inputs.ravel(), *cases.desired.ravel()} == {0, 1}


def test_ten_hidden_units_for_each_output_alone():
    wiring = associations.wiring(Recipe("20_pairs_10-10of10-10"))
    hidden = {f"h{k + 1}" for k in range(100)}
    inputs = {ONE, *(f"i{k + 1}" for k in range(10))}
    fed = {unit: {source for _, source, target in wiring.table() if target == unit} for unit in wiring.units[11:]}
    assert all(fed[unit] == inputs for unit in hidden)
    assert Counter(source for k in range(10) for source in fed[f"o{k + 1}"]) == Counter(
        {ONE: 10} | dict.fromkeys(hidden, 1)
    )
    assert fed["o2"] == {ONE, *(f"h{k}" for k in range(11, 21))}


def test_sets_are_random_and_their_own():
    def bits(case_set, network="20_pairs_10-10-10"):
        cases = associations.cases(Recipe(network, case_set=case_set))
        return np.stack([cases.inputs, cases.desired])

    assert np.array_equal(bits(3), bits(3))
    assert not np.array_equal(bits(3), bits(4))
    assert np.array_equal(bits(3)[:, :10], bits(3, "10_pairs_10-10-10"))
    share = np.mean([bits(case_set).mean((1, 2)) for case_set in range(100)], 0)
    assert share == pytest.approx([0.5, 0.5], abs=0.02)  # 20,000 bits each: a standard error of 0.0035
    every = associations.cases(Recipe("1024_pairs_10-10-10"))  # all inputs there are
    assert len(set(every.names)) == 1024


def test_total_error_by_hand():
    recipe = Recipe("10_pairs_10-10-10")
    wiring, cases = associations.wiring(recipe), associations.cases(recipe)
    y = np.full((3, 10, wiring.n_units), 0.5)
    y[1][:, wiring.outputs] = cases.desired
    y[2][:, wiring.outputs] = cases.desired
    y[2, 4, wiring.outputs[3]] += 0.2
    found = associations.measure(Nets(wiring, cases, np.zeros((3, 1)), y))
    assert found["total_error"] == pytest.approx([10 * 10 / 8, 0, 0.02])


@pytest.mark.parametrize(
    "name", ["", "10-10-10", "0_pairs_10-10-10", "1025_pairs_10-10-10", "20_pairs_10-10", "20_pairs_9-10-10"]
)
def test_networks_there_are_not(name):
    with pytest.raises(BadInput, match=rf"^network must be such as 20_pairs_10-100-10 or .*, was {name}$"):
        associations.wiring(Recipe(name))


def test_the_recipes_are_those_of_the_text():
    experiment = load("associations").experiment
    alone = experiment.recipe
    assert (alone.opening_sweeps, alone.opening_epsilon, alone.opening_alpha) == (24, 0.1, 0.5)
    assert (alone.epsilon, alone.alpha, alone.error, alone.initial_range) == (0.1, 0.95, "sum", 0.3)
    early, large = (experiment.recipe_of(name) for name in ("early_momentum", "large_steps"))
    assert (early.opening_sweeps, early.epsilon, early.alpha) == (0, 0.1, 0.9)
    assert (large.opening_sweeps, large.opening_epsilon, large.opening_alpha, large.alpha) == (24, 0.5, 0.5, 0.95)
    for name in ("as_printed", "early_momentum", "large_steps"):
        doubled = experiment.recipe_of("doubled" if name == "as_printed" else f"{name}/doubled")
        assert doubled.epsilon == 2 * experiment.recipe_of(name).epsilon
        if name != "early_momentum":  # it has no opening
            assert doubled.opening_epsilon == 2 * experiment.recipe_of(name).opening_epsilon
    assert experiment.recipe_of("averaged").epsilon == pytest.approx(0.1 / 20)
    assert experiment.recipe_of("large_steps/averaged").opening_epsilon == pytest.approx(0.5 / 20)
    band = next(claim for claim in experiment.claims if claim.kind == "band")
    assert [sweep for sweep in band.at if sweep] == alone.moments
    averages = load("width_and_depth").experiment
    literal = [name for name in averages.every_reading if averages.reading_of(name) == "as_printed"]
    assert len(literal) == 7
    for name in literal:
        recipe = averages.recipe_of(name)
        doubled = averages.recipe_of(name.replace("as_printed", "range_1_doubled"))
        assert (doubled.epsilon, doubled.initial_range) == (2 * recipe.epsilon, 1)
        fan_in = "fan_in" in name
        rates = recipe.epsilon, recipe.epsilon_by, recipe.alpha, recipe.opening_sweeps
        assert rates == ((1.0, "fan_in") if fan_in else (0.1, "one")) + (0.8, 0)
        assert recipe.case_set != alone.case_set  # L p. 19: another set
    printed = [(claim.kind, claim.of, claim.printed) for claim in averages.claims]
    assert printed == [("average", 20, [number]) for number in (212, 531, 121, 141, 100, 160, 373)]


def test_the_engines_agree():
    for stem, name in (("associations", "as_printed"), ("width_and_depth", "apart_by_fan_in")):
        recipe = load(stem).experiment.recipe_of(name)
        recipe.sweeps, recipe.stop, recipe.moments = 30, "limit", []
        _, apart, changed = engines(associations, recipe)
        assert apart <= 1e-9 < 0.1 < changed


def test_figures():
    runs = every_reading("associations", 106, range(8), ["as_printed", "range_1"])
    left, right = drawn(runs)["errors"].axes
    claim = next(claim for claim in load("associations").experiment.claims if claim.kind == "band")
    for axes, name in ((left, "as_printed"), (right, "range_1")):
        before, median = axes.lines[0].get_xydata().T
        assert before.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 25, 50, 75, 107]
        ours = np.sort(runs.of(name)[claim.places].to_numpy(float), 0)
        assert median == pytest.approx(ours[3])
        bars = axes.collections[1].get_segments()
        assert [bar.mean(0)[1] for bar in bars] == pytest.approx(claim.printed)
        assert [np.ptp(bar[:, 1]) for bar in bars] == pytest.approx([1.4] * 14)
    judged = ledger([claim], runs, load("associations").experiment)
    assert judged["name"].tolist() == ["as_printed", "range_1"]


@pytest.mark.slow
def test_figure_of_averages():
    names = [name for name in load("width_and_depth").experiment.every_reading if name.endswith("as_printed")]
    figure = drawn(every_reading("width_and_depth", 3, range(2), names))["averages"]
    (axes,) = figure.axes
    stars = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "*"]
    assert stars == [212, 531, 121, 141, 100, 160, 373]
    assert [text.get_text() for text in axes.texts].count("none learned") == 7
    assert width_and_depth.cases is associations.cases

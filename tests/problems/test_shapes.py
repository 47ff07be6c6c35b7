"""Shapes on a ring: S's counts, the fields of the lower units, cases held out by seed, and measures of made-up nets."""

from dataclasses import replace

import numpy as np
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.figures import shapes as shapes_figures
from backprop86.problems import shapes
from backprop86.running.nets import Nets
from backprop86.running.settings import load
from backprop86.wiring import ONE
from helpers import drawn, engines, every_reading

RECIPE = Recipe("five_a_place", held_out="random")
NETS = {  # connections with biases, lower units at each place, pixels that each of them sees
    "five_a_place": (60 * 7 + 6 * 61 + 16 * 7, 12, 5, 6),
    "ten_a_place": (60 * 7 + 6 * 61 + 16 * 7, 6, 10, 6),
    "whole_image": (60 * 13 + 6 * 61 + 16 * 7, 1, 60, 12),
    "no_middle": (60 * 7 + 16 * 61, 12, 5, 6),
}


@pytest.mark.parametrize("network", NETS)
def test_counts(network):
    connections, places, each, seen = NETS[network]
    wiring = shapes.wiring(Recipe(network))
    assert (wiring.n_parameters, wiring.n_inputs, len(wiring.outputs)) == (connections, 12, 16)
    assert len(wiring.levels) == (2 if network == "no_middle" else 3)
    fed = {unit: [s for _, s, target in wiring.table() if target == unit] for unit in wiring.units[13:]}
    fields = [fed[f"lower{k + 1}"] for k in range(60)]
    assert {len(field) - 1 for field in fields} == {seen}
    assert sorted(map(fields.count, fields)) == [each] * 60
    assert len({*map(tuple, fields)}) == places
    assert {sum(f"i{pixel + 1}" in field for field in fields) for pixel in range(12)} == {60 * seen // 12}  # all alike
    for field in fields:
        on = np.array([f"i{k + 1}" in field for k in range(12)])
        assert field[0] == ONE
        assert (on != np.roll(on, 1)).sum() == (0 if seen == 12 else 2)  # adjacent, round the ring
    last = "lower" if network == "no_middle" else "middle"
    assert {source.rstrip("0123456789") for source in fed["shape16"][1:]} == {last}
    assert len(fed["shape16"]) == (61 if network == "no_middle" else 7)


def test_cases_are_sixteen_shapes_at_twelve_places():
    cases = shapes.cases(RECIPE)
    assert cases.inputs.shape == (192, 12)
    assert len({*map(tuple, cases.inputs)}) == len(set(cases.names)) == 192
    assert cases.desired.sum(0).tolist() == [12] * 16
    of = dict(zip(cases.names, cases.inputs.astype(int).tolist(), strict=True))
    assert of["101001 at 1"] == [1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert of["101001 at 10"] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1]  # it goes round the ring
    assert cases.desired[cases.names.index("111111 at 12")].tolist() == [0] * 15 + [1]


def test_each_seed_holds_out_two_places_of_each_shape():
    trained = shapes.counted(RECIPE, [0, 1, 2])
    assert trained.sum(1).tolist() == [160] * 3
    assert (trained.reshape(3, 16, 12).sum(2) == 10).all()
    assert not np.array_equal(trained[0], trained[1])
    assert np.array_equal(shapes.counted(RECIPE, [2])[0], trained[2])
    assert (np.mean(shapes.counted(RECIPE, list(range(300))) == 0, 0) > 0.1).all()  # every case may be held out
    assert shapes.counted(replace(RECIPE, held_out="none"), [0]) is None
    with pytest.raises(BadInput, match=r"^held_out must be none or random, was fig_8$"):
        shapes.counted(replace(RECIPE, held_out="fig_8"), [0])


def made_up(network="five_a_place"):
    """Three nets with all answers right, and one code a shape."""
    recipe = replace(RECIPE, network=network)
    wiring, cases = shapes.wiring(recipe), shapes.cases(recipe)
    y = np.zeros((3, 192, wiring.n_units))
    y[:, :, wiring.outputs] = 0.1 + 0.2 * cases.desired  # the most active unit counts, even at 0.3
    if network != "no_middle":
        codes = np.arange(16)[:, None] >> np.arange(6) & 1
        y[:, :, [wiring.units.index(f"middle{k + 1}") for k in range(6)]] = np.repeat(codes, 12, 0)
    return Nets(wiring, cases, np.zeros((3, 1)), y, shapes.counted(recipe, [0, 1, 2]))


def test_measures():
    nets = made_up()
    held_out = np.flatnonzero(nets.counted[1] == 0)
    nets.y[1, held_out[:3], nets.wiring.outputs[0]] = nets.y[1, held_out[3:5], nets.wiring.outputs[15]] = 0.9
    wrong = np.flatnonzero(nets.counted[2])[-1]
    nets.y[2, wrong, nets.wiring.outputs[0]] = 0.9
    found = shapes.measure(nets)
    spoiled = sum(c // 12 != 0 for c in held_out[:3]) + sum(c // 12 != 15 for c in held_out[3:5])
    assert spoiled >= 2
    assert found["held_out_right"].tolist() == [32, 32 - spoiled, 32]
    assert found["trained_right"] == pytest.approx([1, 1, 159 / 160])
    assert found["all_trained_right"].tolist() == [True, True, False]
    assert found["nearest_alike"].tolist() == [1, 1, 1]
    assert set(shapes.measure(made_up("no_middle"))) == {"trained_right", "all_trained_right", "held_out_right"}


@pytest.mark.parametrize(("strays", "alike"), [(0, True), (19, True), (20, False)])
def test_codes_that_are_alike(strays, alike):
    """A code that is moved next to that of another shape has its nearest neighbour there."""
    nets = made_up()
    first = nets.wiring.units.index("middle1")
    y = nets.y[0, :, first : first + 6]
    for n in range(strays):
        case = 12 * (n % 16) + n // 16
        y[case] = y[12 * ((n + 5 + n // 16) % 16) + 11] + 0.001 * (n + 1)
    found = shapes.measure(nets)
    assert found["nearest_alike"][0] == pytest.approx(1 - strays / 192)
    assert found["codes_alike"].tolist() == [alike, True, True]


def test_the_recipe_is_that_of_the_text():
    experiment = load("shapes").experiment
    recipe = experiment.recipe
    rates = [recipe.descent().rates(sweep) for sweep in (1, 20, 21, 8020, 8021, 23020)]
    assert rates == [(0.002, 0.5, 0)] * 2 + [(0.004, 0.95, 0)] * 2 + [(0.008, 0.98, 0.004)] * 2
    assert (recipe.sweeps, recipe.moments, recipe.initial_range) == (23020, [8020], 0.5)
    tenfold = experiment.recipe_of("rate_x10").descent()
    assert [tenfold.rates(sweep)[0] for sweep in (1, 21, 8021)] == pytest.approx([0.02, 0.04, 0.08])
    printed = {claim.id: (claim.printed, claim.moment) for claim in experiment.claims if claim.printed}
    assert [*printed.values()] == [([17], "8020"), ([30], "end"), ([20], "end"), ([20], "8020"), ([4], "end")]


@pytest.mark.parametrize("network", NETS)
def test_the_engines_agree(network):
    _, apart, changed = engines(shapes, Recipe(network, 20, 0.02, 0.9, dead_zone="from_edge", stop="limit"))
    assert apart <= 1e-9 < 0.1 < changed


def test_networks_there_are_not():
    with pytest.raises(BadInput, match=r"^network must be five_a_place, .*, was six_a_place$"):
        shapes.wiring(Recipe("six_a_place"))


@pytest.mark.slow
def test_figures():
    names = ["as_printed", "whole_image/as_printed", "no_middle/as_printed"]
    runs = every_reading("shapes", 9000, range(3), names)
    figures = drawn(runs)
    assert [*figures] == ["held_out", "codes"]
    panels = figures["held_out"].axes
    assert [float(axes.lines[0].get_xdata()[0]) for axes in panels] == [17, 30, 20, 4]
    assert [axes.get_title("left") for axes in panels] == [*shapes_figures.SHOWN.values()]
    learned = [int(runs.at(*key)["learned"].sum()) for key in shapes_figures.SHOWN]
    assert [sum(bar.get_height() for bar in axes.patches) for axes in panels] == learned
    for axes in figures["codes"].axes:
        assert len(axes.lines) == 32  # a dot for each case held out

"""Cases, networks and measures of each problem against the counts and numbers of the papers."""

import numpy as np
import pytest

from backprop86.engines.outputs import states
from backprop86.engines.recipe import Cases, Recipe
from backprop86.problems import addition, encoder, negation, parity, symmetry, xor
from backprop86.running.nets import Nets
from backprop86.running.problem import counted_of, problem_of
from helpers import measured

CASES = {
    ("symmetry", "two_hidden", "none"): (64, 64),
    ("xor", "2_hidden", "none"): (4, 4),
    ("parity", "4_bits_4_hidden", "none"): (16, 16),
    ("addition", "3_hidden", "none"): (16, 16),
    ("negation", "three_hidden", "none"): (16, 16),
    ("t_c", "7x7_shared", "none"): (8, 8),
    ("shift_register", "3_units", "none"): (8, 8),
    ("shift_register", "5_units", "none"): (32, 32),
    ("sequence", "fixed_timing", "printed"): (25, 20),
    ("sequence", "fixed_timing", "random"): (25, 20),
    ("sequence", "variable_timing_half_1", "random"): (150, 136),
    ("family_trees", "five_layers", "random"): (104, 100),
    ("family_trees", "five_layers", "fig_8"): (104, 100),
}
"""(problem, network, held out): the number of cases, and of training cases of each seed, as in the texts."""


@pytest.mark.parametrize("of", CASES, ids=" ".join)
def test_cases_and_training_cases_are_those_of_the_texts(of):
    stem, network, held_out = of
    problem, recipe = problem_of(stem), Recipe(network, held_out=held_out)
    cases, counted = problem.cases(recipe), counted_of(problem, recipe, [0, 1, 2])
    different = {(*given, *wanted) for given, wanted in zip(cases.inputs, cases.desired, strict=True)}
    trained = [len(cases.names)] * 3 if counted is None else counted.sum(1).tolist()
    assert len(different) == len(set(cases.names)) == CASES[of][0]
    assert trained == [CASES[of][1]] * 3


def test_symmetry_counts():
    cases = symmetry.cases(Recipe("two_hidden"))
    assert (len(cases.inputs), cases.desired.sum()) == (64, 8)
    assert cases.desired[cases.names.index("101101")] == 1
    assert cases.desired[cases.names.index("101100")] == 0
    assert symmetry.wiring(Recipe("two_hidden")).n_parameters == 17


@pytest.mark.parametrize(
    ("printed", "symmetric", "others"), [(symmetry.PRINTED_N, 0.881, 0.156), (symmetry.PRINTED_P, 0.857, 0.169)]
)
def test_the_printed_symmetry_nets(printed, symmetric, others):
    recipe = Recipe("two_hidden")
    wiring, cases = symmetry.wiring(recipe), symmetry.cases(recipe)
    y = states(wiring, cases.inputs, np.array([printed]))[0, :, wiring.outputs[0]]
    on = cases.desired[:, 0] == 1
    assert y[on].min() == pytest.approx(symmetric, abs=0.001)
    assert y[~on].max() == pytest.approx(others, abs=0.001)
    found = measured(symmetry, recipe, printed)
    assert found["ratio_2"] == pytest.approx(2, abs=0.03)
    assert found["ratio_4"] == pytest.approx(4, abs=0.06)
    assert all(found[name] for name in ("is_mirrored", "is_1_2_4", "is_opposite", "bias_signs"))


def test_symmetry_measures_can_fail():
    for place, name in ((1, "is_mirrored"), (0, "bias_signs")):
        w = np.array(symmetry.PRINTED_N)
        w[place] = 1.0
        assert not measured(symmetry, Recipe("two_hidden"), w)[name]
    w = np.array(symmetry.PRINTED_N)
    w[1:7] *= -1
    assert not measured(symmetry, Recipe("two_hidden"), w)["is_opposite"]
    w[1:14] = [7, 10.5, 14, -14, -10.5, -7, -1, -7, -10.5, -14, 14, 10.5, 7]
    other = measured(symmetry, Recipe("two_hidden"), w)
    assert (other["is_1_2_4"], other["is_2_3_4"], other["is_mirrored"]) == (False, True, True)
    w = np.array(symmetry.PRINTED_N)
    w[[2, 5, 9, 12]] *= 2
    assert not measured(symmetry, Recipe("two_hidden"), w)["is_1_2_4"]


@pytest.mark.parametrize(
    ("printed", "other", "weights"),
    [
        (symmetry.PRINTED_N, {}, [3.6, 7.15, 14.2, -1.1, 6.4, -8.8]),
        (symmetry.PRINTED_P, {}, [3.17, 6.325, 12.5375, -1.0, 6.89, -9.44]),
        (symmetry.PRINTED_N, {0: -2.1, 1: 16.2, 15: -7.8}, [3.6, 7.15, 14.7, -1.6, 6.4, -8.3]),  # means of both units
        (symmetry.PRINTED_N, {2: 7.2, 3: -3.6, 4: 3.6, 5: -7.2}, [3.6, 7.15, 14.2, -1.1, 6.4, -8.8]),  # by size
    ],
)
def test_the_weights_of_a_symmetry_net(printed, other, weights):
    found = measured(symmetry, Recipe("two_hidden"), [other.get(place, w) for place, w in enumerate(printed)])
    names = ("smallest", "middle", "largest", "hidden_bias", "output_bias", "to_output")
    assert [found[name] for name in names] == pytest.approx(weights)


def test_xor_counts():
    sizes = {"one_hidden_direct": 7, "2_hidden": 9, "8_hidden": 33}
    assert {name: xor.wiring(Recipe(name)).n_parameters for name in sizes} == sizes
    assert xor.cases(Recipe()).desired.ravel().tolist() == [0, 1, 1, 0]


def hidden_contrary(w):
    """Return the same net with an inverted hidden unit."""
    bias, left, right, output, *direct, out = w
    return [-bias, -left, -right, output + out, *direct, -out]


def inputs_contrary(w):
    """Return the same net for two inverted inputs."""
    bias, left, right, output, direct_left, direct_right, out = w
    return [bias + left + right, -left, -right, output + direct_left + direct_right, -direct_left, -direct_right, out]


def test_four_xor_nets_are_one():
    direct, printed = Recipe("one_hidden_direct"), xor.PRINTED_FIG3
    wiring, inputs = xor.wiring(direct), xor.cases(direct).inputs

    def outputs(w):
        return states(wiring, inputs, np.array([w]))[0, :, wiring.outputs[0]]

    both = hidden_contrary(inputs_contrary(printed))
    nets = {"printed": printed, "hidden": hidden_contrary(printed), "inputs": inputs_contrary(printed), "both": both}
    assert len({tuple(np.round(w, 6)) for w in nets.values()}) == 4
    as_printed = {"to_hidden": -6.4, "hidden_bias": 2.2, "hidden_out": -9.4, "direct": -4.2, "output_bias": 6.3}
    as_printed["is_printed_kind"] = True
    for name, w in nets.items():
        turned = name in ("inputs", "both")
        assert outputs(w) == pytest.approx(outputs(printed)[::-1] if turned else outputs(printed)), name
        assert {key: value[0] for key, value in xor.oriented(np.array([w])).items()} == pytest.approx(as_printed), name
        assert measured(xor, direct, w)["hidden_out"] == pytest.approx(-9.4), name
        given = np.array([w])
        xor.oriented(given)
        assert np.array_equal(given, [w])  # not turned in place
    uneven = xor.oriented(np.array([[2.2, -6.0, -6.8, 6.3, -4.0, -4.4, -9.4]]))
    assert (uneven["to_hidden"][0], uneven["direct"][0]) == pytest.approx((-6.4, -4.2))
    assert not xor.oriented(np.array([[2.2, -6.0, 6.8, 6.3, -4.0, -4.4, -9.4]]))["is_printed_kind"][0]
    assert "to_hidden" not in measured(xor, Recipe("2_hidden"), xor.PRINTED_FIG5)
    assert "to_hidden" not in measured(xor, Recipe("1_hidden"), [0.0] * 5)


def test_the_printed_xor_nets():
    direct, two = Recipe("one_hidden_direct"), Recipe("2_hidden")
    for recipe, w, outputs in (
        (direct, xor.PRINTED_FIG3, [0.103, 0.877, 0.877, 0.109]),
        (two, xor.PRINTED_FIG5, [0.096, 0.5, 0.898, 0.5]),
    ):
        wiring = xor.wiring(recipe)
        y = states(wiring, xor.cases(recipe).inputs, np.array([w]))[0, :, wiring.outputs[0]]
        assert y == pytest.approx(outputs, abs=0.02)
    assert measured(xor, two, xor.PRINTED_FIG5)["is_fig5"]
    y = np.zeros((2, 4, 6))
    y[:, :, -1] = [[0.1, 0.9, 0.49, 0.49], [0.1, 0.9, 0.51, 0.49]]  # the second has every case right
    found = xor.measure(Nets(xor.wiring(two), xor.cases(two), np.zeros((2, 9)), y))
    assert found["is_fig5"].tolist() == [True, False]
    assert not measured(xor, direct, xor.PRINTED_FIG3)["is_fig5"]
    assert measured(xor, direct, xor.PRINTED_FIG3)["hidden_code"] == "1000"


@pytest.mark.parametrize("stem", ["symmetry", "xor", "family_trees", "parity", "encoder", "addition", "negation"])
def test_what_a_problem_refuses(stem):
    problem = problem_of(stem)
    with pytest.raises(ValueError, match=r"^network must be .*, was nine_layers$"):
        problem.wiring(Recipe("nine_layers"))
    with pytest.raises(ValueError, match=r"^held_out must be none.*, was some$"):
        counted_of(problem, Recipe(held_out="some"), [0])


def test_parity_counts():
    recipe = Recipe("4_bits_4_hidden")
    cases = parity.cases(recipe)
    assert (len(cases.inputs), cases.desired.sum()) == (16, 8)
    assert [parity.wiring(Recipe(f"{n}_bits_{n}_hidden")).n_parameters for n in (2, 4, 8)] == [9, 25, 81]


def test_the_paradigm_of_parity():
    """P Fig. 6, its weights made large enough for logistic units, solves it and is a thermometer."""
    recipe, w = Recipe("4_bits_4_hidden"), []
    for k in range(4):
        w += [20 * (-0.5 - k), 20, 20, 20, 20]
    w += [20 * -0.5, 20, -20, 20, -20]
    wiring, cases = parity.wiring(recipe), parity.cases(recipe)
    y = states(wiring, cases.inputs, np.array([w]))[0]
    assert ((y[:, wiring.outputs] > 0.5) == (cases.desired > 0.5)).all()
    assert measured(parity, recipe, w)["is_thermometer"]
    w[1] = -20
    assert not measured(parity, recipe, w)["is_thermometer"]
    printed = parity.PRINTED_CODES
    assert (np.abs(np.diff(printed, axis=0)).sum(0) == 1).all()


def test_encoder_counts_and_codes():
    assert encoder.wiring(Recipe("8-3-8")).n_parameters == 3 * 9 + 8 * 4
    assert encoder.wiring(Recipe("2-1-4-4")).n_parameters == 3 + 4 * 2 + 4 * 5
    recipe = Recipe("8-3-8")
    wiring, cases = encoder.wiring(recipe), encoder.cases(recipe)
    y, hidden = np.zeros((2, 8, wiring.n_units)), [wiring.units.index(f"h{k}") for k in (1, 2, 3)]
    y[0][:, hidden] = encoder.PRINTED_CODES
    y[1][:, hidden] = [[n >> 2 & 1, n >> 1 & 1, n & 1] for n in range(8)]
    found = encoder.measure(Nets(wiring, cases, np.zeros((2, wiring.n_parameters)), y))
    assert found["intermediate"].tolist() == [4, 0]
    assert found["is_binary"].tolist() == [False, True]
    single = Recipe("2-1-4-4")
    wiring, cases = encoder.wiring(single), encoder.cases(single)
    y = np.zeros((2, 4, wiring.n_units))
    y[0, :, wiring.units.index("h1.1")] = [0.6, 1, 0, 0.2]  # 00, 01, 10, 11 as printed
    y[1, :, wiring.units.index("h1.1")] = [0.6, 1, 0.2, 0]
    assert encoder.measure(Nets(wiring, cases, np.zeros((2, 1)), y))["is_printed_order"].tolist() == [True, False]


def test_a_single_unit_counts_as_its_contrary():
    single = Recipe("2-1-4-4")
    wiring, cases = encoder.wiring(single), encoder.cases(single)
    printed = np.array([0.6, 1, 0, 0.2])  # 00, 01, 10, 11
    y = np.zeros((3, 4, wiring.n_units))
    y[:, :, wiring.units.index("h1.1")] = [printed, 1 - printed, [0.9, 0.3, 0.2, 0.1]]
    found = encoder.measure(Nets(wiring, cases, np.zeros((3, 1)), y))
    values = np.array([found[f"value_{name}"] for name in ("00", "01", "10", "11")]).T
    assert values == pytest.approx(np.array([printed, printed, [0.9, 0.3, 0.2, 0.1]]))


def test_addition_counts_and_failures():
    recipe = Recipe("2_hidden")
    wiring, cases = addition.wiring(recipe), addition.cases(recipe)
    assert wiring.n_parameters == 5 + 6 + 3 * 7
    assert addition.wiring(Recipe("3_hidden")).n_parameters == 5 + 6 + 7 + 3 * 8
    sums = dict(zip(cases.names, cases.desired.astype(int).tolist(), strict=True))
    assert (sums["11+11"], sums["01+10"], sums["11+01"]) == ([1, 1, 0], [0, 1, 1], [1, 0, 0])
    y = np.zeros((3, 16, wiring.n_units))
    y[:, :, wiring.outputs] = cases.desired
    y[1:, 15, wiring.outputs[1]] = 0
    y[2, 3, wiring.outputs[0]] = 1
    found = addition.measure(Nets(wiring, cases, np.zeros((3, wiring.n_parameters)), y))
    assert found["wrong"].tolist() == [0, 1, 2]
    assert found["fails_as_printed"].tolist() == [False, True, False]
    assert found["wrong_sums"].tolist() == ["", "11+11", "00+11 11+11"]


def test_negation_counts_and_own_units():
    recipe = Recipe("three_hidden")
    wiring, cases = negation.wiring(recipe), negation.cases(recipe)
    assert wiring.n_parameters == 3 * 5 + 3 * 8
    desired = dict(zip(cases.names, cases.desired.astype(int).tolist(), strict=True))
    assert (desired["0101"], desired["1101"]) == ([1, 0, 1], [0, 1, 0])
    w = np.zeros((2, wiring.n_parameters))
    for k in (1, 2, 3):
        w[:, wiring.index(f"h{k}", f"o{k % 3 + 1}")] = 8
    w[1, wiring.index("h1", "o1")] = 5
    y = states(wiring, cases.inputs, w)
    assert negation.measure(Nets(wiring, cases, w, y))["has_own_unit"].tolist() == [True, False]


def test_cases_of_all_bits():
    cases = Cases.of_all_bits(2, lambda inputs: inputs[:, :1] > inputs[:, 1:])
    assert cases.names == ("00", "01", "10", "11")
    assert cases.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert cases.desired.tolist() == [[0], [0], [1], [0]]

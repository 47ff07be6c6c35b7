"""The family trees: people and answers, splits, scores, and the features that units code."""

from collections import Counter

import numpy as np
import pytest

from backprop86.engines.recipe import Recipe
from backprop86.problems import family_trees
from backprop86.problems.people import ENGLISH, ITALIAN, PEOPLE, PERSON, answers
from backprop86.running.nets import Nets
from backprop86.running.problem import wiring_of

TREES = Recipe("five_layers")


def test_family_tree_counts():
    who = answers()
    assert (len(who), sum(map(len, who.values()))) == (104, 112)
    english = Counter(relation for person, relation in who if person in ENGLISH)
    assert english == Counter(
        father=6,
        mother=6,
        son=6,
        daughter=6,
        husband=5,
        wife=5,
        nephew=4,
        niece=4,
        brother=3,
        sister=3,
        uncle=2,
        aunt=2,
    )
    assert english == Counter(relation for person, relation in who if person in ITALIAN)
    two = {person for (person, _), people in who.items() if len(people) == 2}
    assert two == {"Colin", "Charlotte", "Alfonso", "Sophia"}


@pytest.mark.parametrize(
    ("person", "relation", "people"),
    [
        ("Colin", "aunt", {"Jennifer", "Margaret"}),
        ("Charlotte", "uncle", {"Arthur", "Charles"}),
        ("Victoria", "husband", {"James"}),
        ("Charles", "niece", {"Charlotte"}),
        ("Pierro", "son", {"Marco"}),
        ("Alfonso", "mother", {"Lucia"}),
        ("Angela", "brother", {"Marco"}),
    ],
)
def test_some_relatives(person, relation, people):
    assert set(answers()[person, relation]) == people


def test_family_tree_network():
    wiring = family_trees.wiring(TREES)
    assert (wiring.n_inputs, len(wiring.outputs), wiring.n_units) == (36, 24, 1 + 36 + 12 + 12 + 6 + 24)
    weights = 24 * 6 + 12 * 6 + 12 * 12 + 12 * 6 + 6 * 24
    assert wiring.n_parameters == weights + 6 + 6 + 12 + 6 + 24
    assert wiring_of(family_trees.wiring, Recipe("five_layers", biases="none")).n_parameters == weights
    assert len(wiring.levels) == 4
    with pytest.raises(KeyError, match="no connection from aunt to person1"):
        wiring.index("aunt", "person1")


def test_splits():
    names, who = list(answers()), list(answers().values())
    assert family_trees.counted(TREES, [0]) is None
    four = family_trees.counted(Recipe("five_layers", held_out="random"), list(range(50)))
    assert four.sum(1).tolist() == [100] * 50
    assert len({tuple(row) for row in four}) == 50
    assert np.array_equal(four[7:8], family_trees.counted(Recipe("five_layers", held_out="random"), [7]))
    for row in family_trees.counted(Recipe("five_layers", held_out="fig_8"), list(range(20))):
        held = [names[c] for c in np.flatnonzero(row == 0)]
        assert len(held) == 4
        assert sorted(who[names.index(pair)][0] for pair in held) == ["Andrew", "Lucia", "Lucia", "Victoria"]


def test_single_triples():
    recipe = Recipe("five_layers", held_out="triples")
    cases, trained = family_trees.cases(recipe), family_trees.counted(recipe, list(range(400)))
    assert cases.desired.sum(1).tolist() == [1] * 112
    assert trained.sum(1).tolist() == [108] * 400
    assert not trained.all(0).any()  # each is held out by some seed
    assert {name for name in cases.names if name.startswith("Colin aunt")} == {
        "Colin aunt Jennifer",
        "Colin aunt Margaret",
    }
    pairs = family_trees.cases(TREES)
    for name, inputs, desired in zip(cases.names, cases.inputs, cases.desired, strict=True):
        c = pairs.names.index(name.rpartition(" ")[0])
        assert np.array_equal(inputs, pairs.inputs[c])
        assert pairs.desired[c, desired > 0].tolist() == [1]


@pytest.mark.parametrize(("wrong", "typical"), [(0, False), (1, True), (2, True), (3, False)])
def test_errors_of_held_out_cases(wrong, typical):
    outputs, trained = family_trees.cases(TREES).desired.copy(), np.ones((1, 104))
    trained[0, :4] = 0
    outputs[:wrong] = 0.4 * outputs[:wrong] + 0.1  # the right one is the most active, and below one half
    found = one_net(np.ones((0, 24)), outputs, trained)
    assert (found["one_or_two_errors"], found["held_out_right"], found["held_out_chosen"]) == (typical, 4 - wrong, 4)
    outputs[0] = 0.5 - outputs[0]
    assert one_net(np.ones((0, 24)), outputs, trained)["held_out_chosen"] == 3


def test_the_features_are_those_the_1986_units_code():
    weights = family_trees.printed_weights()
    codes = {name: family_trees.correlation(weights, feature) for name, feature in PERSON.items()}
    assert {name: int(r.argmax()) + 1 for name, r in codes.items() if r.max() > 0.7} == {
        "nationality": 1,
        "generation": 2,
        "branch": 6,
    }
    assert codes["sex"].max() < 0.3


def test_family_tree_scores():
    wiring, cases = family_trees.wiring(TREES), family_trees.cases(TREES)
    w = np.zeros((1, wiring.n_parameters))
    y = np.zeros((1, len(cases.inputs), wiring.n_units))
    y[0][:, wiring.outputs] = 0.1 + 0.75 * cases.desired
    counted = np.ones((1, 104))
    counted[0, :4] = 0
    with np.errstate(invalid="ignore"):
        perfect = family_trees.measure(Nets(wiring, cases, w, y, counted))
        y[0, 0, wiring.outputs[3]] = 0.6
        y[0, 50, wiring.outputs[:]] = 0.3 + 0.4 * cases.desired[50]
        spoilt = family_trees.measure(Nets(wiring, cases, w, y, counted))
    assert (perfect["trained_strict"][0], perfect["held_out_right"][0], perfect["all_near"][0]) == (1, 4, True)
    assert (spoilt["trained_right"][0], spoilt["trained_near"][0], spoilt["held_out_right"][0]) == (1, 0.99, 3)
    twins = y.copy()
    for c, on in enumerate(cases.desired > 0.5):
        twins[0, c, wiring.outputs[np.roll(on, 12)]] = 0.2
    with np.errstate(invalid="ignore"):
        assert family_trees.measure(Nets(wiring, cases, w, twins))["twin_is_active"][0]
    assert not perfect["twin_is_active"][0]


def test_people_are_in_the_order_of_the_figures():
    assert PEOPLE[:3] == ("Christopher", "Andrew", "Arthur")
    assert PEOPLE[12 + PEOPLE.index("Victoria")] == "Lucia"


def one_net(person_units, outputs=None, counted=None):
    """Measure a net with these weights into its person units, all answers right if no outputs are given."""
    wiring, cases = family_trees.wiring(TREES), family_trees.cases(TREES)
    w = np.random.default_rng(0).normal(size=(1, wiring.n_parameters))
    for unit, weights in enumerate(person_units):
        w[0, [wiring.index(person, f"person{unit + 1}") for person in PEOPLE]] = weights
    y = np.zeros((1, len(cases.inputs), wiring.n_units))
    y[0][:, wiring.outputs] = cases.desired if outputs is None else outputs
    return {name: values[0] for name, values in family_trees.measure(Nets(wiring, cases, w, y, counted)).items()}


@pytest.mark.parametrize(
    ("nationality", "others_ignore"), [(0, False), (1, True), (2, True), (3, True), (4, False), (6, False)]
)
def test_one_unit_codes_nationality_and_most_others_ignore_it(nationality, others_ignore):
    sign = np.random.default_rng(1).choice([-1, 1], (nationality, 1))
    found = one_net(sign * PERSON["nationality"])
    assert (found["nationality_units"], found["most_ignore_nationality"]) == (nationality, others_ignore)


@pytest.mark.parametrize(("r", "shared"), [(0.91, True), (-0.91, True), (0.89, False), (-0.89, False)])
def test_two_units_share_a_job_if_their_weights_are_alike(r, shared):
    waves = np.array([np.cos(2 * np.pi * k * np.arange(24) / 24) for k in range(1, 7)])  # none like another
    waves[5] = 2 * (r * waves[1] + np.sqrt(1 - r**2) * waves[5])
    waves += 3  # neither their mean nor their size matters
    assert one_net(waves)["share_a_job"] == shared
    wrong = family_trees.cases(TREES).desired.copy()
    wrong[7] = 0
    assert not one_net(waves, wrong)["share_a_job"]
    trained = np.ones((1, 104))
    trained[0, 7] = 0
    assert one_net(waves, wrong, trained)["share_a_job"] == shared

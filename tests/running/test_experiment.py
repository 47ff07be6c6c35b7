"""A file of conf/experiment/: variants and readings by name, in words, and the runs whose curves are drawn."""

from dataclasses import fields, replace
from itertools import chain

import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running.claim import Claim
from backprop86.running.columns import DRAWN, FIRST_WEIGHTS
from backprop86.running.experiment import Experiment
from backprop86.running.names import CHOICES, WITHOUT_WORDS, described, joined, moments, short_name
from backprop86.running.settings import load, stems

PRINTED = Recipe("one_hidden_direct", 900, epsilon=0.5, alpha=0.9, moments=[558])
XOR = Experiment(
    "xor",
    recipe=PRINTED,
    variants={"two_hidden": {"network": "2_hidden", "epsilon": 0.25}, "slow": {"epsilon": 0.01}},
    readings={"as_printed": {}, "range_1": {"initial_range": 1.0}, "two_hidden/range_1": {"initial_range": 1.0}},
    words={"two_hidden": "2-2-1"},
    drawn={"as_printed": 600, "range_1": 1},
)
STUDY = Experiment(
    "chauvin",
    recipe=PRINTED,
    axes={
        "hidden": {"2_hidden": {"network": "2_hidden"}, "8_hidden": {"network": "8_hidden"}},
        "how": {"as_printed": {}, "no_momentum": {"alpha": 0.0}},
        "rate": {"rate_0.5": {}, "rate_0.1": {"epsilon": 0.1}},
    },
    variant_axes=["hidden", "rate"],
    words={"2_hidden": "two hidden units", "8_hidden": "eight hidden units", "rate_0.5": ""},
)


def test_each_variant_has_its_own_as_printed():
    assert XOR.every_reading == {
        "as_printed": {},
        "range_1": {"initial_range": 1.0},
        "two_hidden/as_printed": {"network": "2_hidden", "epsilon": 0.25},
        "two_hidden/range_1": {"network": "2_hidden", "epsilon": 0.25, "initial_range": 1.0},
        "slow/as_printed": {"epsilon": 0.01},
    }
    assert XOR.recipe_of("two_hidden/range_1") == replace(PRINTED, network="2_hidden", epsilon=0.25, initial_range=1.0)
    assert XOR.recipe_of("slow/as_printed") == replace(PRINTED, epsilon=0.01)


@pytest.mark.slow
def test_a_variant_alone_is_short_for_its_as_printed():
    assert XOR.recipe_of("two_hidden") == XOR.recipe_of("two_hidden/as_printed")
    assert (XOR.full("two_hidden"), XOR.full("range_1")) == ("two_hidden/as_printed", "range_1")
    assert (short_name("two_hidden/as_printed"), short_name("as_printed")) == ("two_hidden", "as_printed")
    for typed in ("two_hidden", "two_hidden/as_printed"):
        settings = load("xor", f"reading={typed}")
        assert settings.chosen == ["two_hidden/as_printed"]
        recipes = {name: settings.experiment.recipe_of(name) for name in settings.chosen}
        assert settings.experiment.trial(recipes) == {"two_hidden/as_printed": 2}  # claims of other nets need no column


@pytest.mark.parametrize(
    ("name", "variant", "reading"),
    [
        ("as_printed", "", "as_printed"),
        ("range_1", "", "range_1"),
        ("two_hidden/as_printed", "two_hidden", "as_printed"),
        ("two_hidden/range_1", "two_hidden", "range_1"),
    ],
)
def test_variant_and_reading_of_a_name(name, variant, reading):
    assert (XOR.variant_of(name), XOR.reading_of(name)) == (variant, reading)


@pytest.mark.parametrize(
    ("name", "variant", "reading", "words"),
    [
        ("2_hidden/as_printed/rate_0.5", "2_hidden/rate_0.5", "as_printed", "two hidden units"),
        (
            "8_hidden/no_momentum/rate_0.1",
            "8_hidden/rate_0.1",
            "no_momentum",
            "eight hidden units, no momentum, ε = 0.1",
        ),
    ],
)
def test_axes_that_are_variants(name, variant, reading, words):
    assert name in STUDY.every_reading
    assert (STUDY.variant_of(name), STUDY.reading_of(name)) == (variant, reading)
    assert STUDY.in_words(name) == words
    plain = replace(STUDY, variant_axes=[])
    assert (plain.variant_of(name), plain.reading_of(name)) == ("", name)
    nothing = replace(STUDY, variant_axes=["hidden", "how", "rate"])
    assert (nothing.variant_of(name), nothing.reading_of(name)) == (name, "as_printed")


@pytest.mark.parametrize(
    ("differs", "line"),
    [
        (
            {"readings": {"three_hidden/range_1": {}}},
            "readings of xor must be of variants that .*, was three_hidden/.*",
        ),
        ({"readings": {"two_hidden/a/b": {}}}, "readings of xor must be of .*, was two_hidden/a/b"),
        ({"variants": {"a/b": {}}, "readings": {}}, "variants of xor must have names without /, was a/b"),
        ({"variants": {"two_hidden": 3}}, "experiment.variants.two_hidden must be settings such as .*, was 3"),
        ({"readings": {}, "variants": {}}, "readings of xor must name one or more, such as as_printed: {}, was none"),
        ({"variant_axes": ["hidden"]}, "variant_axes of xor must be of axes, was hidden"),
        ({"drawn": {"range_9": 5}}, "drawn of xor must name readings such as as_printed, was range_9"),
        ({"drawn": {"two_hidden": 5}}, "drawn of xor must name readings such as as_printed, was two_hidden"),
        ({"drawn": {"as_printed": 0}}, "drawn.as_printed must be a whole number of at least 1, was 0"),
    ],
)
def test_what_an_experiment_cannot_say(differs, line):
    XOR.check()
    with pytest.raises(BadInput, match=f"^{line}$"):
        replace(XOR, **differs).check()


def test_variant_axes_are_axes():
    STUDY.check()
    with pytest.raises(BadInput, match=r"^variant_axes of chauvin must be of hidden, how, rate, was how_many$"):
        replace(STUDY, variant_axes=["rate", "how_many"]).check()


@pytest.mark.parametrize(
    "typed", ["three_hidden", "three_hidden/as_printed", "two_hidden/range_9", "as_printed/range_1"]
)
def test_an_unknown_variant_gets_one_line(typed):
    line = rf"^reading must be all, as_printed, range_1, two_hidden/as_printed, .* or slow/as_printed, was {typed}"
    with pytest.raises(BadInput, match=line) as told:
        XOR.recipe_of(typed)
    assert "\n" not in str(told.value)


def test_which_runs_are_kept():
    assert XOR.kept("as_printed") == (FIRST_WEIGHTS, DRAWN)
    assert XOR.kept("range_1") == (FIRST_WEIGHTS, DRAWN)  # a reading that is drawn has weights, too
    assert XOR.kept("two_hidden/as_printed") == (FIRST_WEIGHTS, 0)
    assert XOR.kept("two_hidden/range_1") == (0, 0)
    assert replace(XOR, numbers_only=True).kept("as_printed") == (0, DRAWN)
    assert [replace(XOR, weights_kept=n).kept("as_printed") for n in (0, 3)] == [(0, DRAWN), (3, DRAWN)]
    assert replace(XOR, weights_kept=3).kept("two_hidden/range_1") == (0, 0)
    with pytest.raises(BadInput, match=r"^weights_kept must be 0 or a whole number above it, was -1$"):
        replace(XOR, weights_kept=-1).check()
    assert STUDY.kept("2_hidden/as_printed/rate_0.5") == (0, 0)
    assert [XOR.goes_on(name) for name in XOR.every_reading] == [600, 1, 0, 0, 0]
    assert replace(XOR, drawn=None).check().goes_on("as_printed") == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("as_printed", "as printed"),
        ("range_1", "weights from ±1"),
        ("two_hidden/as_printed", "2-2-1"),
        ("two_hidden/range_1", "2-2-1, weights from ±1"),
        ("slow/as_printed", "ε = 0.01"),
    ],
)
def test_names_in_words(name, words):
    assert XOR.in_words(name) == words


def test_the_whole_name_may_have_words_of_its_own():
    assert replace(XOR, words={"two_hidden/range_1": "2-2-1 from ±1"}).in_words("two_hidden/range_1") == "2-2-1 from ±1"


@pytest.mark.parametrize("stem", stems())
def test_every_name_has_words_of_its_own_for_a_reader(stem):
    experiment = load(stem).experiment
    words = {name: experiment.in_words(name) for name in experiment.every_reading}
    assert not [said for said in words.values() if "_" in said or not said.strip(", ") or ", ," in said]
    assert len(set(words.values())) == len(words)
    assert "as_printed" not in words or words["as_printed"] == "as printed"
    places = [(experiment.variant_of(name), experiment.reading_of(name)) for name in words]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("stem", stems())
def test_words_are_of_parts_of_names_that_there_are(stem):
    experiment = load(stem).experiment
    parts = set(chain.from_iterable([name, *name.split("/")] for name in experiment.every_reading))
    if stem == "family_trees_map":  # it begins with those of family_trees
        parts |= set(load("family_trees").experiment.words)
    assert experiment.words.keys() <= parts


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ""),
        ({"target_on": 1.0, "target_off": 0.0}, "targets 1 and 0"),
        ({"target_on": 0.9, "target_off": 0.1, "epsilon": 0.05}, "targets 0.9 and 0.1, ε = 0.05"),
        ({"epsilon": 0.1}, "ε = 0.1"),
        ({"alpha": 0.0}, "no momentum"),
        ({"alpha": 0.99}, "momentum 0.99"),
        ({"decay": 0.0}, "no decay"),
        ({"decay": 0.0002}, "decay 0.0002"),
        ({"initial_range": 1.0}, "weights from ±1"),
        ({"update": "case"}, "a change after every case"),
        ({"biases": "none", "update": "case"}, "no biases, a change after every case"),
        ({"network": "2_hidden"}, "2 hidden"),
        ({"dtype": "float32"}, "32-bit numbers"),
        ({"epsilon": 0.03, "sweeps": 15000, "moments": [5]}, "ε = 0.03"),
    ],
)
def test_settings_in_words(settings, words):
    assert described(settings) == words


@pytest.mark.parametrize("stem", stems())
def test_every_setting_of_ours_has_words(stem):
    experiment = load(stem).experiment
    values = [value for axis in experiment.axes.values() for value in axis.values()]
    for differs in [*experiment.variants.values(), *experiment.readings.values(), *values]:
        for name, value in (differs or {}).items():
            if name in ("target_on", "target_off"):
                both = {"target_on", "target_off"}
                assert both <= differs.keys()
                assert "_" not in described({one: differs[one] for one in both})
            else:
                said = described({name: value})
                assert bool(said) == (name not in WITHOUT_WORDS or (name, str(value)) in CHOICES), name
                assert "_" not in said
                if isinstance(value, str) and name != "network":
                    assert said != f"{name} {value}".replace("_", " "), "these words are those of the setting"


def test_settings_that_have_no_words_are_settings():
    assert {*WITHOUT_WORDS} <= {field.name for field in fields(Recipe)}


def test_joined():
    assert joined(["2-2-1", "", "no momentum"]) == "2-2-1, no momentum"
    assert joined(["", ""]) == "as printed"


def test_moments_of_a_recipe():
    assert moments(PRINTED) == ["0", "558", "learned", "end"]
    assert moments(Recipe()) == ["0", "learned", "end"]


@pytest.mark.parametrize(
    ("claim", "line"),
    [
        ({"moment": "557"}, "columns of claim c must be of .* in reading as_printed, was to_hidden"),
        ({"readings": ["two_hidden/*"]}, "columns of claim c must be of .* in reading two_hidden/as_printed, was .*"),
    ],
)
def test_a_claim_is_of_a_moment_and_a_net_that_have_its_column(claim, line):
    good = {"id": "c", "source": "ours", "says": "x", "kind": "draw", "column": "to_hidden", "printed": [-6.4]}

    def trial(**said):
        experiment = replace(XOR, claims=[Claim(**good | {"moment": "558"} | said)])
        return experiment.check().trial({name: experiment.recipe_of(name) for name in experiment.every_reading})

    assert trial() == dict.fromkeys(XOR.every_reading, 2)
    with pytest.raises(BadInput, match=f"^{line}$"):
        trial(**claim)

"""Every file of figures/ follows the Protocol, and an experiment needs none."""

import json
from dataclasses import asdict
from inspect import signature

import pytest

from backprop86.report.figures_of import figures_of, own_figures, own_picture, own_table
from backprop86.running.problem import wiring_of
from backprop86.running.runs import Runs
from backprop86.running.settings import load, stems


@pytest.mark.parametrize("stem", stems())
def test_every_file_keeps_the_protocol(stem):
    figures = figures_of(stem)
    assert (figures is not None) == bool(load(stem).experiment.figures)
    for name in ("draw", "table"):
        if function := getattr(figures, name, None):
            assert list(signature(function).parameters) == ["runs"], name


def test_an_experiment_without_figures_of_its_own():
    none = Runs("invented", {}, {})
    assert (figures_of("invented"), own_figures("invented", none), own_table("invented", none)) == (None, {}, None)
    assert own_table("xor", none) is None


PICTURED = [stem for stem in stems() if hasattr(figures_of(stem), "PICTURES")]
PRINTED = {"xor": 2, "symmetry": 2, "symmetry_breaking": 3, "extra_connections": 3, "iterative": 0, "family_trees": 1}
"""The number of nets that texts print with weights, by experiment."""


def test_the_nets_that_texts_draw():
    pictures = {stem: figures_of(stem).PICTURES.values() for stem in PICTURED}
    assert {stem: sum(len(one.printed) for one in every) for stem, every in pictures.items()} == PRINTED
    assert own_picture("xor", "8_hidden") is None
    assert own_picture("depth", "1_layers") is None


@pytest.mark.parametrize("stem", PICTURED)
def test_a_picture_is_of_the_net_whose_name_it_has(stem):
    experiment = load(stem).experiment
    recipes = {recipe.network: recipe for recipe in map(experiment.recipe_of, experiment.every_reading)}
    for network, picture in figures_of(stem).PICTURES.items():
        net = wiring_of(experiment.problem.wiring, recipes[network])
        assert set(picture.places) in (set(), set(net.units))
        drawn = [tuple(place) for place in picture.places.values() if place is not None]
        assert len(set(drawn)) == len(drawn)
        for weights in picture.printed.values():
            assert len(weights) == net.n_parameters
        for values in picture.features.values():
            assert len(values) <= net.n_inputs
        assert own_picture(stem, network) is picture
        json.dumps(asdict(picture), allow_nan=False)


def test_the_printed_weights_of_the_family_trees_have_their_places():
    experiment = load("family_trees").experiment
    net = wiring_of(experiment.problem.wiring, experiment.recipe_of("as_printed"))
    (weights,) = own_picture("family_trees", "five_layers").printed.values()
    there = {(source, target): weights[k] for k, source, target in net.table() if weights[k] is not None}
    assert len(there) == 6 * 24
    assert there["Colin", "person2"] == -0.93
    assert there["Sophia", "person1"] == -0.86
    assert {target for _, target in there} == {f"person{k}" for k in range(1, 7)}

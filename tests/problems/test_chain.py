"""The chain of ten layers: its counts, the share of dE/dx that reaches its first unit by hand, and the figure."""

import itertools

import numpy as np
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.figures import chain as chain_figures
from backprop86.problems import chain
from backprop86.running.settings import load
from backprop86.wiring import ONE
from helpers import drawn, engines, every_reading, measured

RECIPE = Recipe("1-10x1-1")


def test_counts():
    wiring, cases = chain.wiring(RECIPE), chain.cases(RECIPE)
    assert (wiring.n_inputs, wiring.n_parameters, len(wiring.levels), len(wiring.outputs)) == (1, 22, 11, 1)
    assert cases.inputs.tolist() == cases.desired.tolist() == [[0], [1]]
    with pytest.raises(BadInput, match=r"^network must be 1-10x1-1, was 1-9x1-1$"):
        chain.wiring(Recipe("1-9x1-1"))


@pytest.mark.parametrize(("weight", "greatly"), [(0.3, True), (2.0, True), (2.02, False), (-3.0, False)])
def test_what_reaches_the_first_unit(weight, greatly):
    """With every unit at one half, y (1 - y) is a quarter: each layer leaves a quarter of the weight."""
    wiring = chain.wiring(RECIPE)
    w = np.zeros(wiring.n_parameters)
    names = [f"h{k}.1" for k in range(1, 11)] + ["o1"]
    for source, target in itertools.pairwise(names):
        w[wiring.index(source, target)], w[wiring.index(ONE, target)] = weight, -weight / 2
    found = measured(chain, RECIPE, w)
    assert found["factor"] == pytest.approx(abs(weight) / 4, rel=1e-12)
    assert found["reaches_first"] == pytest.approx((abs(weight) / 4) ** 10, rel=1e-11)
    assert (found["below_quarter"], found["greatly_reduced"]) == (abs(weight) < 1, greatly)


def test_the_engines_agree():
    recipe = load("chain").experiment.recipe_of("range_3")
    recipe.sweeps = 30
    _, apart, changed = engines(chain, recipe)
    assert apart <= 1e-9 < 0.1 < changed


def test_figure():
    runs = every_reading("chain", 40, range(5), ["as_printed", "range_3"])
    panels = drawn(runs)["layers"].axes
    assert [axes.get_title("left") for axes in panels] == [*chain_figures.SHOWN.values()]
    for axes, reading in zip(panels, chain_figures.SHOWN, strict=True):
        _, _, gradient = runs.curves(reading)
        untrained, trained = axes.lines
        assert untrained.get_ydata() == pytest.approx(np.median(gradient[:, 0], 0))
        assert trained.get_ydata() == pytest.approx(np.median(gradient[:, -1], 0))
        assert untrained.get_xdata().tolist() == [*range(1, 12)]

"""Figures of the problems: drawn from rows of run.py, with labels in words; turned nets compute the same."""

import re

import numpy as np
import pytest
from matplotlib.text import Text

from backprop86.engines.outputs import states
from backprop86.engines.recipe import Recipe
from backprop86.figures import parity as parity_figures
from backprop86.figures import symmetry as symmetry_figures
from backprop86.figures import xor as xor_figures
from backprop86.problems import parity, symmetry, xor
from backprop86.report.style import TWO_COLUMNS
from helpers import drawn, every_reading, slow

DRAWN = {
    "symmetry": (1500, ["as_printed"], ["fig1"]),
    "xor": (7000, ["as_printed", "two_hidden/as_printed"], ["fig3", "fig5"]),
    "parity": (3000, ["as_printed"], ["table3"]),
    "encoder": (5000, ["as_printed"], ["table5"]),
    "negation": (5000, ["as_printed"], ["weights"]),
    "iterative": (3000, ["as_printed"], ["fig5"]),
    "shift_register": (250, ["as_printed", "five_units/as_printed", "free/as_printed"], ["weights"]),
    "addition": (2000, ["as_printed", "two_hidden/as_printed"], ["failures"]),
    "symmetry_breaking": (300, ["as_printed", "random/as_printed", "nearly_equal/as_printed"], ["separation"]),
    "chauvin": (300, None, ["hidden"]),
    "extra_connections": (30, None, ["unsolved"]),
    "depth": (40, None, ["start", "training"]),
    "single_layer": (5, ["as_printed"], ["line"]),
}
"""Experiment -> sweeps, names that are run, figures."""


def words_of(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


@pytest.mark.parametrize("stem", slow(DRAWN, *DRAWN.keys() - {"negation", "iterative", "single_layer"}))
def test_figures_are_drawn_in_words(stem):
    sweeps, names, figures = DRAWN[stem]
    seeds = range(3 if names is None else 20)
    found = drawn(every_reading(stem, sweeps, list(seeds), names))
    assert [*found] == figures
    for figure in found.values():
        assert [word for word in words_of(figure) if re.search(r"[a-z0-9]_[a-z0-9]", word)] == []
        assert figure.get_figwidth() * 25.4 <= TWO_COLUMNS + 1e-6


@pytest.mark.parametrize("stem", ["symmetry", "xor", "parity", "encoder", "negation", "iterative", "shift_register"])
def test_no_figure_of_runs_that_did_not_learn(stem):
    assert drawn(every_reading(stem, 1, [0, 1], DRAWN[stem][1])) == {}


def outputs(wiring, cases, w):
    return states(wiring, cases.inputs, np.atleast_2d(w))[0][:, wiring.outputs[0]]


def test_a_net_turned_like_fig_5_computes_the_same():
    recipe, random = Recipe("2_hidden"), np.random.default_rng(0)
    wiring, cases, like = xor.wiring(recipe), xor.cases(recipe), np.array(xor.PRINTED_FIG5)
    for w in random.normal(0, 3, (20, 9)):
        found = xor_figures.turned(w, like)
        same, mirrored = outputs(wiring, cases, w), outputs(wiring, cases, w)[[0, 2, 1, 3]]
        assert any(np.allclose(outputs(wiring, cases, found), answers) for answers in (same, mirrored))
        assert np.abs(found - like).sum() <= np.abs(w - like).sum()
    swapped = np.r_[like[3:6], like[:3], like[6], like[8], like[7]]
    opposite = np.r_[-swapped[:3], swapped[3:6], swapped[6] + swapped[7], -swapped[7], swapped[8]]
    assert xor_figures.turned(opposite, like) == pytest.approx(like)


def test_a_net_turned_like_fig_3_computes_xor_and_looks_like_it():
    recipe = Recipe("one_hidden_direct")
    wiring, cases, printed = xor.wiring(recipe), xor.cases(recipe), np.array(xor.PRINTED_FIG3)
    hidden_bias, in_1, in_2, output_bias, direct_1, direct_2, out = printed
    opposite = np.array([-hidden_bias, -in_1, -in_2, output_bias + out, direct_1, direct_2, -out])
    both = np.array(
        [hidden_bias + in_1 + in_2, -in_1, -in_2, output_bias + direct_1 + direct_2, -direct_1, -direct_2, out]
    )
    for w in (printed, opposite, both):
        assert xor_figures.as_in_fig3(w) == pytest.approx(printed)
        assert sorted(outputs(wiring, cases, w)) == pytest.approx(sorted(outputs(wiring, cases, printed)))
    assert outputs(wiring, cases, opposite) == pytest.approx(outputs(wiring, cases, printed))


def test_symmetry_turned_has_its_hidden_units_as_printed():
    recipe, printed = Recipe("two_hidden"), np.array(symmetry.PRINTED_N)
    wiring, cases = symmetry.wiring(recipe), symmetry.cases(recipe)
    other = np.r_[printed[7:14], printed[:7], printed[14:]]
    other[15:] = printed[16], printed[15]
    for w in (printed, other):
        assert symmetry_figures.turned(w, printed) == pytest.approx(printed)
        assert outputs(wiring, cases, w) == pytest.approx(outputs(wiring, cases, printed))


def test_codes_turned_are_those_printed():
    printed = parity.PRINTED_CODES
    shuffled = np.stack([1 - printed[:, 2], printed[:, 0], printed[:, 3], 1 - printed[:, 1]], 1)
    assert np.array_equal(parity_figures.turned(shuffled, printed), printed)

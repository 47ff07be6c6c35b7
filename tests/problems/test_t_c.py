"""T-C: P's numbers and their consequences, the measures both ways, gradients of shared weights, the two engines."""

import numpy as np
import pytest
import torch

from backprop86.engines import fused, reference
from backprop86.engines.outputs import states
from backprop86.engines.recipe import Job, Recipe
from backprop86.figures import t_c as t_c_figures
from backprop86.gradients.oracles import ORACLES
from backprop86.network import Network, initial_weights
from backprop86.problems import t_c
from backprop86.running.nets import Nets
from backprop86.running.problem import counted_of, wiring_of
from backprop86.running.runs import Runs
from backprop86.wiring import ONE
from checked import compare

SHARED = Recipe("7x7_shared")


def weights(recipe, kernel, bias=0.0, outgoing=0.0, output_bias=0.0):
    """w (1, n_parameters) of a net with this kernel."""
    wiring = t_c.wiring(recipe)
    w = np.zeros((1, wiring.n_parameters))
    w[0, wiring.index(ONE, "h0,0")], w[0, wiring.index(ONE, "o")] = bias, output_bias
    for i, j in np.ndindex(3, 3):
        w[0, wiring.index(f"i{i},{j}", "h0,0")] = np.asarray(kernel)[i, j]
    for k, source, target in wiring.table():
        if target == "o" and source != ONE:
            w[0, k] = outgoing
    return w


def sums(kernel):
    """Return the sums of the fields of the 25 hidden units for the eight cases, (8, 25), T at even places."""
    grids = t_c.cases(SHARED).inputs.reshape(8, 7, 7)
    return np.array([[(g[r : r + 3, c : c + 3] * kernel).sum() for r, c in np.ndindex(5, 5)] for g in grids])


def measured(recipe, w, counted=None):
    wiring, cases = wiring_of(t_c.wiring, recipe), t_c.cases(recipe)
    found = t_c.measure(Nets.shown(wiring, cases, w, counted))
    return {name: values[0] for name, values in found.items()}


def test_counts():
    wiring, cases = t_c.wiring(SHARED), t_c.cases(SHARED)
    assert (wiring.n_inputs, wiring.n_units, len(wiring.outputs)) == (49, 1 + 49 + 25 + 1, 1)
    assert (len(wiring.source), wiring.n_parameters, len(wiring.levels)) == (25 * 10 + 26, 9 + 1 + 1 + 1, 2)
    assert t_c.wiring(Recipe("7x7_own")).n_parameters == 9 + 1 + 25 + 1
    assert t_c.wiring(Recipe("5x5_shared")).n_units == 1 + 25 + 9 + 1
    assert wiring_of(t_c.wiring, Recipe("7x7_shared", biases="none")).n_parameters == 10
    assert cases.inputs.sum(1).tolist() == [5] * 8
    assert cases.desired.ravel().tolist() == [1, 0] * 4
    assert len({tuple(row) for row in cases.inputs}) == 8
    assert cases.inputs[0].reshape(7, 7)[2:5, 2:5].tolist() == [[1, 1, 1], [0, 1, 0], [0, 1, 0]]
    assert cases.inputs[1].reshape(7, 7)[2:5, 2:5].tolist() == [[1, 1, 0], [1, 0, 0], [1, 1, 0]]
    assert len(t_c.cases(Recipe("8x8_shared", held_out="positions")).inputs) == 8 * 4
    with pytest.raises(KeyError, match="no connection from i0,3 to h0,0"):
        wiring.index("i0,3", "h0,0")


def test_every_hidden_unit_has_the_same_kernel():
    w = initial_weights(t_c.wiring(SHARED), [5], 1.0)
    wiring, cases = t_c.wiring(SHARED), t_c.cases(SHARED)
    hidden = [name.startswith("h") for name in wiring.units]
    x = sums(t_c.kernels(wiring, w)[0]) + w[0, wiring.index(ONE, "h0,0")]
    assert states(wiring, cases.inputs, w)[0][:, hidden] == pytest.approx(1 / (1 + np.exp(-x)), abs=1e-14)


def test_what_the_printed_detectors_do():
    centre, bar, diagonal, compact = (t_c.TEMPLATES[name][0] for name in t_c.TEMPLATES)
    t, c = slice(0, 8, 2), slice(1, 8, 2)
    assert (sums(centre)[t] == 1).sum(1).tolist() == [1] * 4
    assert sums(centre)[c].max() <= 0
    for one in (bar, bar.T):
        assert sums(one).max(1).tolist() == [2, 1] * 4
    assert (sums(diagonal) > 0).sum(1).tolist() == [5, 3] * 4
    assert (sums(compact) < 0).sum(1).tolist() == [21, 20] * 4


NETS = {
    "on_centre": (20.0, -10.0, 20.0, -10.0),
    "diagonal": (20.0, -10.0, 20.0, -80.0),
    "compactness": (20.0, 10.0, -20.0, 90.0),
}
"""Scale of the kernel, bias, outgoing weight, output bias with which a printed detector solves it."""


@pytest.mark.parametrize("kind", NETS)
def test_a_printed_detector_solves_it_and_so_does_its_mirror_image(kind):
    scale, bias, outgoing, output_bias = NETS[kind]
    for template in t_c.TEMPLATES[kind]:
        kernel = scale * template
        found = measured(SHARED, weights(SHARED, kernel, bias, outgoing, output_bias))
        mirrored = measured(SHARED, weights(SHARED, -kernel, -bias, -outgoing, output_bias + 25 * outgoing))
        for one in (found, mirrored):
            assert one["kind"] == kind
            assert [name for name in one if name.startswith("is_") and one[name]] == [f"is_{kind}"]
        unlearned = measured(SHARED, weights(SHARED, kernel, bias, -outgoing, output_bias))
        assert (unlearned["kind"], unlearned[f"is_{kind}"]) == (kind, False)


def test_kinds():
    wiring, random = t_c.wiring(SHARED), np.random.default_rng(0)
    for kind, templates in t_c.TEMPLATES.items():
        for template in templates:
            for sign in (1, -1):
                w = weights(SHARED, sign * (template + 0.1 * random.normal(size=(3, 3))), sign * 1.0)
                assert measured(SHARED, w)["kind"] == kind
                assert np.sign(t_c.likeness(t_c.kernels(wiring, w))[0, list(t_c.TEMPLATES).index(kind)]) == sign
    assert measured(SHARED, weights(SHARED, t_c.TEMPLATES["compactness"][0], -1.0))["kind"] == "other"
    corner = np.zeros((3, 3))
    corner[0, 0] = 1
    assert measured(SHARED, weights(SHARED, corner))["kind"] == "other"
    assert measured(SHARED, weights(SHARED, np.zeros((3, 3))))["kind"] == "other"
    no_biases = Recipe("7x7_shared", biases="none")
    assert measured(no_biases, -np.ones((1, 10)))["kind"] == "other"
    all_templates = np.concatenate([np.stack(templates) for templates in t_c.TEMPLATES.values()])
    alike = np.sort(np.abs(t_c.likeness(all_templates.astype(float))), 1)
    assert alike[:, -1] == pytest.approx(np.ones(6))
    assert alike[:, -2].max() == pytest.approx(2 / 3)


def test_where_a_pattern_stands_does_not_matter_if_outgoing_weights_are_shared():
    shared, own = (Recipe(f"9x9_{kind}", held_out="positions") for kind in ("shared", "own"))
    for recipe, is_same in ((shared, True), (own, False)):
        wiring, cases = t_c.wiring(recipe), t_c.cases(recipe)
        y = states(wiring, cases.inputs, initial_weights(wiring, [0, 1], 1.0))[:, :, wiring.outputs[0]]
        spread = np.ptp(y.reshape(2, 9, 8), axis=1)
        assert (spread.max() < 1e-12) == is_same


def test_positions_held_out():
    recipe = Recipe("8x8_own", held_out="positions")
    assert t_c.counted(SHARED, [0]) is None
    trained = counted_of(t_c, recipe, list(range(60)))
    by_position = trained.reshape(60, 4, 8)
    assert by_position.sum((1, 2)).tolist() == [24] * 60
    assert set(by_position.sum(2).ravel().tolist()) == {0, 8}
    assert set(by_position[:, :, 0].argmin(1).tolist()) == {0, 1, 2, 3}
    assert np.array_equal(trained[7:8], counted_of(t_c, recipe, [7]))
    with pytest.raises(ValueError, match=r"^network must have 8x8 inputs or more .*, was 7x7_shared$"):
        counted_of(t_c, Recipe("7x7_shared", held_out="positions"), [0])
    with pytest.raises(ValueError, match=r"^held_out must be none or positions, was some$"):
        counted_of(t_c, Recipe("8x8_shared", held_out="some"), [0])


def test_held_out_cases_are_scored():
    recipe = Recipe("8x8_shared", held_out="positions")
    wiring, cases, counted = t_c.wiring(recipe), t_c.cases(recipe), counted_of(t_c, recipe, [0, 0, 0])
    y = np.zeros((3, 32, wiring.n_units))
    y[:, :, wiring.outputs[0]] = 0.1 + 0.8 * cases.desired[:, 0]
    held, trained = np.flatnonzero(counted[0] == 0)[2], np.flatnonzero(counted[0])[0]
    y[1, held, wiring.outputs[0]] = 0.2
    y[2, trained, wiring.outputs[0]] = 0.2
    w = np.repeat(weights(recipe, t_c.TEMPLATES["bar"][0]), 3, 0)
    found = t_c.measure(Nets(wiring, cases, w, y, counted))
    assert found["held_out_right"].tolist() == [8, 7, 8]
    assert found["all_held_out_right"].tolist() == [True, False, True]
    assert found["is_bar"].tolist() == [True, True, False]
    assert "held_out_right" not in measured(SHARED, weights(SHARED, np.eye(3)))


@pytest.mark.parametrize("network", ["7x7_shared", "5x5_own"])
def test_gradients_against_the_oracles(network):
    wiring, random = t_c.wiring(Recipe(network)), torch.Generator().manual_seed(0)
    inputs = torch.randn(2, 3, wiring.n_inputs, dtype=torch.float64, generator=random)
    w = torch.randn(2, wiring.n_parameters, dtype=torch.float64, generator=random)
    net = Network(wiring)
    table = compare(net.forward, net.backward, [inputs], {"w": w})
    assert set(table["oracle"]) == set(ORACLES)
    assert table["agrees"].all(), table


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "held_out", "update"),
    [("7x7_shared", "none", "sweep"), ("7x7_own", "none", "case"), ("8x8_shared", "positions", "case")],
)
def test_the_engines_agree(network, held_out, update):
    recipe = Recipe(network, 60, 0.05, 0.9, update=update, stop="limit", held_out=held_out)
    wiring, cases, counted = t_c.wiring(recipe), t_c.cases(recipe), counted_of(t_c, recipe, list(range(12)))
    w0 = initial_weights(wiring, list(range(12)), 0.3)
    ours, theirs = (engine.train(Job(wiring, cases, recipe, w0, counted)) for engine in (fused, reference))
    assert np.abs(ours.w - theirs.w).max() <= 1e-9
    assert np.abs(ours.w - w0).max() > 0.1


@pytest.mark.parametrize("network", ["7x5_shared", "7x7", "7x7_", "4x4_shared", "nine_layers"])
def test_networks_there_are_not(network):
    with pytest.raises(ValueError, match=rf"^network must be .*, was {network}$"):
        t_c.wiring(Recipe(network))


def test_no_figure_without_the_reading_drawn():
    assert t_c_figures.draw(Runs("t_c", {}, {})) == {}

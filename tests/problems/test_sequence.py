"""Sequence completion against the counts of the chapter, a recurrent net run step by step, and the oracles."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from backprop86.engines import fused, reference
from backprop86.engines.outputs import states
from backprop86.engines.recipe import Job, Recipe
from backprop86.figures import sequence as sequence_figures
from backprop86.gradients.whole_runs import trajectory
from backprop86.network import Network, initial_weights
from backprop86.problems import sequence
from backprop86.running.nets import Nets
from backprop86.running.problem import counted_of, validate, wiring_of
from backprop86.running.provenance import Provenance
from backprop86.running.runs import Runs, thinned
from backprop86.running.settings import load
from backprop86.running.training import run_reading
from checked import compare

FIXED = load("sequence").experiment.recipe_of("as_printed")
VARIABLE = load("sequence").experiment.recipe_of("variable")
NAMES = ["fixed_timing", "fixed_timing_no_delay", "fixed_timing_direct", "variable_timing_half_1"]


def test_sequences():
    cases = sequence.cases(FIXED)
    assert (len(cases.names), cases.inputs.shape, cases.desired.shape) == (25, (25, 10 + 33), (25, 12))
    digits = {
        name: "".join(str(1 + step.argmax()) for step in desired.reshape(4, 3))
        for name, desired in zip(cases.names, cases.desired, strict=True)
    }
    assert {name[0]: full for name, full in digits.items() if name[0] == name[1]} == {
        "A": "1212",
        "B": "2323",
        "C": "3131",
        "D": "2121",
        "E": "1313",
    }
    assert (digits["AD"], digits["BE"], digits["EC"]) == ("1221", "2313", "1331")
    assert (cases.desired.reshape(25, 4, 3).sum(-1) == 1).all()
    assert (cases.inputs[:, :10].reshape(25, 2, 5).sum(-1) == 1).all()
    assert (cases.inputs[:, 10:] == 0.2).all()


def test_sequences_of_variable_timing():
    cases = sequence.cases(VARIABLE)
    assert (len(cases.names), len(set(cases.names)), cases.inputs.shape) == (150, 150, (150, 20 + 63))
    assert {sum(letter != "-" for letter in name) for name in cases.names} == {2}
    fixed = dict(zip(sequence.cases(FIXED).names, sequence.cases(FIXED).desired.tolist(), strict=True))
    for name, inputs, desired in zip(cases.names, cases.inputs, cases.desired, strict=True):
        assert desired.tolist() == fixed[name.replace("-", "")]
        shown = inputs[:20].reshape(4, 5)
        assert "".join("ABCDE"[step.argmax()] if step.any() else "-" for step in shown) == name


def test_parameters():
    def n(name, biases="drawn"):
        return wiring_of(sequence.wiring, Recipe(name, biases=biases)).n_parameters

    assert n("fixed_timing") == n("fixed_timing_no_delay") == 5 * 30 + 30 * 30 + 30 * 3 + 3 * 3 + 33 == 1182
    assert n("fixed_timing", "none") == 1182 - 33
    assert n("fixed_timing_direct") == 1182 + 15
    possible = 5 * 60 + 60 * 60 + 60 * 3 + 3 * 3
    assert n("variable_timing") == possible + 63
    assert n("variable_timing_half_1") == n("variable_timing_half_2") == possible - possible // 2 + 63
    assert (len(validate(sequence, FIXED).levels), len(validate(sequence, VARIABLE).levels)) == (5, 7)


def test_half_of_the_connections_is_one_draw():
    once, again, other = (sequence.connections(sequence.form(Recipe(f"variable_timing_half_{k}"))) for k in (1, 1, 2))
    assert once == again
    assert once != other
    whole = sequence.connections(sequence.form(Recipe("variable_timing")))
    assert all(set(once[unit]) <= set(whole[unit]) for unit in whole)
    for unit in ("h7", "o2"):
        assert unit in whole[unit]
    assert set(whole["h7"]) == {"1", *"ABCDE"} | {f"h{k + 1}" for k in range(60)}
    assert set(whole["o2"]) == {"1", "o1", "o2", "o3"} | {f"h{k + 1}" for k in range(60)}


def test_corresponding_connections_share_a_parameter():
    net = sequence.wiring(FIXED)
    for a, b in (("h4", "h9"), ("h4", "h4"), ("h4", "o1"), ("o3", "o1"), ("o3", "o3")):
        assert net.index(f"{a}@2", f"{b}@3") == net.index(f"{a}@4", f"{b}@5")
    assert net.index("h4@1", "h9@2") == net.index("h4@4", "h9@5")
    assert net.index("B@1", "h9@2") == net.index("B@2", "h9@3") != net.index("C@2", "h9@3")
    assert net.index("1", "o2@3") == net.index("1", "o2@6")
    assert [net.units[k] for k in net.outputs] == [f"o{k}@{t}" for t in (3, 4, 5, 6) for k in (1, 2, 3)]
    assert "h1@5" in net.units
    assert "h1@6" not in net.units


def step_by_step(wiring, recipe, names, w):
    """Return every unit's output at every step, {name@step: (cases,)}, of a recurrent net that gets only the
    letters.
    """
    net, y = sequence.form(recipe), {}
    delay, last = "no_delay" not in recipe.network, net.last_letter + 4
    state = [*net.hidden, "o1", "o2", "o3"]
    weight = {}
    for parameter, source, target in wiring.table():
        weight[source.split("@")[0], target.split("@")[0]] = w[parameter]
    for t in range(int(not delay) - 1, last + 1):
        for letter in "ABCDE":
            on = [float(0 < t <= len(name) and name[t - 1] == letter) for name in names]
            y[f"{letter}@{t}"] = np.array(on)
    for unit in state:
        y[f"{unit}@{int(delay)}"] = np.full(len(names), 0.2)
    for t in range(1 + delay, last + 1):
        for unit in state:
            x = weight.get(("1", unit), 0.0)
            for source in [*"ABCDE", *state]:
                if (source, unit) in weight:
                    back = 1 if delay or source[0] == unit[0] else 0
                    x = x + weight[source, unit] * y[f"{source}@{t - back}"]
            y[f"{unit}@{t}"] = 1 / (1 + np.exp(-x))
    return y


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_layered_net_is_the_recurrent_net(name):
    recipe = Recipe(name)
    wiring, cases = sequence.wiring(recipe), sequence.cases(recipe)
    w = initial_weights(wiring, [3], 2.0)
    ours, theirs = states(wiring, cases.inputs, w)[0], step_by_step(wiring, recipe, cases.names, w[0])
    for unit, y in zip(wiring.units[1:], ours.T[1:], strict=True):
        assert np.allclose(y, theirs[unit], rtol=1e-12, atol=0), unit


def test_a_letter_takes_two_steps_to_a_digit():
    wiring, cases = sequence.wiring(FIXED), sequence.cases(FIXED)
    y = states(wiring, cases.inputs, initial_weights(wiring, [0], 1.0))[0]
    of = {name: y[:, wiring.units.index(f"o1@{t}")] for name, t in (("t2", 2), ("t3", 3), ("t4", 4))}
    first = np.array([name[0] for name in cases.names])
    assert np.ptp(of["t2"]) < 1e-15
    for letter in "ABCDE":
        assert np.ptp(of["t3"][first == letter]) < 1e-15
        assert np.ptp(of["t4"][first == letter]) > 0.01
    assert len(np.unique(of["t3"].round(9))) == 5


def test_splits():
    names = np.array(sequence.cases(FIXED).names)
    assert sequence.counted(replace(FIXED, held_out="none"), [0]) is None
    printed = sequence.counted(FIXED, [0, 7])
    assert [set(names[row == 0]) for row in printed] == [{"AD", "BE", "CA", "DB", "EC"}] * 2
    assert printed.sum(1).tolist() == [20, 20]
    drawn = sequence.counted(replace(FIXED, held_out="random"), list(range(50)))
    assert drawn.sum(1).tolist() == [20] * 50
    assert len({tuple(row) for row in drawn}) == 50
    variable = sequence.counted(VARIABLE, list(range(9)))
    assert variable.sum(1).tolist() == [136] * 9
    assert np.array_equal(variable[7:8], sequence.counted(VARIABLE, [7]))


def test_measures():
    wiring, cases, counted = sequence.wiring(FIXED), sequence.cases(FIXED), sequence.counted(FIXED, [0] * 6)
    y = np.zeros((6, 25, wiring.n_units))
    y[:, :, wiring.outputs] = 0.15 + 0.7 * cases.desired
    y[1, cases.names.index("BE"), wiring.outputs[11]] = 0.49  # a held-out sequence, its last digit
    y[2, [cases.names.index(pair) for pair in ("AD", "DB")], wiring.outputs[2]] = 0.6  # a wrong unit is on as well
    y[2, cases.names.index("AA"), wiring.outputs[0]] = 0.4  # a training sequence, its first digit
    y[3, cases.names.index("AA"), wiring.outputs[1]] = 0.24  # right and near, but not below 0.2
    y[4, cases.names.index("AA"), wiring.outputs[0]] = 0.76  # nor this above 0.8
    y[5, cases.names.index("AA"), wiring.outputs[0]] = 0.74
    found = sequence.measure(Nets(wiring, cases, np.zeros((6, wiring.n_parameters)), y, counted))
    assert found["held_out_right"].tolist() == [5, 4, 3, 5, 5, 5]
    assert found["few_wrong"].tolist() == [True, True, False, True, True, True]
    assert found["all_right"].tolist() == [True, True, False, True, True, True]
    assert found["all_near"].tolist() == [True, True, False, True, True, False]
    assert found["all_strict"].tolist() == [True, True, False, False, False, False]
    assert found["trained_right"].tolist() == [1, 1, 0.95, 1, 1, 1]
    assert "held_out_right" not in sequence.measure(Nets(wiring, cases, np.zeros((6, 1)), y))


def test_few_of_14_are_three():
    wiring, cases, counted = sequence.wiring(VARIABLE), sequence.cases(VARIABLE), sequence.counted(VARIABLE, [5, 5])
    y = np.zeros((2, 150, wiring.n_units))
    y[:, :, wiring.outputs] = cases.desired
    for row, wrong in ((0, 3), (1, 4)):
        y[row, np.flatnonzero(counted[row] == 0)[:wrong], wiring.outputs[0]] = 0.5
    found = sequence.measure(Nets(wiring, cases, np.zeros((2, 1)), y, counted))
    assert found["held_out_right"].tolist() == [11, 10]
    assert found["few_wrong"].tolist() == [True, False]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_gradient(name):
    network = Network(sequence.wiring(Recipe(name)))
    random = torch.Generator().manual_seed(0)
    inputs = torch.randn(3, network.wiring.n_inputs, dtype=torch.float64, generator=random)
    w = torch.randn(1, network.wiring.n_parameters, dtype=torch.float64, generator=random) / 2
    oracles = ["autograd", "complex step", "central differences"] if name == "fixed_timing" else ["autograd"]
    table = compare(network.forward, network.backward, [inputs[None]], {"w": w}, oracles)
    assert table["agrees"].all(), table


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "sweeps"), [(FIXED, 30), (replace(FIXED, update="case"), 5), (replace(VARIABLE, dtype="float64"), 3)]
)
def test_engines_agree(recipe, sweeps):
    recipe = replace(recipe, sweeps=sweeps)
    wiring, cases, counted = sequence.wiring(recipe), sequence.cases(recipe), sequence.counted(recipe, [0, 1, 2])
    w0 = initial_weights(wiring, [0, 1, 2], recipe.initial_range)
    ours, theirs = (engine.train(Job(wiring, cases, recipe, w0, counted)) for engine in (fused, reference))
    assert np.abs(ours.w - theirs.w).max() < 1e-9
    assert np.abs(ours.w - w0).max() > 0.01
    if wiring.n_parameters < 1200 and recipe.update == "sweep":
        right = trajectory(Job(wiring, cases, replace(recipe, sweeps=5), w0, counted))[0][-1].numpy()
        assert np.abs(fused.train(Job(wiring, cases, replace(recipe, sweeps=5), w0, counted)).w - right).max() < 1e-9


def runs_of(recipe, seeds):
    rows = run_reading(sequence, recipe, seeds)
    about = Provenance.of(("", "as_printed"), recipe, 5, seeds, "fused")
    return Runs("sequence", {}, {}).having("as_printed", thinned(rows), about, ["as_printed"])


@pytest.mark.slow
def test_figures():
    assert sequence_figures.draw(runs_of(replace(FIXED, sweeps=6), [0, 1])) == {}
    assert sequence_figures.draw(runs_of(replace(FIXED, sweeps=1000, held_out="random"), [0, 1])) == {}
    runs = runs_of(replace(FIXED, sweeps=1000), [0, 1, 2])
    drawn = sequence_figures.draw(runs)
    assert set(drawn) == {"table11", "held_out"}
    below = [label.get_text() for axes in drawn["table11"].axes for label in axes.get_xticklabels()]
    assert "".join(below) == "AD1221" + "BE2313" + "CA3112" + "DB2123" + "EC1331"
    (shares,) = drawn["held_out"].axes[0].collections[0].get_array()
    right = runs.of("as_printed")["held_out_right@end"].astype(int)
    assert shares.tolist() == pytest.approx((np.bincount(right, minlength=6) / 3).tolist())


def test_what_it_refuses():
    for name in ("nine_layers", "fixed_timing_half_0", "variable_timing_direct_no_delay"):
        with pytest.raises(ValueError, match=f"^network must be .*, was {name}$"):
            sequence.wiring(Recipe(name))
    with pytest.raises(ValueError, match=r"^held_out must be none.*, was some$"):
        counted_of(sequence, Recipe(held_out="some"), [0])

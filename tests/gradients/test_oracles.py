"""The checker is checked: every oracle must reject an error planted in any backward pass, and imagine none."""

import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop86.gradients import high_precision as extended
from backprop86.gradients.candidate import distance
from backprop86.gradients.oracles import EXTENDED, ORACLES
from backprop86.modules import Linear, Logistic, SquaredError
from backprop86.network import Network
from backprop86.testing import assert_gradients
from backprop86.wiring import layered
from checked import compare, in_words
from counts import many
from helpers import slow
from nets import random, wirings

Y, W, X = random(0, 2, 4, 4), random(1, 2, 4, 4), random(2, 2, 4, 4)  # as many cases as units: all can be transposed
D = (random(3, 4, 4) > 0).double()
ERROR = SquaredError(0.9, 0.1)
NET = Network(layered(3, 2, 2))
INPUTS, WEIGHTS = random(4, 2, 5, 3), random(5, 2, NET.wiring.n_parameters)
LAST = torch.tensor([1.0, 1, 1, 0], dtype=torch.float64)[:, None]  # no last case
SWAPPED = [1, 0, 2, 3]


def linear(spoil_y=lambda right, g, w: right, spoil_w=lambda right, g, y: right):
    def backward(dE_dx, cache):
        dE_dy, gradients = Linear.backward(dE_dx, cache)
        y, w = cache
        return spoil_y(dE_dy, dE_dx, w), {"w": spoil_w(gradients["w"], dE_dx, y)}

    return (Linear.forward, backward, [Y], {"w": W}), extended.linear


def logistic(spoil=lambda right, g, y: right):
    def backward(dE_dy, cache):
        return spoil(Logistic.backward(dE_dy, cache)[0], dE_dy, cache[0]), {}

    return (Logistic.forward, backward, [X], {}), extended.logistic


def squared(spoil=lambda right, dE, difference: right):
    def backward(dE, cache):
        return spoil(ERROR.backward(dE, cache)[0], dE[:, None, None], cache[0]), {}

    return (lambda y: ERROR.forward(y, D), backward, [Y], {}), partial(
        extended.squared_error, d=D.numpy(), targets=(0.9, 0.1)
    )


def network(spoil=lambda right: right, spoil_g=lambda g: g, logistic_back=None):
    def backward(dE_dy, cache):
        with pytest.MonkeyPatch.context() as patch:
            if logistic_back:
                patch.setattr(Logistic, "backward", logistic_back)
            dE_dinputs, gradients = NET.backward(spoil_g(dE_dy), cache)
        return dE_dinputs, {"w": spoil(gradients["w"])}

    return (NET.forward, backward, [INPUTS], {"w": WEIGHTS}), partial(extended.network, NET.wiring)


def of_one_entry(right):
    return right * (1 + 0.001 * (torch.arange(right.numel()).reshape(right.shape) == 7))


RIGHT = {"linear": linear(), "logistic": logistic(), "squared error": squared(), "network": network()}
PLANTED = {
    ("linear", "sign"): linear(spoil_w=lambda right, g, y: -right),
    ("linear", "sign of the inputs'"): linear(lambda right, g, w: -right),
    ("linear", "transpose"): linear(spoil_w=lambda right, g, y: right.mT),
    ("linear", "transpose of the weights"): linear(lambda right, g, w: g @ w.mT),
    ("linear", "dropped factor"): linear(spoil_w=lambda right, g, y: g.mT @ torch.ones_like(y)),
    ("linear", "dropped factor of the inputs'"): linear(lambda right, g, w: g @ torch.ones_like(w)),
    ("linear", "dropped case"): linear(spoil_w=lambda right, g, y: (g * LAST).mT @ y),
    ("linear", "dropped case of the inputs'"): linear(lambda right, g, w: right * LAST),
    ("linear", "swapped units"): linear(spoil_w=lambda right, g, y: right[:, SWAPPED]),
    ("linear", "swapped units of the inputs'"): linear(lambda right, g, w: right[..., SWAPPED]),
    ("linear", "0.1 %"): linear(spoil_w=lambda right, g, y: 1.001 * right),
    ("linear", "0.1 % of one entry"): linear(lambda right, g, w: of_one_entry(right)),
    ("linear", "mean for sum"): linear(spoil_w=lambda right, g, y: right / 4),
    ("logistic", "sign"): logistic(lambda right, g, y: -right),
    ("logistic", "transpose"): logistic(lambda right, g, y: right.mT),
    ("logistic", "dropped factor"): logistic(lambda right, g, y: g * y),
    ("logistic", "both factors dropped"): logistic(lambda right, g, y: g),
    ("logistic", "dropped case"): logistic(lambda right, g, y: right * LAST),
    ("logistic", "swapped units"): logistic(lambda right, g, y: right[..., SWAPPED]),
    ("logistic", "0.1 %"): logistic(lambda right, g, y: 1.001 * right),
    ("logistic", "0.1 % of one entry"): logistic(lambda right, g, y: of_one_entry(right)),
    ("squared error", "sign"): squared(lambda right, dE, difference: -right),
    ("squared error", "transpose"): squared(lambda right, dE, difference: right.mT),
    ("squared error", "dropped factor"): squared(lambda right, dE, difference: difference),
    ("squared error", "twice"): squared(lambda right, dE, difference: 2 * right),
    ("squared error", "dropped case"): squared(lambda right, dE, difference: right * LAST),
    ("squared error", "swapped units"): squared(lambda right, dE, difference: right[..., SWAPPED]),
    ("squared error", "0.1 %"): squared(lambda right, dE, difference: 1.001 * right),
    ("squared error", "0.1 % of one entry"): squared(lambda right, dE, difference: of_one_entry(right)),
    ("squared error", "mean for sum"): squared(lambda right, dE, difference: right / 16),
    ("network", "sign"): network(torch.neg),
    ("network", "transpose"): network(lambda right: right[:, [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 10, 9, 12, 13]]),
    ("network", "dropped factor"): network(logistic_back=staticmethod(lambda g, cache: (g * cache[0], {}))),
    ("network", "dropped case"): network(spoil_g=lambda g: g * torch.tensor([1.0, 1, 1, 1, 0])[:, None].double()),
    ("network", "dropped bias"): network(lambda right: right * (torch.arange(14) != 4)),
    ("network", "swapped units"): network(lambda right: right[:, [4, 5, 6, 7, 0, 1, 2, 3, *range(8, 14)]]),
    ("network", "0.1 %"): network(lambda right: 1.001 * right),
    ("network", "0.1 % of one entry"): network(of_one_entry),
}


def test_every_error_is_planted_in_every_module():
    errors = ("sign", "transpose", "dropped factor", "dropped case", "swapped units", "0.1 %")
    assert {(module, error) for module in RIGHT for error in errors} <= set(PLANTED)


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_pass(name):
    pair, right = RIGHT[name]
    table = compare(*pair, extended=right)
    assert table["agrees"].all(), table
    assert set(table["oracle"]) == {*ORACLES, EXTENDED}
    assert not table["looks_like"].any()
    assert_gradients(*pair)


@pytest.mark.parametrize("oracle", [*ORACLES, EXTENDED])
@pytest.mark.parametrize("name", slow(PLANTED, *(name for name in PLANTED if name[0] == "network")), ids=", ".join)
def test_planted_errors_are_rejected(name, oracle):
    pair, right = PLANTED[name]
    table = compare(*pair, [oracle] if oracle in ORACLES else [], extended=right if oracle == EXTENDED else None)
    assert set(table["oracle"]) == {oracle}
    assert not table["agrees"].all()
    assert table.loc[~table["agrees"], "looks_like"].all()


NAMES = {
    "sign": "its sign is turned",
    "transpose": "it is transposed",
    "mean for sum": "it is the mean over cases",
    "both factors dropped": "the factor y(1 - y) is missing, ",
    "dropped case": "case ",
    "0.1 %": "it is 1.001 times",
    "swapped units": "units are swapped: ",
}
TO_NAME = [name for name in PLANTED if name[1] in NAMES and name != ("network", "transpose")]  # w is a flat vector


@pytest.mark.parametrize("name", TO_NAME, ids=", ".join)
def test_errors_in_our_modules_are_named(name):
    pair, right = PLANTED[name]
    table = compare(*pair, extended=right)
    said = table.loc[~table["agrees"], "looks_like"]
    assert len(said) >= 4
    assert said.str.startswith(NAMES[name[1]]).all(), said.tolist()


NETS = st.tuples(wirings(), st.integers(0, 2**32))


def drawn(net):
    wiring, seed = net
    random = torch.Generator().manual_seed(seed)
    inputs = torch.randn(2, 2, wiring.n_inputs, dtype=torch.float64, generator=random)
    w = torch.randn(2, wiring.n_parameters, dtype=torch.float64, generator=random)
    return Network(wiring), inputs, w


@pytest.mark.slow
@settings(max_examples=many(150, 1000))
@given(NETS)
def test_no_false_alarm_in_any_wiring(net):
    network, inputs, w = drawn(net)
    right = partial(extended.network, network.wiring)
    table = compare(network.forward, network.backward, [inputs], {"w": w}, extended=right)
    assert table["agrees"].all(), table


@pytest.mark.slow
@settings(max_examples=many(40, 100))
@given(NETS, st.data())
def test_an_error_in_any_weight_of_any_wiring_is_found(net, data):
    network, inputs, w = drawn(net)
    k = data.draw(st.integers(0, w.shape[1] - 1))

    def backward(dE_dy, cache):
        dE_dinputs, gradients = network.backward(dE_dy, cache)
        largest = gradients["w"].abs().max()
        gradients["w"][0, k] += 1e-6 * largest
        return dE_dinputs, gradients

    table = compare(network.forward, backward, [inputs], {"w": w})
    wrong = table.set_index(["oracle", "tensor"])["agrees"]
    assert not wrong[:, "w"].any()
    assert wrong[:, "input 1"].all()


def zone_edge(y, zone):
    error = SquaredError(dead_zone=zone)
    d = torch.tensor([[1.0, 0.0]])
    return (lambda y: error.forward(y, d), error.backward, [torch.tensor([[y, 0.6]], dtype=torch.float64)], {})


@pytest.mark.parametrize("y", [0.8, 0.8 + 4e-6, 0.8 - 4e-6, 0.8 - 8e-6])
def test_the_edge_of_the_dead_zone_is_told_as_such(y):
    table = compare(*zone_edge(y, "from_target"))
    assert table[["oracle", "agrees"]].to_numpy().tolist() == [["autograd", True], ["complex step", True]]
    why = table.attrs["left_out"]["central differences"]
    assert why.startswith("within 1e-05 of this point forward has a corner or a jump")
    of_slope = compare(*zone_edge(y, "from_edge"))
    assert of_slope["agrees"].tolist() == [True, True]
    words = r"a step of 1e-05 is not precise here \(.+\), one of 1e-0[67] agrees"
    assert re.fullmatch(words, of_slope.attrs["left_out"]["central differences"])
    alone = compare(*zone_edge(y, "from_target"), ["central differences"])
    assert not alone["agrees"].any()
    assert alone["looks_like"].str.startswith("within 1e-05 of this point forward has a corner or a jump").all()


def test_far_from_the_edge_a_wrong_gradient_is_no_corner():
    forward, backward, inputs, _ = zone_edge(0.7, "from_target")
    table = compare(forward, lambda dE, cache: (2 * backward(dE, cache)[0], {}), inputs, {})
    assert set(table["looks_like"]) == {"it is 2 times what it must be (is a factor 1/2 missing?)"}


def test_a_corner():
    relu = (lambda x: (x * (x.real > 0), x)), lambda dE_dy, x: (dE_dy * (x > 0), {})
    table = compare(*relu, [torch.tensor([[0.0, 1, 2]], dtype=torch.float64)], {})
    assert table["agrees"].tolist() == [True, True]
    assert "corner" in table.attrs["left_out"]["central differences"]
    wrong = compare(relu[0], lambda dE_dy, x: (dE_dy * (x > -1), {}), [torch.tensor([[0.0, 1, -0.5]]).double()], {})
    assert not wrong.loc[wrong["oracle"] != "central differences", "agrees"].any()


def square(w):
    return (w * w).sum(), w


def square_back(dE, w):
    return None, {"w": 2 * dE * w}


@pytest.mark.parametrize("size", [1e4, 1e7, 1e12])
def test_large_numbers_are_moved_by_large_steps(size):
    assert_gradients(square, square_back, [], {"w": size * WEIGHTS})


def test_central_differences_say_when_they_cannot_tell():
    steep = (lambda w: (torch.log(w), w)), lambda g, w: (None, {"w": g / w})
    told = compare(*steep, [], {"w": torch.tensor([1e-6, 1e-5], dtype=torch.float64)})
    assert told["agrees"].tolist() == [True, True]
    assert told.attrs["left_out"] == {"central differences": "the oracle's own is not finite here"}
    wrong = compare(steep[0], lambda g, w: (None, {"w": 2 * g / w}), [], {"w": torch.tensor([1e-6, 1e-5]).double()})
    assert wrong["agrees"].tolist() == [False, False, False]


def deep(spoil=1.0):
    """Return a net of twelve levels, so that hardly any gradient reaches the inputs."""
    weights = [0.3 * random(level, 1, 4, 4) for level in range(12)]

    def forward(y):
        caches = []
        for w in (w.to(y.dtype) for w in weights):
            x, linear = Linear.forward(y, w)
            y, sent = Logistic.forward(x)
            caches.append((linear, sent))
        return y, caches

    def backward(dE_dy, caches):
        for linear, sent in reversed(caches):
            dE_dy, _ = Linear.backward(Logistic.backward(dE_dy, sent)[0], linear)
        return spoil * dE_dy, {}

    return forward, backward, [random(20, 1, 3, 4)], {}


@pytest.mark.slow
def test_rounding_of_central_differences_is_no_mistake():
    told = compare(*deep())
    assert told["agrees"].all()
    assert told["relative"][2] > 1e-7  # rounding, as nothing is wrong
    assert compare(*deep(1.001))["agrees"].tolist() == [False, False, True]  # which they cannot see
    offset = (lambda w: (w + 1e7, None)), lambda g, cache: (None, {"w": g})
    assert compare(*offset, [], {"w": WEIGHTS})["agrees"].all()


def test_a_corner_is_not_mended_by_half_a_slope():
    relu = (lambda x: (x * (x.real > 0), x)), lambda dE_dy, x: (dE_dy * torch.heaviside(x, x.new_tensor(0.5)), {})
    told = compare(*relu, [torch.tensor([[0.0, 1, 2]], dtype=torch.float64)], {})
    assert told["agrees"].tolist() == [False, False, True]


ELSEWHERE = {
    "detach": (
        lambda w: (w * w.detach(), w),
        lambda g, w: (None, {"w": 2 * g * w}),
        "autograd cannot follow forward, ",
    ),
    "detach all": (lambda w: (w.detach() ** 2 + 0 * w, w), lambda g, w: (None, {"w": 2 * g * w}), "autograd cannot "),
    "no_grad": (torch.no_grad()(square), square_back, "autograd cannot follow forward, which leaves torch "),
    "numpy": (
        lambda w: (torch.from_numpy(w.numpy() ** 2), w),
        lambda g, w: (None, {"w": 2 * g * w}),
        "autograd cannot follow forward (Can't call numpy()",
    ),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_oracle_that_cannot_judge_is_not_believed(name):
    forward, backward, words = ELSEWHERE[name]

    def wrong(g, cache):
        return None, {"w": 1.01 * backward(g, cache)[1]["w"]}

    with pytest.raises(ValueError, match=f"^{re.escape(words)}.+oracles="):
        compare(forward, backward, [], {"w": WEIGHTS})
    assert_gradients(forward, backward, [], {"w": WEIGHTS}, oracles="central differences")
    with pytest.raises(AssertionError, match=r"w +WRONG.+1.01 times"):
        assert_gradients(forward, wrong, [], {"w": WEIGHTS}, oracles="central differences")


def test_autograd_follows_what_is_changed_in_place():
    pair = (lambda w: (torch.sigmoid(w).mul_(2), torch.sigmoid(w))), lambda g, y: (None, {"w": 2 * g * y * (1 - y)})
    assert_gradients(*pair, [], {"w": WEIGHTS})


def test_pytest_shows_the_test_and_not_the_checker():
    with pytest.raises(AssertionError) as error:
        assert_gradients(square, lambda dE, w: (None, {"w": dE * w}), [], {"w": WEIGHTS})
    assert error.traceback[-1].name == "assert_gradients"
    shown = error.traceback.filter(error)
    assert [entry.name for entry in shown] == ["test_pytest_shows_the_test_and_not_the_checker"]


def test_columns_by_hand():
    w = torch.tensor([[3.0, -4.0]], dtype=torch.float64)

    def backward(dE_dout, cache):
        return None, {"w": dE_dout * torch.tensor([[2.0, 2 + 2**-40]], dtype=torch.float64)}

    table = compare(lambda w: (2 * w, None), backward, [], {"w": w}, ["autograd"])
    dE_dout = torch.randn(1, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1986))
    right = (2 * dE_dout).numpy()
    absolute = abs(dE_dout.numpy()[0, 1] * (2 + 2**-40) - right[0, 1])
    row = table.iloc[0]
    assert row["absolute"] == absolute
    assert row["relative"] == absolute / np.abs(right).max()
    assert row["ulp"] == absolute / np.spacing(abs(right[0, 1] * (1 + 2**-41)))
    assert not row["exact"]
    assert row["agrees"] == (row["relative"] <= 1e-12)


def test_distance_at_its_edges():
    one, two = torch.tensor([1.0, 0.5]).double(), torch.tensor([2.0, 0.5]).double()
    assert distance(one, two, 1)["ulp"] == distance(two, one, 1)["ulp"] == 1 / np.spacing(2.0)
    for tolerance in (1e-12, 1e-7):
        assert distance(one * (1 + 0.99 * tolerance), one, tolerance)["agrees"]
        assert not distance(one * (1 + 1.01 * tolerance), one, tolerance)["agrees"]


def test_tensors_that_lie_otherwise_in_memory():
    assert_gradients(Linear.forward, Linear.backward, [Y.mT], {"w": W[:1, :, :1].expand(2, 4, 4)})


def test_nothing_against_nothing_is_nothing():
    table = compare(lambda w: (0 * w, None), lambda g, cache: (None, {"w": 0 * g}), [], {"w": W})
    assert (table[["absolute", "relative", "ulp"]] == 0).all(axis=None)
    assert table["exact"].all()


def test_an_oracle_that_finds_no_number_is_told():
    square_root = (lambda w: (torch.sqrt(w), w)), lambda g, w: (None, {"w": g / 2 / w.sqrt()})
    at_0 = {"w": torch.tensor([[0.0, 1.0]], dtype=torch.float64)}
    told = compare(*square_root, [], at_0, ["autograd"])
    assert not told["agrees"].any()
    assert told["looks_like"].tolist() == ["1 of its 2 entries are not finite, the first at [0, 0]"]
    finite = square_root[0], lambda g, w: (None, {"w": torch.where(w > 0, g / 2 / w.sqrt(), 0)})
    assert compare(*finite, [], at_0, ["autograd"])["looks_like"].tolist() == [
        "the oracle's own is not finite here: name the other oracles alone (oracles=[...])"
    ]


def test_the_cotangent_is_keyed_by_the_seed():
    pair, _ = RIGHT["linear"]
    again = [compare(*pair, ["autograd", "central differences"], seed=seed) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(again[0], again[1])
    assert not again[0].equals(again[2])


def test_in_words():
    forward, _, inputs, parameters = linear()[0]
    backward = linear(spoil_w=lambda right, g, y: -right)[0][1]
    lines = in_words(compare(forward, backward, inputs, parameters)).splitlines()
    far = r"equal to autograd, \de-1\d from complex step, \de-1\d from central differences"
    assert re.fullmatch(f"input 1  right: {far}", lines[0])
    assert lines[1] == "w        WRONG, off by 2 times the largest entry: its sign is turned"
    with pytest.raises(AssertionError, match=r"(?s)^gradients do not agree\ninput 1  right.+\nw        WRONG"):
        assert_gradients(forward, backward, inputs, parameters)
    missing = compare(forward, lambda g, cache: (g @ cache[1], {}), inputs, parameters)
    none = "there is none: return one, or close over the tensor"
    assert in_words(missing).splitlines()[1] == f"w        WRONG: {none}"
    at_edge = in_words(compare(*zone_edge(0.8, "from_target")))
    assert re.fullmatch(r"input 1  right: .+ \(central differences: within 1e-05 of this point .+\)", at_edge)

"""The oracle with fifty digits is the derivative, by its definition, to the last bit; and it shares no code."""

from functools import partial

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from backprop86.gradients import high_precision as extended
from backprop86.wiring import ONE, layered, unroll, wire
from nets import STEP

FED = {"h": [ONE, "a", "b"], "g": ["b"], "o": [ONE, "h", "a"]}
SHARED = {("a", "h"): "k", ("b", "h"): "k", ("h", "o"): "k"}
WIRINGS = {
    "2-2-1": layered(2, 2, 1),
    "shortcuts": layered(2, 2, 2, shortcuts=True),
    "shared and missing": wire(["a", "b"], FED, ["o", "h"], SHARED),
    "unrolled": unroll(STEP, 3),
}


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def slopes(f, x):
    """(f(x + h) - f(x)) / h with a hundred digits and h = 1e-40, entry by entry."""
    with mpmath.workdps(100):
        h = mpf(10) ** -40
        exact = np.vectorize(mpf, otypes=[object])(x)
        start, found = f(exact), np.empty(x.shape)
        for place in np.ndindex(x.shape):
            moved = exact.copy()
            moved[place] += h
            found[place] = (f(moved) - start) / h
    return found


def outputs(wiring, inputs, w):
    """Return the outputs by the definition: the total input of each unit, one unit after another."""
    y = [mpf(1), *inputs]
    for unit in range(len(y), wiring.n_units):
        feeds = np.flatnonzero(wiring.target == unit)
        x = sum(w[wiring.parameter[k]] * y[wiring.source[k]] for k in feeds)
        y.append(1 / (1 + mpmath.exp(-x)))
    return [y[unit] for unit in wiring.outputs]


@pytest.mark.parametrize("name", WIRINGS)
def test_network_is_the_derivative(name):
    wiring = WIRINGS[name]
    inputs, w = random(0, 2, 2, wiring.n_inputs), random(1, 2, wiring.n_parameters)
    dE = random(2, 2, 2, len(wiring.outputs))

    def E(inputs, w):
        places = [(s, c) for s in range(2) for c in range(2)]
        return sum(
            mpf(g) * y for s, c in places for g, y in zip(dE[s, c], outputs(wiring, inputs[s, c], w[s]), strict=True)
        )

    dE_dinputs, dE_dw = extended.network(wiring, inputs, w, dE)
    assert np.array_equal(dE_dw, slopes(partial(E, inputs), w))
    assert np.array_equal(dE_dinputs, slopes(lambda moved: E(moved, w), inputs))


def test_modules_are_the_derivative():
    y, w, dE_dx = random(0, 2, 3, 4), random(1, 2, 2, 4), random(2, 2, 3, 2)

    def x(y, w):
        return sum(
            mpf(dE_dx[s, c, j]) * sum(y[s, c, i] * w[s, j, i] for i in range(4)) for s, c, j in np.ndindex(dE_dx.shape)
        )

    dE_dy, dE_dw = extended.linear(y, w, dE_dx)
    assert np.array_equal(dE_dy, slopes(lambda moved: x(moved, np.vectorize(mpf, otypes=[object])(w)), y))
    assert np.array_equal(dE_dw, slopes(lambda moved: x(np.vectorize(mpf, otypes=[object])(y), moved), w))

    def sent(x):
        return sum(mpf(dE_dx[place]) / (1 + mpmath.exp(-x[place])) for place in np.ndindex(x.shape))

    (dE_dx_of,) = extended.logistic(y[:, :, :2], dE_dx)
    assert np.array_equal(dE_dx_of, slopes(sent, y[:, :, :2]))


@pytest.mark.parametrize("zone", ["none", "from_edge", "from_target"])
@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("some", [False, True])
def test_error_is_the_derivative(zone, mean, some):
    y, d, dE = 1 / (1 + np.exp(-2 * random(0, 2, 3, 4))), (random(1, 3, 4) > 0).astype(float), random(2, 2)
    counted = np.array([[1.0, 0, 1], [0, 1, 1]]) if some else None

    def E(y):
        total = mpf(0)
        for s, c, j in np.ndindex(y.shape):
            on, out = d[c, j] > 0.5, y[s, c, j]
            miss = out - (mpf(0.9) if on else mpf(0.1))
            if zone != "none" and (out > mpf(0.8) if on else out < mpf(0.2)):
                miss = mpf(0)
            elif zone == "from_edge":
                miss = out - (mpf(0.8) if on else mpf(0.2))
            of = 12 if counted is None else 4 * int(counted[s].sum())
            total += mpf(dE[s]) * miss**2 / 2 / (of if mean else 1) * (1 if counted is None else int(counted[s, c]))
        return total

    settings = {"targets": (0.9, 0.1), "zone": (zone, 0.8, 0.2), "mean": mean, "counted": counted}
    (dE_dy,) = extended.squared_error(y, dE, d, **settings)
    assert np.array_equal(dE_dy, slopes(E, y))

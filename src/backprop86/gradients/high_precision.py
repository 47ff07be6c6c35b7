"""Equations 1 to 7 a second time, in plain Python loops with fifty digits: an oracle without shared code.

This file uses neither torch nor modules.py. Each function takes arrays of float64 and a cotangent, and returns the
gradient of sum(cotangent * output) with respect to each array, rounded to float64 once, at the end: the truth to the
last bit.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from mpmath import exp, mpf, workdps

from backprop86.wiring import Wiring

DIGITS = 50
"""Decimal digits carried; float64 has sixteen."""
Gradient = tuple[np.ndarray, ...]


def linear(y: np.ndarray, w: np.ndarray, dE_dx: np.ndarray) -> Gradient:
    """Return dE/dy (S, C, I) by equation 7 and dE/dw (S, J, I) by equation 6, from dE_dx (S, C, J)."""
    with workdps(DIGITS):
        dE_dy, dE_dw = _zeros(y.shape), _zeros(w.shape)
        for s, c, j in _places(dE_dx.shape):
            for i in range(y.shape[2]):
                dE_dy[s, c, i] += mpf(dE_dx[s, c, j]) * mpf(w[s, j, i])
                dE_dw[s, j, i] += mpf(dE_dx[s, c, j]) * mpf(y[s, c, i])
        return dE_dy.astype(float), dE_dw.astype(float)


def logistic(x: np.ndarray, dE_dy: np.ndarray) -> Gradient:
    """Return dE/dx by equation 5, with y by equation 2; all (S, C, J)."""
    with workdps(DIGITS):
        dE_dx = _zeros(x.shape)
        for place in _places(x.shape):
            y = 1 / (1 + exp(-mpf(x[place])))
            dE_dx[place] = mpf(dE_dy[place]) * y * (1 - y)
        return (dE_dx.astype(float),)


def gain(x: np.ndarray, gain: np.ndarray, dE_dGx: np.ndarray) -> Gradient:
    """Return dE/dx (S, C, J) and dE/dgain (S,)."""
    with workdps(DIGITS):
        dE_dx, dE_dG = _zeros(x.shape), _zeros(gain.shape)
        for s, c, j in _places(x.shape):
            dE_dx[s, c, j] = mpf(dE_dGx[s, c, j]) * mpf(gain[s])
            dE_dG[s] += mpf(dE_dGx[s, c, j]) * mpf(x[s, c, j])
        return dE_dx.astype(float), dE_dG.astype(float)


def squared_error(
    y: np.ndarray,
    dE: np.ndarray,
    d: np.ndarray,
    targets: tuple[float, float] = (1.0, 0.0),
    zone: tuple[str, float, float] = ("none", 0.8, 0.2),
    mean: bool = False,
    counted: np.ndarray | None = None,
) -> Gradient:
    """Return dE/dy (S, C, J) by equation 4, times dE (S,). targets, zone: the values for on, then for off."""
    _, C, J = y.shape
    rule, *edges = zone
    with workdps(DIGITS):
        dE_dy = _zeros(y.shape)
        for s, c, j in _places(y.shape):
            off = int(d[c, j] <= 0.5)
            out, target, edge = (mpf(number) for number in (y[s, c, j], targets[off], edges[off]))
            satisfied = rule != "none" and (out < edge if off else out > edge)
            if not satisfied and (counted is None or counted[s, c]):
                dE_dy[s, c, j] = mpf(dE[s]) * (out - (edge if rule == "from_edge" else target))
        if mean:
            for s, c, j in _places(y.shape):
                dE_dy[s, c, j] /= J * (C if counted is None else sum(int(n) for n in counted[s]))
        return (dE_dy.astype(float),)


def network(wiring: Wiring, inputs: np.ndarray, w: np.ndarray, dE_doutputs: np.ndarray) -> Gradient:
    """Return dE/dinputs (S, C, n_inputs), dE/dw (S, n_parameters), connection by connection, case after case."""
    with workdps(DIGITS):
        dE_dinputs, dE_dw = _zeros(inputs.shape), _zeros(w.shape)
        for s, c in _places(inputs.shape[:2]):
            weights = [mpf(weight) for weight in w[s]]
            gains = _gains(wiring, weights)
            x, y = _outputs(wiring, inputs[s, c], weights, gains)
            dE_dy = [mpf(0)] * wiring.n_units
            for unit, dE_doutput in zip(wiring.outputs, dE_doutputs[s, c], strict=True):
                dE_dy[unit] += mpf(dE_doutput)
            for k in reversed(range(len(wiring.source))):
                source, target, parameter = wiring.source[k], wiring.target[k], wiring.parameter[k]
                dE_dx = dE_dy[target] * y[target] * (1 - y[target]) * gains[target]
                dE_dw[s, parameter] += dE_dx * y[source]
                dE_dy[source] += dE_dx * weights[parameter]
            for number, level in enumerate(wiring.levels if wiring.has_gains else []):
                for unit in range(wiring.n_units)[level.units]:
                    dE_dw[s, wiring.n_weights + number] += dE_dy[unit] * y[unit] * (1 - y[unit]) * x[unit]
            dE_dinputs[s, c] = dE_dy[1 : 1 + wiring.n_inputs]
        return dE_dinputs.astype(float), dE_dw.astype(float)


def _gains(wiring: Wiring, weights: list[mpf]) -> list[mpf]:
    """Return the gain of every unit, 1 in nets without."""
    gains = [mpf(1)] * wiring.n_units
    for level, gain in zip(wiring.levels, weights[wiring.n_weights :], strict=False):
        gains[level.units] = [gain] * (level.units.stop - level.units.start)
    return gains


def _outputs(wiring: Wiring, inputs: np.ndarray, weights: list[mpf], gains: list[mpf]) -> tuple[list[mpf], list[mpf]]:
    """Return x and y of every unit for one case, by equations 1 and 2."""
    x = [mpf(0)] * wiring.n_units
    y = [mpf(1), *(mpf(number) for number in inputs)]
    for source, target, parameter in zip(wiring.source, wiring.target, wiring.parameter, strict=True):
        while len(y) <= source:  # the units that feed a unit come before it
            y.append(1 / (1 + exp(-gains[len(y)] * x[len(y)])))
        x[target] += weights[parameter] * y[source]
    rest = range(len(y), wiring.n_units)
    return x, y + [1 / (1 + exp(-gains[unit] * x[unit])) for unit in rest]


def _zeros(shape: tuple[int, ...]) -> np.ndarray:
    return np.full(shape, mpf(0), dtype=object)


def _places(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return product(*(range(n) for n in shape))

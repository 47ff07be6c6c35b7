"""Kinds of failure: each run that did not learn has one, by the final answers of its net and the end of its E."""

import itertools

import numpy as np

from backprop86.running.measures import total
from backprop86.running.nets import Nets

KINDS = {
    "diverged": "a weight or E became infinite: the steps are far too large",
    "still_learning": "E was still falling when the sweeps ran out: give it more of them, or larger steps",
    "not_close_enough": "every case is on the right side of 0.5 and short of the criterion: it asks for more than that",
    "plateau": "every case gets the same answer, about the share of cases that are on: nothing is learned yet, "
    "as the weights or the steps are too small, or it is lost, as the steps are too large",
    "saturated": "a wrong answer is certain, so y(1 - y) is nearly 0 and hardly any error comes back: the steps or the "
    "initial weights are too large",
    "equal_units": "two hidden units do the same, or the opposite, in every case: one of them is missing",
    "idle_unit": "a hidden unit does the same in every case: it is missing",
    "one_half": "some case is left at one half, between on and off: the local minimum of P Fig. 5 is of this kind",
    "partly_learned": "none of these, and some cases wrong: another poor minimum, or very slow",
}
"""The kinds in order: a run has the first that fits. LEARNED is not among them."""
LEARNED = ""
FALLING = 0.05
LATE = 0.75
"""E still fell if its last value is the least, and lower by the part FALLING than after the part LATE of the sweeps."""
SAME = 0.05
"""Outputs that never differ by more than this are the same; all outputs of a net, by twice that."""
CERTAIN = 0.4
"""A wrong answer that is further than this from 0.5 is certain."""
BASE_RATE = 0.2
"""The largest distance of a constant output from the share of cases that are on: a dead zone lets it rest below 0.2."""


def kinds(
    nets: Nets, learned: np.ndarray, diverged: np.ndarray, sweeps: np.ndarray, error_curve: np.ndarray
) -> np.ndarray:
    """Return the kind of each run, (S,), LEARNED for runs that learned.

    nets: the final nets; learned and diverged (S,); error_curve (S, K) at these sweeps (K,).
    """
    out, on, counts, hidden = nets.outputs, nets.on, nets.counts, nets.y[:, :, nets.wiring.hidden]
    wrong = ((out > 0.5) != on) & counts[..., None]
    beyond = np.abs(out - 0.5)
    share_on = (on & counts[..., None]).sum(1) / counts.sum(1)[:, None]
    mean = total((out * counts[..., None]).swapaxes(1, 2)) / counts.sum(1)[:, None]
    alike = (_range(out, counts) <= 2 * SAME).all(1)
    fits = {
        "diverged": diverged,
        "still_learning": _falling(sweeps, error_curve),
        "not_close_enough": ~wrong.any((1, 2)),
        "plateau": alike & (np.abs(mean - share_on) <= BASE_RATE).all(1),
        "saturated": (wrong & (beyond > CERTAIN)).any((1, 2)),
    }
    rest = ~learned
    for fit in fits.values():
        rest = rest & ~fit
    fits |= {
        "equal_units": _equal_units(nets, rest),  # in a large net this test takes longer than all others together
        "idle_unit": (_range(hidden, counts) <= SAME).any(1),
        "one_half": ((beyond < SAME) & counts[..., None]).any((1, 2)),
    }
    found = np.full(len(out), "partly_learned", dtype=object)
    for kind in reversed(list(fits)):
        found[fits[kind]] = kind
    found[learned] = LEARNED
    return found


def _range(y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return (S, units): the range of each unit's output over the training cases."""
    of = counts[..., None]
    return np.where(of, y, -np.inf).max(1) - np.where(of, y, np.inf).min(1)


def _falling(sweeps: np.ndarray, error_curve: np.ndarray) -> np.ndarray:
    """Return whether E at the last of the sweeps is the least, and less by FALLING than after LATE of them."""
    late, last = error_curve[:, np.flatnonzero(sweeps <= LATE * sweeps[-1])[-1]], error_curve[:, -1]
    return (last <= error_curve[:, :-1].min(1)) & (last <= (1 - FALLING) * late)


def _equal_units(nets: Nets, among: np.ndarray) -> np.ndarray:
    """Return a mask of the nets in which two hidden units of a level, neither idle, are always equal or opposite."""
    y, counts = nets.y[among], nets.counts[among]
    found = np.zeros(len(y), dtype=bool)
    for level in nets.wiring.levels:
        hidden = [k for k in nets.wiring.hidden if level.units.start <= k < level.units.stop]
        busy = _range(y[:, :, hidden], counts) > SAME
        for i, j in itertools.combinations(range(len(hidden)), 2):
            a, b = y[:, :, hidden[i]], y[:, :, hidden[j]]
            same, opposite = ((np.abs(difference) * counts).max(1) <= SAME for difference in (a - b, a + b - 1))
            found |= (same | opposite) & busy[:, i] & busy[:, j]
    equal = np.zeros(len(among), dtype=bool)
    equal[among] = found
    return equal

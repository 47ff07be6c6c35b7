"""Unit splitting (L p. 20): n copies replace a hidden unit and do its work together, for ever.

Each copy has the incoming weights of the unit, and its outgoing weights over n. dE/dw of an outgoing weight is then the
same as before, so the weight must change 1/n as much, with epsilon / n. dE/dw of an incoming weight is 1/n of its old
value, as it comes back through a weight over n, so the weight needs n epsilon to change like the unit's. L names only
the first.
"""

import numpy as np

from backprop86.engines.outputs import logistic
from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.measures import total
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, layered

N, HIDDEN = 4, 2
"""The inputs and outputs of the encoder 4-2-4 (L p. 25), and its hidden units."""
EPSILON, ALPHA, SWEEPS = 0.5, 0.8, 2000
"""The rates of the compared nets, and their number of sweeps: ours."""
NETS = {"once": (1, 1), "2": (2, 2), "4": (4, 4), "10": (10, 10), "2_outgoing_only": (2, 1)}
"""The nets: the number of copies of each hidden unit, and the factor on epsilon of their incoming weights."""
COPIES = np.array([copies for copies, _ in NETS.values() for _ in range(copies * HIDDEN)])
INCOMING = np.array([more for copies, more in NETS.values() for _ in range(copies * HIDDEN)])
UNIT = np.array([unit for copies, _ in NETS.values() for unit in range(HIDDEN) for _ in range(copies)])
NET = np.array([net for net, (copies, _) in enumerate(NETS.values()) for _ in range(copies * HIDDEN)])
"""For every copy in every net: the number of copies, that factor, the copied unit, and the net."""
ENDS = np.cumsum([0, *(copies for copies, _ in NETS.values() for _ in range(HIDDEN))])
"""The first copy of each unit in each net, and the number of copies in all."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 4-2-4, with thresholds."""
    if recipe.network != "4-2-4":
        raise BadInput(f"network must be 4-2-4, was {recipe.network}")
    return layered(N, HIDDEN, N)


def cases(recipe: Recipe) -> Cases:
    """Return the four patterns with one unit on, to be repeated."""
    return Cases(np.eye(N), np.eye(N), tuple("1234"))


Weights = tuple[np.ndarray, np.ndarray, np.ndarray]
"""The weights of all nets side by side: into copies (S, U, 1 + N), out of them (S, N, U), thresholds (S, N, nets)."""


def split(wiring: Wiring, w: np.ndarray) -> Weights:
    """Return the weights of the original net, and of the nets with copies of each hidden unit."""
    hidden, outputs = ([f"{letter}{k + 1}" for k in range(n)] for letter, n in (("h", HIDDEN), ("o", N)))
    into = w[:, [[wiring.index(source, unit) for source in (ONE, "i1", "i2", "i3", "i4")] for unit in hidden]]
    out = w[:, [[wiring.index(unit, output) for unit in hidden] for output in outputs]]
    thresholds = w[:, [wiring.index(ONE, output) for output in outputs]]
    return into[:, UNIT], out[:, :, UNIT] / COPIES, np.repeat(thresholds[:, :, None], len(NETS), 2)


def forward(weights: Weights, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of all copies (S, C, U), and of the output units of all nets (S, C, N, nets).

    The contributions of a unit's copies are added up before they are added to the rest.
    """
    into, out, thresholds = weights
    y = logistic(total(into[:, None] * inputs[None, :, None]))
    sent, x = out[:, None] * y[:, :, None], np.repeat(thresholds[:, None], len(inputs), 1)
    for net in range(len(NETS)):
        for unit in range(HIDDEN):
            first, end = ENDS[HIDDEN * net + unit : HIDDEN * net + unit + 2]
            x[..., net] = x[..., net] + total(sent[..., first:end])
    return y, logistic(x)


def gradient(weights: Weights, inputs: np.ndarray, y: np.ndarray, outputs: np.ndarray) -> Weights:
    """Return dE/dweights of all nets, with 1 and 0 as targets, equations 4 to 7."""
    dE_dx = (outputs - inputs[None, :, 1:, None]) * outputs * (1 - outputs)
    of_copies = dE_dx[..., NET]
    dE_dy = total(np.moveaxis(of_copies * weights[1][:, None], 2, -1))
    lower = dE_dy * y * (1 - y)
    over_cases = (lower[..., None] * inputs[None, :, None], of_copies * y[:, :, None], dE_dx)
    into, out, thresholds = (total(np.moveaxis(each, 1, -1)) for each in over_cases)
    return into, out, thresholds


def trained(weights: Weights, inputs: np.ndarray, sweeps: int = SWEEPS) -> np.ndarray:
    """Train all nets side by side; return the distance of their outputs from the outputs of the original net.

    (sweeps + 1, S, nets): the largest difference in any case, before the first sweep and after each of them.
    """
    epsilon = EPSILON * INCOMING[:, None], EPSILON / COPIES, EPSILON
    last: tuple[np.ndarray | float, ...] = (0.0, 0.0, 0.0)
    apart = []
    for _ in range(sweeps + 1):
        y, outputs = forward(weights, inputs)
        apart.append(np.abs(outputs - outputs[..., :1]).max((1, 2)))
        found = gradient(weights, inputs, y, outputs)
        last = tuple(ALPHA * was - rate * dE_dw for was, rate, dE_dw in zip(last, epsilon, found, strict=True))
        into, out, thresholds = (w + change for w, change in zip(weights, last, strict=True))
        weights = into, out, thresholds
    return np.array(apart)


def shown_with_one(inputs: np.ndarray) -> np.ndarray:
    """Return the inputs after a unit that is always 1."""
    return np.insert(inputs, 0, 1.0, axis=1)


MEASURES = {
    **{
        f"apart_{n}": f"of the net with {n} copies of each hidden unit: the largest difference of outputs at any sweep "
        "of 2,000, from the outputs of the original net" for n in (2, 4, 10)
    },
    **{f"same_bits_{n}": f"apart_{n} is exactly 0" for n in (2, 4, 10)},
    "apart_2_outgoing_only": "the same with two copies, where only epsilon of the outgoing weights is divided",
}  # fmt: skip
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Split every hidden unit, train the original net and the others side by side, and compare their outputs."""
    most = trained(split(nets.wiring, nets.w), shown_with_one(nets.cases.inputs)).max(0)
    found: dict[str, np.ndarray] = {f"apart_{name}": most[:, k] for k, name in enumerate(NETS) if name != "once"}
    return found | {f"same_bits_{n}": found[f"apart_{n}"] == 0 for n in (2, 4, 10)}

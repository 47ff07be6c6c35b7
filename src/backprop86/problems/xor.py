"""XOR (P pp. 330-334): on if exactly one of two inputs is.

XOR is in the PDP chapter (P), not in the letter (N).
"""

import re

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered

PRINTED_FIG3 = [2.2, -6.4, -6.4, 6.3, -4.2, -4.2, -9.4]
"""P Fig. 3: hidden unit (bias, two inputs), output (bias, two inputs, hidden)."""
PRINTED_FIG5 = [2.0, -2.0, 9.2, -0.1, 4.3, 8.8, -0.8, -4.5, 5.3]
"""P Fig. 5, the local minimum: h1 (bias, left, right), h2, output (bias, h1, h2)."""
STARTS = {"fig5": np.array(PRINTED_FIG5)}
"""Named initial weights; a random draw, as small as their rounding, is added."""


def wiring(recipe: Recipe) -> Wiring:
    """Return one_hidden_direct (P Fig. 3), or <H>_hidden: 2-H-1 without direct connections (P Figs. 2 and 5)."""
    if recipe.network == "one_hidden_direct":
        return layered(2, 1, 1, shortcuts=True)
    if found := re.fullmatch(r"([1-9]\d*)_hidden", recipe.network):
        return layered(2, int(found[1]), 1)
    raise BadInput(f"network must be one_hidden_direct or, say, 2_hidden, was {recipe.network}")


def cases(recipe: Recipe) -> Cases:
    """Return 00, 01, 10, 11."""
    return Cases.of_all_bits(2, lambda inputs: inputs.sum(1, keepdims=True) == 1)


MEASURES = {
    "hidden": "the number of hidden units",
    "hidden_code": "the cases 00, 01, 10, 11 in which each hidden unit is above 0.5, sorted: 0001 0111 is AND and OR",
    "is_fig5": "the net is in the minimum of P Fig. 5: 00 and one of 01 and 10 are right, the others at one half",
    "to_hidden": "of the net of P Fig. 3, turned as printed: the mean weight from an input to the hidden unit",
    "hidden_bias": "the same net: the bias of the hidden unit",
    "hidden_out": "the same net: the weight from the hidden unit to the output",
    "direct": "the same net: the mean weight from an input to the output",
    "output_bias": "the same net: the bias of the output",
    "is_printed_kind": "the same net: both inputs weigh on the hidden unit with one sign, as in P Fig. 3",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return the number of hidden units, the kind of solution, and whether the net is in the minimum of P Fig. 5.

    In that minimum 00 and one of 01 and 10 are within 0.2 of right, the other two cases within 0.05 of 0.5, and one of
    them on the wrong side. A net with one hidden unit also gives its weights, see `oriented`.
    """
    hidden = nets.wiring.hidden
    on = (nets.y[:, :, hidden] > 0.5) * np.array([8, 4, 2, 1])[:, None]
    words = np.array([f"{number:04b}" for number in range(16)], dtype=object)
    codes = [" ".join(run) for run in words[np.sort(on.sum(1), axis=1)].tolist()]
    out = nets.outputs[..., 0]
    half = np.abs(out - 0.5) < 0.05
    one_side = (half[:, [1, 3]].all(1) & (out[:, 2] > 0.8)) | (half[:, [2, 3]].all(1) & (out[:, 1] > 0.8))
    is_fig5 = one_side & (out[:, 0] < 0.2) & ((nets.outputs > 0.5) != nets.on).any((1, 2))
    found = {
        "hidden": np.full(len(nets.w), len(hidden)),
        "hidden_code": np.array(codes, dtype=object),
        "is_fig5": is_fig5,
    }
    return found | oriented(nets.w) if len(hidden) == 1 and nets.w.shape[1] == len(PRINTED_FIG3) else found


def oriented(w: np.ndarray) -> dict[str, np.ndarray]:
    """Return the weights of P Fig. 3, from w (S, 7) in the order of PRINTED_FIG3, with the mean over both inputs.

    is_printed_kind: both inputs have weights of one sign to the hidden unit, as in P; other solutions have opposite
    signs.

    A net computes the same with its hidden unit inverted, and with both inputs inverted. Of these four nets the
    function takes the form in P: the hidden unit inhibits the output, and the inputs inhibit the hidden unit.
    """
    hidden_bias, *into, output_bias, direct_1, direct_2, hidden_out = w.T.copy()
    is_printed_kind = into[0] * into[1] > 0
    to_hidden, direct = sum(into) / 2, (direct_1 + direct_2) / 2
    contrary = np.where(hidden_out > 0, -1, 1)
    output_bias += np.where(hidden_out > 0, hidden_out, 0)
    hidden_bias, to_hidden, hidden_out = hidden_bias * contrary, to_hidden * contrary, hidden_out * contrary
    flipped = to_hidden > 0
    hidden_bias += np.where(flipped, 2 * to_hidden, 0)
    output_bias += np.where(flipped, 2 * direct, 0)
    sign = np.where(flipped, -1, 1)
    found = {"to_hidden": to_hidden * sign, "hidden_bias": hidden_bias, "hidden_out": hidden_out}
    return found | {"direct": direct * sign, "output_bias": output_bias, "is_printed_kind": is_printed_kind}

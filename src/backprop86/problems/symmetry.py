"""Mirror symmetry (N Fig. 1, P pp. 340-341): is a row of six bits the same read from either end?

Two hidden units suffice. The solution that N prints weighs the two halves with opposite sign and 1 : 2 : 4, so that
every asymmetric row turns one of the two on.
"""

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.running.nets import Nets
from backprop86.wiring import Wiring, layered

PRINTED_N = [
    -1.1, 14.2, -3.6, 7.2, -7.2, 3.6, -14.2,
    -1.1, -14.2, 3.6, -7.1, 7.1, -3.6, 14.2,
    6.4, -8.8, -8.8,
]  # fmt: skip
"""N Fig. 1: left hidden unit, right hidden unit, output; for each its bias, then its weights from the units below."""
PRINTED_P = [
    -1.0, -3.18, 6.32, -12.56, 12.56, -6.33, 3.17,
    -1.0, 3.16, -6.34, 12.52, -12.51, 6.31, -3.17,
    6.89, -9.44, -9.44,
]  # fmt: skip
"""P Fig. 9, in the same order."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 6-2-1 with biases and no shortcut (N Fig. 1)."""
    if recipe.network != "two_hidden":
        raise BadInput(f"network must be two_hidden, was {recipe.network}")
    return layered(6, 2, 1)


def cases(recipe: Recipe) -> Cases:
    """Return all 64 rows of six bits; the output is on for the 8 symmetric ones."""
    return Cases.of_all_bits(6, lambda inputs: (inputs == inputs[:, ::-1]).all(1, keepdims=True))


MEASURES = {
    "mirror_error": "the largest |w + w'| of a weight and its mirror image, over the largest weight",
    "ratio_2": "the middle pair of mirrored weights over the smallest, the mean of both hidden units",
    "ratio_4": "the largest pair of mirrored weights over the smallest, the mean of both hidden units",
    "is_mirrored": "mirror_error is below 0.1",
    "is_1_2_4": "the pairs are as 1:2:4, rounded to whole numbers, in both hidden units",
    "is_2_3_4": "the pairs are as 2:3:4, another ratio with which no sum of the three, whatever their signs, is 0",
    "is_opposite": "the weights of the two hidden units are opposite, to within a tenth of the largest",
    "bias_signs": "hidden biases are negative, the bias of the output is positive, weights to the output are negative",
    "smallest": "|w| of the smallest pair, the mean of both hidden units",
    "middle": "|w| of the middle pair, the mean of both hidden units",
    "largest": "|w| of the largest pair, the mean of both hidden units",
    "hidden_bias": "the bias of a hidden unit, the mean of both",
    "output_bias": "the bias of the output",
    "to_output": "the weight from a hidden unit to the output, the mean of both",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure the properties of N's weights. The value of a mirrored pair is half the difference of its two weights."""
    wiring, w = nets.wiring, nets.w
    hidden = [wiring.units.index(name) for name in ("h1", "h2")]
    into = np.stack(
        [w[:, wiring.parameter[(wiring.target == unit) & (wiring.source > 0)]] for unit in hidden], 1
    )  # (S, 2, 6)
    bias = {
        k: w[:, wiring.parameter[(wiring.target == k) & (wiring.source == 0)]] for k in (*hidden, wiring.n_units - 1)
    }
    out = w[:, wiring.parameter[(wiring.target == wiring.n_units - 1) & (wiring.source > 0)]]
    size = np.abs(into).max((1, 2))
    mirror_error = np.abs(into + into[:, :, ::-1]).max((1, 2)) / size
    pairs = np.sort(np.abs(into[:, :, :3] - into[:, :, :2:-1]) / 2, -1)  # half the difference of a mirrored pair
    with np.errstate(divide="ignore", invalid="ignore"):  # untrained weights from zero have no ratio
        each = pairs[:, :, 1:] / pairs[:, :, :1]
    ratio_2, ratio_4 = each.mean(1).T
    opposite = np.abs(into[:, 0] + into[:, 1]).max(-1) / size
    hidden_bias = np.concatenate([bias[hidden[0]], bias[hidden[1]]], 1)
    output_bias = bias[wiring.n_units - 1][:, 0]
    smallest, middle, largest = pairs.mean(1).T
    return {
        "mirror_error": mirror_error,
        "ratio_2": ratio_2,
        "ratio_4": ratio_4,
        "is_mirrored": mirror_error < 0.1,
        "is_1_2_4": (np.round(each) == [2, 4]).all((1, 2)),
        "is_2_3_4": (np.round(2 * each) == [3, 4]).all((1, 2)),
        "is_opposite": opposite < 0.1,
        "bias_signs": (hidden_bias < 0).all(1) & (output_bias > 0) & (out < 0).all(1),
        "smallest": smallest,
        "middle": middle,
        "largest": largest,
        "hidden_bias": hidden_bias.mean(1),
        "output_bias": output_bias,
        "to_output": out.mean(1),
    }

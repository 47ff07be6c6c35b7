"""Figures of speeds: every way to train in its place, in words, and the machine's limit as a line."""

import io

import pandas as pd
import pytest

from backprop86.report import measured

TABLE = pd.DataFrame(
    {
        "experiment": ["XOR 2-2-1"] * 4,
        "trainer": ["NumPy by hand", "fused engine", "reference engine", measured.LIMIT],
        "per_second": [1_916_497.0, 1.204e8, 8_220.7, 2.08e8],
        "lowest": [1.8e6, 1.1e8, 7e3, 1.7e8],
        "highest": [2e6, 1.3e8, 9e3, 2.2e8],
    }
)
GROWTH = pd.DataFrame(
    {
        "grows": ["seeds"] * 3,
        "to": [8, 64, 8],
        "trainer": ["fused engine"] * 2 + ["reference engine"],
        "rate": [5, 9, 1],
    }
)


def test_speeds():
    figure = measured.speeds_figure(TABLE, GROWTH)
    figure.savefig(io.BytesIO(), dpi=40)
    above, below = figure.axes
    assert [label.get_text() for label in above.get_yticklabels()] == [
        "ours, compiled",
        "ours, in torch",
        "NumPy by hand",
    ]
    words = [text.get_text() for text in above.texts if len(text.get_text()) > 1]
    assert words == ["120 million", "8,200", "1.9 million", "the machine's\nlimit"]
    assert above.lines[-1].get_xdata() == [2.08e8, 2.08e8]
    assert [line.get_label() for line in below.lines] == ["ours, compiled", "ours, in torch"]


@pytest.mark.parametrize(("rate", "words"), [(8220.7, "8,200"), (1.204e8, "120 million"), (999_999, "1 million")])
def test_rates_in_words(rate, words):
    assert measured.in_words(rate) == words

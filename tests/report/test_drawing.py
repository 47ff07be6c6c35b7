"""Networks and Hinton diagrams: signs as colours and areas, numbers as the texts print them."""

import numpy as np
import pytest

from backprop86.report import drawing, style
from backprop86.wiring import layered


def test_a_network_shows_weights_and_biases_with_true_signs():
    wiring = layered(1, 1)
    places = {name: (float(k), 0.0) for k, name in enumerate(wiring.units[1:])} | {wiring.units[0]: None}
    axes = style.figure_of(style.ONE_COLUMN, 50).subplots()
    w = np.array([-0.04 if source == wiring.units[0] else -8.76 for _, source, _ in wiring.table()])
    drawing.draw_network(axes, wiring, w, places, "made up")
    assert sorted(text.get_text() for text in axes.texts if text.get_text()) == ["0.0", "−8.8"]


@pytest.mark.parametrize("value", [-2.0, 1.0, 0.5, 0.0])
def test_the_area_of_a_square_is_the_size_of_a_weight(value):
    axes = style.figure_of(style.ONE_COLUMN, 50).subplots()
    drawing.hinton(axes, np.array([[value]]), largest=2)
    white, black = ([np.ptp(path.vertices, 0) for path in some.get_paths()] for some in axes.collections)
    assert (len(white), len(black)) == (value > 0, value < 0)
    for width, height in white + black:
        assert width * height == pytest.approx(0.92**2 * abs(value) / 2)

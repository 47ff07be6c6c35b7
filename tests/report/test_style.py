"""The look of figures: sizes of print, words apart, numbers on axes; the same bytes twice, laid out once."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.layout_engine import ConstrainedLayoutEngine

from backprop86.report import style


def made():
    figure = style.figure_of(style.ONE_COLUMN, 50)
    figure.subplots(1, 2)[0].plot([1, 3, 2])
    return figure


@pytest.mark.slow
def test_the_same_bytes_twice_whatever_was_set_before(tmp_path):
    for name, colour in (("one", "white"), ("two", "pink")):
        with matplotlib.rc_context({"axes.facecolor": colour, "font.size": 30, "pdf.fonttype": 3}):
            style.save(made(), tmp_path / name, "figure", svg=True)
    files = [sorted((tmp_path / name).iterdir()) for name in ("one", "two")]
    assert [[path.name for path in some] for some in files] == [["figure.pdf", "figure.png", "figure.svg"]] * 2
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]
    assert "<text" in (tmp_path / "one/figure.svg").read_text("utf-8")


def test_an_svg_on_demand_and_none_of_other_rows(tmp_path):
    style.save(made(), tmp_path, "figure", svg=True)
    assert (tmp_path / "figure.svg").is_file()
    style.save(made(), tmp_path, "figure")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure.pdf", "figure.png"]


def test_a_figure_is_laid_out_once(tmp_path, monkeypatch):
    laid_out, whole = [], ConstrainedLayoutEngine.execute
    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", lambda self, figure: laid_out.append(whole(self, figure)))
    figure = made()
    style.save(figure, tmp_path, "figure", svg=True)
    assert len(laid_out) == 1
    left, right = (axes.get_position() for axes in figure.axes)
    assert left.x1 < right.x0 < 0.7


@pytest.mark.parametrize("size", [(90, 50), (89, 248), (183, 0), (247, 89)])
def test_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match=rf"at most 247 mm high, was {size[0]} by {size[1]} mm$"):
        style.figure_of(*size)


def test_words_at_line_ends_do_not_overlap_and_keep_their_order():
    figure = style.figure_of(style.ONE_COLUMN, 50)
    axes = figure.subplots()
    ends = [0.5, 0.51, 0.49, 0.9, 0.5]
    lines = [axes.plot([0, 1], [0, end], label=f"line {k}")[0] for k, end in enumerate(ends)]
    axes.set(xlim=(0, 1), ylim=(0, 1))
    style.label_ends(axes, lines)
    style.lay_out(figure)
    figure.draw_without_rendering()
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    upwards = sorted(boxes, key=lambda words: boxes[words].y0)
    assert upwards == ["line 2", "line 0", "line 4", "line 1", "line 3"]
    assert all(boxes[low].y1 <= boxes[high].y0 for low, high in itertools.pairwise(upwards))
    middle = (boxes["line 3"].y0 + boxes["line 3"].y1) / 2
    assert middle == pytest.approx(axes.transData.transform((1, 0.9))[1], abs=2)  # it was in nobody's way
    assert max(box.x1 for box in boxes.values()) <= figure.bbox.x1


def test_places_are_moved_as_little_as_possible():
    assert style.apart(np.array([0.0, 10, 20]), 5).tolist() == [0, 10, 20]
    assert style.apart(np.array([4.0, 0, 20]), 6).tolist() == [5, -1, 20]
    assert style.apart(np.array([1.0, 1, 1]), 2).tolist() == [-1, 1, 3]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (-0.5, "−0.5"), (0.001, "0.001"), (1000, "1,000"), (2.5e5, "250,000"), (1e6, "10⁶"), (1e-12, "10⁻¹²")],
)
def test_numbers_on_axes(value, said):
    assert style.in_figures(value) == said


def test_two_digits_before_a_power():
    assert style.in_figures(-2.5e-7) == "−2.5 × 10⁻⁷"
    assert style.in_figures(3e8) == "3 × 10⁸"


def lightness(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def test_the_colours_of_lines_can_be_told_apart_in_grey_and_read_on_white():
    light = sorted(116 * np.cbrt(lightness(colour)) - 16 for colour in style.PALETTE)
    assert len(light) == 6
    assert min(np.diff(light)) > 6.5
    assert all(1.05 / (lightness(colour) + 0.05) > 3 for colour in style.PALETTE)

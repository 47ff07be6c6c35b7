"""Figures as files: the same bytes twice, laid out once, SVG on demand; a title that says what is drawn."""

import pytest
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from backprop86.report import drawing, style
from helpers import runs_of


def made():
    figure = Figure(figsize=(3, 2), layout="constrained")
    figure.subplots(1, 2)[0].plot([1, 3, 2])
    return figure


def test_the_same_bytes_twice(tmp_path):
    for name in ("one", "two"):
        style.save(made(), tmp_path / name, "figure", svg=True)
    files = [sorted((tmp_path / name).iterdir()) for name in ("one", "two")]
    assert [[path.name for path in some] for some in files] == [["figure.pdf", "figure.png", "figure.svg"]] * 2
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


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


@pytest.mark.parametrize(("printed", "words"), [([], False), ([558.0], True)])
def test_a_title_names_vertical_lines_where_there_are_some(printed, words):
    figure = drawing.sweeps_figure(runs_of([True] * 3), "Tried", printed)
    (axes,) = figure.axes
    assert ("vertical lines: printed in 1986" in axes.get_title()) == words
    assert len([line for line in axes.lines if len(set(line.get_xdata())) == 1]) == len(printed)

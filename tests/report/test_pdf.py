"""Every figure can go to a journal as it is: its width, its height, its fonts, the size of its type, no bitmaps."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from backprop86.explaining.picture import EXAMPLE
from backprop86.report import style
from backprop86.report.assembly import report
from backprop86.running.run import run
from backprop86.running.settings import load
from helpers import ROOT
from pdf import faults, page

IMAGES = ("failures_kinds", "single_layer_line")
"""Figures whose panels are images: outputs by case, a plane."""


def plot(width_mm=89, height_mm=60):
    figure = Figure(figsize=(width_mm * style.MM, height_mm * style.MM))
    figure.subplots().plot([0, 1], [1, -1])
    return figure


@pytest.mark.parametrize("width", [style.ONE_COLUMN, style.TWO_COLUMNS])
def test_a_figure_in_our_style_has_no_fault(tmp_path, width):
    figure = style.figure_of(width, 60)
    axes = figure.subplots()
    axes.plot([1e-9, 1], [-1, 1], label="ε = 0.5")
    axes.set(xscale="log", xlim=(1e-9, 1), title="∂E/∂w")
    style.plain_ticks(axes.xaxis)
    style.label_ends(axes, axes.lines)
    style.panel_letters([axes])
    style.save(figure, tmp_path, "figure")
    assert faults(tmp_path / "figure.pdf") == []
    found = page(tmp_path / "figure.pdf")
    assert (found.width, found.height) == (pytest.approx(width), pytest.approx(60))
    assert found.sizes == [style.SMALL, style.TYPE, style.LETTER]
    assert found.fonts.count("Type0") == found.files >= 2


def type_3(folder):
    with matplotlib.rc_context({"pdf.fonttype": 3}):
        plot().savefig(folder / "figure.pdf")


def small_type(folder):
    figure = plot()
    figure.text(0.5, 0.5, "small", fontsize=4.5)
    style.save(figure, folder, "figure")


def small_powers(folder):
    figure = style.figure_of(89, 60)
    figure.subplots().text(0.5, 0.5, "$10^{-9}$", fontsize=6, parse_math=True)
    style.save(figure, folder, "figure")


def a_bitmap(folder):
    figure = plot()
    figure.axes[0].lines[0].set_rasterized(True)
    style.save(figure, folder, "figure")


def an_image(folder):
    figure = plot()
    figure.axes[0].imshow(np.eye(3))
    style.save(figure, folder, "figure")


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (type_3, ["fonts are Type3", "a font is not embedded"]),
        (small_type, ["type of 4.5 points"]),
        (small_powers, ["type of 4.2 points"]),
        (a_bitmap, ["a bitmap"]),
        (an_image, ["a bitmap"]),
        (lambda folder: style.save(plot(100), folder, "figure"), ["100 mm wide"]),
        (lambda folder: style.save(plot(89, 249), folder, "figure"), ["249 mm high"]),
    ],
)
def test_what_a_journal_would_send_back_is_found(tmp_path, made, wrong):
    made(tmp_path)
    assert faults(tmp_path / "figure.pdf") == wrong


@pytest.mark.slow
def test_the_figures_of_a_report_have_no_fault(tmp_path):
    for stem in ("negation", "single_layer"):
        run(load(stem, "seeds=4", output=tmp_path))
    report(tmp_path, EXAMPLE, processes=1)
    drawn = {path.stem: faults(path, path.stem.startswith(IMAGES)) for path in (tmp_path / "figures").glob("*.pdf")}
    assert {"negation_curves", "negation_sweeps", "single_layer_curves", "failures_counts", "explain_step"} <= set(
        drawn
    )
    assert "single_layer_sweeps" not in drawn  # nothing ever learns
    assert {name: wrong for name, wrong in drawn.items() if wrong} == {}


@pytest.mark.results
def test_the_committed_figures_have_no_fault():
    found = {path.stem: faults(path, path.stem.startswith(IMAGES)) for path in (ROOT / "results/figures").glob("*.pdf")}
    assert len(found) > 20
    assert {name: wrong for name, wrong in found.items() if wrong} == {}

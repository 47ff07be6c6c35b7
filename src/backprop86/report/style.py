"""The style of every figure: sizes of print, type, colours, panel letters, words on lines; and saving a figure.

figure = figure_of(ONE_COLUMN, 60)
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter
from PIL import Image
from scipy.optimize import isotonic_regression

ONE_COLUMN, TWO_COLUMNS, HIGHEST = 89, 183, 247
"""The widths of a figure in print, and the greatest height, in millimetres."""
MM = 1 / 25.4
TYPE, SMALL, LETTER = 7, 6, 8
"""Sizes of type in points: titles and axes; tick labels, legends and words on lines; panel letters."""
PALETTE = ("#000000", "#D55E00", "#3A9BDC", "#117733", "#882255", "#332288")
"""Six colours for lines: distinct for every kind of colour vision, and seven steps of lightness apart in grey."""
FAINT = "0.72"
"""The grey of many thin lines."""
DPI = 180
"""The dots per inch of a PNG."""
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # the only sans serif that comes with matplotlib: the same bytes on every machine
    "font.size": TYPE,
    "text.parse_math": False,  # a $ in a name is a $, and powers would be set in type below 5 points
    "axes.titlesize": TYPE,
    "axes.labelsize": TYPE,
    "figure.titlesize": TYPE,
    "figure.labelsize": TYPE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.title_fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.titley": 1.0,
    "axes.labelpad": 2,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.prop_cycle": cycler(color=PALETTE),
    "grid.linewidth": 0.4,
    "grid.color": "0.85",
    "lines.linewidth": 1,
    "lines.markersize": 3,
    "lines.markeredgewidth": 0.5,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    **{f"{x}tick.{which}.{what}": size for x in "xy" for which, sizes in {
        "major": {"width": 0.5, "size": 2.5, "pad": 2}, "minor": {"width": 0.4, "size": 1.5},
    }.items() for what, size in sizes.items()},
    "figure.constrained_layout.h_pad": 2 / 72,
    "figure.constrained_layout.w_pad": 2 / 72,
    "savefig.dpi": DPI,
}  # fmt: skip
FILES: dict[Any, Any] = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "backprop86", "savefig.dpi": DPI}
"""Settings for files: text stays text, and the bytes depend on the figure alone."""
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def figure_of(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of a size in print, in this style, with a constrained layout.

    The style stays in force, since matplotlib reads it when it makes axes or words. It starts from matplotlib's own
    defaults, so that no matplotlibrc changes a figure.
    """
    if width_mm not in (ONE_COLUMN, TWO_COLUMNS) or not 0 < height_mm <= HIGHEST:
        said = f"{ONE_COLUMN} or {TWO_COLUMNS} mm wide and at most {HIGHEST} mm high"
        raise ValueError(f"a figure must be {said}, was {width_mm} by {height_mm} mm")
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(STYLE)
    size = (width_mm * MM, height_mm * MM)
    figure = Figure(size, DPI, layout="constrained")  # letters are wider at other resolutions
    FigureCanvasAgg(figure)  # the canvas keeps the renderer that every layout needs
    return figure


def panel_letters(axes_list: Iterable[Axes]) -> None:
    """Write a, b, c ... in bold above the upper left corner of each panel."""
    for k, axes in enumerate(axes_list):
        place: dict[str, Any] = {"textcoords": "offset points", "ha": "right", "va": "baseline"}
        letter = chr(ord("a") + k)
        axes.annotate(letter, (0, 1), (-5, 4), xycoords="axes fraction", fontsize=LETTER, fontweight="bold", **place)


def label_line(axes: Axes, x: float, y: float, words: str, colour: Any) -> Annotation:
    """Write words beside a point, right of it, in the colour of its line."""
    place: dict[str, Any] = {"textcoords": "offset points", "va": "center", "annotation_clip": False}
    return axes.annotate(words, (x, y), (3, 0), fontsize=SMALL, color=colour, **place)


def label_ends(axes: Axes, lines: Sequence[Line2D]) -> None:
    """Write each line's label at its end, and move the labels apart where they would overlap.

    Scales and limits must be set before, since the places depend on them.
    """
    ends = [np.asarray(line.get_xydata())[-1] for line in lines]
    words = [
        label_line(axes, x, y, str(line.get_label()), line.get_color())
        for (x, y), line in zip(ends, lines, strict=True)
    ]
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    if engine := figure.get_layout_engine():
        engine.execute(figure)  # the height of the axes is known only then
    points = np.array([axes.transData.transform(end)[1] for end in ends]) * 72 / figure.dpi
    for word, up in zip(words, apart(points, 1.25 * SMALL) - points, strict=True):
        word.set_position((3, up))


def apart(places: np.ndarray, least: float) -> np.ndarray:
    """Return the nearest places by least squares, in the same order and at least `least` apart."""
    order = np.argsort(places, kind="stable")
    room = least * np.arange(len(places))
    moved = np.empty(len(places))
    moved[order] = isotonic_regression(places[order] - room).x + room
    return moved


def plain_ticks(axis: Axis) -> None:
    """Label a logarithmic or large axis 0.01, 1, 1,000, 10⁶; matplotlib would use mathtext."""
    axis.set_major_formatter(FuncFormatter(lambda value, place: in_figures(value)))
    axis.set_tick_params("minor", label1On=False)


def in_figures(value: float) -> str:
    """Return a number for an axis: 1,000, 0.01 or, beyond, 10⁻⁵ and 2 × 10⁻⁵; with a true minus sign."""
    size = abs(value)
    if value == 0 or 1e-3 <= size < 1e6:
        said = f"{value:,.0f}" if size >= 1000 else f"{value:.6g}"
        return said.replace("-", "−")
    digits, power = f"{value:.3g}".split("e") if "e" in f"{value:.3g}" else f"{value:.2e}".split("e")
    times = "" if float(digits) == 1 else f"{float(digits):g} × ".replace("-", "−")
    return f"{times}10{str(int(power)).translate(SUPERSCRIPT)}"


def save(figure: Figure, folder: Path, name: str, svg: bool = False) -> None:
    """Write <name>.pdf and .png, and with `svg` also .svg, with the same bytes every time.

    The figure is laid out once, since a layout takes as long as a drawing. The PNG has 128 colours, which is a third
    of the size.
    """
    folder.mkdir(parents=True, exist_ok=True)
    canvas = FigureCanvasAgg(figure)
    lay_out(figure)
    with matplotlib.rc_context(FILES):
        figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
        figure.set_dpi(DPI)
        canvas.draw()
        if svg:
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        else:
            (folder / f"{name}.svg").unlink(missing_ok=True)  # of other rows
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True, dpi=(DPI, DPI))


def lay_out(figure: Figure) -> None:
    """Lay the figure out once and for all: a later drawing, in any format, keeps every place."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine(None)

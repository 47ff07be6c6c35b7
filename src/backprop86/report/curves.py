"""Learning in pictures: the loss curve of an experiment with its gradients, and the share of runs that have learned.

learning_figure(runs, experiment, {"as_printed": [1425]})
"""

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator

from backprop86.judging.statistics import Reached, kaplan_meier, with_infinity
from backprop86.report.style import (
    FAINT,
    ONE_COLUMN,
    PALETTE,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    label_ends,
    panel_letters,
    plain_ticks,
)
from backprop86.running.experiment import Experiment
from backprop86.running.runs import Runs

PRINTED = "0.4"
"""The grey of a vertical line at a number printed in 1986."""
TITLE = 45
"""The number of letters on one line of a title."""
BEGUN = 0.01
"""The part of the x axis after which E fits on the y axis: untrained nets may have a much larger E."""
FLOOR = 1e-8
"""The gradient norm below which a line ends."""
ORDINALS = ("first", "second", "third", "fourth", "fifth")
MOST_LINES = len(PALETTE)
"""The number of lines with a colour and words; further lines are thin and grey."""


def learning_figure(runs: Runs, experiment: Experiment, printed: Mapping[str, Sequence[float]]) -> Figure:
    """Draw E (the loss) of each run against sweeps, the median run in bold, and below it that run's gradient norm by
    layer.

    Each reading in `printed`, one or two, has a column with its numbers of 1986.
    """
    figure = figure_of(ONE_COLUMN if len(printed) == 1 else TWO_COLUMNS, 92)
    panels = figure.subplots(2, len(printed), sharex="col", height_ratios=(5, 4), squeeze=False)
    for (above, below), (reading, numbers) in zip(panels.T, printed.items(), strict=True):
        draw_learning(above, below, runs, reading, numbers, (experiment.drawn or {}).get(reading))
        above.set_title("\n".join(textwrap.wrap(f"{experiment.title}, {experiment.in_words(reading)}", TITLE)))
    panels[0, 0].set_ylabel("error E (loss)")
    panels[1, 0].set_ylabel("norm of ∂E/∂w")
    panel_letters(panels.flat)
    return figure


def draw_learning(
    above: Axes, below: Axes, runs: Runs, reading: str, printed: Sequence[float] = (), last: int | None = None
) -> None:
    """Draw E above, and below it the gradient norms of the median run, with the numbers of 1986 marked in both.

    `last`: the last sweep of the runs, where the x axis ends at the latest.
    """
    sweeps, error, gradient = runs.curves(reading)
    learned = with_infinity(runs.of(reading)["sweeps"])[: len(error)]
    run = median_of_them(learned, error)
    limit = last_shown(learned, printed, min(last or sweeps[-1], sweeps[-1]))
    below.set(xlim=(0, limit), xlabel="sweeps (epochs)")
    below.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    plain_ticks(below.xaxis)
    draw_errors(above, sweeps, error, run)
    draw_gradients(below, sweeps, gradient[run])
    if np.isfinite(learned[run]):
        mark_learned(above, sweeps, error[run], learned[run])
    mark_printed(above, below, [number for number in printed if number <= limit])


def median_of_them(learned: np.ndarray, error: np.ndarray) -> int:
    """Return the run with the median number of sweeps among runs that learned; if none did, with the median last E."""
    last = np.array([run[np.isfinite(run)][-1] for run in error])
    by = learned if np.isfinite(learned).any() else last
    among = np.flatnonzero(np.isfinite(by))
    return int(among[np.argsort(by[among], kind="stable")[(len(among) - 1) // 2]])


def last_shown(learned: np.ndarray, printed: Sequence[float], last: float) -> float:
    """Return the end of the x axis: a sweep well after nine of ten runs that learn have learned."""
    ends = learned[np.isfinite(learned)]
    if not len(ends):
        return float(last)
    return float(min(last, max(1.6 * np.quantile(ends, 0.9), *(1.1 * number for number in printed), 0)))


def draw_errors(axes: Axes, sweeps: np.ndarray, error: np.ndarray, run: int) -> None:
    """Draw E (S, K) of each run in grey, and one run in bold, on an axis from 0."""
    axes.add_collection(LineCollection([np.column_stack([sweeps, each]) for each in error], color=FAINT, linewidth=0.4))
    line = _until(axes, sweeps, error[run], "median run", color="black", linewidth=1.2)
    seen = error[:, (sweeps >= BEGUN * axes.get_xlim()[1]) & (sweeps <= axes.get_xlim()[1])]
    axes.set_ylim(0, 1.1 * np.nanquantile(seen, 0.98))
    label_ends(axes, [line])


def draw_gradients(axes: Axes, sweeps: np.ndarray, gradient: np.ndarray) -> None:
    """Draw the norm of dE/dw (K, levels) of one run, a line for each layer, on a logarithmic axis."""
    own = np.flatnonzero((gradient > 0).any(0))  # the later steps of a recurrent net have no weights of their own
    names = layers_in_words(len(own), gradient.shape[1])
    colours = [*PALETTE[1 : len(own)], PALETTE[0]] if len(own) <= MOST_LINES else [FAINT] * len(own)
    if len(own) > MOST_LINES:
        colours[0], colours[-1] = PALETTE[1], PALETTE[0]
    axes.set(yscale="log")
    seen = np.where(gradient > FLOOR, gradient, np.nan)
    lines = [
        _until(axes, sweeps, seen[:, level], name, color=colour)
        for level, name, colour in zip(own, names, colours, strict=True)
        if np.isfinite(seen[:, level]).any()
    ]
    plain_ticks(axes.yaxis)
    axes.set_ylim(bottom=axes.get_ylim()[0] / 3)  # room for words below the last line
    label_ends(axes, [line for line in lines if line.get_color() != FAINT])


def layers_in_words(n: int, levels: int) -> list[str]:
    """Return a name for each of the n layers with weights of their own, in a net of `levels` levels."""
    if n == 1:
        return ["output layer" if levels == 1 else "all weights"]
    between = [f"{ORDINALS[k]} layer" if k < len(ORDINALS) else f"layer {k + 1}" for k in range(1, n - 1)]
    return ["first layer (early)", *between, "output layer (late)"]


def mark_learned(axes: Axes, sweeps: np.ndarray, error: np.ndarray, sweep: float) -> None:
    """Mark the sweep at which a run has learned with a dot and words."""
    place = (sweep, np.interp(sweep, sweeps, error))
    axes.plot(*place, "o", color="black", zorder=5, clip_on=sweep > axes.get_xlim()[1])
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    about: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL, "bbox": box, "zorder": 5}
    axes.annotate(f"learned after {sweep:,.0f} sweeps", place, (4, 5), **about)


def mark_printed(above: Axes, below: Axes, numbers: Sequence[float]) -> None:
    """Draw a vertical line at each number of sweeps printed in 1986, with words beside the lines."""
    for axes, number in itertools.product((above, below), numbers):
        axes.axvline(number, color=PRINTED, linewidth=0.6, zorder=1)
    if not numbers:
        return
    left = max(numbers) > 0.55 * above.get_xlim()[1]
    words = f"{' and '.join(f'{number:,.0f}' for number in sorted(numbers))} sweeps in 1986"
    about: dict[str, Any] = {"textcoords": "offset points", "va": "top", "fontsize": SMALL}
    about |= {"xycoords": ("data", "axes fraction"), "ha": "right" if left else "left"}
    about["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
    above.annotate(words, (min(numbers) if left else max(numbers), 1), (-3 if left else 3, 0), **about)


def _until(axes: Axes, x: np.ndarray, y: np.ndarray, words: str, **style: Any) -> Line2D:
    """Draw a line that ends with the x axis, and note it for words at its end."""
    there = np.isfinite(y)
    x, y, end = x[there], y[there], min(axes.get_xlim()[1], x[there][-1])
    within = x < end
    (line,) = axes.plot([*x[within], end], [*y[within], np.interp(end, x, y)], label=words, **style)
    return line


def labelled(experiment: Experiment, runs: Runs) -> list[str]:
    """Return the readings that get words: the literal reading, one of each variant, then the others in order.

    Readings under which no run learned come last, apart from the literal reading: their lines lie on the axis.
    """
    first, *_ = runs.readings
    variants = [name for name in runs.readings if experiment.reading_of(name) == experiment.reading_of(first)]
    others = list(dict.fromkeys([*variants, *runs.readings]))[1:]
    return [first, *sorted(others, key=lambda name: not runs.of(name)["learned"].any())][:MOST_LINES]


def sweeps_figure(runs: Runs, experiment: Experiment, printed: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the share of runs that have learned by each sweep: a line for each reading, six lines with words.

    Kaplan and Meier's estimate; for the first reading with its 95 % interval. `printed`: numbers of 1986 by reading.
    """
    names = labelled(experiment, runs)
    colours = dict(zip(names, PALETTE, strict=False))
    found = {
        name: kaplan_meier(with_infinity(runs.of(name)["sweeps"]), runs.recipe(name).sweeps) for name in runs.readings
    }
    numbers = {number: colours[name] for name in reversed(names) for number in printed.get(name, ())}
    start, end = rise(list(found.values()), list(numbers))
    figure = figure_of(TWO_COLUMNS, 70)
    axes = figure.subplots()
    axes.set(xscale="log", xlim=(start, end), ylim=(0, 1))
    axes.set(xlabel="sweeps (epochs)", ylabel="share of runs that have learned")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if end < 300 * start else (1,)))
    plain_ticks(axes.xaxis)
    axes.yaxis.set_major_formatter(lambda share, place: f"{share:.0%}")
    lines = {}
    for name, each in sorted(found.items(), key=lambda item: item[0] in names):
        seen, colour = between(each, start, end), colours.get(name, FAINT)
        width = 0.5 if name not in names else 1.6 if name == names[0] else 1
        (lines[name],) = axes.step(seen.sweeps, seen.share, where="post", color=colour, linewidth=width)
        lines[name].set(label=f"{experiment.in_words(name)}: {percent(runs.of(name)['learned'].mean())}")
        if name == names[0]:
            lines[name].set_zorder(3)
            axes.fill_between(seen.sweeps, seen.low, seen.high, step="post", color=colour, alpha=0.15, linewidth=0)
    label_ends(axes, [lines[name] for name in names])
    for k, number in enumerate(sorted(numbers)):
        about: dict[str, Any] = {"ha": "center", "fontsize": SMALL, "xycoords": ("data", "axes fraction")}
        axes.axvline(number, color=numbers[number], linewidth=0.6)
        axes.annotate(f"{number:,.0f} in 1986", (number, 1.02 + 0.05 * (k % 2)), color=numbers[number], **about)
    axes.set_title(f"{experiment.title}: {runs_in_words(runs)}", pad=4 + 9 * min(len(numbers), 2))
    return figure


def rise(found: Sequence[Reached], numbers: Sequence[float]) -> tuple[float, float]:
    """Return the two ends of the x axis: the sweeps of the first and the last hundredth of the lines' rise."""
    rising = [each for each in found if len(each.sweeps)]
    first = [each.sweeps[np.searchsorted(each.share, 0.01 * each.share[-1])] for each in rising]
    last = [each.sweeps[np.searchsorted(each.share, 0.99 * each.share[-1])] for each in rising]
    return 0.8 * min([*first, *numbers]), 1.4 * max([*last, *numbers])


def between(found: Reached, start: float, end: float) -> Reached:
    """Return the steps from the start of an axis to its end, both ends among them."""
    x = np.array([start, *found.sweeps[(found.sweeps > start) & (found.sweeps < end)], end])
    by_then = np.searchsorted(found.sweeps, x, side="right")
    return Reached(x, *(np.array([0.0, *each])[by_then] for each in found[1:]))


def percent(share: float) -> str:
    """Return 99.6%, 100% or 0%."""
    return f"{share:.0%}" if share in (0, 1) else f"{share:.1%}"


def runs_in_words(runs: Runs) -> str:
    """Return the number of runs behind a line, in words."""
    fewest, *_, most = sorted([len(rows) for rows in runs.parts.values()] * 2)
    return f"{fewest:,} runs a line" if fewest == most else f"{fewest:,} to {most:,} runs a line"

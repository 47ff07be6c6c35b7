"""The atlas of failures, an answer to "why does mine not converge?": the share and an example of each kind."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.engines.outputs import states
from backprop86.report.style import PALETTE, SMALL, TWO_COLUMNS, figure_of, panel_letters, plain_ticks
from backprop86.running.failures import KINDS
from backprop86.running.problem import Problem, wiring_of
from backprop86.running.runs import Runs

MOST_CASES, MOST_UNITS = 64, 32
"""The largest nets to draw; larger pictures cannot be read."""
RARE = 0.001
"""A kind with a smaller share of all runs is drawn among the rare kinds."""
IN_A_LINE = 34
"""The number of letters that fit above an example; longer words are broken into lines of one length."""
SEEN = 0.005
"""The smallest visible share of an experiment's runs; the rare kinds have a column if they reach it."""
OTHER = "other"
SHORT = {
    "learned": ("learned", "every answer is near enough"),
    "diverged": ("blew up", "a weight grew beyond all numbers"),
    "still_learning": ("too slow", "the error still fell when time was up"),
    "not_close_enough": ("nearly there", "on the right side, but not far enough"),
    "plateau": ("one answer for all", "every case gets the same answer"),
    "saturated": ("certain and wrong", "a unit is saturated: no error comes back"),
    "equal_units": ("two units alike", "two hidden units do the work of one"),
    "idle_unit": ("an idle unit", "a hidden unit does the same in every case"),
    "one_half": ("undecided", "an answer is left at one half"),
    "partly_learned": ("some cases wrong", "for none of these reasons"),
    OTHER: ("other", "kinds too rare to be drawn"),
}
"""A few words for each fate of a run, by its reason."""


def table(every: list[Runs]) -> pd.DataFrame:
    """Return a row per reading: start, limit, n, the number that learned, the number of each kind of failure."""
    rows = []
    for runs in every:
        for reading in runs.readings:
            part = runs.of(reading)
            counts = part["failure"].value_counts()
            recipe = runs.recipe(reading)
            row: dict[str, object] = {"experiment": runs.stem, "reading": reading, "start": recipe.start}
            row |= {"sweeps": recipe.sweeps, "n": len(part), "learned": int(part["learned"].sum())}
            rows.append(row | {kind: int(counts.get(kind, 0)) for kind in KINDS})
    return pd.DataFrame(rows)


def meanings(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row per kind: the number of its runs in all experiments, see `_whole`, and its meaning."""
    whole = _whole(found)
    rows = [{"kind": kind, "runs": int(whole[kind].sum()), "meaning": KINDS[kind]} for kind in KINDS]
    table = pd.DataFrame(rows).rename(columns={"kind": "in the rows"})
    table.insert(0, "kind", [SHORT[kind][0] for kind in KINDS])
    return table


def common(found: pd.DataFrame) -> list[str]:
    """Return the kinds common enough to draw, in order."""
    whole = _whole(found)
    return [kind for kind in KINDS if whole[kind].sum() >= RARE * whole["n"].sum() and whole[kind].any()]


def counts(found: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw the fates of the runs of each experiment: a column for each fate, a row for each experiment.

    Dark bars are of the first name, as printed; light bars are of all names together, see `_whole`.
    """
    whole, fates = _whole(found), ["learned", *common(found)]
    whole = whole.assign(**{OTHER: whole[[kind for kind in KINDS if kind not in fates]].sum(axis=1)})
    by = whole.groupby("experiment", sort=False)
    both = [by.first(), by.sum(numeric_only=True)]
    if any((rows[OTHER] / rows["n"] >= SEEN).any() for rows in both):
        fates.append(OTHER)
    figure = figure_of(TWO_COLUMNS, 24 + 6 * len(by))
    panels = figure.subplots(1, len(fates), sharey=True, squeeze=False)[0]
    for axes, fate in zip(panels, fates, strict=True):
        axes.annotate("\n".join(textwrap.wrap(SHORT[fate][0], 11)), (0, 1), (0, 38), **ABOVE)
        _fate(axes, *((rows[fate] / rows["n"]).to_numpy(dtype=float) for rows in both))
        axes.set_title("\n".join(["", *textwrap.wrap(SHORT[fate][1], 13)]), fontsize=SMALL)
    names = [titles[stem] for stem in both[0].index]
    panels[0].set_yticks(np.arange(len(names)), names)
    panels[0].invert_yaxis()
    figure.supxlabel("share of runs in %; dark bar and number: as printed, light bar: under all readings")
    return figure


ABOVE: dict[str, Any] = {
    "xycoords": "axes fraction", "textcoords": "offset points", "fontweight": "bold", "fontsize": SMALL,
}  # fmt: skip
"""The style of a fate above its column."""


def _fate(axes: Axes, literal: np.ndarray, every: np.ndarray) -> None:
    """Draw one fate: a dark bar and a number for the runs as printed, a light bar for all runs."""
    where = np.arange(len(literal))
    axes.barh(where - 0.18, literal, 0.36, color="0.25")
    axes.barh(where + 0.18, every, 0.36, color="0.7")
    for place, share in zip(where, literal, strict=True):
        if share > 0:
            said = f"{100 * share:.0f}" if share >= 0.01 else "<1"
            axes.annotate(said, (share, place - 0.18), (2, 0), textcoords="offset points", fontsize=5.5, va="center")
    axes.set(xlim=(0, 1.3), xticks=[0, 1], xticklabels=["0", "100"])
    axes.spines["bottom"].set_bounds(0, 1)
    axes.tick_params(axis="y", length=0)


def _whole(found: pd.DataFrame) -> pd.DataFrame:
    """Return the readings that run at least as long as the first, from a start that is drawn or equal."""
    limits = found.groupby("experiment")["sweeps"].transform("first")
    return found[(found["sweeps"] >= limits) & found["start"].isin(["drawn", "equal"])]


def examples(every: Mapping[Problem, Runs], found: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw one run of each common kind: E (the loss) by sweep, and the final output of every unit in every case.

    The run is the first seed in the reading where its kind is commonest, among nets small enough to read.
    """
    shown = {kind: where for kind in common(found) if (where := commonest(every, found, kind))}
    rows = max(1, -(-len(shown) // 2))
    figure = figure_of(TWO_COLUMNS, 6 + 35 * rows)
    panels = figure.subplots(rows, 4, squeeze=False, width_ratios=(1, 1.5) * 2).reshape(-1, 2)
    for axes, (kind, (problem, reading)) in zip(panels, shown.items(), strict=False):
        _example(axes, problem, every[problem], reading, kind, titles)
    for axes in panels[len(shown) :].flat:
        axes.remove()
    panel_letters(panels[: len(shown), 0])
    return figure


def commonest(every: Mapping[Problem, Runs], found: pd.DataFrame, kind: str) -> tuple[Problem, str] | None:
    """Return the reading with the largest share of a kind, among small nets with saved weights; or None."""
    problems = {runs.stem: problem for problem, runs in every.items()}
    whole = _whole(found)
    share = (whole[kind] / whole["n"]).sort_values(ascending=False, kind="stable")
    for place in share[share > 0].index:
        problem, reading = problems[found["experiment"][place]], found["reading"][place]
        recipe, rows = every[problem].recipe(reading), every[problem].at(reading, "end")
        net, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
        first = rows.loc[rows["failure"] == kind].iloc[0]
        is_kept = first["weights"] is not None and first["error_curve"] is not None
        small = len(cases.inputs) <= MOST_CASES and 0 < len(net.hidden) <= MOST_UNITS
        if is_kept and small:
            return problem, reading
    return None


def _example(
    axes: np.ndarray, problem: Problem, runs: Runs, reading: str, kind: str, titles: Mapping[str, str]
) -> None:
    """Draw the first seed of a kind: its curve at the left, its units at the right."""
    rows, recipe = runs.at(reading, "end"), runs.recipe(reading)
    row = rows[rows["failure"] == kind].iloc[0]
    curve, picture = axes
    curve.plot(runs.about[reading].checkpoints, row["error_curve"], color="black")
    curve.set(xscale="symlog", ylim=(0, 1.08 * np.nanmax(row["error_curve"])), xlabel="sweeps", ylabel="error E")
    curve.set_xticks([0, *(100**power for power in range(1, 1 + int(np.log10(recipe.sweeps)) // 2))])
    curve.set_title(SHORT[kind][0], fontweight="bold")
    plain_ticks(curve.xaxis)
    net, asked = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    y = states(net, asked.inputs, np.nan_to_num(np.array(row["weights"]))[None])[0]
    blocks = {"wanted": asked.desired.T, "answers": y[:, net.outputs].T, "hidden": y[:, net.hidden].T}
    most = max(len(block) for block in blocks.values())
    thick = [np.repeat(block, -(-most // (4 * len(block))), axis=0) for block in blocks.values()]  # room for words
    heights = np.cumsum([0, *map(len, thick)])
    picture.imshow(np.concatenate(thick), cmap="Greys", vmin=0, vmax=1, aspect="auto")
    picture.set_yticks((heights[1:] + heights[:-1]) / 2 - 0.5, list(blocks))
    for height in heights[1:-1]:
        picture.axhline(height - 0.5, color=PALETTE[1], linewidth=1.2)
    why = SHORT[kind][1]
    picture.set_title(why if len(why) <= IN_A_LINE else "\n".join(textwrap.wrap(why, 24)))
    picture.set_xticks([])
    picture.set_xlabel(f"{len(asked.names)} cases of {titles[runs.stem]}, seed {row['seed']}", fontsize=SMALL)
    picture.tick_params(axis="y", length=0)
    picture.spines[:].set_visible(True)

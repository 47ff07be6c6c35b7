"""The atlas of failures, the answer to "why does mine not converge?": how often each kind occurs, and one of each."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from backprop86.running.failures import KINDS
from backprop86.running.nets import states
from backprop86.running.problem import Problem, wiring_of
from backprop86.running.runs import Runs

MOST_CASES, MOST_UNITS = 64, 32
"""The size of the largest nets that are drawn; a larger one cannot be read."""
HATCHES = ("", "//", "", "..", "", "\\\\", "", "xx", "")


def table(every: list[Runs]) -> pd.DataFrame:
    """Return a row per reading: its start, its limit, n, the number learned, and the number of each kind of failure."""
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
    return pd.DataFrame([{"kind": kind, "runs": int(whole[kind].sum()), "what it is": KINDS[kind]} for kind in KINDS])


def counts(found: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw the fates of the runs of each experiment, under the reading that comes first and under all together.

    Of some readings only, see `_whole`.
    """
    figure = Figure(figsize=(12, 6), layout="constrained")
    looks = dict(zip(KINDS, zip(sns.color_palette("colorblind"), HATCHES, strict=False), strict=True))
    whole = _whole(found)
    looks = {"learned": ("0.92", "")} | {kind: look for kind, look in looks.items() if whole[kind].any()}
    by = whole.groupby("experiment", sort=False)
    panels = figure.subplots(1, 2, sharey=True)
    shown = {"first reading": by.first(), "all readings": by.sum(numeric_only=True)}
    for axes, (says, rows) in zip(panels, shown.items(), strict=True):
        start = np.zeros(len(rows))
        names = [titles[stem] for stem in rows.index]
        for kind, (colour, hatch) in looks.items():
            share = (rows[kind] / rows["n"]).to_numpy(dtype=float)
            style = {"color": colour, "hatch": hatch, "edgecolor": "0.2", "linewidth": 0.5}
            axes.barh(names, share, left=start, label=kind.replace("_", " "), **style)
            start += share
        axes.set(xlim=(0, 1), xlabel=f"share of runs, {says}")
    panels[0].invert_yaxis()
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=5, fontsize=8, frameon=False
    )
    sns.despine(figure)
    return figure


def _whole(found: pd.DataFrame) -> pd.DataFrame:
    """Return the readings that are neither cut short (fewer sweeps than the first) nor put in place on purpose."""
    limits = found.groupby("experiment")["sweeps"].transform("first")
    return found[(found["sweeps"] >= limits) & found["start"].isin(["drawn", "equal"])]


def examples(every: Mapping[Problem, Runs], found: pd.DataFrame) -> Figure:
    """Draw one run of each kind: E sweep by sweep, and the final output of every unit in every case.

    It is the first seed in the reading where its kind is commonest, among nets small enough to be read.
    """
    shown = {kind: where for kind in KINDS if (where := _commonest(every, found, kind))}
    rows = max(1, -(-len(shown) // 3))
    figure = Figure(figsize=(14, 3.2 * rows))
    grid = {"left": 0.04, "right": 0.99, "top": 1 - 0.14 / rows, "bottom": 0.16 / rows, "wspace": 0.4, "hspace": 0.5}
    panels = figure.subplots(rows, 6, squeeze=False, width_ratios=(1, 1.4) * 3, gridspec_kw=grid).reshape(-1, 2)
    for axes, (kind, (problem, reading)) in zip(panels, shown.items(), strict=False):
        _example(axes, problem, every[problem], reading, kind)
    for axes in panels[len(shown) :].flat:
        axes.remove()
    return figure


def _commonest(every: Mapping[Problem, Runs], found: pd.DataFrame, kind: str) -> tuple[Problem, str] | None:
    """Return the reading with the largest share of a kind, among nets that are kept and can be read; None if none."""
    problems = {runs.stem: problem for problem, runs in every.items()}
    whole = _whole(found)
    share = (whole[kind] / whole["n"]).sort_values(ascending=False, kind="stable")
    for place in share[share > 0].index:
        problem, reading = problems[found["experiment"][place]], found["reading"][place]
        recipe, rows = every[problem].recipe(reading), every[problem].of(reading)
        net, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
        is_kept = rows.loc[rows["failure"] == kind, "weights"].notna().iloc[0]
        small = len(cases.inputs) <= MOST_CASES and 0 < len(net.hidden) <= MOST_UNITS
        if is_kept and small:
            return problem, reading
    return None


def _example(axes: np.ndarray, problem: Problem, runs: Runs, reading: str, kind: str) -> None:
    """Draw the first seed of a kind: its curve at the left, its units at the right."""
    rows, recipe = runs.of(reading), runs.recipe(reading)
    row = rows[rows["failure"] == kind].iloc[0]
    curve, picture = axes
    curve.plot(runs.about[reading].checkpoints, row["error_curve"], color="black", linewidth=1.2)
    curve.set(xscale="symlog", ylim=(0, 1.08 * np.nanmax(row["error_curve"])), xlabel="sweeps", ylabel="E")
    curve.set_xticks([0, *(100**power for power in range(1, 1 + int(np.log10(recipe.sweeps)) // 2))])
    curve.set_title(kind.replace("_", " "), fontsize=10, fontweight="bold")
    net, asked = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    y = states(net, asked.inputs, np.nan_to_num(np.array(row["weights"]))[None])[0]
    blocks = {"wanted": asked.desired.T, "outputs": y[:, net.outputs].T, "hidden": y[:, net.hidden].T}
    heights = np.cumsum([0, *(len(block) for block in blocks.values())])
    picture.imshow(np.concatenate(list(blocks.values())), cmap="Greys", vmin=0, vmax=1, aspect="auto")
    picture.set_yticks((heights[1:] + heights[:-1]) / 2 - 0.5, list(blocks), fontsize=8)
    for height in heights[1:-1]:
        picture.axhline(height - 0.5, color="tab:orange", linewidth=1.5)
    picture.set_title(f"{runs.stem}\n{reading}, seed {row['seed']}", fontsize=8)
    picture.set_xticks([])
    picture.set_xlabel("cases (black: on)", fontsize=8)

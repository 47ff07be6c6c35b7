"""The family trees under every combination of readings: does any of them give all that N and H print?

The recipe as printed learns nothing. This lattice varies, all against all, what the texts leave open and the rates; a
few seeds of each reading are looked at, and all seeds of those in which anything is learned. The problem itself is that
of family_trees.py.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from backprop86.problems import family_trees
from backprop86.problems.family_trees import cases, counted, wiring
from backprop86.report.style import HIGHEST, TWO_COLUMNS, figure_of
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs

__all__ = ["cases", "counted", "maps", "measure", "table", "wiring"]
AXES = ("epsilon", "decay", "error", "biases", "range", "update", "momentum")
"""The axes in the order of the experiment file."""
WITHOUT_DECAY = "decay_0"
LEARNS = 0.5
"""A run has learned something if so large a part of the training cases is right; on the plateau none is."""


MEASURES = {
    **family_trees.MEASURES,
    "learns": "at least half of the training cases are right",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure as family_trees.measure does, and whether anything was learned."""
    found = family_trees.measure(nets)
    return found | {"learns": found["trained_right"] >= LEARNS}


def table(runs: Runs, judged: pd.DataFrame) -> pd.DataFrame:
    """Return a row per reading, best first: the printed results it reproduces, and the numbers behind them.

    What is printed of a run without decay is judged by the reading that differs in nothing else, so that `met` counts
    results that one reading of the texts gives together. Readings without decay have no row of their own.
    """
    verdicts = judged.assign(met=judged["verdict"] == "reproduced").pivot(
        index="reading", columns="claim", values="met"
    )
    rows = []
    for reading in runs.readings:
        place = dict(zip(AXES, reading.split("/"), strict=True))
        if place["decay"] == WITHOUT_DECAY:
            continue
        sibling = reading.replace(f"/{place['decay']}/", f"/{WITHOUT_DECAY}/")
        met = {claim: bool(yes) for name in (reading, sibling) for claim, yes in verdicts.loc[name].dropna().items()}
        rows.append(place | numbers(runs, reading, sibling) | {"met": sum(met.values()), "of": len(met)} | met)
    order = ["met", "all_near", "held_out_4", *AXES]
    return pd.DataFrame(rows).sort_values(order, ascending=[False] * 3 + [True] * len(AXES), ignore_index=True)


def numbers(runs: Runs, reading: str, sibling: str) -> dict[str, float]:
    """Return of a reading: seeds, the share that learned all, mean shares of training and held-out cases right."""
    rows = runs.at(reading, "end")
    sweeps = runs.of(sibling)["sweeps"]
    return {
        "n": len(rows),
        "diverged": float(rows["diverged"].mean()),
        "trained_right": float(rows["trained_right"].mean()),
        "all_right": float(rows["all_right"].mean()),
        "all_near": float(rows["all_near"].mean()),
        "held_out_mean": float(rows["held_out_right"].mean()),
        "held_out_3": float((rows["held_out_right"] >= 3).mean()),
        "held_out_4": float((rows["held_out_right"] == 4).mean()),
        "without_decay_by_573": float((sweeps <= 573).fillna(False).mean()),
        "without_decay_learned": float(sweeps.notna().mean()),
    }


MAPS = {
    "met": ("met", "printed results that come out together", np.nan),
    "learned": ("all_near", "share of runs that learn all training cases", 1.0),
    "held_out": ("held_out_mean", "held-out cases right, mean, of four", 4.0),
    "without_decay": ("without_decay_by_573", "share of runs that learn all in 573 sweeps without decay", 1.0),
}
"""Name of a figure -> column of the table, what it says, the largest value there can be; NaN: all printed results."""
SAYS = {
    "from_edge": "error from\n0.8 and 0.2", "from_target": "error from\nthe targets", "plain": "no dead zone",
    "biases_drawn": "biases drawn", "biases_zero": "biases from 0", "biases_none": "no biases",
    "range_0.3": "±0.3", "range_1": "±1", "sweep": "sweep", "case": "case",
}  # fmt: skip
"""Values of the axes in words."""


def maps(table: pd.DataFrame) -> dict[str, Figure]:
    """Draw a square for every reading: a panel for each decay, of blocks for each error (down) and bias (across).

    In a block rates and momenta go across, and initial weights and updates down.
    """
    decays = list(dict.fromkeys(table["decay"]))[::-1]
    ordered = table.sort_values(list(AXES), key=_numbers_first)
    figures = {}
    for name, (column, says, largest) in MAPS.items():
        shown = decays[:1] if name == "without_decay" else decays
        errors = len(set(ordered["error"]))
        figure = figure_of(TWO_COLUMNS, min(24 + 22 * errors * len(shown), HIGHEST))
        parts = figure.subfigures(len(shown), 1, squeeze=False)[:, 0]
        for part, decay in zip(parts, shown, strict=True):
            rows = ordered[ordered["decay"] == decay]
            _blocks(part, rows, column, float(np.nan_to_num(largest, nan=table["of"].max())), says)
            if name != "without_decay":
                part.suptitle(f"weight decay {decay.split('_')[1]}", x=0.01, ha="left")
        figures[name] = figure
    return figures


def _blocks(part: SubFigure, rows: pd.DataFrame, column: str, largest: float, says: str) -> None:
    """Draw one decay: a block for each error and bias."""
    errors, biases = (list(dict.fromkeys(rows[axis])) for axis in ("error", "biases"))
    across = list(dict.fromkeys(zip(rows["epsilon"], rows["momentum"], strict=True)))
    down = list(dict.fromkeys(zip(rows["range"], rows["update"], strict=True)))
    panels = part.subplots(len(errors), len(biases), squeeze=False, sharex=True, sharey=True)
    for (i, j), axes in np.ndenumerate(panels):
        grid = np.full((len(down), len(across)), np.nan)
        for _, row in rows[(rows["error"] == errors[i]) & (rows["biases"] == biases[j])].iterrows():
            grid[down.index((row["range"], row["update"])), across.index((row["epsilon"], row["momentum"]))] = row[
                column
            ]
        image = axes.imshow(grid, vmin=0, vmax=largest, cmap="cividis", aspect="auto")
        axes.tick_params(length=0)
        _rates(axes, across)
        if i == 0:
            axes.set_title(SAYS[biases[j]])
        if j == 0:
            axes.set_ylabel(SAYS[errors[i]])
    panels[0, 0].set_yticks(range(len(down)), [f"{SAYS[range_]}, {SAYS[update]}" for range_, update in down])
    part.supxlabel("times the printed rates; within each, momentum 0.9, 0.95 and 0.99")
    part.colorbar(image, ax=panels, shrink=0.9, aspect=30, label=says)


def _rates(axes: Axes, across: list[tuple[str, str]]) -> None:
    """Label each group of momenta with its rate, with lines between the groups."""
    rates = [epsilon for epsilon, _ in across]
    middle = {rate: np.mean([k for k, one in enumerate(rates) if one == rate]) for rate in dict.fromkeys(rates)}
    axes.set_xticks(list(middle.values()), [rate.removeprefix("x") for rate in middle])
    for k in range(1, len(rates)):
        if rates[k] != rates[k - 1]:
            axes.axvline(k - 0.5, color="white", linewidth=0.6)


def _numbers_first(column: pd.Series) -> pd.Series:
    """Sort x2 before x10, momentum_0.9 before momentum_0.95, words as they come."""
    return (
        column.str.extract(r"([\d.]+)$")[0].astype(float).fillna(0)
        if column.name in ("epsilon", "momentum")
        else column
    )

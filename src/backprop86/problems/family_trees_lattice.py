"""The family trees under every combination of readings: does any of them give all that N and H print?

The recipe as printed learns nothing. This lattice varies, all against all, what the texts leave open and the rates; a
few seeds of each reading are looked at, and all seeds of those in which anything is learned. The problem itself is that
of family_trees.py.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backprop86.problems import family_trees
from backprop86.problems.family_trees import cases, counted, wiring
from backprop86.running.nets import Nets
from backprop86.running.runs import Runs

__all__ = ["cases", "counted", "maps", "measure", "table", "wiring"]
AXES = ("epsilon", "decay", "error", "biases", "range", "update", "momentum")
"""The axes in the order of the experiment file."""
WITHOUT_DECAY = "decay_0"
LEARNS = 0.5
"""A run has learned something if so large a part of the training cases is right; on the plateau none is."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Measure as family_trees.measure does; learns: at least half of the training cases are right."""
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
    "met": ("met", "how many of the ten printed results it reproduces", 10.0),
    "learned": ("all_near", "share of runs that learn all training cases", 1.0),
    "held_out": ("held_out_mean", "held-out cases right, mean, of four", 4.0),
    "without_decay": ("without_decay_by_573", "share of runs that learn all in 573 sweeps without decay", 1.0),
}
"""Name of a figure -> column of the table, what it says, the largest value there can be."""


def maps(table: pd.DataFrame) -> dict[str, Figure]:
    """Draw a square for every reading: a panel for each decay, rates and momenta across, the other axes down."""
    decays = list(dict.fromkeys(table["decay"]))[::-1]
    ordered = table.sort_values(list(AXES), key=_numbers_first)
    across = list(dict.fromkeys(zip(ordered["epsilon"], ordered["momentum"], strict=True)))
    down = list(dict.fromkeys(zip(*(ordered[axis] for axis in AXES[2:6]), strict=True)))
    figures = {}
    for name, (column, says, largest) in MAPS.items():
        figure = Figure(figsize=(13, 9), layout="constrained")
        shown = decays[:1] if name == "without_decay" else decays
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for panel, decay in zip(panels, shown, strict=True):
            grid = np.full((len(down), len(across)), np.nan)
            for _, row in ordered[ordered["decay"] == decay].iterrows():
                place = down.index(tuple(row[list(AXES[2:6])])), across.index((row["epsilon"], row["momentum"]))
                grid[place] = row[column]
            image = panel.imshow(grid, vmin=0, vmax=largest, cmap="cividis", aspect="auto")
            panel.set_title("no decay" if name == "without_decay" else decay.replace("_", " "), fontsize=10)
            _label(panel, across, down if panel is panels[0] else [])
        figure.colorbar(image, ax=panels, shrink=0.5)
        figure.suptitle(f"Family trees, every reading: {says}", fontsize=11)
        figures[name] = figure
    return figures


def _numbers_first(column: pd.Series) -> pd.Series:
    """Sort x2 before x10, momentum_0.9 before momentum_0.95, words as they come."""
    return (
        column.str.extract(r"([\d.]+)$")[0].astype(float).fillna(0)
        if column.name in ("epsilon", "momentum")
        else column
    )


def _label(panel: Axes, across: list[tuple[str, str]], down: list[tuple[str, ...]]) -> None:
    """Label rates in groups of momenta below, the other axes in words at the left, with lines between the groups."""
    momenta = list(dict.fromkeys(momentum for _, momentum in across))
    names = [momentum.split("_")[1] for _, momentum in across]
    panel.set_xticks(range(len(across)), names, rotation=90, fontsize=6)
    for k, epsilon in enumerate(dict.fromkeys(epsilon for epsilon, _ in across)):
        middle = k * len(momenta) + (len(momenta) - 1) / 2
        panel.annotate(epsilon, (middle, -0.055), xycoords=("data", "axes fraction"), ha="center", fontsize=8)
        panel.axvline((k + 1) * len(momenta) - 0.5, color="0.5", linewidth=0.6)
    panel.set_xlabel("momentum, and how many times the printed rates", labelpad=16, fontsize=8)
    panel.set_yticks(range(len(down)), [" ".join(place).replace("_", " ") for place in down], fontsize=7)
    if not down:
        panel.set_yticks([])

"""The comparison with autograd as tables and figures: every module and every network, whole runs, what each costs."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from backprop86 import extended
from backprop86.modules import Linear, Logistic, SquaredError
from backprop86.network import Network
from backprop86.oracles import EXTENDED, ORACLES, by_autograd, compare
from backprop86.trajectories import PARTED
from backprop86.wiring import Wiring

S, C = 2, 3
"""Seeds and cases of each comparison."""
AUTOGRAD_ITSELF = "autograd itself"
"""Rows in which autograd takes the place of the backward pass, judged by extended precision like ours."""
LONG = {"autograd_paths": 40}
"""How many rows are shown of a table that is too long to be read; its CSV has all."""
COLOURS = sns.color_palette("colorblind")
Pass = Callable[..., Any]


def modules() -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each module of modules.py, the error with each dead zone, as a mean, with cases held out."""
    random = _random(0)
    y, w, x = random(S, C, 4), random(S, 3, 4), random(S, C, 4)
    yield "Linear", _rows(Linear.forward, Linear.backward, y, {"w": w}, extended.linear)
    yield "Logistic", _rows(Logistic.forward, Logistic.backward, x, {}, extended.logistic)
    y, d = torch.sigmoid(2 * random(S, C, 4)), (random(C, 4) > 0).double()
    counted = torch.tensor([[1.0, 0, 1], [0, 1, 1]], dtype=torch.float64)
    for zone, mean, some in itertools.product(("none", "from_edge", "from_target"), (False, True), (None, counted)):
        error = SquaredError(0.9, 0.1, zone, mean=mean)
        told = ("dead zone " + zone) * (zone != "none"), "mean" * mean, "cases held out" * (some is not None)
        right = partial(
            extended.squared_error,
            d=d.numpy(),
            targets=(0.9, 0.1),
            zone=(zone, 0.8, 0.2),
            mean=mean,
            counted=None if some is None else some.numpy(),
        )
        forward = partial(_error, error, d, some)
        name = ", ".join(["SquaredError", *filter(None, told)])
        yield name, _rows(forward, error.backward, y, {}, right)


def _error(error: SquaredError, d: Tensor, counted: Tensor | None, y: Tensor) -> Any:
    return error.forward(y, d, counted)


def network(wiring: Wiring) -> pd.DataFrame:
    """The rows of one network, with random weights (no bias is zero), inputs and dE_doutputs.

    The weights of each level are a tensor of their own, since those of the first may have a much smaller gradient.
    """
    random, net = _random(0), Network(wiring)
    inputs, w = random(S, C, wiring.n_inputs), random(S, wiring.n_parameters)
    _, sizes = np.unique(wiring.parameter_level, return_counts=True)  # parameters are numbered level by level
    names = [f"w, level {1 + k}" for k in range(len(sizes))]

    def forward(inputs: Tensor, *weights: Tensor) -> Any:
        return net.forward(inputs, torch.cat(weights, -1))

    def backward(dE_doutputs: Tensor, cache: Any) -> Any:
        dE_dinputs, gradients = net.backward(dE_doutputs, cache)
        return dE_dinputs, dict(zip(names, gradients["w"].split(sizes.tolist(), -1), strict=True))

    def in_loops(inputs: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
        *weights, dE_doutputs = others
        dE_dinputs, dE_dw = extended.network(wiring, inputs, np.concatenate(weights, -1), dE_doutputs)
        return [dE_dinputs, *np.split(dE_dw, np.cumsum(sizes)[:-1], -1)]

    parameters = dict(zip(names, w.split(sizes.tolist(), -1), strict=True))
    return _rows(forward, backward, inputs, parameters, in_loops)


def _random(seed: int) -> Callable[..., Tensor]:
    return partial(torch.randn, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def _rows(forward: Pass, backward: Pass, y: Tensor, parameters: dict[str, Tensor], right: Pass) -> pd.DataFrame:
    """What `compare` says with all four oracles, and what extended precision says of autograd."""

    def autograd_forward(*tensors: Tensor) -> tuple[Tensor, Any]:
        return forward(*tensors)[0], tensors

    def autograd_backward(dE_dout: Tensor, tensors: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, Tensor]]:
        first, *others = by_autograd(lambda *leaves: forward(*leaves)[0], tensors, dE_dout)
        return first, dict(zip(parameters, others, strict=True))

    ours = compare(forward, backward, [y], parameters, extended=right)
    itself = compare(autograd_forward, autograd_backward, [y], parameters, ["autograd"], extended=right)
    itself = itself[itself["oracle"] == EXTENDED].assign(oracle=AUTOGRAD_ITSELF)
    both = pd.concat([ours, itself], ignore_index=True).drop(columns="looks_like")
    numbers = both.select_dtypes("float64").columns
    return both.assign(**{name: [float(f"{number:.3g}") for number in both[name]] for name in numbers})


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """A row per oracle: how many tensors, how many of them bit for bit, the largest errors, whether all agree."""
    of = {
        "tensors": ("exact", "size"),
        "bit for bit": ("exact", "sum"),
        "largest absolute": ("absolute", "max"),
        "largest relative": ("relative", "max"),
        "median ulp": ("ulp", "median"),
        "largest ulp": ("ulp", "max"),
        "all agree": ("agrees", "all"),
    }
    found = table.groupby("oracle", sort=False).agg(**of).reset_index()
    return found.replace({"oracle": {AUTOGRAD_ITSELF: f"{AUTOGRAD_ITSELF}, against {EXTENDED}"}})


def ulp_figure(table: pd.DataFrame) -> Figure:
    """The largest error of every tensor in ulp: a panel per oracle, a line per experiment, a point per tensor."""
    experiments = list(dict.fromkeys(table["experiment"]))
    place = {name: len(experiments) - 1 - k for k, name in enumerate(experiments)}
    figure = Figure(figsize=(13, 6.5), layout="constrained")
    panels = figure.subplots(1, len(ORACLES) + 1, sharex=True, sharey=True)
    for axes, oracle in zip(panels, [*ORACLES, EXTENDED], strict=True):
        _points(axes, table[table["oracle"] == oracle], place, "black", 0.15 if oracle == EXTENDED else 0, "by hand")
        exact = table.loc[table["oracle"] == oracle, "exact"]
        axes.set_title(f"against {oracle}\n{exact.sum()} of {len(exact)} bit for bit", fontsize=9)
        axes.set(xlabel="largest error in ulp", yticks=list(place.values()), yticklabels=list(place))
        axes.grid(axis="y", linewidth=0.3)
        axes.tick_params(labelsize=8)
    _points(panels[-1], table[table["oracle"] == AUTOGRAD_ITSELF], place, COLOURS[1], -0.15, AUTOGRAD_ITSELF)
    axes.set_xscale("symlog", linthresh=1)
    axes.set(xlim=(-0.3, None), xticks=[0, 1, 1e3, 1e6, 1e9, 1e12])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    title = "Gradients by hand: the largest error of each tensor, in units of the last place of the entry it is in"
    figure.suptitle(title, fontsize=10)
    sns.despine(figure)
    return figure


def _points(axes: Axes, rows: pd.DataFrame, place: dict[str, int], colour: Any, up: float, label: str) -> None:
    """Weights filled, inputs hollow."""
    is_input = rows["tensor"] == "input 1"
    for some, what, face in ((rows[~is_input], "weights", colour), (rows[is_input], "inputs", "none")):
        heights = [place[experiment] + up for experiment in some["experiment"]]
        style = {"s": 14, "facecolor": face, "edgecolor": colour, "linewidth": 0.7}
        axes.scatter(some["ulp"], heights, label=f"{label}, {what}", **style)


LINES: dict[str, dict[str, Any]] = {
    "autograd": {"color": "black", "linestyle": "-"},
    "fused engine": {"color": COLOURS[0], "linestyle": "-."},
    "one bit away": {"color": COLOURS[2], "linestyle": "--"},
    "torch.optim.SGD": {"color": COLOURS[1], "linestyle": ":"},
}
NAMES = {
    "autograd": "by autograd",
    "fused engine": "by hand in the fused engine",
    "one bit away": "by hand, every weight begun one bit away",
    "torch.optim.SGD": "with torch.optim.SGD",
}


def paths_figure(table: pd.DataFrame, columns: int = 5) -> Figure:
    """How far the weights of two runs are apart, sweep by sweep: a panel for each recipe, medians and the largest."""
    groups = list(table.groupby(["experiment", "reading"], sort=False))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(13, 2.4 * rows + 0.6), layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    handles = {}
    for panel, ((experiment, reading), path) in zip(panels.flat, groups, strict=False):
        for name, line in path.groupby("against", sort=False):
            far = line[["weights", "weights_most"]].clip(lower=1e-17)
            (handles[name],) = panel.plot(line["sweep"], far["weights"], linewidth=1.4, **LINES[str(name)])
            panel.plot(line["sweep"], far["weights_most"], linewidth=0.5, **LINES[str(name)])
        panel.set(xscale="symlog", yscale="log", ylim=(0.6e-17, 10), xlim=(0, None))
        panel.set_title(f"{experiment}\n{reading}", fontsize=8)
        panel.tick_params(labelsize=7)
        panel.set_xlabel("sweeps", fontsize=7, labelpad=1)
        panel.axhline(PARTED, color="0.7", linewidth=0.5)
    for panel in panels.flat[len(groups) :]:
        panel.set_visible(False)
    named = [NAMES[str(name)] for name in handles]
    figure.legend(handles.values(), named, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.supylabel("weights apart, over the largest weight", fontsize=9)
    title = "Whole runs, how far from the same by hand: the median of five seeds, and thin the one that is farthest"
    figure.suptitle(title, fontsize=10)
    sns.despine(figure)
    return figure


def paths_summary(table: pd.DataFrame) -> pd.DataFrame:
    """A row per recipe: how far runs are apart at most, and by which checkpoint they have parted (∞: never).

    Nothing is said of torch.optim.SGD where the rates do not change.
    """
    rows = []
    for (experiment, reading), path in table.groupby(["experiment", "reading"], sort=False):
        row: dict[str, Any] = {"experiment": experiment, "reading": reading, "sweeps": int(path["sweep"].max())}
        for name, line in path.groupby("against", sort=False):
            if name == "autograd":
                row["weights differ by"] = line["weights_most"].max()
                row["E differs by"] = line["E_most"].max()
            row[f"parted from {name} by"] = _first(line, PARTED)
        rows.append(row)
    return pd.DataFrame(rows)


def _first(line: pd.DataFrame, far: float) -> float:
    """The first sweep after which the weights of some seed are farther apart than that."""
    return line["sweep"][line["weights_most"] > far].min() if (line["weights_most"] > far).any() else np.inf

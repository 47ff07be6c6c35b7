"""Tables of the comparison with autograd: every module, every network, and summaries of them and of whole runs."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from backprop86.gradients import high_precision as extended
from backprop86.gradients.gradcheck import gradcheck
from backprop86.gradients.oracles import EXTENDED, by_autograd
from backprop86.gradients.whole_runs import PARTED
from backprop86.modules import Gain, Linear, Logistic, SquaredError
from backprop86.network import Network
from backprop86.wiring import Wiring

S, C = 2, 3
"""Seeds and cases of each comparison."""
AUTOGRAD_ITSELF = "autograd itself"
"""Rows in which autograd takes the place of the backward pass, judged by extended precision like ours."""
Pass = Callable[..., Any]


def modules() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each module of modules.py; the error also with dead zones, as a mean, with cases held out."""
    random = _random(0)
    y, w, x = random(S, C, 4), random(S, 3, 4), random(S, C, 4)
    yield "Linear", _rows(Linear.forward, Linear.backward, y, {"w": w}, extended.linear)
    yield "Logistic", _rows(Logistic.forward, Logistic.backward, x, {}, extended.logistic)
    yield "Gain", _rows(Gain.forward, Gain.backward, x, {"gain": random(S)}, extended.gain)
    y, d = torch.sigmoid(2 * random(S, C, 4)), (random(C, 4) > 0).double()
    counted = torch.tensor([[1.0, 0, 1], [0, 1, 1]], dtype=torch.float64)
    for zone, mean, some in itertools.product(("none", "from_edge", "from_target"), (False, True), (None, counted)):
        error = SquaredError(0.9, 0.1, zone, mean=mean)
        name = "SquaredError"
        if zone != "none":
            name += f", dead zone {zone}"
        if mean:
            name += ", mean"
        if some is not None:
            name += ", cases held out"
        right = partial(
            extended.squared_error,
            d=d.numpy(),
            targets=(0.9, 0.1),
            zone=(zone, 0.8, 0.2),
            mean=mean,
            counted=None if some is None else some.numpy(),
        )
        forward = partial(_error, error, d, some)
        yield name, _rows(forward, error.backward, y, {}, right)


def _error(error: SquaredError, d: Tensor, counted: Tensor | None, y: Tensor) -> Any:
    return error.forward(y, d, counted)


def network(wiring: Wiring) -> pd.DataFrame:
    """Return the rows of one network, with random weights (no bias is zero), inputs and dE_doutputs.

    The weights of each level are a separate tensor, since the first level may have a much smaller gradient.
    """
    random, net = _random(0), Network(wiring)
    inputs, w = random(S, C, wiring.n_inputs), random(S, wiring.n_parameters)
    levels, sizes = np.unique(wiring.parameter_level, return_counts=True)  # parameters are numbered level by level
    names = [f"w, level {1 + k}" if level < len(wiring.levels) else "gains" for k, level in enumerate(levels)]

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
    """Return the rows of `gradcheck` with all four oracles, and autograd's own, judged by extended precision."""

    def autograd_forward(*tensors: Tensor) -> tuple[Tensor, Any]:
        return forward(*tensors)[0], tensors

    def autograd_backward(dE_dout: Tensor, tensors: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, Tensor]]:
        first, *others = by_autograd(lambda *leaves: forward(*leaves)[0], tensors, dE_dout)
        return first, dict(zip(parameters, others, strict=True))

    ours = gradcheck(forward, backward, [y], parameters, extended=right, fast=False).table
    itself = gradcheck(autograd_forward, autograd_backward, [y], parameters, ["autograd"], extended=right).table
    itself = itself[itself["oracle"] == EXTENDED].assign(oracle=AUTOGRAD_ITSELF)
    both = pd.concat([ours, itself], ignore_index=True).drop(columns=["looks_like", "taylor"])
    numbers = both.select_dtypes("float64").columns
    return both.assign(**{name: [float(f"{number:.3g}") for number in both[name]] for name in numbers})


def per_tensor(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per tensor, the ulp of each oracle in a column, for a terminal."""
    short = {"complex step": "complex", "central differences": "central", "extended precision": "extended"}
    text = rows.assign(
        ulp=["none" if ulp != ulp else f"{ulp:.0f}" if ulp < 1e5 else f"{ulp:.0e}" for ulp in rows["ulp"]]
    )
    order = [name for name in dict.fromkeys(rows["oracle"]) if name != AUTOGRAD_ITSELF]
    wide = text.pivot(index=["network", "tensor"], columns="oracle", values="ulp")[order]
    wide = wide.loc[list(dict.fromkeys(zip(rows["network"], rows["tensor"], strict=True)))]
    agree = rows.groupby(["network", "tensor"], sort=False)["agrees"].all().to_numpy()
    return wide.rename(columns=short).reset_index().assign(agrees=np.where(agree, "yes", "NO"))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per oracle: tensors, tensors that agree bit for bit, the largest errors, whether all agree."""
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


def paths_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per recipe: the largest distance of runs, and the first checkpoint after they parted (∞: never).

    The columns of torch.optim.SGD stay empty where the rates do not change.
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


def paths_for_terminal(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of whole runs in fewer columns with shorter names."""
    names = ["sweeps", "weights", "E", "autograd", "fused", "one bit", "SGD"]
    short = runs.drop(columns=["experiment", "reading"]).set_axis(names[: runs.shape[1] - 2], axis=1)
    short.insert(0, "run", runs["experiment"] + " " + runs["reading"])
    return short


def _first(line: pd.DataFrame, far: float) -> float:
    """Return the first sweep after which the weights of some seed are farther apart than `far`."""
    return line["sweep"][line["weights_most"] > far].min() if (line["weights_most"] > far).any() else np.inf

"""The task that every peer gets: a network in layers, with a matrix of weights for each group of units."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from backprop86.engines.recipe import Cases, Recipe
from backprop86.wiring import Wiring


class Some(NamedTuple):
    """Some columns of the outputs of a layer; layer 0 is the inputs."""

    layer: int
    columns: slice | np.ndarray


@dataclass(frozen=True)
class Layer:
    """A layer: n units with the same sources.

    fed: the groups of units that feed them, each with the number of the part that holds its weights. biases: the number
    of the part that holds the biases.
    """

    fed: list[tuple[Some, int]]
    biases: int
    n: int


@dataclass(frozen=True)
class Task:
    """A network in layers, inputs (C, n), targets (C, n_outputs), epsilon and alpha.

    parts: the places of each part in the flat vector of parameters, (J, I) for weights and (J,) for biases. Layers of a
    recurrent net, which are the same units at several steps, have parts in common. outputs: in the targets' order.
    """

    parts: list[np.ndarray]
    layers: list[Layer]
    outputs: list[Some]
    inputs: np.ndarray
    targets: np.ndarray
    epsilon: float
    alpha: float


def task_of(wiring: Wiring, cases: Cases, recipe: Recipe) -> Task:
    """Return the task of training a wiring on cases by a recipe; every unit must have a bias."""
    incoming = {unit: np.flatnonzero(wiring.target == unit) for unit in range(1 + wiring.n_inputs, wiring.n_units)}
    alike = groupby(incoming, key=lambda unit: tuple(wiring.source[incoming[unit]]))
    found = [(sources, list(units)) for sources, units in alike]
    places = [np.stack([wiring.parameter[incoming[unit]] for unit in units]) for _, units in found]
    members = [range(1, 1 + wiring.n_inputs), *(units for _, units in found)]
    place = {unit: (k, column) for k, units in enumerate(members) for column, unit in enumerate(units)}
    used: dict[bytes, list[tuple[int, int]]] = {}  # the places of the weights from one source: from layer, to layer
    for k, ((sources, _), rows) in enumerate(zip(found, places, strict=True)):
        for source, weights in zip(sources[1:], rows.T[1:], strict=True):  # the first is unit 0, which is always 1
            used.setdefault(weights.tobytes(), []).append((place[source][0], k))
    parts: dict[bytes, np.ndarray] = {}

    def number(part: np.ndarray) -> int:
        parts.setdefault(part.tobytes(), part)
        return list(parts).index(part.tobytes())

    layers = []
    for (sources, units), rows in zip(found, places, strict=True):
        groups: dict[tuple, list[int]] = {}
        for i in range(1, len(sources)):
            groups.setdefault((place[sources[i]][0], *used[rows[:, i].tobytes()]), []).append(i)
        fed = [(some_of([place[sources[i]] for i in group]), number(rows[:, group])) for group in groups.values()]
        layers.append(Layer(fed, number(rows[:, 0]), len(units)))
    by_layer = groupby((place[unit] for unit in wiring.outputs), key=lambda at: at[0])
    outputs = [some_of(list(run)) for _, run in by_layer]
    targets = recipe.target_off + (recipe.target_on - recipe.target_off) * cases.desired
    return Task(list(parts.values()), layers, outputs, cases.inputs, targets, recipe.epsilon, recipe.alpha)


def some_of(units: list[tuple[int, int]]) -> Some:
    """Return units of one layer, each given by its layer and column."""
    layer, columns = units[0][0], np.array([column for _, column in units])
    if not np.array_equal(columns, columns[0] + np.arange(len(columns))):
        return Some(layer, columns)
    return Some(layer, slice(int(columns[0]), int(columns[0]) + len(columns)))


def units(task: Task, some: Some) -> list[int]:
    """Return the columns as numbers."""
    n = task.layers[some.layer - 1].n if some.layer else task.inputs.shape[1]
    return np.arange(n)[some.columns].tolist()


def split(task: Task, w: np.ndarray, array: Callable) -> list:
    """Return the flat vectors w (S, n_parameters) as parts (S, J, I) and (S, J), arrays of any library."""
    return [array(w[:, places]) for places in task.parts]


def join(task: Task, parts: Sequence, w0: np.ndarray) -> np.ndarray:
    """Return the flat vectors of such parts; w0 has their shape."""
    w = w0.copy()
    for places, part in zip(task.parts, parts, strict=True):
        w[:, places] = np.asarray(part)
    return w


def forward(task: Task, parts: Sequence, inputs: Any, sigmoid: Callable) -> list:
    """Return the outputs (..., C, n) of every layer; parts are (..., J, I) and (..., J). Any library's arrays."""
    y = [inputs]
    for layer in task.layers:
        x = parts[layer.biases][..., None, :]
        for some, k in layer.fed:
            x = x + y[some.layer][..., some.columns] @ parts[k].swapaxes(-1, -2)
        y.append(sigmoid(x))
    return y


def error(task: Task, y: list, targets: Any) -> Any:
    """Return E, equation 3, of the outputs of every layer; targets (C, n_outputs) of the same library."""
    total, first = 0.0, 0
    for some in task.outputs:
        miss = y[some.layer][..., some.columns]
        miss = miss - targets[:, first : first + miss.shape[-1]]
        total, first = total + (miss**2).sum(), first + miss.shape[-1]
    return total / 2

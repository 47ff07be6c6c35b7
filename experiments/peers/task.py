"""The task that every peer gets, in layers, and the steps that several peers share."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from backprop86.engines.recipe import Cases, Recipe
from backprop86.wiring import Wiring


@dataclass(frozen=True)
class Layer:
    """Units that are fed by the same others: parameters of their weights (J, I) and biases (J,)."""

    sources: np.ndarray  # numbers of units, the one that is always 1 left out
    weights: np.ndarray
    biases: np.ndarray


@dataclass(frozen=True)
class Task:
    """A network in layers, inputs (C, n), targets (C, n_outputs), epsilon and alpha."""

    layers: list[Layer]
    outputs: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    epsilon: float
    alpha: float


def task_of(wiring: Wiring, cases: Cases, recipe: Recipe) -> Task:
    """Return the task of training a wiring on cases by a recipe."""
    targets = recipe.target_off + (recipe.target_on - recipe.target_off) * cases.desired
    return Task(layers_of(wiring), wiring.outputs, cases.inputs, targets, recipe.epsilon, recipe.alpha)


def layers_of(wiring: Wiring) -> list[Layer]:
    """Return the units of a wiring, all of which must have biases, grouped by the units that feed them."""
    fed = {unit: np.flatnonzero(wiring.target == unit) for unit in range(1 + wiring.n_inputs, wiring.n_units)}
    layers = []
    for sources, units in groupby(fed, key=lambda unit: tuple(wiring.source[fed[unit]])):
        parameters = np.stack([wiring.parameter[fed[unit]] for unit in units])
        layers.append(Layer(np.array(sources[1:]), parameters[:, 1:], parameters[:, 0]))
    return layers


def split(task: Task, w: np.ndarray, array: Callable) -> list:
    """Return the flat vectors w (S, n_parameters) as [weights (S, J, I), biases (S, J), ...], arrays of any library."""
    return [array(part) for layer in task.layers for part in (w[:, layer.weights], w[:, layer.biases])]


def join(task: Task, parts: list, w0: np.ndarray) -> np.ndarray:
    """Return the flat vectors of such parts; w0 says how many weights there are."""
    w = w0.copy()
    for k, layer in enumerate(task.layers):
        w[:, layer.weights], w[:, layer.biases] = np.asarray(parts[2 * k]), np.asarray(parts[2 * k + 1])
    return w


def inputs_with_one(task: Task) -> np.ndarray:
    """Return the unit that is always 1 and the inputs, (C, 1 + n)."""
    return np.concatenate([np.ones((len(task.inputs), 1)), task.inputs], 1)


def outputs_of(task: Task, parts: list, y: Any, sigmoid: Callable, cat: Callable) -> Any:
    """Return the outputs of y (..., C, 1 + n) by parts (..., J, I) and (..., J), in any library."""
    for k, layer in enumerate(task.layers):
        x = y[..., layer.sources] @ parts[2 * k].swapaxes(-1, -2) + parts[2 * k + 1][..., None, :]
        y = cat([y, sigmoid(x)], -1)
    return y[..., task.outputs]

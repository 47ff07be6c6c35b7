"""What gradients written by hand are checked against. The only file that may touch autograd.

    compare(Linear.forward, Linear.backward, [y], {"w": w})

takes any pair of functions of the form described in modules.py, and says of every tensor whether its gradient is right.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from backprop86.recipe import Cases, Recipe
from backprop86.wiring import Wiring

Function = Callable[..., Tensor]


def by_autograd(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """d(sum cotangent f)/d(each tensor), by torch.autograd."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    return list(torch.autograd.grad(f(*leaves), leaves, cotangent, materialize_grads=True))


def by_complex_step(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """The same from Im f(x + ih) / h, which has no rounding error to speak of: nothing is subtracted."""
    h = 1e-30
    wide = [tensor.to(torch.complex128) for tensor in tensors]

    def slope(k: int, i: int) -> float:
        return float((cotangent * f(*_moved(wide, k, i, 1j * h))).sum().imag / h)

    return _one_at_a_time(slope, tensors)


def by_central_differences(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """The same from (f(x + h) - f(x - h)) / 2h, good to about nine digits."""
    h = 1e-5

    def slope(k: int, i: int) -> float:
        return float(((f(*_moved(tensors, k, i, h)) - f(*_moved(tensors, k, i, -h))) * cotangent).sum() / (2 * h))

    return _one_at_a_time(slope, tensors)


def _moved(tensors: Sequence[Tensor], k: int, i: int, by: complex) -> list[Tensor]:
    moved = tensors[k].clone(memory_format=torch.contiguous_format)
    moved.view(-1)[i] += by
    return [*tensors[:k], moved, *tensors[k + 1 :]]


def _one_at_a_time(slope: Callable[[int, int], float], tensors: Sequence[Tensor]) -> list[Tensor]:
    slopes = [[slope(k, i) for i in range(tensor.numel())] for k, tensor in enumerate(tensors)]
    return [torch.tensor(s, dtype=t.dtype).reshape(t.shape) for s, t in zip(slopes, tensors, strict=True)]


ORACLES = {
    "autograd": (by_autograd, 1e-12),
    "complex step": (by_complex_step, 1e-12),
    "central differences": (by_central_differences, 1e-7),
}
"""Each oracle, and the largest relative error that it lets pass, in float64."""


def compare(
    forward: Callable[..., tuple[Tensor, object]],
    backward: Callable[..., tuple[Tensor | Sequence[Tensor] | None, dict[str, Tensor]]],
    inputs: Sequence[Tensor],
    parameters: dict[str, Tensor],
    oracles: Sequence[str] = tuple(ORACLES),
    seed: int = 1986,
) -> pd.DataFrame:
    """A row per (oracle, tensor): exact, largest absolute error, relative to the largest entry, whether it agrees.

    forward(*inputs, *parameters) -> (out, cache); backward(dE_dout, cache) -> (dE_dinputs, {name: dE_dparameter}),
    with one input's gradient alone or a sequence of them. dE_dout is random (ones would hide errors), keyed by `seed`.
    """
    tensors = [*inputs, *parameters.values()]
    names = [*(f"input {k + 1}" for k in range(len(inputs))), *parameters]
    out, cache = forward(*tensors)
    random = torch.Generator().manual_seed(seed)
    dE_dout = torch.randn(out.shape, dtype=out.dtype, generator=random)
    dE_dinputs, gradients = backward(dE_dout, cache)
    if isinstance(dE_dinputs, Tensor) or dE_dinputs is None:
        dE_dinputs = [dE_dinputs]  # type: ignore[list-item]
    by_hand: list[Tensor | None] = [*dE_dinputs, *(gradients.get(name) for name in parameters)]
    rows = []
    for oracle in oracles:
        gradient_of, tolerance = ORACLES[oracle]
        right = gradient_of(lambda *moved: forward(*moved)[0], tensors, dE_dout)
        rows += [_row(oracle, *three, tolerance) for three in zip(names, by_hand, right, strict=True)]
    return pd.DataFrame(rows)


def _row(oracle: str, name: str, by_hand: Tensor | None, right: Tensor, tolerance: float) -> dict[str, object]:
    if by_hand is None or by_hand.shape != right.shape:
        was = "missing" if by_hand is None else f"of shape {tuple(by_hand.shape)}"
        raise ValueError(f"the gradient of {name} must have shape {tuple(right.shape)}, was {was}")
    absolute, size = float((by_hand - right).abs().max()), float(right.abs().max())
    relative = absolute / size if size else (0.0 if absolute == 0 else np.inf)
    about = {"oracle": oracle, "tensor": name, "exact": by_hand.equal(right)}
    return about | {"absolute": absolute, "relative": relative, "agrees": relative <= tolerance}


def trajectory(
    wiring: Wiring, cases: Cases, recipe: Recipe, w: np.ndarray, counted: np.ndarray | None = None
) -> Tensor:
    """w after each sweep, (sweeps + 1, S, n_parameters): the whole recipe again, unit by unit, gradients by autograd.

    It shares no code with modules.py, network.py, descent.py or reference.py.
    """
    marked = torch.ones(len(w), len(cases.inputs), dtype=torch.float64) if counted is None else torch.tensor(counted)
    groups = [list(range(len(cases.inputs)))] if recipe.update == "sweep" else [[c] for c in range(len(cases.inputs))]
    now = torch.tensor(w)
    change = torch.zeros_like(now)
    kept = [now]
    for sweep in range(1, recipe.sweeps + 1):
        opening = sweep <= recipe.opening_sweeps
        epsilon = recipe.opening_epsilon if opening else recipe.epsilon
        alpha = recipe.opening_alpha if opening else recipe.alpha
        for group in groups:
            leaf = now.clone().requires_grad_()
            E = _error(wiring, cases, recipe, leaf, group, marked)
            (gradient,) = torch.autograd.grad(E.sum(), leaf)
            next_change = -epsilon * gradient + alpha * change
            learns = marked[:, group].any(1, keepdim=True)
            moved = (now + next_change) * (1 - recipe.decay)
            if recipe.biases == "negative":
                moved = torch.where(torch.tensor(wiring.is_bias), moved.clamp(max=0), moved)
            now = torch.where(learns, moved, now)
            change = torch.where(learns, next_change, change)
        kept.append(now)
    return torch.stack(kept)


def _error(wiring: Wiring, cases: Cases, recipe: Recipe, w: Tensor, group: list[int], marked: Tensor) -> Tensor:
    """E (S,) of some cases, one unit after another."""
    y: list[Tensor] = [w.new_ones(len(w), len(group))]
    y += [torch.tensor(cases.inputs[group, i]).expand(len(w), -1) for i in range(wiring.n_inputs)]
    for unit in range(len(y), wiring.n_units):
        feeds = np.flatnonzero(wiring.target == unit)
        x = sum(w[:, [wiring.parameter[k]]] * y[wiring.source[k]] for k in feeds)
        y.append(1 / (1 + torch.exp(-x)))
    E = w.new_zeros(len(w))
    for j, unit in enumerate(wiring.outputs):
        for c, case in enumerate(group):
            out, on = y[unit][:, c], cases.desired[case, j] > 0.5
            miss = out - (recipe.target_on if on else recipe.target_off)
            if recipe.dead_zone != "none":
                edge = out - (recipe.zone_on if on else recipe.zone_off)
                outside = edge < 0 if on else edge > 0
                miss = (edge if recipe.dead_zone == "from_edge" else miss) * outside
            E = E + marked[:, case] * miss**2 / 2
    if recipe.error == "mean":
        E = E / (marked[:, group].sum(1) * len(wiring.outputs))
    return E

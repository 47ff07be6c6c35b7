"""What gradients written by hand are checked against. The only file that may touch autograd.

    compare(Linear.forward, Linear.backward, [y], {"w": w})

takes any pair of functions of the form described in modules.py, or a torch.autograd.Function, and says of every tensor
whether its gradient is right, how far it is off, and what the mistake looks like. In a test of one's own:

    assert_gradients(my_forward, my_backward, [y], {"w": w})
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from backprop86.mistakes import Oracle, Suspect, looks_like
from backprop86.pair import OTHERS, Backward, Forward, Pair, distance

Function = Callable[..., Tensor]
EPS = float(np.finfo(np.float64).eps)
H = 1e-5
"""The step of central differences."""
ALONE = f"hand it what it closes over as inputs, or {OTHERS}"
NO_AUTOGRAD = "autograd cannot follow forward, which leaves torch on the way (numpy, detach, no_grad) or overflows"
NOT_ANALYTIC = (
    "forward is another function of complex numbers (abs, norm, var, a real buffer) or its slopes are below 1e-290"
)


def by_autograd(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """d(sum cotangent f)/d(each tensor), by torch.autograd."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    try:
        out = f(*leaves)
        if out.requires_grad:
            return list(torch.autograd.grad(out, leaves, cotangent, materialize_grads=True))
    except RuntimeError as error:
        why = str(error).splitlines()[0].partition(": [")[0]
        raise ValueError(f"autograd cannot follow forward ({why}): {ALONE}") from error
    raise ValueError(f"{NO_AUTOGRAD}: {ALONE}")


def by_complex_step(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """The same from Im f(x + ih) / h, which has no rounding error to speak of: nothing is subtracted."""
    h = 1e-30
    wide = [tensor.to(torch.complex128) for tensor in tensors]

    def slope(k: int, i: int) -> float:
        return float((cotangent * f(*_moved(wide, k, i, 1j * h))).sum().imag.detach() / h)

    try:
        return _one_at_a_time(slope, tensors)
    except (RuntimeError, TypeError) as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"forward cannot take complex numbers ({why}): {ALONE}") from error


def by_central_differences(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """The same from (f(x + h) - f(x - h)) / 2h, good to about nine digits."""

    def slope(k: int, i: int) -> float:
        return _difference(f, tensors, cotangent, k, i, H)

    return _one_at_a_time(slope, tensors)


def _difference(f: Function, tensors: Sequence[Tensor], cotangent: Tensor, k: int, i: int, step: float) -> float:
    """Entry i of tensor k moved by `step` to each side, or by that share of itself if it is large."""
    x = float(tensors[k].flatten()[i])
    h = step * max(1.0, abs(x))
    above, below = (f(*_moved(tensors, k, i, by)) for by in (h, -h))
    return float(((above - below) * cotangent).sum().detach() / (2 * h))


def _moved(tensors: Sequence[Tensor], k: int, i: int, by: complex) -> list[Tensor]:
    moved = tensors[k].clone(memory_format=torch.contiguous_format)
    moved.view(-1)[i] += by
    return [*tensors[:k], moved, *tensors[k + 1 :]]


def _one_at_a_time(slope: Callable[[int, int], float], tensors: Sequence[Tensor]) -> list[Tensor]:
    slopes = [[slope(k, i) for i in range(tensor.numel())] for k, tensor in enumerate(tensors)]
    return [torch.tensor(s, dtype=t.dtype).reshape(t.shape) for s, t in zip(slopes, tensors, strict=True)]


ORACLES: dict[str, tuple[Oracle, float]] = {
    "autograd": (by_autograd, 1e-12),
    "complex step": (by_complex_step, 1e-12),
    "central differences": (by_central_differences, 1e-7),
}
"""Each oracle, and the largest relative error that it lets pass, in float64."""
EXTENDED = "extended precision"
"""The fourth, which has to know the equations: see extended.py. It lets as much pass as autograd."""


def compare(
    forward: Forward | type,
    backward: Backward | None,
    inputs: Sequence[Tensor],
    parameters: dict[str, Tensor],
    oracles: Sequence[str] | None = None,
    seed: int = 1986,
    extended: Callable[..., Sequence[np.ndarray]] | None = None,
) -> pd.DataFrame:
    """A row per (oracle, tensor): whether the gradient agrees, and if not, what the mistake looks like.

    forward(*inputs, *parameters) -> (out, cache); backward(dE_dout, cache) -> (dE_dinputs, {name: dE_dparameter}),
    with one input's gradient alone or a sequence of them; or a torch.autograd.Function and None. All float64.
    dE_dout is random (ones would hide errors), keyed by `seed`. extended(*arrays, dE_dout) is the same in other code.
    Without `oracles` it asks all that can be asked: what cannot take complex numbers (ReLU) is told by a warning.
    exact: bit for bit. absolute: the largest error of an entry; relative: over the tensor's largest entry, which is
    what must be at most 1e-12 (1e-7 for central differences, or their rounding); ulp: the largest error of an entry in
    units of its own last place, which is large where terms nearly cancel.
    ValueError, in one line, for what cannot be compared.
    """
    pair = Pair(forward, backward, inputs, parameters)
    random = torch.Generator().manual_seed(seed)
    dE_dout = torch.randn(pair.out.shape, dtype=pair.out.dtype, generator=random)
    by_hand = pair.gradients(dE_dout)
    asked = {name: ORACLES[name] for name in _known(tuple(ORACLES) if oracles is None else oracles, extended)}
    if extended is not None:
        asked[EXTENDED] = _in_other_code(extended), ORACLES["autograd"][1]
    rows = []
    for name, (oracle, tolerance) in asked.items():
        noise = 4 * EPS * float((pair.out * dE_dout).abs().sum()) / H if oracle is by_central_differences else 0.0
        try:
            gradients = oracle(pair.function, pair.tensors, dE_dout)
        except ValueError as error:
            if oracles is not None or oracle is not by_complex_step:
                raise
            warnings.warn(f"without the complex step: {error}", stacklevel=2)
            continue
        for k, right in enumerate(gradients):
            row = {"oracle": name, "tensor": pair.names[k]} | distance(by_hand[k], right, tolerance, noise)
            if not row["agrees"] and not row["looks_like"]:
                cheapest = next(iter(asked.values()))[0]
                suspect = Suspect(pair, k, by_hand[k], right, dE_dout, cheapest, tolerance)
                row["looks_like"] = _of_the_oracle(oracle, suspect) or looks_like(suspect)
            rows.append(row)
    return pd.DataFrame(rows)


def _known(oracles: Sequence[str], more: object) -> Sequence[str]:
    oracles = [oracles] if isinstance(oracles, str) else oracles
    strangers = [name for name in oracles if name not in ORACLES]
    if strangers or not (oracles or more is not None):
        raise ValueError(
            f"oracles must be one or more of {', '.join(ORACLES)}, was {strangers[0] if strangers else 'none'}"
        )
    return oracles


def _in_other_code(extended: Callable[..., Sequence[np.ndarray]]) -> Oracle:
    def oracle(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
        return [torch.tensor(found) for found in extended(*(tensor.numpy() for tensor in [*tensors, cotangent]))]

    return oracle


def _of_the_oracle(oracle: Oracle, suspect: Suspect) -> str:
    """Why the oracle may be wrong and not the gradient. ValueError where it has not differentiated forward at all."""
    step = _agreeing_step(suspect)
    if oracle is by_central_differences:
        unfit = f"a step of {H:g} is not precise here (a corner of the slope?), one of {step:g} agrees"
        return _corner(suspect) or (f"{unfit}: {OTHERS}" if step else "")
    for misled, words in ((by_autograd, NO_AUTOGRAD), (by_complex_step, NOT_ANALYTIC)):
        apart = (suspect.by_hand - suspect.right).abs().max() / suspect.by_hand.abs().max()
        if oracle is misled and step and apart > 1e-5 and not _corner(suspect):
            raise ValueError(f"{words}: {ALONE}")
    return ""


def _agreeing_step(suspect: Suspect) -> float:
    """A step with which central differences give the worst entry as it is by hand, or 0."""
    ours, k = suspect.by_hand, suspect.k
    i = int((ours - suspect.right).abs().argmax())
    for step in (H, 1e-6, 1e-4, 1e-7, 1e-3, 1e-8, 1e-2, 1e-9, 1e-10):
        slope = _difference(suspect.pair.function, suspect.pair.tensors, suspect.dE_dout, k, i, step)
        if abs(float(ours.flatten()[i]) - slope) <= 1e-7 * float(ours.abs().max()):
            return step
    return 0.0


def _corner(suspect: Suspect) -> str:
    """What central differences stumble over: a corner or a jump of forward, or of its slope, at the worst entry."""
    k, scale = suspect.k, float(suspect.right.abs().max())
    i = int((suspect.by_hand - suspect.right).abs().argmax())

    def E(moved: float) -> float:
        return float(
            (suspect.pair.function(*_moved(suspect.pair.tensors, k, i, moved)) * suspect.dE_dout).sum().detach()
        )

    left, right = (E(0) - E(-H)) / H, (E(H) - E(0)) / H
    closer = (E(H / 2) - 2 * E(0) + E(-H / 2)) / (H / 2)  # right - left at half the distance: half as much if smooth
    rounding = 100 * np.spacing(abs(E(0))) / H
    if abs(right - left) > 1e-5 * scale + rounding and not 0.4 < closer / (right - left) < 0.6:
        slopes = f"slope {left:.3g} on one side and {right:.3g} on the other"
        return f"within {H:g} of this point forward has a corner or a jump ({slopes}), where there is no gradient"
    return ""


def in_words(table: pd.DataFrame) -> str:
    """What `compare` found, a line for each tensor; errors are told over the right gradient's largest entry."""
    lines, width = [], max(len(name) for name in table["tensor"])
    for name, rows in table.groupby("tensor", sort=False):
        wrong = rows[~rows["agrees"]]
        if wrong.empty:
            far = [
                f"{'equal to' if row.exact else f'{row.relative:.0e} from'} {row.oracle}" for row in rows.itertuples()
            ]
            lines.append(f"{name:<{width}}  right: {', '.join(far)}")
        else:
            first = wrong.iloc[0]
            say = "" if len(wrong) == len(rows) else f" (say{'s' * (len(wrong) == 1)} {', '.join(wrong['oracle'])})"
            off = "" if np.isnan(first["relative"]) else f", off by {first['relative']:.3g} times the largest entry"
            lines.append(f"{name:<{width}}  WRONG{say}{off}: {first['looks_like']}")
    return "\n".join(lines)


def assert_gradients(
    forward: Forward | type,
    backward: Backward | None,
    inputs: Sequence[Tensor],
    parameters: dict[str, Tensor],
    **settings: Any,
) -> None:
    """For tests: AssertionError, in words, unless all gradients agree. It takes what `compare` takes."""
    table = compare(forward, backward, inputs, parameters, **settings)
    if not table["agrees"].all():
        raise AssertionError("gradients do not agree\n" + in_words(table))

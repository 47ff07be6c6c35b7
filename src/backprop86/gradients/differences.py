"""Two oracles that run forward near a point, the complex step and central differences, and tests of where they fail."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from backprop86.gradients.candidate import OTHERS, Pair
from backprop86.gradients.mistakes import Suspect

Function = Callable[..., Tensor]
Along = Callable[[int, Tensor], float]
"""The type of a function (k, v) -> the slope of E when tensor k moves along v."""
EPS = float(np.finfo(np.float64).eps)
H = 1e-5
"""The step of central differences."""
COMPLEX_H = 1e-30
NOISE = 4 * EPS / H
"""The rounding error of central differences, over the sum of the two terms of the difference."""


def by_complex_step(
    f: Function, tensors: Sequence[Tensor], cotangent: Tensor, which: Iterable[int] | None = None
) -> list[Tensor]:
    """Return d(sum cotangent f)/d(each tensor) as Im f(x + ih) / h, which subtracts nothing and so rounds little.

    which: the numbers of the tensors to differentiate by; None is all.
    """
    along = complex_step_along(f, tensors, cotangent)

    def slope(k: int, i: int) -> float:
        return along(k, _moved([torch.zeros_like(tensors[k])], 0, i, 1)[0])

    return _one_at_a_time(slope, tensors, which)


def by_central_differences(
    f: Function, tensors: Sequence[Tensor], cotangent: Tensor, which: Iterable[int] | None = None
) -> list[Tensor]:
    """Return d(sum cotangent f)/d(each tensor) as (f(x + h) - f(x - h)) / 2h, good to about nine digits."""

    def slope(k: int, i: int) -> float:
        return difference(f, tensors, cotangent, k, i, H)

    return _one_at_a_time(slope, tensors, which)


def _one_at_a_time(
    slope: Callable[[int, int], float], tensors: Sequence[Tensor], which: Iterable[int] | None
) -> list[Tensor]:
    asked = [(k, tensors[k]) for k in (range(len(tensors)) if which is None else which)]
    return [_in_shape([slope(k, i) for i in range(x.numel())], x) for k, x in asked]


def complex_step_along(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> Along:
    """Return the slope of E = sum cotangent f, by the complex step, when tensor k moves along v."""
    wide = [x.to(torch.complex128) for x in tensors]

    def slope(k: int, v: Tensor) -> float:
        moved = torch.complex(tensors[k], COMPLEX_H * v)
        return float((cotangent * f(*wide[:k], moved, *wide[k + 1 :])).sum().imag.detach() / COMPLEX_H)

    return slope


def central_difference_along(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> Along:
    """Return that slope by central differences at two steps, weighted so that the error of second order cancels."""

    def slope(k: int, v: Tensor, h: float) -> float:
        above, below = (f(*tensors[:k], tensors[k] + by * v, *tensors[k + 1 :]) for by in (h, -h))
        return float(((above - below) * cotangent).sum().detach() / (2 * h))

    return lambda k, v: (4 * slope(k, v, H) - slope(k, v, 2 * H)) / 3


def difference(f: Function, tensors: Sequence[Tensor], cotangent: Tensor, k: int, i: int, step: float) -> float:
    """Return the slope at entry i of tensor k, moved by `step` (or by `step` times itself if large) to each side."""
    x = float(tensors[k].flatten()[i])
    h = step * max(1.0, abs(x))
    above, below = (f(*_moved(tensors, k, i, by)) for by in (h, -h))
    return float(((above - below) * cotangent).sum().detach() / (2 * h))


def _moved(tensors: Sequence[Tensor], k: int, i: int, by: complex) -> list[Tensor]:
    moved = tensors[k].clone(memory_format=torch.contiguous_format)
    moved.view(-1)[i] += by
    return [*tensors[:k], moved, *tensors[k + 1 :]]


def _in_shape(slopes: list[float], x: Tensor) -> Tensor:
    return torch.tensor(slopes, dtype=x.dtype, device=x.device).reshape(x.shape)


def contradicts(
    pair: Pair, dE_dout: Tensor, by_complex: Sequence[Tensor], by_autograd: Sequence[Tensor], tolerance: float
) -> bool:
    """Return whether central differences agree with autograd at the entry where the complex step differs most.

    In that case forward is another function for complex numbers (var, abs) or loses tiny imaginary parts (conv2d).
    """
    for k, (stepped, right) in enumerate(zip(by_complex, by_autograd, strict=True)):
        apart = (stepped - right).abs().nan_to_num(torch.inf)
        if right.isfinite().all() and apart.max() > tolerance * right.abs().max():
            i = int(apart.argmax())
            slope = difference(pair.function, pair.tensors, dE_dout, k, i, H)
            of_complex, of_autograd = (abs(float(found.flatten()[i]) - slope) for found in (stepped, right))
            if 10 * of_autograd < of_complex or not np.isfinite(of_complex):
                return True
    return False


def not_complex(pair: Pair) -> str:
    """Return the operation of forward that fails with complex numbers: it raises an error, or loses the slope."""
    random = torch.Generator().manual_seed(0)
    away = [COMPLEX_H * torch.randn(x.shape, dtype=x.dtype, generator=random).to(x.device) for x in pair.tensors]
    with Slopes() as slopes, quiet(), suppress(Exception):  # of any type: real numbers do not raise it
        pair.function(*(torch.complex(x, h) for x, h in zip(pair.tensors, away, strict=True)))
    return slopes.lost or "this forward"


def quiet() -> Any:
    """Return a context that hides the warnings about lost imaginary parts."""
    return warnings.catch_warnings(action="ignore")


class Slopes(TorchFunctionMode):
    """A mode that compares each operation of torch, its slope along the imaginary parts, with a central difference."""

    lost = ""
    """The first operation with another slope, or with an error."""

    def __torch_function__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = (args, kwargs or {})
        try:
            if not self.lost and _loses_slope(operation, given):
                self.lost = _name(operation)
            return operation(*args, **(kwargs or {}))
        except Exception:
            self.lost = self.lost or _name(operation)
            raise


def _loses_slope(operation: Any, given: Any) -> bool:
    def at(moved: Callable[[Tensor], Tensor]) -> Any:
        args, kwargs = tree_map(lambda x: moved(x.clone()) if isinstance(x, Tensor) else x, given)
        return operation(*args, **kwargs)

    def along(h: float) -> Callable[[Tensor], Tensor]:
        return lambda x: x.real + h / COMPLEX_H * x.imag if x.is_complex() else x

    try:
        stepped, above, below = at(lambda x: x), at(along(H)), at(along(-H))
    except Exception:  # it will be raised again, where forward asks
        return False
    if not all(isinstance(out, Tensor) and out.is_floating_point() for out in (above, below)):
        return False
    slope = (above - below) / (2 * H)
    found = stepped.imag / COMPLEX_H if stepped.is_complex() else torch.zeros_like(slope)
    return not torch.allclose(found, slope, rtol=1e-4, atol=1e-6 * float(slope.abs().max()))


def _name(operation: Any) -> str:
    """Return the name of an operation of torch, or of an attribute (x.real)."""
    name = getattr(operation, "__name__", "")
    name = operation.__self__.__name__ if name == "__get__" else name
    return name.strip("_")


def agreeing_step(suspect: Suspect) -> float:
    """Return a step with which central differences agree with the worst entry by hand, or 0."""
    ours, k = suspect.by_hand, suspect.k
    i = int((ours - suspect.right).abs().argmax())
    for step in (H, 1e-6, 1e-4, 1e-7, 1e-3, 1e-8, 1e-2, 1e-9, 1e-10):
        slope = difference(suspect.pair.function, suspect.pair.tensors, suspect.dE_dout, k, i, step)
        if abs(float(ours.flatten()[i]) - slope) <= 1e-7 * float(ours.abs().max()):
            return step
    return 0.0


def too_coarse(suspect: Suspect) -> str:
    """Return the reason why central differences, and not the gradient, may be wrong; "" if there is none."""
    step = agreeing_step(suspect)
    unfit = f"a step of {H:g} is not precise here (a corner of the slope?), one of {step:g} agrees"
    return corner(suspect) or (f"{unfit}: {OTHERS}" if step else "")


def corner(suspect: Suspect) -> str:
    """Return the corner or jump of forward or its slope that misleads central differences at the worst entry; or ""."""
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

"""Other people's gradient checkers, for contest.py: each gets a pair of passes, and returns whether it is right.

Each is called as in its documentation, with its defaults, and torch's once more with common tolerances for float32.
`tensors` are the tensors of a layer, inputs first.
"""

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

Passes = tuple[Callable[..., Any], Callable[..., Any]]
"""forward(*tensors) -> (out, cache) and backward(dE_dout, cache) -> a gradient for each tensor."""


def by_torch(passes: Passes, tensors: Sequence[Tensor], **settings: Any) -> bool:
    """Run torch.autograd.gradcheck on a Function made of the passes."""
    forward, backward = passes

    class Made(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Tensor) -> Tensor:
            out, ctx.cache = forward(*tensors)
            return out

        @staticmethod
        def backward(ctx: Any, dE_dout: Tensor) -> tuple[Tensor, ...]:
            return tuple(backward(dE_dout, ctx.cache))

    leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    with warnings.catch_warnings(action="ignore"):  # a warning that an input is not in double precision
        return torch.autograd.gradcheck(Made.apply, leaves, raise_exception=False, **settings)


def _in_numpy(passes: Passes) -> tuple[Callable[..., np.ndarray], Callable[..., list[np.ndarray]]]:
    """Return out(*arrays) and gradients(dE_dout, *arrays)."""
    forward, backward = passes

    def tensors(arrays: Sequence[Any]) -> list[Tensor]:
        return [torch.from_numpy(np.array(array)) for array in arrays]

    def out(*arrays: Any) -> np.ndarray:
        return forward(*tensors(arrays))[0].numpy()

    def gradients(dE_dout: Any, *arrays: Any) -> list[np.ndarray]:
        (given,) = tensors([dE_dout])
        return [gradient.numpy() for gradient in backward(given, forward(*tensors(arrays))[1])]

    return out, gradients


def by_jax(passes: Passes, tensors: Sequence[Tensor]) -> bool:
    """Run jax.test_util.check_grads on a custom_vjp that calls the passes back."""
    out, gradients = _in_numpy(passes)
    shape = jax.ShapeDtypeStruct((of := out(*(t.numpy() for t in tensors))).shape, of.dtype)

    @jax.custom_vjp
    def function(*arrays: Any) -> Any:
        return jax.pure_callback(out, shape, *arrays)

    def back(arrays: Any, dE_dout: Any) -> Any:
        shapes = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
        return tuple(jax.pure_callback(gradients, shapes, dE_dout, *arrays))

    function.defvjp(lambda *arrays: (function(*arrays), arrays), back)
    return _passes(check_jax, function, tuple(jax.numpy.asarray(t.numpy()) for t in tensors), order=1, modes=("rev",))


def by_hips(passes: Passes, tensors: Sequence[Tensor]) -> bool:
    """Run check_grads of HIPS autograd on a primitive that calls the passes."""
    out, gradients = _in_numpy(passes)
    function = primitive(out)

    def vjp(k: int, ans: Any, *arrays: Any) -> Callable[[Any], np.ndarray]:
        return lambda dE_dout: gradients(dE_dout, *arrays)[k]

    defvjp(function, *(partial(vjp, k) for k in range(len(tensors))))
    np.random.seed(1986)  # noqa: NPY002  (it draws its directions there)
    each = (check_hips(function, k, modes=["rev"], order=1) for k in range(len(tensors)))
    return all(_passes(check, *(tensor.numpy() for tensor in tensors)) for check in each)


def _passes(check: Callable[..., None], *args: Any, **kwargs: Any) -> bool:
    try:
        check(*args, **kwargs)
    except AssertionError:
        return False
    return True


Checker = Callable[[Passes, Sequence[Tensor]], bool]
CHECKERS: dict[str, Checker] = {
    "torch.autograd.gradcheck": by_torch,
    "torch.autograd.gradcheck, fast_mode": partial(by_torch, fast_mode=True),
    "torch.autograd.gradcheck, eps=1e-3, atol=rtol=1e-2": partial(by_torch, eps=1e-3, atol=1e-2, rtol=1e-2),
}
MISSING: list[str] = []
"""The checkers that this environment cannot run."""

try:
    import jax
    from jax.test_util import check_grads as check_jax

    jax.config.update("jax_enable_x64", True)
    CHECKERS["jax.test_util.check_grads"] = by_jax
except ImportError:
    MISSING.append("JAX (make contest installs it)")

try:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads as check_hips

    CHECKERS["HIPS autograd, check_grads"] = by_hips
except ImportError:
    MISSING.append("HIPS autograd (make contest installs it)")

"""Restoring numbers in memory: tensors, arrays, generators of random numbers.

Each function looks at a value and yields two kinds of things: functions that restore a part of it, and a pair (name,
value) for everything that it refers to. Only changed numbers are written, so that a constant may lie in read-only
memory.
"""

import random
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

Restore = Callable[[], object]
Found = Iterator[Restore | tuple[str, Any]]
COMPONENTS = {
    torch.sparse_coo: ("_indices", "_values"),
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
}


def same(some: Iterable[Any], ids: list[int]) -> bool:
    """Return whether these objects have these ids."""
    return list(map(id, some)) == ids


def _of_tensor(value: Tensor, name: str) -> Found:
    """Yield a tensor's memory, and a function that restores its place there and everything autograd has attached."""
    if value.layout == torch.strided:
        yield name, value.untyped_storage()
    yield from ((f"{name}.{part}()", getattr(value.detach(), part)()) for part in COMPONENTS.get(value.layout, ()))
    grad = value.grad if value.is_leaf else None
    yield partial(_restore_tensor, value, name, value.detach(), value.grad_fn, value.requires_grad, grad)
    yield from ((name, part) for part in (grad, value._base))


def _restore_tensor(value: Tensor, name: str, was: Tensor, graph: Any, requires_grad: bool, grad: Any) -> None:
    if value.grad_fn is not graph:
        if graph is not None:
            raise ValueError(f"forward must leave {name} as it is, which belongs to a graph of autograd: detach it")
        if value._is_view():  # no view can be detached in place
            torch.utils.swap_tensors(value, was.detach())
        else:
            value.detach_()
    if value.dtype != was.dtype or (was.layout == torch.strided and not value.is_set_to(was)):
        value.data = was
    if value.requires_grad != requires_grad:
        value.requires_grad_(requires_grad)
    if value.is_leaf and value.grad is not grad:
        value.grad = grad


def _of_storage(value: torch.UntypedStorage, name: str) -> Found:
    """Yield a function that restores all bytes, whichever tensors lie on them; torch need not notice the writing."""
    if value.device.type != "meta":
        words = torch.uint8 if value.nbytes() % 8 else torch.int64  # comparing them is four times as fast
        now = torch.empty(0, dtype=words, device=value.device).set_(value)
        was = now.clone()
        yield lambda: None if now.equal(was) else now.copy_(was)


def _of_array(value: np.ndarray, name: str) -> Found:
    was, ids = value.copy(), list(map(id, value.flat)) if value.dtype.hasobject else []

    def restore() -> None:
        unchanged = same(value.flat, ids) if ids else value.tobytes() == was.tobytes()
        if not unchanged and value.flags.writeable:  # the other array restores what was written through it
            value[...] = was

    yield restore
    yield name, value.base
    if ids:
        yield name, tuple(value.flat)


def _of_bytes(value: Any, name: str) -> Found:
    was = value[:]
    yield lambda: None if value == was else value.__setitem__(slice(None), was)


def _of_torchs_generator(value: torch.Generator, name: str) -> Found:
    yield partial(value.set_state, value.get_state())


def _of_numpys_generator(value: np.random.Generator, name: str) -> Found:
    yield name, value.bit_generator


def _of_numpys_bits(value: np.random.BitGenerator, name: str) -> Found:
    yield partial(setattr, value, "state", value.state)


def _of_numpys_older(value: np.random.RandomState, name: str) -> Found:
    yield partial(value.set_state, value.get_state(legacy=False))


def _of_pythons_generator(value: random.Random, name: str) -> Found:
    yield partial(value.setstate, value.getstate())


Look = Callable[[Any, str], Found]
GENERATORS: dict[type, Look] = {
    torch.Generator: _of_torchs_generator,
    np.random.Generator: _of_numpys_generator,
    np.random.BitGenerator: _of_numpys_bits,
    np.random.RandomState: _of_numpys_older,
    random.Random: _of_pythons_generator,
}
NUMBERS: dict[type, Look] = {
    Tensor: _of_tensor,
    torch.UntypedStorage: _of_storage,
    np.ndarray: _of_array,
    bytearray: _of_bytes,
    array: _of_bytes,
    **GENERATORS,
}
"""The function that looks into a value of each type."""

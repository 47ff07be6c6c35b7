"""Restoring all state that a few functions can reach.

    untouched = Untouched(forward=forward, backward=backward)
    with untouched:
        forward(y, w)

Afterwards every tensor, array and generator of random numbers has its old state, and every list, dict, object, class,
closure and global variable its old contents: running statistics, momentum, counters. Libraries are taken to keep none.
"""

import sys
from collections import OrderedDict, deque
from collections.abc import Iterator
from functools import partial, singledispatch
from io import IOBase
from itertools import chain
from opcode import opmap
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch

from backprop86.gradients.memory import GENERATORS, NUMBERS, Found, Restore, same

ABSENT = object()
PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, np.generic, np.dtype)
LIBRARIES = {
    *sys.stdlib_module_names, "torch", "numpy", "scipy", "pandas", "sklearn", "numba", "llvmlite", "jax", "jaxlib",
    "mpmath", "sympy", "matplotlib", "PIL", "tqdm", "pytest", "_pytest", "hypothesis", "pybind11_builtins",
}  # fmt: skip
"""Libraries whose functions and classes keep no state, and whose compiled objects are constants (assumed).
"""
OPEN = {"builtins", "functools", "collections", "types", "torch", "numpy", "scipy"}
"""Libraries whose objects are examined; those of the others are loggers, locks, a running test."""
DRAWING = (BuiltinFunctionType, MethodType, *GENERATORS)
STORES = {opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR", "DELETE_ATTR")}


class Untouched:
    """A reusable context: each time it ends, it restores the state at its creation."""

    def __init__(self, **roots: Any) -> None:
        """Raise ValueError, before anything runs, for an object whose state cannot be put back."""
        self._seen: dict[int, Any] = {}  # the objects too: an id stays theirs only while they live
        self._restores: list[Restore] = []
        todo: list[tuple[str, Any]] = list(roots.items())
        while todo:
            name, value = todo.pop()
            if isinstance(value, PLAIN) or id(value) in self._seen:
                continue
            self._seen[id(value)] = value
            for found in chain(_contents(value, name), _attributes(value, name)):
                if isinstance(found, tuple):
                    todo.append(found)
                else:
                    self._restores.append(found)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        for restore in self._restores:
            restore()


def _home(module: Any) -> list[str]:
    """Return the parts of a module's name; some builtin types have a descriptor in its place."""
    return module.split(".") if isinstance(module, str) else ["builtins"]


def _attributes(value: Any, name: str) -> Found:
    """Yield the parts in an object's __dict__ and slots, and its class."""
    kind = type(value)
    of, *inner = _home(kind.__module__)
    private = of == "torch" and inner[:1] and inner[0].startswith("_")
    if isinstance(value, type | ModuleType) or private or (of in LIBRARIES and of not in OPEN):
        return
    if isinstance(held := getattr(value, "__dict__", None), dict):
        yield _restore_of_dict(held)
        yield from ((f"{name}.{key}", part) for key, part in held.items())
    for slot, member in _slots(kind):
        part = getattr(value, slot, ABSENT)
        yield partial(_restore_slot, value, slot, member, part)
        yield f"{name}.{slot}", part
    yield kind.__name__, kind


def _slots(kind: type) -> Iterator[tuple[str, Any]]:
    for base in kind.__mro__:
        if "__slots__" in vars(base):
            yield from ((slot, of) for slot, of in vars(base).items() if isinstance(of, MemberDescriptorType))


def _restore_slot(value: Any, slot: str, member: Any, was: Any) -> None:
    """Put a slot back past the class's own __setattr__, which may forbid it."""
    if getattr(value, slot, ABSENT) is not was:
        member.__delete__(value) if was is ABSENT else member.__set__(value, was)


@singledispatch
def _contents(value: Any, name: str) -> Found:
    """Yield an object's contents beside its attributes: none; ValueError for a compiled object of unknown contents."""
    kind = type(value)
    harmless = _home(kind.__module__)[0] in LIBRARIES and not hasattr(kind, "__next__")
    if harmless or hasattr(value, "__dict__") or any(_slots(kind)) or isinstance(value, IOBase):
        return iter(())
    raise ValueError(
        f"forward and backward must reach only state that can be restored, {name} was of type "
        f"{kind.__name__}: read from it beforehand, and close over the values"
    )


for kind, look in NUMBERS.items():
    _contents.register(kind, look)


@_contents.register
def _of_dict(value: dict, name: str) -> Found:
    yield _restore_of_dict(value)
    yield from ((f"{name}[{key!r}]", part) for key, part in value.items())


def _restore_of_dict(value: dict) -> Restore:
    base: Any = OrderedDict if isinstance(value, OrderedDict) else dict  # no class overrides the methods of these
    if not value:
        return partial(base.clear, value)
    was, keys, values = dict(value), list(map(id, value)), list(map(id, value.values()))

    def restore() -> None:
        if not (same(value, keys) and same(value.values(), values)):
            base.clear(value)
            base.update(value, was)

    return restore


@_contents.register(list)
@_contents.register(deque)
@_contents.register(set)
def _of_list(value: Any, name: str) -> Found:
    was, ids = list(value), list(map(id, value))

    def restore() -> None:
        if not same(value, ids):
            value.clear()
            (value.update if isinstance(value, set) else value.extend)(was)

    yield restore
    yield from _of_tuple(was, name)


@_contents.register(tuple)
@_contents.register(frozenset)
def _of_tuple(value: Any, name: str) -> Found:
    return ((f"{name}[{k}]", part) for k, part in enumerate(value))


@_contents.register
def _of_function(value: FunctionType, name: str) -> Found:
    names, stores = _names(value.__code__)
    cells = value.__closure__ or ()
    yield from zip(value.__code__.co_freevars, cells, strict=True)
    yield from ((f"a default of {name}", part) for part in (value.__defaults__, value.__kwdefaults__))
    modules = (vars(held) for held in map(_held, cells) if isinstance(held, ModuleType))
    for namespace in (value.__globals__, *modules):
        yield from _of_variables(namespace, names, stores, set())


def _names(code: CodeType) -> tuple[tuple[str, ...], bool]:
    """Return the names of variables and attributes in a piece of code, and whether it assigns to any."""
    names, stores = code.co_names, not STORES.isdisjoint(code.co_code[::2])
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            more, too = _names(inner)
            names, stores = names + more, stores or too
    return names, stores


def _of_variables(namespace: dict[str, Any], names: tuple[str, ...], stores: bool, seen: set[int]) -> Found:
    """Yield global variables with these names, those of modules too; from a library only random generators."""
    library = _home(namespace.get("__name__"))[0] in LIBRARIES
    seen.add(id(namespace))
    for key in names:
        part = namespace.get(key, ABSENT)
        if isinstance(part, ModuleType) and id(vars(part)) not in seen:
            yield from _of_variables(vars(part), names, stores, seen)
        elif not library or isinstance(part, DRAWING):
            yield key, part
    if stores and not library:
        yield partial(_restore_names, namespace, {key: namespace.get(key, ABSENT) for key in names})


def _restore_names(namespace: dict[str, Any], was: dict[str, Any]) -> None:
    for key, value in was.items():
        if value is ABSENT:
            namespace.pop(key, None)
        elif namespace.get(key) is not value:
            namespace[key] = value


@_contents.register
def _of_class(value: type, name: str) -> Found:
    if _home(value.__module__)[0] not in LIBRARIES:
        yield _restore_of_class(value)
        yield from ((f"{value.__name__}.{key}", part) for key, part in vars(value).items())
        yield from ((base.__name__, base) for base in value.__bases__)


def _restore_of_class(kind: type) -> Restore:
    was, ids = dict(vars(kind)), list(map(id, vars(kind).values()))

    def restore() -> None:
        if not same(vars(kind).values(), ids):
            for key in vars(kind).keys() - was.keys():
                type.__delattr__(kind, key)
            for key, value in was.items():
                if vars(kind).get(key, ABSENT) is not value:
                    type.__setattr__(kind, key, value)

    return restore


@_contents.register
def _of_cell(value: CellType, name: str) -> Found:
    was = _held(value)
    if was is not ABSENT:
        yield lambda: setattr(value, "cell_contents", was)
    yield name, was


def _held(cell: CellType) -> Any:
    """Return the value of a variable in a closure; ABSENT before it is assigned."""
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


@_contents.register(MethodType)
@_contents.register(BuiltinFunctionType)
@_contents.register(staticmethod)
@_contents.register(classmethod)
@_contents.register(property)
@_contents.register(partial)
def _of_wrapped(value: Any, name: str) -> Found:
    """Yield the function inside, the object it is bound to, and its arguments so far."""
    parts = ("__func__", "fget", "fset", "func", "args", "keywords")
    yield from ((name, getattr(value, part, None)) for part in parts)
    yield "self", getattr(value, "__self__", None)

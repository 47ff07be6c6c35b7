"""Compilation of kernels, with a cache on disk where this user can write. No result depends on the cache.

A kernel compiled for some types and one processor is a file: a seal, and numba's pickle. The seal is the SHA-256 of
everything that determines the machine code, and of the pickle, so a file that is out of date, cut short or damaged is
not even unpickled: the kernel is compiled anew. Files that somebody else may have written are not used.
"""

import hashlib
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

SOURCES = (
    "compiling.py", "arithmetic.py", "program.py", "vectors.py", "kernel.py", "lanes.py", "in_numbers.py",
    "streamed.py",     "../descent.py",
)  # fmt: skip
"""The files behind the kernels: their own, and files with constants that they use."""
HERE = Path(__file__).parent
VERSIONS = (sys.version, numba.__version__, llvmlite.__version__, np.__version__)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call, with every operation as written: none is fused with another or moved."""
    return _kept_on_disk(function)


def inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that only compiled functions call: an entrance from Python would take long to compile."""
    return _kept_on_disk(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _kept_on_disk(function: Callable[..., Any], **how: Any) -> Callable[..., Any]:
    kernel: Any = numba.njit(error_model="numpy", nogil=True, **how)(function)
    if function.__closure__ is None:  # the contents of a closure are in no file
        kernel._cache = _Kept(function)
    return kernel


class _Kept(NullCache):
    """The compiled forms of one function, as numba's dispatcher asks for them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.source = str(Path(function.__code__.co_filename).resolve())
        self.digest = _digest(self.source)

    def load_overload(self, types: Any, target: Any) -> CompileResult | None:
        """Return the kept code for these types, if it exists and is undamaged."""
        target.refresh()
        payload = kept(*self._place(types, target))
        return CompileResult._rebuild(target, *pickle.loads(payload)) if payload else None

    def save_overload(self, types: Any, result: Any) -> None:
        """Keep the compiled code, in the first folder that takes it."""
        if result.library.has_dynamic_globals:  # addresses of this process
            return
        keep(*self._place(types, result.target_context), dumps(result._reduce()))

    def _place(self, types: Any, target: Any) -> tuple[str, str]:
        """Return the name of the file, one for each processor, and the key that it must hold."""
        asked = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
        key = repr((self.source, self.name, types, target.codegen().magic_tuple(), VERSIONS, asked))
        short = hashlib.sha256(key.encode()).hexdigest()[:16]
        return f"{self.name.replace('<', '').replace('>', '')}-{short}.kernel", key + self.digest


def kept(name: str, key: str) -> bytes:
    """Return the code kept under a name if it matches `key` and is undamaged; else b""."""
    for folder in folders():
        content = _content(folder / name)
        if content[:32] == _seal(key, content[32:]):
            return content[32:]
    return b""


def keep(name: str, key: str, payload: bytes) -> None:
    """Keep the compiled code, in the first folder that takes it."""
    for folder in folders():
        with suppress(OSError):
            _write(folder / name, _seal(key, payload) + payload)
            return


def folders() -> list[Path]:
    """Return the folders for kernels: beside their source, or the user's own folder if there is one."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    own = [Path(home) / "backprop86" / "kernels"] if os.path.isabs(home) else []
    return [HERE / "__pycache__" / "kernels", *own]


@cache
def _digest(source: str) -> str:
    """Return the digest of every file behind the kernels of this file."""
    files = [*(HERE / name for name in SOURCES), Path(source)]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def _seal(key: str, payload: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(key.encode()).digest() + payload).digest()


def _content(path: Path) -> bytes:
    """Return the content of a file that only this user can have written; else nothing."""
    with suppress(OSError):
        if _is_own(path.parent.stat()):
            with path.open("rb") as file:
                return file.read() if _is_own(os.fstat(file.fileno())) else b""
    return b""


def _write(path: Path, content: bytes) -> None:
    """Write a file that is complete or absent, even if others write it at the same time; OSError if that fails."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    if not _is_own(path.parent.stat()):
        raise PermissionError(f"{path.parent} belongs to somebody else")
    with TemporaryDirectory(dir=path.parent) as aside:
        whole = Path(aside) / path.name
        whole.touch(0o600)
        whole.write_bytes(content)
        whole.replace(path)


def _is_own(found: os.stat_result) -> bool:
    """Return whether a file or folder is this user's, and no other may write it; on Windows its place says that."""
    return not hasattr(os, "geteuid") or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)

"""Kernels kept between processes: used when they are undamaged, ours and up to date, and never needed."""

import ast
import errno
import importlib.util
import os
import pickle
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import pytest
from numba.core.codegen import JITCPUCodegen

from backprop86.engines import compiling
from helpers import ROOT

KERNELS = """
from backprop86.engines.compiling import compiled

@compiled
def square(x):
    return x * x

@compiled
def sum_of_squares(x, y):
    return square(x) + square(y)
"""
READ_ONLY = ["capsh", "--drop=cap_dac_override,cap_dac_read_search", "--shell=/usr/bin/env", "--"]
"""The command that takes from root the right to write where permissions forbid it."""


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Keep kernels in a separate folder of the test."""
    monkeypatch.setattr(compiling, "folders", lambda: [tmp_path / "kept"])
    return tmp_path / "kept"


@pytest.fixture
def again(folder, tmp_path):
    """Run the kernels as another process would; return the numbers that were found and compiled."""
    (tmp_path / "kernels.py").write_text(KERNELS, "utf-8")

    def call(name="kernels"):
        compiling._digest.cache_clear()
        spec = importlib.util.spec_from_file_location("kernels", tmp_path / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert (module.sum_of_squares(3.0, 4.0), module.square(3.0)) == (25.0, 9.0)
        stats = [kernel.stats for kernel in (module.square, module.sum_of_squares)]
        return sum(sum(s.cache_hits.values()) for s in stats), sum(sum(s.cache_misses.values()) for s in stats)

    return call


@pytest.fixture
def child(tmp_path):
    """Start a process that uses a copy of the engines and runs the kernels; wait for its output."""
    engines = ROOT / "src" / "backprop86" / "engines"
    tree = tmp_path / "tree" / "backprop86"
    shutil.copytree(engines, tree / "engines", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "descent.py"):
        shutil.copy(engines.parent / name, tree)
    (tree.parent / "kernels.py").write_text(KERNELS, "utf-8")
    code = "from kernels import sum_of_squares as f; print(f(3.0, 4.0), sum(f.stats.cache_hits.values()))"

    def start(*before, **environment):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tree.parent)} | environment
        command = [*before, sys.executable, "-B", "-c", code]
        return subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=-1, stderr=-1, text=True)

    start.tree = tree.parent
    return start


def answer(process):
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    return out


def test_what_is_kept_is_found(again, folder):
    assert again() == (0, 2)
    assert again() == (2, 0)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600, 0o600]
    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == ["kernels.square", "kernels.sum_of_squares"]


def flipped(at):
    return lambda whole: whole[:at] + bytes([whole[at] ^ 1]) + whole[at:][1:]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: b"",
        lambda whole: whole[:1],
        lambda whole: whole[:32],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: whole + b"\0",
        lambda whole: bytes(len(whole)),
        lambda whole: b"nonsense" * 1000,
        lambda whole: whole[32:],
        flipped(0),
        flipped(40),
        flipped(-100),
    ],
)
def test_a_damaged_file_is_compiled_anew(again, folder, damaged):
    again()
    for path in folder.iterdir():
        path.write_bytes(damaged(path.read_bytes()))
    assert again() == (0, 2)
    assert again() == (2, 0)


def test_each_type_has_its_own_kernel(folder):
    for found in (0, 2):
        square = compiling.compiled(lambda x: x * x)
        assert [repr(square(x)) for x in (3.0, 3)] == ["9.0", "9"]
        assert sum(square.stats.cache_hits.values()) == found
    assert len(list(folder.iterdir())) == 2


def test_numbas_own_settings_are_heeded(again, folder, monkeypatch):
    again()
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    assert again() == (0, 2)
    assert again() == (2, 0)


def test_a_kernel_of_another_name_is_not_taken(again, folder):
    again()
    one, other = folder.iterdir()
    one.write_bytes(other.read_bytes())
    assert again() == (1, 1)


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_without_our_seal_is_not_loaded(again, folder, tmp_path):
    again()
    bomb = pickle.dumps(Bomb(str(tmp_path / "boom")))
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:32] + bomb)
    assert again() == (0, 2)
    assert not (tmp_path / "boom").exists()
    pickle.loads(bomb)
    assert (tmp_path / "boom").exists()


def test_a_folder_in_the_place_of_a_file_is_left_alone(again, folder):
    again()
    for path in list(folder.iterdir()):
        path.unlink()
        path.mkdir()
    assert again() == again() == (0, 2)
    assert [list(path.iterdir()) for path in folder.iterdir()] == [[], []]


@pytest.mark.parametrize("name", compiling.SOURCES)
def test_a_changed_source_is_compiled_anew(again, folder, monkeypatch, tmp_path, name):
    again()
    copy = tmp_path / "package" / "engines"
    shutil.copytree(compiling.HERE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(compiling.HERE.parent / "descent.py", copy.parent)
    monkeypatch.setattr(compiling, "HERE", copy)
    assert again() == (2, 0)
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert again() == (0, 2)
    assert again() == (2, 0)
    assert len(list(folder.iterdir())) == 2  # those of the old source are replaced


def test_a_change_of_a_kernels_own_file_is_compiled_anew(again, tmp_path):
    again()
    path = tmp_path / "kernels.py"
    path.write_text(path.read_text("utf-8").replace("x * x", "x**2"), "utf-8")
    assert again() == (0, 2)


@pytest.mark.parametrize("k", range(3))
def test_another_processor_has_its_own_kernels(again, folder, monkeypatch, k):
    again()
    ours = JITCPUCodegen.magic_tuple
    with monkeypatch.context() as other:
        other.setattr(JITCPUCodegen, "magic_tuple", lambda self: (*ours(self)[:k], "another", *ours(self)[k + 1 :]))
        assert again() == (0, 2)
        assert again() == (2, 0)
    assert again() == (2, 0)
    assert len(list(folder.iterdir())) == 4


@pytest.mark.parametrize("k", range(len(compiling.VERSIONS)))
def test_other_versions_have_their_own_kernels(again, folder, monkeypatch, k):
    again()
    versions = compiling.VERSIONS
    monkeypatch.setattr(compiling, "VERSIONS", (*versions[:k], "0", *versions[k + 1 :]))
    assert again() == (0, 2)
    monkeypatch.undo()
    assert numba.__version__ in versions


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no owners of this kind")
def test_what_others_may_have_written_is_not_used(again, folder, monkeypatch):
    again()
    for path in folder.iterdir():
        path.write_bytes(b"untouched")
    for mode in (0o720, 0o702, 0o777):
        folder.chmod(mode)
        assert again() == (0, 2)
    assert {path.read_bytes() for path in folder.iterdir()} == {b"untouched"}
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o620)
    assert again() == (0, 2)  # and written anew
    assert again() == (2, 0)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert again() == again() == (0, 2)


def test_the_next_folder_is_taken_where_the_first_cannot_be_used(again, folder, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    nowhere = [tmp_path / "file" / "kept", Path("/proc/nowhere/kept")]
    monkeypatch.setattr(compiling, "folders", lambda: [*nowhere, folder, tmp_path / "last"])
    assert again() == (0, 2)
    assert again() == (2, 0)
    assert not (tmp_path / "last").exists()
    monkeypatch.setattr(compiling, "folders", lambda: nowhere)
    assert again() == again() == (0, 2)


def test_folders_are_beside_the_source_and_of_the_user(monkeypatch):
    beside = compiling.HERE / "__pycache__" / "kernels"
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert compiling.folders() == [beside, Path("/home/me/.cache/backprop86/kernels")]
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert compiling.folders() == [beside, Path("/var/cache/me/backprop86/kernels")]
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert compiling.folders() == [beside]
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # no HOME, and a user who is not known
    assert compiling.folders() == [beside]


def test_a_full_disk_leaves_nothing(again, folder, monkeypatch):
    def full(path, content):
        path.write_text("the beginning")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert again() == (0, 2)
    assert list(folder.iterdir()) == []


def test_writers_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "kept" / "k.kernel"
    contents = [bytes([k]) * 300_000 for k in range(4)]
    compiling._write(path, contents[0])

    def read(_):
        return compiling._content(path) in contents

    with ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(compiling._write, path, contents[k % 4]) for k in range(200)]
        whole = list(pool.map(read, range(200)))
    assert all(whole)
    assert [one.result() for one in writing] == [None] * 200
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.slow
def test_processes_at_once_do_not_harm_each_other(child, tmp_path):
    kept = child.tree / "backprop86" / "engines" / "__pycache__" / "kernels"
    for process in [child() for _ in range(4)]:
        assert answer(process).startswith("25.0 ")
    assert answer(child()) == "25.0 1\n"
    assert len(list(kept.iterdir())) == 2
    for path in kept.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert answer(child()) == "25.0 0\n"
    features = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert [answer(child(**features)) for _ in range(2)] == ["25.0 0\n", "25.0 1\n"]
    assert len(list(kept.iterdir())) == 4


@pytest.mark.slow
def test_a_read_only_tree_without_a_home_needs_no_cache(child):
    folders = [child.tree, *(path for path in child.tree.rglob("*") if path.is_dir())]
    before = sorted(child.tree.rglob("*"))
    for path in folders:
        path.chmod(0o555)
    as_root = os.geteuid() == 0
    if as_root and not shutil.which("capsh"):
        pytest.skip("permissions do not bind root, and there is no capsh")
    try:
        for _ in range(2):
            assert answer(child(*(READ_ONLY if as_root else []), HOME="/proc/nowhere")) == "25.0 0\n"
        assert sorted(child.tree.rglob("*")) == before
    finally:
        for path in folders:
            path.chmod(0o755)


@pytest.mark.slow
def test_a_read_only_tree_uses_the_folder_of_the_user(child, tmp_path):
    (child.tree / "backprop86" / "engines" / "__pycache__").touch()  # a file, where even root can make no folder
    home = {"HOME": str(tmp_path / "home")}
    assert [answer(child(**home)) for _ in range(2)] == ["25.0 0\n", "25.0 1\n"]
    assert len(list((tmp_path / "home" / ".cache" / "backprop86" / "kernels").iterdir())) == 2


def test_a_product_and_a_sum_are_rounded_twice(folder):
    @compiling.compiled
    def f(x, y, z):
        return x * y + z

    x = 1 + 2.0**-30
    assert f(x, x, -(x * x)) == 0  # 2^-60 if they were fused


def test_a_kernel_that_holds_a_number_of_its_maker_is_not_kept(folder):
    def adding(k):
        return compiling.compiled(lambda x: x + k)

    assert [adding(k)(1.0) for k in (1.0, 2.0)] == [2.0, 3.0]
    assert not folder.exists()
    assert compiling.compiled(lambda x: x + 1)(1.0) == 2.0
    assert len(list(folder.iterdir())) == 1


APART = ("limit", "parts", "showing")
"""Files whose kernels no other kernel uses: each is a source of its own kernels only."""


def test_every_file_with_kernels_and_what_it_imports_is_among_the_sources():
    sources = {(compiling.HERE / name).resolve() for name in compiling.SOURCES}
    texts = {path: path.read_text("utf-8") for path in compiling.HERE.glob("*.py") if path.stem not in APART}
    kernels = {path: text for path, text in texts.items() if re.search(r"(?m)^@(compiled|inner|intrinsic)", text)}
    assert {path.stem for path in kernels} >= {"kernel", "lanes", "vectors"}
    for path, text in kernels.items():
        names = [node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
        ours = [name.split(".")[1:] for name in names if name.startswith("backprop86.")]
        files = {compiling.HERE.parent.joinpath(*name).with_suffix(".py") for name in ours}
        assert {path} | files <= sources, path.name


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
def test_make_clean_removes_them(tmp_path):
    places = [tmp_path / "src/backprop86/engines/__pycache__/kernels", tmp_path / "a home/.cache/backprop86/kernels"]
    for place in places:
        place.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "a home")}
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True, env=environment)
    assert [place.exists() for place in places] == [False, False]
    assert (tmp_path / "a home" / ".cache").is_dir()

"""A report that does not finish leaves the old report unchanged, to the byte."""

import os
import signal
import subprocess
import sys

import pytest

from backprop86.engines.recipe import BadInput
from backprop86.explaining.picture import EXAMPLE
from backprop86.report import aside, assembly
from backprop86.report.assembly import publish, stale
from backprop86.running.run import run
from backprop86.running.settings import load


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "with a name (1)"
    run(load("negation", "seeds=4", output=folder))
    return folder


@pytest.fixture
def own(rows, tmp_path):
    """A folder with rows, and with files where a report will be."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/negation.parquet").write_bytes((rows / "runs/negation.parquet").read_bytes())
    (tmp_path / "figures").mkdir()
    (tmp_path / "tables").mkdir()
    for name in ("figures/negation_weights.png", "tables/negation.csv", "claims.md", "whole.html", "LICENSE"):
        (tmp_path / name).write_text(f"the old {name}")
    for name in ("figures/negation_weights.svg", "tables/negation.tex", "tables/typed.csv", "tables/benchmark.csv"):
        (tmp_path / name).write_text(f"the old {name}")
    return tmp_path


def left_as_it_was(own, before):
    return files(own) == before and not [path for path in own.iterdir() if path.name.startswith(aside.BEGINNING)]


@pytest.mark.slow
def test_a_drawing_that_fails_leaves_the_old_report(own, monkeypatch):
    before, seen = files(own), []

    def drawn(*about):
        seen.append(sorted(path.name for path in own.glob(f"{aside.BEGINNING}*/tables/*")))
        raise ZeroDivisionError

    monkeypatch.setattr(assembly.chapters, "learning", drawn)
    with pytest.raises(ZeroDivisionError):
        publish(str(own), EXAMPLE, processes=1)
    assert seen == [["negation.csv", "negation.md"]]
    assert left_as_it_was(own, before)


@pytest.mark.slow
def test_pages_that_fail_leave_the_old_report(own, monkeypatch):
    before = files(own)

    def page(*about):
        raise ZeroDivisionError

    monkeypatch.setattr(assembly, "gallery", page)
    with pytest.raises(ZeroDivisionError):
        publish(str(own), EXAMPLE, processes=1)
    assert left_as_it_was(own, before)


KILLED = """
import os, signal, sys
from dataclasses import replace
from backprop86.explaining.picture import EXAMPLE
from backprop86.report.assembly import publish

def picture(chapter):
    os.kill(os.getpid(), signal.SIGKILL)

publish(sys.argv[1], replace(EXAMPLE, picture=picture), processes=1)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_killed_report_leaves_the_old_one_and_the_next_one_tidies_up(own):
    before = files(own)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(own)], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = own.glob(f"{aside.BEGINNING}*")
    made = files(left)
    assert {"tables/negation.csv", "figures/negation_weights.png"} <= made.keys()
    assert before == {name: content for name, content in files(own).items() if not name.startswith(left.name)}
    publish(str(own), EXAMPLE, processes=1)
    assert not left.exists()
    after = files(own)
    kept = ("LICENSE", "tables/typed.csv", "tables/benchmark.csv", "runs/negation.parquet")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert {name: after[name] for name in made} == made
    gone = {"whole.html", "figures/negation_weights.svg", "tables/negation.tex"}
    assert before.keys() - after.keys() == gone
    wrong = [f"tables/{name}.csv is made by nothing" for name in ("benchmark", "typed")]
    assert stale(EXAMPLE, own, processes=1) == wrong


def test_only_folders_of_processes_that_are_gone_are_removed(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = [str(gone.pid), str(os.getpid()), "9" * 40, str(os.getppid()), "mine"]
    for name in names:
        (tmp_path / f"{aside.BEGINNING}{name}").mkdir()
        (tmp_path / f"{aside.BEGINNING}{name}" / "file").touch()
    aside.remove_leftovers(tmp_path)
    there = {path.name.removeprefix(aside.BEGINNING) for path in tmp_path.iterdir()}
    assert there == {str(os.getppid()), "mine"}


def test_what_was_made_is_moved_to_the_end_though_one_asks_to_stop(tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("old")
    moved = []

    class Stopped(type(tmp_path)):
        def replace(self, target):
            moved.append(target.name)
            if len(moved) == 2:
                raise KeyboardInterrupt
            return super().replace(target)

    def made():
        with aside.aside(Stopped(tmp_path)) as folder:
            (folder / "tables").mkdir()
            for name in ("tables/a.csv", "index.html", "claims.csv"):
                (folder / name).write_text("new")

    with pytest.raises(KeyboardInterrupt):
        made()
    assert moved == ["a.csv", "claims.csv", "claims.csv", "index.html"]
    assert files(tmp_path) == dict.fromkeys(("tables/a.csv", "index.html", "claims.csv"), b"new")


def test_nothing_is_moved_where_a_folder_is_in_the_way(tmp_path):
    (tmp_path / "index.html").mkdir()

    def made():
        with aside.aside(tmp_path) as folder:
            for name in ("index.html", "claims.csv"):
                (folder / name).write_text("new")

    with pytest.raises(BadInput, match=r"index.html must be a file that may be replaced, was a folder$"):
        made()
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]

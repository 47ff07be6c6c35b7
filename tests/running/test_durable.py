"""Files that are complete or absent, and the leftovers of killed processes."""

import errno
import os
import subprocess
import sys

import pytest

from backprop86.engines.recipe import BadInput
from backprop86.running import durable
from backprop86.running.durable import HOST, is_at_work, remove_left_overs, whole
from counts import many


def test_a_file_takes_its_place_when_it_is_written(tmp_path):
    path = tmp_path / "folder" / "rows.parquet"
    with whole(path) as aside:
        aside.write_bytes(b"new")
        assert not path.exists()
        assert aside.parent == path.parent
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError])
def test_the_old_file_stays_if_anything_goes_wrong(tmp_path, fault):
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"old")

    def half():
        with whole(path) as aside:
            aside.write_bytes(b"half")
            raise fault

    with pytest.raises(fault):
        half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"old")
    with pytest.raises(BadInput, match=r"rows.parquet could not be written: No space left on device$"), whole(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="asks Linux for the name of a handle")
def test_file_and_folder_are_on_the_disk_before_and_after_the_rename(tmp_path, monkeypatch):
    done, sync, rename = [], os.fsync, durable.Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: done.append(os.readlink(f"/proc/self/fd/{handle}")) or sync(handle))
    monkeypatch.setattr(durable.Path, "replace", lambda self, to: done.append("renamed") or rename(self, to))
    with whole(tmp_path / "rows.parquet") as aside:
        aside.touch()
    assert done == [str(aside), "renamed", str(tmp_path)]


def test_a_link_stays_a_link(tmp_path):
    there, link = tmp_path / "there.parquet", tmp_path / "link.parquet"
    there.write_bytes(b"old")
    link.symlink_to(there)
    with whole(link) as aside:
        aside.write_bytes(b"new")
    assert (link.is_symlink(), there.read_bytes()) == (True, b"new")


def test_only_what_dead_processes_of_this_machine_left_is_removed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        names = {
            f"a.parquet.{HOST}.{dead.pid}.unfinished": False,
            f"b.parquet.{HOST}.{os.getpid()}.unfinished": False,  # of an earlier process with our number
            f"c.parquet.{HOST}.{living.pid}.unfinished": True,
            f"d.parquet.another_host.{dead.pid}.unfinished": True,
            "e.unfinished": True,
            "f.parquet": True,
        }
        for name in names:
            (tmp_path / name).touch()
        remove_left_overs(tmp_path)
        assert {name: (tmp_path / name).exists() for name in names} == names
        assert is_at_work(living.pid)
        living.communicate(b"\n")
    assert not is_at_work(living.pid)
    assert not is_at_work(10**30)


@pytest.mark.slow
def test_torture_loses_and_changes_nothing():
    program = os.path.join(os.path.dirname(__file__), "../../experiments/torture.py")
    command = [sys.executable, program, "--kills", many("4", "50")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("ranges lost: 0; files changed: 0\n")

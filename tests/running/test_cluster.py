"""Runs on a real Ray cluster of two nodes, one of which is killed, and clusters that cannot be used."""

import importlib.util
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import run
from backprop86.engines.recipe import BadInput
from backprop86.running import cluster
from backprop86.running.plan import Piece, Plan
from backprop86.running.settings import load

ROOT = Path(__file__).parents[2]
ASKED = ["experiment=xor", "reading=as_printed", "seeds=30000", "experiment.recipe.sweeps=1000000"]
needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs requirements/cluster.lock")


def started(*overrides):
    command = [sys.executable, ROOT / "experiments" / "run.py", *ASKED, *overrides]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture
def two_nodes():
    """Start a cluster, and return its address and a function that kills one of its nodes."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("two_nodes.py")],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )

    def kill():
        process.stdin.write("kill\n")
        process.stdin.flush()
        assert process.stdout.readline() == "killed\n"

    yield process.stdout.readline().strip(), kill
    process.stdin.close()
    process.stdout.close()
    process.wait()


@needs_ray
@pytest.mark.slow
def test_a_node_that_is_killed_costs_its_unfinished_ranges_and_nothing_else(tmp_path, two_nodes, monkeypatch, capsys):
    address, kill = two_nodes
    running = started(f"cluster={address}", f"output={tmp_path / 'two'}")
    ranges = tmp_path / "two" / "ranges"
    while running.poll() is None and len(list(ranges.rglob("*.parquet"))) < 3:
        time.sleep(0.1)
    assert running.poll() is None, running.communicate()
    kill()
    n_at_kill = len(list(ranges.rglob("*.parquet")))
    out, err = running.communicate()
    assert running.returncode == 0, err
    assert n_at_kill < 12  # of 15
    monkeypatch.setattr(sys, "argv", ["run.py", *ASKED, f"output={tmp_path / 'one'}"])
    run.main()
    assert capsys.readouterr().out.splitlines()[-3:-1] == out.splitlines()[-3:-1]
    one, two = (tmp_path / name / "runs" / "xor.parquet" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_other_code_on_a_machine_is_told():
    assert cluster.finish(load("xor"), [], "0" * 64).startswith(
        "cluster must have the same code everywhere, was another on "
    )


def test_a_mistake_on_a_machine_is_told(tmp_path):
    (tmp_path / "runs").touch()
    settings = load("xor", output=tmp_path)
    assert cluster.finish(settings, [], cluster.sources()).startswith("output must be a folder that can be written to")


def test_a_folder_that_is_not_shared_is_told(tmp_path, monkeypatch):
    plan = Plan.of(replace(load("xor", "seeds=2", output=tmp_path), reading="as_printed"))
    monkeypatch.setattr(cluster, "WAITED", 0)
    told = rf"^output must be a folder that all machines of the cluster share: 1 of 1 pieces .* not in {tmp_path}"
    with pytest.raises(BadInput, match=told):
        cluster._seen(plan, [Piece("as_printed", range(2))])
    plan.train(Piece("as_printed", range(2)))
    cluster._seen(plan, [Piece("as_printed", range(2))])


def test_without_ray_the_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(BadInput, match=r"^cluster needs Ray, .*: pip install --require-hashes -r requirements/cluster"),
        cluster.connected("auto"),
    ):
        pass


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "a:b", "127.0.0.1:99999", ""])
def test_an_address_without_a_cluster_is_told(address):
    told = f"cluster must be auto or the address of a Ray cluster, such as 10.0.0.7:6379, was {address} ("
    with pytest.raises(BadInput, match="^" + re.escape(told)), cluster.connected(address):
        pass

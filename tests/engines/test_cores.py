"""The number of cores that a process may use: its affinity, and a container's limit."""

import os

import pytest

from backprop86.engines import cores as page
from backprop86.engines.cores import cores


@pytest.fixture
def limit(monkeypatch, tmp_path):
    """Return the file of a container's limit, on a machine with eight cores of which four may be used."""
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 2, 3, 5}, raising=False)
    monkeypatch.setattr(page, "LIMIT", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_the_affinity_counts(limit, monkeypatch):
    assert cores() == 4
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cores() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("max 100000\n", 4),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),  # one and a half keep two threads busy
        ("50000 100000\n", 1),
        ("1000 100000\n", 1),
        ("900000 100000\n", 4),
        ("", 4),
        ("nonsense", 4),
    ],
)
def test_a_container_may_have_fewer(limit, text, n):
    limit.write_text(text)
    assert cores() == n


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds processes to cores")
def test_a_process_that_is_bound_to_a_core_has_one():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, before)

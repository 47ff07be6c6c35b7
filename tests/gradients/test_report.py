"""A report is true or false, has a table, names, lines and HTML; an assertion raises those lines."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from backprop86.gradients.gradcheck import gradcheck
from backprop86.testing import assert_gradients
from nets import random

X, W = random(0, 5, 3), random(1, 3, 2)


def forward(x, w):
    y = torch.tanh(x @ w)
    return y, (x, w, y)


def backward(g, cache, factor=1.0):
    x, w, y = cache
    dE_dx = g * (1 - y * y)
    return dE_dx @ w.T, {"w": factor * x.T @ dE_dx}


def wrong(g, cache):
    return backward(g, cache, 2)


def test_a_right_pair():
    report = gradcheck(forward, backward, [X], {"w": W})
    assert report
    assert report.mistakes == {}
    assert report.left_out == {}
    assert list(report.table) == [
        "oracle", "tensor", "exact", "absolute", "relative", "ulp", "agrees", "looks_like", "taylor",
    ]  # fmt: skip
    first, second = str(report).splitlines()
    assert first.startswith("input 1  right: ")
    assert second.startswith("w        right: ")
    assert second.endswith("; Taylor remainder of order 2.00")
    assert repr(report) == str(report)


def test_a_wrong_pair():
    report = gradcheck(forward, wrong, [X], {"w": W})
    assert not report
    assert report.mistakes == {"w": "it is 2 times what it must be (is a factor 1/2 missing?)"}
    off = report.table.loc[~report.table["agrees"], "relative"].iloc[0]
    assert off == pytest.approx(1)
    assert str(report).splitlines()[1] == f"w        WRONG, off by 1 times the largest entry: {report.mistakes['w']}"
    html = report._repr_html_()
    assert html.count("<li>") == 2
    assert "<li>w        WRONG" in html
    assert html.count("<tr") == 1 + len(report.table)


def test_html_escapes_what_it_shows():
    name = "<b>w</b>"

    def named(x, **params):
        return forward(x, params[name])

    html = gradcheck(named, lambda g, c: (backward(g, c)[0], {name: backward(g, c)[1]["w"]}), [X], {name: W})
    assert "<b>" not in html._repr_html_()


def test_the_assertion():
    assert_gradients(forward, backward, [X], {"w": W})
    with pytest.raises(AssertionError, match=r"^gradients do not agree\ninput 1  right: .+\nw        WRONG, off by 1 "):
        assert_gradients(forward, wrong, [X], {"w": W}, oracles=["autograd"])


@pytest.mark.parametrize("kind", ["right", "wrong"])
def test_the_slope_of_the_taylor_remainder(kind):
    report = gradcheck(forward, backward if kind == "right" else wrong, [X], {"w": W})
    slopes = report.table.drop_duplicates("tensor").set_index("tensor")["taylor"]
    assert slopes["input 1"] == pytest.approx(2, abs=0.05)
    assert slopes["w"] == pytest.approx(2 if kind == "right" else 1, abs=0.05)


@pytest.mark.parametrize("share", [1e-2, 1e-4])
def test_the_slope_tells_small_mistakes(share):
    report = gradcheck(forward, lambda g, c: backward(g, c, 1 + share), [X], {"w": W})
    assert report.table.set_index("tensor")["taylor"]["w"].iloc[0] == pytest.approx(1, abs=0.1)


def test_a_linear_layer_has_no_remainder():
    report = gradcheck(lambda x, w: (x @ w, (x, w)), lambda g, c: (g @ c[1].T, c[0].T @ g), [X, W])
    assert np.isnan(report.table["taylor"]).all()
    assert "Taylor" not in str(report)
    report = gradcheck(lambda x, w: (x @ w, (x, w)), lambda g, c: (g @ c[1].T, 1.5 * c[0].T @ g), [X, W])
    assert report.table.set_index("tensor")["taylor"]["input 2"].iloc[0] == pytest.approx(1, abs=0.01)


TEST = """
import torch

def forward(x, w):
    return x @ w, (x, w)

def backward(g, cache):
    x, w = cache
    return g @ w.T, x.T @ g FACTOR

def test_mine(assert_gradients):
    x, w = torch.linspace(-1, 1, 6).view(2, 3), torch.linspace(-2, 1, 12).view(3, 4)
    assert_gradients(forward, backward, [x.double(), w.double()])
"""


@pytest.mark.slow
def test_the_fixture_in_a_test_of_ones_own(tmp_path):
    for name, factor in (("right", ""), ("wrong", "/ 2")):
        (tmp_path / f"test_{name}.py").write_text(TEST.replace("FACTOR", factor))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_right.py", "test_wrong.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1, run.stdout
    assert re.search(r"^FAILED test_wrong.py::test_mine", run.stdout, re.MULTILINE)
    assert re.search(r"^1 failed, 1 passed in ", run.stdout, re.MULTILINE)
    assert "AssertionError: gradients do not agree" in run.stdout
    assert "it is the mean over cases, not the sum: 1/2 of what it must be" in run.stdout
    assert "gradcheck(" not in run.stdout  # pytest shows the test, and nothing of ours


def test_pytest_loads_the_plug_in_without_torch():
    code = "import sys, backprop86.pytest_plugin; print(sorted({'torch', 'pandas', 'numpy'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
    assert "backprop86.pytest_plugin" in (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")

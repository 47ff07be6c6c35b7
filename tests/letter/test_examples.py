"""The files to learn from: short, torch alone, their gradients those of the modules, their runs those of the engine."""

import ast
import re
import runpy

import numpy as np
import pytest
import torch

from backprop86.engines import reference
from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.modules import Linear, Logistic, SquaredError
from backprop86.wiring import layered
from helpers import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
HAND = runpy.run_path(str(ROOT / "examples" / "backprop_by_hand.py"))
ONE = runpy.run_path(str(ROOT / "examples" / "one_layer_cannot.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_they_are_short_and_need_torch_alone(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 100
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import torch"]


@pytest.mark.parametrize("seed", range(5))
def test_gradients_are_those_of_the_modules(seed):
    w = {name: 3 * weights for name, weights in HAND["small_random_weights"](seed).items()}
    hidden, y = HAND["forward"](w)
    found = HAND["backward"](w, hidden, y)
    x_1, linear_1 = Linear.forward(HAND["INPUTS"], w["w_early"].mT)
    h, logistic_1 = Logistic.forward(x_1 + w["b_early"])
    x_2, linear_2 = Linear.forward(h, w["w_late"].mT)
    out, logistic_2 = Logistic.forward(x_2 + w["b_late"])
    E, squared = SquaredError().forward(out, HAND["DESIRED"])
    assert torch.allclose(E, HAND["error"](y), rtol=1e-14)
    dE_dx_2 = Logistic.backward(SquaredError().backward(1.0, squared)[0], logistic_2)[0]
    dE_dh, late = Linear.backward(dE_dx_2, linear_2)
    dE_dx_1 = Logistic.backward(dE_dh, logistic_1)[0]
    early = Linear.backward(dE_dx_1, linear_1)[1]
    wanted = {"w_early": early["w"].mT, "b_early": dE_dx_1.sum(0), "w_late": late["w"].mT, "b_late": dE_dx_2.sum(0)}
    assert found.keys() == wanted.keys() == w.keys()
    for name, gradient in wanted.items():
        assert torch.allclose(found[name], gradient, rtol=1e-12, atol=1e-16), name
        assert torch.allclose(HAND["by_autograd"](w)[name], gradient, rtol=1e-12, atol=1e-16), name


def trained(wiring, w, d, sweeps):
    """The weights after some sweeps of the reference engine, from w (n,), and E before the last nudge."""
    recipe = Recipe(epsilon=0.5, alpha=0.9, sweeps=sweeps, stop="limit")
    cases = Cases(HAND["INPUTS"].numpy(), d.numpy().reshape(4, 1), ("00", "01", "10", "11"))
    return reference.train(Job(wiring, cases, recipe, w[None])).w[0]


def flat(w):
    """The weights in the order of layered(2, 2, 1): those of each unit, its bias first."""
    hidden = torch.cat([w["b_early"][:, None], w["w_early"].mT], 1)
    return torch.cat([hidden.flatten(), w["b_late"], w["w_late"][:, 0]]).numpy()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_run_is_the_engines(seed):
    start = HAND["small_random_weights"](seed)
    *_, (sweep, *_, last) = HAND["learn"](start, 300)
    assert sweep == 300
    found = trained(layered(2, 2, 1), flat(start), HAND["DESIRED"], 300)
    assert np.abs(found - flat(last)).max() < 1e-10
    assert np.abs(found - flat(start)).max() > 0.01


def test_the_run_of_one_layer_is_the_engines():
    start = ONE["small_random_weights"](1)
    _, last = ONE["learn"](start, ONE["XOR"], 300)
    found = trained(layered(2, 1), np.array([start[2], *start[:2]]), ONE["XOR"], 300)
    assert np.abs(found - np.array([last[2], *last[:2]])).max() < 1e-12


def test_what_the_first_prints(capsys):
    HAND["main"]()
    head, *lines, _, _, end = capsys.readouterr().out.splitlines()
    rows = np.array([line.split() for line in lines], dtype=float)
    assert len(head.split("  ")) > 3
    assert rows[:, 0].tolist() == list(range(0, 1001, 100))
    assert rows[0, 1] == pytest.approx(0.5, abs=0.01)
    assert rows[-1, 1] < 0.01
    assert np.abs(rows[-1, 2:6] - [0, 1, 1, 0]).max() < 0.1  # learned
    assert rows[0, 6] < rows[0, 7] / 10  # the early layer's gradient is the smaller one at first
    assert float(re.search(r"more than (\S+)\.$", end)[1]) < 1e-15


def test_what_the_second_prints(capsys):
    ONE["main"]()
    told = capsys.readouterr().out
    assert re.findall(r"(\d) of 4 on the right side", told)[0] == "4"
    assert re.findall(r"the best of all lines gets (\d) of 4", told) == ["4", "3"]
    errors, w = ONE["learn"](ONE["small_random_weights"](1), ONE["XOR"], 2000)
    assert w.abs().max() < 1e-3  # "where all weights are 0"
    assert errors[-1] == pytest.approx(0.5, abs=1e-6)

"""Measures: the same bits on every kind of processor, and their parts against fifty digits."""

import ast
import inspect
import math
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from types import FunctionType, ModuleType

import mpmath
import numpy as np
import pytest
import torch

import every_measure
from backprop86.engines.recipe import Recipe
from backprop86.problems import depth
from backprop86.running import failures, training
from backprop86.running.measures import correlation, geometric_mean, length, norm, total
from backprop86.running.nets import Nets
from backprop86.running.settings import stems
from backprop86.running.training import run_reading


def switched_off():
    """The instruction sets that this processor has and NumPy can do without, the latest first."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in reversed(__cpu_dispatch__) if __cpu_features__[name]]


OTHER_PROCESSORS = {
    "no AVX-512": {
        "NPY_DISABLE_CPU_FEATURES": " ".join(n for n in switched_off() if "512" in n or n == "X86_V4"),
        "OPENBLAS_CORETYPE": "Haswell",
        "MKL_CBWR": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma",
    },
    "neither AVX nor fused multiply-add": {
        "NPY_DISABLE_CPU_FEATURES": " ".join(switched_off()),
        "OPENBLAS_CORETYPE": "Prescott",
        "MKL_CBWR": "COMPATIBLE",
        "ATEN_CPU_CAPABILITY": "default",
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "+sse2",
    },
}


def same_bits(tmp_path, columns_here):
    """The columns that differ on each of OTHER_PROCESSORS: one process each, side by side."""
    script, environment = Path(every_measure.__file__), os.environ | {"OMP_NUM_THREADS": "1"}
    runs = {
        name: subprocess.Popen([sys.executable, script, tmp_path / "nets", tmp_path / name], env=environment | settings)
        for name, settings in OTHER_PROCESSORS.items()
    }
    assert [run.wait() for run in runs.values()] == [0] * len(runs)
    found = {name: pickle.loads((tmp_path / name).read_bytes()) for name in runs}
    assert all(there.keys() == columns_here.keys() for there in found.values())
    return {name: [key for key in there if there[key] != columns_here[key]] for name, there in found.items()}


@pytest.mark.slow
def test_every_measure_has_the_same_bits_on_other_processors(tmp_path):
    nets = every_measure.nets()
    (tmp_path / "nets").write_bytes(pickle.dumps(nets))
    here = every_measure.columns(nets)
    assert {stem for stem, _, _ in here} == set(stems())
    assert same_bits(tmp_path, here) == {name: [] for name in OTHER_PROCESSORS}


EXACT = {
    *("abs", "add", "frexp", "ldexp", "maximum", "rint", "round", "sqrt"),
    *("all", "argsort", "diff", "flatnonzero", "isin", "nanmedian", "sort", "where"),
    *(
        "arange",
        "array",
        "ascontiguousarray",
        "broadcast_to",
        "concatenate",
        "empty",
        "eye",
        "full",
        "full_like",
        "insert",
    ),
    *("moveaxis", "ones", "ones_like", "repeat", "roll", "stack", "zeros", "zeros_like"),
    *("errstate", "finfo", "inf", "int32", "nan", "ndarray"),
}
"""The parts of NumPy that measures may use: their results are rounded in one way, or not at all."""
OTHERS = {"math": {"factorial", "prod"}, "torch": set(), "scipy": set()}
"""The parts of these modules that measures may use."""


def measuring():
    """Return every function of ours that takes part in a measure, apart from the engines."""
    begin = [Nets.outputs.fget, Nets.on.fget, Nets.counts.fget, training._some_at_a_time, failures.kinds]
    begin += [every_measure.problem_of(stem).measure for stem in stems()]
    return set().union(*(called_by(inspect.unwrap(function), set()) for function in begin))


def called_by(function, found):
    """Return all functions of ours that a function calls, itself included, and all that those call."""
    if function not in found:
        found.add(function)
        for node in ast.walk(tree_of(function)):
            called = stands_for(node, names_in(function))
            if isinstance(called, FunctionType) and is_ours(called.__module__):
                called_by(called, found)
    return found


def is_ours(module):
    """Measures' own arithmetic; that of the engines is tested to the bit in test_bits.py."""
    return module.startswith("backprop86") and not module.startswith("backprop86.engines")


def tree_of(function):
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def names_in(function):
    """The objects that a function can name, but for its own parameters and variables."""
    own = {*function.__code__.co_varnames, *function.__code__.co_cellvars}
    return {name: value for name, value in function.__globals__.items() if name not in own}


def stands_for(node, names):
    """The object that `name` or `module.name` stands for, else None."""
    found = names.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(node, ast.Attribute) and isinstance(module := stands_for(node.value, names), ModuleType):
        found = getattr(module, node.attr, None)
    return inspect.unwrap(found) if callable(found) else found


def not_exact(tree, names):
    """Return, in words, the parts of a function that may differ from processor to processor."""
    return [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.expr) and differs(node, names)]


def differs(node, names):
    """Return whether an expression is a matrix product, a power but a square, an unordered sort, or not in EXACT."""
    match node:
        case ast.BinOp(op=ast.MatMult()):
            return True
        case ast.BinOp(op=ast.Pow()):
            return ast.unparse(node.right) != "2"
        case ast.Call(func=ast.Attribute(attr="argsort")):  # equal values come in any order
            return "kind='stable'" not in ast.unparse(node)
        case ast.Attribute(attr="dot" | "var" | "std"):
            return True
        case ast.Attribute() if isinstance(module := stands_for(node.value, names), ModuleType):
            return node.attr not in (EXACT if module is np else OTHERS.get(module.__name__, {node.attr}))
        case ast.Name():
            return (getattr(stands_for(node, names), "__module__", None) or "").split(".")[0] in OTHERS
    return False


def test_no_measure_uses_what_differs_from_processor_to_processor():
    found = {f"{function.__module__.split('.')[-1]}.{function.__name__}": function for function in measuring()}
    assert len(found) == len(measuring())
    others = {"chauvin", "width_and_depth"}  # their measures are those of xor and associations
    assert {f"{stem}.measure" for stem in set(stems()) - others} <= found.keys()
    assert {"measures.norm", "measures.total", "family_trees.incoming", "iterative.iterate"} <= found.keys()
    wrong = {name: not_exact(tree_of(function), names_in(function)) for name, function in found.items()}
    assert {name: what for name, what in wrong.items() if what} == {}


@pytest.mark.parametrize(
    ("planted", "is_wrong"),
    [
        ("a @ b", True),
        ("np.linalg.norm(a)", True),
        ("np.exp(a)", True),
        ("np.dot(a, b)", True),
        ("a.dot(b)", True),
        ("torch.exp(a)", True),
        ("math.log(2)", True),
        ("tensor(a)", True),
        ("a**0.5", True),
        ("np.argsort(a)", True),
        ("a.argsort()", True),
        ("np.argsort(a, kind='stable')", False),
        ("a * a**2 / np.sqrt(b) + math.factorial(3)", False),
    ],
)
def test_what_differs_is_seen(planted, is_wrong):
    names = {"np": np, "torch": torch, "math": math, "tensor": torch.tensor}
    assert bool(not_exact(ast.parse(planted), names)) == is_wrong


def test_sums_are_in_order():
    assert total(np.array([[1e16, -1e16, 1.0], [1.0, 1e16, -1e16]])).tolist() == [1, 0]
    assert total(np.array([1e16] + 16 * [1.0])) == 1e16  # in pairs it would be more
    assert length(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [5, 0]


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (4, 2), (4, 4), (3, 7)])
@pytest.mark.parametrize("kind", ["any", "graded", "of rank 1", "nearly equal", "equal"])
def test_the_norm_of_a_matrix(shape, kind):
    random = np.random.default_rng(1)
    matrices = random.normal(size=(20, *shape))
    u, s, v = np.linalg.svd(matrices, full_matrices=False)
    k = np.arange(s.shape[1])
    s = {"any": s, "graded": 10.0 ** (3 - 4 * k), "of rank 1": k == 0, "nearly equal": 1 - 1e-8 * k, "equal": k >= 0}[
        kind
    ] * np.ones_like(s)
    matrices = (u * s[:, None]) @ v
    with mpmath.workdps(40):
        exact = [float(max(mpmath.svd_r(mpmath.matrix(m.tolist()), compute_uv=False))) for m in matrices]
    assert norm(matrices) == pytest.approx(np.array(exact), rel=2e-15, abs=0)


def test_the_norm_of_nothing():
    assert norm(np.zeros((2, 4, 4))).tolist() == [0, 0]
    assert norm(np.diag([-3.0, 2.0, 0.0])) == 3


@pytest.mark.parametrize("n", range(1, 13))
def test_the_geometric_mean(n):
    random = np.random.default_rng(n)
    values = 10 ** random.uniform(-1, 1, (300, n)) * random.choice([1, 1e-30, 1e30, 1e-150, 1e150], (300, 1))
    with mpmath.workdps(40):
        exact = [float(mpmath.root(mpmath.fprod(map(mpmath.mpf, row)), n)) for row in values.tolist()]
    assert geometric_mean(values) == pytest.approx(np.array(exact), rel=1e-15, abs=0)
    assert geometric_mean(np.full((1, n), 0.25)) == pytest.approx(0.25, rel=1e-15)
    values[0, -1], values[1, 0], values[2, 0] = 0, np.nan, np.inf
    with np.errstate(invalid="ignore"):
        none, unknown, infinite, *_ = geometric_mean(values)
    assert none == 0
    assert np.isnan(unknown)
    assert not np.isfinite(infinite)


def test_correlation():
    random = np.random.default_rng(2)
    a, b = random.normal(size=(5, 24)) + 3, random.normal(size=24)
    expected = [np.corrcoef(row, b)[0, 1] for row in a]
    assert correlation(a, b) == pytest.approx(expected, rel=1e-13)
    assert correlation(a, np.repeat([-1, 1], 12)) == pytest.approx(correlation(a, np.repeat([5.0, 7.0], 12)))
    assert correlation(a[:, None], a[None])[[0, 1], [0, 1]] == pytest.approx(1)


def test_a_net_that_diverged_is_measured_without_a_word():
    recipe = Recipe("3_layers", 50, epsilon=1e308, alpha=0.9, initial_range=1.0, stop="limit")
    rows = run_reading(depth, recipe, [0, 1, 2])
    assert rows["diverged"].tolist() == [False, True, True]
    assert rows["factor@end"].isna().tolist()[1]
    assert not rows["within_bound@end"].tolist()[1]

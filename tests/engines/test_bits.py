"""Bits: the fused engine's are the referee's; the referee itself beside fractions, NumPy's Philox and mpmath."""

import hashlib
import json
import math
import os
import platform
import subprocess
import sys
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
import referee
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backprop86.descent import RATES, Descent
from backprop86.engines import fused, reference
from backprop86.engines.arithmetic import LARGEST
from backprop86.engines.bits import bits, different
from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.engines.reference import Outcome
from backprop86.network import initial_weights
from backprop86.problems import xor
from backprop86.running.rules import job_of, rules
from backprop86.running.settings import stems
from backprop86.wiring import layered
from counts import many
from helpers import slow
from nets import FEW, XOR, job_of_any, wirings

DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


@pytest.mark.parametrize("name", slow(FEW, *(name for name in FEW if "trees" in name or "desired" in name)))
def test_the_bits_of_a_few_nets(name):
    job = job_of(*FEW[name], 20)
    assert different(fused.train(job), referee.run(job)) == {}


@DTYPES
@pytest.mark.parametrize("error", ["sum", "mean"])
def test_the_bits_where_every_seed_has_new_cases_in_each_sweep(error, dtype):
    """Use more sweeps than one batch, more seeds than lanes, some of which diverge; a dead zone, late rates."""
    wiring = layered(3, 4, 2)

    def stream(row, first, n):
        blocks = [np.random.default_rng([row, number]) for number in range(first, first + n)]
        inputs = np.stack([block.normal(size=(11, 3)) for block in blocks])
        return inputs, (inputs[..., :2] > 0).astype(float)

    recipe = Recipe("", 70, 0.3, 0.9, moments=[1, 66], dead_zone="from_edge", error=error, stop="limit", dtype=dtype)
    recipe = replace(recipe, block=11, late_sweep=40, late_epsilon=0.1, late_alpha=0.5, late_decay=0.01)
    w = np.random.default_rng(0).normal(size=(19, wiring.n_parameters))
    w[7, 3] = np.inf
    job = Job(wiring, Cases(np.ones((1, 3)), np.ones((1, 2)), ("",)), recipe, w, stream=stream)
    ours = fused.train(job, lanes=8)
    assert different(ours, referee.run(job)) == {}
    assert ours.diverged.tolist() == [k == 7 for k in range(19)]
    theirs = reference.train(replace(job, recipe=replace(recipe, dtype="float64", sweeps=66, moments=[1])))
    assert np.abs(theirs.w - ours.w_at[:, 1])[np.arange(19) != 7].max() < (1e-9 if dtype == "float64" else 0.05)


@pytest.mark.slow
@DTYPES
@pytest.mark.parametrize("stem", stems())
def test_the_bits_of_every_experiment(stem, dtype):
    """Without --thorough: a fifth of the sweeps of fewer seeds, and a third of the rules in float32 (see rules.py)."""
    wrong = {}
    for name, problem, recipe, n in list(rules(stem))[:: many({"float64": 1, "float32": 3}[dtype], 1)]:
        sweeps = many(max(min(3, recipe.sweeps), recipe.sweeps // 5), recipe.sweeps)
        recipe = replace(recipe, dtype=dtype, sweeps=sweeps, moments=sorted({1, sweeps}))
        job = job_of(problem, recipe, many({100: 20}.get(n, 9), n))
        if found := different(fused.train(job), referee.run(job)):
            wrong[name] = found
    assert wrong == {}


@pytest.mark.slow
@settings(max_examples=many(10, 20))
@given(wirings(), st.integers(0, 2**32), st.sampled_from(["sweep", "case"]), st.sampled_from(["sum", "mean"]))
def test_the_bits_of_any_net(wiring, seed, update, error):
    job = job_of_any(wiring, seed, update, error)
    assert different(fused.train(job), referee.run(job)) == {}


@DTYPES
@pytest.mark.parametrize("update", ["sweep", "case"])
def test_the_bits_where_every_seed_has_its_own_rates(update, dtype):
    recipe, random = replace(XOR, sweeps=15, opening_sweeps=4, error="mean"), np.random.default_rng(0)
    job = job_of(xor, replace(recipe, update=update, dtype=dtype), 20)
    job = replace(job, counted=np.array([[1, 1, 0, 1], [0, 1, 1, 1]] * 10) * 1.0)
    descent = Descent(**{name: random.random(20) * (0.1 if name == "decay" else 1) for name in RATES}, opening_sweeps=4)
    assert different(fused.train(job, descent=descent), referee.run(job, descent)) == {}


@DTYPES
def test_the_bits_of_runs_that_diverge(dtype):
    """Some at once, from infinite weights, some later, and some from numbers that are almost too small or too large."""
    cases = Cases(np.array([[1e30, 0], [1, 1]]), np.array([[1.0], [0.0]]), ("huge", "one"))
    epsilon = {"float64": 1e20, "float32": 1e5}[dtype]
    recipe = replace(XOR, epsilon=epsilon, sweeps=8, moments=[1, 3], stop="limit", dtype=dtype)
    w = np.array([[0, 0, 0], [0, np.inf, 0], [-np.inf, 0, 1], [1e-320, 1e-30, -1e-44], [-700, 0, 1], [0, 1e-30, -0.0]])
    job = Job(layered(2, 1), cases, recipe, w)
    ours = fused.train(job)
    assert different(ours, referee.run(job)) == {}
    assert 0 < ours.diverged.sum() < len(w)


TERMS = referee.terms
CHANGES = {
    "a product is rounded before it is added": ("fma", lambda a, b, c, dtype: np.multiply(a, b, dtype=dtype) + c),
    "sums are taken backwards": ("terms", lambda *products: TERMS(*(each[::-1] for each in products))),
    "four cases are taken at a time": ("CASES_AT_ONCE", 4),
    "e^r has a term less": ("TAYLOR", {dtype: some[1:] for dtype, some in referee.TAYLOR.items()}),
    "ln 2 is one number": ("LN_2_REST", dict.fromkeys(referee.LN_2_REST, 0.0)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_arithmetic_has_other_bits(change, monkeypatch):
    job = job_of(*FEW["shared weights"], 20)
    ours = fused.train(job)
    monkeypatch.setattr(referee, *CHANGES[change])
    found = different(ours, referee.run(job))
    assert found["w"][0] > 5
    assert not found.keys() & {"sweeps", "right_side", "stopped", "diverged"}


LONG_TO_COMPILE = "symmetry, desired states"
"""Its sweep takes a minute to compile for a processor without FMA."""


def hashes(threads=1, lanes=None):
    """Return the SHA-256 of the outcomes of some seeds of a few nets."""
    found = {}
    for name, (problem, recipe) in FEW.items():
        if name == many(LONG_TO_COMPILE, None):
            continue
        outcome = fused.train(job_of(problem, recipe, 70), threads=threads, lanes=lanes)
        every = b"".join(bits(getattr(outcome, field.name)) for field in fields(Outcome))
        found[name] = hashlib.sha256(every).hexdigest()
    return found


THREADS = many((3,), (1, 2, 3))
MACHINES = {
    "AVX2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+fma,+sse4.1,+sse4.2"},
    "no FMA": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "+sse2"},
}


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these machines are of one family")
@pytest.mark.parametrize("machine", MACHINES)
def test_other_machines_have_the_same_bits(machine):
    """Other numbers of threads and lanes give the same bits too."""
    program = "import json, test_bits; print(json.dumps([test_bits.hashes(n, 48 * n) for n in test_bits.THREADS]))"
    paths = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    environment = os.environ | MACHINES[machine] | {"PYTHONPATH": paths}
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, check=True)
    assert json.loads(child.stdout) == [hashes()] * len(THREADS)


def numbers(random, dtype, n, share):
    """Numbers of a share of all sizes, with few digits and with many, beside powers of two, and zeros and the like."""
    info = np.finfo(dtype)
    few = 2.0 ** -random.integers(1, info.nmant + 1, n)
    mantissa = np.choose(random.integers(0, 4, n), [1 + random.random(n), 1 + few, 2 - few, np.ones(n)])
    exponent = random.integers(info.minexp - info.nmant, info.maxexp, n) * share
    found = np.ldexp(mantissa * random.choice([-1, 1], n), exponent.astype(int)).astype(dtype)
    own = random.choice([0, -0.0, np.inf, -np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal], n)
    return np.where(random.random(n) < 0.03, own, found).astype(dtype)


def rounded(exact, dtype):
    """A fraction, rounded to the nearest number, ties to even."""
    info = np.finfo(dtype)
    size = exact.numerator.bit_length() - exact.denominator.bit_length()
    size -= abs(exact) < Fraction(2) ** size
    unit = Fraction(2) ** max(size - info.nmant, info.minexp - info.nmant)
    value = round(exact / unit) * unit
    size = math.inf if abs(value) >= Fraction(2) ** info.maxexp else float(abs(value))
    return size if exact > 0 else -size


def right_fma(a, b, c, dtype):
    """What fma must be, from fractions."""
    a, b, c = float(a), float(b), float(c)
    if 0 in (a, b) or not math.isfinite(a) or not math.isfinite(b):
        return a * b + c
    if not math.isfinite(c):
        return c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    return rounded(exact, dtype) if exact else 0.0


def assert_right(a, b, c, dtype):
    """Compare fma, of arrays, with fractions, to the bit and with the sign of 0."""
    right = np.array([right_fma(*three, dtype) for three in zip(a, b, c, strict=True)], dtype)
    found = referee.fma(a, b, c, dtype)
    assert found.dtype == dtype
    wrong = [k for k in range(len(a)) if bits(found[k]) != bits(right[k])]
    assert [(a[k], b[k], c[k], found[k], right[k]) for k in wrong] == []


@DTYPES
@np.errstate(all="ignore")
def test_fma_is_rounded_once(dtype):
    """Also where the sum nearly cancels, is a tie or almost one, is infinite, or too small to be normal."""
    random, n, type_ = np.random.default_rng(0), 2000, np.dtype(dtype).type
    for share in (0.0, 0.01, 0.1, 0.45, 0.5, 1.0):
        a, b, c = (numbers(random, dtype, n, share) for _ in range(3))
        product = -(a * b)
        beside = np.nextafter(product, type_(np.inf))
        shifted = np.ldexp(product, random.integers(-60, 61, n))
        assert_right(a, b, np.choose(random.integers(0, 4, n), [c, product, beside, shifted]), dtype)


@given(st.lists(st.tuples(*[st.floats()] * 3), min_size=1))
@example([(1e-170, 1e-170, 5e-324), (1e160, 1e160, -1e308), (2.0**-1074, 2.0**600, 1.0), (-0.0, 1.0, -0.0)])
def test_fma_of_any_numbers(triples):
    assert_right(*np.array(triples).T, "float64")
    with np.errstate(all="ignore"):
        assert_right(*np.array(triples).T.astype("float32"), "float32")


@pytest.mark.parametrize("seed", [0, 1, 86, 2**32 - 1, 2**63 - 1, 2**64 - 1])
@pytest.mark.parametrize("n", [1, 4, 9, 30])
def test_initial_weights(seed, n):
    wiring = layered(n, 1)
    for initial_range, spread in ((0.3, None), (1.0, None), (0.1, 1e-3), (0.0, 0.7)):
        right = initial_weights(wiring, [seed], initial_range, spread=spread)[0]
        assert bits(np.array(referee.initial_weights(seed, 1 + n, initial_range, spread))) == bits(right)


@pytest.mark.parametrize(("dtype", "ulp"), [("float64", 2), ("float32", 3)])
def test_logistic_is_within_few_ulp_on_a_grid(dtype, ulp):
    """Elsewhere it may be further away: of 4 million x the furthest in float64 was 2.8 ulp."""
    random, most = np.random.default_rng(0), LARGEST[dtype]
    x = np.concatenate([np.linspace(0, most, 3001), random.normal(size=2000), np.geomspace(1e-300, most, 999)])
    x = np.concatenate([x, -x]).astype(dtype)
    with mpmath.workprec(200):
        right = np.array([float(1 / (1 + mpmath.exp(-mpmath.mpf(float(value))))) for value in x])
    spacing = np.spacing(right.astype(dtype)).astype(float)
    assert np.max(np.abs(referee.logistic(x).astype(float) - right) / spacing) <= ulp


@DTYPES
def test_logistic_saturates_and_passes_nan_on(dtype):
    most, type_ = LARGEST[dtype], np.dtype(dtype).type
    huge = float(np.finfo(dtype).max)
    y = referee.logistic(np.array([-np.inf, -huge, -most - 1, -most, 0, most, huge, np.inf, np.nan], dtype))
    assert len({*y[:4].tolist()}) == 1
    assert y[3] == pytest.approx(math.exp(-most))
    assert y[4:8].tolist() == [0.5, *[1 / (1 + type_(math.exp(-most)))] * 3]
    assert np.isnan(y[8])

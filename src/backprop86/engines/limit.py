"""The machine's limit: how fast any engine could train here, from the speed of a matrix product and of a logistic."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from backprop86.engines.compiling import compiled
from backprop86.engines.cores import cores
from backprop86.engines.kernel import outputs
from backprop86.engines.program import products
from backprop86.engines.recipe import Cases, Recipe
from backprop86.engines.vectors import pointer, width
from backprop86.wiring import Wiring


def limit(wiring: Wiring, cases: Cases, recipe: Recipe) -> float:
    """Return seed-sweeps per second if products ran like a matrix product, and logistics like a vectorised one.

    Only what must be done is counted: no criterion, no dE/dx, nothing that cases have in common twice.
    """
    C, back = len(cases.inputs), np.count_nonzero(wiring.source > wiring.n_inputs)
    forward, n_logistics = forward_pass(wiring, cases)
    flops = 2 * (forward + C * back + products(wiring, cases)) + 4 * wiring.n_parameters
    logistics = logistic_rate()  # first: after a product torch's threads keep the cores busy for a while
    return 1 / float(flops / matrix_rate() + n_logistics / logistics)


def forward_pass(wiring: Wiring, cases: Cases) -> tuple[int, int]:
    """Return the products and the logistics of equations 1 and 2 that must be done.

    A sum begins with its bias, then inputs. As far as it is the same in several cases, it is computed once.
    """
    C, begun, done, n = len(cases.inputs), set(), set(), 0
    for unit in range(1 + wiring.n_inputs, wiring.n_units):
        into = np.flatnonzero(wiring.target == unit)
        into = into[np.argsort(wiring.source[into], kind="stable")]
        given = into[wiring.source[into] <= wiring.n_inputs]
        n += C * (len(into) - len(given))
        for case, values in enumerate(np.insert(cases.inputs, 0, 1.0, axis=1)[:, wiring.source[given]]):
            pairs = zip(wiring.parameter[given].tolist(), values.tolist(), strict=True)
            terms = tuple(pair for pair in pairs if pair[1])
            begun |= {terms[:k] for k in range(2, len(terms) + 1)}  # the first term stands as it is
            done.add((terms, None if len(given) == len(into) else (unit, case)))
    return n + len(begun), len(done)


def matrix_rate() -> float:
    """Return the floating-point operations per second of a float64 matrix product, all cores."""
    a = torch.randn(1024, 1024, dtype=torch.float64)
    return 2 * 1024**3 / fastest_of_ten(lambda: a @ a)


def logistic_rate() -> float:
    """Return the logistics per second, all cores: ours or torch's, whichever is faster."""
    n, times = cores(), 20_000
    of_each = [np.linspace(-9, 9, 128) for _ in range(n)]
    with ThreadPoolExecutor(n) as pool:  # before torch's threads have been woken
        ours = fastest_of_ten(lambda: list(pool.map(many_logistics, of_each, [times] * n)))
    x = torch.linspace(-9, 9, 2**17, dtype=torch.float64)
    return max(n * times * 128 / ours, 2**17 / fastest_of_ten(lambda: torch.sigmoid(x)))


@compiled
def many_logistics(y: Any, times: int) -> None:
    """Replace an array, which stays in the first cache, by its logistic, `times` times."""
    rows = pointer(y)  # type: ignore[call-arg, var-annotated]  # an intrinsic's first parameter is numba's own
    for _ in range(times):
        outputs(rows, 0, len(y) // width(rows))


def fastest_of_ten(function: Callable[[], object]) -> float:
    """Return the seconds of the fastest of ten calls."""
    took = []
    for _ in range(10):
        started = time.perf_counter()
        function()
        took.append(time.perf_counter() - started)
    return min(took)

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
    """Return seed-sweeps per second if products ran like a matrix product, and logistics like a vectorised one."""
    C, back = len(cases.inputs), np.count_nonzero(wiring.source > wiring.n_inputs)
    flops = 2 * (2 * products(wiring, cases) + C * back) + 4 * wiring.n_parameters
    n_logistics = C * (wiring.n_units - 1 - wiring.n_inputs)
    return 1 / float(flops / matrix_rate() + n_logistics / logistic_rate())


def matrix_rate() -> float:
    """Return the floating-point operations per second of a float64 matrix product, all cores."""
    a = torch.randn(1024, 1024, dtype=torch.float64)
    return 2 * 1024**3 / fastest_of_ten(lambda: a @ a)


def logistic_rate() -> float:
    """Return the logistics per second, all cores: ours or torch's, whichever is faster."""
    n, times = cores(), 20_000
    many_logistics(np.zeros(128), 1)
    with ThreadPoolExecutor(n) as pool:
        started = time.perf_counter()
        list(pool.map(lambda _: many_logistics(np.linspace(-9, 9, 128), times), range(n)))
        ours = n * times * 128 / (time.perf_counter() - started)
    x = torch.linspace(-9, 9, 2**17, dtype=torch.float64)
    return max(ours, 2**17 / fastest_of_ten(lambda: torch.sigmoid(x)))


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

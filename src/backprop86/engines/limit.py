"""The machine's limit: how fast any engine could train here, from the speed of a matrix product and of a logistic."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import Any

import numpy as np
import torch

from backprop86.engines.fused import net_of
from backprop86.engines.kernel import logistic
from backprop86.engines.recipe import Cases, Recipe
from backprop86.engines.vectors import compiled, pointer
from backprop86.wiring import Wiring


def limit(wiring: Wiring, cases: Cases, recipe: Recipe) -> float:
    """Return seed-sweeps per second if products ran like a matrix product, and logistics like a vectorised one."""
    net = net_of(wiring, cases, recipe)
    products = sum(len(lists.left) for lists in (net.into, net.out_of, net.weight))
    flops = 2 * products + 4 * wiring.n_parameters
    return 1 / (flops / matrix_rate() + len(cases.inputs) * net.n_units / logistic_rate())


def matrix_rate() -> float:
    """Return the floating-point operations per second of a float64 matrix product, all cores."""
    a = torch.randn(1024, 1024, dtype=torch.float64)
    return 2 * 1024**3 / fastest_of_ten(lambda: a @ a)


def logistic_rate() -> float:
    """Return the logistics per second, all cores: ours or torch's, whichever is faster."""
    cores, times = cpu_count() or 1, 20_000
    many_logistics(np.zeros(128), 1)
    with ThreadPoolExecutor(cores) as pool:
        started = time.perf_counter()
        list(pool.map(lambda _: many_logistics(np.linspace(-9, 9, 128), times), range(cores)))
        ours = cores * times * 128 / (time.perf_counter() - started)
    x = torch.linspace(-9, 9, 2**17, dtype=torch.float64)
    return max(ours, 2**17 / fastest_of_ten(lambda: torch.sigmoid(x)))


@compiled
def many_logistics(y: Any, times: int) -> None:
    """Replace an array, which stays in the first cache, by its logistic, `times` times."""
    for _ in range(times):
        logistic(pointer(y), 0, len(y))  # type: ignore[call-arg]  # an intrinsic's first parameter is numba's own


def fastest_of_ten(function: Callable[[], object]) -> float:
    """Return the seconds of the fastest of ten calls."""
    took = []
    for _ in range(10):
        started = time.perf_counter()
        function()
        took.append(time.perf_counter() - started)
    return min(took)

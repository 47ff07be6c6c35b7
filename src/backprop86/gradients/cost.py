"""Time and memory of a backward pass by hand, beside autograd through the same forward pass."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from backprop86.engines.recipe import Job
from backprop86.gradients.oracles import by_autograd
from backprop86.network import Network


def both_ways(job: Job) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return two functions for dE/dw of all cases: by hand, and by autograd through the same forward pass."""
    network, error = Network(job.wiring), job.recipe.squared_error()
    inputs, d, weights = (torch.tensor(array) for array in (job.cases.inputs, job.cases.desired, job.w))
    counted = None if job.counted is None else torch.tensor(job.counted)
    one = weights.new_ones(len(weights))

    def E(leaf: torch.Tensor) -> torch.Tensor:
        return error.forward(network.forward(inputs, leaf)[0], d, counted)[0]

    def hand() -> None:
        outputs, cache = network.forward(inputs, weights)
        _, cache_error = error.forward(outputs, d, counted)
        dE_doutputs, _ = error.backward(1.0, cache_error)
        network.backward(dE_doutputs, cache, to_inputs=False)

    return hand, lambda: by_autograd(E, [weights], one)


def seconds(function: Callable[[], object], spend: float = 0.02) -> float:
    """Return the seconds of a call: the mean of the calls that fit into `spend`, and of three at least."""
    n, started = 0, time.perf_counter()
    while (took := time.perf_counter() - started) < spend or n < 3:
        function()
        n += 1
    return took / n


def peak(function: Callable[[], object]) -> int:
    """Return the peak of torch's memory during a call, in bytes above its start."""
    os.environ["KINETO_LOG_LEVEL"] = "9"  # torch's profiler prints about its work otherwise
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        function()
    with tempfile.TemporaryDirectory() as folder:
        profile.export_chrome_trace(str(Path(folder) / "trace.json"))
        events = json.loads((Path(folder) / "trace.json").read_text("utf-8"))["traceEvents"]
    changes = sorted((event["ts"], event["args"]["Bytes"]) for event in events if event["name"] == "[memory]")
    return int(np.cumsum([change for _, change in changes]).max())

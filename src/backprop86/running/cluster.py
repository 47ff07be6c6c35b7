"""Training ranges of seeds on the machines of a Ray cluster, which write them into one shared folder.

Ray starts the tasks, repeats the tasks of a lost machine, and knows the living machines. A task returns a few bytes:
its ranges are files. Training a range twice, on two machines, is harmless.
"""

import importlib.util
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from backprop86.engines.recipe import BadInput
from backprop86.running.plan import Piece, Plan
from backprop86.running.progress import bars
from backprop86.running.provenance import sources
from backprop86.running.settings import Settings

TASKS = 4
"""The least number of tasks per core: a core that finishes early takes another."""
MOST = 16
"""The most pieces in a task."""
WAITED = 60
"""The seconds to wait until a file of another machine is visible here, on a network disk."""


def train(plan: Plan, pieces: list[Piece]) -> None:
    """Train the pieces on the machines of settings.cluster; BadInput, in one line, if they cannot.

    auto is the cluster of this machine or, without one, its own cores.
    """
    cores = plan.settings.threads or 1
    settings = replace(plan.settings, output=str(Path(plan.settings.output).resolve()), threads=cores, cluster=None)
    with connected(str(plan.settings.cluster)) as ray, bars() as progress:
        bar = progress.add_task(plan.experiment.stem, total=sum(plan.cost(piece) for piece in pieces))
        slots = max(1, int(ray.cluster_resources().get("CPU", 1)) // cores)
        some = min(MOST, max(1, len(pieces) // (TASKS * slots)))
        todo = deque(pieces[start : start + some] for start in range(0, len(pieces), some))
        task = ray.remote(num_cpus=cores, max_retries=3)(finish)
        shared, at_work = ray.put(settings), dict[Any, list[Piece]]()
        while todo or at_work:
            while todo and len(at_work) < 2 * slots:  # the same number again waits for a core
                group = todo.popleft()
                at_work[task.remote(shared, group, sources())] = group
            for done in ray.wait(list(at_work), timeout=1)[0]:
                _check(ray, done)
                progress.advance(bar, sum(plan.cost(piece) for piece in at_work.pop(done)))
    _seen(plan, pieces)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Return Ray, connected to a cluster; BadInput, in one line, if there is none at this address."""
    if importlib.util.find_spec("ray") is None:
        told = "cluster needs Ray, which was not found here: pip install --require-hashes -r requirements/cluster.lock"
        raise BadInput(told)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray sends no usage statistics
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # otherwise Ray warns of future changes
    import ray

    try:
        if address != "auto":  # Ray tries an address for minutes
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(None if address == "auto" else address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, OverflowError, ValueError, RuntimeError) as error:
        told = f"was {address} ({str(error).splitlines()[0]})"
        raise BadInput(
            f"cluster must be auto or the address of a Ray cluster, such as 10.0.0.7:6379, {told}"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def finish(settings: Settings, pieces: list[Piece], digest: str) -> str:
    """Train pieces here, on one of the machines; return "", or the reason why they cannot be trained."""
    host = socket.gethostname()
    if sources() != digest:
        return f"cluster must have the same code everywhere, was another on {host}"
    try:
        plan = Plan.of(settings)
        for piece in pieces:
            plan.train(piece)
    except BadInput as error:
        return f"{error} (on {host})"
    return ""


def _check(ray: Any, done: Any) -> None:
    """Raise BadInput, in one line, if a task could not do its part; a bug keeps its traceback."""
    try:
        said = ray.get(done)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        told = str(error).splitlines()[0]
        raise BadInput(f"cluster lost the worker of one task again and again: {told}") from error
    if said:
        raise BadInput(said)


def _seen(plan: Plan, pieces: list[Piece]) -> None:
    """Wait until all ranges finished elsewhere are visible here; BadInput, in one line, if some never are."""
    until, wanted = time.monotonic() + WAITED, set(pieces)
    while left := wanted & set(plan.missing()):
        if time.monotonic() > until:
            told = f"{len(left)} of {len(pieces)} pieces that were finished are not in {plan.settings.ranges}"
            raise BadInput(f"output must be a folder that all machines of the cluster share: {told}")
        time.sleep(1)

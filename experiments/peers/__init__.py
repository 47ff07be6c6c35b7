"""Other people's way of training the same networks, for benchmark.py to time beside our engines.

A peer is a function peer(task, w0, sweeps) -> w: it trains w0 (S, n_parameters) for some sweeps by equations 3 and 9.
Files in this folder may use autograd; nothing of ours depends on them.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from backprop86.engines.recipe import Cases, Recipe
from backprop86.wiring import Wiring
from peers.batched_autograd import batched_autograd
from peers.numpy_by_hand import numpy_by_hand
from peers.per_seed import per_seed
from peers.task import Task, task_of
from peers.vmap_grad import vmap_grad

Peer = Callable[[Task, np.ndarray, int], np.ndarray]

PEERS: dict[str, Peer] = {
    "nn.Sequential, backward, SGD": per_seed,
    "torch.autograd, batched": batched_autograd,
    "torch.func.vmap(grad)": vmap_grad,
    "NumPy by hand": numpy_by_hand,
}
MISSING: list[str] = []
"""The peers that this environment cannot run, and how to install them."""

SITS_OUT: dict[str, Callable[[Task], bool]] = {}
"""Peers that run only some tasks, each with the test for a task that it skips."""

try:
    from peers import jax_scan

    PEERS["JAX, matrices"] = jax_scan.with_matrices
    PEERS["JAX, written out"] = jax_scan.written_out
    SITS_OUT["JAX, written out"] = jax_scan.is_large
except ImportError:  # JAX is an optional extra
    MISSING.append("JAX: pip install jax")


def trainers(wiring: Wiring, cases: Cases, recipe: Recipe) -> dict[str, Callable[[np.ndarray, int], np.ndarray]]:
    """Return the peers with their task: train(w0, sweeps) -> w."""
    task = task_of(wiring, cases, recipe)
    out = {name for name, sits_out in SITS_OUT.items() if sits_out(task)}
    return {name: partial(peer, task) for name, peer in PEERS.items() if name not in out}

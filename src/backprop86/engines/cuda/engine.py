"""Training on a card: seeds are given out, launch after launch, until every one has its fate."""

import time
from collections.abc import Callable
from dataclasses import fields
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from backprop86.descent import Descent
from backprop86.engines.cuda.orders import IN_NUMPY, TYPES, packed
from backprop86.engines.cuda.source import Source, source_of
from backprop86.engines.in_numbers import Block, block_of, outcome_of, rule_of
from backprop86.engines.recipe import CRITERIA, BadInput, Job, Recipe
from backprop86.engines.reference import Outcome
from backprop86.network import epsilon_shares, largest_weights
from backprop86.wiring import Wiring

SECONDS = 0.2
"""The time that a launch takes, about: after it somebody may stop the run, and hears how far it is."""


FATES = [field.name for field in fields(Outcome)]


class Array(Protocol):
    """An array in the memory of a machine."""

    address: int

    def read(self) -> np.ndarray:
        """Return a copy, once all launches are done."""
        ...


class Machine(Protocol):
    """A machine that kernels run on: a card, or in tests a processor that plays one."""

    most_shared: int  # bytes of memory that the threads of a block share

    def put(self, array: np.ndarray) -> Array:
        """Return a copy of an array in the machine's memory."""
        ...

    def compiled(self, source: Source) -> Callable[[int, int], None]:
        """Return a function that launches a kernel: of the blocks, and of the address of its orders."""
        ...

    def blocks(self, source: Source) -> int:
        """Return the most blocks of a kernel that are at work at once."""
        ...


def refuse(recipe: Recipe) -> None:
    """Raise BadInput, in one line, if the engine cannot run, or cannot train by a recipe."""
    if not is_installed():
        told = "where cuda-core or cuda-bindings is not installed (pip install 'backprop86[cuda]')"
        raise BadInput(f"engine must be fused or reference {told}, was cuda")
    refuse_new_cases(recipe)


def refuse_new_cases(recipe: Recipe) -> None:
    """Raise BadInput, in one line, for a recipe with new cases in each sweep."""
    if recipe.block:
        told = f"was {recipe.block}: the processor makes new cases"
        raise BadInput(f"block must be 0 for the cuda engine, {told}; device=cpu trains it")


def is_installed() -> bool:
    """Return whether the extra `cuda` is, and what it needs of a torch with CUDA."""
    return find_spec("cuda") is not None and all(find_spec(f"cuda.{name}") for name in ("core", "bindings"))


def train(
    job: Job,
    device: str = "cuda",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
    descent: Descent | None = None,
    machine: Machine | None = None,
) -> Outcome:
    """Train every seed as fused.train does, to the last bit, on a card."""
    if machine is None:
        refuse(job.recipe)
        from backprop86.engines.cuda.card import Card  # needs the extra `cuda`

        machine = Card(device)
    source = source_of(job, machine.most_shared)
    launch, n = machine.compiled(source), -(-len(job.w) // source.seeds)
    blocks = min(n, machine.blocks(source))
    block = block_of(job, descent or job.recipe.descent())
    values, arrays = _orders(job, block, source, blocks, machine)
    steps, done = 16, 0
    while int(arrays["next"].read()[0]) < len(job.w) or (arrays["when"].read()[: values["slots"]] >= 0).any():
        orders = machine.put(packed({**values, "steps": steps}))
        started = time.perf_counter()
        launch(blocks, orders.address)
        work = int(arrays["work"].read()[0])
        steps = max(16, min(2**40, int(steps * SECONDS / max(time.perf_counter() - started, SECONDS / 8))))
        advance(work - done)
        done = work
    for name in FATES:
        getattr(block, name)[...] = arrays[name].read()
    return outcome_of(block)


def _orders(
    job: Job, block: Block, source: Source, blocks: int, machine: Machine
) -> tuple[dict[str, float], dict[str, Array]]:
    """Return the fields of the kernel's struct, and the arrays that some of them are the addresses of."""
    recipe, wiring, rule, S = job.recipe, job.wiring, rule_of(job.recipe, job.cases), len(job.w)
    criterion, slots, real = CRITERIA[recipe.criterion], min(blocks * source.seeds, S), np.dtype(recipe.dtype)
    found = {
        **block._asdict(),
        "checkpoints": rule.checkpoints,
        "moments": rule.moments,
        "next": np.zeros(1),
        "work": np.zeros(1),
        "when": np.full(3 * slots, -1),
        "state": np.zeros(3 * wiring.n_parameters * slots, real),
        "room": np.zeros(source.wide * blocks, real),
        "share": epsilon_shares(wiring, recipe.epsilon_by),
        "largest": largest_weights(wiring, recipe.biases),
        **_tables(wiring),
        "inputs": job.cases.inputs,
        "desired": job.cases.desired,
    }
    arrays = {}
    for name, kind in TYPES.items():
        if kind.endswith("*"):
            dtype = IN_NUMPY.get(kind.removeprefix("const "), real)
            arrays[name] = machine.put(np.ascontiguousarray(found[name], dtype))
    values = {name: getattr(rule, name) for name in ("to_limit", "n_moments", "n_checkpoints", "opening_sweeps")}
    values |= {name: getattr(rule, name) for name in ("late_sweep", "gain_epsilon", "case_error", "total_error")}
    values |= {name: getattr(recipe, name) for name in ("target_on", "target_off", "zone_on", "zone_off")}
    values |= {"on": criterion.on, "off": criterion.off, "seeds": S, "slots": slots, "limit": recipe.sweeps}
    return values | {name: array.address for name, array in arrays.items()}, arrays


def _tables(wiring: Wiring) -> dict[str, np.ndarray]:
    """Return the wiring as the lists that block.cu reads: connections by target, by source and by parameter."""
    order = np.lexsort((wiring.source, wiring.target))  # some wirings name the sources of a unit in another order
    source, target, parameter = wiring.source[order], wiring.target[order], wiring.parameter[order]
    by_source, by_parameter = np.lexsort((target, source)), np.argsort(parameter, kind="stable")
    units, is_output = np.arange(wiring.n_units + 1), np.zeros(wiring.n_units, int)
    is_output[wiring.outputs] = 1 + np.arange(len(wiring.outputs))
    return {
        "levels": np.array([level.units.start for level in wiring.levels] + [wiring.n_units]),
        "into": np.searchsorted(target, units),
        "source": source,
        "target_into": target,
        "parameter": parameter,
        "out_of": np.searchsorted(source[by_source], units),
        "target": target[by_source],
        "parameter_out": parameter[by_source],
        "of_parameter": np.searchsorted(parameter[by_parameter], np.arange(wiring.n_weights + 1)),
        "connection": by_parameter,
        "outputs": wiring.outputs,
        "is_output": is_output,
    }

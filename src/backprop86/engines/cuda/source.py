"""The source of a kernel: constants of one network and recipe, then the files of this folder, and a net written out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from backprop86.engines.cuda.constants import constants, defined
from backprop86.engines.cuda.orders import declared
from backprop86.engines.cuda.registers import gradient
from backprop86.engines.recipe import Job

HERE = Path(__file__).parent
MOST_IN_REGISTERS = {"float64": 32, "float32": 64}
"""The most weights of a net that a thread holds in its 255 registers, beside their last changes and dE/dw."""
MOST_CASES, MOST_WRITTEN_OUT = 64, 8
"""The most cases of such a net, one bit each; and of one whose cases are written out one after the other."""
THREADS, MOST_THREADS = 64, 512
"""The threads of a block with a seed each; the most of a block that trains one."""
MOST_SHARED = 227 * 1024
"""The bytes that the threads of a block can share on an H100; others have fewer."""


@dataclass(frozen=True)
class Source:
    """The source of a kernel, and the threads and the memory that it asks for."""

    text: str
    threads: int  # of a block
    seeds: int  # of a block: one for each thread, or one
    shared: int  # bytes that the threads of a block share
    wide: int  # numbers for each block that do not fit there


def fits_a_thread(job: Job) -> bool:
    """Return whether a thread can train a seed by itself: a small net without shared weights, by the letter's rule."""
    wiring, recipe = job.wiring, job.recipe
    is_plain = recipe.procedure == "gradient" and not wiring.has_gains and len(wiring.source) == wiring.n_weights
    return is_plain and wiring.n_weights <= MOST_IN_REGISTERS[recipe.dtype] and len(job.cases.inputs) <= MOST_CASES


def source_of(job: Job, most_shared: int) -> Source:
    """Return the source for a job; most_shared: the bytes that the threads of a block can share."""
    if fits_a_thread(job):
        threads = seeds = THREADS
        shared = wide = 0
        own = [_file("thread.cu"), gradient(job.wiring, job.cases, len(job.cases.inputs) <= MOST_WRITTEN_OUT)]
    else:
        threads, seeds, (places, shared, wide) = _threads(job), 1, _places(job, most_shared)
        own = [defined({"STRIDE": _stride(job), "WIDE": wide, "PLACES": places}), _file("block.cu")]
    parts = [_head(job), constants(job), declared(), _file("arithmetic.cu"), *own, _file("run.cu")]
    return Source("\n\n".join(parts) + "\n", threads, seeds, shared, wide)


@cache
def _file(name: str) -> str:
    return (HERE / name).read_text("utf-8").strip()


def _head(job: Job) -> str:
    wiring = job.wiring
    sizes = "-".join(str(n) for n in (wiring.n_inputs, *(unit.units.stop - unit.units.start for unit in wiring.levels)))
    return f"// A network of {sizes} units and {wiring.n_parameters} parameters, in {job.recipe.dtype}."


def _stride(job: Job) -> int:
    """Return the distance between two units of a case: odd, so that threads that read them do not meet in a bank."""
    return len(job.cases.inputs) | 1


def _places(job: Job, most_shared: int) -> tuple[str, int, int]:
    """Return the places of a block's arrays, in memory that its threads share or else on the card, and both sizes."""
    wiring, recipe, each = job.wiring, job.recipe, np.dtype(job.recipe.dtype).itemsize
    P, wide = wiring.n_parameters, wiring.n_units * _stride(job)
    sizes = {"w": P, "dE_dw": P, "last_change": P, "errors": len(job.cases.inputs) + 1, "y": wide, "dE_dx": wide}
    sizes |= {"x": wide, "signal": wide} if wiring.has_gains else {}
    sizes |= {"wish": wide} if recipe.procedure == "desired_states" else {}
    shared, apart, places = 2, 0, ["s.next = (long long *)shared;"]
    for name, size in sizes.items():
        if (shared + size) * each <= most_shared:
            places.append(f"s.{name} = shared + {shared};")
            shared += size
        else:
            places.append(f"s.{name} = job.room + (long long)WIDE * blockIdx.x + {apart};")
            apart += size
    if not wiring.has_gains:
        places.append("s.signal = s.dE_dx;")
    return " \\\n  ".join(places), shared * each, apart


def _threads(job: Job) -> int:
    """Return the number of threads of a block: a warp or more, each with some sums to take."""
    cases = 1 if job.recipe.update == "case" else len(job.cases.inputs)
    widest = max(level.units.stop - level.units.start for level in job.wiring.levels)
    most = max(widest * -(-cases // 4), job.wiring.n_parameters)
    return int(min(MOST_THREADS, max(32, -(-most // 64) * 32)))

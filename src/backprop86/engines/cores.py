"""The cores that a process may use, which may be fewer than the machine has."""

import math
import os
from pathlib import Path

LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""The file with a container's limit: the microseconds of computing per period, or max, and the period."""


def cores() -> int:
    """Return the number of cores that this process may use: by its affinity, and by the limit of its container."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        may, of = LIMIT.read_text("ascii").split()
        return min(n, math.ceil(int(may) / int(of)))
    except (OSError, ValueError):  # there is no limit
        return n

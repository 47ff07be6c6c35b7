"""The bits of outcomes: two engines that follow arithmetic.py agree in all of them."""

from dataclasses import fields

import numpy as np

from backprop86.engines.reference import Outcome


def bits(values: np.ndarray) -> bytes:
    """Return the bytes of an array, with all NaN made the same."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def different(ours: Outcome, theirs: Outcome) -> dict[str, tuple[int, int]]:
    """Return the fields in which two outcomes differ, each with the number of such seeds and the first."""
    found = {}
    for field in fields(Outcome):
        a, b = getattr(ours, field.name), getattr(theirs, field.name)
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            raise ValueError(f"{field.name} must be {a.dtype} {a.shape} in both, was {b.dtype} {b.shape}")
        seeds = [seed for seed in range(len(a)) if bits(a[seed]) != bits(b[seed])]
        if seeds:
            found[field.name] = len(seeds), seeds[0]
    return found

"""Numbers a, b, c for which a b + c is hard to round, and what it is, from whole numbers."""

import math

import numpy as np


def rounded(whole, twos, dtype):
    """Return whole 2^twos, rounded to the nearest number, ties to even."""
    info, size = np.finfo(dtype), abs(whole)
    cut = max(size.bit_length() - info.nmant - 1, info.minexp - info.nmant - twos, 0)
    upper, rest = divmod(2 * size, 2 << cut)
    upper += rest > 1 << cut or (rest == 1 << cut and upper % 2)
    is_too_large = upper.bit_length() + twos + cut > info.maxexp
    return (1 if whole > 0 else -1) * (math.inf if is_too_large else math.ldexp(upper, twos + cut))


def right_fma(a, b, c, dtype):
    """Return a b + c, rounded once, from whole numbers over a power of two."""
    if 0 in (a, b) or not math.isfinite(a) or not math.isfinite(b):
        return a * b + c
    if not math.isfinite(c):
        return c
    (a, under_a), (b, under_b), (c, under_c) = (one.as_integer_ratio() for one in (a, b, c))
    under = max(under_a * under_b, under_c)
    whole = a * b * (under // (under_a * under_b)) + c * (under // under_c)
    return rounded(whole, 1 - under.bit_length(), dtype) if whole else 0.0


@np.errstate(all="ignore")
def hard_triples(dtype, n):
    """Return a, b, c of all sizes: c may cancel the product, lie beside it, or make of it a tie or almost one."""
    random, type_, found = np.random.default_rng(0), np.dtype(dtype).type, []
    info = np.finfo(dtype)
    for share in (0.005, 0.05, 0.3, 0.5, 1.0):
        exponents = random.integers(round(share * (info.minexp - info.nmant)), round(share * info.maxexp), (3, n))
        few = random.random((3, n)) < 0.3  # numbers of few digits make ties
        drawn = np.where(few, random.integers(1, 33, (3, n)) / 32, random.uniform(0.5, 1, (3, n)))
        a, b, c = (np.ldexp(drawn, exponents) * random.choice([-1, 1], (3, n))).astype(dtype)
        product = -(a * b)
        shifted = np.ldexp(product, random.integers(-60, 61, n)).astype(dtype)
        apart = random.integers(-info.nmant - 3, info.nmant + 4, n)
        half = np.ldexp(type_(1), np.frexp(product)[1] + apart).astype(dtype)
        kinds = [c, product, np.nextafter(product, type_(np.inf)), shifted, half]
        found.append(np.stack([a, b, np.choose(random.integers(0, 5, n), kinds)], 1))
    edges = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, info.max, -info.max, info.tiny, info.smallest_subnormal]
    edges += [info.eps, 1 + info.eps, 1 - info.eps / 2, 2.0 ** (info.maxexp - 1), info.max * info.eps / 4, 2.0**-960]
    found.append(np.stack(np.meshgrid(*3 * [np.array(edges, dtype)]), -1).reshape(-1, 3))
    return np.concatenate(found)

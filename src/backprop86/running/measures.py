"""Arithmetic for measures, with the same bits on every processor: each operation is rounded by itself, sums in order.

It uses only + - * / and the square root, which IEEE 754 rounds in one way. The matrix products and norms of BLAS and
LAPACK, and exp and log of NumPy, of torch or of the C library, differ in the last bit from processor to processor.
"""

import math
from functools import reduce
from itertools import combinations

import numpy as np

JACOBI_SWEEPS = 7
"""Sweeps of rotations: four suffice for the measured matrices of up to four columns; each more doubles the digits."""


def total(values: np.ndarray) -> np.ndarray:
    """Return the sum over the last axis, from the first value to the last."""
    return reduce(np.add, np.moveaxis(values, -1, 0))


def length(values: np.ndarray) -> np.ndarray:
    """Return the square root of the sum of squares over the last axis."""
    return np.sqrt(total(values * values))


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Pearson's r of a and b over the last axis."""
    a, b = (values - (total(values) / values.shape[-1])[..., None] for values in (a, b))
    return total(a * b) / (length(a) * length(b))


def norm(matrices: np.ndarray) -> np.ndarray:
    """Return the 2-norm, the largest singular value, of each small matrix in (..., J, I).

    Jacobi's rotations: each makes two columns perpendicular. When all are, their lengths are the singular values.
    """
    if matrices.shape[-2] < matrices.shape[-1]:
        matrices = matrices.swapaxes(-1, -2)
    columns = list(np.moveaxis(matrices, -1, 0))
    for i, j in JACOBI_SWEEPS * list(combinations(range(len(columns)), 2)):
        a, b = columns[i], columns[j]
        apart, twice = total(b * b) - total(a * a), 2 * total(a * b)
        tangent = np.where(apart < 0, -twice, twice)
        tangent /= np.abs(apart) + np.sqrt(apart * apart + twice * twice) + np.finfo(float).tiny
        cosine = (1 / np.sqrt(1 + tangent * tangent))[..., None]
        sine = tangent[..., None] * cosine
        columns[i], columns[j] = cosine * a - sine * b, sine * a + cosine * b
    return reduce(np.maximum, map(length, columns))


def geometric_mean(values: np.ndarray) -> np.ndarray:
    """Return the n-th root of the product of n values over the last axis, 0 or positive.

    Powers of two are counted separately, so that no product overflows. Newton's steps come down from 2 to the root of
    the rest, which is 0 or at least 0.5, and then double the digits.
    """
    n = values.shape[-1]
    product, twos = np.ones(values.shape[:-1]), np.zeros(values.shape[:-1], int)
    for value in np.moveaxis(values, -1, 0):
        product, more = np.frexp(product * value)
        twos += more
    product, root = np.ldexp(product, twos % n), np.full_like(product, 2.0)
    for _ in range(n + 8):
        root += (product / math.prod([root] * (n - 1)) - root) / n
    return np.where(product == 0, 0, np.ldexp(root, twos // n))

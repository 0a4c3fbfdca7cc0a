"""Products of tall, narrow arrays, in blocks of rows.

Blocks fit the cache and are too small for a linear algebra library to split between threads, so
sums are added in one order and results do not depend on the number of threads.
"""

from collections.abc import Iterator

import numpy as np

from spillover.typing import FloatMatrix, FloatVector


def row_blocks(n: int, k: int) -> Iterator[slice]:
    """Slices of consecutive rows of an array with n rows and k columns."""
    step = max(512, 200_000 // max(k * k, 1))
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def cross(A: FloatMatrix, B: FloatMatrix, weights: FloatVector | None = None) -> FloatMatrix:
    """A'WB of shape (p, q), for A (n, p), B (n, q) and weights (n,) or none."""
    product = np.zeros((A.shape[1], B.shape[1]))
    for rows in row_blocks(len(A), max(A.shape[1], B.shape[1])):
        left = A[rows] if weights is None else A[rows] * weights[rows, None]
        product += left.T @ B[rows]
    return product


def scores(
    A: FloatMatrix, each: FloatVector, M: FloatMatrix, weights: FloatVector | None = None
) -> FloatMatrix:
    """Rows w_i e_i a_i'M of shape (n, q), for A (n, p), e (n,) and M (p, q)."""
    result = np.empty((len(A), M.shape[1]))
    for rows in row_blocks(len(A), max(M.shape)):
        scale = each[rows] if weights is None else each[rows] * weights[rows]
        np.matmul(A[rows] * scale[:, None], M, out=result[rows])
    return result


def totals(A: FloatMatrix, each: FloatVector) -> FloatVector:
    """A'e of shape (p,), for A (n, p) and e (n,)."""
    return np.asarray(np.einsum("ij,i->j", A, each))


def fitted(A: FloatMatrix, beta: FloatVector) -> FloatVector:
    """A beta of shape (n,), for A (n, p) and beta (p,)."""
    return np.asarray(np.einsum("ij,j->i", A, beta))

"""Proximity of portfolios: the nearest pairs, without a matrix of all pairs (compiled)."""

import numba
import numpy as np
from scipy import sparse

from spillover.numerics.csr import row_sums, scale_rows, transposed
from spillover.typing import FloatMatrix, FloatVector

RULES = {"product": 0, "min": 1, "jensen_shannon": 2}
"""What two firms add to their proximity for a class that both have."""


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows of length one; empty rows stay empty."""
    squares = sparse.csr_array((matrix.data**2, matrix.indices, matrix.indptr), shape=matrix.shape)
    length = np.sqrt(row_sums(squares))
    return scale_rows(matrix, 1.0 / np.where(length == 0.0, 1.0, length))


def class_overlap(shares: sparse.csr_array) -> FloatMatrix:
    """(C, C) cosine between columns: how often classes occur in the same firms."""
    columns = unit_rows(transposed(shares))
    return np.asarray((columns @ columns.T).toarray())


def nearest(
    shares: sparse.csr_array, rule: str, most: int
) -> tuple[sparse.csr_array, FloatVector, FloatVector]:
    """The ``most`` nearest firms of each, from the classes that both have.

    Parameters
    ----------
    shares : (N, C) with sorted rows
        Portfolios; rows of length one give the cosine with rule ``product``.
    rule : str
        A key of :data:`RULES`.
    most : int
        Pairs kept per row; equal proximities go to the firm that comes first.

    Returns
    -------
    pairs : (N, N)
        Proximities without the diagonal.
    kept, total : (N,)
        Sum of proximity that was kept, and of all pairs.
    """
    back = transposed(shares)
    args = (shares.indptr, shares.indices, shares.data, back.indptr, back.indices, back.data)
    counts, columns, values, kept, total = _nearest(*args, RULES[rule], most)
    indptr = np.concatenate(([0], np.cumsum(counts)))
    size = shares.shape[0]
    pairs = sparse.csr_array((values, columns, indptr), shape=(size, size))
    pairs.sort_indices()
    return pairs, kept, total


@numba.njit(cache=True)
def _common(a, b, rule):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    if rule == 0:
        return a * b
    if rule == 1:
        return min(a, b)
    m = (a + b) / 2.0
    return m + m * np.log2(m) - (a * np.log2(a) + b * np.log2(b)) / 2.0


@numba.njit(cache=True)
def _nearest(indptr, indices, data, start, firms, parts, rule, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0913, PLR0917 - a kernel
    size = len(indptr) - 1
    near = np.zeros(size)
    touched = np.zeros(size, np.int64)
    counts = np.zeros(size, np.int64)
    columns, values = np.zeros(size * 4, np.int64), np.zeros(size * 4)
    kept, total = np.zeros(size), np.zeros(size)
    filled = 0
    for i in range(size):
        found = 0
        for e in range(indptr[i], indptr[i + 1]):
            for f in range(start[indices[e]], start[indices[e] + 1]):
                j = firms[f]
                if j == i:
                    continue
                if near[j] == 0.0:
                    touched[found] = j
                    found += 1
                near[j] += _common(data[e], parts[f], rule)
        heard = np.sort(touched[:found])
        order = np.argsort(-near[heard], kind="mergesort")[:most]
        if filled + most > len(columns):
            columns = np.concatenate((columns, np.zeros(len(columns) + most, np.int64)))
            values = np.concatenate((values, np.zeros(len(values) + most)))
        for at in order:
            columns[filled] = heard[at]
            values[filled] = near[heard[at]]
            kept[i] += values[filled]
            filled += 1
        counts[i] = len(order)
        for j in heard:
            total[i] += near[j]
            near[j] = 0.0
    return counts, columns[:filled], values[:filled], kept, total

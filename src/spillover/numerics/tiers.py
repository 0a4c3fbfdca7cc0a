"""Exact tiers, found row by row with a stamp per node (compiled)."""

import numba
import numpy as np
from scipy import sparse

from spillover.numerics.aggregate import Received
from spillover.numerics.parallel import in_ranges
from spillover.typing import FloatVector, IntVector


def second_tier(
    matrix: sparse.csr_array,
    values: FloatVector,
    labels: tuple[IntVector, IntVector, IntVector],
    *,
    distinct: bool = False,
) -> tuple[Received, FloatVector]:
    """Sums over the firms at distance two, each counted once; and the greatest known value.

    Parameters
    ----------
    matrix : (N, N)
        Links; only their existence counts.
    values : (N,)
        Values of firms; NaN where unknown.
    labels : three arrays of (N,)
        Groups to leave out (equal labels of zero or more do not count), labels that must be
        equal, labels that must differ. An empty array sets no condition.
    distinct : bool
        Keep friends of friends that are also direct partners.
    """
    size = matrix.shape[0]
    out = np.zeros((4, size))

    def fill(first: int, last: int) -> None:
        _second_tier(matrix.indptr, matrix.indices, values, labels, distinct, (first, last), out)

    degree = np.diff(matrix.indptr)
    steps = np.concatenate([[0], np.cumsum(degree[matrix.indices], dtype=np.int64)])
    in_ranges(fill, np.diff(steps[matrix.indptr]) + degree)
    sums, known, total, top = out
    return Received(sums, known, total, total.copy()), top


@numba.njit(cache=True, nogil=True)
def _second_tier(indptr, indices, values, labels, distinct, rows, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912, PLR0913, PLR0917 - a kernel
    apart, same, differ = labels
    sums, known, total, top = out
    stamp = np.full(len(indptr) - 1, -1, np.int32)
    for i in range(rows[0], rows[1]):
        stamp[i] = i
        if not distinct:
            for e in range(indptr[i], indptr[i + 1]):
                stamp[indices[e]] = i
        best = -np.inf
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            for f in range(indptr[j], indptr[j + 1]):
                k = indices[f]
                if stamp[k] == i:
                    continue
                stamp[k] = i
                if len(apart) and apart[i] >= 0 and apart[i] == apart[k]:
                    continue
                if len(same) and (same[i] < 0 or same[i] != same[k]):
                    continue
                if len(differ) and (differ[i] < 0 or differ[k] < 0 or differ[i] == differ[k]):
                    continue
                total[i] += 1.0
                value = values[k]
                if not np.isnan(value):
                    known[i] += 1.0
                    sums[i] += value
                    best = max(best, value)
        if best > -np.inf:
            top[i] = best


def tier(matrix: sparse.csr_array, distance: int) -> sparse.csr_array:
    """Firms at an exact distance: ones where the shortest way from row to column has that length.

    Parameters
    ----------
    matrix : (N, N)
        Links; only their existence counts.
    distance : int
        One or more.
    """
    counts = _ball(matrix.indptr, matrix.indices, distance, np.zeros(0, np.int64))
    indptr = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=indptr[1:])
    indices = _ball(matrix.indptr, matrix.indices, distance, indptr)
    result = sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=matrix.shape)
    result.sort_indices()
    return result


@numba.njit(cache=True)
def _ball(indptr, indices, distance, starts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    """Counts of firms at the distance when ``starts`` is empty, otherwise the firms."""
    size = len(indptr) - 1
    counting = len(starts) == 0
    found = np.zeros(size if counting else starts[-1], np.int64)
    stamp = np.full(size, -1, np.int64)
    queue = np.zeros(size, np.int64)
    for i in range(size):
        stamp[i] = i
        queue[0] = i
        low, high = 0, 1
        for _ in range(distance):
            last = high
            for at in range(low, last):
                for e in range(indptr[queue[at]], indptr[queue[at] + 1]):
                    k = indices[e]
                    if stamp[k] != i:
                        stamp[k] = i
                        queue[high] = k
                        high += 1
            low = last
        if counting:
            found[i] = high - low
        else:
            for at in range(low, high):
                found[starts[i] + at - low] = queue[at]
    return found

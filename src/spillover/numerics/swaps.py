"""Random exchange of partners that keeps every degree (compiled)."""

import numba
import numpy as np
from scipy import sparse

from spillover.typing import IntVector


def swapped(
    matrix: sparse.csr_array, attempts: int, rng: np.random.Generator, labels: IntVector
) -> tuple[sparse.csr_array, int]:
    """A matrix in which pairs of entries exchanged their columns, and how many exchanges held.

    Two entries are drawn among those whose columns carry one label; the exchange is refused when
    it would put an entry on the diagonal or twice in a row. Values stay in their rows.

    Parameters
    ----------
    matrix : (N, N) with sorted rows
    attempts : int
        Number of pairs drawn.
    rng : Generator
        Source of randomness.
    labels : (N,) codes 0..L-1
        Labels of columns.
    """
    columns = matrix.indices.copy()
    label = labels[columns]
    order = np.argsort(label, kind="stable")
    start = np.concatenate(([0], np.cumsum(np.bincount(label))))
    first = rng.integers(0, len(columns), attempts)
    second = rng.random(attempts)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    links = (matrix.indptr, columns, rows)
    held = _swapped(links, (order, start, label), first, second)
    parts = (matrix.data.copy(), columns, matrix.indptr.copy())
    result = sparse.csr_array(parts, shape=matrix.shape)
    result.sort_indices()
    return result, int(held)


@numba.njit(cache=True)
def _swapped(links, groups, first, second):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    indptr, columns, rows = links
    order, start, label = groups
    held = 0
    for attempt in range(len(first)):
        e = first[attempt]
        low, high = start[label[e]], start[label[e] + 1]
        f = order[low + int(second[attempt] * (high - low))]
        i, k = rows[e], rows[f]
        a, b = columns[e], columns[f]
        if i == k or a == b or b == i or a == k:  # noqa: SIM109, PLR1714 - compiled
            continue
        if _has(columns, indptr[i], indptr[i + 1], b) or _has(columns, indptr[k], indptr[k + 1], a):
            continue
        columns[e], columns[f] = b, a
        held += 1
    return held


@numba.njit(cache=True)
def _has(columns, low, high, wanted):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    for e in range(low, high):  # noqa: SIM110 - compiled without generators
        if columns[e] == wanted:
            return True
    return False

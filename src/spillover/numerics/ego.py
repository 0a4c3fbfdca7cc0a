"""Measures of the ego networks of all firms: constraint, redundancy, closed pairs (compiled)."""

from dataclasses import dataclass

import numba
import numpy as np
from scipy import sparse

from spillover.typing import FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Egos:
    """What the partners of each firm have to do with each other."""

    degree: IntVector
    """(N,) number of partners in either direction."""

    constraint: FloatVector
    """(N,) Burt's constraint; NaN without partners."""

    redundancy: FloatVector
    """(N,) sum over pairs of partners of p_iq m_jq, so that effective size is degree minus it."""

    closed: FloatVector
    """(N,) number of pairs of partners that are linked."""

    bridges: IntVector
    """(N,) number of links whose ends share no partner."""


def egos(matrix: sparse.csr_array) -> Egos:
    """Ego measures of a symmetric matrix with sorted rows and an empty diagonal.

    Two firms are compared through the shorter of their lists, so that hubs do not dominate.

    Parameters
    ----------
    matrix : (N, N)
        Weights of ties, both directions added.
    """
    strength = np.asarray(matrix @ np.ones(matrix.shape[1]))
    most = np.zeros(matrix.shape[0])
    busy = np.flatnonzero(np.diff(matrix.indptr))
    if len(busy):
        most[busy] = np.maximum.reduceat(matrix.data, matrix.indptr[busy])
    parts = _egos(matrix.indptr, matrix.indices, matrix.data, strength, most)
    constraint, redundancy, closed, bridges = parts
    degree = np.diff(matrix.indptr)
    return Egos(degree, np.where(degree > 0, constraint, np.nan), redundancy, closed / 2.0, bridges)


@numba.njit(cache=True)
def _egos(indptr, indices, data, strength, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912, PLR0915 - a kernel
    size = len(indptr) - 1
    place = np.full(size, -1, np.int64)
    indirect = np.zeros(size)
    constraint, redundancy, closed = np.zeros(size), np.zeros(size), np.zeros(size)
    bridges = np.zeros(size, np.int64)
    for i in range(size):
        begin, end = indptr[i], indptr[i + 1]
        for e in range(begin, end):
            place[indices[e]] = e
            indirect[indices[e]] = 0.0
        for e in range(begin, end):
            q = indices[e]
            tie = data[e] / strength[i]
            low, high = indptr[q], indptr[q + 1]
            shared = 0
            if high - low <= 16 * (end - begin):
                for f in range(low, high):
                    j = indices[f]
                    if indptr[i] <= place[j] < end:
                        shared += 1
                        indirect[j] += tie * data[f] / strength[q]
                        redundancy[i] += tie * data[f] / most[j]
            else:
                for g in range(begin, end):
                    j = indices[g]
                    f = low + np.searchsorted(indices[low:high], j)
                    if f < high and indices[f] == j:
                        shared += 1
                        indirect[j] += tie * data[f] / strength[q]
                        redundancy[i] += tie * data[f] / most[j]
            closed[i] += shared
            if shared == 0:
                bridges[i] += 1
        for e in range(begin, end):
            j = indices[e]
            constraint[i] += (data[e] / strength[i] + indirect[j]) ** 2
            place[j] = -1
    return constraint, redundancy, closed, bridges


def core_numbers(matrix: sparse.csr_array) -> IntVector:
    """(N,) largest k such that the firm is in a part where everyone has k partners.

    Parameters
    ----------
    matrix : (N, N)
        Symmetric support.
    """
    return np.asarray(_cores(matrix.indptr, matrix.indices))


@numba.njit(cache=True)
def _cores(indptr, indices):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901 - a kernel
    size = len(indptr) - 1
    degree = np.zeros(size, np.int64)
    for i in range(size):
        degree[i] = indptr[i + 1] - indptr[i]
    most = degree.max() if size else 0
    start = np.zeros(most + 2, np.int64)
    for i in range(size):
        start[degree[i] + 1] += 1
    for d in range(most + 1):
        start[d + 1] += start[d]
    order, place = np.zeros(size, np.int64), np.zeros(size, np.int64)
    fill = start.copy()
    for i in range(size):
        place[i] = fill[degree[i]]
        order[place[i]] = i
        fill[degree[i]] += 1
    for at in range(size):
        i = order[at]
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if degree[j] > degree[i]:
                first = start[degree[j]]
                k = order[first]
                if k != j:
                    order[first], order[place[j]] = j, k
                    place[k], place[j] = place[j], first
                start[degree[j]] += 1
                degree[j] -= 1
    return degree

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
    """Ego measures of a symmetric matrix with an empty diagonal.

    Every triangle of ties is visited once, from its corner with the fewest partners, and adds to
    its three corners and ties. Hubs are visited from their small partners, so that the work grows
    with the ties times the square root of their number at worst, not with squared degrees.

    Parameters
    ----------
    matrix : (N, N)
        Weights of ties, both directions added.

    References
    ----------
    Chiba and Nishizeki (1985), on the order; Burt (1992), on the measures.
    """
    degree = np.diff(matrix.indptr)
    order = np.argsort(degree, kind="stable")
    upper = _upward(matrix, order)
    strength = np.asarray(matrix @ np.ones(matrix.shape[1]))[order]
    most = np.zeros(matrix.shape[0])
    busy = np.flatnonzero(degree)
    if len(busy):
        most[busy] = np.maximum.reduceat(matrix.data, matrix.indptr[busy])
    ties = (upper.indptr, upper.indices, upper.data, strength)
    indirect, shared, redundancy, closed = _triangles(*ties, most[order])
    parts = (*_per_firm(*ties, indirect, shared), redundancy, closed)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    constraint, bridges, redundancy, closed = (part[back] for part in parts)
    known = np.where(degree > 0, constraint, np.nan)
    return Egos(degree, known, redundancy, closed.astype(np.float64), bridges)


def _upward(matrix: sparse.csr_array, order: IntVector) -> sparse.csr_array:
    """Each tie once, from the firm with fewer partners, in the order of their number."""
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    rows = np.repeat(place, np.diff(matrix.indptr))
    columns = place[matrix.indices]
    up = rows < columns
    found = sparse.csr_array((matrix.data[up], (rows[up], columns[up])), shape=matrix.shape)
    found.sort_indices()
    return found


@numba.njit(cache=True)
def _triangles(indptr, indices, data, strength, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    size = len(indptr) - 1
    place = np.full(size, -1, np.int64)
    indirect, shared = np.zeros(len(data)), np.zeros(len(data), np.int32)
    redundancy, closed = np.zeros(size), np.zeros(size, np.int64)
    for u in range(size):
        begin, end = indptr[u], indptr[u + 1]
        for uw in range(begin, end):
            place[indices[uw]] = uw
        for uv in range(begin, end):
            v = indices[uv]
            for vw in range(indptr[v], indptr[v + 1]):
                w = indices[vw]
                uw = place[w]
                if uw < begin:
                    continue
                a, b, c = data[uv], data[uw], data[vw]
                indirect[uv] += b * c / strength[w]
                indirect[uw] += a * c / strength[v]
                indirect[vw] += a * b / strength[u]
                redundancy[u] += (a * c / most[w] + b * c / most[v]) / strength[u]
                redundancy[v] += (a * b / most[w] + c * b / most[u]) / strength[v]
                redundancy[w] += (b * a / most[v] + c * a / most[u]) / strength[w]
                shared[uv] += 1
                shared[uw] += 1
                shared[vw] += 1
                closed[u] += 1
                closed[v] += 1
                closed[w] += 1
    return indirect, shared, redundancy, closed


@numba.njit(cache=True)
def _per_firm(indptr, indices, data, strength, indirect, shared):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    size = len(indptr) - 1
    constraint, bridges = np.zeros(size), np.zeros(size, np.int64)
    for u in range(size):
        for uv in range(indptr[u], indptr[u + 1]):
            v = indices[uv]
            constraint[u] += ((data[uv] + indirect[uv]) / strength[u]) ** 2
            constraint[v] += ((data[uv] + indirect[uv]) / strength[v]) ** 2
            if shared[uv] == 0:
                bridges[u] += 1
                bridges[v] += 1
    return constraint, bridges


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

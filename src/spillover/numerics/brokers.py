"""Brokerage between groups: open triads by role, without listing paths (compiled)."""

import numba
import numpy as np
from scipy import sparse

from spillover.numerics.csr import transposed
from spillover.typing import IntVector

ROLES = ("coordinator", "itinerant", "representative", "gatekeeper", "liaison")
"""Roles of a broker b between a and d: all in one group; a and d alike, b not; b with a; b with
d; all in different groups."""


def brokerage(matrix: sparse.csr_array, groups: IntVector) -> IntVector:
    """(N, 5) number of open triads a to b to d, without a to d, by role of the broker b.

    What is told runs from column to row: a tells b when ``matrix[b, a]`` is stored. All pairs of
    teller and listener are counted by group, then those that are one firm or closed are taken
    off again.

    Parameters
    ----------
    matrix : (N, N) with sorted rows
        Links; only their existence counts.
    groups : (N,) codes 0..G-1
        Groups of firms.

    References
    ----------
    Gould and Fernandez (1989), Sociological Methodology 19.
    """
    out = transposed(matrix)
    levels = int(groups.max()) + 1 if len(groups) else 1
    counted = _roles(matrix.indptr, matrix.indices, out.indptr, out.indices, groups, levels)
    return np.asarray(counted)


@numba.njit(cache=True)
def _role(a, b, d):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    if a == d:
        return 0 if a == b else 1
    if a == b:
        return 2
    return 3 if b == d else 4


@numba.njit(cache=True)
def _roles(indptr, indices, to, towards, group, levels):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912, PLR0915 - a kernel
    size = len(indptr) - 1
    result = np.zeros((size, 5), np.int64)
    tellers, hearers = np.zeros(levels, np.int64), np.zeros(levels, np.int64)
    stamp = np.full(size, -1, np.int64)
    for b in range(size):
        for e in range(indptr[b], indptr[b + 1]):
            tellers[group[indices[e]]] += 1
        for e in range(to[b], to[b + 1]):
            hearers[group[towards[e]]] += 1
            stamp[towards[e]] = b
        own = group[b]
        n_in, n_out = indptr[b + 1] - indptr[b], to[b + 1] - to[b]
        result[b, 0] = tellers[own] * hearers[own]
        result[b, 2] = tellers[own] * (n_out - hearers[own])
        result[b, 3] = (n_in - tellers[own]) * hearers[own]
        for e in range(indptr[b], indptr[b + 1]):
            c = group[indices[e]]
            if c != own and tellers[c] > 0:
                result[b, 1] += tellers[c] * hearers[c]
                tellers[c] = -tellers[c]
        result[b, 4] = n_in * n_out - result[b, :4].sum()
        for e in range(indptr[b], indptr[b + 1]):
            tellers[group[indices[e]]] = 0
        for e in range(to[b], to[b + 1]):
            hearers[group[towards[e]]] = 0
        for e in range(indptr[b], indptr[b + 1]):
            a = indices[e]
            if stamp[a] == b:
                result[b, _role(group[a], own, group[a])] -= 1
            low, high = to[a], to[a + 1]
            if high - low <= 16 * n_out:
                for f in range(low, high):
                    d = towards[f]
                    if stamp[d] == b:
                        result[b, _role(group[a], own, group[d])] -= 1
            else:
                for g in range(to[b], to[b + 1]):
                    d = towards[g]
                    f = low + np.searchsorted(towards[low:high], d)
                    if f < high and towards[f] == d:
                        result[b, _role(group[a], own, group[d])] -= 1
    return result

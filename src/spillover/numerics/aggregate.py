"""Partner values aggregated over the rows of a sparse matrix."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from spillover.numerics.csr import transposed
from spillover.typing import BoolVector, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """Sums over the partners of each row, the unknown ones left out where it says known."""

    sums: FloatVector
    """(N,) weighted sum of known partner values."""

    known: FloatVector
    """(N,) weight of partners with a known value."""

    total: FloatVector
    """(N,) weight of all partners."""

    degree: FloatVector
    """(N,) number of partners."""


def first_tier(
    matrix: sparse.csr_array, values: FloatVector, total: FloatVector | None = None
) -> Received:
    """Weighted sums over direct partners.

    Parameters
    ----------
    matrix : (N, N)
        Weights; rows listen to columns.
    values : (N,)
        Partner values; NaN where unknown.
    total : (N,), optional
        Row sums when they are at hand.
    """
    unknown = np.isnan(values)
    whole = matrix @ np.ones(matrix.shape[1]) if total is None else total
    if unknown.any():
        sums = matrix @ np.where(unknown, 0.0, values)
        known = matrix @ (~unknown).astype(np.float64)
    else:
        sums, known = matrix @ values, whole
    return Received(sums, known, whole, np.diff(matrix.indptr).astype(np.float64))


def walks(
    first: sparse.csr_array,
    second: sparse.csr_array,
    values: FloatVector,
    labels: IntVector | None = None,
) -> tuple[FloatVector, FloatVector, FloatVector]:
    """Sums over walks of two steps that do not end where they began.

    Parameters
    ----------
    first, second : (N, N)
        Weights of the two steps.
    values : (N,)
        Values at the end of the walk; NaN where unknown.
    labels : (N,), optional
        Groups; a walk may not end in the group where it began. -1 is a group of its own.

    Returns
    -------
    sums, known, total : (N,)
        Weighted sum of known values, weight of walks to known values, weight of all walks.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    total = open_walks(first, second, np.ones(len(values)), labels)
    sums = open_walks(first, second, filled, labels)
    covered = total if known.all() else open_walks(first, second, known.astype(np.float64), labels)
    return sums, covered, total


def open_walks(
    first: sparse.csr_array,
    second: sparse.csr_array,
    values: FloatVector,
    labels: IntVector | None = None,
) -> FloatVector:
    """(N,) sum over walks of two steps, those that end in the own group taken off again."""
    back = transposed(second)
    if labels is None:
        own = np.asarray((first * back).sum(axis=1)).ravel() * values
    else:
        size = len(values)
        label = np.where(labels >= 0, labels, np.arange(size) + labels.max() + 1)
        _, label = np.unique(label, return_inverse=True)
        member = sparse.csr_array((values, (label, np.arange(size))), shape=(label.max() + 1, size))
        own = np.asarray((first * (member @ back)[label]).sum(axis=1)).ravel()
    return np.asarray(first @ (second @ values) - own)


def greatest(matrix: sparse.csr_array, values: FloatVector) -> FloatVector:
    """(N,) greatest known value among partners; zero for rows without a known one."""
    result = np.full(matrix.shape[0], -np.inf)
    filled = np.where(np.isnan(values), -np.inf, values)
    busy = np.flatnonzero(np.diff(matrix.indptr))
    if len(busy):
        result[busy] = np.maximum.reduceat(filled[matrix.indices], matrix.indptr[busy])
    return np.where(np.isinf(result), 0.0, result)


def at_least(values: FloatVector, threshold: float) -> FloatVector:
    """One where a value reaches the threshold, zero where not, NaN where unknown."""
    safe = np.where(np.isnan(values), 0.0, values)
    return np.where(np.isnan(values), np.nan, (safe >= threshold).astype(np.float64))


def selected(rows: IntVector, columns: IntVector, labels: IntVector, *, same: bool) -> BoolVector:
    """Whether the labels at both ends of each entry are known and equal, or known and different."""
    a, b = labels[rows], labels[columns]
    match = (a == b) if same else (a != b)
    return np.asarray(match & (a >= 0) & (b >= 0))

"""Kernels on pairs of rows, in the cheapest shape that can hold them.

Each kernel K is symmetric with K_ii = 1 and answers two questions: ``sum(a)``, the k by k matrix
sum over i, j of K_ij a_i a_j', and ``meet(other)``, the elementwise product of two kernels.
No n by n array is ever formed.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from scipy import sparse

from spillover.errors import ResourceError
from spillover.typing import FloatMatrix, IntVector

MAX_PAIRS = 1_000_000_000
"""Greatest number of stored pairs of rows."""


@runtime_checkable
class Kernel(Protocol):
    """Dependence between rows, as a symmetric kernel with unit diagonal."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Sum over i, j of K_ij a_i a_j', for ``a`` of shape (n, k)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Diagonal:
    """K = I: every row on its own."""

    n: int
    """Number of rows."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Cross-product a'a, shape (k, k)."""
        return a.T @ a


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """K_ij = 1 when rows i and j carry the same code."""

    codes: IntVector
    """(n,) codes 0..G-1."""

    levels: int
    """G."""

    def totals(self, a: FloatMatrix) -> FloatMatrix:
        """Sums of ``a`` (n, k) by group, shape (G, k)."""
        columns = [
            np.bincount(self.codes, weights=a[:, j], minlength=self.levels)
            for j in range(a.shape[1])
        ]
        return np.column_stack(columns) if columns else np.zeros((self.levels, 0))

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Cross-product of group totals, shape (k, k)."""
        totals = self.totals(a)
        return totals.T @ totals


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """K as a stored symmetric sparse matrix with unit diagonal."""

    matrix: sparse.csr_array
    """(n, n) symmetric weights."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """a'Ka, shape (k, k)."""
        return np.asarray(a.T @ (self.matrix @ a))


@dataclass(frozen=True, slots=True, eq=False)
class UnitTime:
    """K_ij = A[unit_i, unit_j] * B[time_i, time_j], held as its two factors."""

    unit_kernel: sparse.csr_array
    """(U, U) symmetric kernel between units."""

    time_kernel: FloatMatrix
    """(T, T) symmetric kernel between periods."""

    unit: IntVector
    """(n,) unit of each row, 0..U-1."""

    time: IntVector
    """(n,) period of each row, 0..T-1."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Sum over pairs of periods of B_ts Psi_t' A Psi_s, shape (k, k)."""
        n_units, n_times = self.unit_kernel.shape[0], self.time_kernel.shape[0]
        k = a.shape[1]
        total = np.zeros((k, k))
        blocks = [_period_block(a, self.unit, self.time == t, n_units) for t in range(n_times)]
        for s in range(n_times):
            linked = np.flatnonzero(self.time_kernel[:, s])
            if not len(linked):
                continue
            weighted = sum(self.time_kernel[t, s] * blocks[t] for t in linked)
            total += np.asarray(weighted).T @ (self.unit_kernel @ blocks[s])
        return total


AnyKernel: TypeAlias = Diagonal | Groups | Pairs | UnitTime


def _period_block(a: FloatMatrix, unit: IntVector, at: np.ndarray, n_units: int) -> FloatMatrix:
    columns = [
        np.bincount(unit[at], weights=a[at, j], minlength=n_units) for j in range(a.shape[1])
    ]
    return np.column_stack(columns)


def meet(first: AnyKernel, second: AnyKernel) -> AnyKernel:
    """The elementwise product of two kernels on the same rows.

    Parameters
    ----------
    first, second : kernels of n rows

    Returns
    -------
    kernel
        In the cheapest shape that can hold the product.

    Raises
    ------
    ResourceError
        Neither factor is small enough to store the pairs of the product.
    """
    if isinstance(first, Diagonal):
        return first
    if isinstance(second, Diagonal):
        return second
    if isinstance(first, Groups) and isinstance(second, Groups):
        return _combine(first, second)
    if isinstance(first, UnitTime) and isinstance(second, UnitTime) and _same_axes(first, second):
        return UnitTime(
            (first.unit_kernel * second.unit_kernel).tocsr(),
            first.time_kernel * second.time_kernel,
            first.unit,
            first.time,
        )
    return _meet_stored(first, second)


def _same_axes(first: UnitTime, second: UnitTime) -> bool:
    return np.array_equal(first.unit, second.unit) and np.array_equal(first.time, second.time)


def _combine(first: Groups, second: Groups) -> Groups:
    joint = first.codes.astype(np.int64) * second.levels + second.codes
    values, codes = np.unique(joint, return_inverse=True)
    return Groups(codes.astype(np.int32), len(values))


def _meet_stored(first: AnyKernel, second: AnyKernel) -> Pairs:
    counts = [pair_count(kernel) for kernel in (first, second)]
    small, other = (first, second) if counts[0] <= counts[1] else (second, first)
    if min(counts) > MAX_PAIRS:
        raise ResourceError(
            f"Expected at most {MAX_PAIRS:,} pairs of rows in an intersection of dependences.",
            f"Found {min(counts):,}.",
            "Use a smaller bandwidth or cut-off, or drop one of the dependences.",
        )
    stored = as_pairs(small).matrix.tocoo()
    rows, columns = stored.coords
    weights = stored.data * entries(other, rows, columns)
    matrix = sparse.coo_array((weights, (rows, columns)), shape=stored.shape).tocsr()
    matrix.eliminate_zeros()
    return Pairs(matrix)


def pair_count(kernel: AnyKernel) -> int:
    """Number of pairs of rows with positive weight (an upper bound for factored kernels)."""
    if isinstance(kernel, Diagonal):
        return kernel.n
    if isinstance(kernel, Groups):
        return int(np.sum(np.bincount(kernel.codes, minlength=kernel.levels).astype(np.int64) ** 2))
    if isinstance(kernel, Pairs):
        return int(kernel.matrix.nnz)
    per_unit = np.bincount(kernel.unit, minlength=kernel.unit_kernel.shape[0]).astype(np.float64)
    pattern = kernel.unit_kernel.copy()
    pattern.data = np.ones_like(pattern.data)
    return int(per_unit @ (pattern @ per_unit))


def as_pairs(kernel: AnyKernel) -> Pairs:
    """The same kernel with its pairs stored one by one."""
    if isinstance(kernel, Pairs):
        return kernel
    if isinstance(kernel, Diagonal):
        return Pairs(sparse.eye_array(kernel.n, format="csr"))
    if isinstance(kernel, Groups):
        incidence = _incidence(kernel.codes, kernel.levels)
        return Pairs((incidence @ incidence.T).tocsr())
    units = _incidence(kernel.unit, kernel.unit_kernel.shape[0])
    spread = (units @ kernel.unit_kernel @ units.T).tocoo()
    rows, columns = spread.coords
    data = spread.data * kernel.time_kernel[kernel.time[rows], kernel.time[columns]]
    matrix = sparse.coo_array((data, (rows, columns)), shape=spread.shape).tocsr()
    matrix.eliminate_zeros()
    return Pairs(matrix)


def entries(kernel: AnyKernel, rows: IntVector, columns: IntVector) -> np.ndarray:
    """K at given pairs of rows.

    Parameters
    ----------
    kernel : kernel of n rows
    rows, columns : (m,) row numbers

    Returns
    -------
    (m,) weights
    """
    if isinstance(kernel, Diagonal):
        return np.asarray(rows == columns, dtype=np.float64)
    if isinstance(kernel, Groups):
        return np.asarray(kernel.codes[rows] == kernel.codes[columns], dtype=np.float64)
    if isinstance(kernel, Pairs):
        return _lookup(kernel.matrix, rows, columns)
    between_units = _lookup(kernel.unit_kernel, kernel.unit[rows], kernel.unit[columns])
    return between_units * kernel.time_kernel[kernel.time[rows], kernel.time[columns]]


def _lookup(matrix: sparse.csr_array, rows: IntVector, columns: IntVector) -> np.ndarray:
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    width = np.int64(matrix.shape[1])
    row_of = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    keys = row_of * width + matrix.indices
    wanted = rows.astype(np.int64) * width + columns
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    if not len(keys):
        return np.zeros(len(rows))
    return np.where(keys[at] == wanted, matrix.data[at], 0.0)


def _incidence(codes: IntVector, levels: int) -> sparse.csr_array:
    n = len(codes)
    return sparse.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, levels))

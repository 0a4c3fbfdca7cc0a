"""Kernels on pairs of rows, in the cheapest shape that can hold them.

Each kernel K is symmetric with K_ii = 1 and answers two questions: ``sum(a)``, the k by k matrix
sum over i, j of K_ij a_i a_j', and :func:`spillover.numerics.meet.meet`, the elementwise product
of two kernels. No n by n array is ever formed.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from scipy import sparse

from spillover.numerics.blocks import Blocks, refuse_collapse, totals
from spillover.numerics.links import AnyLinks, Links, Stored, expanded, incidence, links_of
from spillover.typing import FloatMatrix, FloatVector, IntVector

WORKING_SET = 4_000_000
"""Numbers that are spread over units and periods at once, or twice the data if that is more."""


@runtime_checkable
class Kernel(Protocol):
    """Dependence between rows, as a symmetric kernel with unit diagonal."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Sum over i, j of K_ij a_i a_j', for ``a`` of shape (n, k)."""
        ...

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """K at given pairs of rows, (m,)."""
        ...

    def count(self) -> float:
        """Number of pairs of rows with positive weight, or an upper bound."""
        ...

    def stored(self) -> sparse.csr_array:
        """(n, n) sparse matrix of all pairs."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Diagonal:
    """K = I: every row on its own."""

    n: int
    """Number of rows."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Cross-product a'a, shape (k, k)."""
        return a.T @ a

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """One on the diagonal."""
        return np.asarray(rows == columns, dtype=np.float64)

    def count(self) -> float:
        """Number of rows."""
        return float(self.n)

    def stored(self) -> sparse.csr_array:
        """The identity."""
        return sparse.csr_array(sparse.eye_array(self.n, format="csr"))


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """K_ij = 1 when rows i and j carry the same code."""

    codes: IntVector
    """(n,) codes 0..G-1."""

    levels: int
    """G."""

    def totals(self, a: FloatMatrix) -> FloatMatrix:
        """Sums of ``a`` (n, k) by group, shape (G, k)."""
        return totals(self.codes, self.levels, a)

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Cross-product of group totals, shape (k, k)."""
        by_group = self.totals(a)
        return by_group.T @ by_group

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """One within groups."""
        return np.asarray(self.codes[rows] == self.codes[columns], dtype=np.float64)

    def count(self) -> float:
        """Sum of squared group sizes."""
        return float(np.sum(np.bincount(self.codes, minlength=self.levels).astype(float) ** 2))

    def stored(self) -> sparse.csr_array:
        """DD' for the indicators D of groups."""
        member = incidence(self.codes, self.levels)
        return sparse.csr_array(member @ member.T)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """K as a stored symmetric sparse matrix with unit diagonal."""

    matrix: sparse.csr_array
    """(n, n) symmetric weights."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """a'Ka, shape (k, k)."""
        return np.asarray(a.T @ (self.matrix @ a))

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """The stored weights; zero elsewhere."""
        return Stored(self.matrix).entries(rows, columns)

    def count(self) -> float:
        """Number of stored weights."""
        return float(self.matrix.nnz)

    def stored(self) -> sparse.csr_array:
        """The matrix itself."""
        return self.matrix


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """K_ij = B[time_i, time_j]: all rows of near periods depend on each other."""

    time_kernel: FloatMatrix
    """(T, T) symmetric kernel between periods."""

    time: IntVector
    """(n,) period of each row, 0..T-1."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """P'BP for the sums P of ``a`` by period, shape (k, k).

        Raises
        ------
        IdentificationError
            Sums by period vanish in some direction, so that the variance would be zero whatever
            the dependence.
        """
        by_period = totals(self.time, len(self.time_kernel), a)
        refuse_collapse(a, by_period)
        return np.asarray(by_period.T @ self.time_kernel @ by_period)

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """The weight between the periods of two rows."""
        return np.asarray(self.time_kernel[self.time[rows], self.time[columns]])

    def count(self) -> float:
        """Pairs of rows in periods with positive weight."""
        sizes = np.bincount(self.time, minlength=len(self.time_kernel)).astype(float)
        return float(sizes @ (self.time_kernel != 0) @ sizes)

    def stored(self) -> sparse.csr_array:
        """B[time, time]."""
        return expanded(sparse.csr_array(self.time_kernel), self.time)


@dataclass(frozen=True, slots=True, eq=False)
class UnitTime:
    """K_ij = A[unit_i, unit_j] * B[time_i, time_j], held as its two factors."""

    unit_kernel: AnyLinks
    """(U, U) symmetric kernel between units, stored or lazy."""

    time_kernel: FloatMatrix
    """(T, T) symmetric kernel between periods."""

    unit: IntVector
    """(n,) unit of each row, 0..U-1."""

    time: IntVector
    """(n,) period of each row, 0..T-1."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Sum over pairs of periods of B_ts Psi_t' A Psi_s, shape (k, k).

        Psi_t holds the sums of ``a`` by unit in period t, with zeros for units that are absent.
        """
        links, B, time = links_of(self.unit_kernel), self.time_kernel, self.time
        if (B == 1.0).all():
            B, time = np.ones((1, 1)), np.zeros_like(time)
        cells = links.size * len(B)
        if cells * a.shape[1] <= max(WORKING_SET, 2 * a.size):
            codes = self.unit * np.int64(len(B)) + time
            x = totals(codes, cells, a).reshape(links.size, len(B), -1)
            total = links.cross(x if _is_identity(B) else B @ x, x)
        else:
            total = self._by_period(a, links, B, time)
        return 0.5 * (total + total.T)

    def _by_period(
        self, a: FloatMatrix, links: Links, B: FloatMatrix, time: IntVector
    ) -> FloatMatrix:
        """The same sum with few periods in memory at a time."""
        k = a.shape[1]
        blocks = Blocks.of(a, self.unit, time, (links.size, len(B)))
        at_once = int(max(1, max(WORKING_SET, 2 * a.size) // (links.size * k)))
        total = np.zeros((k, k))
        for start in range(0, len(B), at_once):
            periods = range(start, min(start + at_once, len(B)))
            x = np.stack([blocks.at(s) for s in periods], axis=1)
            w = x if _is_identity(B) else np.stack([blocks.mix(B[:, s]) for s in periods], axis=1)
            total += links.cross(w, x)
        return total

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """A between the units times B between the periods of two rows."""
        between = links_of(self.unit_kernel).entries(self.unit[rows], self.unit[columns])
        return between * self.time_kernel[self.time[rows], self.time[columns]]

    def count(self) -> float:
        """Pairs of rows whose units depend on each other, in any two periods."""
        links = links_of(self.unit_kernel)
        return links.count(np.bincount(self.unit, minlength=links.size).astype(float))

    def stored(self) -> sparse.csr_array:
        """A[unit, unit] times B[time, time], elementwise."""
        spread = expanded(links_of(self.unit_kernel).stored(), self.unit).tocoo()
        rows, columns = spread.coords
        data = spread.data * self.time_kernel[self.time[rows], self.time[columns]]
        matrix = sparse.coo_array((data, (rows, columns)), shape=spread.shape).tocsr()
        matrix.eliminate_zeros()
        return matrix


@dataclass(frozen=True, slots=True, eq=False)
class Signed:
    """A sum of kernels with signs, such as a union written out."""

    terms: tuple[tuple[int, "AnyKernel"], ...]
    """Pairs of a sign and a kernel."""

    def sum(self, a: FloatMatrix) -> FloatMatrix:
        """Signed sum over the terms, shape (k, k)."""
        return np.asarray(sum(sign * kernel.sum(a) for sign, kernel in self.terms))

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """Signed sum of the entries of the terms."""
        found = [sign * kernel.entries(rows, columns) for sign, kernel in self.terms]
        return np.asarray(np.sum(found, axis=0))

    def count(self) -> float:
        """Sum of the counts of the terms, an upper bound."""
        return sum(kernel.count() for _, kernel in self.terms)

    def stored(self) -> sparse.csr_array:
        """Signed sum of the stored terms."""
        first, *others = [sign * kernel.stored() for sign, kernel in self.terms]
        for other in others:
            first = first + other
        return sparse.csr_array(first)


AnyKernel: TypeAlias = Diagonal | Groups | Pairs | Periods | UnitTime | Signed


def _is_identity(matrix: FloatMatrix) -> bool:
    return np.array_equal(matrix, np.eye(len(matrix)))

"""Dependence between units, stored or evaluated when it is needed.

A kernel A between U units is symmetric with unit diagonal. It is either a sparse matrix or one of
the lazy kinds (near in space, near in a network, overlapping sets), which never hold all pairs.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from scipy import sparse

from spillover.errors import ResourceError
from spillover.numerics.csr import lookup
from spillover.numerics.located import located
from spillover.typing import FloatMatrix, FloatVector, IntVector

MAX_PAIRS = 200_000_000
"""Greatest number of stored pairs; they take about five gigabytes while they are built."""


class Links(Protocol):
    """A symmetric kernel between units with unit diagonal."""

    @property
    def size(self) -> int:
        """U, the number of units."""
        ...

    def cross(self, w: FloatMatrix, x: FloatMatrix) -> FloatMatrix:
        """Sum over s of w_s' A x_s, shape (k, k).

        Parameters
        ----------
        w, x : (U, S, k)
            Arrays for which the sum is symmetric: w_s is a symmetric combination of the x_t.
        """
        ...

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """A at given pairs of units, (m,)."""
        ...

    def count(self, sizes: FloatVector) -> float:
        """Sum over pairs with positive weight of sizes_u sizes_v; an upper bound will do."""
        ...

    def stored(self) -> sparse.csr_array:
        """A as a sparse matrix."""
        ...

    def refined(self, parent: IntVector, labels: IntVector) -> "Links":
        """The kernel between parts of units that carry the same label.

        Parameters
        ----------
        parent : (V,)
            Unit of each part, ascending.
        labels : (V,)
            Label of each part, ascending within a unit and each at most once there.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A kernel between units as a sparse matrix."""

    matrix: sparse.csr_array
    """(U, U) symmetric weights with unit diagonal."""

    @property
    def size(self) -> int:
        """U, the number of units."""
        return int(self.matrix.shape[0])

    def cross(self, w: FloatMatrix, x: FloatMatrix) -> FloatMatrix:
        """Sum over s of w_s' A x_s by one sparse product."""
        spread = np.asarray(self.matrix @ x.reshape(self.size, -1))
        return np.asarray(flat(w).T @ flat(spread.reshape(x.shape)))

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """A at given pairs of units; zero where nothing is stored."""
        return lookup(canonical(self.matrix), rows, columns)

    def count(self, sizes: FloatVector) -> float:
        """Sum over stored pairs of sizes_u sizes_v."""
        pattern = sparse.csr_array(
            (np.ones(self.matrix.nnz), self.matrix.indices, self.matrix.indptr),
            shape=self.matrix.shape,
        )
        return float(sizes @ np.asarray(pattern @ sizes))

    def stored(self) -> sparse.csr_array:
        """The matrix itself."""
        return self.matrix

    def refined(self, parent: IntVector, labels: IntVector) -> "Stored":
        """Each stored pair (u, v) becomes the pairs of parts of u and v with one label."""
        base = np.int64(labels.max()) + 1 if len(labels) else np.int64(1)
        keys = parent.astype(np.int64) * base + labels
        degree = np.diff(self.matrix.indptr)[parent]
        rows = np.repeat(np.arange(len(parent)), degree)
        at = np.repeat(self.matrix.indptr[parent], degree) + _steps(degree)
        wanted = self.matrix.indices[at].astype(np.int64) * base + labels[rows]
        found = located(keys, wanted)
        kept = found >= 0
        entries = (self.matrix.data[at[kept]], (rows[kept], found[kept]))
        return Stored(sparse.coo_array(entries, shape=(len(parent), len(parent))).tocsr())


AnyLinks: TypeAlias = sparse.csr_array | Links


def links_of(kernel: AnyLinks) -> Links:
    """A sparse matrix as links; lazy links as they are."""
    return Stored(kernel) if isinstance(kernel, sparse.csr_array) else kernel


def expanded(matrix: sparse.csr_array, parent: IntVector) -> sparse.csr_array:
    """A[parent, parent]: the kernel between copies of units."""
    copies = incidence(parent, matrix.shape[0])
    return sparse.csr_array(copies @ matrix @ copies.T)


def incidence(codes: IntVector, levels: int) -> sparse.csr_array:
    """(n, levels) with a one at the code of each row."""
    n = len(codes)
    return sparse.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, levels))


def symmetric(
    rows: IntVector, columns: IntVector, weights: FloatVector, size: int
) -> sparse.csr_array:
    """I + L + L' from the pairs of L, each unordered pair given once."""
    own = np.arange(size, dtype=rows.dtype)
    data = np.concatenate((np.ones(size), weights, weights))
    ends = (np.concatenate((own, rows, columns)), np.concatenate((own, columns, rows)))
    return sparse.coo_array((data, ends), shape=(size, size)).tocsr()


def half_form(x: FloatMatrix, w: FloatMatrix, spread: FloatMatrix) -> FloatMatrix:
    """w'(I + L + L')x given Lx, when the whole is symmetric; arrays of shape (U, S, k)."""
    one_side = flat(w).T @ flat(spread)
    return np.asarray(flat(w).T @ flat(x) + one_side + one_side.T)


def flat(x: FloatMatrix) -> FloatMatrix:
    """(U, S, k) as (U * S, k)."""
    return x.reshape(-1, x.shape[-1])


def canonical(matrix: sparse.csr_array) -> sparse.csr_array:
    """The matrix with sorted columns and without repeated entries."""
    if matrix.has_canonical_format:
        return matrix
    ordered = matrix.copy()
    ordered.sum_duplicates()
    return ordered


def refuse_many(pairs: float) -> None:
    """Stop before more pairs are stored than memory can hold.

    Raises
    ------
    ResourceError
        More than :data:`MAX_PAIRS`.
    """
    if pairs > MAX_PAIRS:
        raise ResourceError(
            f"Expected at most {MAX_PAIRS:,} pairs of rows in an intersection of dependences.",
            f"Found {pairs:,.0f}.",
            "Use a smaller bandwidth or cut-off, or drop one of the dependences.",
        )


def _steps(counts: IntVector) -> IntVector:
    """0..c-1 for each count c, one after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - counts, counts)

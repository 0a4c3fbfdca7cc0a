"""Normal equations of several effects: the largest eliminated exactly, the rest by Cholesky."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.linalg import lapack

from spillover.numerics.incidence import incidence, weighted
from spillover.typing import FloatMatrix, FloatVector, IntVector

RANK_TOLERANCE = 1e-10
"""Smallest pivot, relative to the rows of a level, that counts as information."""


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """Factored normal equations D'WD of q effects, ordered with the largest effect first."""

    totals: FloatVector
    """(G,) weight of each level of the largest effect."""

    cross: sparse.csr_array
    """(G, r) weight of each pair of a level of the largest effect and one of the others."""

    factor: FloatMatrix
    """(rank, rank) lower Cholesky factor of the scaled Schur complement."""

    kept: IntVector
    """(rank,) levels of the other effects that carry information of their own."""

    scale: FloatVector
    """(r,) inverse square root of the weight of each level of the other effects."""

    @property
    def rank(self) -> int:
        """Number of linearly independent dummies over all effects."""
        return int(np.count_nonzero(self.totals)) + len(self.kept)

    def solve(self, sums: FloatMatrix) -> FloatMatrix:
        """Coefficients of all levels, shape (L, k), from the weighted sums by level.

        Parameters
        ----------
        sums : (L, k)
            D'W times the columns, levels of the largest effect first.
        """
        groups = len(self.totals)
        inverse = 1 / np.where(self.totals > 0, self.totals, 1.0)[:, None]
        means = sums[:groups] * inverse
        rest = (sums[groups:] - self.cross.T @ means) * self.scale[:, None]
        others = np.zeros((len(self.scale), sums.shape[1]))
        if len(self.kept):
            others[self.kept] = linalg.cho_solve((self.factor, True), rest[self.kept])
        others *= self.scale[:, None]
        return np.concatenate([means - (self.cross @ others) * inverse, others])


def eliminate(
    effects: tuple[IntVector, ...], levels: tuple[int, ...], weights: FloatVector | None
) -> Elimination:
    """Factored normal equations of two or more effects; the first is eliminated exactly.

    The Schur complement S = D2'WD2 - D2'WD1 (D1'WD1)^-1 D1'WD2 is dense over the levels of all
    other effects, so these should be few (about 3,000). Redundant levels, at least one for each
    component, are found by the pivots and left at zero.

    Parameters
    ----------
    effects : q arrays of (n,)
        Integer codes 0..G-1; the effect with the most levels comes first.
    levels : q integers
        Number of levels of each effect.
    weights : (n,) or None
        Positive observation weights.

    References
    ----------
    Guimaraes and Portugal (2010); Gaure (2013).
    """
    ones = np.ones(len(effects[0])) if weights is None else weights
    totals = np.bincount(effects[0], weights=ones, minlength=levels[0]).astype(np.float64)
    heavy = weighted(incidence(effects[1:], levels[1:]), weights)
    rows = np.repeat(effects[0], len(effects) - 1)
    shape = (levels[0], sum(levels[1:]))
    cross = sparse.csr_array((heavy.data, (rows, heavy.indices)), shape=shape)
    del heavy, rows
    root = 1 / np.sqrt(np.where(totals > 0, totals, 1.0))
    data = cross.data * np.repeat(root, np.diff(cross.indptr))
    spread = sparse.csr_array((data, cross.indices, cross.indptr), shape=shape)
    complement = _cross_product(effects[1:], levels[1:], ones)
    diagonal = complement.diagonal().copy()
    complement -= (spread.T @ spread).toarray()
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    complement *= scale[:, None]
    complement *= scale
    factor, kept = _pivoted_cholesky(complement)
    return Elimination(totals, cross, factor, kept, scale)


def _cross_product(
    effects: tuple[IntVector, ...], levels: tuple[int, ...], weights: FloatVector
) -> FloatMatrix:
    """D'WD of dummies of several effects, dense."""
    starts = np.cumsum([0, *levels])
    product = np.zeros((starts[-1], starts[-1]))
    for a, first in enumerate(effects):
        for b in range(a, len(effects)):
            joint = first.astype(np.int64) * levels[b] + effects[b]
            block = np.bincount(joint, weights=weights, minlength=levels[a] * levels[b])
            block = block.reshape(levels[a], levels[b])
            product[starts[a] : starts[a + 1], starts[b] : starts[b + 1]] = block
            product[starts[b] : starts[b + 1], starts[a] : starts[a + 1]] = block.T
    return product


def _pivoted_cholesky(matrix: FloatMatrix) -> tuple[FloatMatrix, IntVector]:
    """Lower factor of the leading independent block of a semidefinite matrix, and its columns."""
    if not matrix.diagonal().max(initial=0.0) > RANK_TOLERANCE:
        return np.zeros((0, 0)), np.zeros(0, dtype=np.int64)
    factor, pivots, rank, _ = lapack.dpstrf(matrix, lower=1, tol=RANK_TOLERANCE, overwrite_a=True)
    return np.asfortranarray(np.tril(factor[:rank, :rank])), np.asarray(pivots[:rank] - 1)

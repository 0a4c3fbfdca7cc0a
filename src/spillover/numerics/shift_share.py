"""Shares of rows in shocks: projection on shares, scores of shocks, shock-level averages."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import csgraph

from spillover.numerics.sets import ConfidenceSet, quadratic_set
from spillover.typing import FloatMatrix, FloatVector, IntVector

DEPENDENT = 1e-10
"""Share of a column's sum of squares below which others explain it."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Weighted least squares of columns on shares, without a constant."""

    coefficients: FloatMatrix
    """(K, k) one row per share; zero for shares that others explain."""

    dropped: IntVector
    """Columns of the shares that others explain."""


def project_on_shares(
    shares: sparse.csr_array, columns: FloatMatrix, weights: FloatVector | None
) -> Projection:
    """Coefficients of columns (n, k) on shares (n, K), collinear shares left out.

    Parameters
    ----------
    shares : (n, K)
        Shares; every column has a positive entry.
    columns : (n, k)
        Columns to be explained.
    weights : (n,) or None
        Positive observation weights.
    """
    heavy = _heavy(shares, weights)
    gram = sparse.csr_array(shares.T @ heavy)
    scale = 1.0 / np.sqrt(gram.diagonal())
    blocks = [_block(gram, scale, members) for members in _together(gram)]

    def solve(left: FloatMatrix) -> FloatMatrix:
        moments = np.asarray(heavy.T @ left) * scale[:, None]
        found = np.zeros_like(moments)
        for kept, root in blocks:
            found[kept] = linalg.cho_solve(root, moments[kept])
        return found * scale[:, None]

    coefficients = solve(columns)
    coefficients += solve(columns - shares @ coefficients)
    kept = np.concatenate([block for block, _ in blocks])
    return Projection(coefficients, np.setdiff1d(np.arange(len(scale)), kept))


def _together(gram: sparse.csr_array) -> list[IntVector]:
    """Sets of shares that overlap in some row; shocks of different years never do."""
    count, label = csgraph.connected_components(gram, directed=False)
    order = np.argsort(label, kind="stable")
    return np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])


def _block(
    gram: sparse.csr_array, scale: FloatVector, members: IntVector
) -> tuple[IntVector, tuple[FloatMatrix, bool]]:
    """Independent shares among some, and the factor of their cross-products."""
    part = gram[members][:, members].toarray() * np.outer(scale[members], scale[members])
    kept = independent(part)
    return members[kept], linalg.cho_factor(part[np.ix_(kept, kept)], lower=True)


def independent(gram: FloatMatrix) -> IntVector:
    """Columns that are not combinations of others, by pivoted QR of their cross-products.

    Parameters
    ----------
    gram : (K, K)
        Cross-products with unit diagonal.
    """
    triangle, order = linalg.qr(gram, mode="r", pivoting=True)
    size = np.abs(np.diag(triangle))
    return np.sort(order[size > DEPENDENT * size[0]])


def shock_weights(shares: sparse.csr_array, weights: FloatVector | None) -> FloatVector:
    """(K,) weight of every shock, the weighted sum of its shares, summing to one."""
    sums = np.asarray(_heavy(shares, weights).sum(axis=0)).ravel()
    return np.asarray(sums / sums.sum())


def effective_number(shares: FloatVector) -> float:
    """One over the sum of squared shares: the number of equal shocks that would say as much."""
    return float(shares.sum() ** 2 / np.sum(shares**2))


def scores(
    shares: sparse.csr_array, columns: FloatMatrix, weights: FloatVector | None
) -> FloatMatrix:
    """(K, k) sum over rows of weight times share times column, for every shock."""
    return np.asarray(_heavy(shares, weights).T @ columns)


def summed(codes: IntVector, columns: FloatMatrix) -> FloatMatrix:
    """(G, k) sums of rows (K, k) within codes 0..G-1."""
    member = sparse.csr_array(
        (np.ones(len(codes)), codes, np.arange(len(codes) + 1)),
        shape=(len(codes), int(codes.max(initial=-1)) + 1),
    )
    return np.asarray(member.T @ columns)


@dataclass(frozen=True, slots=True, eq=False)
class NullImposed:
    """What a test with the null hypothesis imposed needs for one coefficient."""

    residual: FloatVector
    """(G,) score of each cluster of shocks at the estimate."""

    slope: FloatVector
    """(G,) change of the score for one unit of the coefficient."""

    relevance: float
    """Cross-product of instrument and regressor."""

    beta: float
    """Coefficient."""

    def squared_t(self, value: float) -> float:
        """The squared statistic for a hypothesised value."""
        gap = self.beta - value
        return float((gap * self.relevance) ** 2 / np.sum((self.residual + gap * self.slope) ** 2))

    def confidence_set(self, critical: float, level: float) -> ConfidenceSet:
        """The values with a statistic of at most ``critical``."""
        square = critical**2
        a = self.relevance**2 - square * float(self.slope @ self.slope)
        b = 2 * square * float(self.residual @ self.slope)
        c = -square * float(self.residual @ self.residual)
        around = quadratic_set(a, b, c, level)
        return ConfidenceSet(
            tuple((low + self.beta, high + self.beta) for low, high in around.intervals), level
        )


def _heavy(shares: sparse.csr_array, weights: FloatVector | None) -> sparse.csr_array:
    if weights is None:
        return shares
    return sparse.csr_array(shares.multiply(weights[:, None]))

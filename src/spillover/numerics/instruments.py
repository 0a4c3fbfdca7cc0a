"""The k-class of instrumental variables on prepared arrays, with its influence function.

All arrays are free of absorbed effects. Included exogenous regressors appear both in ``X`` and in
``Z``. With kappa = 1 the k-class is two-stage least squares, with the smallest root of the
likelihood problem it is LIML.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from spillover.numerics.tall import cross, fitted, scores, totals
from spillover.typing import FloatMatrix, FloatVector

SMALLEST = 1e-290
"""Diagonal entry below which the inverse is not a number of the machine."""


@dataclass(frozen=True, slots=True, eq=False)
class Instrumented:
    """Coefficients of a k-class estimator and what inference needs."""

    beta: FloatVector
    """(k,) coefficients."""

    psi: FloatMatrix
    """(n, k) influence of each row; sums to zero."""

    residuals: FloatVector
    """(n,) y - X beta with the actual regressors."""

    bread: FloatMatrix
    """(k, k) inverse of X'W(I - kappa M_Z)X."""

    kappa: float
    """The constant of the k-class."""


def k_class(
    y: FloatVector,
    X: FloatMatrix,
    Z: FloatMatrix,
    weights: FloatVector | None,
    endogenous: tuple[int, ...],
    *,
    kappa: float = 1.0,
) -> Instrumented:
    """The k-class estimator: beta = (X'(I - kappa M_Z)X)^-1 X'(I - kappa M_Z)y.

    Its influence function is psi_r = A^-1 [(1 - kappa) x_r + kappa x_hat_r] w_r u_r with
    A = X'W(I - kappa M_Z)X.

    Parameters
    ----------
    y : (n,)
        Outcome.
    X : (n, k)
        Regressors, endogenous ones included.
    Z : (n, l)
        Included instruments (the exogenous columns of ``X``, in their order), then the excluded
        ones; of full column rank.
    weights : (n,) or None
        Positive observation weights.
    endogenous : tuple of int
        Columns of ``X`` that are not columns of ``Z``.
    kappa : float
        1 for two-stage least squares.

    References
    ----------
    Theil (1958); Nagar (1959).
    """
    stage, own = _first_stage(X, Z, weights, endogenous), 1.0 - kappa
    moments = kappa * cross(X, Z, weights) @ stage
    if own:
        moments += own * cross(X, X, weights)
    bread = scaled_inverse((moments + moments.T) / 2)
    beta, residuals = np.zeros(X.shape[1]), y
    for _ in range(2):
        heavy = residuals if weights is None else residuals * weights
        scored = kappa * (totals(Z, heavy) @ stage)
        beta = beta + bread @ (scored + own * totals(X, heavy) if own else scored)
        residuals = y - fitted(X, beta)
    psi = scores(Z, residuals, kappa * stage @ bread, weights)
    if own:
        psi += scores(X, residuals, own * bread, weights)
    return Instrumented(beta, psi, residuals, bread, kappa)


def _first_stage(
    X: FloatMatrix, Z: FloatMatrix, weights: FloatVector | None, endogenous: tuple[int, ...]
) -> FloatMatrix:
    """Coefficients (l, k) of all regressors on the instruments; exogenous ones are their own."""
    exogenous = [j for j in range(X.shape[1]) if j not in endogenous]
    stage = np.zeros((Z.shape[1], X.shape[1]))
    stage[range(len(exogenous)), exogenous] = 1.0
    stage[:, list(endogenous)] = project(X[:, list(endogenous)], Z, weights)
    return stage


def project(A: FloatMatrix, Z: FloatMatrix, weights: FloatVector | None) -> FloatMatrix:
    """Coefficients (l, p) of the weighted regression of the columns of A (n, p) on Z (n, l)."""
    inverse = scaled_inverse(cross(Z, Z, weights))
    coefficients = inverse @ cross(Z, A, weights)
    return np.asarray(coefficients + inverse @ cross(Z, A - Z @ coefficients, weights))


def scaled_inverse(gram: FloatMatrix) -> FloatMatrix:
    """Inverse of a positive definite matrix (k, k), computed at unit diagonal.

    Raises
    ------
    numpy.linalg.LinAlgError
        The matrix is not positive definite.
    """
    if not len(gram):
        return gram
    diagonal = np.diag(gram)
    if not (diagonal > SMALLEST).all():
        raise np.linalg.LinAlgError("The matrix has a diagonal that is not positive.")
    scale = 1 / np.sqrt(diagonal)
    factor = linalg.cho_factor(gram * np.outer(scale, scale), lower=True)
    inverse = linalg.cho_solve(factor, np.eye(len(gram)))
    return np.asarray((inverse + inverse.T) / 2 * np.outer(scale, scale))


def canonical_correlations(gram: FloatMatrix, p: int, m: int) -> FloatVector:
    """Squared canonical correlations (p,) of endogenous regressors with instruments, ascending.

    Exogenous regressors are partialled out first. A smallest value of zero means that the
    instruments do not identify the coefficients.

    Parameters
    ----------
    gram : (p + m + l, p + m + l)
        Cross-products of endogenous regressors, exogenous regressors and excluded instruments,
        none of which is a combination of others in its role.
    p, m : int
        Number of endogenous and of exogenous regressors.
    """
    others = [*range(p), *range(p + m, len(gram))]
    across = gram[p : p + m][:, others]
    left = gram[np.ix_(others, others)] - across.T @ scaled_inverse(gram[p:, p:][:m, :m]) @ across
    scale = 1 / np.sqrt(np.maximum(np.diag(left), np.finfo(np.float64).tiny))
    left = left * np.outer(scale, scale)
    own, instruments = (np.linalg.cholesky(block) for block in (left[:p, :p], left[p:, p:]))
    half = linalg.solve_triangular(own, left[:p, p:], lower=True)
    both = linalg.solve_triangular(instruments, half.T, lower=True)
    values = np.linalg.svd(both, compute_uv=False)[::-1]
    missing = np.zeros(max(p - len(values), 0))
    return np.concatenate([missing, np.minimum(values, 1.0) ** 2])

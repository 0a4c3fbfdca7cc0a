"""The k-class of instrumental variables on prepared arrays, with its influence function.

All arrays are free of absorbed effects. Included exogenous regressors appear both in ``X`` and in
``Z``. With kappa = 1 the k-class is two-stage least squares, with the smallest root of the
likelihood problem it is LIML.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from spillover.typing import FloatMatrix, FloatVector


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
        Included and excluded instruments, of full column rank.
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
    fitted = X.copy()
    columns = list(endogenous)
    fitted[:, columns] = Z @ project(X[:, columns], Z, weights)
    if kappa != 1.0:
        fitted = (1 - kappa) * X + kappa * fitted
    weighted = fitted if weights is None else fitted * weights[:, None]
    moments = weighted.T @ X
    bread = scaled_inverse((moments + moments.T) / 2)
    beta = bread @ (weighted.T @ y)
    beta += bread @ (weighted.T @ (y - X @ beta))
    residuals = y - X @ beta
    psi = (weighted * residuals[:, None]) @ bread
    return Instrumented(beta, psi, residuals, bread, kappa)


def project(A: FloatMatrix, Z: FloatMatrix, weights: FloatVector | None) -> FloatMatrix:
    """Coefficients (l, p) of the weighted regression of the columns of A (n, p) on Z (n, l)."""
    weighted = Z if weights is None else Z * weights[:, None]
    inverse = scaled_inverse(weighted.T @ Z)
    coefficients = inverse @ (weighted.T @ A)
    return np.asarray(coefficients + inverse @ (weighted.T @ (A - Z @ coefficients)))


def scaled_inverse(gram: FloatMatrix) -> FloatMatrix:
    """Inverse of a positive definite matrix (k, k), computed at unit diagonal.

    Raises
    ------
    numpy.linalg.LinAlgError
        The matrix is not positive definite.
    """
    if not len(gram):
        return gram
    scale = 1 / np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    factor = linalg.cho_factor(gram * np.outer(scale, scale), lower=True)
    inverse = linalg.cho_solve(factor, np.eye(len(gram)))
    return np.asarray((inverse + inverse.T) / 2 * np.outer(scale, scale))


def canonical_correlations(
    X: FloatMatrix, Z: FloatMatrix, weights: FloatVector | None
) -> FloatVector:
    """Squared canonical correlations (p,) of the columns of X (n, p) with Z (n, l), ascending.

    A smallest value of zero means that the instruments do not identify the coefficients.
    """
    root = None if weights is None else np.sqrt(weights)[:, None]
    left = _basis(X if root is None else X * root)
    right = _basis(Z if root is None else Z * root)
    values = np.linalg.svd(right.T @ left, compute_uv=False)[::-1]
    missing = X.shape[1] - len(values)
    return np.concatenate([np.zeros(max(missing, 0)), np.minimum(values, 1.0) ** 2])


def _basis(A: FloatMatrix) -> FloatMatrix:
    """An orthonormal basis of the columns of A, through its Gram matrix."""
    gram = A.T @ A
    scale = 1 / np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    values, vectors = np.linalg.eigh(gram * np.outer(scale, scale))
    kept = values > 1e-12 * max(float(values[-1]), 0.0) if len(values) else np.zeros(0, dtype=bool)
    return np.asarray((A * scale) @ (vectors[:, kept] / np.sqrt(values[kept])))

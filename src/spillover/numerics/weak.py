"""Strength of instruments, on arrays free of absorbed effects and included regressors.

The functions take the covariance of moments from a callable ``meat(Z, E)``: for instruments Z
(n, L) and residuals E (n, q) it returns the covariance (qL, qL) of the stacked vectors Z'We_1,
..., Z'We_q under the chosen dependence. Every statistic here is therefore robust to whatever
that dependence allows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from spillover.numerics.instruments import project, scaled_inverse
from spillover.typing import FloatMatrix, FloatVector

SINGULAR = 1e-12
"""Eigenvalue, with variances of one, up to which a covariance counts as singular."""

Meat: TypeAlias = Callable[[FloatMatrix, FloatMatrix], FloatMatrix]


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """Outcome, endogenous regressors and excluded instruments after partialling out the rest."""

    y: FloatVector
    """(n,) outcome."""

    D: FloatMatrix
    """(n, p) endogenous regressors."""

    Z: FloatMatrix
    """(n, L) excluded instruments."""

    weights: FloatVector | None
    """(n,) positive weights, or ``None``."""

    @property
    def weighted(self) -> FloatMatrix:
        """(n, L) instruments times weights."""
        return self.Z if self.weights is None else self.Z * self.weights[:, None]

    @property
    def gram(self) -> FloatMatrix:
        """(L, L) Z'WZ."""
        return self.weighted.T @ self.Z

    @property
    def first_stage(self) -> FloatMatrix:
        """(L, p) coefficients of D on Z."""
        return project(self.D, self.Z, self.weights)


def reduce(
    y: FloatVector,
    X: FloatMatrix,
    Z: FloatMatrix,
    weights: FloatVector | None,
    endogenous: tuple[int, ...],
) -> Reduced:
    """Arrays with the included exogenous regressors partialled out.

    Parameters
    ----------
    y : (n,)
        Outcome.
    X : (n, k)
        Regressors.
    Z : (n, l)
        Included instruments first (the exogenous columns of ``X``), then the excluded ones.
    weights : (n,) or None
        Positive weights.
    endogenous : tuple of int
        Columns of ``X`` that are instrumented.
    """
    included = [j for j in range(X.shape[1]) if j not in endogenous]
    stacked = np.column_stack([y, X[:, list(endogenous)], Z[:, len(included) :]])
    if included:
        own = X[:, included]
        stacked = stacked - own @ project(stacked, own, weights)
    p = len(endogenous)
    return Reduced(stacked[:, 0], stacked[:, 1 : 1 + p], stacked[:, 1 + p :], weights)


def wald(b: FloatVector, V: FloatMatrix) -> float:
    """b'V^-1 b; missing when V is singular in a direction in which b is not zero.

    So it is with fewer clusters than restrictions, and where V has a negative eigenvalue, as
    unions of dependences can have: the statistic then says nothing.
    """
    scale = np.sqrt(np.maximum(np.diag(V), np.finfo(np.float64).tiny))
    values, vectors = np.linalg.eigh(V / np.outer(scale, scale))
    largest = max(float(values[-1]), np.finfo(np.float64).tiny)
    if values[0] < -1e-10 * largest:
        return float("nan")
    kept = values > SINGULAR * largest
    with np.errstate(over="ignore", invalid="ignore"):
        along = vectors.T @ (b / scale)
        total = float(np.sum(along[kept] ** 2 / values[kept]))
        outside = np.any(np.abs(along[~kept]) > 1e-8 * np.linalg.norm(along))
    return total if np.isfinite(total) and not outside else float("nan")


def first_stage_covariance(parts: Reduced, meat: Meat) -> tuple[FloatMatrix, FloatMatrix]:
    """First-stage coefficients (L, p) and the covariance (pL, pL) of their stacked columns."""
    slopes = parts.first_stage
    inverse = scaled_inverse(parts.gram)
    spread = np.kron(np.eye(parts.D.shape[1]), inverse)
    return slopes, spread @ meat(parts.Z, parts.D - parts.Z @ slopes) @ spread


def effective_f(parts: Reduced, slopes: FloatVector, V: FloatMatrix) -> float:
    """The effective F: pi'Q pi / tr(VQ) with Q = Z'WZ (Montiel Olea and Pflueger 2013, eq. 3).

    Parameters
    ----------
    parts : Reduced
        Arrays with one endogenous regressor.
    slopes : (L,)
        First-stage coefficients.
    V : (L, L)
        Their covariance.
    """
    Q = parts.gram
    spread = float(np.trace(V @ Q))
    return float(slopes @ Q @ slopes) / spread if spread > 0 else float("nan")


def effective_f_critical(
    parts: Reduced, V: FloatMatrix, tau: float = 0.10, size: float = 0.05
) -> float:
    """Critical value of the effective F for a bias of at most ``tau`` of the worst case.

    Patnaik's approximation: with Sigma = Q^1/2 V Q^1/2 and x = 1/tau the effective degrees are
    K = tr(Sigma)^2 (1 + 2x) / (tr(Sigma^2) + 2x tr(Sigma) max eigenvalue), and the critical value
    is the quantile of a non-central chi-squared (K, xK) divided by K.

    Parameters
    ----------
    parts : Reduced
        Arrays with one endogenous regressor.
    V : (L, L)
        Covariance of the first-stage coefficients.
    tau : float
        Tolerated bias relative to the benchmark.
    size : float
        Size of the test.

    References
    ----------
    Montiel Olea and Pflueger (2013), Theorem 1 and Section 4.
    """
    from scipy.stats import ncx2

    values = np.linalg.eigvals(parts.gram @ V).real
    x = 1 / tau
    total = float(values.sum())
    if not total > 0:
        return float("nan")
    degrees = total**2 * (1 + 2 * x) / (np.sum(values**2) + 2 * x * total * values.max())
    return float(ncx2.ppf(1 - size, degrees, x * degrees) / degrees)


@dataclass(frozen=True, slots=True)
class RankTest:
    """Kleibergen and Paap's test that the first stage has rank p - 1."""

    wald: float
    """Wald statistic, chi-squared under the null hypothesis."""

    lm: float
    """Lagrange multiplier statistic, chi-squared under the null hypothesis."""

    df: int
    """Degrees of freedom, L - p + 1."""

    f: float
    """Wald statistic over the number of instruments."""


def rank_test(parts: Reduced, meat: Meat) -> RankTest:
    """The rk statistics of Kleibergen and Paap (2006) for the smallest singular value.

    Parameters
    ----------
    parts : Reduced
        Arrays with p endogenous regressors and L >= p instruments.
    meat : callable
        Covariance of moments.
    """
    L, p = parts.Z.shape[1], parts.D.shape[1]
    own = parts.D if parts.weights is None else parts.D * parts.weights[:, None]
    scale = _inverse_root(own.T @ parts.D)
    inverse = _inverse_root(parts.gram)
    slopes = parts.first_stage
    left, _, right = np.linalg.svd(inverse @ parts.gram @ slopes @ scale)
    direction, combine = scale @ right[-1], left[:, p - 1 :].T @ inverse
    value = combine @ parts.weighted.T @ (parts.D @ direction)
    unrestricted = ((parts.D - parts.Z @ slopes) @ direction)[:, None]
    restricted = (parts.D @ direction)[:, None]
    statistics = [
        wald(value, combine @ meat(parts.Z, e) @ combine.T) for e in (unrestricted, restricted)
    ]
    return RankTest(statistics[0], statistics[1], L - p + 1, statistics[0] / L)


def conditional_f(parts: Reduced, column: int, meat: Meat) -> float:
    """The F of one endogenous regressor given the others (Sanderson and Windmeijer 2016).

    Parameters
    ----------
    parts : Reduced
        Arrays with p endogenous regressors and L >= p instruments.
    column : int
        Which endogenous regressor.
    meat : callable
        Covariance of moments.
    """
    L, p = parts.Z.shape[1], parts.D.shape[1]
    others = [j for j in range(p) if j != column]
    inverse = _inverse_root(parts.gram)
    means = inverse @ parts.gram @ parts.first_stage
    slopes = np.linalg.lstsq(means[:, others], means[:, column], rcond=None)[0]
    rest = parts.D[:, column] - parts.D[:, others] @ slopes
    left = np.linalg.svd(means[:, others])[0] if others else np.eye(L)
    combine = left[:, p - 1 :].T @ inverse
    error = rest - parts.Z @ project(rest[:, None], parts.Z, parts.weights)[:, 0]
    V = combine @ meat(parts.Z, error[:, None]) @ combine.T
    return float(wald(combine @ parts.weighted.T @ rest, V) / (L - p + 1))


def cragg_donald(parts: Reduced, df: int) -> float:
    """The smallest eigenvalue of the first-stage F matrix under homoskedasticity.

    Parameters
    ----------
    parts : Reduced
        Arrays with p endogenous regressors.
    df : int
        Residual degrees of freedom of the first stage.

    References
    ----------
    Cragg and Donald (1993); Stock and Yogo (2005).
    """
    slopes = parts.first_stage
    errors = parts.D - parts.Z @ slopes
    own = errors if parts.weights is None else errors * parts.weights[:, None]
    root = _inverse_root(own.T @ errors / df)
    concentration = root @ slopes.T @ parts.gram @ slopes @ root
    return float(np.linalg.eigvalsh(concentration)[0] / parts.Z.shape[1])


def over_identification(parts: Reduced, residuals: FloatVector, meat: Meat) -> float:
    """Hansen's J: the least value of g'S^-1 g over the coefficients, S at the given residuals.

    Parameters
    ----------
    parts : Reduced
        Arrays.
    residuals : (n,)
        Residuals of a consistent estimate.
    meat : callable
        Covariance of moments; with homoskedastic errors J is Sargan's statistic.

    Raises
    ------
    numpy.linalg.LinAlgError
        The covariance of moments is singular, as with fewer clusters than instruments.

    References
    ----------
    Sargan (1958); Hansen (1982).
    """
    S = meat(parts.Z, residuals[:, None])
    scale = np.sqrt(np.maximum(np.diag(S), np.finfo(np.float64).tiny))
    if np.linalg.eigvalsh(S / np.outer(scale, scale))[0] < SINGULAR:
        raise np.linalg.LinAlgError("The covariance of moments is singular.")
    weight = scaled_inverse(S)
    moments, slopes = parts.weighted.T @ parts.y, parts.weighted.T @ parts.D
    beta = np.linalg.solve(slopes.T @ weight @ slopes, slopes.T @ weight @ moments)
    left = moments - slopes @ beta
    return float(left @ weight @ left)


def _inverse_root(gram: FloatMatrix) -> FloatMatrix:
    values, vectors = np.linalg.eigh(gram)
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T)

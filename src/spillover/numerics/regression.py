"""Least squares on prepared arrays: coefficients, influence function and collinearity."""

from dataclasses import dataclass

import numpy as np

from spillover.numerics.instruments import scaled_inverse
from spillover.numerics.tall import cross, fitted, scores, totals
from spillover.typing import FloatMatrix, FloatVector

SHARE_LEFT = 1e-9
"""Share of variation below which a column counts as explained by others."""

ROUNDING = 32 * np.finfo(np.float64).eps
"""Spread relative to the mean up to which a column counts as constant."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A least-squares fit with what inference needs."""

    beta: FloatVector
    """(k,) coefficients."""

    psi: FloatMatrix
    """(n, k) influence of each row: (X'WX)^-1 w_i x_i e_i."""

    residuals: FloatVector
    """(n,) y - X beta."""

    bread: FloatMatrix
    """(k, k) inverse of X'WX."""


@dataclass(frozen=True, slots=True, eq=False)
class Centered:
    """Columns around their weighted means."""

    values: FloatMatrix
    """(n, k) columns minus their means."""

    means: FloatVector
    """(k,) weighted means."""

    squares: FloatVector
    """(k,) weighted sums of squares of the values."""


@dataclass(frozen=True, slots=True, eq=False)
class Collinearity:
    """Which columns say nothing that others do not say."""

    shares: FloatVector
    """(k,) share of each column's variation that absorption left."""

    absorbed: tuple[int, ...]
    """Columns without variation after absorption."""

    dependent: tuple[tuple[int, ...], ...]
    """Sets of columns: the first is a linear combination of the others."""


def least_squares(y: FloatVector, X: FloatMatrix, weights: FloatVector | None) -> Fit:
    """The (weighted) least-squares fit of y on X.

    Parameters
    ----------
    y : (n,)
        Outcome, free of absorbed effects.
    X : (n, k)
        Regressors, free of absorbed effects and of full column rank.
    weights : (n,) or None
        Positive observation weights.
    """
    bread = scaled_inverse(cross(X, X, weights))
    beta = np.zeros(X.shape[1])
    residuals = y
    for _ in range(2):
        heavy = residuals if weights is None else residuals * weights
        beta = beta + bread @ totals(X, heavy)
        residuals = y - fitted(X, beta)
    return Fit(beta, scores(X, residuals, bread, weights), residuals, bread)


def with_constant(fit: Fit, means: FloatVector, level: float, weights: FloatVector | None) -> Fit:
    """A fit of centered arrays as the fit of the original ones, with a constant at the end.

    Parameters
    ----------
    fit : Fit
        Fit of y - level on X - means.
    means : (k,)
        Weighted means of the regressors.
    level : float
        Weighted mean of the outcome.
    weights : (n,) or None
        Positive observation weights.
    """
    n = len(fit.residuals)
    shares = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    total = float(n) if weights is None else float(weights.sum())
    across = fit.bread @ means
    bread = np.empty((len(means) + 1, len(means) + 1))
    bread[:-1, :-1] = fit.bread
    bread[:-1, -1] = bread[-1, :-1] = -across
    bread[-1, -1] = 1 / total + means @ across
    psi = np.column_stack([fit.psi, shares * fit.residuals - fit.psi @ means])
    beta = np.append(fit.beta, level - means @ fit.beta)
    return Fit(beta, psi, fit.residuals, bread)


def collinearity(
    X: FloatMatrix, variation: FloatVector, weights: FloatVector | None
) -> Collinearity:
    """Columns that absorption or other columns explain entirely.

    Parameters
    ----------
    X : (n, k)
        Regressors after absorption, or centered.
    variation : (k,)
        Sum of squares of each column around its mean before absorption.
    weights : (n,) or None
        Positive observation weights.
    """
    return collinear(cross(X, X, weights), variation)


def collinear(gram: FloatMatrix, variation: FloatVector) -> Collinearity:
    """The same from cross-products.

    Parameters
    ----------
    gram : (k, k)
        Cross-products of the columns after absorption, or centered.
    variation : (k,)
        Sum of squares of each column around its mean before absorption.
    """
    diagonal = np.diag(gram)
    shares = np.where(variation > 0, diagonal / np.where(variation > 0, variation, 1.0), 0.0)
    absorbed = tuple(int(j) for j in np.flatnonzero(shares < SHARE_LEFT))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = gram * np.outer(scale, scale)
    candidates = [j for j in range(len(gram)) if j not in absorbed]
    return Collinearity(np.minimum(shares, 1.0), absorbed, _dependent(scaled, candidates))


def _dependent(gram: FloatMatrix, candidates: list[int]) -> tuple[tuple[int, ...], ...]:
    """Columns that earlier ones explain, each with those that do."""
    kept: list[int] = []
    found: list[tuple[int, ...]] = []
    factor = np.zeros((len(candidates), len(candidates)))
    for j in candidates:
        r = len(kept)
        row = np.linalg.solve(factor[:r, :r], gram[kept, j]) if r else np.zeros(0)
        left = gram[j, j] - row @ row
        if left < SHARE_LEFT:
            loads = np.linalg.solve(factor[:r, :r].T, row)
            found.append((j, *(kept[i] for i in np.flatnonzero(np.abs(loads) > 1e-6))))
            continue
        factor[r, :r], factor[r, r] = row, np.sqrt(left)
        kept.append(j)
    return tuple(found)


def center(columns: FloatMatrix, weights: FloatVector | None) -> Centered:
    """Columns around their means, exact to rounding for columns far from zero.

    A column that varies by rounding alone becomes zero: it is a constant whose weighted mean is
    not a number of the machine.

    Parameters
    ----------
    columns : (n, k)
        Finite columns; not written to.
    weights : (n,) or None
        Positive observation weights.
    """
    shares = np.ones(len(columns)) if weights is None else weights
    total = shares.sum()
    means = totals(columns, shares) / total
    values = columns - means
    rest = totals(values, shares) / total
    values -= rest
    means, squares = means + rest, sum_of_squares(values, weights)
    flat = squares <= total * (ROUNDING * means) ** 2
    if flat.any():
        values[:, flat] = 0.0
        squares = np.where(flat, 0.0, squares)
    return Centered(values, means, squares)


def sum_of_squares(columns: FloatMatrix, weights: FloatVector | None) -> FloatVector:
    """Weighted sums of squares (k,) of columns (n, k)."""
    heavy = columns if weights is None else columns * weights[:, None]
    return np.asarray(np.einsum("ij,ij->j", heavy, columns))


def weighted_mean(columns: FloatMatrix, weights: FloatVector | None) -> FloatVector:
    """Means (k,) of columns (n, k)."""
    return center(columns, weights).means

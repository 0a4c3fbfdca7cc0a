"""The Anderson-Rubin statistic and the exact set of values that it does not reject.

With one endogenous regressor the statistic is a ratio of polynomials in the hypothesised value b:
m(b)'V(b)^-1 m(b) with m(b) = g_y - b g_d and V(b) = V_yy - b (V_yd + V_dy) + b^2 V_dd. It equals
the critical value c exactly where the matrix [[V(b), m(b)], [m(b)', c]] is singular, a quadratic
eigenvalue problem, so the ends of the set are found without a grid.
"""

from itertools import pairwise

import numpy as np
from scipy import linalg

from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.weak import wald
from spillover.typing import FloatMatrix, FloatVector


def statistic(g: FloatMatrix, V: FloatMatrix, b: FloatVector) -> float:
    """m'V(b)^-1 m for m = g_y - sum of b_j g_dj.

    Parameters
    ----------
    g : (L, 1 + p)
        Coefficients of outcome and endogenous regressors on L instruments.
    V : ((1 + p) L, (1 + p) L)
        Covariance of the stacked columns of ``g``.
    b : (p,)
        Hypothesised coefficients.

    References
    ----------
    Anderson and Rubin (1949); Chernozhukov and Hansen (2008).
    """
    mix = np.kron(np.append(1.0, -b), np.eye(len(g)))
    return wald(g @ np.append(1.0, -b), mix @ V @ mix.T)


def confidence_set(
    g: FloatMatrix, V: FloatMatrix, critical: float, level: float = 0.95
) -> ConfidenceSet:
    """All b with a statistic of at most ``critical``, for one endogenous regressor.

    Parameters
    ----------
    g : (L, 2)
        Reduced form and first stage.
    V : (2L, 2L)
        Covariance of the stacked columns of ``g``.
    critical : float
        Critical value of the statistic.
    level : float
        Confidence level that the set is said to have.
    """
    scale = np.linalg.norm(g[:, 0]) / max(float(np.linalg.norm(g[:, 1])), 1e-300) or 1.0
    units = np.repeat([1.0, scale], len(g))
    ends = _ends(g * [1.0, scale], V * np.outer(units, units), critical)
    return ConfidenceSet(
        tuple((float(low * scale), float(high * scale)) for low, high in ends), level
    )


def _ends(g: FloatMatrix, V: FloatMatrix, critical: float) -> list[tuple[float, float]]:
    """Intervals between the roots on which the statistic is low enough."""
    roots = _roots(g, V, critical)
    points = np.concatenate([[-np.inf], roots, [np.inf]])
    found: list[tuple[float, float]] = []
    for low, high in pairwise(points):
        if statistic(g, V, np.array([_inside(low, high)])) > critical:
            continue
        if found and found[-1][1] == low:
            found[-1] = (found[-1][0], float(high))
        else:
            found.append((float(low), float(high)))
    return found


def _inside(low: float, high: float) -> float:
    if np.isinf(low) and np.isinf(high):
        return 0.0
    if np.isinf(low):
        return high - 1.0 - abs(high)
    return low + 1.0 + abs(low) if np.isinf(high) else (low + high) / 2


def _roots(g: FloatMatrix, V: FloatMatrix, critical: float) -> FloatVector:
    """Real values b at which the statistic equals the critical value, ascending."""
    L = len(g)
    yy, yd, dd = V[:L, :L], V[:L, L:], V[L:, L:]
    d = 1 / np.sqrt(np.diag(yy) + np.diag(dd))
    root = np.sqrt(critical)
    constant, slope, square = (np.zeros((L + 1, L + 1)) for _ in range(3))
    constant[:L, :L] = yy * np.outer(d, d)
    slope[:L, :L] = -(yd + yd.T) * np.outer(d, d)
    square[:L, :L] = dd * np.outer(d, d)
    constant[:L, L] = constant[L, :L] = d * g[:, 0] / root
    slope[:L, L] = slope[L, :L] = -d * g[:, 1] / root
    constant[L, L] = 1.0
    eye, zero = np.eye(L + 1), np.zeros((L + 1, L + 1))
    left = np.block([[zero, eye], [-constant, -slope]])
    right = np.block([[eye, zero], [zero, square]])
    alpha, beta = linalg.eigvals(left, right, homogeneous_eigvals=True)
    finite = np.abs(beta) > 1e-12 * np.abs(alpha)
    values = alpha[finite] / beta[finite]
    real = np.abs(values.imag) <= 1e-7 * (1 + np.abs(values.real))
    return np.unique(values.real[real])

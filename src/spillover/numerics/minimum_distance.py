"""Minimum distance: free coefficients of a quasi-differenced equation and their common factors."""

from dataclasses import dataclass

import numpy as np

from spillover.errors import ConvergenceError, IdentificationError
from spillover.typing import FloatMatrix, FloatVector

LEAST_OWN = 1e-10
"""Least eigenvalue of correlations of coefficients at which they can be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class CommonFactor:
    """Parameters (beta_1, ..., beta_q, rho) with pi = (beta_j, -rho beta_j, ..., rho)."""

    theta: FloatVector
    """(q + 1,) parameters."""

    turn: FloatMatrix
    """(q + 1, 2q + 1) what influence of pi is multiplied by."""

    statistic: float
    """Distance at the minimum, chi-squared with q degrees when the factors are common."""

    p_value: float
    """Its p-value."""


def factors(theta: FloatVector) -> tuple[FloatVector, FloatMatrix]:
    """Pi (2q + 1,) and its derivative (2q + 1, q + 1)."""
    beta, rho = theta[:-1], theta[-1]
    q = len(beta)
    pi, slope = np.zeros(2 * q + 1), np.zeros((2 * q + 1, q + 1))
    for j in range(q):
        pi[2 * j], pi[2 * j + 1] = beta[j], -rho * beta[j]
        slope[2 * j, j], slope[2 * j + 1, j], slope[2 * j + 1, q] = 1.0, -rho, -beta[j]
    pi[-1], slope[-1, -1] = rho, 1.0
    return pi, slope


def common_factor(pi: FloatVector, variance: FloatMatrix) -> CommonFactor:
    """The parameters nearest to free coefficients in the metric of their variance.

    Parameters
    ----------
    pi : (2q + 1,)
        Coefficients of each input and its lag, then of lagged output.
    variance : (2q + 1, 2q + 1)
        Their covariance.

    Raises
    ------
    IdentificationError
        The coefficients have no separate variances.
    ConvergenceError
        Gauss-Newton steps do not settle.
    """
    from scipy import optimize
    from scipy.special import chdtrc

    q = (len(pi) - 1) // 2
    _refuse_inseparable(variance)
    weight = np.linalg.inv(variance)
    root = np.linalg.cholesky(weight).T
    own = pi[0:-1:2]

    def gap(theta: FloatVector) -> FloatVector:
        return np.asarray(root @ (factors(theta)[0] - pi))

    def slope_of(theta: FloatVector) -> FloatMatrix:
        return np.asarray(root @ factors(theta)[1])

    solved = [
        optimize.least_squares(
            gap,
            np.append(own, rho),
            jac=slope_of,
            method="lm",
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-12,
            max_nfev=500,
        )
        for rho in (float(pi[-1]), 0.5, 0.9)
    ]
    best = min(solved, key=lambda one: float(one.cost))
    if best.status <= 0:
        raise ConvergenceError(
            "Expected coefficients near some that have common factors.",
            "Found that steps do not settle.",
            "The free coefficients contradict the model: use another estimator.",
        )
    theta: FloatVector = np.asarray(best.x)
    found, slope = factors(theta)
    left = pi - found
    statistic = float(left @ weight @ left)
    turn = np.linalg.solve(slope.T @ weight @ slope, slope.T @ weight)
    return CommonFactor(theta, np.asarray(turn), statistic, float(chdtrc(q, statistic)))


def _refuse_inseparable(variance: FloatMatrix) -> None:
    """Refuse coefficients of which one is known exactly from the others."""
    scale = np.sqrt(np.diag(variance))
    least = float(np.linalg.eigvalsh(variance / np.outer(scale, scale))[0])
    if not least > LEAST_OWN:
        raise IdentificationError(
            "Expected inputs and lags whose coefficients have variance of their own.",
            f"Found a least eigenvalue of their correlations of {least:.1e}.",
            "One input is nearly a function of the others, or firms are too few: leave one out.",
        )

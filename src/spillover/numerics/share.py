"""The share equation of a flexible input and the integral of its elasticity.

ln S = ln D(x, m) + ln E - eps, where D is the output elasticity of the flexible input m, a
polynomial; its integral over m is a polynomial again, so nothing is approximated.
"""

from dataclasses import dataclass

import numpy as np

from spillover.errors import ConvergenceError
from spillover.numerics.polynomial import Scale, exponents, monomials, slopes
from spillover.numerics.technology import times
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class ShareEquation:
    """Polynomials in scaled logs of other inputs and of the flexible input, which comes last."""

    x: FloatMatrix
    """(n, q + 1) centred and scaled logs."""

    spread: FloatVector
    """(q + 1,) what logs were divided by."""

    powers: IntVector
    """(h, q + 1) powers of the polynomial."""

    @classmethod
    def of(cls, logs: FloatMatrix, degree: int) -> "ShareEquation":
        """From raw logs (n, q + 1), the flexible input last."""
        scale = Scale.of(logs)
        return cls(scale.apply(logs), scale.spread, exponents(logs.shape[1], degree, least=0))

    @property
    def basis(self) -> FloatMatrix:
        """(n, h) columns of the elasticity."""
        return monomials(self.x, self.powers)

    @property
    def raised(self) -> IntVector:
        """(h, q + 1) powers of the integral over the flexible input."""
        raised = self.powers.copy()
        raised[:, -1] += 1
        return raised

    @property
    def integral(self) -> FloatMatrix:
        """(n, h) columns of the integral of the elasticity over the log of the flexible input."""
        return np.asarray(monomials(self.x, self.raised) / self.raised[:, -1] * self.spread[-1])

    def integral_slopes(self, variable: int) -> FloatMatrix:
        """(n, h) derivatives of the integral with respect to the log of another input."""
        inner = slopes(self.x, self.raised, variable) / self.raised[:, -1]
        return np.asarray(inner * self.spread[-1] / self.spread[variable])


def fit_share(basis: FloatMatrix, log_share: FloatVector) -> FloatVector:
    """(h,) coefficients of the least squares of log shares on the log of a polynomial.

    Parameters
    ----------
    basis : (n, h)
        Columns of the polynomial, constant first.
    log_share : (n,)
        Log of the flexible input's share in revenue.

    Raises
    ------
    ConvergenceError
        No start leads to a stationary point at which the polynomial is positive.
    """
    share = np.exp(log_share)
    constant = np.zeros(basis.shape[1])
    constant[0] = np.exp(log_share.mean())
    linear: FloatVector = np.asarray(np.linalg.lstsq(basis, share, rcond=None)[0])
    raised = linear.copy()
    raised[0] += max(0.0, 0.05 - float((basis @ linear).min()))
    starts: tuple[FloatVector, ...] = (constant, raised)
    found = [_newton(basis, log_share, start) for start in starts]
    solved = [(one, _squares(basis, log_share, one)) for one in found if one is not None]
    if not solved:
        raise ConvergenceError(
            "Expected the share equation to have a least-squares solution.",
            "Found that steps do not settle where the fitted share is positive.",
            "Lower share_degree, or check that shares are revenue shares of the flexible input.",
        )
    return min(solved, key=lambda pair: pair[1])[0]


def _squares(basis: FloatMatrix, log_share: FloatVector, gamma: FloatVector) -> float:
    fitted = basis @ gamma
    if fitted.min() <= 0:
        return np.inf
    residual = log_share - np.log(fitted)
    return float(residual @ residual)


def _newton(basis: FloatMatrix, log_share: FloatVector, start: FloatVector) -> FloatVector | None:
    """Damped Gauss-Newton steps that keep the fitted share positive."""
    gamma, value = start, _squares(basis, log_share, start)
    if not np.isfinite(value):
        return None
    for _ in range(200):
        fitted = basis @ gamma
        J = basis / fitted[:, None]
        step = np.linalg.lstsq(J, log_share - np.log(fitted), rcond=None)[0]
        size = 1.0
        while size > 1e-10 and _squares(basis, log_share, gamma + size * step) > value:
            size /= 2
        if size <= 1e-10 or np.abs(step).max() < 1e-14 * np.abs(gamma).max():
            break
        gamma = gamma + size * step
        value = _squares(basis, log_share, gamma)
    fitted = basis @ gamma
    score = (basis / fitted[:, None]).T @ (log_share - np.log(fitted))
    scale = np.linalg.norm(basis / fitted[:, None], axis=0) * np.sqrt(value)
    return gamma if np.abs(score / scale).max() < 1e-8 else None


def share_shock(basis: FloatMatrix, log_share: FloatVector, gamma: FloatVector) -> FloatVector:
    """(n,) eps = ln(B gamma) - ln S, for real or complex coefficients."""
    return np.asarray(np.log(times(basis, gamma)) - log_share)

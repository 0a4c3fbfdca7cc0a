"""Probit by Newton steps, refusing perfect prediction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.errors import ConvergenceError
from spillover.numerics.technology import times
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Probit:
    """A probit whose fitted probability enters a law of motion."""

    columns: FloatMatrix
    """(n, p) regressors on all rows, with a constant."""

    outcome: FloatVector
    """(m,) zero or one."""

    rows: IntVector
    """(m,) rows that carry the scores."""

    at: IntVector
    """(m,) rows from which their regressors are taken."""

    pi: FloatVector
    """(p,) coefficients."""

    def probability(self, rows: IntVector, pi: FloatVector | None = None) -> FloatVector:
        """Fitted probability with the regressors of some rows."""
        return normal_cdf(times(self.columns[rows], self.pi if pi is None else pi))


def normal_cdf(x: FloatVector) -> FloatVector:
    """The standard normal distribution function, for real or complex arguments."""
    from scipy.special import erf

    return np.asarray(0.5 * (1.0 + erf(x / np.sqrt(2.0))))


def generalized_residual(index: FloatVector, outcome: FloatVector) -> FloatVector:
    """(m,) generalized residual of a probit, d f/P - (1 - d) f/(1 - P), stable in the tails."""
    from scipy.special import erfcx

    sign = 2.0 * outcome - 1.0
    return np.asarray(sign * np.sqrt(2 / np.pi) / erfcx(-sign * index / np.sqrt(2.0)))


def fit_probit(
    columns: FloatMatrix,
    outcome: FloatVector,
    names: Sequence[str],
    weights: FloatVector | None = None,
) -> FloatVector:
    """(p,) coefficients that maximize the likelihood.

    Parameters
    ----------
    columns : (m, p)
        Regressors with a constant.
    outcome : (m,)
        Zero or one.
    names : sequence of str
        Variables behind the regressors, for messages.
    weights : (m,), optional
        Weights of rows.

    Raises
    ------
    ConvergenceError
        The outcome never varies or is predicted perfectly.
    """
    coefficients = np.zeros(columns.shape[1])
    if np.ptp(outcome) == 0:
        raise _perfect(names, "the same outcome in all rows")
    for _ in range(50):
        index = columns @ coefficients
        if np.abs(index).mean() > 8:
            raise _perfect(names, "fitted probabilities of zero or one")
        residual = generalized_residual(index, outcome)
        curvature = residual * (residual + index)
        if weights is not None:
            residual, curvature = residual * weights, curvature * weights
        gram = columns.T @ (columns * curvature[:, None])
        step = np.linalg.solve(gram, columns.T @ residual)
        coefficients = np.asarray(coefficients + step)
        if np.abs(step).max() < 1e-12 * max(1.0, float(np.abs(coefficients).max())):
            return coefficients
    raise _perfect(names, "steps that do not become small")


def _perfect(names: Sequence[str], found: str) -> ConvergenceError:
    return ConvergenceError(
        f"Expected a probit of survival on {', '.join(names)} that has a maximum.",
        f"Found {found}.",
        "Firms that always survive on one side of a variable leave nothing to estimate: lower the "
        "degree of the polynomial, or leave the exit correction out.",
    )

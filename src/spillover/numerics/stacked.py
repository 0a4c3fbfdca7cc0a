"""Influence functions of estimators that are stacks of moment conditions.

A stack lists for each block of parameters the scores X e, row by row. Their sums vanish at the
estimate, and differentiating them with respect to all parameters gives the influence of each row
on everything at once: psi = -s A^-T. Derivatives are taken by complex steps, which are exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spillover.errors import IdentificationError
from spillover.numerics.technology import times
from spillover.typing import FloatMatrix, FloatVector, IntVector

STEP = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The part X * e of the scores of one block of parameters."""

    block: slice
    """Which parameters the score belongs to."""

    rows: IntVector
    """(m,) rows of the data that the score lives on."""

    X: FloatMatrix
    """(m, p) columns."""

    e: FloatVector
    """(m,) residual."""


ComplexVector: TypeAlias = NDArray[np.complex128]
Stack: TypeAlias = Callable[[Any], Sequence[Score]]


def sums(scores: Sequence[Score], size: int, weights: FloatVector | None) -> ComplexVector:
    """(P,) sums of the scores over rows."""
    total = np.zeros(size, dtype=np.complex128)
    for score in scores:
        e = score.e if weights is None else score.e * weights[score.rows]
        total[score.block] += _turned(score.X, e)
    return total


def _turned(X: FloatMatrix, e: FloatVector) -> FloatVector:
    if np.iscomplexobj(X):
        return np.asarray(X.T @ e)
    return times(X.T, e)


def influence(
    stack: Stack, theta: FloatVector, rows: int, weights: FloatVector | None = None
) -> FloatMatrix:
    """Influence of each row on all parameters, theta_hat - theta = sum of rows.

    Parameters
    ----------
    stack : callable
        Scores at real or complex parameters.
    theta : (P,)
        Estimates.
    rows : int
        Number of rows n.
    weights : (n,), optional
        Weights of rows.

    Returns
    -------
    (n, P) influence; rows without a score are zero.

    Raises
    ------
    IdentificationError
        The derivative of the moments is singular.
    """
    size = len(theta)
    A = np.empty((size, size))
    for j in range(size):
        moved = theta.astype(np.complex128)
        moved[j] += 1j * STEP
        A[:, j] = sums(stack(moved), size, weights).imag / STEP
    scale = np.sqrt(np.maximum(np.abs(np.diag(A)), np.abs(A).max(axis=1) * 1e-8))
    if not np.all(np.isfinite(A)) or np.linalg.cond(A / scale[:, None]) > 1e15:
        raise IdentificationError(
            "Expected moments whose derivative has full rank.",
            "Found a singular derivative at the estimate.",
            "The parameters are not separately identified; standard errors do not exist here.",
        )
    psi = np.zeros((rows, size))
    for score in stack(theta):
        e = score.e if weights is None else score.e * weights[score.rows]
        psi[score.rows, score.block] += score.X * e[:, None]
    return np.asarray(-np.linalg.solve(A, psi.T).T)


def complex_step(function: Callable[[Any], FloatVector], theta: FloatVector) -> FloatMatrix:
    """(m, P) derivatives of a function of real or complex parameters, without rounding error."""
    columns = []
    for j in range(len(theta)):
        moved = theta.astype(np.complex128)
        moved[j] += 1j * STEP
        columns.append(np.imag(function(moved)) / STEP)
    return np.column_stack(columns)

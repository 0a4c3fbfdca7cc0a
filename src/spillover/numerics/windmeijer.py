"""Linear GMM in two steps with weights clustered by unit, corrected for estimated weights."""

from dataclasses import dataclass

import numpy as np

from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Rows of a linear model with instruments, and the unit of each row."""

    Z: FloatMatrix
    """(r, l) instruments."""

    X: FloatMatrix
    """(r, k) regressors."""

    y: FloatVector
    """(r,) outcome."""

    unit: IntVector
    """(r,) unit of each row, 0..G-1."""

    def by_unit(self, rows: FloatMatrix) -> FloatMatrix:
        """(G, p) sums over the rows of each unit."""
        out = np.zeros((int(self.unit.max()) + 1, rows.shape[1]))
        np.add.at(out, self.unit, rows)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class TwoStepGmm:
    """Coefficients of the second step with their influence through the weights."""

    beta: FloatVector
    """(k,) coefficients."""

    psi: FloatMatrix
    """(r, k) influence by row; clustered by unit it gives Windmeijer's variance exactly."""

    turn: FloatMatrix
    """(k, k) derivative of the second step with respect to the first."""

    j: float
    """Hansen's statistic."""

    degrees: int
    """Overidentifying restrictions."""


def two_step(moments: Moments, first: FloatVector, first_psi: FloatMatrix) -> TwoStepGmm:
    """The efficient second step after a first one.

    The weights are estimated from first-step residuals, so the second step moves with the first:
    psi = psi2 + turn psi1, which clustered by unit is the corrected variance
    V2 + turn V2 + V2 turn' + turn V1 turn'.

    Parameters
    ----------
    moments : Moments
        The model.
    first : (k,)
        Coefficients of the first step.
    first_psi : (r, k)
        Their influence.

    References
    ----------
    Windmeijer (2005).
    """
    Z, X, k = moments.Z, moments.X, moments.X.shape[1]
    u = moments.y - X @ first
    g = moments.by_unit(Z * u[:, None])
    weight = np.linalg.pinv(g.T @ g, hermitian=True)
    D = Z.T @ X
    variance = np.linalg.inv(D.T @ weight @ D)
    reach = variance @ D.T @ weight
    beta = reach @ (Z.T @ moments.y)
    left = Z.T @ (moments.y - X @ beta)
    pull = weight @ left
    turn = np.empty((k, k))
    for j in range(k):
        m = moments.by_unit(Z * X[:, [j]])
        turn[:, j] = reach @ (m.T @ (g @ pull) + g.T @ (m @ pull))
    psi = (Z * u[:, None]) @ reach.T + first_psi @ turn.T
    degrees = int(np.linalg.matrix_rank(weight, hermitian=True)) - k
    return TwoStepGmm(beta, np.asarray(psi), turn, float(left @ pull), degrees)

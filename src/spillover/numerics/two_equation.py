"""Linear GMM of two equations that share coefficients, never stacked.

Columns that only identify nuisance coefficients of an equation are partialled out of everything
else in it, which is exact for one- and two-step GMM: what is left has the dimension of the
coefficients of interest.
"""

from dataclasses import dataclass

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.pairs import Groups
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """One equation after its nuisance columns were partialled out."""

    y: FloatVector
    """(m,) outcome."""

    X: FloatMatrix
    """(m, p) regressors in the order of all coefficients; zero where one is absent."""

    Z: FloatMatrix
    """(m, l) instruments."""

    rows: IntVector
    """(m,) rows of the data."""


def partial(nuisance: FloatMatrix, columns: FloatMatrix) -> FloatMatrix:
    """Columns without the span of the nuisance columns (m, h)."""
    Q, _ = np.linalg.qr(nuisance)
    free = columns - Q @ (Q.T @ columns)
    return np.asarray(free - Q @ (Q.T @ free))


@dataclass(frozen=True, slots=True, eq=False)
class Gmm:
    """Coefficients with their influence."""

    beta: FloatVector
    """(p,) coefficients."""

    psi: FloatMatrix
    """(n, p) influence by row of the data."""

    j: float
    """Hansen's statistic of the two-step weights; zero when just identified."""

    degrees: int
    """Overidentifying restrictions."""


def solve_equations(equations: tuple[Equation, ...], firm: IntVector, *, steps: int) -> Gmm:
    """One- or two-step GMM with firm-clustered weights in the second step.

    Parameters
    ----------
    equations : tuple of Equation
        Equations with common coefficients.
    firm : (n,)
        Firm of each row of the data, 0..G-1.
    steps : int
        1 or 2.

    Raises
    ------
    IdentificationError
        Instruments do not identify the coefficients.
    """
    D = np.vstack([one.Z.T @ one.X for one in equations])
    moments = np.concatenate([one.Z.T @ one.y for one in equations])
    weight = _one_step(equations)
    _refuse_rank(D, weight)
    beta = _solve(D, moments, weight)
    scores = _scores(equations, beta, len(firm))
    groups = Groups(firm, int(firm.max()) + 1)
    degrees = D.shape[0] - D.shape[1]
    if degrees:
        efficient = _inverse(groups.sum(scores))
        if steps == 2:
            weight = efficient
            beta = _solve(D, moments, weight)
            scores = _scores(equations, beta, len(firm))
        best = _solve(D, moments, efficient)
        left = moments - D @ best
        j = float(left @ efficient @ left)
    else:
        j = 0.0
    psi = scores @ weight @ D @ np.linalg.inv(D.T @ weight @ D)
    return Gmm(beta, np.asarray(psi), j, degrees)


def _one_step(equations: tuple[Equation, ...]) -> FloatMatrix:
    sizes = [one.Z.shape[1] for one in equations]
    weight = np.zeros((sum(sizes), sum(sizes)))
    at = 0
    for one, size in zip(equations, sizes, strict=True):
        weight[at : at + size, at : at + size] = _inverse(one.Z.T @ one.Z)
        at += size
    return weight


def _inverse(matrix: FloatMatrix) -> FloatMatrix:
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    return np.asarray(np.linalg.inv(matrix / np.outer(scale, scale)) / np.outer(scale, scale))


def _solve(D: FloatMatrix, moments: FloatVector, weight: FloatMatrix) -> FloatVector:
    return np.asarray(np.linalg.solve(D.T @ weight @ D, D.T @ weight @ moments))


def _scores(equations: tuple[Equation, ...], beta: FloatVector, n: int) -> FloatMatrix:
    """(n, L) contributions of rows to all moments."""
    parts = []
    for one in equations:
        full = np.zeros((n, one.Z.shape[1]))
        full[one.rows] = one.Z * (one.y - one.X @ beta)[:, None]
        parts.append(full)
    return np.hstack(parts)


def _refuse_rank(D: FloatMatrix, weight: FloatMatrix) -> None:
    root = np.linalg.cholesky(weight).T @ D
    values = np.linalg.svd(root / np.linalg.norm(root, axis=0), compute_uv=False)
    if values[-1] < 1e-8:
        raise IdentificationError(
            "Expected instruments that identify all elasticities.",
            f"Found a smallest singular value of {values[-1]:.1e}.",
            "Inputs that are functions of lagged states and proxies have no variation left.",
        )

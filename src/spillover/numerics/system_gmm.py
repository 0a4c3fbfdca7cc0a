"""System GMM for short panels: equations in differences and in levels, with row influence.

Equations in differences are instrumented by levels dated ``first`` to ``last`` years earlier,
collapsed so that each lag is one column; equations in levels by differences dated ``first`` - 1
years earlier. Period dummies enter both and instrument themselves in levels.
"""

from dataclasses import dataclass

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.windmeijer import Moments, two_step
from spillover.typing import BoolMatrix, FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Variables on firms by years, NaN where unknown."""

    y: FloatMatrix
    """(N, T) outcome."""

    X: tuple[FloatMatrix, ...]
    """k regressors, each (N, T); the lagged outcome among them."""

    W: tuple[FloatMatrix, ...]
    """Variables whose past instruments, each (N, T)."""


@dataclass(frozen=True, slots=True, eq=False)
class SystemGmm:
    """Coefficients with their influence by firm and year."""

    beta: FloatVector
    """(k,) coefficients of the regressors; period effects are left out."""

    psi: FloatMatrix
    """(r, k) influence of each cell of the grid that has an equation."""

    firm: IntVector
    """(r,) firm of each row of ``psi``."""

    year: IntVector
    """(r,) year of each row of ``psi``, as a position."""

    instruments: int
    """Number of instruments."""

    j: float = float("nan")
    """Hansen's statistic of the second step."""

    degrees: int = 0
    """Overidentifying restrictions of the second step."""


def system_gmm(grid: Grid, first: int, last: int, steps: int = 1) -> SystemGmm:
    """Coefficients of a dynamic panel model by system GMM.

    Parameters
    ----------
    grid : Grid
        Variables.
    first, last : int
        Dates of instruments in differences; ``first`` is 2 when the error is serially
        uncorrelated, 3 when it has a moving average of order one.
    steps : int
        2 for efficient weights, with influence through them.

    Raises
    ------
    IdentificationError
        Instruments are not fewer than firms, or do not identify the coefficients.

    References
    ----------
    Arellano and Bover (1995); Blundell and Bond (1998); Roodman (2009) on collapsing; Windmeijer
    (2005) on the second step.
    """
    known = ~np.isnan(grid.y) & ~np.isnan(np.stack(grid.X, axis=2)).any(axis=2)
    dummies = _dummies(known)
    X = np.stack([*grid.X, *dummies], axis=2)
    differences = _differences(grid.y, X, known)
    level_rows = known.copy()
    W = np.stack(grid.W, axis=2)
    Zd = _lagged_levels(W, first, last)
    Zl = np.concatenate([_lagged_changes(W, first - 1), np.stack(dummies, axis=2)], axis=2)
    blocks = [
        _block(differences[0], differences[1], Zd, differences[2], (0, Zl.shape[2])),
        _block(grid.y, X, Zl, level_rows, (Zd.shape[2], 0)),
    ]
    Z, XX, yy, firm, year = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    firms = len(np.unique(firm))
    if Z.shape[1] >= firms:
        raise IdentificationError(
            "Expected fewer instruments than firms.",
            f"Found {Z.shape[1]} instruments and {firms:,} firms.",
            "Lower last, or pool industries.",
        )
    first_block = len(blocks[0][0])
    weight = np.linalg.pinv(_variance(Z, firm, year, first_block), hermitian=True)
    D = Z.T @ XX
    gram = D.T @ weight @ D
    if np.linalg.cond(gram / np.sqrt(np.outer(np.diag(gram), np.diag(gram)))) > 1e14:
        raise IdentificationError(
            "Expected past inputs and outputs that predict present ones.",
            "Found instruments that do not identify all coefficients.",
            "Add years, or use a proxy estimator.",
        )
    beta = np.linalg.solve(gram, D.T @ weight @ (Z.T @ yy))
    scores = Z * (yy - XX @ beta)[:, None]
    psi = scores @ weight @ D @ np.linalg.inv(gram)
    k, count = len(grid.X), Z.shape[1]
    if steps == 1:
        return SystemGmm(beta[:k], np.asarray(psi[:, :k]), firm, year, count)
    unit = np.unique(firm, return_inverse=True)[1]
    found = two_step(Moments(Z, XX, yy, unit), beta, np.asarray(psi))
    return SystemGmm(found.beta[:k], found.psi[:, :k], firm, year, count, found.j, found.degrees)


def _dummies(known: BoolMatrix) -> list[FloatMatrix]:
    """A constant and one dummy for each year with an equation in levels but the first of them."""
    found = [np.ones(known.shape)]
    for t in np.flatnonzero(known.any(axis=0))[1:]:
        one = np.zeros(known.shape)
        one[:, t] = 1.0
        found.append(one)
    return found


def _differences(
    y: FloatMatrix, X: np.ndarray, known: BoolMatrix
) -> tuple[FloatMatrix, np.ndarray, BoolMatrix]:
    dy, dX = np.full(y.shape, np.nan), np.full(X.shape, np.nan)
    dy[:, 1:], dX[:, 1:] = np.diff(y, axis=1), np.diff(X, axis=1)
    rows = np.zeros(known.shape, dtype=bool)
    rows[:, 1:] = known[:, 1:] & known[:, :-1]
    return dy, dX, rows


def _lagged_levels(W: np.ndarray, first: int, last: int) -> np.ndarray:
    """(N, T, ...) past levels, one column for each variable and lag, zero where unknown."""
    shifted = [_shift(W, lag) for lag in range(first, last + 1)]
    return np.asarray(np.nan_to_num(np.concatenate(shifted, axis=2)))


def _lagged_changes(W: np.ndarray, lag: int) -> np.ndarray:
    change = np.full(W.shape, np.nan)
    change[:, 1:] = np.diff(W, axis=1)
    return np.asarray(np.nan_to_num(_shift(change, lag)))


def _shift(W: np.ndarray, lag: int) -> np.ndarray:
    out = np.full(W.shape, np.nan)
    if lag < W.shape[1]:
        out[:, lag:] = W[:, : W.shape[1] - lag]
    return out


def _block(
    y: FloatMatrix, X: np.ndarray, Z: np.ndarray, rows: BoolMatrix, pad: tuple[int, int]
) -> tuple[FloatMatrix, FloatMatrix, FloatVector, IntVector, IntVector]:
    """Rows of one kind of equation, with zeros for the instruments of the other kind."""
    firm, year = np.nonzero(rows)
    padded = np.pad(Z[firm, year], ((0, 0), pad))
    return padded, X[firm, year], y[firm, year], firm, year


def _variance(Z: FloatMatrix, firm: IntVector, year: IntVector, first: int) -> FloatMatrix:
    """Sum over firms of Z'HZ: errors in differences are negatively correlated with neighbours."""
    Zd, Zl = Z[:first], Z[first:]
    total = 2.0 * Zd.T @ Zd + Zl.T @ Zl
    follows = (firm[1:first] == firm[: first - 1]) & (year[1:first] == year[: first - 1] + 1)
    cross = Zd[1:][follows].T @ Zd[:-1][follows]
    return np.asarray(total - cross - cross.T)

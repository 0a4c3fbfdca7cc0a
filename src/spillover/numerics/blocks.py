"""Sums of rows by group, by unit and by period."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from spillover.errors import IdentificationError
from spillover.typing import FloatMatrix, FloatVector, IntVector

COLLAPSED = 1e-10
"""Share of the variance of independent rows below which sums by period count as zero."""


def totals(codes: IntVector, levels: int, a: FloatMatrix) -> FloatMatrix:
    """Sums of ``a`` (n, k) by code, shape (levels, k)."""
    columns = [np.bincount(codes, weights=column, minlength=levels) for column in a.T]
    return np.column_stack(columns) if columns else np.zeros((levels, 0))


def dense(codes: IntVector, levels: int) -> tuple[IntVector, IntVector]:
    """The codes that occur, ascending, and the position of each row's code among them.

    Parameters
    ----------
    codes : (n,)
        Codes 0..levels-1.
    levels : int
        Number of possible codes; an array of this length is used instead of sorting.
    """
    seen = np.zeros(levels, dtype=bool)
    seen[codes] = True
    rank = np.cumsum(seen) - 1
    return np.flatnonzero(seen), rank[codes]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Rows summed by unit, one period at a time."""

    a: FloatMatrix
    """(n, k) what is summed."""

    unit: IntVector
    """(n,) unit of each row."""

    rows: list[IntVector]
    """Rows of each period."""

    n_units: int
    """U."""

    @classmethod
    def of(cls, a: FloatMatrix, unit: IntVector, time: IntVector, shape: tuple[int, int]) -> Self:
        """Rows sorted by period once.

        Parameters
        ----------
        a : (n, k)
        unit, time : (n,)
            Codes.
        shape : (U, T)
        """
        order = np.argsort(time, kind="stable")
        ends = np.cumsum(np.bincount(time, minlength=shape[1]))
        return cls(a, unit, np.split(order, ends[:-1]), shape[0])

    def at(self, period: int) -> FloatMatrix:
        """Sums by unit in one period, (U, k)."""
        rows = self.rows[period]
        return totals(self.unit[rows], self.n_units, self.a[rows])

    def mix(self, weights: FloatVector) -> FloatMatrix:
        """Weighted sum of the blocks of all periods, (U, k)."""
        mixed = np.zeros((self.n_units, self.a.shape[1]))
        for period in np.flatnonzero(weights):
            mixed += weights[period] * self.at(int(period))
        return mixed


def refuse_collapse(a: FloatMatrix, by_period: FloatMatrix) -> None:
    """Compare the rank of sums by period with what independent rows would give.

    Parameters
    ----------
    a : (n, k)
        Scores or influence functions.
    by_period : (T, k)
        Their sums by period.

    Raises
    ------
    IdentificationError
        The sums vanish in some direction.
    """
    values, vectors = np.linalg.eigh(a.T @ a)
    kept = values > 1e-14 * max(float(values.max(initial=0.0)), 1e-300)
    white = by_period @ (vectors[:, kept] / np.sqrt(values[kept]))
    free = len(by_period) - int(np.allclose(white.sum(axis=0), 0.0, atol=1e-6))
    ranks = int(np.sum(np.linalg.svd(white, compute_uv=False) ** 2 > COLLAPSED))
    if ranks < min(free, int(kept.sum())):
        raise IdentificationError(
            "Expected scores whose sums by period are not zero.",
            f"Found sums that vanish in {min(free, int(kept.sum())) - ranks} of {a.shape[1]} "
            "directions: regressors that are specific to a period solve each period exactly.",
            "Absorb period effects instead of adding their dummies, drop slopes by period, or "
            "cluster by unit.",
        )

"""Fixed effects removed from columns: the only demeaner.

One effect is removed by its group means. With several, the effect with the most levels is
eliminated exactly and a dense system remains over the others when they have few levels; large
graphs of buyers and suppliers go to a preconditioned iterative solver. Whatever the solver, the
result is verified: every group mean of every column must be zero relative to the column's scale.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from spillover.errors import ConvergenceError
from spillover.numerics.incidence import incidence, weighted
from spillover.numerics.schur import Elimination, eliminate
from spillover.numerics.tall import row_blocks
from spillover.numerics.within_adapter import iterative
from spillover.typing import FloatMatrix, FloatVector, IntVector

TOLERANCE = 1e-8
"""Greatest residual group mean, relative to the standard deviation of the column."""

DENSE_LEVELS = 3_000
"""Levels of all effects but the largest up to which the dense solver is used."""


class Remover(Protocol):
    """Something that subtracts fitted effects from columns, exactly or nearly."""

    def remove(self, columns: FloatMatrix) -> FloatMatrix:
        """Columns (n, k) minus their fitted effects."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Absorbed:
    """Columns free of fixed effects, with the proof."""

    columns: FloatMatrix
    """(n, k) columns after absorption."""

    residual: float
    """Greatest absolute group mean left in a column, relative to the column's scale."""

    rounds: int
    """1, or 2 when a refinement was needed."""


@dataclass(frozen=True, slots=True, eq=False)
class Direct:
    """Effects removed by solving their normal equations."""

    dummies: sparse.csr_array
    """(n, L) dummies of all levels, the largest effect first."""

    weights: FloatVector | None
    """(n,) positive weights, or ``None`` for one."""

    totals: FloatVector
    """(L,) weight of each level."""

    elimination: Elimination | None
    """Factored normal equations; ``None`` with one effect."""

    def remove(self, columns: FloatMatrix) -> FloatMatrix:
        """Columns (n, k) minus their fitted effects."""
        result = np.asarray(self.dummies @ self._fitted(columns))
        np.subtract(columns, result, out=result)
        return result

    def subtract(self, columns: FloatMatrix) -> FloatMatrix:
        """The same written over the columns, a block of rows at a time."""
        fitted = self._fitted(columns)
        for rows in row_blocks(*columns.shape):
            columns[rows] -= self.dummies[rows] @ fitted
        return columns

    def _fitted(self, columns: FloatMatrix) -> FloatMatrix:
        """(L, k) effects of the columns."""
        sums = _sums(self.dummies, columns, self.weights)
        if self.elimination is None:
            return np.asarray(sums / np.where(self.totals > 0, self.totals, 1.0)[:, None])
        return self.elimination.solve(sums)


@dataclass(frozen=True, slots=True, eq=False)
class Absorber:
    """Fixed effects prepared once, to be removed from any number of columns."""

    effects: tuple[IntVector, ...]
    """q arrays of (n,) codes 0..G-1, the effect with the most levels first."""

    levels: tuple[int, ...]
    """Number of levels of each effect, in the same order."""

    weights: FloatVector | None
    """(n,) positive weights, or ``None`` for one."""

    dummies: sparse.csr_array
    """(n, L) dummies of all levels."""

    totals: FloatVector
    """(L,) weight of each level."""

    solver: Remover
    """What removes the effects; its result is always verified."""

    tolerance: float = TOLERANCE
    """Greatest residual group mean, relative to the standard deviation of the column."""

    @property
    def rank(self) -> int | None:
        """Number of independent dummies when the solver knows it, else ``None``."""
        if not isinstance(self.solver, Direct):
            return None
        elimination = self.solver.elimination
        return elimination.rank if elimination else int(np.count_nonzero(self.totals))

    def remove(self, columns: FloatMatrix, *, overwrite: bool = False) -> Absorbed:
        """Columns with the span of all effects removed.

        Parameters
        ----------
        columns : (n, k)
            Finite columns.
        overwrite : bool
            Whether the columns may be written to, which saves the memory of a copy.

        Raises
        ------
        ConvergenceError
            A residual group mean exceeds the tolerance after one refinement.
        """
        columns = np.ascontiguousarray(columns, dtype=np.float64)
        if not columns.size:
            return Absorbed(columns.copy(), 0.0, 1)
        moved, scale = _near_zero(columns)
        own = overwrite or moved is not columns
        result = self._removed(moved, overwrite=own)
        left = self._group_means(result) / scale
        loose = np.flatnonzero(left > self.tolerance)
        if len(loose):
            result[:, loose] = self.solver.remove(np.ascontiguousarray(result[:, loose]))
            left = self._group_means(result) / scale
        _refuse_unconverged(left, self.tolerance)
        return Absorbed(result, float(left.max()), 2 if len(loose) else 1)

    def _removed(self, columns: FloatMatrix, *, overwrite: bool) -> FloatMatrix:
        if overwrite and isinstance(self.solver, Direct):
            return self.solver.subtract(columns)
        return self.solver.remove(columns)

    def reweighted(self, weights: FloatVector) -> "Absorber":
        """The same effects under other positive weights (n,)."""
        return _assemble(self.effects, self.levels, weights, self.dummies)

    def _group_means(self, columns: FloatMatrix) -> FloatVector:
        """(k,) greatest absolute group mean of each column over all levels."""
        sums = _sums(self.dummies, columns, self.weights)
        sums /= np.where(self.totals > 0, self.totals, 1.0)[:, None]
        return np.asarray(np.abs(sums, out=sums).max(axis=0))


def absorb(
    columns: FloatMatrix,
    effects: tuple[IntVector, ...],
    *,
    weights: FloatVector | None = None,
) -> Absorbed:
    """Columns with the span of all fixed effects removed.

    Parameters
    ----------
    columns : (n, k)
        Outcome, regressors and instruments side by side; not written to.
    effects : q arrays of (n,)
        Integer codes 0..G-1, one array per fixed effect; without any, columns stay as they are.
    weights : (n,), optional
        Positive observation weights; ``None`` means one.

    Raises
    ------
    ConvergenceError
        A residual group mean exceeds the tolerance after one refinement.

    References
    ----------
    Guimaraes and Portugal (2010); Gaure (2013); Correia (2016).
    """
    if not effects:
        return Absorbed(np.array(columns, dtype=np.float64), 0.0, 1)
    return prepare(effects, weights=weights).remove(columns)


def prepare(effects: tuple[IntVector, ...], *, weights: FloatVector | None = None) -> Absorber:
    """An absorber of one or more effects, reusable for other columns.

    Parameters
    ----------
    effects : q arrays of (n,)
        Integer codes 0..G-1, one array per fixed effect, in any order.
    weights : (n,), optional
        Positive observation weights; ``None`` means one.
    """
    counts = [int(codes.max(initial=-1)) + 1 for codes in effects]
    order = np.argsort([-count for count in counts], kind="stable")
    ordered = tuple(effects[j] for j in order)
    levels = tuple(counts[j] for j in order)
    return _assemble(ordered, levels, weights, incidence(ordered, levels))


def _assemble(
    effects: tuple[IntVector, ...],
    levels: tuple[int, ...],
    weights: FloatVector | None,
    dummies: sparse.csr_array,
) -> Absorber:
    ones = np.ones(len(effects[0])) if weights is None else weights
    totals = np.asarray(dummies.T @ ones)
    solver: Remover
    if len(effects) > 1 and sum(levels[1:]) > DENSE_LEVELS:
        solver = iterative(effects, weights)
    else:
        elimination = eliminate(effects, levels, weights) if len(effects) > 1 else None
        solver = Direct(dummies, weights, totals, elimination)
    return Absorber(effects, levels, weights, dummies, totals, solver)


def _sums(
    dummies: sparse.csr_array, columns: FloatMatrix, weights: FloatVector | None
) -> FloatMatrix:
    return np.asarray(weighted(dummies, weights).T @ columns)


def _near_zero(columns: FloatMatrix) -> tuple[FloatMatrix, FloatVector]:
    """Columns without a level that would cost digits, and their standard deviations."""
    n = len(columns)
    means = np.einsum("ij->j", columns) / n
    squares = np.einsum("ij,ij->j", columns, columns) / n
    if (means**2 > 1e-2 * squares).any():
        columns = columns - means
        squares = np.einsum("ij,ij->j", columns, columns) / n
    return columns, np.sqrt(np.where(squares > 0, squares, 1.0))


def _refuse_unconverged(left: FloatVector, tolerance: float) -> None:
    if not left.max() <= tolerance:
        column = int(np.argmax(left))
        raise ConvergenceError(
            f"Expected group means of zero after absorption (tolerance {tolerance:.0e} of the "
            "column's standard deviation).",
            f"Found {left[column]:.1e} in column {column} after one refinement.",
            "Drop effects with few rows per level, or combine levels.",
        )

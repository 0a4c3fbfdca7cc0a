"""Separation in Poisson models: rows whose fitted value would have to be zero.

Estimates do not exist when some combination z of regressors and effects is zero wherever the
outcome is positive, and nowhere negative but somewhere positive where it is zero. Rows with z > 0
are then fitted by minus infinity; they say nothing about the other coefficients.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.errors import ConvergenceError
from spillover.numerics.absorb import Absorber, prepare
from spillover.numerics.regression import sum_of_squares
from spillover.numerics.tall import cross, fitted, totals
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

WEIGHT_OF_POSITIVE = 1e4
"""Weight of rows with a positive outcome, where z has to be zero; speeds convergence up."""

TOLERANCE = 1e-5
"""Distance from the cone, relative to the greatest value of z, at which the search ends."""

CLEARLY_POSITIVE = 1e-2
"""Share of the greatest z above which a row is separated; smaller ones are left to a repetition."""

MAX_ROUNDS = 3_000
"""Projections before giving up."""


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Rows that a combination of regressors and effects separates."""

    rows: BoolVector
    """(n,) true for separated rows."""

    columns: tuple[int, ...]
    """Regressors in the combination; empty when effects alone separate."""


def all_zero_levels(y: FloatVector, effects: Sequence[IntVector]) -> BoolVector:
    """Rows (n,) in a level of some effect where the outcome is never positive.

    Parameters
    ----------
    y : (n,)
        Outcome, not negative.
    effects : q arrays of (n,)
        Integer codes 0..G-1.
    """
    lost = np.zeros(len(y), dtype=bool)
    for codes in effects:
        lost |= (np.bincount(codes, weights=(y > 0).astype(np.float64)) == 0)[codes]
    return lost


def separated(y: FloatVector, X: FloatMatrix, effects: tuple[IntVector, ...]) -> Separation:
    """Rows separated by one combination of regressors and effects.

    Projections on the span of regressors and effects alternate with projections on the cone
    {u = 0 where y > 0, u >= 0 elsewhere}, from u = 1 where y = 0. They converge to a separating
    combination if there is one. The inner product of u with every such z never falls, so that
    there is none as soon as all values of u are below one: usually after one projection.
    Dropping the rows found can leave others to be found; repeat until there are none.

    Parameters
    ----------
    y : (n,)
        Outcome, not negative.
    X : (n, k)
        Regressors before absorption.
    effects : q arrays of (n,)
        Integer codes 0..G-1; without any, a constant is meant.

    Raises
    ------
    ConvergenceError
        The projections did not settle.

    References
    ----------
    Correia, Guimaraes and Zylkin (2019); Cheney and Goldstein (1959).
    """
    zero = y == 0
    none = Separation(np.zeros(len(y), dtype=bool), ())
    if not zero.any():
        return none
    span = _Span.of(X, effects or (np.zeros(len(y), dtype=np.int32),), zero)
    target = zero.astype(np.float64)
    for _ in range(MAX_ROUNDS):
        projection, beta = span.project(target)
        target = np.where(zero, np.maximum(projection, 0.0), 0.0)
        greatest = target.max()
        if greatest < 1 - TOLERANCE:
            return none
        if np.abs(target - projection).max() < TOLERANCE * greatest:
            return Separation(target > CLEARLY_POSITIVE * greatest, span.involved(beta, target))
    raise ConvergenceError(
        "Expected the search for separated rows to settle.",
        f"Found it moving after {MAX_ROUNDS:,} projections.",
        "Drop regressors or effects that are non-zero only where the outcome is zero.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Span:
    """The span of regressors and effects, prepared for repeated projections."""

    absorber: Absorber
    """Effects under the weights of the search."""

    free: FloatMatrix
    """(n, k) regressors free of effects, at unit length."""

    inverse: FloatMatrix
    """(k, k) pseudo-inverse of their weighted cross-product."""

    weights: FloatVector
    """(n,) one where the outcome is zero, large elsewhere."""

    @classmethod
    def of(cls, X: FloatMatrix, effects: tuple[IntVector, ...], zero: BoolVector) -> "_Span":
        """The span under weights that are large where the outcome is positive."""
        weights = np.where(zero, 1.0, WEIGHT_OF_POSITIVE)
        absorber = prepare(effects, weights=weights)
        free = absorber.remove(X).columns
        length = np.sqrt(sum_of_squares(free, None))
        free = free / np.where(length > 0, length, 1.0)
        inverse = np.linalg.pinv(cross(free, free, weights), rcond=1e-12, hermitian=True)
        return cls(absorber, free, np.asarray(inverse, dtype=np.float64), weights)

    def project(self, target: FloatVector) -> tuple[FloatVector, FloatVector]:
        """The weighted projection (n,) of a target and its coefficients (k,) on regressors."""
        left = self.absorber.remove(target[:, None]).columns[:, 0]
        beta = self.inverse @ totals(self.free, left * self.weights)
        return target - left + fitted(self.free, beta), beta

    def involved(self, beta: FloatVector, moved: FloatVector) -> tuple[int, ...]:
        """Regressors whose coefficient in the combination is not zero."""
        return tuple(int(j) for j in np.flatnonzero(np.abs(beta) > 1e-4 * np.linalg.norm(moved)))

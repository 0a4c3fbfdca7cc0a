"""Tests that compare a statistic with its draws, and the values that they do not reject.

For a hypothesised coefficient b every draw has the squared statistic
(a - b c)^2 / (v0 - 2 b v1 + b^2 v2); without a denominator it is (a - b c)^2. The first row is
the actual assignment. p-values change only where a draw meets the actual statistic, at roots of a
polynomial, so sets are found without a grid.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from spillover.numerics.sets import ConfidenceSet
from spillover.typing import BoolVector, FloatMatrix, FloatVector

TIE = 1e-9
"""Relative difference below which two statistics count as equal, which is conservative."""

ROUNDING = 1e-12
"""Size of a score relative to the greatest one below which it is zero."""


@dataclass(frozen=True, slots=True, eq=False)
class RankTest:
    """Statistics of the actual assignment and of every draw, as functions of the coefficient."""

    a: FloatVector
    """(R + 1,) score of the outcome; the actual one first."""

    c: FloatVector
    """(R + 1,) score of the regressor whose coefficient is tested."""

    spread: FloatMatrix | None = None
    """(R + 1, 3) v0, v1, v2 of the variance of the score; ``None`` without a denominator."""

    @classmethod
    def centred(cls, scores: FloatMatrix, mean: FloatVector | None = None) -> Self:
        """From scores around their mean, so that both tails count.

        Parameters
        ----------
        scores : (R + 1, 2)
            The actual assignment first.
        mean : (2,), optional
            Mean over all ways to draw; by default that of the rows, which treats all assignments
            alike, so that the test stays exact.
        """
        around = scores - (scores.mean(axis=0) if mean is None else mean)
        around = np.where(np.abs(around) > ROUNDING * np.abs(scores).max(axis=0), around, 0.0)
        return cls(around[:, 0], around[:, 1])

    @property
    def estimate(self) -> float:
        """The coefficient at which the actual statistic is zero; NaN when none is."""
        there = self._more_than_rounding(self.c)[0]
        return float(self.a[0] / self.c[0]) if there else float("nan")

    def squared(self, values: FloatVector) -> FloatMatrix:
        """(R + 1, m) squared statistics for hypothesised coefficients (m,)."""
        top = (self.a[:, None] - np.outer(self.c, values)) ** 2
        if self.spread is None:
            return top
        v = self.spread[:, :, None]
        below = v[:, 0] - 2 * v[:, 1] * values + v[:, 2] * values**2
        floor = np.finfo(np.float64).tiny
        return np.asarray(top / np.maximum(below, floor))

    def p_values(self, values: FloatVector) -> FloatVector:
        """(m,) share of assignments, the actual one included, at least as extreme as it.

        Parameters
        ----------
        values : (m,)
            Hypothesised coefficients.
        """
        found = np.empty(len(values))
        step = max(1, 4_000_000 // len(self.a))
        for start in range(0, len(values), step):
            part = self.squared(values[start : start + step])
            found[start : start + step] = np.mean(part >= part[0] * (1 - TIE), axis=0)
        found[self._vanishes(values)] = 1.0
        return found

    def _vanishes(self, values: FloatVector) -> BoolVector:
        """(m,) where the actual statistic is zero up to rounding, so that none is less extreme."""
        size = np.abs(self.a).max() + np.abs(self.c).max() * np.abs(values)
        small = np.abs(self.a[0] - self.c[0] * values) <= ROUNDING * size
        return np.asarray(small, dtype=bool)

    def confidence_set(self, level: float) -> ConfidenceSet:
        """The coefficients with a p-value above one minus the level.

        Parameters
        ----------
        level : float
            Confidence level.
        """
        cuts, least = self._meetings(), (1 - level) * (1 + TIE)
        if not len(cuts):
            kept = self.p_values(np.zeros(1))[0] > least
            return ConfidenceSet(((-np.inf, np.inf),) if kept else (), level)
        reach = 1.0 + np.abs(cuts).max()
        inner = (cuts[1:] + cuts[:-1]) / 2
        kept = self.p_values(np.concatenate([[-reach], inner, [reach]])) > least
        low, high = np.concatenate([[-np.inf], cuts]), np.concatenate([cuts, [np.inf]])
        first = np.flatnonzero(kept & ~np.append(False, kept[:-1]))
        last = np.flatnonzero(kept & ~np.append(kept[1:], False))
        return ConfidenceSet(
            tuple((float(low[i]), float(high[j])) for i, j in zip(first, last, strict=True)), level
        )

    def _more_than_rounding(self, slopes: FloatVector) -> BoolVector:
        """Which slopes, or differences of slopes, count as different from zero."""
        return np.asarray(np.abs(slopes) > TIE * np.abs(self.c).max(), dtype=bool)

    def _meetings(self) -> FloatVector:
        """Coefficients at which the statistic of a draw equals the actual one, ascending."""
        if self.spread is None:
            pairs = [(self.a[1:] - s * self.a[0], self.c[1:] - s * self.c[0]) for s in (1.0, -1.0)]
            slopes = [self._more_than_rounding(below) for _, below in pairs]
            roots = [a[some] / c[some] for (a, c), some in zip(pairs, slopes, strict=True)]
            return np.unique(np.concatenate(roots))
        scale = abs(self.estimate) if np.isfinite(self.estimate) and self.estimate else 1.0
        squares = _square(self.a, -self.c * scale)
        powers = np.array([1.0, -2 * scale, scale**2])
        spreads = self.spread * powers
        differences = _product(squares[1:], spreads[:1]) - _product(squares[:1], spreads[1:])
        return np.unique(_real_roots(differences)) * scale


def _square(constant: FloatVector, slope: FloatVector) -> FloatMatrix:
    """(m, 3) coefficients of (constant + slope b)^2, constant first."""
    return np.column_stack([constant**2, 2 * constant * slope, slope**2])


def _product(left: FloatMatrix, right: FloatMatrix) -> FloatMatrix:
    """(m, 5) coefficients of the product of quadratics (m, 3), either of them a single row."""
    size = max(len(left), len(right))
    result = np.zeros((size, 5))
    for i in range(3):
        for j in range(3):
            result[:, i + j] += left[:, i] * right[:, j]
    return result


def _real_roots(coefficients: FloatMatrix) -> FloatVector:
    """All real roots of polynomials (m, 5), constant first; of lower degree where it vanishes."""
    degree = 4 - np.argmax(np.abs(coefficients[:, ::-1]) > 1e-13 * _size(coefficients), axis=1)
    found = []
    for d in range(1, 5):
        rows = coefficients[(degree == d) & (_size(coefficients)[:, 0] > 0)]
        if not len(rows):
            continue
        companion = np.zeros((len(rows), d, d))
        companion[:, 1:, :-1] = np.eye(d - 1)
        companion[:, :, -1] = -rows[:, :d] / rows[:, [d]]
        roots = np.linalg.eigvals(companion)
        real = np.abs(roots.imag) <= 1e-7 * (1 + np.abs(roots.real))
        found.append(roots.real[real])
    return np.concatenate(found) if found else np.zeros(0)


def _size(coefficients: FloatMatrix) -> FloatMatrix:
    return np.asarray(np.abs(coefficients).max(axis=1, keepdims=True))

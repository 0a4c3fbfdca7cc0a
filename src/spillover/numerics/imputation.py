"""Untreated outcomes imputed from unit effects and common regressors.

Borusyak, Jaravel and Spiess (2024): the fit uses untreated rows only, and every average of
imputed effects is a known linear combination of outcomes.
"""

from dataclasses import dataclass

import numpy as np

from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

RANK = 1e-10
"""Singular value relative to the largest below which a direction is not identified."""

NOISE = 1e-10
"""Variation relative to the size of a regressor below which it is only rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Untreated:
    """A fit of unit effects and common regressors on untreated rows."""

    units: IntVector
    """(n,) unit of each row, 0..N-1."""

    columns: FloatMatrix
    """(n, q) common regressors on all rows."""

    free: BoolVector
    """(n,) true on untreated rows."""

    counts: FloatVector
    """(N,) untreated rows of each unit."""

    means: FloatMatrix
    """(N, q) means of the regressors over untreated rows; zero for units without."""

    roots: FloatMatrix
    """(q, r) directions that untreated rows identify, scaled: bread = roots roots'."""

    def predict(self, y: FloatVector) -> FloatVector:
        """(n,) imputed untreated outcomes from the outcomes of untreated rows.

        Parameters
        ----------
        y : (n,)
            Outcome.
        """
        level = self._mean(np.where(self.free, y, 0.0)[:, None])[:, 0]
        within = self.columns[self.free] - self.means[self.units[self.free]]
        b = self.roots @ (self.roots.T @ (within.T @ (y - level[self.units])[self.free]))
        return np.asarray(level[self.units] + (self.columns - self.means[self.units]) @ b)

    def identified(self) -> BoolVector:
        """(n,) whether the untreated outcome of a row follows from untreated rows."""
        moved = self.columns - self.means[self.units]
        moved = np.where(np.abs(moved) > NOISE * _sizes(self.columns), moved, 0.0)
        within = moved[self.free]
        projected = (moved @ self.roots) @ (self.roots.T @ (within.T @ within))
        # Every column in its own unit: a large covariate must not hide a year without controls.
        unit = _sizes(moved)
        scale = np.sqrt(((moved / unit) ** 2).sum(axis=1))
        left = np.sqrt((((moved - projected) / unit) ** 2).sum(axis=1))
        return np.asarray((self.counts[self.units] > 0) & (left <= 1e-7 * np.maximum(scale, 1.0)))

    def weights(self, averages: FloatMatrix) -> FloatMatrix:
        """(n, m) weights of outcomes in averages of imputed effects.

        Parameters
        ----------
        averages : (n, m)
            Weights of the effects of treated rows, zero on untreated rows.
        """
        per_unit = np.zeros((len(self.counts), averages.shape[1]))
        np.add.at(per_unit, self.units, averages)
        moved = (self.columns - self.means[self.units]).T @ averages
        share = per_unit / np.maximum(self.counts, 1.0)[:, None]
        within = self.columns - self.means[self.units]
        fitted = share[self.units] + within @ (self.roots @ (self.roots.T @ moved))
        return np.asarray(np.where(self.free[:, None], -fitted, averages))

    def _mean(self, values: FloatMatrix) -> FloatMatrix:
        return unit_means(values, self.units, self.counts)


def unit_means(values: FloatMatrix, units: IntVector, counts: FloatVector) -> FloatMatrix:
    """(N, q) sums by unit over counts; zero for units without rows.

    Parameters
    ----------
    values : (n, q)
        Values, zero on rows that do not count.
    units : (n,)
        Unit of each row.
    counts : (N,)
        Rows that count.
    """
    sums = np.column_stack([np.bincount(units, v, minlength=len(counts)) for v in values.T])
    return np.asarray(sums / np.maximum(counts, 1.0)[:, None])


def fit_untreated(units: IntVector, columns: FloatMatrix, free: BoolVector) -> Untreated:
    """Unit effects and common regressors on untreated rows.

    Parameters
    ----------
    units : (n,)
        Unit of each row, 0..N-1.
    columns : (n, q)
        Common regressors: dummies of years, covariates.
    free : (n,)
        True on untreated rows.
    """
    counts = np.bincount(units[free], minlength=int(units.max()) + 1).astype(np.float64)
    means = unit_means(np.where(free[:, None], columns, 0.0), units, counts)
    within = (columns - means[units])[free]
    gram = within.T @ within
    scale = np.sqrt(np.maximum(np.diag(gram), 0.0))
    varies = scale > NOISE * np.sqrt((columns[free] ** 2).sum(axis=0))
    scale = np.where(varies, scale, 1.0)
    gram = np.where(np.outer(varies, varies), gram, 0.0)
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    kept = values > RANK * max(float(values[-1]), 1e-300)
    roots = (vectors[:, kept] / np.sqrt(values[kept])) / scale[:, None]
    return Untreated(units, columns, free, counts, means, roots)


def _sizes(columns: FloatMatrix) -> FloatVector:
    """(q,) root mean squares of columns; one for a column of zeros."""
    found = np.sqrt((columns**2).mean(axis=0))
    return np.asarray(np.where(found > 0, found, 1.0))

"""Intervals for an effect when its bias is bounded by what was seen before treatment."""

from dataclasses import dataclass

import numpy as np

from spillover.numerics.tails import critical
from spillover.typing import FloatMatrix, FloatVector

_NODES = 96
_HALVINGS = 60


@dataclass(frozen=True, slots=True, eq=False)
class BoundedBias:
    """A combination of coefficients whose bias is at most so many times a step before treatment."""

    beta: FloatVector
    """(m,) coefficients."""

    matrix: FloatMatrix
    """(m, m) their covariance."""

    target: FloatVector
    """(m,) weights of the combination."""

    steps: FloatMatrix
    """(s, m) weights of the steps between neighbouring coefficients before treatment."""

    df: float
    """Degrees of freedom; infinite for the normal distribution."""

    def interval(self, bounds: FloatVector, level: float) -> tuple[FloatVector, FloatVector]:
        """Lower and upper ends for several bounds.

        Were step s of sign + the largest, the true value θ would obey two inequalities,
        l'b − B s'b ≤ θ ≤ l'b + B s'b. Both are tested at once with a critical value that holds
        when both bind; the intervals of all steps and signs are enclosed.

        Parameters
        ----------
        bounds : (k,)
            Largest bias in units of the largest step.
        level : float
            Confidence level.
        """
        signed = np.vstack([self.steps, -self.steps])
        shift = bounds[:, None, None] * signed
        lower, upper = self.target - shift, self.target + shift
        first, second = self._errors(lower), self._errors(upper)
        both = np.einsum("ksi,ij,ksj->ks", lower, self.matrix, upper)
        scale = first * second
        correlation = -np.divide(both, scale, out=np.ones_like(both), where=scale > 0)
        reach = pair_critical(level, self.df, np.clip(correlation, -1.0, 1.0))
        low, high = lower @ self.beta - reach * first, upper @ self.beta + reach * second
        empty = low > high
        ends = np.where(empty, np.inf, low).min(axis=1), np.where(empty, -np.inf, high).max(axis=1)
        return np.asarray(ends[0]), np.asarray(ends[1])

    def _errors(self, weights: FloatMatrix) -> FloatMatrix:
        variance = np.einsum("ksi,ij,ksj->ks", weights, self.matrix, weights)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def pair_critical(level: float, df: float, correlation: FloatMatrix) -> FloatMatrix:
    """The value that the larger of two t variables exceeds with probability 1 - level.

    It is the one-sided value at correlation one, and the two-sided one at minus one. In polar
    coordinates the larger is radius times cosine, and the angle is uniform.

    Parameters
    ----------
    level : float
        Confidence level.
    df : float
        Degrees of freedom; infinite for normal variables.
    correlation : (...)
        Correlations of the two.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = np.arccos(correlation) / 2.0
    width = (np.pi / 2 + half) / 2.0
    angles = width[..., None] * (nodes + 1.0) - half[..., None]
    cosine = np.cos(angles)
    high = np.full(half.shape, critical(level, df) * 1.001)
    low = np.zeros(half.shape)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        tail = width / np.pi * (_radius_tail(middle[..., None] / cosine, df) @ weights)
        above = tail > 1.0 - level
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray((low + high) / 2.0)


def _radius_tail(radius: FloatMatrix, df: float) -> FloatMatrix:
    """Probability that two such variables, uncorrelated, lie farther from zero than a radius."""
    if np.isinf(df):
        return np.asarray(np.exp(-0.5 * radius**2))
    return np.asarray((1.0 + radius**2 / df) ** (-df / 2.0))

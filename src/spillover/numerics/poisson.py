"""Poisson pseudo maximum likelihood with absorbed effects, by reweighted least squares."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from spillover.errors import ConvergenceError
from spillover.numerics.absorb import Absorber, prepare
from spillover.numerics.regression import Fit, least_squares
from spillover.numerics.tall import totals
from spillover.typing import FloatMatrix, FloatVector, IntVector

DEVIANCE_TOLERANCE = 1e-10
"""Relative change of the deviance below which iterations may end."""

SCORE_TOLERANCE = 1e-8
"""Greatest score of a coefficient relative to its standard deviation."""

LEVEL_TOLERANCE = 1e-6
"""Greatest sum of residuals in a level of an effect, relative to the sum of fitted values."""

MAX_ITERATIONS = 100
MAX_HALVINGS = 20
LARGEST_INDEX = 690.0


@dataclass(frozen=True, slots=True, eq=False)
class PoissonFit:
    """A converged Poisson fit."""

    fit: Fit
    """Last weighted least squares: coefficients, influence function, inverse Hessian."""

    index: FloatVector
    """(n,) linear index, effects and offset included."""

    fitted: FloatVector
    """(n,) fitted values."""

    deviance: float
    """Twice the distance of the log likelihood from that of a saturated model."""

    iterations: int
    """Number of weighted regressions."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The data of a Poisson regression."""

    y: FloatVector
    """(n,) outcome, not negative."""

    X: FloatMatrix
    """(n, k) regressors before absorption, centered."""

    effects: tuple[IntVector, ...]
    """q arrays of (n,) codes; a single level stands for the constant."""

    weights: FloatVector | None
    """(n,) positive observation weights, or ``None`` for one."""

    offset: FloatVector
    """(n,) known part of the index."""

    def deviance(self, mu: FloatVector) -> float:
        """Deviance at fitted values mu."""
        ratio = np.where(self.y > 0, self.y, 1.0) / mu
        each = np.where(self.y > 0, xlogy(self.y, ratio), 0.0) - (self.y - mu)
        return 2 * float(np.sum(each if self.weights is None else each * self.weights))

    def log_likelihood(self, mu: FloatVector) -> float:
        """Log likelihood at fitted values mu."""
        each = xlogy(self.y, mu) - mu - gammaln(self.y + 1)
        return float(np.sum(each if self.weights is None else each * self.weights))

    def constant_only(self) -> FloatVector:
        """(n,) fitted values of a model with a constant and the offset."""
        weights = np.ones(len(self.y)) if self.weights is None else self.weights
        exposure = np.exp(self.offset)
        return np.asarray(exposure * (weights @ self.y) / (weights @ exposure))


def fit_poisson(counts: Counts) -> PoissonFit:
    """The Poisson pseudo maximum likelihood fit.

    Each step regresses z = eta - offset + (y - mu) / mu on regressors and effects with weights
    mu. Estimates must exist: separated rows are removed before.

    Parameters
    ----------
    counts : Counts
        Outcome, regressors, effects, weights, offset.

    Raises
    ------
    ConvergenceError
        The iterations ended before deviance and scores settled.

    References
    ----------
    Guimaraes and Portugal (2010); Correia, Guimaraes and Zylkin (2020).
    """
    mu = (counts.y + counts.y.mean()) / 2
    absorber = prepare(counts.effects, weights=_heavy(counts, mu))
    # The start is close to saturated; its deviance is lower than that of any model.
    index, deviance = np.log(mu), np.inf
    score, level, change = np.inf, np.inf, np.inf
    for iteration in range(1, MAX_ITERATIONS + 1):
        if iteration > 1:
            absorber = absorber.reweighted(_heavy(counts, mu))
        fit, proposed, free = _step(counts, absorber, mu, index)
        if change < DEVIANCE_TOLERANCE and score < SCORE_TOLERANCE and level < LEVEL_TOLERANCE:
            # Settled one step ago: this step has the influence function at the final weights.
            mu = np.exp(proposed)
            return PoissonFit(fit, proposed, mu, counts.deviance(mu), iteration)
        index, lower = _damped(counts, index, proposed, deviance)
        mu = np.exp(index)
        change = abs(deviance - lower) / max(lower, 1e-10)
        deviance = lower
        score, level = _slack(counts, absorber, free, mu)
    raise ConvergenceError(
        f"Expected the Poisson iterations to settle within {MAX_ITERATIONS}.",
        f"Found a relative change of the deviance of {change:.1e}, a scaled score of {score:.1e} "
        f"and residual sums by level of {level:.1e}.",
        "Rescale or drop regressors with extreme values, or absorb coarser effects.",
    )


def _step(
    counts: Counts, absorber: Absorber, mu: FloatVector, index: FloatVector
) -> tuple[Fit, FloatVector, FloatMatrix]:
    """One weighted regression: its fit, the index it proposes, and regressors free of effects."""
    working = index - counts.offset + (counts.y - mu) / mu
    free = absorber.remove(np.column_stack([working, counts.X])).columns
    fit = least_squares(free[:, 0], free[:, 1:], absorber.weights)
    return fit, working - fit.residuals + counts.offset, free[:, 1:]


def _damped(
    counts: Counts, index: FloatVector, proposed: FloatVector, deviance: float
) -> tuple[FloatVector, float]:
    """The proposed index, moved back by halves while the deviance rises."""
    proposed = np.clip(proposed, -LARGEST_INDEX, LARGEST_INDEX)
    lower = counts.deviance(np.exp(proposed))
    for _ in range(MAX_HALVINGS):
        if lower <= deviance * (1 + 1e-8) + 1e-12:
            break
        proposed = (proposed + index) / 2
        lower = counts.deviance(np.exp(proposed))
    return proposed, lower


def _slack(
    counts: Counts, absorber: Absorber, free: FloatMatrix, mu: FloatVector
) -> tuple[float, float]:
    """Scaled score of the regressors, and residual sums by level relative to fitted ones."""
    left = counts.y - mu
    heavy = left if counts.weights is None else left * counts.weights
    scale = np.sqrt(totals(free**2, heavy**2))
    scores = np.abs(totals(free, heavy)) / np.where(scale > 0, scale, 1.0)
    sums = absorber.dummies.T @ np.column_stack([heavy, heavy + _heavy(counts, mu)])
    level = np.abs(sums[:, 0]) / np.where(sums[:, 1] > 0, sums[:, 1], 1.0)
    return float(scores.max(initial=0.0)), float(level.max())


def _heavy(counts: Counts, mu: FloatVector) -> FloatVector:
    return mu if counts.weights is None else mu * counts.weights

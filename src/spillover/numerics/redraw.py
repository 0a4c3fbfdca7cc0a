"""Estimating again under other firm weights, from where the estimate already is.

A firm drawn twice has weight two: no row is copied, so that no lag can cross copies. The first
stage is one weighted sum of cross-products by firm; the second starts at the estimate.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from spillover.numerics.control import Fitted, fit_first_stage
from spillover.numerics.probit import Probit, fit_probit
from spillover.typing import FloatMatrix, FloatVector, IntVector

CAP = 0.3
"""Greatest change of a parameter in one step."""

Scheme = Literal["multinomial", "exponential"]


def firm_weights(rng: np.random.Generator, firms: int, scheme: Scheme) -> FloatVector:
    """(G,) weights of firms that sum to G.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    firms : int
        G.
    scheme : {"multinomial", "exponential"}
        Counts of draws with replacement, or a Bayesian bootstrap that keeps every firm.
    """
    if scheme == "multinomial":
        return np.bincount(rng.integers(0, firms, firms), minlength=firms).astype(np.float64)
    draws = rng.standard_exponential(firms)
    return np.asarray(draws * firms / draws.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Redrawer:
    """A solved estimator with what a redraw needs, computed once."""

    fitted: Fitted
    """The estimator at full weight."""

    beta: FloatVector
    """(q,) its second stage."""

    firm: IntVector
    """(n,) firm of each row, 0..G-1, rows sorted by firm."""

    crosses: FloatMatrix
    """(G, (h+1)^2) cross-products of (H, y) by firm."""

    hessian: FloatMatrix
    """(q, q) derivative of the criterion's gradient at full weight; identity for ``root``."""

    probit: Probit | None = None
    """Survival probit, which is estimated again."""

    @classmethod
    def of(
        cls, fitted: Fitted, beta: FloatVector, firm: IntVector, probit: Probit | None = None
    ) -> "Redrawer":
        """From a solved estimator and the firm of each row."""
        p = fitted.problem
        own = np.column_stack([p.H, p.y])
        first = np.flatnonzero(np.diff(firm, prepend=-1))
        ends = np.append(first[1:], len(firm))
        crosses = np.array([own[a:b].T @ own[a:b] for a, b in zip(first, ends, strict=True)])
        hessian = np.eye(len(beta))
        if p.kind != "root":
            hessian = _hessian(fitted.objective(), beta)
        return cls(fitted, beta, firm, crosses.reshape(len(first), -1), hessian, probit)

    def solve(self, weights: FloatVector) -> "Redrawn":
        """The estimator under other firm weights.

        Parameters
        ----------
        weights : (G,)
            Weights of firms, zero or positive.
        """
        p = self.fitted.problem
        try:
            h = p.H.shape[1]
            total = (weights @ self.crosses).reshape(h + 1, h + 1)
            scale = np.sqrt(np.maximum(np.diag(total)[:h], 1e-300))
            gram, moments = total[:h, :h] / np.outer(scale, scale), total[:h, h] / scale
            delta = np.linalg.solve(gram, moments) / scale
            rows = weights[self.firm]
            problem = replace(p, weights=rows)
            fitted = fit_first_stage(problem, delta, self._second(rows))
            beta, converged = self._second_stage(fitted)
        except np.linalg.LinAlgError:
            return Redrawn(np.full(p.H.shape[1], np.nan), np.full(len(self.beta), np.nan), False)
        return Redrawn(delta, beta, converged)

    def _second(self, rows: FloatVector) -> FloatVector | None:
        probit = self.probit
        if probit is None:
            return None
        columns, weights = probit.columns[probit.at], rows[probit.rows]
        pi = fit_probit(columns, probit.outcome, ("survival",), weights)
        return probit.probability(self.fitted.problem.before, pi)

    def _second_stage(self, fitted: Fitted) -> tuple[FloatVector, bool]:
        if fitted.problem.kind == "root":
            return _root(fitted.system(), self.beta)
        objective = fitted.objective()
        return _minimum(lambda beta: objective(beta)[1], self.beta, self.hessian)


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """One redraw."""

    delta: FloatVector
    """(h,) first stage."""

    beta: FloatVector
    """(q,) second stage."""

    converged: bool
    """Whether the second stage solved its equations."""


def _hessian(
    criterion: Callable[[FloatVector], tuple[float, FloatVector]], beta: FloatVector
) -> FloatMatrix:
    steps = 1e-5 * np.eye(len(beta))
    moved = [(criterion(beta + h)[1] - criterion(beta - h)[1]) / 2e-5 for h in steps]
    return np.column_stack(moved)


def _root(
    system: Callable[[FloatVector], tuple[FloatVector, FloatMatrix]], start: FloatVector
) -> tuple[FloatVector, bool]:
    """Damped Newton steps to a zero of moments."""
    point = start
    values, slope = system(point)
    for _ in range(30):
        step = np.linalg.solve(slope, -values)
        step /= max(1.0, float(np.abs(step).max()) / CAP)
        for _ in range(8):
            trial, trial_slope = system(point + step)
            if trial @ trial < values @ values:
                break
            step = step / 4
        else:
            return point, bool(np.abs(step).max() < 1e-9)
        point, values, slope = point + step, trial, trial_slope
        if np.abs(step).max() < 1e-7:
            return point, True
    return point, False


def _minimum(
    gradient: Callable[[FloatVector], FloatVector], start: FloatVector, hessian: FloatMatrix
) -> tuple[FloatVector, bool]:
    """Quasi-Newton steps to a zero of a gradient, with Broyden's updates."""
    point, slope = start, hessian
    value = gradient(point)
    for _ in range(30):
        step = np.linalg.solve(slope, -value)
        step /= max(1.0, float(np.abs(step).max()) / CAP)
        point, before = point + step, value
        if np.abs(step).max() < 1e-8:
            return point, True
        value = gradient(point)
        slope = slope + np.outer(value - before - slope @ step, step) / (step @ step)
    return point, False

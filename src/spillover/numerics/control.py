"""Control-function estimators of production functions: one problem, three criteria.

Productivity is the fitted control function minus the technology, omega(beta) = H0 delta - f(beta),
where H0 is the first-stage design without the columns that belong to the technology.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.markov import Law, Residual, concentrate
from spillover.numerics.technology import Technology, times
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

Kind = Literal["root", "joint", "omega"]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything a control-function estimator sees, as arrays."""

    y: FloatVector
    """(n,) log output."""

    H: FloatMatrix
    """(n, h) first-stage design, with a constant."""

    kept: BoolVector
    """(h,) columns of ``H`` whose fitted part is productivity; the others are technology."""

    technology: Technology
    """f(beta) on the n rows."""

    now: IntVector
    """(n2,) rows that have a lag."""

    before: IntVector
    """(n2,) rows of the same firm one calendar year earlier."""

    law: Law
    """Law of motion on the n2 pairs."""

    kind: Kind = "root"
    """Moments Z'r, or the sum of squares of r (``joint``) or of r plus the first-stage residual
    (``omega``)."""

    Z: FloatMatrix | None = None
    """(n2, q) instruments for ``root``."""

    weights: FloatVector | None = None
    """(n,) weights of rows, constant within a firm."""

    @property
    def pair_weights(self) -> FloatVector | None:
        """(n2,) weights of pairs."""
        return None if self.weights is None else self.weights[self.now]


def first_stage(y: FloatVector, H: FloatMatrix, weights: FloatVector | None = None) -> FloatVector:
    """(h,) least-squares coefficients.

    Raises
    ------
    IdentificationError
        Columns of H are collinear; the message names how many.
    """
    root = None if weights is None else np.sqrt(weights)
    design, target = (H, y) if root is None else (H * root[:, None], y * root)
    Q, R = np.linalg.qr(design)
    scale = np.linalg.norm(design, axis=0)
    weak = np.abs(np.diag(R)) <= 1e-10 * np.where(scale > 0, scale, 1.0)
    if weak.any():
        raise IdentificationError(
            "Expected first-stage columns that are not collinear.",
            f"Found {int(weak.sum())} of {H.shape[1]} without variation of their own "
            f"(the first is column {int(np.flatnonzero(weak)[0])}).",
            "A proxy that is a function of the states, or an input that never varies, carries no "
            "information: drop it, or lower the degree of the polynomial.",
        )
    return np.asarray(np.linalg.solve(R, Q.T @ target))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One end of the pairs of consecutive years."""

    hat: FloatVector
    """(n2,) fitted control function without technology."""

    technology: Technology
    """f(beta) on these rows."""

    def productivity(self, beta: FloatVector) -> FloatVector:
        """(n2,) omega at beta."""
        return np.asarray(self.hat - self.technology.value(beta))


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A problem with its first stage solved."""

    problem: Problem
    """The problem."""

    delta: FloatVector
    """(h,) first-stage coefficients."""

    hat: FloatVector
    """(n,) fitted control function without technology."""

    error: FloatVector
    """(n,) first-stage residual."""

    now: Side
    """Rows that have a lag; for ``joint`` with the first-stage residual inside."""

    before: Side
    """Their lags."""

    second: FloatVector | None = None
    """(n2,) second generated variable, such as a survival probability."""

    def productivity(self, beta: FloatVector) -> FloatVector:
        """(n,) omega at beta."""
        return np.asarray(self.hat - self.problem.technology.value(beta))

    def residual(self, beta: FloatVector) -> Residual:
        """Innovation at beta, with the law of motion concentrated out."""
        target, lag = self.now.productivity(beta), self.before.productivity(beta)
        return concentrate(target, lag, self.problem.law, self.problem.pair_weights, self.second)

    def jacobian(self, beta: FloatVector, fit: Residual) -> FloatMatrix:
        """(n2, q) derivatives of the innovation."""
        return fit.jacobian(
            -self.now.technology.gradient(beta), -self.before.technology.gradient(beta)
        )

    def criterion(self, beta: FloatVector) -> tuple[float, FloatVector]:
        """Sum of squares and its gradient, for ``joint`` and ``omega``."""
        p = self.problem
        fit = self.residual(beta)
        r = fit.r + (self.error[p.now] if p.kind == "omega" else 0.0)
        weighted = r if p.weights is None else r * p.weights[p.now]
        return float(weighted @ r), np.asarray(2 * self.jacobian(beta, fit).T @ weighted)

    def moments(self, beta: FloatVector, Zw: FloatMatrix) -> tuple[FloatVector, FloatMatrix]:
        """Sums Z'wr and their Jacobian, for ``root``; ``Zw`` are instruments times weights."""
        fit = self.residual(beta)
        moved, back = fit.moves(
            -self.now.technology.gradient(beta), -self.before.technology.gradient(beta)
        )
        return np.asarray(Zw.T @ fit.r), np.asarray(Zw.T @ moved - (Zw.T @ fit.G) @ back)


def fit_first_stage(
    problem: Problem, delta: FloatVector | None = None, second: FloatVector | None = None
) -> Fitted:
    """The problem with its first stage solved, unless ``delta`` is given."""
    p = problem
    if delta is None:
        delta = first_stage(p.y, p.H, p.weights)
    hat = times(p.H, np.where(p.kept, delta, 0.0))
    error = p.y - times(p.H, delta)
    target = hat + error if p.kind == "joint" else hat
    now = Side(target[p.now], p.technology.at(p.now))
    before = Side(hat[p.before], p.technology.at(p.before))
    return Fitted(p, delta, hat, error, now, before, second)


def scaled_at(fitted: Fitted, beta: FloatVector) -> Fitted:
    """The same problem with the law centred and scaled where productivity is at ``beta``."""
    law = fitted.problem.law.scaled(fitted.before.productivity(beta))
    return replace(fitted, problem=replace(fitted.problem, law=law))

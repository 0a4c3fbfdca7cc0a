"""Control-function estimators of production functions: one problem, three criteria.

Productivity is the fitted control function minus the technology, omega(beta) = H0 delta - f(beta),
where H0 is the first-stage design without the columns that belong to the technology.
"""

from collections.abc import Callable
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

    def system(self) -> Callable[[FloatVector], tuple[FloatVector, FloatMatrix]]:
        """Sums Z'wr and their Jacobian as a function of beta, for ``root``."""
        from spillover.numerics.accumulate import Accumulator

        p = self.problem
        sums = Accumulator.of(p.law, p.pair_weights, self.second, Z=p.Z)
        return lambda beta: sums.moments(self._ends(beta), self._slopes(beta))

    def objective(self) -> Callable[[FloatVector], tuple[float, FloatVector]]:
        """Sum of squares and its gradient as a function of beta, for ``joint`` and ``omega``."""
        from spillover.numerics.accumulate import Accumulator

        p = self.problem
        extra = self.error[p.now] if p.kind == "omega" else None
        sums = Accumulator.of(p.law, p.pair_weights, self.second, extra=extra)
        return lambda beta: sums.criterion(self._ends(beta), self._slopes(beta))

    def _ends(self, beta: FloatVector) -> tuple[FloatVector, FloatVector]:
        return self.now.productivity(beta), self.before.productivity(beta)

    def _slopes(self, beta: FloatVector) -> tuple[FloatMatrix, FloatMatrix]:
        return self.now.technology.gradient(beta), self.before.technology.gradient(beta)


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

"""Scores of control-function estimators, stacked for their influence function."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spillover.numerics.control import Fitted, Problem
from spillover.numerics.probit import Probit, generalized_residual
from spillover.numerics.stacked import Score, influence
from spillover.numerics.technology import times
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Where each kind of parameter stands in the stacked vector theta."""

    delta: slice
    """First-stage coefficients."""

    survival: slice
    """Coefficients of the survival probit; empty without one."""

    gamma: slice
    """Coefficients of the law of motion."""

    turn: slice
    """Derivatives of gamma with respect to beta, which the ``omega`` criterion needs."""

    beta: slice
    """Elasticities or technology parameters solved for in the second stage."""

    @classmethod
    def of(cls, h: int, p: int, c: int, q: int, *, turned: bool) -> "Blocks":
        """Blocks of the given lengths, one after the other."""
        ends = np.cumsum([0, h, p, c, c * q if turned else 0, q])
        return cls(*(slice(int(a), int(b)) for a, b in pairwise(ends)))

    @property
    def size(self) -> int:
        """Number of parameters."""
        return int(self.beta.stop)


@dataclass(frozen=True, slots=True, eq=False)
class Influences:
    """Influence of rows on all parameters of a control-function estimator."""

    blocks: Blocks
    """Positions of the parameters."""

    theta: FloatVector
    """(P,) estimates."""

    psi: FloatMatrix
    """(n, P) influence."""


def influences(fitted: Fitted, beta: FloatVector, probit: Probit | None = None) -> Influences:
    """Influence of every row, through all stages.

    Parameters
    ----------
    fitted : Fitted
        A problem with its first stage; for ``root`` its instruments.
    beta : (q,)
        Where the moments are zero or the criterion is least.
    probit : Probit, optional
        Survival probit whose probability is the second variable of the law.
    """
    p, fit = fitted.problem, fitted.residual(beta)
    c, q = len(fit.coefficients), len(beta)
    turned = p.kind == "omega"
    pi = np.zeros(0) if probit is None else probit.pi
    blocks = Blocks.of(p.H.shape[1], len(pi), c, q, turned=turned)
    parts = [fitted.delta, pi, fit.coefficients]
    if turned:
        parts.append(_turns(fitted, beta).ravel())
    theta = np.concatenate([*parts, beta])

    def stack(at: FloatVector) -> list[Score]:
        return scores(p, blocks, at, probit)

    return Influences(blocks, theta, influence(stack, theta, len(p.y), p.weights))


def _turns(fitted: Fitted, beta: FloatVector) -> FloatMatrix:
    """(c, q) derivatives of the coefficients of the law with respect to beta."""
    fit = fitted.residual(beta)
    now, before = (-side.technology.gradient(beta) for side in (fitted.now, fitted.before))
    moved = now - fit.slope[:, None] * before
    weighted = fit.G if fit.weights is None else fit.G * fit.weights[:, None]
    return np.asarray(np.linalg.solve(fit.gram, weighted.T @ moved + fit.turn(before)))


def scores(
    problem: Problem, blocks: Blocks, theta: FloatVector, probit: Probit | None = None
) -> list[Score]:
    """Scores of all stages at real or complex parameters."""
    p, rows = problem, np.arange(len(problem.y))
    delta, beta, gamma = theta[blocks.delta], theta[blocks.beta], theta[blocks.gamma]
    error = p.y - times(p.H, delta)
    omega = times(p.H[:, p.kept], delta[p.kept]) - p.technology.value(beta)
    target = omega[p.now] + (error[p.now] if p.kind == "joint" else 0.0)
    found = [Score(blocks.delta, rows, p.H, error)]
    second = None
    if probit is not None:
        found.append(_survival(probit, blocks.survival, theta[blocks.survival]))
        second = probit.probability(p.before, theta[blocks.survival])
    G, rise = p.law.columns(omega[p.before], second)
    r = target - G @ gamma
    found.append(Score(blocks.gamma, p.now, G, r))
    if p.kind == "root":
        assert p.Z is not None  # noqa: S101 - the problem was solved with them
        return [*found, Score(blocks.beta, p.now, p.Z, r)]
    gradient = p.technology.gradient(beta)
    now, before = -gradient[p.now], -gradient[p.before]
    moved = now - (rise @ gamma)[:, None] * before
    if p.kind == "joint":
        return [*found, Score(blocks.beta, p.now, moved, r)]
    return [*found, *_omega(p, blocks, theta, (G, rise, r, moved, before, error[p.now]))]


def _omega(
    p: Problem, blocks: Blocks, theta: FloatVector, at: tuple[FloatVector, ...]
) -> list[Score]:
    """Scores of the turn of gamma, and of the criterion, for ``omega``."""
    G, rise, r, moved, before, error = at
    c, q = G.shape[1], moved.shape[1]
    turn = theta[blocks.turn].reshape(c, q)
    J = moved - G @ turn
    found = [Score(blocks.beta, p.now, J, r + error)]
    for j in range(q):
        block = slice(blocks.turn.start + j, blocks.turn.stop, q)
        found += [Score(block, p.now, G, J[:, j]), Score(block, p.now, rise, r * before[:, j])]
    return found


def _survival(probit: Probit, block: slice, pi: FloatVector) -> Score:
    columns = probit.columns[probit.at]
    residual = generalized_residual(times(columns, pi), probit.outcome)
    return Score(block, probit.rows, columns, residual)

"""Arrays of a gross-output production function: share equation, rest of the technology, pairs."""

from dataclasses import dataclass

import numpy as np

from spillover.numerics.polynomial import Scale, exponents, monomials, slopes
from spillover.numerics.share import ShareEquation, share_shock
from spillover.numerics.technology import times
from spillover.productivity.inputs import Inputs, Pairs
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """The part of the technology without the flexible input: an orthonormal polynomial."""

    terms: FloatMatrix
    """(m, t) terms, orthonormal and free of their means up to a constant."""

    turn: FloatMatrix
    """(t, t) triangle that turns terms back into monomials."""

    x: FloatMatrix
    """(m, q) scaled logs of the other inputs."""

    spread: FloatVector
    """(q,) what logs were divided by."""

    powers: IntVector
    """(t, q) powers of the monomials."""

    @classmethod
    def of(cls, logs: FloatMatrix, degree: int) -> "Constant":
        """From raw logs (m, q)."""
        scale = Scale.of(logs)
        x, powers = scale.apply(logs), exponents(logs.shape[1], degree)
        terms, turn = np.linalg.qr(monomials(x, powers))
        return cls(terms, turn, x, scale.spread, powers)

    def at(self, x: FloatMatrix) -> FloatMatrix:
        """The same terms of other scaled logs."""
        return np.asarray(np.linalg.solve(self.turn.T, monomials(x, self.powers).T).T)

    def slope(self, a: FloatVector, variable: int) -> FloatVector:
        """(m,) derivative with respect to the log of one input."""
        inner = slopes(self.x, self.powers, variable) @ np.linalg.solve(self.turn, a)
        return np.asarray(inner / self.spread[variable])


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """Arrays of both stages."""

    data: Inputs
    """Logs of the rows in use."""

    equation: ShareEquation
    """The share equation."""

    constant: Constant
    """The rest of the technology."""

    pairs: Pairs
    """Pairs of consecutive years."""

    instruments: FloatMatrix
    """(n2, t) instruments."""

    divide: bool
    """Whether the elasticity is divided by the mean of exp(shock)."""

    @property
    def log_share(self) -> FloatVector:
        """(m,) log revenue share of the flexible input."""
        return self.data.proxy.values[:, 1]

    def elasticity(self, first: FloatVector) -> FloatVector:
        """(h,) coefficients of the elasticity from (coefficients of the share, mean exp shock)."""
        return np.asarray(first[:-1] / first[-1] if self.divide else first[:-1])

    def shock(self, first: FloatVector) -> FloatVector:
        """(m,) shock that nobody knew."""
        return share_shock(self.equation.basis, self.log_share, first[:-1])

    def rest(self, first: FloatVector) -> FloatVector:
        """(m,) output net of shock and flexible input."""
        used = times(self.equation.integral, self.elasticity(first))
        return np.asarray(self.data.y - self.shock(first) - used)

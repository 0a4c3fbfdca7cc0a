"""Wild cluster bootstrap in score space: all draws are products of small matrices.

For the restriction beta_j = r let a = A e_j, A the bread, and u the restricted residuals. A draw
v of one weight per cluster has the numerator a'Sv, S the (k, G) scores of u by cluster, and the
cluster scores of the re-estimated residuals

    q = v * b - H A S v - (effects),   b = S'a,   H_g = a' X_g' W X_g,

where the last term is what absorbing the effects again takes away. Everything is linear in r, so
that five numbers for each draw give its t statistic for every r.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spillover.numerics.inversion import Drawn
from spillover.numerics.pairs import Groups
from spillover.numerics.solution import Linear
from spillover.numerics.wild_effects import EffectTerms, Table, Term, term
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """What the draws of one coefficient need, by cluster."""

    base: FloatVector
    """(G,) a's_g of the unrestricted residuals."""

    slope: FloatVector
    """(G,) change of a's_g when the restricted residuals move by X a."""

    terms: tuple[Term, ...]
    """What re-estimation subtracts from the weighted scores."""

    estimate: float
    """Coefficient."""

    scale: float
    """e_j' A e_j."""


@dataclass(frozen=True, slots=True, eq=False)
class WildDraws(Drawn):
    """Five numbers for each draw, from which t statistics of every restriction follow."""

    estimate: float
    """Coefficient."""

    std_error: float
    """Clustered standard error without a small-sample factor."""

    scale: float
    """e_j' A e_j, by which a difference from the estimate moves the residuals."""

    numerators: FloatMatrix
    """(2, B) numerator: constant and slope in the shift of the residuals."""

    squares: FloatMatrix
    """(3, B) squared denominator: constant, slope and curvature in the shift."""

    def statistics(self, r: float, *, restricted: bool = True) -> tuple[float, FloatVector]:
        """The t statistic of beta_j = r and those of the draws, shape (B,).

        Parameters
        ----------
        r : float
            Hypothetical value.
        restricted : bool
            Whether the draws impose it.
        """
        shift = (self.estimate - r) / self.scale if restricted else 0.0
        above = self.numerators[0] + shift * self.numerators[1]
        below = self.squares[0] + shift * (2 * self.squares[1] + shift * self.squares[2])
        size = self.squares[0] + shift**2 * self.squares[2]
        flat = below <= 1e-20 * size
        t = above / np.sqrt(np.where(flat, 1.0, below))
        t[flat] = np.where(above[flat] < 0, -np.inf, np.inf)
        return (self.estimate - r) / self.std_error, t

    def known(self) -> tuple[float, float]:
        """The coefficient and its standard error."""
        return self.estimate, self.std_error


@dataclass(frozen=True, slots=True, eq=False)
class WildScores:
    """A linear fit by cluster, from which directions are made."""

    linear: Linear
    """Arrays after absorption."""

    residuals: FloatVector
    """(n,) residuals of the fit."""

    beta: FloatVector
    """(k,) coefficients."""

    clusters: Groups
    """Cluster of each row."""

    effects: EffectTerms
    """What absorbing the effects again takes away."""

    def directions(self, positions: Sequence[int]) -> tuple[Direction, ...]:
        """What the draws of several coefficients need.

        Parameters
        ----------
        positions : sequence of int
            Coefficients by position.
        """
        scores = self.clusters.totals(self._weigh(self.linear.X * self.residuals[:, None]))
        residual = self.effects.rights(self._weigh(self.residuals))
        return tuple(self._direction(j, scores, residual) for j in positions)

    def _direction(self, j: int, scores: FloatMatrix, residual: tuple[Table, ...]) -> Direction:
        X, bread = self.linear.X, self.linear.bread
        a = bread[:, j]
        fitted = X @ a
        gram = self.clusters.totals(self._weigh(X * fitted[:, None]))
        regressors = Term(gram @ bread, scores.T, gram.T)
        lefts, rights = (
            side(self._weigh(fitted)) for side in (self.effects.lefts, self.effects.rights)
        )
        terms = (regressors, *map(term, lefts, residual, rights))
        return Direction(scores @ a, gram @ a, terms, float(self.beta[j]), float(bread[j, j]))

    def _weigh(self, values: FloatMatrix) -> FloatMatrix:
        w = self.linear.weights
        if w is None:
            return values
        return values * (w if values.ndim == 1 else w[:, None])


def draw(directions: Sequence[Direction], blocks: Iterable[FloatMatrix]) -> tuple[WildDraws, ...]:
    """Draws of several coefficients from common weights.

    Parameters
    ----------
    directions : sequence of Direction
        One for each coefficient.
    blocks : iterable of (G, block)
        Weights by cluster.
    """
    found: list[list[FloatMatrix]] = [[] for _ in directions]
    for weights in blocks:
        for direction, numbers in zip(directions, found, strict=True):
            numbers.append(_five_numbers(direction, weights))
    return tuple(
        _collected(direction, np.concatenate(numbers, axis=1))
        for direction, numbers in zip(directions, found, strict=True)
    )


def _collected(direction: Direction, numbers: FloatMatrix) -> WildDraws:
    error = float(np.sqrt(direction.base @ direction.base))
    return WildDraws(direction.estimate, error, direction.scale, numbers[:2], numbers[2:])


def _five_numbers(direction: Direction, v: FloatMatrix) -> FloatMatrix:
    base, slope = v * direction.base[:, None], v * direction.slope[:, None]
    numerators = base.sum(axis=0), slope.sum(axis=0)
    for one in direction.terms:
        one.subtract(v, base, slope)
    squares = [
        np.einsum("gb,gb->b", *pair) for pair in ((base, base), (base, slope), (slope, slope))
    ]
    return np.stack([*numerators, *squares])


def score_draws(
    psi: FloatVector, estimate: float, clusters: Groups, blocks: Iterable[FloatMatrix]
) -> WildDraws:
    """Draws of a coefficient from its influence function alone: one step, nothing imposed.

    Parameters
    ----------
    psi : (n,)
        Influence of each row on the coefficient.
    estimate : float
        The coefficient.
    clusters : Groups
        Cluster of each row.
    blocks : iterable of (G, block)
        Weights by cluster.

    References
    ----------
    Kline and Santos (2012).
    """
    base = clusters.totals(psi[:, None])[:, 0]
    direction = Direction(base, np.zeros(len(base)), (), estimate, 1.0)
    return draw([direction], blocks)[0]

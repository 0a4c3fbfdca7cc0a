"""Wild restricted efficient bootstrap by cluster for one instrumented regressor.

The hypothesis beta = r is imposed on the structural residuals u. The reduced form d = Z pi + v is
estimated with u as a further regressor, which is efficient, and both residuals are multiplied by
the same weight per cluster. Everything that a draw needs is linear in the outcome, the regressor
and the instruments, so the rows are summed by cluster once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import sparse

from spillover.errors import SpecificationError
from spillover.numerics.inversion import Drawn
from spillover.numerics.pairs import Groups
from spillover.numerics.solution import Linear
from spillover.numerics.weak import reduce
from spillover.numerics.wild_effects import EffectTerms, Table, Term, term
from spillover.typing import FloatMatrix, FloatVector

Blocks: TypeAlias = Callable[[], Iterable[FloatMatrix]]
"""The same blocks of weights by cluster whenever they are asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentedScores:
    """Outcome, regressor and instruments by cluster, exogenous columns partialled out."""

    scores: FloatMatrix
    """(2 + l, l, G) sums of instrument times outcome, regressor and each instrument."""

    gram: FloatMatrix
    """(2 + l, 2 + l) cross-products of outcome, regressor and instruments."""

    lefts: tuple[tuple[Table, ...], ...]
    """For each instrument, left factors (G, m) of what partialling out again subtracts."""

    rights: tuple[tuple[Table, ...], ...]
    """For outcome, regressor and instruments, right factors (m, G) in the same order."""

    estimate: float
    """Two-stage least squares coefficient of the regressor."""

    std_error: float
    """Its clustered standard error without a small-sample factor."""

    @property
    def two_stage(self) -> float:
        """The two-stage least squares coefficient that the cross-products imply."""
        own, zy, zd = self.gram[2:, 2:], self.gram[2:, 0], self.gram[2:, 1]
        weights = np.linalg.solve(own, zd)
        return float(weights @ zy / (weights @ zd))

    def statistics(self, r: float, blocks: Iterable[FloatMatrix]) -> tuple[float, FloatVector]:
        """The t statistic of beta = r and those of the draws, shape (B,).

        Parameters
        ----------
        r : float
            Hypothetical value.
        blocks : iterable of (G, block)
            Weights by cluster.
        """
        size = len(self.gram)
        structural = np.zeros(size)
        structural[:2] = 1.0, -r
        pi = _reduced_form(self.gram, structural)
        reduced = np.concatenate([[0.0, 1.0], -pi])
        u, v = (np.tensordot(c, self.scores, 1) for c in (structural, reduced))
        fitted = np.tensordot(np.concatenate([[0.0, 0.0], pi]), self.scores, 1)
        terms = self._terms(structural, reduced)
        own = self.gram[2:, 2:]
        drawn = [_t(block, (u, v, fitted), own, pi, terms) for block in blocks]
        return (self.estimate - r) / self.std_error, np.concatenate(drawn)

    def _terms(self, structural: FloatVector, reduced: FloatVector) -> list[tuple[Term, ...]]:
        """What is subtracted, for each instrument."""
        base, slope = (
            [_mixed(chosen, factor) for factor in zip(*self.rights, strict=True)]
            for chosen in (structural, reduced)
        )
        return [tuple(map(term, left, base, slope)) for left in self.lefts]


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentedDraws(Drawn):
    """Draws for the coefficient of an instrumented regressor, made anew for every hypothesis."""

    scores: InstrumentedScores
    """Sums by cluster."""

    blocks: Blocks
    """Weights."""

    HALVINGS = 14
    """1e-4 of a standard error, as each bisection needs all draws."""

    def known(self) -> tuple[float, float]:
        """The coefficient and its standard error."""
        return self.scores.estimate, self.scores.std_error

    def statistics(self, r: float, *, restricted: bool = True) -> tuple[float, FloatVector]:
        """The t statistic of beta = r and those of the draws, shape (B,).

        Parameters
        ----------
        r : float
            Hypothetical value.
        restricted : bool
            Always true: the bootstrap imposes the hypothesis.
        """
        if not restricted:
            raise SpecificationError(
                "Expected the hypothesis to be imposed with instruments.",
                "Found restricted = false.",
                "Use restricted = true, or Cluster(...).",
            )
        return self.scores.statistics(r, self.blocks())


def instrumented_scores(
    linear: Linear, psi: FloatVector, beta: float, clusters: Groups, effects: EffectTerms
) -> InstrumentedScores:
    """A two-stage least squares fit with one endogenous regressor, by cluster.

    Parameters
    ----------
    linear : Linear
        Arrays after absorption; ``Z`` holds the exogenous regressors too.
    psi : (n,)
        Influence of each row on the coefficient.
    beta : float
        The coefficient.
    clusters : Groups
        Cluster of each row.
    effects : EffectTerms
        What absorbing effects again takes away.

    References
    ----------
    Davidson and MacKinnon (2010), section 3; Roodman, MacKinnon, Nielsen and Webb (2019).
    """
    if linear.Z is None:
        raise SpecificationError("Expected instruments.", "Found least squares.", "")
    w = np.ones(len(linear.y)) if linear.weights is None else linear.weights
    parts = reduce(linear.y, linear.X, linear.Z, linear.weights, linear.endogenous)
    columns = np.column_stack([parts.y, parts.D, parts.Z])
    heavy = columns * w[:, None]
    exogenous = np.delete(linear.X, linear.endogenous, axis=1)
    inverse = np.linalg.inv((exogenous * w[:, None]).T @ exogenous)
    scores = np.stack([clusters.totals(parts.Z * h[:, None]).T for h in heavy.T])
    tables = [clusters.totals(exogenous * h[:, None]) for h in heavy.T]
    lefts = [(t @ inverse, *effects.lefts(h)) for t, h in zip(tables, heavy.T, strict=True)]
    rights = [(t.T, *effects.rights(h)) for t, h in zip(tables, heavy.T, strict=True)]
    total = np.bincount(clusters.codes, psi, clusters.levels)
    error = float(np.sqrt(total @ total))
    return InstrumentedScores(
        scores, heavy.T @ columns, tuple(lefts[2:]), tuple(rights), beta, error
    )


def _mixed(chosen: FloatVector, factors: Sequence[Table]) -> Table:
    """The linear combination of right factors."""
    pairs = list(zip(chosen, factors, strict=True))
    if sparse.issparse(factors[0]):
        total = sparse.csr_array(factors[0].shape)
        for c, factor in pairs:
            total = total + sparse.csr_array(factor) * c
        return total
    return np.asarray(sum(c * np.asarray(factor) for c, factor in pairs))


def _reduced_form(gram: FloatMatrix, structural: FloatVector) -> FloatVector:
    """(l,) coefficients of the instruments when the residuals u are a further regressor."""
    own, d = gram[2:, 2:], gram[2:, 1]
    zu, uu, ud = gram[2:] @ structural, structural @ gram @ structural, structural @ gram[:, 1]
    normal = np.block([[own, zu[:, None]], [zu[None, :], np.array([[uu]])]])
    return np.asarray(np.linalg.solve(normal, np.append(d, ud))[:-1])


def _t(
    weights: FloatMatrix,
    sums: tuple[FloatMatrix, FloatMatrix, FloatMatrix],
    own: FloatMatrix,
    pi: FloatVector,
    terms: Sequence[tuple[Term, ...]],
) -> FloatVector:
    """T statistics of one block of draws, shape (B,)."""
    u, v, fitted = sums
    theta = np.linalg.solve(own, (own @ pi)[:, None] + v @ weights)
    above = np.einsum("lb,lb->b", theta, u @ weights)
    shift = above / np.einsum("lb,lb->b", theta, own @ theta)
    total = np.zeros(weights.shape)
    for j, subtracted in enumerate(terms):
        structural, reduced = weights * u[j][:, None], weights * v[j][:, None]
        for one in subtracted:
            one.subtract(weights, structural, reduced)
        reduced += fitted[j][:, None]
        reduced *= shift
        structural -= reduced
        structural *= theta[j]
        total += structural
    below = np.sqrt(np.einsum("gb,gb->b", total, total))
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.inf), where=below > 0))

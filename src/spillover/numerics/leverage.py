"""Leverage of each row in the full model, absorbed effects included."""

import numpy as np
from scipy import linalg

from spillover.errors import ResourceError
from spillover.numerics.absorb import DENSE_LEVELS
from spillover.numerics.incidence import incidence
from spillover.numerics.schur import Elimination, eliminate
from spillover.numerics.solution import Effects, Linear
from spillover.numerics.tall import row_blocks
from spillover.typing import FloatMatrix, FloatVector, IntVector

MAX_ROWS = 20_000
"""Greatest number of rows for which leverages of several effects are computed."""


def leverages(linear: Linear, effects: Effects) -> FloatVector:
    """Diagonal of the projection on regressors and effects, shape (n,).

    The regressors are free of effects, so that h_i is the sum of w_i x_i'Bx_i and the leverage
    within the effects: w_i over the weight of the level with one effect, and one solve for each
    row with several.

    Parameters
    ----------
    linear : Linear
        Regressors after absorption, with the inverse of their cross-product.
    effects : Effects
        Absorbed effects on the same rows.

    Raises
    ------
    ResourceError
        Several effects on more than 20,000 rows, or with more than 3,000 levels beside the
        largest.
    """
    n = len(linear.y)
    weights = np.ones(n) if linear.weights is None else linear.weights
    slopes = weights * np.einsum("ij,ij->i", linear.X @ linear.bread, linear.X)
    if not effects.codes:
        return np.asarray(slopes)
    if len(effects.codes) == 1:
        totals = np.bincount(effects.codes[0], weights=weights, minlength=effects.levels[0])
        return np.asarray(slopes + weights / totals[effects.codes[0]])
    _refuse_large(n, effects)
    return np.asarray(slopes + _of_several(effects, weights))


def _refuse_large(n: int, effects: Effects) -> None:
    rest = sum(effects.levels) - max(effects.levels)
    if n > MAX_ROWS or rest > DENSE_LEVELS:
        raise ResourceError(
            f"Expected at most {MAX_ROWS:,} rows, and {DENSE_LEVELS:,} levels beside the largest "
            "effect, for exact leverages with several effects.",
            f"Found {n:,} rows and {rest:,} levels in {' and '.join(effects.names)}.",
            "Use HC1 or cluster; with this many rows HC1, HC2 and HC3 hardly differ.",
        )


def _of_several(effects: Effects, weights: FloatVector) -> FloatVector:
    order = np.argsort([-count for count in effects.levels], kind="stable")
    codes = tuple(effects.codes[j] for j in order)
    levels = tuple(effects.levels[j] for j in order)
    elimination = eliminate(codes, levels, weights)
    others = incidence(codes[1:], levels[1:])
    found = np.empty(len(weights))
    for rows in row_blocks(len(weights), 20):
        first = codes[0][rows]
        found[rows] = _within_effects(elimination, first, others[rows].toarray())
    return weights * found


def _within_effects(elimination: Elimination, first: IntVector, others: FloatMatrix) -> FloatVector:
    """d'(D'WD)^-1 d for rows of dummies d: the largest effect by its codes, the others dense."""
    share = 1 / elimination.totals[first]
    left = others - elimination.cross[first].toarray() * share[:, None]
    scaled = (left * elimination.scale)[:, elimination.kept]
    if not scaled.shape[1]:
        return np.asarray(share)
    solved = linalg.solve_triangular(elimination.factor, scaled.T, lower=True)
    return np.asarray(share + np.sum(solved**2, axis=0))

"""Leverage of each row in the full model, absorbed effects included."""

import numpy as np

from spillover.errors import SpecificationError
from spillover.numerics.solution import Effects, Linear
from spillover.typing import FloatVector


def leverages(linear: Linear, effects: Effects) -> FloatVector:
    """Diagonal of the projection on regressors and effects, shape (n,).

    Parameters
    ----------
    linear : Linear
        Regressors after absorption, with the inverse of their cross-product.
    effects : Effects
        Absorbed effects on the same rows; at most one.

    Raises
    ------
    SpecificationError
        More than one effect was absorbed.
    """
    n = len(linear.y)
    weights = np.ones(n) if linear.weights is None else linear.weights
    slopes = weights * np.einsum("ij,jk,ik->i", linear.X, linear.bread, linear.X)
    if not effects.codes:
        return np.asarray(slopes)
    if len(effects.codes) > 1:
        raise SpecificationError(
            "Expected at most one absorbed effect for leverages.",
            f"Found {', '.join(effects.names)}.",
            "Use HC1, or cluster.",
        )
    totals = np.bincount(effects.codes[0], weights=weights, minlength=effects.levels[0])
    return np.asarray(slopes + weights / totals[effects.codes[0]])

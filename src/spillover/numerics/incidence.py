"""Levels of fixed effects as sparse dummies, for sums by level and for fitted effects."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from spillover.typing import FloatVector, IntVector


def incidence(effects: Sequence[IntVector], levels: Sequence[int]) -> sparse.csr_array:
    """Dummies of several effects side by side, shape (n, sum of levels).

    Parameters
    ----------
    effects : q arrays of (n,)
        Integer codes 0..G-1.
    levels : q integers
        Number of levels of each effect.
    """
    n, q = len(effects[0]), len(effects)
    starts = np.cumsum([0, *levels[:-1]])
    width = int(sum(levels))
    kind = np.int32 if max(n * q, width) < np.iinfo(np.int32).max else np.int64
    indices = np.empty((n, q), dtype=kind)
    for j, (codes, start) in enumerate(zip(effects, starts, strict=True)):
        np.add(codes, start, out=indices[:, j], casting="unsafe")
    pointers = np.arange(0, n * q + 1, q, dtype=kind)
    return sparse.csr_array((np.ones(n * q), indices.ravel(), pointers), shape=(n, width))


def weighted(dummies: sparse.csr_array, weights: FloatVector | None) -> sparse.csr_array:
    """Dummies (n, L) with each row multiplied by its weight."""
    if weights is None:
        return dummies
    per_row = dummies.indptr[1] if dummies.shape[0] else 0
    data = np.repeat(weights, per_row)
    return sparse.csr_array((data, dummies.indices, dummies.indptr), shape=dummies.shape)

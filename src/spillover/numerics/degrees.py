"""What fixed effects cost: rows that identify nothing, connected components, levels in use."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from spillover.typing import BoolVector, IntVector


def singletons(effects: Sequence[IntVector]) -> BoolVector:
    """Rows that remain when levels with a single row are removed until there are none.

    Such a row is fitted perfectly by its own effect: it says nothing about slopes and distorts
    degrees of freedom and clustered standard errors.

    Parameters
    ----------
    effects : q arrays of (n,)
        Integer codes 0..G-1.

    Returns
    -------
    kept : (n,)
        True for rows that stay.

    References
    ----------
    Correia (2015).
    """
    n = len(effects[0]) if effects else 0
    kept = np.ones(n, dtype=bool)
    rows = np.arange(n, dtype=np.float64)
    counts = [np.bincount(codes) for codes in effects]
    # The sum of the row numbers of a level with one row left is the number of that row.
    sums = [np.bincount(codes, weights=rows) for codes in effects]
    leaving = _lonely(counts, sums)
    while len(leaving):
        kept[leaving] = False
        for codes, count, total in zip(effects, counts, sums, strict=True):
            np.subtract.at(count, codes[leaving], 1)
            np.subtract.at(total, codes[leaving], leaving.astype(np.float64))
        leaving = _lonely(
            [c[codes[leaving]] for c, codes in zip(counts, effects, strict=True)],
            [s[codes[leaving]] for s, codes in zip(sums, effects, strict=True)],
        )
    return kept


def _lonely(counts: Sequence[IntVector], sums: Sequence[np.ndarray]) -> IntVector:
    """Numbers of the rows that are alone in some level."""
    alone = [total[count == 1] for count, total in zip(counts, sums, strict=True)]
    return np.unique(np.concatenate(alone)).astype(np.int64) if alone else np.zeros(0, np.int64)


def components(first: IntVector, second: IntVector) -> int:
    """Connected components of the graph that links levels of two effects sharing a row.

    Parameters
    ----------
    first, second : (n,)
        Integer codes 0..G-1 without empty levels.
    """
    if not len(first):
        return 0
    left, right = int(first.max()) + 1, int(second.max()) + 1
    links = sparse.coo_array(
        (np.ones(len(first), dtype=np.int8), (first, second.astype(np.int64) + left)),
        shape=(left + right, left + right),
    )
    count, _ = csgraph.connected_components(links, directed=False)
    return int(count)


def dense_codes(codes: IntVector) -> tuple[IntVector, int]:
    """Codes 0..G-1 without empty levels, in the same order, and G.

    Parameters
    ----------
    codes : (n,)
        Whole numbers; negative ones are missing and become -1.
    """
    top = int(codes.max(initial=-1))
    if top > 8 * len(codes) + 1_000_000:
        values, dense = np.unique(codes, return_inverse=True)
        missing = int(np.searchsorted(values, 0))
        return np.maximum(dense - missing, -1).astype(np.int32), len(values) - missing
    if codes.min(initial=0) < -1:
        codes = np.maximum(codes, -1)
    present = np.zeros(top + 2, dtype=bool)
    present[codes] = True
    # The last place belongs to missing values, which index it from the end.
    position = np.cumsum(present, dtype=np.int32)
    position -= 1
    levels = int(np.count_nonzero(present[:-1]))
    position[-1] = -1
    return position[codes], levels

"""Whether the levels of one grouping lie inside those of another."""

import numpy as np

from spillover.typing import IntVector


def is_nested(codes: IntVector, levels: int, clusters: IntVector) -> bool:
    """Whether every level of an effect lies in one cluster.

    Parameters
    ----------
    codes, clusters : (n,)
        Codes of the effect and of the clusters.
    levels : int
        Number of levels of the effect.
    """
    first = np.zeros(levels, dtype=np.int64)
    first[codes[::-1]] = clusters[::-1]
    return bool(np.array_equal(first[codes], clusters))

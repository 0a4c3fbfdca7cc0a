"""Calendar lags as positions, so that everything later is array indexing."""

import numpy as np

from spillover.typing import IntVector


def previous(codes: IntVector, years: IntVector) -> IntVector:
    """Position of the same unit one calendar year earlier, -1 where there is none.

    Parameters
    ----------
    codes, years : (n,)
        Units and years, sorted by both, each pair at most once.

    Examples
    --------
    >>> previous(np.array([0, 0, 0, 1]), np.array([2000, 2001, 2003, 2004])).tolist()
    [-1, 0, -1, -1]
    """
    found = np.full(len(codes), -1, dtype=np.int64)
    follows = (codes[1:] == codes[:-1]) & (years[1:] == years[:-1] + 1)
    found[1:][follows] = np.flatnonzero(follows)
    return found

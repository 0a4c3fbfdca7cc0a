"""Where values stand in a sorted list."""

import numpy as np

from spillover.typing import IntVector


def located(listed: IntVector, wanted: IntVector) -> IntVector:
    """(m,) place of each value in an ascending list of distinct ones; -1 where it is not there.

    Parameters
    ----------
    listed : (k,)
        The list.
    wanted : (m,)
        Values, in any order.

    Examples
    --------
    >>> located(np.array([2010, 2012]), np.array([2012, 2011]))
    array([ 1, -1])
    """
    if not len(listed):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(listed, wanted), len(listed) - 1)
    return np.where(listed[at] == wanted, at, -1)

"""Brokerage of firms between groups, such as foreign and domestic ones."""

import numpy as np
import pandas as pd

from spillover.errors import DataError
from spillover.networks.network import Network
from spillover.typing import IntVector


def brokerage(network: Network, year: int, groups: np.ndarray) -> pd.DataFrame:
    """How often each firm stands between two others that are not linked, by role.

    What is told runs from the partner to the firm that listens. ``gatekeeper`` brings something
    from another group into the own one, ``representative`` takes it out; between foreign and
    domestic firms the two together are the brokers of foreign knowledge.

    Parameters
    ----------
    network : Network
        Links.
    year : int
        Year.
    groups : (N,)
        Group of each firm of the network: a foreign flag, an industry. No missing values.

    Returns
    -------
    DataFrame
        One row per existing firm: firm_id, coordinator, itinerant, representative, gatekeeper,
        liaison, total.

    References
    ----------
    Gould and Fernandez (1989), Sociological Methodology 19.

    Examples
    --------
    >>> from spillover.networks.build import assemble
    >>> chain = assemble("w", ["a", "b", "c"], [2020], [0, 1], [1, 2])
    >>> brokerage(chain, 2020, np.array([1, 0, 0])).loc[1, "gatekeeper"]
    np.int64(1)
    """
    from spillover.numerics.brokers import ROLES
    from spillover.numerics.brokers import brokerage as roles

    if len(groups) != len(network.firms) or pd.isna(groups).any():
        raise DataError(
            "Expected the group of every firm of the network.",
            f"Found {int(np.sum(~pd.isna(groups))):,} for {len(network.firms):,} firms.",
            "Fill unknown groups with a code of their own.",
        )
    codes: IntVector = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    counts = roles(network.at(year), codes)
    here = network.present_at(year)
    frame = pd.DataFrame(counts[here], columns=list(ROLES))
    frame.insert(0, "firm_id", network.firms[here])
    return frame.assign(total=counts[here].sum(axis=1))

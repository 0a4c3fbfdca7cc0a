"""The verb ``expose``: a network carrying a shock."""

from typing import Protocol

from spillover.exposures.exposure import Exposure
from spillover.exposures.shock import Shock
from spillover.networks.network import Network


class ExposureSpec(Protocol):
    """A way in which a network carries a shock."""

    def carry(self, network: Network, shock: Shock, name: str) -> Exposure:
        """The exposure of that name."""
        ...


def expose(network: Network, shock: Shock, spec: ExposureSpec, name: str = "exposure") -> Exposure:
    """The exposure of every firm and year to the shocks of its partners.

    Parameters
    ----------
    network : Network
        Who listens to whom: ``supply.customers()``, ``supply.suppliers()``, joint patents.
    shock : Shock
        What partners carry.
    spec : ExposureSpec
        For example ``Neighbors(isolates="missing")``.
    name : str
        Name of the column that the exposure brings to a panel.

    Examples
    --------
    >>> import numpy as np
    >>> from spillover.exposures.neighbors import Neighbors
    >>> from spillover.networks.build import assemble
    >>> supply = assemble("supply", ["a", "b", "c"], [2020], src=[0, 0], dst=[1, 2])
    >>> rd = Shock("rd", supply.firms, supply.years, np.array([[1.0], [2.0], [6.0]]))
    >>> peers = Neighbors(isolates="missing", lag=0, exclude="self")
    >>> expose(supply.customers(), rd, peers).values.ravel()
    array([ 4., nan, nan])
    """
    return spec.carry(network, shock, name)

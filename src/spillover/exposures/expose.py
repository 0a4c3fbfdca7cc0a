"""The verb ``expose``: a network carrying a shock."""

from typing import Protocol, TypeVar

Carrier = TypeVar("Carrier", contravariant=True)  # noqa: PLC0105 - named by what it is
Carried = TypeVar("Carried", contravariant=True)  # noqa: PLC0105
Made = TypeVar("Made", covariant=True)  # noqa: PLC0105


class ExposureSpec(Protocol[Carrier, Carried, Made]):
    """A way in which a network, or shares, carry a shock."""

    def carry(self, network: Carrier, shock: Carried, name: str, /) -> Made:
        """The exposure of that name."""
        ...


def expose(
    network: Carrier,
    shock: Carried,
    spec: ExposureSpec[Carrier, Carried, Made],
    name: str = "exposure",
) -> Made:
    """The exposure of every firm and year to the shocks of its partners.

    Parameters
    ----------
    network : Network or Shares
        Who listens to whom: ``supply.customers()``, ``supply.suppliers()``, joint patents; or
        shares of units in categories.
    shock : Shock or Contributions
        What partners or categories carry.
    spec : ExposureSpec
        For example ``Neighbors(isolates="missing")``, or ``ShiftShare()`` for shares.
    name : str
        Name of the column that the exposure brings to a panel.

    Examples
    --------
    >>> import numpy as np
    >>> from spillover.exposures.neighbors import Neighbors
    >>> from spillover.exposures.shock import Shock
    >>> from spillover.networks.build import assemble
    >>> supply = assemble("supply", ["a", "b", "c"], [2020], src=[0, 0], dst=[1, 2])
    >>> rd = Shock("rd", supply.firms, supply.years, np.array([[1.0], [2.0], [6.0]]))
    >>> peers = Neighbors(isolates="missing", lag=0, exclude="self")
    >>> expose(supply.customers(), rd, peers).values.ravel()
    array([ 4., nan, nan])
    """
    return spec.carry(network, shock, name)

"""The verb ``connect``: tables and a specification in, a network out."""

from typing import Protocol

from spillover.networks.network import Network
from spillover.tables.tables import Tables


class NetworkSpec(Protocol):
    """A way to read links out of tables."""

    def build(self, tables: Tables, name: str) -> Network:
        """The network of that name."""
        ...


def connect(tables: Tables, spec: NetworkSpec, name: str = "supply") -> Network:
    """The network that a specification finds in the tables.

    Parameters
    ----------
    tables : Tables
        Validated tables.
    spec : NetworkSpec
        For example ``SupplyLinks()`` or ``JointPatents()``.
    name : str
        Name by which dependences and study files refer to the network.

    Examples
    --------
    >>> import pandas as pd
    >>> from spillover.networks.supply import SupplyLinks
    >>> from spillover.tables.tables import Tables
    >>> links = pd.DataFrame({"supplier_id": ["a"], "customer_id": ["b"], "year": [2020]})
    >>> connect(Tables({"supply_links": links}), SupplyLinks()).customers().at(2020).toarray()
    array([[0., 1.],
           [0., 0.]])
    """
    return spec.build(tables, name)

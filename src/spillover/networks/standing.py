"""Networks that hold in every year: proximity does not come and go."""

import numpy as np
from scipy import sparse

from spillover.errors import DataError
from spillover.networks.axes import axes
from spillover.networks.build import clean
from spillover.networks.edges import Edges
from spillover.networks.network import Network, codes_in
from spillover.tables.tables import Tables


def standing(
    tables: Tables, firms: np.ndarray, matrix: sparse.csr_array, name: str, notes: list[str]
) -> Network:
    """A symmetric network that holds in every year of the tables.

    Parameters
    ----------
    tables : Tables
        ``firm_years`` gives the years.
    firms : (M,)
        Identifiers of the rows of the matrix.
    matrix : (M, M)
        Symmetric weights.
    name : str
        Name of the network.
    notes : list of str
        What happened on the way.

    Raises
    ------
    DataError
        There are no firm_years.
    """
    if "firm_years" not in tables:
        raise DataError(
            f"Expected firm_years to date {name!r}.",
            "Found none.",
            "Proximity holds in all years: bring the table that lists them.",
        )
    years = np.unique(tables["firm_years"]["year"].to_numpy(dtype=np.int32))
    base = axes(tables, years, firms)
    pairs = matrix.tocoo()
    into = codes_in(base.firms, firms)
    rows, columns = into[pairs.coords[0]], into[pairs.coords[1]]
    inside = (rows >= 0) & (columns >= 0)
    size = int(inside.sum())
    edges = Edges(
        columns[inside],
        rows[inside],
        np.full(size, years[0], dtype=np.int16),
        np.full(size, years[-1], dtype=np.int16),
        pairs.data[inside].astype(np.float64),
        np.full(size, 3, dtype=np.uint8),
    )
    edges, cleaned = clean(edges, len(base.firms))
    return base.network(name, edges, (*notes, *cleaned), directed=False)

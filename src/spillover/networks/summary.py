"""summarize: what a network looks like, one row per year."""

import numpy as np
import pandas as pd
from scipy.sparse import csgraph

from spillover.networks.describe import undirected
from spillover.networks.network import Network
from spillover.numerics.csr import entry_keys, lookup, rows_of
from spillover.typing import IntVector


def summarize(network: Network) -> pd.DataFrame:
    """The first table of a study: one row per year of a network.

    Columns: firms, links, mean_degree, median_degree, max_degree, isolated (share of firms),
    giant (share in the largest component), reciprocity, survival (links of the year that hold in
    the next observed year, among those whose firms both exist then), created (links of the year
    that did not hold in the year before, as a share), one_sided (links that one side reported).

    Parameters
    ----------
    network : Network
        Links; degrees follow its direction, isolated firms have no partner in either.
    """
    rows = [_year_row(network, at) for at in range(len(network.years))]
    return pd.DataFrame(rows).astype({"year": np.int64, "firms": np.int64, "links": np.int64})


def _year_row(network: Network, at: int) -> dict[str, float]:
    year = int(network.years[at])
    here = network.present[:, at]
    matrix = network.at(year)
    degree = np.diff(matrix.indptr)[here]
    both = np.diff(undirected(network, year).indptr)[here]
    size = max(int(here.sum()), 1)
    alive = (network.edges.start <= year) & (network.edges.end >= year)
    _, part = csgraph.connected_components(undirected(network, year), directed=False)
    mutual = lookup(matrix, matrix.indices, rows_of(matrix)) > 0.0
    return {
        "year": year,
        "firms": int(here.sum()),
        "links": matrix.nnz,
        "mean_degree": float(degree.mean()) if len(degree) else np.nan,
        "median_degree": float(np.median(degree)) if len(degree) else np.nan,
        "max_degree": float(degree.max(initial=0.0)),
        "isolated": float(np.sum(both == 0) / size),
        "giant": float(np.bincount(part[here]).max(initial=0) / size),
        "reciprocity": _share(mutual),
        **_turnover(network, at),
        "one_sided": _share(network.edges.reporter[alive] != 3),
    }


def _turnover(network: Network, at: int) -> dict[str, float]:
    """Links of a year that hold in the next one, and those that are new."""
    now = _pairs(network, at)
    result = {"survival": np.nan, "created": np.nan}
    if at + 1 < len(network.years):
        then = network.present[:, at + 1]
        rows, columns = np.divmod(now, len(network.firms))
        at_risk = now[then[rows] & then[columns]]
        result["survival"] = _share(np.isin(at_risk, _pairs(network, at + 1)))
    if at > 0:
        result["created"] = _share(~np.isin(now, _pairs(network, at - 1)))
    return result


def _pairs(network: Network, at: int) -> IntVector:
    return entry_keys(network.at(int(network.years[at])))


def _share(mask: np.ndarray) -> float:
    return float(mask.mean()) if len(mask) else np.nan

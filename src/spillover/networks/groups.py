"""Business groups as codes: from the tables, or as components of majority stakes."""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from spillover.networks.network import codes_in
from spillover.tables.tables import Tables
from spillover.typing import IntVector

MAJORITY = 0.5
"""A stake above this share puts owner and firm into one group."""


def group_codes(tables: Tables, firms: np.ndarray, years: IntVector) -> IntVector | None:
    """Group of each firm, (N,) or (N, T); -1 for firms in no group; None when nothing is known.

    The first source that exists is used: ``group_id`` of ``firms``, ``group_id`` of
    ``ownership``, majority stakes of ``ownership`` within the year. A year without ownership
    data takes the groups of the nearest year with data, the earlier one first.

    Parameters
    ----------
    tables : Tables
        Tables with ``firms`` or ``ownership``.
    firms : (N,)
        Sorted identifiers.
    years : (T,)
        Years of the network.
    """
    if "firms" in tables and "group_id" in tables.firms.columns:
        column = tables.firms.set_index("firm_id")["group_id"].reindex(firms)
        return pd.factorize(column, sort=True)[0].astype(np.int32)
    if "ownership" not in tables:
        return None
    stakes = tables.ownership
    covered = np.unique(stakes["year"].to_numpy(dtype=np.int32))
    if not len(covered):
        return np.full(len(firms), -1, dtype=np.int32)
    named = _told(stakes, "group_id")
    if not named and not _told(stakes, "owner_id"):
        return None
    finder = _named if named else _majority
    by_year = {int(year): finder(stakes[stakes["year"] == year], firms) for year in covered}
    columns = [by_year[_nearest(covered, int(year))] for year in years]
    if all(np.array_equal(columns[0], column) for column in columns[1:]):
        return columns[0]
    return np.column_stack(columns)


def _told(stakes: pd.DataFrame, name: str) -> bool:
    return name in stakes.columns and bool(stakes[name].notna().any())


def _nearest(covered: IntVector, year: int) -> int:
    distance = np.abs(covered - year)
    return int(covered[np.argmin(distance)])


def _named(stakes: pd.DataFrame, firms: np.ndarray) -> IntVector:
    known = stakes[stakes["group_id"].notna()]
    row = codes_in(firms, known["firm_id"].to_numpy(dtype=object))
    group = pd.factorize(known["group_id"], sort=True)[0]
    codes = np.full(len(firms), -1, dtype=np.int32)
    codes[row[row >= 0]] = group[row >= 0]
    return codes


def _majority(stakes: pd.DataFrame, firms: np.ndarray) -> IntVector:
    """Components of stakes above one half; owners outside the list of firms join their firms."""
    share = pd.to_numeric(stakes["share"]).to_numpy(dtype=np.float64, na_value=0.0)
    held = stakes[(share > MAJORITY) & stakes["owner_id"].notna().to_numpy()]
    owners = held["owner_id"].to_numpy(dtype=object)
    outside = pd.unique(owners[codes_in(firms, owners) < 0])
    everyone = np.concatenate([firms, outside])
    a = codes_in(firms, held["firm_id"].to_numpy(dtype=object))
    b = codes_in(everyone, owners)
    inside = (a >= 0) & (b >= 0)
    size = len(everyone)
    graph = sparse.coo_array((np.ones(inside.sum()), (a[inside], b[inside])), shape=(size, size))
    _, component = csgraph.connected_components(graph, directed=False)
    members = np.bincount(component)
    return np.where(members[component] > 1, component, -1)[: len(firms)].astype(np.int32)

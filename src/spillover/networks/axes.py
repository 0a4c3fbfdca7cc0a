"""The axes of a network from tables: firms, years, who exists when, groups and other columns."""

from typing import Any

import numpy as np
import pandas as pd

from spillover.networks.build import Frame
from spillover.networks.groups import group_codes
from spillover.networks.network import codes_in
from spillover.tables.tables import Tables
from spillover.typing import BoolMatrix, IntVector

ATTRIBUTES = ("industry", "prefecture", "municipality", "region", "country", "entity_kind")
"""Columns of ``firms`` that a network carries for exclusions, motifs and rewiring."""


def axes(tables: Tables, years: IntVector, ends: np.ndarray | None = None) -> Frame:
    """Firms, presence and attributes for a list of years.

    Parameters
    ----------
    tables : Tables
        ``firms`` gives the firms; without it they are those of ``firm_years`` and ``ends``.
    years : (T,)
        Observed years of the network, ascending.
    ends : (m,), optional
        Identifiers at the ends of links, used when there is no table of firms.
    """
    firms = _firms(tables, ends)
    present, notes = _present(tables, firms, years)
    attributes = {name: _column(tables, firms, name) for name in _carried(tables)}
    groups = group_codes(tables, firms, years)
    if groups is not None:
        attributes["group_id"] = groups
    return Frame(firms, years, present, attributes, notes)


def _firms(tables: Tables, ends: np.ndarray | None) -> np.ndarray:
    lists = [] if ends is None else [np.asarray(ends, dtype=object)]
    if "firms" in tables:
        lists = [tables.firms["firm_id"].to_numpy(dtype=object)]
    elif "firm_years" in tables:
        lists.append(np.asarray(tables["firm_years"]["firm_id"].unique(), dtype=object))
    identifiers = pd.unique(np.concatenate([np.zeros(0, dtype=object), *lists]))
    return np.sort(identifiers.astype(str)).astype(object)


def _present(
    tables: Tables, firms: np.ndarray, years: IntVector
) -> tuple[BoolMatrix, tuple[str, ...]]:
    present = _lifetimes(tables, firms, years)
    if "firm_years" not in tables:
        return present, ()
    frame = tables["firm_years"]
    seen = frame["year"].to_numpy(dtype=np.int32)
    covered = np.isin(years, np.unique(seen))
    column = np.searchsorted(years, seen)
    row = codes_in(firms, frame["firm_id"])
    inside = (row >= 0) & (column < len(years))
    inside[inside] = years[column[inside]] == seen[inside]
    present[:, covered] = False
    present[row[inside], column[inside]] = True
    blind = [str(year) for year in years[~covered]]
    if not blind:
        return present, ()
    return present, (f"no firm_years in {', '.join(blind)}: every living firm counts as present",)


def _lifetimes(tables: Tables, firms: np.ndarray, years: IntVector) -> BoolMatrix:
    present = np.ones((len(firms), len(years)), dtype=bool)
    if "firms" not in tables:
        return present
    frame = tables.firms.set_index("firm_id").reindex(firms)
    if "founded" in frame:
        born = _years(frame["founded"], -np.inf)
        present &= born[:, None] <= years[None, :]
    if "closed" in frame:
        died = _years(frame["closed"], np.inf)
        present &= years[None, :] <= died[:, None]
    return present


def _years(column: "pd.Series[Any]", unknown: float) -> np.ndarray:
    return np.asarray(calendar_years(column).fillna(unknown).to_numpy(dtype=np.float64))


def calendar_years(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Years of a column that holds years or dates; missing stays missing."""
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("Float64")
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.Series(pd.DatetimeIndex(column).year, index=column.index).astype("Float64")
    text = column.astype("string").str.slice(0, 4)
    return pd.to_numeric(text, errors="coerce").astype("Float64")


def _carried(tables: Tables) -> list[str]:
    return [name for name in ATTRIBUTES if "firms" in tables and name in tables.firms.columns]


def _column(tables: Tables, firms: np.ndarray, name: str) -> IntVector:
    values = tables.firms.set_index("firm_id")[name].reindex(firms)
    codes, _ = pd.factorize(values, sort=True)
    return codes.astype(np.int32)

"""Foreign stakes of each firm and year, with what owners that are not known could add."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases, unknown_name
from spillover.typing import BoolVector, FloatVector, IntVector, TextVector

TOLERANCE = 1e-9
"""Slack of comparisons, so that stakes that add up to a threshold reach it."""

_CELL = ["firm_id", "year"]


@dataclass(frozen=True, slots=True, eq=False)
class Stakes:
    """Foreign stakes of n firm-years, sorted by firm and year."""

    firm_id: TextVector
    """(n,) firms."""

    year: IntVector
    """(n,) calendar years."""

    largest: FloatVector
    """(n,) share of the largest foreign investor that is known."""

    largest_at_most: FloatVector
    """(n,) the same, were every owner of unknown country foreign."""

    total: FloatVector
    """(n,) share of all foreign investors; the reported total where there is one."""

    total_at_most: FloatVector
    """(n,) the same, were every owner of unknown country foreign."""

    only_total: BoolVector
    """(n,) whether a total is all that is known."""


def gather(ownership: pd.DataFrame, home: str, *, indirect: bool) -> Stakes:
    """The foreign stakes of each firm and year.

    Stakes of one owner are added over direct and indirect paths. A total foreign share is not
    added to single stakes; what it exceeds them by may belong to one investor.

    Parameters
    ----------
    ownership : DataFrame
        Stakes of owners by firm and year.
    home : str
        Country whose owners are domestic.
    indirect : bool
        Whether stakes held through other firms count.

    Raises
    ------
    DataError
        A stake is outside 0..1, a country is not such a code, or single stakes exceed the total.
    """
    _refuse_unusable(ownership, home)
    cells = ownership[_CELL].drop_duplicates().sort_values(_CELL)
    keys = pd.MultiIndex.from_frame(cells)
    rows = _counted(ownership, home, indirect=indirect)
    side = rows["side"].to_numpy()
    largest, added = _per_cell(rows[side == "foreign"], keys)
    largest_open, added_open = _per_cell(rows[side == "unknown"], keys)
    _, reported = _per_cell(rows[side == "total"], keys)
    has_total = keys.isin(pd.MultiIndex.from_frame(rows.loc[side == "total", _CELL]))
    has_single = keys.isin(pd.MultiIndex.from_frame(rows.loc[side != "total", _CELL]))
    _refuse_excess(has_total & (added > reported + TOLERANCE), keys)
    beyond = np.where(has_total, np.maximum(reported - added, 0.0), largest_open)
    return Stakes(
        cells["firm_id"].to_numpy(dtype=object),
        cells["year"].to_numpy(dtype=np.int32),
        largest,
        np.maximum(largest, beyond),
        np.where(has_total, reported, added),
        np.where(has_total, reported, added + added_open),
        has_total & ~has_single,
    )


def _counted(ownership: pd.DataFrame, home: str, *, indirect: bool) -> pd.DataFrame:
    """Stakes that count, one row per firm, year and investor, with the side of the investor."""
    frame = ownership[_CELL].copy()
    frame["share"] = ownership["share"].to_numpy(dtype=np.float64)
    total = _is(ownership, "scope", "total_foreign")
    frame["side"] = np.where(total, "total", _sides(ownership, home)).astype(object)
    frame["owner"] = _owners(ownership)
    if not indirect:
        frame = frame[~_is(ownership, "path", "indirect") | total]
    by = [*_CELL, "side", "owner"]
    return frame.groupby(by, sort=False)["share"].sum().reset_index()


def _owners(ownership: pd.DataFrame) -> IntVector:
    """A code per owner; an owner without identifier is an owner of its own."""
    position = np.arange(len(ownership))
    if "owner_id" not in ownership:
        return position
    codes = pd.factorize(ownership["owner_id"])[0]
    return np.where(codes >= 0, codes, -1 - position)


def _sides(ownership: pd.DataFrame, home: str) -> TextVector:
    if "owner_country" not in ownership:
        return np.full(len(ownership), "unknown", dtype=object)
    known = ownership["owner_country"].notna().to_numpy(dtype=bool)
    at_home = _is(ownership, "owner_country", home)
    return np.where(known, np.where(at_home, "domestic", "foreign"), "unknown").astype(object)


def _is(frame: pd.DataFrame, column: str, value: str) -> BoolVector:
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray((frame[column] == value).to_numpy(dtype=bool, na_value=False))


def _per_cell(stakes: pd.DataFrame, keys: pd.MultiIndex) -> tuple[FloatVector, FloatVector]:
    """Largest and total stake of each firm and year; zero without stakes."""
    grouped = stakes.groupby(_CELL, sort=False)["share"].agg(["max", "sum"])
    aligned = grouped.reindex(keys).fillna(0.0)
    return (
        aligned["max"].to_numpy(dtype=np.float64, copy=True),
        aligned["sum"].to_numpy(dtype=np.float64, copy=True),
    )


def _refuse_unusable(ownership: pd.DataFrame, home: str) -> None:
    for name in (*_CELL, "share"):
        if name not in ownership:
            raise unknown_name("column of ownership", name, [str(c) for c in ownership.columns])
    share = ownership["share"].to_numpy(dtype=np.float64, na_value=np.nan)
    outside = ~((share >= 0) & (share <= 1))
    if outside.any():
        raise DataError(
            "Expected shares between 0 and 1 in ownership.",
            f"Found {int(outside.sum()):,} others ({first_cases(share[outside][:4])}).",
            "Divide per cent by 100; leave out owners whose share is not known.",
        )
    if "owner_country" in ownership:
        _refuse_codes([str(code) for code in ownership["owner_country"].dropna().unique()], home)


def _refuse_codes(codes: list[str], home: str) -> None:
    wrong = [code for code in codes if len(code) != len(home) or not code.isupper()]
    if wrong:
        raise DataError(
            f"Expected codes such as {home} in owner_country.",
            f"Found {first_cases(wrong)}.",
            "Write ISO 3166-1 alpha-3 codes: in another system every owner looks foreign.",
        )


def _refuse_excess(excess: BoolVector, keys: pd.MultiIndex) -> None:
    if excess.any():
        cases = first_cases(f"{firm} in {year}" for firm, year in keys[excess][:4])
        raise DataError(
            "Expected single foreign stakes that stay within the total foreign share.",
            f"Found {int(excess.sum()):,} firm-years above it ({cases}).",
            "Look for a stake that is listed twice.",
        )

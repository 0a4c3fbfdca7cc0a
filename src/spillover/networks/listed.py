"""Rows of ``supply_links`` as numbers: codes of both ends, years, value and who reported."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases, unknown_name
from spillover.networks.axes import calendar_years
from spillover.networks.checked import YEARS, whole_numbers
from spillover.networks.network import codes_in
from spillover.tables.tables import Tables
from spillover.typing import BoolVector, FloatVector, IntVector

REPORTERS = {"supplier": 1, "customer": 2, "both": 3}
"""Codes of who reported a link."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Links as listed, one row per pair, date and report."""

    supplier: IntVector
    """(m,) code of the supplier; -1 when it is not among the firms."""

    customer: IntVector
    """(m,) code of the customer; -1 when it is not among the firms."""

    start: np.ndarray
    """(m,) first year, int16."""

    end: np.ndarray
    """(m,) last year, int16, inclusive."""

    value: FloatVector | None
    """(m,) value as listed, NaN where empty; ``None`` when no row has one."""

    reporter: np.ndarray
    """(m,) 1 supplier, 2 customer, 3 both or unknown; uint8."""

    named: bool
    """Whether the table says who reported."""

    def __len__(self) -> int:
        return len(self.supplier)

    def take(self, rows: BoolVector) -> "Listed":
        """The rows where a mask is true."""
        return replace(
            self,
            supplier=self.supplier[rows],
            customer=self.customer[rows],
            start=self.start[rows],
            end=self.end[rows],
            value=None if self.value is None else self.value[rows],
            reporter=self.reporter[rows],
        )

    def links(self) -> np.ndarray:
        """(m,) the same number for rows of one pair and date."""
        size = int(max(self.supplier.max(initial=0), self.customer.max(initial=0))) + 1
        pair = self.supplier.astype(np.int64) * size + self.customer
        first, last = self.start.min(initial=0), self.end.max(initial=0)
        span = int(last) - int(first) + 1
        if size * size > np.iinfo(np.int64).max // span**2:
            pair = pd.factorize(pair)[0]
        when = (self.start.astype(np.int64) - first) * span + (self.end - np.int64(first))
        return np.asarray(pair * span**2 + when)


def listed(frame: pd.DataFrame, firms: np.ndarray, years: IntVector) -> Listed:
    """The rows of ``supply_links`` as numbers.

    Parameters
    ----------
    frame : DataFrame
        Rows of ``supply_links``.
    firms : (N,)
        Sorted identifiers.
    years : (T,)
        Observed years: an open spell begins or ends with them.

    Raises
    ------
    DataError
        A spell ends before it starts, a date is none, or somebody else reported a link.
    """
    start, end = _spells(frame, years)
    _refuse_reversed(start, end)
    return Listed(
        codes_in(firms, frame["supplier_id"]),
        codes_in(firms, frame["customer_id"]),
        start,
        end,
        _values(frame),
        _reporters(frame),
        "reporter" in frame.columns,
    )


def observed_years(tables: Tables, frame: pd.DataFrame) -> IntVector:
    """Years of snapshots; for spells every year of ``firm_years``, or of the spells themselves.

    Raises
    ------
    DataError
        There are no links, or they are not dated.
    """
    if not len(frame):
        raise DataError(
            "Expected at least one row in supply_links.",
            "Found none.",
            "Fill in the table, or leave the network out.",
        )
    for side in ("supplier_id", "customer_id"):
        if side not in frame.columns:
            raise unknown_name("column of supply_links", side, [str(c) for c in frame.columns])
    if "year" in frame.columns:
        return np.unique(whole_numbers(frame["year"], "years of supply_links", *YEARS))
    if "valid_from" not in frame.columns:
        raise DataError(
            "Expected a column year, or valid_from and valid_to, in supply_links.",
            f"Found {first_cases(frame.columns, 8)}.",
            "Date the links: undated links cannot meet a panel.",
        )
    if "firm_years" in tables and len(tables["firm_years"]):
        seen = tables["firm_years"]["year"]
    else:
        dates = [name for name in ("valid_from", "valid_to") if name in frame.columns]
        seen = pd.concat([_dated(frame[name]) for name in dates]).dropna()
    return np.arange(int(seen.min()), int(seen.max()) + 1, dtype=np.int32)


def _spells(frame: pd.DataFrame, years: IntVector) -> tuple[np.ndarray, np.ndarray]:
    if "year" in frame.columns:
        year = whole_numbers(frame["year"], "years of supply_links", *YEARS).astype(np.int16)
        return year, year.copy()
    start = _dated(frame["valid_from"]).fillna(int(years[0]))
    if "valid_to" not in frame.columns:
        return start.to_numpy(dtype=np.int16), np.full(len(frame), years[-1], dtype=np.int16)
    end = _dated(frame["valid_to"]).fillna(int(years[-1]))
    return start.to_numpy(dtype=np.int16), end.to_numpy(dtype=np.int16)


def _dated(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Years of dates; only an empty cell is open."""
    found = calendar_years(column)
    wrong = (found.isna() & column.notna()) | ~found.fillna(YEARS[0]).between(*YEARS)
    if wrong.any():
        raise DataError(
            f"Expected years or dates in {column.name} of supply_links.",
            f"Found {int(wrong.sum()):,} others ({first_cases(column[wrong].head(4))}).",
            "Correct them, or leave them empty for spells that are open.",
        )
    return found


def _refuse_reversed(start: np.ndarray, end: np.ndarray) -> None:
    wrong = np.flatnonzero(start > end)
    if len(wrong):
        cases = [f"{start[row]} to {end[row]} in row {row + 1}" for row in wrong[:4]]
        raise DataError(
            "Expected spells of supply_links that end no earlier than they start.",
            f"Found {len(wrong):,} that do ({first_cases(cases)}).",
            "Exchange valid_from and valid_to, or remove these rows.",
        )


def _values(frame: pd.DataFrame) -> FloatVector | None:
    if "value" not in frame.columns:
        return None
    values = pd.to_numeric(frame["value"]).to_numpy(dtype=np.float64, na_value=np.nan)
    return None if np.isnan(values).all() else np.asarray(values)


def _reporters(frame: pd.DataFrame) -> np.ndarray:
    if "reporter" not in frame.columns:
        return np.full(len(frame), 3, dtype=np.uint8)
    codes, distinct = pd.factorize(frame["reporter"])
    others = [name for name in distinct if str(name) not in REPORTERS]
    if others:
        raise DataError(
            f"Expected {', '.join(REPORTERS)} as reporter of supply_links.",
            f"Found {first_cases(others)}.",
            "Correct who reported, or leave it empty where it is unknown.",
        )
    known = [REPORTERS[str(name)] for name in distinct]
    return np.array([*known, 3], dtype=np.uint8)[codes]

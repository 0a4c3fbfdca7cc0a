"""Rows of ``supply_links`` as numbers: codes of both ends, years, value and who reported."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases
from spillover.networks.axes import calendar_years
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
    """
    start, end = _spells(frame, years)
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
        The links are not dated.
    """
    if "year" in frame.columns:
        return np.unique(frame["year"].to_numpy(dtype=np.int32))
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
        seen = pd.concat([calendar_years(frame[name]) for name in dates]).dropna()
    return np.arange(int(seen.min()), int(seen.max()) + 1, dtype=np.int32)


def _spells(frame: pd.DataFrame, years: IntVector) -> tuple[np.ndarray, np.ndarray]:
    if "year" in frame.columns:
        year = frame["year"].to_numpy(dtype=np.int16)
        return year, year.copy()
    start = calendar_years(frame["valid_from"]).fillna(int(years[0]))
    if "valid_to" not in frame.columns:
        return start.to_numpy(dtype=np.int16), np.full(len(frame), years[-1], dtype=np.int16)
    end = calendar_years(frame["valid_to"]).fillna(int(years[-1]))
    return start.to_numpy(dtype=np.int16), end.to_numpy(dtype=np.int16)


def _values(frame: pd.DataFrame) -> FloatVector | None:
    if "value" not in frame.columns:
        return None
    values = pd.to_numeric(frame["value"]).to_numpy(dtype=np.float64, na_value=np.nan)
    return None if np.isnan(values).all() else np.asarray(values)


def _reporters(frame: pd.DataFrame) -> np.ndarray:
    if "reporter" not in frame.columns:
        return np.full(len(frame), 3, dtype=np.uint8)
    codes, distinct = pd.factorize(frame["reporter"])
    known = [REPORTERS.get(str(name), 3) for name in distinct]
    return np.array([*known, 3], dtype=np.uint8)[codes]

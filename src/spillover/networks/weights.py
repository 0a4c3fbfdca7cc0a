"""Weights of supply links: existence, value, or value over the size of one side."""

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases
from spillover.networks.listed import Listed
from spillover.networks.network import codes_in
from spillover.numerics.located import located
from spillover.tables.tables import Tables
from spillover.typing import FloatVector, IntVector

_TOTALS = {
    "purchases": ("customer", ("purchases", "materials")),
    "sales": ("supplier", ("sales",)),
}


def weigh(rows: Listed, tables: Tables, firms: np.ndarray, weight: str) -> FloatVector:
    """The weight of each row.

    Parameters
    ----------
    rows : Listed
        Rows of ``supply_links`` with both ends among the firms.
    tables : Tables
        ``firm_years`` is needed for the weights ``purchases`` and ``sales``.
    firms : (N,)
        Sorted identifiers.
    weight : str
        A weight of :class:`~spillover.networks.supply.SupplyLinks`.

    Raises
    ------
    DataError
        Some links have a value and others none, a value is negative, or a total is missing.
    """
    if existence_only(rows, weight):
        return np.ones(len(rows))
    values = _reported_mean(rows, _checked(rows, weight))
    if weight == "log":
        return _logs(rows, values)
    if weight in _TOTALS:
        return np.asarray(values / _totals(rows, tables, firms, weight))
    return values


def existence_only(rows: Listed, weight: str) -> bool:
    """Whether links count as one each: asked for, or no link has a value."""
    return weight == "binary" or (weight == "auto" and rows.value is None)


def _checked(rows: Listed, weight: str) -> FloatVector:
    values = np.full(len(rows), np.nan) if rows.value is None else rows.value
    missing = np.isnan(values)
    if missing.any():
        named = "value" if weight == "auto" else weight
        raise DataError(
            f"Expected a value on every link for weight = {named!r}.",
            f"Found {int(missing.sum()):,} of {len(rows):,} links without "
            f"(rows {first_cases(np.flatnonzero(missing)[:4] + 1)}).",
            'Set weight = "binary", or drop the links without a value from the table.',
        )
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        raise DataError(
            "Expected finite values of zero or more on links.",
            f"Found {int(wrong.sum()):,} negative or infinite values "
            f"(rows {first_cases(np.flatnonzero(wrong)[:4] + 1)}).",
            "Net returns and corrections against the sales they belong to.",
        )
    return values


def _reported_mean(rows: Listed, values: FloatVector) -> FloatVector:
    """Each report of a link divided by the number of sides that reported it.

    When both sides report one transaction in rows of their own, the sum over the rows is then
    the mean of the two reports and not twice the value.
    """
    links = rows.links() if rows.named else np.zeros(0, dtype=np.int64)
    repeated = pd.Series(links).duplicated(keep=False).to_numpy()
    if not repeated.any():
        return values
    link, _ = pd.factorize(links[repeated])
    reports = np.unique(link * 4 + rows.reporter[repeated])
    sides = np.ones(len(rows))
    sides[repeated] = np.bincount(reports // 4)[link]
    return values / sides


def _logs(rows: Listed, values: FloatVector) -> FloatVector:
    """ln(1 + value) of each link, divided among its rows, which are added later."""
    link, _ = pd.factorize(rows.links())
    whole = np.bincount(link, values)
    return np.asarray((np.log1p(whole) / np.bincount(link))[link])


def _totals(rows: Listed, tables: Tables, firms: np.ndarray, weight: str) -> FloatVector:
    side, names = _TOTALS[weight]
    accounts = tables["firm_years"]
    column = next((name for name in names if name in accounts.columns), None)
    if column is None or np.any(rows.start != rows.end):
        raise DataError(
            f"Expected yearly links and a column {names[0]} in firm_years for weight = {weight!r}.",
            f"Found columns {first_cases(accounts.columns, 8)}.",
            'Bring the column, or set weight = "value".',
        )
    own: IntVector = getattr(rows, side)
    found = _looked_up(accounts, column, firms, own, rows.start)
    wrong = ~(found > 0.0)
    if wrong.any():
        raise DataError(
            f"Expected positive {column} of the {side} of every link.",
            f"Found {int(wrong.sum()):,} links without "
            f"({first_cases(firms[np.unique(own[wrong])[:4]])}).",
            'Fill the column, or set weight = "value".',
        )
    return found


def _looked_up(
    accounts: pd.DataFrame, column: str, firms: np.ndarray, own: IntVector, year: np.ndarray
) -> FloatVector:
    years, at = np.unique(accounts["year"].to_numpy(dtype=np.int32), return_inverse=True)
    values = np.full((len(firms) + 1, len(years) + 1), np.nan)
    numbers = pd.to_numeric(accounts[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    values[codes_in(firms, accounts["firm_id"]), at] = numbers
    values[-1] = np.nan
    place = located(years, year)
    return np.where(place >= 0, values[own, place], np.nan)

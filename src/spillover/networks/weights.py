"""Weights of supply links: existence, value, or value over the size of one side."""

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases
from spillover.tables.tables import Tables
from spillover.typing import FloatVector

_TOTALS = {
    "purchases": ("customer_id", ("purchases", "materials")),
    "sales": ("supplier_id", ("sales",)),
}


def weigh(frame: pd.DataFrame, tables: Tables, weight: str) -> tuple[pd.DataFrame, FloatVector]:
    """Links, one row per pair, date and reporter, with the weight of each.

    Parameters
    ----------
    frame : DataFrame
        Rows of ``supply_links``.
    tables : Tables
        ``firm_years`` is needed for the weights ``purchases`` and ``sales``.
    weight : str
        A weight of :class:`~spillover.networks.supply.SupplyLinks`.

    Raises
    ------
    DataError
        Some links have a value and others none, a value is negative, or a total is missing.
    """
    if existence_only(frame, weight):
        return frame, np.ones(len(frame))
    weight = "value" if weight == "auto" else weight
    values = _values(frame)
    missing = np.isnan(values)
    _refuse_mixture(frame, missing, weight)
    frame, values = _mean_of_reports(frame, values)
    if weight == "log":
        return frame, np.log1p(values)
    if weight in _TOTALS:
        return frame, values / _totals(frame, tables, weight)
    return frame, values


def existence_only(frame: pd.DataFrame, weight: str) -> bool:
    """Whether links count as one each: asked for, or no link has a value."""
    return weight == "binary" or (weight == "auto" and bool(np.isnan(_values(frame)).all()))


def _values(frame: pd.DataFrame) -> FloatVector:
    if "value" not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame["value"]).to_numpy(dtype=np.float64, na_value=np.nan))


def _refuse_mixture(frame: pd.DataFrame, missing: np.ndarray, weight: str) -> None:
    if missing.any():
        raise DataError(
            f"Expected a value on every link for weight = {weight!r}.",
            f"Found {int(missing.sum()):,} of {len(frame):,} links without "
            f"(rows {first_cases(np.flatnonzero(missing) + 1)}).",
            'Set weight = "binary", or drop the links without a value from the table.',
        )
    negative = _values(frame) < 0
    if negative.any():
        raise DataError(
            "Expected values of zero or more on links.",
            f"Found {int(negative.sum()):,} negative values "
            f"(rows {first_cases(np.flatnonzero(negative) + 1)}).",
            "Net returns and corrections against the sales they belong to.",
        )


def _mean_of_reports(frame: pd.DataFrame, values: FloatVector) -> tuple[pd.DataFrame, FloatVector]:
    """Each report of a link divided by the number of sides that reported it.

    When both sides report one transaction in rows of their own, the sum over the rows is then
    the mean of the two reports and not twice the value.
    """
    dates = [name for name in ("year", "valid_from", "valid_to") if name in frame.columns]
    keys = ["supplier_id", "customer_id", *dates]
    if "reporter" not in frame.columns or not frame.duplicated(keys).any():
        return frame, values
    sides = frame.groupby(keys, dropna=False)["reporter"].transform("nunique")
    return frame, values / np.maximum(sides.to_numpy(dtype=np.float64), 1.0)


def _totals(frame: pd.DataFrame, tables: Tables, weight: str) -> FloatVector:
    own, names = _TOTALS[weight]
    accounts = tables["firm_years"]
    column = next((name for name in names if name in accounts.columns), None)
    if column is None or "year" not in frame.columns:
        raise DataError(
            f"Expected yearly links and a column {names[0]} in firm_years for weight = {weight!r}.",
            f"Found columns {first_cases(accounts.columns, 8)}.",
            'Bring the column, or set weight = "value".',
        )
    totals = accounts.set_index(["firm_id", "year"])[column]
    keys = pd.MultiIndex.from_arrays([frame[own], frame["year"]])
    found = totals.reindex(keys).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(found > 0.0)
    if wrong.any():
        raise DataError(
            f"Expected positive {column} of the {own.removesuffix('_id')} of every link.",
            f"Found {int(wrong.sum()):,} links without "
            f"({first_cases(frame.loc[wrong, own].unique()[:4])}).",
            'Fill the column, or set weight = "value".',
        )
    return np.asarray(found)

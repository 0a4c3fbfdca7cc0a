"""Panel: rows with a unit and a year, and lags that respect gaps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases, unknown_name
from spillover.typing import FloatVector, IntVector, TextVector

LATEST_YEAR = 999_999
"""Greatest number that counts as a period; years and months as 202401 are within."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Rows keyed by unit and year, sorted by both, each pair at most once."""

    frame: pd.DataFrame
    """Columns of the panel; the index is 0..n-1."""

    entity: str
    """Name of the column that identifies units."""

    time: str
    """Name of the column that holds calendar years."""

    units: TextVector
    """(N,) identifiers of units in sorted order."""

    codes: IntVector
    """(n,) position of each row's unit in ``units``."""

    years: IntVector
    """(n,) calendar year of each row."""

    @classmethod
    def of(cls, frame: object, entity: str = "firm_id", time: str = "year") -> Self:
        """A panel from a frame.

        Parameters
        ----------
        frame : DataFrame or Table
            One row per unit and year, in any order: pandas, polars or Arrow.
        entity, time : str
            The key columns; years are whole numbers.

        Raises
        ------
        UnknownNameError
            A key column is not there.
        DataError
            A key is missing or occurs twice, a year is not whole, or a column name occurs twice.
        """
        from spillover.tables.frames import to_pandas

        frame = to_pandas(frame)
        for name in (entity, time):
            if name not in frame.columns:
                raise unknown_name("column", name, [str(column) for column in frame.columns])
        _refuse_missing_keys(frame, entity, time)
        units, codes = np.unique(
            frame[entity].to_numpy(dtype=object).astype(str), return_inverse=True
        )
        years = _calendar_years(frame[time], time)
        order = np.lexsort((years, codes))
        codes, years = codes[order].astype(np.int32), years[order]
        _refuse_duplicates(units, codes, years, (entity, time))
        ordered = frame.iloc[order].reset_index(drop=True)
        for array in (codes, years):
            array.setflags(write=False)
        return cls(ordered, entity, time, units.astype(object), codes, years)

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(str(name) for name in self.frame.columns)

    def numbers(self, name: str) -> FloatVector:
        """A column as float64 with NaN for missing values.

        Parameters
        ----------
        name : str
            Name of a numeric or Boolean column.
        """
        if name not in self.frame.columns:
            raise unknown_name("column", name, self.columns)
        series = self.frame[name]
        if not is_number(series):
            raise DataError(
                f"Expected numbers in column {name!r}.",
                f"Found {_kind(series)} ({first_cases(series.dropna().unique()[:4])}).",
                "Use i(...) for categories or compare with a quoted value.",
            )
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))

    def lag(self, values: FloatVector, periods: int = 1) -> FloatVector:
        """Values of the same unit ``periods`` calendar years earlier; NaN across gaps.

        Parameters
        ----------
        values : (n,)
            One value per row of the panel.
        periods : int
            Number of years back; negative numbers look ahead.
        """
        at = self._rows_at(self.codes, self.years.astype(np.int64) - periods)
        return np.where(at >= 0, values[at], np.nan)

    def rows_in(self, other: "Panel", periods: int = 0) -> IntVector:
        """(n,) row of the same unit in another panel, some years earlier; -1 where there is none.

        Parameters
        ----------
        other : Panel
            The rows to choose from.
        periods : int
            Number of calendar years back.
        """
        unit = pd.Index(other.units).get_indexer(pd.Index(self.units)).astype(np.int64)[self.codes]
        return other._rows_at(unit, self.years.astype(np.int64) - periods)  # noqa: SLF001 - of this class

    def _rows_at(self, units: IntVector, years: IntVector) -> IntVector:
        """(m,) row of each unit and year; -1 where there is none."""
        if not len(self):
            return np.full(len(units), -1)
        base, last = (int(end) for end in (self.years.min(), self.years.max()))
        inside = (units >= 0) & (years >= base) & (years <= last)
        span = last - base + 1
        keys = self.codes.astype(np.int64) * span + (self.years - base)
        wanted = units.astype(np.int64) * span + (years - base)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(inside & (keys[at] == wanted), at, -1)

    def diff(self, values: FloatVector, periods: int = 1) -> FloatVector:
        """Change against ``periods`` calendar years earlier; NaN across gaps."""
        return values - self.lag(values, periods)

    def with_columns(self, columns: Mapping[str, FloatVector]) -> "Panel":
        """The same panel with columns added or replaced; rows keep their order.

        Parameters
        ----------
        columns : mapping of str to (n,) arrays
            One value per row of the panel.
        """
        taken = {name: values for name, values in columns.items() if name in self.frame.columns}
        added = {name: values for name, values in columns.items() if name not in taken}
        frame = self.frame.assign(**taken)
        if added:
            frame = pd.concat([frame, pd.DataFrame(added, index=frame.index)], axis=1)
        return Panel(frame, self.entity, self.time, self.units, self.codes, self.years)


def is_number(column: "pd.Series[Any]") -> bool:
    """Whether a column holds real numbers or truth values."""
    number = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
    return number and not pd.api.types.is_complex_dtype(column)


def _kind(column: "pd.Series[Any]") -> str:
    text = pd.api.types.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)
    return "text" if text else f"values of type {column.dtype}"


def _calendar_years(column: "pd.Series[Any]", name: str) -> IntVector:
    """Years as whole numbers; digits written as text count."""
    plain = column if is_number(column) else column.astype(object)
    if pd.api.types.is_datetime64_any_dtype(column):
        plain = plain.astype(str)
    values = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.abs(values) <= LATEST_YEAR) | (values != np.floor(values))
    if wrong.any():
        raise DataError(
            f"Expected whole calendar years in {name!r}.",
            f"Found {int(wrong.sum()):,} other values "
            f"({first_cases(plain[wrong].astype(str).unique()[:4])}).",
            "Turn dates and periods into years first, for example with .dt.year.",
        )
    return values.astype(np.int32)


def _refuse_missing_keys(frame: pd.DataFrame, entity: str, time: str) -> None:
    missing = frame[entity].isna() | frame[time].isna() | frame[entity].isin([""])
    if missing.any():
        raise DataError(
            f"Expected {entity!r} and {time!r} in every row.",
            f"Found {int(missing.sum()):,} rows without "
            f"(rows {first_cases(np.flatnonzero(missing) + 1)}).",
            "Fill the keys or remove these rows before building the panel.",
        )


def _refuse_duplicates(
    units: TextVector, codes: IntVector, years: IntVector, keys: tuple[str, str]
) -> None:
    repeated = np.flatnonzero((np.diff(codes) == 0) & (np.diff(years) == 0))
    if len(repeated):
        cases = first_cases(f"{units[codes[row]]} in {years[row]}" for row in repeated[:4])
        raise DataError(
            f"Expected each pair of {keys[0]} and {keys[1]} once.",
            f"Found {len(repeated):,} repeated rows ({cases}).",
            "Aggregate or remove the repetitions.",
        )

"""Frames in memory: pandas, polars or Arrow, through narwhals."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import pyarrow as pa
from narwhals.exceptions import DuplicateError

from spillover.errors import DataError, first_cases

NULLABLE = {
    pa.type_for_alias(name.lower()): pd.api.types.pandas_dtype(name)
    for kind in ("Int", "UInt")
    for name in (f"{kind}{bits}" for bits in (8, 16, 32, 64))
} | {pa.bool_(): pd.BooleanDtype()}
"""Types of pandas that hold missing whole numbers and truth values without changing the others."""


def to_pandas(frame: object) -> pd.DataFrame:
    """A pandas frame as it is; polars frames and Arrow tables with missing values kept.

    Parameters
    ----------
    frame : DataFrame or Table
        A pandas or polars frame, or an Arrow table.

    Raises
    ------
    DataError
        It is no such frame, or a column name occurs twice.
    """
    if not isinstance(frame, pd.DataFrame):
        made: pd.DataFrame = from_memory(frame).to_pandas(types_mapper=NULLABLE.get)
        return made
    if not frame.columns.is_unique:
        raise _repeated(str(name) for name in frame.columns)
    return frame


def from_memory(frame: object) -> pa.Table:
    """Columns of a frame as Arrow arrays, with types as they are.

    Parameters
    ----------
    frame : DataFrame or Table
        A pandas or polars frame, or an Arrow table; its index is ignored.

    Raises
    ------
    DataError
        It is no such frame, or a column mixes text and numbers.
    """
    if isinstance(frame, pa.Table):
        return _distinct(frame.column_names, frame)
    try:
        native: nw.DataFrame[Any] = nw.from_native(frame, eager_only=True)
    except TypeError:
        raise DataError(
            "Expected a frame of pandas or polars, an Arrow table, or a path.",
            f"Found {type(frame).__name__}.",
            "Collect lazy frames, and put columns into a frame first.",
        ) from None
    except DuplicateError:
        raise _repeated(str(name) for name in getattr(frame, "columns", ())) from None
    try:
        return native.to_arrow().select(native.columns)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.table({name: _column(native, name) for name in native.columns})


def _distinct(names: list[str], table: pa.Table) -> pa.Table:
    if len(set(names)) < len(names):
        raise _repeated(names)
    return table


def _repeated(names: Iterable[str]) -> DataError:
    twice = [name for name, count in Counter(names).items() if count > 1]
    return DataError(
        "Expected each column once.",
        f"Found {first_cases(twice)} more than once.",
        "Rename or remove the repetitions.",
    )


def _column(frame: "nw.DataFrame[Any]", name: str) -> pa.ChunkedArray:
    try:
        return frame.select(name).to_arrow().column(0)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = {type(value).__name__ for value in frame[name].to_list() if value is not None}
        raise DataError(
            f"Expected values of one kind in column {name}.",
            f"Found {first_cases(sorted(kinds))}.",
            "Make the column all text or all numbers.",
        ) from None

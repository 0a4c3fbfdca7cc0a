"""What a column of a panel holds: numbers, text or dates."""

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError, unknown_name
from spillover.tables.panel import Panel, is_number
from spillover.typing import FloatVector


def named_column(name: str, panel: Panel) -> pd.Series:
    """The column of that name, as it stands.

    Parameters
    ----------
    name : str
        Name of a column.
    panel : Panel
        The rows.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    if name not in panel.frame.columns:
        raise unknown_name("column", name, panel.columns)
    return panel.frame[name]


def holds_text(name: str, panel: Panel) -> bool:
    """Whether a column may hold text."""
    column = named_column(name, panel)
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def category_column(name: str, panel: Panel) -> pd.Series:
    """A column of categories, where blank text is missing."""
    return without_blanks(named_column(name, panel))


def without_blanks(column: pd.Series) -> pd.Series:
    """A column where blank text is missing."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    return column.mask(column.isin(["", " "]))


def text_column(name: str, panel: Panel) -> pd.Series:
    """A column that can equal a quoted text.

    Parameters
    ----------
    name : str
        Name of a column.
    panel : Panel
        The rows.

    Raises
    ------
    SpecificationError
        It holds numbers or dates, which equal no text.
    """
    column = named_column(name, panel)
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    held = column.cat.categories.to_series() if categorical else column
    if is_number(held) or pd.api.types.is_datetime64_any_dtype(held):
        raise SpecificationError(
            "Expected a column of text beside a quoted value.",
            f"Found {name!r} of type {held.dtype}.",
            "Write numbers without quotes; compare dates by year_of(...).",
        )
    return column


def year_of(name: str, panel: Panel) -> FloatVector:
    """The calendar year of each date in a column, NaN where there is none.

    Parameters
    ----------
    name : str
        Name of a column of dates or of text that can be read as dates.
    panel : Panel
        The rows.

    Raises
    ------
    SpecificationError
        It holds numbers.
    """
    column = named_column(name, panel)
    if is_number(column):
        raise SpecificationError(
            "Expected a column of dates in year_of(...).",
            f"Found numbers in {name!r}.",
            "Use the column itself when it holds years.",
        )
    dates = pd.to_datetime(column, errors="coerce")
    return np.asarray(dates.dt.year.to_numpy(dtype=np.float64, na_value=np.nan))

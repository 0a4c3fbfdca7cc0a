"""Rows that refer to a firm in a year in which it did not exist."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spillover.tables.columns import Columns
from spillover.tables.rule import Found, Rule
from spillover.tables.schema import ForeignKey
from spillover.typing import BoolVector, FloatVector


def lifetime_rules(columns: Columns, tables: Mapping[str, Columns]) -> Iterator[Rule]:
    """The rules that rows lie in the lifetime of what they refer to.

    Parameters
    ----------
    columns : Columns
        The table that refers.
    tables : mapping of str to Columns
        All tables by name.
    """
    for key in columns.schema.foreign_keys:
        other = tables.get(key.table)
        if key.field in columns.values and other and key.reference in other.values:
            lived = _lifetimes(columns, key, other)
            for name in key.alive_in:
                if name in columns.values:
                    yield _rule(key, name, _outside(columns, name, *lived))


def _rule(key: ForeignKey, name: str, mask: BoolVector) -> Rule:
    return Rule(
        f"{key.field}, {name}",
        "lifetime",
        "warning",
        f"Expected {name} between the years of foundation and closure in {key.table}.",
        "Correct these years; as it stands the firm counts as present.",
        lambda _: Found(mask),
    )


def _outside(columns: Columns, name: str, first: FloatVector, last: FloatVector) -> BoolVector:
    year = columns.panel((name,)).numbers(name)
    return np.asarray((year < first) | (year > last))


def _lifetimes(
    columns: Columns, key: ForeignKey, other: Columns
) -> tuple[FloatVector, FloatVector]:
    """(n,) first and last year of what each row refers to; missing where not known."""
    rows, known = other.codes(key.reference)
    codes, values = columns.codes(key.field)
    found = pc.index_in(values, value_set=known).fill_null(-1).to_numpy(zero_copy_only=False)
    at = np.append(found, -1)[codes]
    spans = []
    for name in other.schema.lifetime:
        years = np.full(len(known) + 1, np.nan)
        if name in other.values:
            years[rows] = _years(other.values[name])
        years[-1] = np.nan
        spans.append(years[at])
    unknown = np.full(len(columns), np.nan)
    return (spans[0], spans[1]) if spans else (unknown, unknown)


def _years(array: pa.Array) -> FloatVector:
    numbers = array.cast(pa.float64())
    return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False))

"""Columns: one table cast to its schema, ready for the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from spillover.tables.cast import is_missing
from spillover.tables.panel import Panel
from spillover.tables.schema import Form, TableSchema
from spillover.tables.source import Source
from spillover.typing import BoolVector, IntVector

ARROW_TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
"""Arrow type of each type of field."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A table whose columns have the types of their schema; text is dictionary-encoded."""

    schema: TableSchema
    """What the table must look like."""

    source: Source
    """Where it came from."""

    values: Mapping[str, pa.Array]
    """Columns by name, those of the schema first."""

    unread: Mapping[str, BoolVector]
    """Cells that could not be cast, for columns that have some."""

    form: Form | None = None
    """Shape of the table, where the schema knows several."""

    def __len__(self) -> int:
        return len(self.source.numbers)

    def with_values(
        self, values: Mapping[str, pa.Array], notes: tuple[str, ...], form: Form | None = None
    ) -> "Columns":
        """The same table with other columns and notes."""
        source = replace(self.source, notes=notes)
        return Columns(self.schema, source, values, self.unread, form or self.form)

    def missing(self, name: str) -> BoolVector:
        """(n,) whether a value is missing, cells that could not be cast included."""
        return is_missing(self.values[name])

    def codes(self, name: str) -> tuple[IntVector, pa.Array]:
        """(n,) positions in the distinct values of a column, -1 for missing, and these values."""
        array = self.values[name]
        if not pa.types.is_dictionary(array.type):
            array = array.dictionary_encode()
        indices = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return indices.astype(np.int64), array.dictionary

    def panel(self, names: Sequence[str]) -> Panel:
        """The named columns for the evaluator of expressions; absent ones are all missing."""
        frame = pd.DataFrame({name: self._series(name) for name in names})
        if not names:
            frame = pd.DataFrame(index=pd.RangeIndex(len(self)))
        nobody = np.zeros(len(self), dtype=np.int32)
        return Panel(frame, "", "", np.zeros(0, dtype=object), nobody, nobody)

    def _series(self, name: str) -> "pd.Series[Any]":
        if name in self.values:
            return series(self.values[name])
        kind = ARROW_TYPES[self.schema.field(name).type]
        return series(pa.nulls(len(self), kind))

    def shown(self, name: str, rows: IntVector) -> list[str]:
        """Values as found in some rows, as text."""
        if name not in self.source.data.column_names:
            return [""] * len(rows)
        found = self.source.data.column(name).take(pa.array(rows)).to_pylist()
        return ["(empty)" if value is None else str(value) for value in found]


def series(array: pa.Array) -> "pd.Series[Any]":
    """An Arrow array as a pandas column: whole numbers with gaps become nullable integers."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if array.null_count and pa.types.is_integer(kind):
        return pd.Series(_nullable(array, np.int64, 0), copy=False)
    if array.null_count and pa.types.is_boolean(kind):
        return pd.Series(_nullable(array, np.bool_, False), copy=False)
    if pa.types.is_date(kind):
        array = array.cast(pa.timestamp("s"))
    made: pd.Series[Any] = pa.table({"column": array}).to_pandas()["column"]
    return made


def _nullable(array: pa.Array, kind: type, filler: object) -> pd.api.extensions.ExtensionArray:
    filled = array.fill_null(filler).to_numpy(zero_copy_only=False).astype(kind)
    if kind is np.bool_:
        return pd.arrays.BooleanArray(filled, is_missing(array))
    return pd.arrays.IntegerArray(filled, is_missing(array))

"""Stata files: value labels become codes, special missing values are counted."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from spillover.errors import DataError
from spillover.tables.schema import TableSchema
from spillover.tables.source import file_bytes


def read_stata(path: Path, schema: TableSchema) -> tuple[pa.Table, str, tuple[str, ...]]:
    """Columns as stored, the hash of the file, and notes.

    Numeric columns with value labels become text where the schema asks for text. Special missing
    values ``.a`` to ``.z`` become missing and are counted in the notes.

    Parameters
    ----------
    path : Path
        A file ``.dta``.
    schema : TableSchema
        Schema of the table.

    Raises
    ------
    DataError
        The file is not a Stata file.
    """
    import pyreadstat

    _, digest = file_bytes(path)
    try:
        columns, meta = pyreadstat.read_dta(path, user_missing=True, output_format="dict")
    except (pyreadstat.ReadstatError, UnicodeDecodeError, ValueError) as error:
        raise DataError(
            f"{path.name}: expected a Stata file.",
            f"Found: {str(error).strip()}.",
            "Save it again in Stata, with saveold for older versions.",
        ) from None
    notes: list[str] = []
    special, labels = meta.missing_user_values, meta.variable_value_labels
    arrays = {}
    for name, values in columns.items():
        plain = _plain(name, values, special.get(name, []), notes)
        arrays[name] = _array(name, _labelled(name, plain, labels.get(name, {}), schema))
    return pa.table(arrays), digest, tuple(notes)


def _plain(name: str, values: list[Any], special: list[Any], notes: list[str]) -> list[Any]:
    """Values without special missing values and NaN; empty text is missing in Stata."""
    codes = {code for code in special if isinstance(code, str)}
    seen = Counter(value for value in values if isinstance(value, str) and value in codes)
    if seen:
        listed = ", ".join(f"{count:,} values .{code}" for code, count in sorted(seen.items()))
        notes.append(f"{name}: {listed} read as missing")
    return [None if value == "" or value != value or value in codes else value for value in values]  # noqa: PLR0124 - NaN


def _labelled(
    name: str, values: list[Any], labels: Mapping[Any, str], schema: TableSchema
) -> list[Any]:
    if not labels or name not in schema or schema.field(name).type != "string":
        return values
    return [None if value is None else labels.get(value, value) for value in values]


def _array(name: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        bare = sum(not isinstance(value, str | None) for value in values)
        raise DataError(
            f"Expected a value label for every value of {name}.",
            f"Found {bare:,} rows with a value that has none.",
            "Label them, or decode the variable into text.",
        ) from None

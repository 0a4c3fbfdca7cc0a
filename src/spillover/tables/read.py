"""Read: validated tables, or one error that holds everything that is wrong with them."""

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from spillover.tables.columns import Columns, series
from spillover.tables.delimited import Encoding
from spillover.tables.provenance import Provenance
from spillover.tables.report import TablesError
from spillover.tables.tables import Tables
from spillover.tables.validate import examine
from spillover.typing import BoolVector


def read(
    source: object,
    *,
    encoding: Encoding = "auto",
    unmatched: Literal["error", "drop"] = "error",
    required: Iterable[str] | None = None,
    confidential: bool = False,
) -> Tables:
    """The tables of a study, read as text, cast by their schemas and checked.

    Parameters
    ----------
    source : path or mapping
        A directory with one file per table (CSV, TSV, Parquet, Stata), or a mapping of table
        names to frames (pandas, polars, Arrow) or paths.
    encoding : {"auto", "utf-8", "cp932", "euc_jp"}
        Encoding of delimited files; ``auto`` takes UTF-8 where the bytes allow it, then CP932.
    unmatched : {"error", "drop"}
        What happens to rows that refer to a row that is not in the other table; dropped rows are
        counted in the provenance.
    required : iterable of str, optional
        Tables that must be there; by default ``firms`` and ``firm_years``.
    confidential : bool
        Whether messages show row numbers only, never values.

    Raises
    ------
    TablesError
        A rule of severity ``error`` is broken: all failures of all tables are in ``failures``.

    Examples
    --------
    >>> firms = pd.DataFrame({"firm_id": ["01", "02"], "entity_kind": ["firm", "firm"]})
    >>> years = pd.DataFrame({"firm_id": ["01", "02"], "year": [2020, 2020], "sales": [5.0, 7.0]})
    >>> read({"firms": firms, "firm_years": years}).panel.numbers("sales")
    array([5., 7.])
    """
    examined = examine(
        source,
        encoding=encoding,
        drop=unmatched == "drop",
        required=required,
        confidential=confidential,
    )
    if not examined.report.ok:
        raise TablesError.of(examined.report)
    frames, records = {}, []
    for name, columns in examined.tables.items():
        frames[name], record = _frame(columns, examined.lost.get(name, {}))
        records.append(record)
    warnings = tuple(failure.to_text() for failure in examined.report.warnings)
    return Tables(frames, tuple(records), warnings)


def _frame(columns: Columns, lost: Mapping[str, BoolVector]) -> tuple[pd.DataFrame, Provenance]:
    """The table as a frame without its lost rows, and the record of where it came from."""
    frame = pd.DataFrame({name: series(array) for name, array in columns.values.items()})
    source = columns.source
    kept = np.ones(len(columns), dtype=bool)
    dropped = [("empty row", source.rows_read - len(columns))]
    for reason, mask in lost.items():
        dropped.append((reason, int(np.count_nonzero(mask & kept))))
        kept &= ~mask
    if not kept.all():
        frame = frame[kept].reset_index(drop=True)
    record = Provenance(
        source.table,
        source.name,
        source.sha256,
        source.rows_read,
        len(frame),
        tuple((reason, count) for reason, count in dropped if count),
        source.notes,
    )
    return frame, record

"""Load: the sources of all tables, from a directory or from a mapping."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spillover.errors import DataError, first_cases
from spillover.tables.delimited import Encoding, read_delimited
from spillover.tables.frames import from_memory
from spillover.tables.renamed import Renamed
from spillover.tables.report import Failure, of_table
from spillover.tables.schema import TableSchema, schemas
from spillover.tables.source import Source, file_bytes, suffix_of
from spillover.tables.stata import read_stata
from spillover.typing import Severity

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".dta")
"""Endings of the files that can be read."""

Loaded = tuple[dict[str, Source], list[Failure]]
"""Sources by table, and what could not be read."""


def load(source: object, encoding: Encoding, required: Iterable[str]) -> Loaded:
    """Everything that can be read of a set of tables, and every reason why something cannot.

    Parameters
    ----------
    source : path or mapping
        A directory with one file per table, or frames and paths by table name.
    encoding : str
        Encoding of delimited files, or ``auto``.
    required : iterable of str
        Tables that must be there.

    Raises
    ------
    DataError
        The source is neither, or the directory is not there.
    """
    places, failures = _places(source)
    for name in required:
        if name not in places:
            failures.append(_absent(name, source))
    sources = {}
    for name, place in places.items():
        try:
            sources[name] = _source(schemas()[name], place, encoding)
        except DataError as error:
            failures.append(of_table(name, "file", error))
    return sources, failures


def _places(source: object) -> tuple[dict[str, object], list[Failure]]:
    """Where each table is, in the order of the schemas."""
    if isinstance(source, Mapping):
        found: dict[str, list[object]] = {str(name): [place] for name, place in source.items()}
    elif isinstance(source, str | Path):
        found = table_files(Path(source))
    else:
        raise DataError(
            "Expected a directory, or a mapping of table names to frames or paths.",
            f"Found {type(source).__name__}.",
            'Pass for example {"firms": firms, "firm_years": firm_years}.',
        )
    failures = [_unknown(name) for name in found if name not in schemas()]
    places = {}
    for name in schemas():
        if len(found.get(name, [])) > 1:
            failures.append(_twice(name, found[name]))
        elif name in found:
            places[name] = found[name][0]
    return places, failures


def table_files(folder: Path) -> dict[str, list[object]]:
    """Files of a folder that can be read, by the part of their name before the ending.

    Parameters
    ----------
    folder : Path
        A directory with one file per table.

    Raises
    ------
    DataError
        It is no directory.
    """
    if not folder.is_dir():
        raise DataError(
            f"Expected a directory with tables at {folder}.",
            "Found a file." if folder.exists() else "Found nothing.",
            "Give the directory that holds firms.csv and firm_years.csv.",
        )
    found: dict[str, list[object]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and suffix_of(path) in SUFFIXES:
            found.setdefault(path.name[: -len(suffix_of(path))], []).append(path)
    return found


def _unknown(name: str) -> Failure:
    near = get_close_matches(name.lower(), schemas(), n=1, cutoff=0.75)
    action = f"Did you mean {near[0]}? It was not read." if near else "It was not read."
    say = f"Expected tables {first_cases(schemas(), 20)}."
    severity: Severity = "warning" if near else "note"
    return Failure(name, "", "unknown-table", severity, 1, 0, (), (), say, action)


def _twice(name: str, places: list[object]) -> Failure:
    files = first_cases(place.name for place in places if isinstance(place, Path))
    say = f"Expected one file for {name}; found {files}."
    return Failure(name, "", "file", "error", 1, 0, (), (), say, "Keep one of them.")


def _absent(name: str, source: object) -> Failure:
    where = "the mapping" if isinstance(source, Mapping) else f"{Path(str(source)).name}/"
    say = f"Expected a table {name} in {where}."
    endings = ", ".join(f"{name}{suffix}" for suffix in SUFFIXES)
    action = f"Add {endings}; `spillover schema FOLDER` writes blank templates."
    if not isinstance(source, Mapping) and (unread := _spreadsheet(Path(str(source)), name)):
        action = f"{unread} is not read: save the sheet as {name}.csv (CSV UTF-8)."
    return Failure(name, "", "table", "error", 1, 0, (), (), say, action)


def _spreadsheet(folder: Path, name: str) -> str:
    """Name of a spreadsheet that may hold the table."""
    found = (folder / f"{name}{ending}" for ending in (".xlsx", ".xlsm", ".xls", ".ods"))
    return next((path.name for path in found if path.exists()), "")


def _source(schema: TableSchema, place: object, encoding: Encoding) -> Source:
    if isinstance(place, Renamed):
        return place.apply(_source(schema, place.path, encoding))
    if not isinstance(place, str | Path):
        data = _with_missing(from_memory(place), schema.missing_values)
        return _numbered(schema.name, "memory", "", data, ())
    path = Path(place)
    suffix = suffix_of(path)
    if suffix not in SUFFIXES:
        raise DataError(
            f"Expected a file ending in {', '.join(SUFFIXES)}.",
            f"Found {path.name}.",
            "Save the table in one of these formats.",
        )
    if suffix == ".parquet":
        data, digest, notes = _read_parquet(path)
    elif suffix == ".dta":
        data, digest, notes = read_stata(path, schema)
    else:
        data, digest, notes = read_delimited(path, schema.missing_values, encoding)
    data = _with_missing(data, schema.missing_values)
    return _numbered(schema.name, path.name, digest, data, notes)


def _read_parquet(path: Path) -> tuple[pa.Table, str, tuple[str, ...]]:
    data, digest = file_bytes(path)
    try:
        return from_memory(pq.ParquetFile(pa.BufferReader(data)).read()), digest, ()
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path.name}: expected a Parquet file.", f"Found: {error}.", "Write it again."
        ) from None


def _with_missing(data: pa.Table, missing: tuple[str, ...]) -> pa.Table:
    """The columns with cells that mean a missing value made missing."""
    for position, column in enumerate(data.columns):
        kind = column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            absent = pc.is_in(column, value_set=pa.array(missing, kind))
            if pc.any(absent).as_py():
                kept = pc.if_else(absent, pa.scalar(None, kind), column)
                data = data.set_column(position, data.column_names[position], kept)
    return data


def _numbered(table: str, name: str, digest: str, data: pa.Table, notes: tuple[str, ...]) -> Source:
    """A source without its empty rows; the others keep their numbers."""
    n = data.num_rows
    numbers = np.arange(1, n + 1)
    first = data.column(0) if data.num_columns else None
    if first is not None and first.null_count:
        empty = np.ones(n, dtype=bool)
        for column in data.columns:
            empty &= pc.is_null(column, nan_is_null=True).to_numpy()
        if empty.any():
            data, numbers = data.filter(pa.array(~empty)), numbers[~empty]
    return Source(table, name, digest, data, n, numbers, notes)

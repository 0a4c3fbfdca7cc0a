"""CSV and TSV files: every cell is text, in UTF-8 or CP932."""

import csv
import io
import re
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.csv as pacsv

from spillover.errors import DataError, first_cases
from spillover.tables.source import file_bytes, suffix_of

Encoding = Literal["auto", "utf-8", "cp932", "euc_jp"]

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_HALF_WIDTH_KANA = re.compile("[｡-ﾟ]")
_UNASSIGNED = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
"""What Python makes of the bytes 80, A0 and FD to FF, which mean nothing in CP932."""


def read_delimited(
    path: Path, missing: tuple[str, ...], encoding: Encoding = "auto"
) -> tuple[pa.Table, str, tuple[str, ...]]:
    """Columns as text, the hash of the file, and notes.

    Parameters
    ----------
    path : Path
        A file ``.csv`` (commas) or ``.tsv`` (tabs) with a header, perhaps compressed (``.gz``).
    missing : tuple of str
        Cells that mean a missing value.
    encoding : str
        ``auto`` takes UTF-8 where the bytes allow it, then CP932.

    Raises
    ------
    DataError
        The file cannot be read or decoded, has no header, or has rows of another width.
    """
    data, digest = file_bytes(path)
    decoded, used = to_utf8(data, path.name, encoding)
    separator = _SEPARATORS[suffix_of(path).removesuffix(".gz")]
    names = _header(decoded, separator, path.name)
    table = _parse(decoded, names, separator, missing, path.name)
    notes = () if used == "utf-8" else (f"read as {used.upper().replace('_', '-')}",)
    return table, digest, notes


def to_utf8(data: bytes, name: str, encoding: Encoding) -> tuple[bytes, str]:
    """Bytes in UTF-8 without a byte order mark, and the encoding that the file was in.

    Parameters
    ----------
    data : bytes
        Content of the file.
    name : str
        Its name, for messages.
    encoding : str
        The encoding, or ``auto``.

    Raises
    ------
    DataError
        The bytes do not fit, or fit two encodings that give different text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_decodable(name, "UTF-16, as spreadsheets call Unicode text")
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if encoding in ("auto", "utf-8"):
        failed = _failure(data, "utf-8")
        if failed is None:
            return data, "utf-8"
        if encoding == "utf-8":
            raise _not_decodable(name, _at(data, failed, "UTF-8"))
    other = "cp932" if encoding == "auto" else encoding
    failed = _failure(data, other)
    if failed is not None:
        wanted = "UTF-8 or CP932" if encoding == "auto" else other.upper().replace("_", "-")
        raise _not_decodable(name, _at(data, failed, wanted))
    text = data.decode(other)
    if encoding == "auto" and _HALF_WIDTH_KANA.search(text) and _failure(data, "euc_jp") is None:
        raise _not_decodable(name, "bytes that are text in CP932 and in EUC-JP")
    return text.encode("utf-8"), other


def _failure(data: bytes, encoding: str) -> int | None:
    """Position of the first byte that does not fit."""
    if data.isascii():
        return None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    stray = _UNASSIGNED.search(text) if encoding == "cp932" else None
    return None if stray is None else len(text[: stray.start()].encode(encoding))


def _at(data: bytes, position: int, encoding: str) -> str:
    line = data.count(b"\n", 0, position) + 1
    return f"a byte 0x{data[position]:02X} in line {line:,} that is not {encoding}"


def _not_decodable(name: str, found: str) -> DataError:
    return DataError(
        f"{name}: expected text in UTF-8 or CP932.",
        f"Found {found}.",
        "Save the file as CSV UTF-8, or name its encoding when reading.",
    )


def _header(data: bytes, separator: str, name: str) -> list[str]:
    """Names in the first row, which has to be there and free of repetitions."""
    start = data[: 1 << 20].decode("utf-8", errors="ignore")
    names = next(csv.reader(io.StringIO(start, newline=""), delimiter=separator), [])
    if not any(names):
        raise DataError(
            f"{name}: expected a header with the names of the columns.",
            "Found an empty file." if not start.strip() else "Found an empty first row.",
            "Begin the file with the names of the columns.",
        )
    repeated = sorted({each for each in names if names.count(each) > 1})
    if repeated:
        raise DataError(
            f"{name}: expected each column once.",
            f"Found {first_cases(each or '(no name)' for each in repeated)} more than once.",
            "Rename or remove the repetitions.",
        )
    return names


def _parse(
    data: bytes, names: list[str], separator: str, missing: tuple[str, ...], name: str
) -> pa.Table:
    torn: list[Any] = []

    def skip(row: Any) -> str:  # noqa: ANN401 - pyarrow's own record
        torn.append(row)
        return "skip"

    parse = pacsv.ParseOptions(
        delimiter=separator,
        newlines_in_values=b'"' in data,
        invalid_row_handler=skip,
    )
    convert = pacsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=list(missing),
        strings_can_be_null=True,
    )
    try:
        table = _read(data, parse, convert, threads=True)
        if torn:
            torn.clear()
            _read(data, parse, convert, threads=False)
    except pa.ArrowInvalid as error:
        raise DataError(
            f"{name}: expected rows of cells separated by {separator!r}.",
            f"Found: {error}.",
            "Check quotation marks and line ends.",
        ) from None
    if torn:
        raise _torn(torn, name)
    return table


def _read(
    data: bytes, parse: pacsv.ParseOptions, convert: pacsv.ConvertOptions, *, threads: bool
) -> pa.Table:
    options = pacsv.ReadOptions(use_threads=threads)
    return pacsv.read_csv(pa.BufferReader(data), options, parse, convert)


def _torn(torn: list[Any], name: str) -> DataError:
    cases = first_cases(
        f"row {row.number - 1:,} has {row.actual_columns}"
        for row in sorted(torn, key=lambda row: row.number)[:4]
    )
    return DataError(
        f"{name}: expected {torn[0].expected_columns} cells in every row, as in the header.",
        f"Found {len(torn):,} rows with another number ({cases}).",
        "Put cells that contain the separator into quotation marks.",
    )

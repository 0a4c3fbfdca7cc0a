"""Source: one table as it was found, before anything is cast."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import DataError
from spillover.typing import IntVector

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Columns of one table as text, or as typed as the file or frame was."""

    table: str
    """Name of the table."""

    name: str
    """File name without folders, or ``"memory"``."""

    sha256: str
    """Hash of the file's bytes; empty for a frame in memory."""

    data: "pa.Table"
    """The columns."""

    rows_read: int
    """Rows found, empty ones included."""

    numbers: IntVector
    """(n,) row number of each row of ``data``, from 1."""

    notes: tuple[str, ...] = ()
    """What was done while reading: encodings, special missing values, labels."""


def file_bytes(path: Path) -> tuple[bytes, str]:
    """Bytes of a file and their SHA-256 hash.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"Expected a file that can be read at {path.name}.",
            f"Found: {error.strerror or error}.",
            "Check the path and the permissions.",
        ) from None
    return data, hashlib.sha256(data).hexdigest()

"""Source: one table as it was found, before anything is cast."""

import gzip
import hashlib
import zlib
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
    """Content of a file, unpacked if it ends in ``.gz``, and the SHA-256 hash of its bytes.

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
        content = gzip.decompress(data) if suffix_of(path).endswith(".gz") else data
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"Expected a file that can be read at {path.name}.",
            f"Found: {getattr(error, 'strerror', None) or error}.",
            f"Check the path and the permissions; the file was looked for in {path.parent}.",
        ) from None
    return content, hashlib.sha256(data).hexdigest()


def suffix_of(path: Path) -> str:
    """Ending of a file name in lower case, with the one before ``.gz``."""
    name = path.name.lower()
    inner = Path(name.removesuffix(".gz")).suffix
    return f"{inner}.gz" if name.endswith(".gz") else inner

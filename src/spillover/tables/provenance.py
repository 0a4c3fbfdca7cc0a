"""The ledger: where rows came from and why some of them left."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """Rows that left a sample at one step, for one reason."""

    reason: str
    """Why the rows left, in words a reader of the report understands."""

    rows: int
    """Number of rows that left."""

    remaining: int
    """Number of rows after the step."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one table came from: file, hash, rows read and rows kept."""

    table: str
    """Name of the table."""

    source: str
    """File name without folders, or ``"memory"``."""

    sha256: str
    """Hash of the file's bytes; empty for a frame given in memory."""

    rows_read: int
    """Rows found in the source."""

    rows_kept: int
    """Rows in the table; ``rows_read`` minus the sum of ``dropped``."""

    dropped: tuple[tuple[str, int], ...] = ()
    """Reasons and counts of rows that were not kept."""

    notes: tuple[str, ...] = ()
    """Recodings and repairs worth a line in the report."""

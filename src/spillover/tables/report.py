"""ValidationReport: every failure of every table at once, as text, HTML, CSV and frame."""

import csv
import html
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Self

import pandas as pd

from spillover.errors import DataError, first_cases
from spillover.typing import Severity

FIRST = 5
"""Number of offending rows that a failure lists."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One rule that one column of one table breaks, with its first cases."""

    table: str
    """Name of the table."""

    field: str
    """Column or columns; empty when the whole table is meant."""

    rule: str
    """Kind of rule, such as ``required``, ``type``, ``foreign-key``, or the name of a check."""

    severity: Severity
    """``error`` stops a study, ``warning`` is printed, ``note`` goes to the report."""

    count: int
    """Number of offending rows, or of groups for a check of groups."""

    total: int
    """Number of rows of the table; zero when it could not be read."""

    rows: tuple[int, ...]
    """First offending rows; row 1 is the first row below the header."""

    values: tuple[str, ...]
    """Their values; empty when they are confidential."""

    say: str
    """What was expected."""

    action: str
    """What to do."""

    source: str = ""
    """File name without folders, ``"memory"``, or empty when there is no source."""

    @property
    def where(self) -> str:
        """The table, and the file where it is known."""
        if self.source in ("", "memory"):
            return self.table
        stands_for_itself = self.source.split(".")[0] == self.table
        return self.source if stands_for_itself else f"{self.table} ({self.source})"

    @property
    def share(self) -> float:
        """Offending rows as a share of all rows."""
        return self.count / self.total if self.total else 0.0

    def to_text(self) -> str:
        """Two lines: where and how many, then what was expected and what to do."""
        place = "  ".join(part for part in (self.where, self.field, self.rule) if part)
        if self.total:
            place += f"  {self.count:,} of {self.total:,} rows ({_percent(self.share)})"
        more = self.count > len(self.rows)
        if self.rows:
            listed = ", ".join(f"{row:,}" for row in self.rows)
            place += f"  rows {listed}{', ...' if more else ''}"
        if self.values:
            place += f"  {', '.join(self.values)}{', ...' if more and self.rows else ''}"
        return f"{self.severity}: {place}\n    {self.say} {self.action}".rstrip()


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What the rules found in a set of tables."""

    failures: tuple[Failure, ...]
    """All failures: errors first, then warnings, then notes, in the order of the tables."""

    rows: tuple[tuple[str, int], ...]
    """Names of the tables that were read, with their rows."""

    confidential: bool = False
    """Whether values are left out and only row numbers are shown."""

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def errors(self) -> tuple[Failure, ...]:
        """Failures that stop a study."""
        return tuple(f for f in self.failures if f.severity == "error")

    @property
    def warnings(self) -> tuple[Failure, ...]:
        """Failures that a study can live with."""
        return tuple(f for f in self.failures if f.severity == "warning")

    def to_text(self) -> str:
        """The tables with their rows, then two lines for each failure."""
        tables = [f"{name}: {count:,} rows" for name, count in self.rows]
        counts = {
            word: sum(f.severity == word for f in self.failures)
            for word in ("error", "warning", "note")
        }
        total = ", ".join(f"{n} {word}{'s' * (n != 1)}" for word, n in counts.items())
        return "\n".join([*tables, *(f.to_text() for f in self.failures), total])

    def to_frame(self) -> pd.DataFrame:
        """One row per failure, one column per field of :class:`Failure`."""
        names = [field.name for field in fields(Failure)]
        return pd.DataFrame([asdict(f) for f in self.failures], columns=names)

    def to_csv(self) -> str:
        """The failures as CSV; rows and values are separated by semicolons."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([field.name for field in fields(Failure)])
        for failure in self.failures:
            writer.writerow([_cell(value) for value in asdict(failure).values()])
        return out.getvalue()

    def to_html(self) -> str:
        """The failures as one HTML table."""
        heads = ("severity", "table", "field", "rule", "count", "rows", "values", "say", "action")
        head = "".join(f"<th>{name}</th>" for name in heads)
        body = "".join(
            f"<tr>{''.join(f'<td>{_escaped(getattr(f, name))}</td>' for name in heads)}</tr>"
            for f in self.failures
        )
        return (
            f'<table class="validation"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        )

    def _repr_html_(self) -> str:
        return self.to_html()


class TablesError(DataError):
    """The tables break rules; ``report`` and ``failures`` hold all of them."""

    report: ValidationReport
    """Everything that was found, warnings and notes included."""

    @classmethod
    def of(cls, report: ValidationReport) -> Self:
        """The error of a report that has errors."""
        errors = report.errors
        count = f"{len(errors)} failure{'s' * (len(errors) != 1)}"
        tables = first_cases(dict.fromkeys(f.table for f in errors))
        lines = "\n".join(f.to_text() for f in errors)
        error = cls(
            "Expected tables that fit their schemas.",
            f"Found {count} in {tables}:\n{lines}",
            "Correct the files and check again; row 1 is the first row below the header.",
        )
        error.report = report
        return error

    def __str__(self) -> str:
        return f"{self.expected}\n{self.found}\n{self.action}"

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Failures that stopped the reading."""
        return self.report.errors


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %" if share >= 5e-5 else "< 0.01 %"


def _cell(value: object) -> object:
    return ";".join(str(part) for part in value) if isinstance(value, tuple) else value


def _escaped(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return html.escape(text)


def sorted_failures(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Errors first, then warnings, then notes; otherwise in the order found."""
    rank = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(failures, key=lambda failure: rank[failure.severity]))


def of_table(table: str, rule: str, error: DataError) -> Failure:
    """The failure of a table that could not be read at all.

    Parameters
    ----------
    table : str
        Name of the table.
    rule : str
        For example ``file`` or ``column``.
    error : DataError
        What stopped the reading.
    """
    return Failure(table, "", rule, "error", 1, 0, (), (error.found,), error.expected, error.action)

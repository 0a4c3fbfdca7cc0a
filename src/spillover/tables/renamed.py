"""Renamed: a file whose columns have other names than those of the schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from spillover.errors import DataError, first_cases, unknown_name
from spillover.tables.source import Source


@dataclass(frozen=True, slots=True)
class Renamed:
    """A place for :func:`~spillover.tables.read.read`: a file, renamed and completed."""

    path: Path
    """The file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Name of the schema = name in the file; other columns keep their names."""

    constants: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    """Columns that the file lacks, with the value of every row."""

    def apply(self, source: Source) -> Source:
        """The source under the names of the schema.

        Raises
        ------
        DataError
            The file lacks a column, or has one under a name that another gets.
        """
        data = self._renamed(source.data)
        for name, value in self.constants.items():
            data = data.append_column(name, pa.repeat(pa.scalar(value), data.num_rows))
        said = [f"{ours} is {theirs} in the file" for ours, theirs in self.columns.items()]
        said += [f"{name} is {value} in every row" for name, value in self.constants.items()]
        return replace(source, data=data, notes=(*source.notes, *said))

    def _renamed(self, data: pa.Table) -> pa.Table:
        names = list(data.column_names)
        for theirs in self.columns.values():
            if theirs not in names:
                error = unknown_name(f"column of {self.path.name}", theirs, names)
                raise DataError(error.expected, error.found, error.action)
        ours = {theirs: name for name, theirs in self.columns.items()}
        new = [ours.get(name, name) for name in names]
        taken = {
            name for name in (*new, *self.constants) if [*new, *self.constants].count(name) > 1
        }
        if taken:
            raise DataError(
                f"{self.path.name}: expected each column once after renaming.",
                f"Found {first_cases(sorted(taken))} twice.",
                "Rename the column of the file that has this name, too.",
            )
        return data.rename_columns(new)

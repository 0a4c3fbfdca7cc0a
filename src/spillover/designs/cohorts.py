"""Cohorts of staggered adoption: who is treated from which year, and who is compared with whom."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.designs.rows import refuse_empty
from spillover.errors import DataError, IdentificationError, first_cases
from spillover.sample import Sample
from spillover.typing import BoolVector, FloatVector, IntVector

NEVER = np.iinfo(np.int64).max
"""Cohort of units that are never treated while the panel watches."""

ALWAYS = "treated before its comparison could begin"
"""Reason for which rows of early cohorts leave."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """Rows in use with their units, years and years of first treatment."""

    rows: IntVector
    """(n,) positions in the sample, ascending."""

    units: IntVector
    """(n,) unit of each row, coded 0..N-1."""

    years: IntVector
    """(n,) calendar year of each row."""

    first: IntVector
    """(n,) year from which the row's unit is treated; ``NEVER`` without treatment."""

    calendar: IntVector
    """(T,) years of the rows, ascending."""

    anticipation: int
    """Years before treatment in which it may already act."""

    dropped: tuple[tuple[str, int], ...]
    """Reasons and counts of the other rows of the sample."""

    @property
    def treated(self) -> IntVector:
        """(G,) years of first treatment, ascending, without ``NEVER``."""
        cohorts = np.unique(self.first)
        return np.asarray(cohorts[cohorts != NEVER])

    def base(self, year: int) -> int | None:
        """The last year of the panel before a year, less the anticipation; ``None`` without one."""
        before = self.calendar[self.calendar < year - self.anticipation]
        return int(before[-1]) if len(before) else None

    def of_units(self) -> tuple[IntVector, IntVector]:
        """(N,) cohort of each unit, and the position of its first row."""
        _, lead = np.unique(self.units, return_index=True)
        return self.first[lead], lead

    def keep(self, kept: BoolVector, reason: str) -> "Cohorts":
        """The rows for which ``kept`` (n,) is true, with the loss counted.

        Parameters
        ----------
        kept : (n,)
            True for rows that stay.
        reason : str
            Why the others leave.
        """
        if kept.all():
            return self
        units = np.unique(self.units[kept], return_inverse=True)[1]
        return Cohorts(
            self.rows[kept],
            units,
            self.years[kept],
            self.first[kept],
            np.unique(self.years[kept]),
            self.anticipation,
            (*self.dropped, (reason, int((~kept).sum()))),
        )


def cohorts_of(
    sample: Sample, column: str, expressions: Sequence[str], factors: Sequence[str], early: int
) -> Cohorts:
    """Rows on which a staggered design can stand.

    Parameters
    ----------
    sample : Sample
        Rows to choose from.
    column : str
        Expression of the year of first treatment.
    expressions, factors : sequences of str
        Numbers and categories that must be known.
    early : int
        Years of anticipation.

    Raises
    ------
    DataError
        A year of first treatment is missing, or differs within a unit.
    IdentificationError
        No unit is treated while the panel watches.
    """
    mask, dropped = sample.complete(expressions, factors)
    refuse_empty(mask, sample, dropped)
    rows = np.flatnonzero(mask)
    years = sample.years[rows].astype(np.int64)
    units = np.unique(sample.units[rows], return_inverse=True)[1]
    first = _first(sample.column(column)[rows], years, column)
    _refuse_changing(first, units, column)
    found = Cohorts(rows, units, years, first, np.unique(years), early, dropped)
    always = [g for g in found.treated if found.base(int(g)) is None]
    found = found.keep(~np.isin(first, always), ALWAYS)
    if not len(found.treated):
        raise IdentificationError(
            "Expected units whose treatment begins after the first year of the panel.",
            f"Found none in {column} ({len(always)} cohorts are treated from the start).",
            "Check the years of first treatment, or add earlier years.",
        )
    return found


def _first(values: FloatVector, years: IntVector, column: str) -> IntVector:
    """Years of first treatment as whole numbers; zero and years to come mean never."""
    missing = np.isnan(values)
    if missing.any():
        raise DataError(
            f"Expected the year of first treatment {column} in every row.",
            f"Found {int(missing.sum()):,} rows without "
            f"(rows {first_cases(np.flatnonzero(missing))}).",
            "Write 0 for units that are never treated, or filter rows for which it is unknown.",
        )
    never = (values > years.max()) | ((values == 0) & (years.min() > 0))
    whole = np.where(never, 0.0, values)
    bent = whole != np.round(whole)
    if bent.any():
        raise DataError(
            f"Expected whole years in {column}.",
            f"Found {first_cases(np.unique(whole[bent])[:4])}.",
            "Name the column with the calendar year of first treatment, 0 for never.",
        )
    return np.where(never, NEVER, whole.astype(np.int64))


def _refuse_changing(first: IntVector, units: IntVector, column: str) -> None:
    low = np.full(units.max() + 1, NEVER)
    high = np.full(units.max() + 1, np.iinfo(np.int64).min)
    np.minimum.at(low, units, first)
    np.maximum.at(high, units, first)
    bad = np.flatnonzero(low != high)
    if len(bad):
        rows = np.flatnonzero(np.isin(units, bad))
        raise DataError(
            f"Expected one year of first treatment {column} for each unit.",
            f"Found several for {len(bad):,} units (rows {first_cases(rows)}).",
            "Give each unit one year; adoption(...) finds it from a condition on rows.",
        )

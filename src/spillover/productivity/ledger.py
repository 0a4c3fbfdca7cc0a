"""A ledger under construction: which rows of a panel are still in use, and why others left."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spillover.errors import DataError, first_cases
from spillover.tables.panel import Panel
from spillover.tables.provenance import Loss
from spillover.typing import BoolVector, FloatVector, IntVector

LARGEST_LOG = 700.0
"""Logs beyond this have no exponential in double precision."""


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Rows of a panel that are in use, with the reasons of those that are not."""

    panel: Panel
    """The panel."""

    kept: BoolVector
    """(n,) whether a row is in use."""

    losses: tuple[Loss, ...]
    """One entry for each reason that cost a row."""

    @classmethod
    def start(cls, panel: Panel) -> "Ledger":
        """All rows of a panel."""
        first = Loss("rows of the panel", 0, len(panel))
        return cls(panel, np.ones(len(panel), dtype=bool), (first,))

    def drop(self, mask: BoolVector, reason: str) -> "Ledger":
        """Without the rows of ``mask``; a reason that costs nothing leaves no entry."""
        lost = int((self.kept & mask).sum())
        if not lost:
            return self
        kept = self.kept & ~mask
        return Ledger(self.panel, kept, (*self.losses, Loss(reason, lost, int(kept.sum()))))

    @property
    def rows(self) -> IntVector:
        """Rows in use, ascending."""
        return np.flatnonzero(self.kept)

    def cases(self, mask: BoolVector) -> str:
        """The first firm-years of a mask in words."""
        return first_cases(cases(self.panel, np.flatnonzero(mask)))


def cases(panel: Panel, rows: IntVector, most: int = 4) -> Iterator[str]:
    """The first rows as ``firm in year``."""
    return (f"{panel.units[panel.codes[row]]} in {panel.years[row]}" for row in rows[:most])


def refuse_infinite(ledger: Ledger, values: FloatVector, text: str) -> None:
    """Refuse infinite values among the rows in use, by name."""
    bad = ledger.kept & np.isinf(values)
    if bad.any():
        raise DataError(
            f"Expected finite values of {text}.",
            f"Found {int(bad.sum()):,} infinite ones ({ledger.cases(bad)}).",
            "They come from a division by zero or an overflow before the table was read: correct "
            "them or make them missing.",
        )


def refuse_not_logs(ledger: Ledger, values: FloatVector, text: str) -> None:
    """Refuse levels where logs were announced."""
    bad = ledger.kept & (np.abs(values) > LARGEST_LOG)
    if bad.any():
        raise DataError(
            f"Expected natural logs in {text}, because of in_logs = true.",
            f"Found {int(bad.sum()):,} values beyond {LARGEST_LOG:g} ({ledger.cases(bad)}).",
            "These are levels: set in_logs = false.",
        )

"""Disclosure: which cells may be shown, and what is hidden with it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import DisclosureError
from spillover.specs import Share, Spec
from spillover.typing import BoolVector, FloatVector

MinimumUnits = Annotated[int, Field(ge=3)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRule(Spec):
    """A cell is shown when enough firms stand behind it and none of them dominates it."""

    type: Literal["DisclosureRule"] = "DisclosureRule"

    minimum_units: MinimumUnits = 10
    """Least number of distinct firms (not rows) behind a cell; three is the lowest accepted."""

    dominance_1: Share = 0.50
    """Greatest share of a total that one firm may hold."""

    dominance_2: Share = 0.85
    """Greatest share of a total that two firms may hold together."""

    def hidden(self, counts: np.ndarray) -> BoolVector:
        """Cells of a table with a shown total that must be hidden, (m,).

        A cell with fewer firms than the minimum is hidden; an empty one says nothing about a
        firm and stays. When the hidden cells hold fewer firms than the minimum together, the
        total would give them away, so the smallest shown cells follow.

        Parameters
        ----------
        counts : (m,)
            Distinct firms behind each cell.
        """
        counts = np.asarray(counts)
        hidden = (counts > 0) & (counts < self.minimum_units)
        while hidden.any() and not self._veiled(counts, hidden):
            rest = np.where(hidden | (counts == 0), np.iinfo(np.int64).max, counts)
            smallest = int(np.argmin(rest))
            if hidden[smallest] or counts[smallest] == 0:
                return np.asarray(counts > 0)
            hidden[smallest] = True
        return hidden

    def _veiled(self, counts: np.ndarray, hidden: BoolVector) -> bool:
        return bool(hidden.sum() >= 2 and counts[hidden].sum() >= self.minimum_units)

    def dominated(self, contributions: FloatVector) -> bool:
        """Whether one or two firms hold too much of a total.

        Parameters
        ----------
        contributions : (m,)
            One non-negative amount per firm.
        """
        amounts = np.sort(np.asarray(contributions, dtype=np.float64))[::-1]
        total = float(amounts.sum())
        if total <= 0.0:
            return False
        first, second = float(amounts[0]), float(amounts[:2].sum())
        return bool(first > self.dominance_1 * total or second > self.dominance_2 * total)

    def require(self, units: int, what: str) -> None:
        """Refuse an output with too few firms behind it.

        Raises
        ------
        DisclosureError
            Fewer distinct firms than the minimum.
        """
        if units < self.minimum_units:
            raise DisclosureError(
                f"Expected at least {self.minimum_units} firms behind {what}.",
                f"Found {units}.",
                "Use a larger group of firms, or ask the data provider for another rule.",
            )


def refuse_identifiers(texts: Iterable[str], identifiers: Iterable[str], where: str) -> None:
    """Refuse text that names a firm.

    Parameters
    ----------
    texts : iterable of str
        Sentences that a report would show.
    identifiers : iterable of str
        Identifiers of firms; short plain numbers are no names and are not looked for.
    where : str
        What the sentences are.

    Raises
    ------
    DisclosureError
        A sentence holds an identifier; the message gives its position and not the identifier.
    """
    telling = {name for name in identifiers if not (name.isdecimal() and len(name) < 6)}
    for position, text in enumerate(texts, start=1):
        if telling & set(re.findall(r"\w+", text)):
            raise DisclosureError(
                f"Expected {where} without identifiers in a confidential report.",
                f"Found an identifier in number {position}.",
                "Reword it, or set confidential = false when the data are public.",
            )


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Cells that were not shown, for the manifest and the output checker."""

    where: str
    """Table or figure."""

    cells: int
    """Number of cells."""

    reason: str
    """Why they were hidden."""

"""Presence: what foreign firms weigh in each industry, ready to be carried between industries."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network, codes_in
from spillover.tables.evaluate import categories, numbers
from spillover.tables.foreign import ForeignDefinition
from spillover.tables.panel import Panel
from spillover.typing import FloatMatrix, FloatVector, IntVector, TextVector


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """Foreign share of an industry, H_st = sum of F_it Y_it / sum of Y_it, with its parts by firm.

    The parts stay because a firm must be taken out of its own industry: H falls when a domestic
    firm grows, which would correlate with its own outcome by construction.

    References
    ----------
    Javorcik (2004), American Economic Review 94, equation 2.
    """

    name: str
    """Name of the foreign variable."""

    industries: TextVector
    """(S,) sorted codes of industries."""

    years: IntVector
    """(T,) years of the panel, ascending."""

    panel: Panel
    """Firms behind the sums."""

    column: str
    """Column of the panel that holds the industry."""

    industry: IntVector
    """(n,) industry of each row, -1 where unknown."""

    group: IntVector
    """(n,) business group of each row, -1 where unknown."""

    foreign: FloatVector
    """(n,) F_it Y_it; zero where a part is unknown."""

    total: FloatVector
    """(n,) Y_it; zero where a part is unknown."""

    exports: str | None = None
    """Expression that was taken off Y, for presence in sales at home."""

    notes: tuple[str, ...] = ()
    """Rows that do not count, and why."""

    definition: ForeignDefinition | None = None
    """What makes a firm foreign, when the shock was derived from stakes."""

    @classmethod
    def of(
        cls,
        panel: Panel,
        foreign: Shock,
        weight: str,
        *,
        industry: str = "industry",
        group: str | None = None,
        exports: str | None = None,
    ) -> Self:
        """Presence from a panel of firms.

        Parameters
        ----------
        panel : Panel
            Firm-years.
        foreign : Shock
            Foreign flag or foreign share of firms.
        weight : str
            What firms are weighed by: ``sales``, ``employment``, ``capital``, an expression.
        industry : str
            Column with the industry, in the codes of the input-output table.
        group : str, optional
            Column with the business group, for leaving out the own group.
        exports : str, optional
            Expression of what is sold abroad: taken off the weight, never below zero.

        Raises
        ------
        DataError
            A weight is negative or infinite, a foreign share is outside zero to one, or no row
            counts.
        """
        codes, labels = _labelled(industry, panel)
        share = foreign.columns(panel)[foreign.name]
        size = numbers(weight, panel)
        _refuse_outside(size, weight, panel)
        _refuse_outside(share, foreign.name, panel, 1.0)
        notes: list[str] = []
        if exports is not None:
            abroad = numbers(exports, panel)
            _refuse_outside(abroad, exports, panel)
            size = _at_home(size, abroad, notes)
        known = (codes >= 0) & ~np.isnan(share) & ~np.isnan(size)
        if not np.any(size[known] > 0):
            raise DataError(
                f"Expected firms with an industry, {weight} and {foreign.name}.",
                "Found none.",
                "Check that the shock covers the firms and years of the panel.",
            )
        if not known.all():
            notes.append(f"{int((~known).sum()):,} firm-years do not count: a part is unknown")
        groups = np.full(len(panel), -1) if group is None else categories(group, panel)[0]
        return cls(
            foreign.name,
            labels,
            np.unique(panel.years).astype(np.int32),
            panel,
            industry,
            codes,
            groups.astype(np.int32),
            np.where(known, share * size, 0.0),
            np.where(known, size, 0.0),
            exports,
            tuple(notes),
            foreign.definition,
        )

    def sums(self, part: FloatVector) -> FloatMatrix:
        """(S, T) sums over the firms of each industry and year."""
        size = len(self.industries) * len(self.years)
        known = self.industry >= 0
        cell = self.industry[known] * len(self.years) + self.at(self.panel.years[known])
        flat = np.bincount(cell, weights=part[known], minlength=size).astype(np.float64)
        return flat.reshape(len(self.industries), len(self.years))

    def level(self) -> FloatMatrix:
        """(S, T) foreign share of each industry; NaN where no firm counts."""
        above, below = self.sums(self.foreign), self.sums(self.total)
        return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)

    def at(self, years: IntVector) -> IntVector:
        """Position of each year in ``years``."""
        return np.searchsorted(self.years, years)

    def network(self) -> Network:
        """The industries without links, for :class:`~spillover.exposures.linkages.Horizontal`."""
        return assemble("industries", list(self.industries), list(self.years), [], [])

    def frame(self) -> pd.DataFrame:
        """One row per industry and year: presence, firms, foreign firms and concentration.

        ``herfindahl`` is that of the foreign part: near one, a single foreign firm is the industry.
        """
        ones = (self.total > 0).astype(np.float64)
        above, below = self.sums(self.foreign), self.sums(self.total)
        squares = self.sums(self.foreign**2) / np.where(above > 0, above, 1.0) ** 2
        row, column = np.nonzero(self.sums(ones) > 0)
        columns = {
            "firms": self.sums(ones).astype(np.int64),
            "foreign_firms": self.sums((self.foreign > 0).astype(np.float64)).astype(np.int64),
            "weight": below,
            "presence": self.level(),
            "herfindahl": np.where(above > 0, squares, np.nan),
        }
        keys = {"industry": self.industries[row], "year": self.years[column]}
        return pd.DataFrame(keys | {name: part[row, column] for name, part in columns.items()})

    def split(self, parts: Mapping[str, Shock]) -> "dict[str, Presence]":
        """Presence by origin or entry mode, over one denominator, so that the parts add up.

        Parameters
        ----------
        parts : mapping of str to Shock
            Shocks that add up to the foreign variable, as from ``split``.

        Raises
        ------
        DataError
            The parts do not add up.
        """
        shares = {name: shock.columns(self.panel)[shock.name] for name, shock in parts.items()}
        pieces = {
            name: np.where(self.total > 0, np.nan_to_num(share) * self.total, 0.0)
            for name, share in shares.items()
        }
        gap = np.abs(sum(pieces.values()) - self.foreign)
        if np.any(gap > 1e-9 * np.maximum(self.total, 1.0)):
            raise DataError(
                f"Expected parts of {self.name!r} that add up to it.",
                f"Found {int(np.sum(gap > 1e-9)):,} firm-years where they do not.",
                "Build the parts with split(...) from the same stakes and definition.",
            )
        return {name: replace(self, name=name, foreign=piece) for name, piece in pieces.items()}


def _labelled(industry: str, panel: Panel) -> tuple[IntVector, TextVector]:
    codes, _ = categories(industry, panel)
    values = panel.frame[industry].to_numpy(dtype=object)
    known = codes >= 0
    labels = np.unique(values[known].astype(str)).astype(object)
    codes = np.full(len(panel), -1, dtype=np.int32)
    codes[known] = codes_in(labels, values[known].astype(str).astype(object))
    return codes, labels


def _refuse_outside(
    values: FloatVector, what: str, panel: Panel, most: float = np.finfo(np.float64).max
) -> None:
    wrong = (values < 0) | (values > most)
    if wrong.any():
        bounds = "between zero and one" if most == 1.0 else "of zero or more, and finite"
        cases = panel.units[panel.codes[wrong]][:4]
        raise DataError(
            f"Expected {what} {bounds}.",
            f"Found {int(wrong.sum()):,} firm-years with others ({first_cases(cases)}).",
            "Choose a column that cannot be otherwise, or drop these rows.",
        )


def _at_home(size: FloatVector, exports: FloatVector, notes: list[str]) -> FloatVector:
    home = size - exports
    over = home < 0
    if over.any():
        notes.append(f"{int(over.sum()):,} firm-years export more than they sell: taken as zero")
    return np.where(over, 0.0, home)

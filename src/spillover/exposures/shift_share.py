"""Shift-share exposures: shares of a base period times shocks to categories."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import sparse

from spillover.errors import DataError, SpecificationError, first_cases
from spillover.exposures.contributions import Contributions
from spillover.exposures.shares import Shares
from spillover.exposures.shock import Shock
from spillover.networks.network import codes_in
from spillover.numerics.csr import keep, row_sums
from spillover.numerics.located import located
from spillover.specs import Count, Spec
from spillover.tables.panel import Panel
from spillover.typing import FloatMatrix, FloatVector, IntVector, TextVector


@dataclass(frozen=True, slots=True, eq=False)
class Stacked:
    """Shares on the rows of a sample, one column for each category and year of a shock."""

    matrix: sparse.csr_array
    """(n, K) shares; only columns in which some row has a share."""

    category: IntVector
    """(K,) position of the category."""

    year: IntVector
    """(K,) year of the shock."""

    shock: FloatVector
    """(K,) shock; the mean over all contributors when units are left out one by one."""

    names: TextVector
    """(K,) words for a column."""


@dataclass(frozen=True, slots=True, eq=False)
class ShiftShareExposure:
    """x_it = sum over categories n of s_in g_nt, with shares and shocks kept."""

    name: str
    """Name of the column that it brings to a panel."""

    shares: Shares
    """Shares as they are."""

    shock: Shock | Contributions
    """What categories carry."""

    spec: "ShiftShare"
    """The specification."""

    years: IntVector
    """(T,) years with an exposure, ascending."""

    values: FloatMatrix
    """(N, T) exposure on the units of the shares; NaN where it is not defined."""

    used: tuple[sparse.csr_array, ...]
    """(N, M) shares of each year that carry a known shock."""

    shifts: FloatMatrix
    """(M, T) shock of each category that feeds the exposure of a year; NaN where unknown."""

    notes: tuple[str, ...] = ()
    """Shares without a shock, units without shares."""

    @property
    def share_sum(self) -> FloatMatrix:
        """(N, T) sum of the shares that carry a shock; one when shares are complete."""
        return np.column_stack([row_sums(matrix) for matrix in self.used])

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Exposure and sum of shares on the rows of a panel; NaN where unknown.

        Parameters
        ----------
        panel : Panel
            Rows of units or years without shares are missing, or zero when the rule says so.
        """
        row, at, known = self._places(panel.years, self.shares.codes(panel))
        blank = 0.0 if self.spec.absent == "zero" else np.nan
        inside = self.years[at] == panel.years
        parts = {"": self.values, "_share_sum": self.share_sum}
        return {
            f"{self.name}{suffix}": np.where(
                known, values[row, at], np.where(inside & (row < 0), blank, np.nan)
            )
            for suffix, values in parts.items()
        }

    def stacked(self, panel: Panel, rows: IntVector) -> Stacked:
        """The shares of some rows of a panel, a column for each category and year.

        Parameters
        ----------
        panel : Panel
            Firm-years.
        rows : (n,)
            Rows of the panel.
        """
        row, at, known = self._places(panel.years[rows], self.shares.codes(panel)[rows])
        width = len(self.shares.categories)
        tall = sparse.vstack(list(self.used), format="csr")
        picked = sparse.csr_array(tall[np.where(known, at * len(self.shares.units) + row, 0)])
        picked = keep(picked, np.repeat(known, np.diff(picked.indptr)))
        entry = np.repeat(at, np.diff(picked.indptr)).astype(np.int64) * width + picked.indices
        columns, place = np.unique(entry, return_inverse=True)
        shape = (len(rows), len(columns))
        matrix = sparse.csr_array((picked.data, place, picked.indptr), shape=shape)
        year, category = np.divmod(columns, width)
        names = self.shares.categories[category]
        if len(self.years) > 1:
            dates = self.years[year]
            names = np.array([f"{n} ({y})" for n, y in zip(names, dates, strict=True)], object)
        shock = self.shifts[category, year]
        return Stacked(matrix, category, self.years[year] - self.spec.lag, shock, names)

    def _places(
        self, years: IntVector, row: IntVector
    ) -> tuple[IntVector, IntVector, "np.ndarray"]:
        """Row of the unit, column of the year, and whether both are there."""
        at = located(self.years, years)
        return row, at, (row >= 0) & (at >= 0)


@dataclass(frozen=True, slots=True)
class ShiftShare(Spec):
    """x_it = sum over categories n of s_in g_n,t-lag.

    Shares are those of a base period, fixed before the shocks, or dated. Shares that do not sum
    to one act like a further category whose shock is zero, so that units with small sums look as
    if nothing had reached them: the sum comes along as a column and designs control for it.

    References
    ----------
    Adao, Kolesar and Morales (2019), QJE 134; Borusyak, Hull and Jaravel (2022), REStud 89.

    Examples
    --------
    >>> ShiftShare().incomplete
    'control'
    """

    lag: Count = 0
    """Calendar years between the shock and the exposure."""

    incomplete: Literal["control", "allow"] = "control"
    """Whether inference refuses a regression that leaves out the sum of incomplete shares."""

    leave_out: Literal["own", "group", "nobody"] = "own"
    """Whose contribution is taken out of a shock that is an average over units."""

    unknown: Literal["refuse", "drop"] = "refuse"
    """What happens to a share whose shock is unknown; dropped ones are counted."""

    absent: Literal["missing", "zero"] = "missing"
    """What the exposure of a unit without any share is."""

    type: Literal["ShiftShare"] = field(default="ShiftShare", kw_only=True, repr=False)

    def carry(self, shares: Shares, shock: Shock | Contributions, name: str) -> ShiftShareExposure:
        """The exposure of every unit to the shocks of its categories.

        Raises
        ------
        DataError
            A category with a share has no shock, or no year has shares and shocks.
        """
        years = self._years(shares, shock)
        parts = [_one_year(self, shares, shock, int(year)) for year in years]
        lost = sum(part.lost for part in parts)
        if lost and self.unknown == "refuse":
            raise _without_shock(shares, shock, parts)
        alone = sum(part.alone for part in parts)
        dropped = [(lost, "whose shock is unknown"), (alone, "without another contributor")]
        notes = tuple(f"dropped {count:,} shares {why}" for count, why in dropped if count)
        return ShiftShareExposure(
            name,
            shares,
            shock,
            self,
            years,
            np.column_stack([part.values for part in parts]),
            tuple(part.used for part in parts),
            np.column_stack([part.shift for part in parts]),
            notes,
        )

    def _years(self, shares: Shares, shock: Shock | Contributions) -> IntVector:
        years = np.asarray(shock.years + self.lag, dtype=np.int32)
        if len(shares.years):
            years = np.intersect1d(years, shares.years).astype(np.int32)
        if not len(years):
            raise DataError(
                "Expected at least one year with shares and shocks.",
                f"Found shares in {first_cases(shares.years)}, shocks in "
                f"{first_cases(shock.years)}, lag {self.lag}.",
                "Check the years of both, or the lag.",
            )
        return years


@dataclass(frozen=True, slots=True, eq=False)
class _Year:
    """The exposure of one year with what was dropped on the way."""

    values: FloatVector
    """(N,) exposure."""

    used: sparse.csr_array
    """(N, M) shares that carry a known shock."""

    shift: FloatVector
    """(M,) shock of categories."""

    lost: int = 0
    """Shares whose shock is unknown."""

    alone: int = 0
    """Shares in categories whose only contributor is left out."""


def _one_year(spec: ShiftShare, shares: Shares, shock: Shock | Contributions, year: int) -> _Year:
    matrix = shares.at(year)
    if matrix is None:
        raise SpecificationError("Expected shares of the year.", f"Found none in {year}.")
    if isinstance(shock, Contributions):
        return _left_out(spec, shares, matrix, shock, year)
    shift = _on_categories(shock, shares.categories, year - spec.lag)
    known = ~np.isnan(shift)[matrix.indices]
    used = matrix if known.all() else keep(matrix, known)
    return _Year(used @ np.where(np.isnan(shift), 0.0, shift), used, shift, int(np.sum(~known)))


def _left_out(
    spec: ShiftShare, shares: Shares, matrix: sparse.csr_array, shock: Contributions, year: int
) -> _Year:
    """Every share times the mean of its category without the own contribution."""
    places = shock.places(shares.categories)
    rows = np.repeat(codes_in(shock.units, shares.units), np.diff(matrix.indptr))
    shift, own, some = shock.means(rows, places[matrix.indices], year - spec.lag, spec.leave_out)
    known, alone = ~np.isnan(own), np.isnan(own) & some
    used = keep(matrix, known)
    values = np.bincount(
        np.repeat(np.arange(matrix.shape[0]), np.diff(used.indptr)),
        used.data * own[known],
        matrix.shape[0],
    )
    whole = np.where(places >= 0, shift[np.maximum(places, 0)], np.nan)
    lost = int(np.sum(~known & ~alone))
    return _Year(values.astype(np.float64), used, whole, lost, int(alone.sum()))


def _on_categories(shock: Shock, categories: TextVector, year: int) -> FloatVector:
    place = codes_in(shock.units.astype(str).astype(object), categories)
    at = int(np.searchsorted(shock.years, year))
    values = shock.values[:, at]
    return np.where(place >= 0, values[np.maximum(place, 0)], shock.absent)


def _without_shock(shares: Shares, shock: Shock | Contributions, parts: list[_Year]) -> DataError:
    bare = np.any([np.isnan(part.shift) for part in parts], axis=0)
    held = np.any([(shares_of > 0) for shares_of in map(_held, shares.matrices)], axis=0)
    listed = shares.categories[bare & held]
    return DataError(
        f"Expected a shock of {shock.name!r} for every category with a share.",
        f"Found none for {len(listed):,} categories ({first_cases(listed)}).",
        'Complete the shocks, or set unknown = "drop"; dropped shares are counted.',
    )


def _held(matrix: sparse.csr_array) -> FloatVector:
    return np.bincount(matrix.indices, matrix.data, matrix.shape[1]).astype(np.float64)

"""Rows may be dependent when their firms are near in space."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse

from spillover.errors import DataError, IdentificationError, SpecificationError, first_cases
from spillover.inference.dependence import Dependence, Part
from spillover.inference.serial import periods
from spillover.numerics.blocks import dense
from spillover.numerics.cells import unit_vectors
from spillover.numerics.grid import Near, SpatialShape
from spillover.numerics.kernels import bartlett_lags
from spillover.numerics.links import AnyLinks
from spillover.numerics.pairs import AnyKernel, Diagonal, Signed, UnitTime
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty, NonNegative
from spillover.typing import FloatMatrix, FloatVector, IntVector, SmallSample

Across: TypeAlias = Literal["same_period", "all", "lags", "product"]

FARTHEST = 20_016.0
"""Half the circumference of the earth in kilometres."""

FEW_ROWS = 3
"""Rows below which nothing is said about wide cut-offs."""

NEARLY_ALIKE = 0.1
"""Part of the cut-off within which weights that decline are still nearly one."""

PROBED = 1000
"""Number of rows whose neighbours are counted for the note."""


@dataclass(frozen=True, slots=True)
class Conley(Dependence):
    """Rows may be dependent when their firms are near in space (Conley 1999).

    K_ij = k(d_ij / cut-off) with great-circle distance d on a sphere of 6371.01 km; ``across``
    says which periods may be combined. Rows without coordinates depend on themselves only, and
    are counted in the note. No small-sample factor applies.

    Examples
    --------
    >>> Conley(50, across="same_period").kernel
    'bartlett'
    """

    cutoff: NonNegative
    """Greatest distance in kilometres; zero leaves rows at exactly one place."""

    across: Across
    """Pairs of periods: ``same_period`` only, ``all`` alike, ``lags`` adds pairs of one unit with
    Bartlett weights to those near in the same period, ``product`` multiplies both weights."""

    kernel: SpatialShape = "bartlett"
    """``bartlett`` 1 - r, ``uniform`` 1, or ``spherical`` and ``wendland``, which are positive
    semidefinite."""

    lags: Count | None = None
    """L of the Bartlett weights ``1 - |t - s| / (L + 1)``, for ``lags`` and ``product``."""

    latitude: NonEmpty = "latitude"
    """Column of degrees north, -90 to 90."""

    longitude: NonEmpty = "longitude"
    """Column of degrees east, -180 to 180."""

    small_sample: SmallSample = "fixest"
    """Software whose factors the other members of a union match; none applies to Conley."""

    type: Literal["Conley"] = field(default="Conley", kw_only=True, repr=False)

    def rules(self) -> None:
        """Lags go with the rules that use them."""
        if (self.lags is not None) != (self.across in ("lags", "product")):
            raise SpecificationError(
                "Conley: expected lags exactly when across is 'lags' or 'product'.",
                f"Found across = {self.across!r} with lags = {self.lags!r}.",
                "Give lags, or choose across = 'same_period' or 'all'.",
            )
        if self.cutoff > FARTHEST:
            raise SpecificationError(
                f"Conley: expected a cut-off of at most {FARTHEST:,.0f} km.",
                f"Found {self.cutoff:g}: no two places on earth are farther apart.",
                "Give kilometres; scores sum to zero, so a cut-off that takes everybody in would "
                "shrink standard errors to nothing.",
            )

    def bind(self, sample: Sample) -> Part:
        """Places near each other, times a kernel between periods.

        Raises
        ------
        DataError
            A coordinate is out of range.
        IdentificationError
            No row has coordinates, or a uniform kernel takes in most of the sample.
        """
        latitude, longitude = self._coordinates(sample)
        unit, points = places(latitude, longitude)
        years, time = periods(sample)
        links: AnyLinks = sparse.csr_array(sparse.eye_array(len(points), format="csr"))
        notes, warnings = _unplaced(latitude), tuple[str, ...]()
        if self.cutoff > 0:
            links = self._near(points)
            share, others = _reached(links, unit)
            near = f"on average {others:,.1f} other places within {self.cutoff:g} km"
            notes, warnings = (near, *notes), self._wide(points, unit, share)
        kernel = self._between_periods(links, unit, time, years, sample)
        return Part(kernel, "none", label=self._label(), notes=notes, warnings=warnings)

    def _between_periods(
        self, links: AnyLinks, unit: IntVector, time: IntVector, years: IntVector, sample: Sample
    ) -> AnyKernel:
        if self.across == "all":
            return UnitTime(links, np.ones((len(years), len(years))), unit, time)
        if self.across == "product":
            return UnitTime(links, bartlett_lags(years, self.lags or 0), unit, time)
        same = UnitTime(links, np.eye(len(years)), unit, time)
        if self.across == "same_period" or not self.lags:
            return same
        firms, firm = dense(sample.units, len(sample.panel.units))
        own = sparse.csr_array(sparse.eye_array(len(firms), format="csr"))
        serial = UnitTime(own, bartlett_lags(years, self.lags), firm, time)
        return Signed(((1, same), (1, serial), (-1, Diagonal(len(sample)))))

    def _coordinates(self, sample: Sample) -> tuple[FloatVector, FloatVector]:
        columns = [sample.column(name) for name in (self.latitude, self.longitude)]
        missing = np.isnan(columns[0]) | np.isnan(columns[1])
        if missing.all():
            raise IdentificationError(
                f"Expected coordinates in {self.latitude!r} and {self.longitude!r}.",
                f"Found none in {len(sample):,} rows.",
                "Fill the columns or name others: Conley(..., latitude=, longitude=).",
            )
        for name, values, bound in zip(
            (self.latitude, self.longitude), columns, (90.0, 180.0), strict=True
        ):
            outside = np.abs(np.where(missing, 0.0, values)) > bound
            if outside.any():
                raise DataError(
                    f"Expected {name} between {-bound:g} and {bound:g} degrees.",
                    f"Found {int(outside.sum()):,} rows outside "
                    f"({first_cases(f'{value:g}' for value in values[outside])}).",
                    "Correct them; projected coordinates must be turned into degrees.",
                )
        latitude, longitude = (np.where(missing, np.nan, values) for values in columns)
        return latitude, np.where(longitude == -180.0, 180.0, longitude)

    def _near(self, points: FloatMatrix, part: float = 1.0) -> Near:
        """Points within a part of the cut-off of each other."""
        labels = np.zeros(len(points), dtype=np.int64)
        return Near(points, part * self.cutoff, self.kernel, labels)

    def _wide(self, points: FloatMatrix, unit: IntVector, share: float) -> tuple[str, ...]:
        """A warning, or a refusal, when large weights reach most of the sample."""
        if share <= 0.5 or len(unit) < FEW_ROWS:
            return ()
        if self.kernel == "uniform":
            raise self._too_wide(share, 1.0)
        close, _ = _reached(self._near(points, NEARLY_ALIKE), unit)
        if close > 0.5:
            raise self._too_wide(close, NEARLY_ALIKE)
        half, _ = _reached(self._near(points, 0.5), unit)
        if half <= 0.5:
            return ()
        found = f"the median row has {half:.0%} of the sample within half of {self.cutoff:g} km"
        return (f"{found}: standard errors come out too small; use a smaller cut-off",)

    def _too_wide(self, share: float, part: float) -> IdentificationError:
        within = "the cut-off" if part == 1.0 else f"{part:g} of the cut-off"
        return IdentificationError(
            f"Conley: expected less than half of the sample within {within} of the median row.",
            f"Found {share:.0%} within {part * self.cutoff:g} km; scores sum to zero, so standard "
            "errors would shrink to nothing.",
            "Use a smaller cut-off, or cluster by region.",
        )

    def _label(self) -> str:
        periods = {
            "same_period": "same period",
            "all": "all periods",
            "lags": f"same period, or same unit within {self.lags} years",
            "product": f"periods within {self.lags} years",
        }[self.across]
        return f"Conley, {self.cutoff:g} km, {self.kernel}, {periods}"


def _reached(near: Near, unit: IntVector) -> tuple[float, float]:
    """Share of rows near the median row, and mean number of other places near one, probed."""
    sizes = np.bincount(unit, minlength=near.size)
    rows = np.unique(np.linspace(0, len(unit) - 1, PROBED).astype(np.int64))
    chosen = np.searchsorted(np.cumsum(sizes), rows, side="right")
    weights = np.stack((sizes, np.ones(near.size)), axis=1, dtype=np.float64)
    rows_near, places_near = near.neighbors(chosen, weights).T
    return float(np.median(rows_near)) / len(unit), float(np.mean(places_near)) - 1.0


def places(latitude: FloatVector, longitude: FloatVector) -> tuple[IntVector, FloatMatrix]:
    """The place of each row, and places as unit vectors.

    Rows with the same coordinates share a place; a row without coordinates has one of its own.

    Parameters
    ----------
    latitude, longitude : (n,)
        Degrees; NaN in both where unknown.

    Returns
    -------
    unit : (n,)
    points : (U, 3)
        NaN for rows without coordinates.
    """
    known = ~np.isnan(latitude)
    pairs = latitude[known] + 1j * longitude[known]
    distinct, codes = np.unique(pairs, return_inverse=True)
    unit = np.empty(len(latitude), dtype=np.int64)
    unit[known] = codes
    unit[~known] = len(distinct) + np.arange(int(np.sum(~known)))
    points = np.full((len(distinct) + int(np.sum(~known)), 3), np.nan)
    points[: len(distinct)] = unit_vectors(distinct.real, distinct.imag)
    return unit, points


def _unplaced(latitude: FloatVector) -> tuple[str, ...]:
    missing = int(np.isnan(latitude).sum())
    if not missing:
        return ()
    return (f"{missing:,} rows without coordinates depend on themselves only",)

"""Rows of neighbouring years may be dependent: within a unit, or across all units."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from scipy import sparse

from spillover.errors import IdentificationError, SpecificationError
from spillover.inference.dependence import Dependence, Part
from spillover.numerics.blocks import dense
from spillover.numerics.kernels import bartlett_lags
from spillover.numerics.pairs import Periods, UnitTime
from spillover.sample import Sample
from spillover.specs import Count
from spillover.typing import IntVector, SmallSample

Lags: TypeAlias = Count | Literal["newey_west", "fourth_root"]

FEW_PERIODS = 20
"""Number of periods below which sums by period are too few for a large-T argument."""


@dataclass(frozen=True, slots=True)
class NeweyWest(Dependence):
    """Rows of one unit may be dependent up to some years apart (Newey and West 1987).

    K_ij = ``1 - |t - s| / (L + 1)`` within a unit, where years are counted on the calendar: a gap
    is as long as it is.

    Examples
    --------
    >>> NeweyWest(lags=2).lags
    2
    """

    lags: Lags = "newey_west"
    """L, or a rule for it, rounded down: ``newey_west`` 4(T/100)^(2/9), ``fourth_root`` T^(1/4)."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched."""

    type: Literal["NeweyWest"] = field(default="NeweyWest", kw_only=True, repr=False)

    def bind(self, sample: Sample) -> Part:
        """Units by themselves, times Bartlett weights between years."""
        years, time = calendar(sample)
        lags = lags_of(self.lags, len(years))
        units, unit = dense(sample.units, len(sample.panel.units))
        own = sparse.csr_array(sparse.eye_array(len(units), format="csr"))
        kernel = UnitTime(own, bartlett_lags(years, lags), unit, time)
        label = f"Newey-West, {lags} lags"
        return Part(kernel, "serial", groups=len(years), label=label)


@dataclass(frozen=True, slots=True)
class DriscollKraay(Dependence):
    """All rows of a year may be dependent, and of years near it (Driscoll and Kraay 1998).

    K_ij = ``1 - |t - s| / (L + 1)`` whatever the units, with years counted on the calendar. The
    argument is one of many periods.

    Examples
    --------
    >>> DriscollKraay().lags
    'newey_west'
    """

    lags: Lags = "newey_west"
    """L, or a rule for it, rounded down: ``newey_west`` 4(T/100)^(2/9), ``fourth_root`` T^(1/4)."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched."""

    type: Literal["DriscollKraay"] = field(default="DriscollKraay", kw_only=True, repr=False)

    def bind(self, sample: Sample) -> Part:
        """Bartlett weights between years.

        Raises
        ------
        SpecificationError
            The lags span the whole panel, so that scores would cancel.
        """
        years, time = calendar(sample)
        lags = lags_of(self.lags, len(years))
        if lags > 0 and lags >= years[-1] - years[0]:
            raise SpecificationError(
                "DriscollKraay: expected fewer lags than years between the first and the last.",
                f"Found {lags} lags for {years[0]} to {years[-1]}; sums of scores over all years "
                "are zero, so the variance would shrink to nothing.",
                "Use fewer lags, or cluster by unit.",
            )
        warnings = (
            (f"only {len(years)} periods: Driscoll-Kraay errors need about {FEW_PERIODS}",)
            if len(years) < FEW_PERIODS
            else ()
        )
        return Part(
            Periods(bartlett_lags(years, lags), time),
            "serial",
            groups=len(years),
            label=f"Driscoll-Kraay, {lags} lags",
            warnings=warnings,
        )


def calendar(sample: Sample) -> tuple[IntVector, IntVector]:
    """The years of a sample as in :func:`periods`, at least two of them.

    Raises
    ------
    IdentificationError
        There is only one.
    """
    years, time = periods(sample)
    if len(years) < 2:
        raise IdentificationError(
            "Expected at least two periods for dependence over time.",
            f"Found {len(years)} ({', '.join(str(year) for year in years)}).",
            "Use Heteroskedastic(), or a dependence between units.",
        )
    return years, time


def periods(sample: Sample) -> tuple[IntVector, IntVector]:
    """The years of a sample, ascending, and the position of each row's year."""
    first = sample.years.min()
    values, time = dense(sample.years - first, int(sample.years.max() - first) + 1)
    return values + int(first), time


def lags_of(lags: Lags, count: int) -> int:
    """The number of lags that a rule gives for T periods.

    >>> lags_of("newey_west", 20), lags_of("fourth_root", 20), lags_of(5, 20)
    (2, 2, 5)
    """
    if lags == "newey_west":
        return int(4.0 * (count / 100.0) ** (2.0 / 9.0))
    if lags == "fourth_root":
        return int(count**0.25)
    return lags

"""How an exposure is shown: its words, its unit, its decimals."""

from dataclasses import dataclass

import numpy as np

from spillover.exposures.exposure import Exposure
from spillover.exposures.knowledge import Pool
from spillover.exposures.linkage import Linkage
from spillover.reports.words import Words


@dataclass(frozen=True, slots=True)
class Measured:
    """A column as figures show it; shares are shown in percent."""

    name: str
    """Column."""

    words: str
    """The column in words."""

    axis: str
    """Words with the unit."""

    scale: float = 1.0
    """What values are multiplied with."""

    decimals: int = 3
    """Decimals of the numbers."""


def measured(exposure: Exposure | Linkage | Pool, words: Words) -> Measured:
    """How figures show an exposure.

    Parameters
    ----------
    exposure : Exposure, Linkage or Pool
        Its values.
    words : Words
        How it is written.
    """
    named = words.of(exposure.name)
    if not is_share(exposure):
        return Measured(exposure.name, named, named)
    return Measured(
        exposure.name, named, words.say("figure.percent", {"name": named}), scale=100.0, decimals=1
    )


def is_share(exposure: Exposure | Linkage | Pool) -> bool:
    """Whether an exposure is a share: a mean of something between zero and one."""
    if not isinstance(exposure, Exposure):
        return isinstance(exposure, Linkage)  # weights that sum to at most one, times shares
    known = exposure.shock.values[~np.isnan(exposure.shock.values)]
    between = bool(len(known)) and float(known.min()) >= 0.0 and float(known.max()) <= 1.0
    return between and getattr(exposure.spec, "by", "") == "mean"

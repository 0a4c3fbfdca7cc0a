"""Where the firms of a sample are, year by year, and means that may be shown."""

from dataclasses import dataclass

import numpy as np

from spillover.networks.network import Network
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.figures.japan import region_of
from spillover.sample import Sample
from spillover.tables.panel import Panel
from spillover.typing import FloatVector, IntVector, TextVector


@dataclass(frozen=True, slots=True, eq=False)
class Firms:
    """Rows of a sample with year and prefecture; each firm at most once a year."""

    years: IntVector
    """(n,) calendar year."""

    prefecture: TextVector
    """(n,) two-digit code, empty where unknown."""

    @property
    def region(self) -> TextVector:
        """(n,) key of the region, empty where unknown."""
        codes, at = np.unique(self.prefecture.astype(str), return_inverse=True)
        return np.array([region_of(str(code)) for code in codes], dtype=object)[at]


def firms_of(sample: Sample) -> Firms:
    """Years and prefectures of the rows of a sample.

    Parameters
    ----------
    sample : Sample
        Without a column ``prefecture`` every prefecture is unknown.
    """
    return Firms(sample.years, _text(sample.panel, "prefecture")[sample.rows])


def column_values(panel: Panel, name: str) -> tuple[str, ...]:
    """Distinct known values of a text column, sorted; nothing when it is not there."""
    return tuple(sorted(set(_text(panel, name)) - {""}))


def _text(panel: Panel, name: str) -> TextVector:
    """(n,) a column as text, empty where it is missing or not there."""
    if name not in panel.frame.columns:
        return np.full(len(panel), "", dtype=object)
    raw = panel.frame[name].astype(object).to_numpy()
    return np.array([value if isinstance(value, str) else "" for value in raw], dtype=object)


def column_on(network: Network, panel: Panel, name: str) -> TextVector:
    """(N,) text of a column for each firm of a network, empty where unknown.

    Parameters
    ----------
    network : Network
        Its firms.
    panel : Panel
        Firm-years; of several values of one firm, the last known one counts.
    name : str
        Column, such as ``prefecture``.
    """
    known = _text(panel, name)
    row = network.codes(panel.units)[panel.codes]
    use = (row >= 0) & (known != "")
    found = np.full(len(network.firms), "", dtype=object)
    found[row[use]] = known[use]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Means by group with the number of firms behind each."""

    keys: tuple[str, ...]
    """Groups with at least one firm, sorted."""

    values: FloatVector
    """(m,) means; NaN where hidden."""

    counts: IntVector
    """(m,) firms."""

    hidden: int = 0
    """Number of groups that are not shown."""


def means(values: FloatVector, groups: TextVector, rule: DisclosureRule) -> Means:
    """Means of the known values by group; groups with too few firms are hidden.

    Parameters
    ----------
    values : (n,)
        One value per firm; NaN where unknown.
    groups : (n,)
        Group of each firm; empty where unknown.
    rule : DisclosureRule
        What may be shown.
    """
    known = ~np.isnan(values) & (groups != "")
    if not known.any():
        return Means((), np.empty(0), np.empty(0, dtype=np.int64))
    keys, at = np.unique(groups[known].astype(str), return_inverse=True)
    counts = np.bincount(at)
    mean = np.bincount(at, weights=values[known]) / counts
    hidden = rule.hidden(counts)
    return Means(
        tuple(str(key) for key in keys),
        np.where(hidden, np.nan, mean),
        counts,
        int(hidden.sum()),
    )


def band(values: FloatVector, rule: DisclosureRule) -> tuple[float, float, int]:
    """Quantiles around the middle, as wide as the number of firms permits.

    Parameters
    ----------
    values : (n,)
        Known values of one year.
    rule : DisclosureRule
        At least ``minimum_units`` firms lie outside each end.

    Returns
    -------
    low, high : float
        Quantiles; NaN when no band may be shown.
    share : int
        Percent of the firms between them: 80, 50 or 0.
    """
    for tail, share in ((0.10, 80), (0.25, 50)):
        if len(values) * tail >= rule.minimum_units:
            low, high = np.quantile(values, [tail, 1 - tail])
            return float(low), float(high), share
    return np.nan, np.nan, 0

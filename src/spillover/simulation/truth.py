"""The truth: productivity and exposures as they are, by loops over the true links."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.supply import Links
from spillover.typing import FloatMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What was planted in a simulated economy."""

    spillover: float
    """Effect of the share of foreign customers a year earlier on log productivity."""

    effects: Mapping[str, float]
    """Planted effects by the name of their regressor."""

    panel: pd.DataFrame
    """All firm-years, surveyed or not: ``log_tfp``; the true exposures ``backward`` and
    ``forward`` a year earlier (missing without partners) with ``backward_degree`` and
    ``forward_degree``; ``backward_observed`` from links that somebody listed (missing in the first
    year); and the parts ``firm_effect``, ``year_effect`` and ``noise``."""

    links: pd.DataFrame
    """True links of all years, the year before the first observed one included."""

    failures: Mapping[str, float]
    """Planted failures by name; empty when nothing went wrong."""

    plant: str | None = None
    """Identifier of the large foreign plant, if there is one."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Shares of foreign partners and their counts, firms by years."""

    backward: FloatMatrix
    """(N, T + 1) share of foreign firms among customers; NaN without customers."""

    sold_to: FloatMatrix
    """(N, T + 1) number of customers, own group left out; NaN for a firm that does not exist."""

    forward: FloatMatrix
    """(N, T + 1) share of foreign firms among suppliers; NaN without suppliers."""

    bought_from: FloatMatrix
    """(N, T + 1) number of suppliers, own group left out; NaN for a firm that does not exist."""


def reach(economy: Economy, firms: Firms, years: list[Links]) -> Reach:
    """Exposures of every firm in every year of the network, link by link.

    Parameters
    ----------
    economy : Economy
        Parameters.
    firms : Firms
        Suppliers and customers.
    years : list of links
        Networks from the year before the first observed one.
    """
    shape = (len(firms), len(years))
    sold, sold_foreign, bought, bought_foreign = (np.zeros(shape) for _ in range(4))
    absent = np.zeros(shape, dtype=bool)
    group = firms.owners.group
    for t, links in enumerate(years):
        year = economy.first_year - 1 + t
        foreign = firms.foreign(year)
        absent[:, t] = ~firms.alive(year)
        for i, customers in enumerate(links):
            for j in customers:
                if group[i] >= 0 and group[i] == group[j]:
                    continue
                sold[i, t] += 1.0
                sold_foreign[i, t] += foreign[j]
                bought[j, t] += 1.0
                bought_foreign[j, t] += foreign[i]
    return Reach(
        _share(sold_foreign, sold),
        np.where(absent, np.nan, sold),
        _share(bought_foreign, bought),
        np.where(absent, np.nan, bought),
    )


def _share(part: FloatMatrix, whole: FloatMatrix) -> FloatMatrix:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)

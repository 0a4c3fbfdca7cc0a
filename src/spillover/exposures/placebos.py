"""Exposures that should not matter: to partners of the future, and to other kinds of partners."""

from dataclasses import replace

import numpy as np

from spillover.errors import IdentificationError, SpecificationError
from spillover.exposures.exposure import Exposure
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import clean
from spillover.networks.edges import Edges
from spillover.typing import FloatMatrix


def future(exposure: Exposure, ahead: int) -> Exposure:
    """The exposure to partners in the years before the first link with them.

    Links of the first observed year are left out, because when they began is unknown. Firms
    without such partners are not exposed: zero.

    Parameters
    ----------
    exposure : Exposure
        The exposure as it is.
    ahead : int
        Number of years before the first link.

    Raises
    ------
    IdentificationError
        No link begins after the first observed year.
    """
    network, edges = exposure.network, exposure.network.edges
    pair = edges.dst.astype(np.int64) * len(network.firms) + edges.src
    _, rows = np.unique(pair, return_index=True)
    begun = edges.take(rows)
    begun = begun.take(np.flatnonzero(begun.start > network.years[0]))
    if not len(begun):
        raise IdentificationError(
            f"Expected links of {network.name!r} that begin after {network.years[0]}.",
            "Found none.",
            "Future links need at least two years of a network.",
        )
    start = np.maximum(begun.start - ahead, network.years[0]).astype(np.int16)
    end = (begun.start - 1).astype(np.int16)
    waiting = Edges(begun.src, begun.dst, start, end, begun.weight, begun.reporter)
    moved = replace(network, edges=clean(waiting, len(network.firms))[0])
    spec = _neighbors(exposure)
    return replace(spec, isolates="zero").carry(moved, exposure.shock, exposure.name)


def domestic(exposure: Exposure, size: Shock | None, low: float, high: float) -> Exposure:
    """The exposure to domestic firms between two quantiles of size in their year.

    Parameters
    ----------
    exposure : Exposure
        The exposure to a flag or share of foreign firms; domestic firms have zero.
    size : Shock or None
        Size of firms.
    low, high : float
        Quantiles of size among existing firms of known size, both included.

    Raises
    ------
    SpecificationError
        The size of firms is not given, or no firm has a shock of zero.
    """
    if size is None:
        raise SpecificationError(
            "Expected the size of firms.",
            "Found none.",
            'Pass size=Shock.of(panel, "sales").',
        )
    network, values = exposure.network, exposure.shock.on(exposure.network)
    amounts = np.where(network.present, size.on(network), np.nan)
    flag = _between(amounts, low, high)
    flag = np.where(np.isnan(values) | np.isnan(flag), np.nan, flag * (values == 0.0))
    if not np.any(values == 0.0):
        raise SpecificationError(
            "Expected a shock of zero for domestic firms.",
            f"Found no zero in {exposure.shock.name!r}.",
            "Use a flag or a share of foreign ownership.",
        )
    shock = Shock(f"domestic {low:g}-{high:g}", network.firms, network.years, flag)
    return _neighbors(exposure).carry(network, shock, exposure.name)


def _between(amounts: FloatMatrix, low: float, high: float) -> FloatMatrix:
    """(N, T) one for amounts between two quantiles of their year; NaN where unknown."""
    flag = np.full(amounts.shape, np.nan)
    for t in range(amounts.shape[1]):
        known = ~np.isnan(amounts[:, t])
        if known.any():
            ends = np.quantile(amounts[known, t], [low, high])
            flag[known, t] = (amounts[known, t] >= ends[0]) & (amounts[known, t] <= ends[1])
    return flag


def _neighbors(exposure: Exposure) -> Neighbors:
    if not isinstance(exposure.spec, Neighbors):
        raise SpecificationError(
            "Expected an exposure to neighbours.",
            f"Found {exposure.spec!r}.",
            "Use Neighbors(...).",
        )
    return exposure.spec

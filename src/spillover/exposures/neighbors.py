"""Neighbors: partner values aggregated over the first or second tier, with every rule stated."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import SpecificationError
from spillover.exposures.exposure import Exposure
from spillover.exposures.partners import Rules, check_rules
from spillover.exposures.receive import Listening, receive
from spillover.exposures.shock import Shock
from spillover.networks.network import Network
from spillover.specs import Count, NonEmpty, Share, Spec

_REACH = {1: "first", 2: "distance", "distinct": "distinct", "walks": "walks"}


@dataclass(frozen=True, slots=True)
class Neighbors(Spec):
    """x_it = sum over partners j of w_ij g_j / sum of w_ij, or another aggregate of g.

    Partners are those of the network's orientation; members of the own business group are left
    out before anything is summed. The number of partners always comes along.

    References
    ----------
    Javorcik (2004), equations 2-4, at the level of firms; Alfaro-Urena, Manelici and Vasquez
    (2022).

    Examples
    --------
    >>> Neighbors(isolates="missing", lag=2).by
    'mean'
    """

    isolates: Literal["missing", "zero"]
    """What a mean is for an existing firm without partners; it is flagged either way. Sums,
    counts, ``any`` and ``max`` are zero for it."""

    by: Literal["mean", "sum", "count", "any", "max", "gap"] = "mean"
    """``mean`` is the weighted share, ``sum`` the weighted level, ``count`` and ``any`` look at
    partners that reach the threshold, ``gap`` is the mean minus the own value."""

    tier: Literal[1, 2, "distinct", "walks"] = 1
    """Direct partners; firms at distance exactly two; all distinct partners of partners, direct
    ones included; or walks of two steps that do not return to the own firm, weighted by the
    product of shares."""

    lag: Count = 1
    """Calendar years between the shock and the exposure."""

    weights: Literal["lagged", "current", "base_year", "status_fixed"] = "lagged"
    """Year of the links: that of the shock, that of the exposure, or a base year;
    ``status_fixed`` takes lagged links and the shock of the base year."""

    base_year: int | None = None
    """Year of the links (``base_year``) or of the shock (``status_fixed``)."""

    exclude: Literal["group", "self", "mutual", "group_mutual"] = "group"
    """Who is left out beside the own firm: members of its business group, nobody (``self``),
    partners that also listen to it (``mutual``), or both kinds."""

    within: NonEmpty | None = None
    """Only partners with the same known value of a firm column, such as ``prefecture``."""

    outside: NonEmpty | None = None
    """Only partners with another known value of a firm column, such as ``country``."""

    unknown: Literal["drop", "zero", "missing"] = "drop"
    """Partners without a value leave numerator and denominator, count as zero, or make the
    exposure missing."""

    min_coverage: Share = 0.5
    """Least share of partner weight with a known value; below it the exposure is missing."""

    threshold: Annotated[float, Field(gt=0)] = 0.5
    """Value from which a partner is counted by ``count`` and ``any``."""

    type: Literal["Neighbors"] = field(default="Neighbors", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse fields that contradict each other."""
        fixed = self.weights in ("base_year", "status_fixed")
        walks = self.tier == "walks"
        mutual = "mutual" in self.exclude
        contradictions = [
            (fixed and self.base_year is None, f"weights = {self.weights!r} without a base_year"),
            (not fixed and self.base_year is not None, "a base_year that no rule uses"),
            (walks and self.by in ("count", "any", "max"), f"by = {self.by!r} over walks"),
            (walks and bool(self.within or self.outside), "within or outside over walks"),
            (mutual and self.tier != 1, f"exclude = {self.exclude!r} beyond direct partners"),
        ]
        found = [text for wrong, text in contradictions if wrong]
        if found:
            raise SpecificationError(
                "Neighbors: expected fields that agree.",
                f"Found {found[0]}.",
                "Walks have a mean and a sum only; a base year goes with weights = 'base_year' "
                "or 'status_fixed'.",
            )

    def carry(self, network: Network, shock: Shock, name: str) -> Exposure:
        """The exposure on all firms and years of a network.

        Raises
        ------
        SpecificationError
            The own group is to be left out and groups are unknown.
        DataError
            The base year was not observed, or no firm has a shock.
        """
        how = self.listening()
        check_rules(network, how.rules)
        values = shock.on(network)
        shape = (len(network.firms), len(network.years))
        result, degree, coverage = (np.full(shape, np.nan) for _ in range(3))
        newcomers = 0
        for t, year in enumerate(network.years):
            dates = self.dates(network, int(year))
            if dates is None:
                continue
            links, source = dates
            here = network.present[:, t] & network.present_at(links)
            newcomers += int(np.sum(network.present[:, t] & ~here))
            heard = receive(network, links, values[:, source], how)
            level = heard.values
            if self.by == "gap":
                level = np.where(heard.degree > 0, level - values[:, source], level)
            result[here, t] = level[here]
            degree[here, t] = heard.degree[here]
            coverage[here, t] = heard.coverage[here]
        note = f"{newcomers:,} firm-years have no exposure: the firm is younger than the links"
        notes = (note,) if newcomers else ()
        return Exposure(name, result, degree == 0, degree, coverage, network, shock, self, notes)

    def listening(self) -> Listening:
        """How a firm listens, in the terms of one year."""
        return Listening(
            self.by,
            _REACH[self.tier],
            Rules("group" in self.exclude, self.within, self.outside, "mutual" in self.exclude),
            self.threshold,
            self.isolates,
            self.unknown,
            self.min_coverage,
        )

    def dates(self, network: Network, year: int) -> tuple[int, int] | None:
        """Year of the links, position of the year of the shock; None when one is unobserved."""
        links, source = year - self.lag, year - self.lag
        if self.weights == "current":
            links = year
        if self.base_year is not None:
            network.position(self.base_year)
            if self.weights == "base_year":
                links = self.base_year
            else:
                source = self.base_year
        if links not in network.years or source not in network.years:
            return None
        return links, network.position(source)

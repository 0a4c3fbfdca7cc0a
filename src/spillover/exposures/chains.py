"""Chain and CoPartners: exposure through partners of partners of any order, or through a hub."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.exposures.exposure import Exposure
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.partners import check_rules, labels, pattern, shares
from spillover.exposures.receive import ROUNDING
from spillover.exposures.shock import Shock
from spillover.networks.network import Network
from spillover.networks.propagate import first_encounter, katz
from spillover.numerics.aggregate import open_walks, walks
from spillover.numerics.csr import transposed
from spillover.specs import Count, Share, Spec
from spillover.typing import FloatVector

Year = tuple[FloatVector, FloatVector, FloatVector]


@dataclass(frozen=True, slots=True)
class Chain(Spec):
    """x = P g + decay P^2 g + decay^2 P^3 g + ..., over partners at any distance.

    P holds shares of partners. Chains return to the own firm, so this is not a tier; with
    ``stop = "foreign"`` a chain ends at the first partner that reaches the threshold, and the
    value is the discounted chance that a walk along partners meets one.

    Examples
    --------
    >>> Chain(isolates="missing").decay
    0.5
    """

    isolates: Literal["missing", "zero"]
    """What the exposure of an existing firm without partners is."""

    decay: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Weight of one more step; below one unless chains stop."""

    stop: Literal["never", "foreign"] = "never"
    """Whether a chain ends at the first partner that reaches the threshold."""

    threshold: Annotated[float, Field(gt=0)] = 0.5
    """Value from which a chain stops."""

    lag: Count = 1
    """Calendar years between the shock and the exposure."""

    exclude: Literal["group", "self"] = "group"
    """Whether steps within a business group are left out."""

    unknown: Literal["drop", "zero"] = "drop"
    """Whether firms without a value lower the coverage or count as zero; they add nothing."""

    min_coverage: Share = 0.5
    """Least share of chains that end at a firm with a known value."""

    type: Literal["Chain"] = field(default="Chain", kw_only=True, repr=False)

    def carry(self, network: Network, shock: Shock, name: str) -> Exposure:
        """The exposure on all firms and years of a network."""
        return _by_year(self, network, shock, name)

    def year(self, network: Network, year: int, values: FloatVector) -> Year:
        """Exposure, number of direct partners and coverage of one year."""
        rules = _timing(self).listening().rules
        steps = shares(network, year, rules)
        known = ~np.isnan(values) | (self.unknown == "zero")
        filled = np.where(np.isnan(values), 0.0, values)
        degree = np.diff(steps.indptr).astype(np.float64)
        if self.stop == "foreign":
            met = first_encounter(steps, filled, self.decay, self.threshold)
        else:
            met = katz(steps, filled, self.decay)
        reached = katz(steps, np.column_stack([known, np.ones(len(known))]), min(self.decay, 0.5))
        coverage = np.where(degree > 0, reached[:, 0] / np.maximum(reached[:, 1], 1e-300), np.nan)
        return met, degree, coverage


@dataclass(frozen=True, slots=True)
class CoPartners(Spec):
    """Firms that share a partner: other suppliers of my customers, other customers of my suppliers.

    x_i is the mean (or sum) of g over all ways from i to a shared partner and on to another firm;
    a firm that shares two partners counts twice. The own group is left out. With a network turned
    to ``customers()`` these are co-suppliers, with ``suppliers()`` co-customers.

    Examples
    --------
    >>> CoPartners(isolates="missing").by
    'mean'
    """

    isolates: Literal["missing", "zero"]
    """What the mean of an existing firm without co-partners is."""

    by: Literal["mean", "sum"] = "mean"
    """Mean over the ways, or sum."""

    lag: Count = 1
    """Calendar years between the shock and the exposure."""

    exclude: Literal["group", "self"] = "group"
    """Whether co-partners in the own business group are left out; the own firm always is."""

    unknown: Literal["drop", "zero"] = "drop"
    """Whether firms without a value leave numerator and denominator or count as zero."""

    min_coverage: Share = 0.5
    """Least share of ways that end at a firm with a known value."""

    type: Literal["CoPartners"] = field(default="CoPartners", kw_only=True, repr=False)

    def carry(self, network: Network, shock: Shock, name: str) -> Exposure:
        """The exposure on all firms and years of a network."""
        return _by_year(self, network, shock, name)

    def year(self, network: Network, year: int, values: FloatVector) -> Year:
        """Exposure, number of ways and coverage of one year."""
        rules = _timing(self).listening().rules
        there = pattern(network, year, rules.own_only())
        own = labels(network, year, rules)[0]
        groups = own if np.any(own >= 0) else None
        if self.unknown == "zero":
            values = np.where(np.isnan(values), 0.0, values)
        back = transposed(there)
        sums, known, total = walks(there, back, values, groups)
        coverage = np.where(total > 0, known / np.where(total > 0, total, 1.0), np.nan)
        level = sums
        if self.by == "mean":
            level = np.where(known > 0, sums / np.where(known > 0, known, 1.0), np.nan)
        return level, open_walks(there, back, np.ones(len(values)), groups), coverage


def _timing(spec: Chain | CoPartners) -> Neighbors:
    """The rules of a direct exposure with the same lag and exclusions."""
    return Neighbors(isolates=spec.isolates, lag=spec.lag, exclude=spec.exclude)


def _by_year(spec: Chain | CoPartners, network: Network, shock: Shock, name: str) -> Exposure:
    timing = _timing(spec)
    check_rules(network, timing.listening().rules)
    values = shock.on(network)
    shape = (len(network.firms), len(network.years))
    result, degree, coverage = (np.full(shape, np.nan) for _ in range(3))
    missing = spec.isolates == "missing" and getattr(spec, "by", "mean") == "mean"
    for t, year in enumerate(network.years):
        dates = timing.dates(network, int(year))
        if dates is None:
            continue
        links, source = dates
        level, count, known = spec.year(network, links, values[:, source])
        level = np.where(count > 0, level, np.nan if missing else 0.0)
        level[(count > 0) & ~(known >= spec.min_coverage - ROUNDING)] = np.nan
        here = network.present[:, t] & network.present_at(links)
        for target, part in ((result, level), (degree, count), (coverage, known)):
            target[here, t] = part[here]
    return Exposure(name, result, degree == 0, degree, coverage, network, shock, spec)


def through(network: Network, shock: Shock, threshold: float = 0.5) -> Network:
    """The links that lead to partners whose shock reaches a threshold, year by year.

    Co-suppliers of my *foreign* customers are the co-partners in this network.

    Parameters
    ----------
    network : Network
        Links, turned to the side whose shock counts.
    shock : Shock
        For example the foreign flag.
    threshold : float
        Least value; partners with an unknown one do not count.
    """
    from spillover.networks.multilayer import from_matrices

    values = shock.on(network)
    chosen = np.where(np.isnan(values), -np.inf, values) >= threshold
    matrices = []
    for t, year in enumerate(network.years):
        matrix = network.at(int(year)).copy()
        matrix.data = np.where(chosen[matrix.indices, t], matrix.data, 0.0)
        matrix.eliminate_zeros()
        matrices.append(matrix)
    return from_matrices(network, matrices, network.name, directed=True)

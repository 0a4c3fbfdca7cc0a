"""One year of a neighbour exposure: sums over partners, then the rules for the unknown."""

from dataclasses import dataclass

import numpy as np

from spillover.exposures.partners import Rules, labels, partners, pattern, shares, totals
from spillover.networks.network import Network
from spillover.numerics.aggregate import (
    Received,
    at_least,
    first_tier,
    greatest,
    open_walks,
    walks,
)
from spillover.typing import BoolVector, FloatVector

ROUNDING = 1e-9
"""Share of partner weight that may be missing from rounding alone."""


@dataclass(frozen=True, slots=True)
class Listening:
    """How a firm listens to its partners."""

    by: str
    """``mean``, ``sum``, ``count``, ``any``, ``max`` or ``gap``."""

    reach: str
    """``first`` tier; second tier by ``distance``, ``distinct`` firms or ``walks``."""

    rules: Rules
    """Who counts as a partner."""

    threshold: float
    """Value from which a partner is counted."""

    isolates: str
    """What a mean without partners is: ``missing`` or ``zero``."""

    unknown: str
    """What a partner without a value is: ``drop``, ``zero`` or ``missing``."""

    min_coverage: float
    """Least share of partner weight with a known value."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What every firm hears in one year."""

    values: FloatVector
    """(N,) exposure."""

    degree: FloatVector
    """(N,) number of partners that count."""

    coverage: FloatVector
    """(N,) share of partner weight with a known value; NaN without partners."""


def receive(network: Network, year: int, values: FloatVector, how: Listening) -> Heard:
    """What firms hear from the partners of one year.

    Parameters
    ----------
    network : Network
        Links.
    year : int
        Year of the links.
    values : (N,)
        What partners carry; NaN where unknown.
    how : Listening
        Aggregation and rules.
    """
    if how.unknown == "zero":
        values = np.where(np.isnan(values), 0.0, values)
    if how.by in ("count", "any"):
        values = at_least(values, how.threshold)
    received, top = _sums(network, year, values, how)
    some = received.degree > 0
    coverage = _ratio(received.known, received.total, some)
    result = _aggregate(received, top, how.by)
    result[~some] = np.nan if how.by in ("mean", "gap") and how.isolates == "missing" else 0.0
    least = 1.0 if how.unknown == "missing" else how.min_coverage
    result[some & (coverage < least - ROUNDING)] = np.nan
    return Heard(result, received.degree, coverage)


def _sums(
    network: Network, year: int, values: FloatVector, how: Listening
) -> tuple[Received, FloatVector | None]:
    if how.reach in ("distance", "distinct"):
        from spillover.numerics.tiers import second_tier

        conditions = labels(network, year, how.rules)
        matrix = partners(network, year, how.rules.own_only())
        return second_tier(matrix, values, conditions, distinct=how.reach == "distinct")
    weighted = how.by not in ("count", "any")
    weights = partners if weighted else pattern
    if how.reach == "walks":
        steps = shares if how.by in ("mean", "gap") else partners
        own = labels(network, year, how.rules)[0]
        groups = own if np.any(own >= 0) else None
        step, count = (pick(network, year, how.rules) for pick in (steps, pattern))
        number = open_walks(count, count, np.ones(len(values)), groups)
        return Received(*walks(step, step, values, groups), number), None
    matrix = weights(network, year, how.rules)
    total = totals(network, year, how.rules) if weighted else np.diff(matrix.indptr).astype(float)
    top = greatest(matrix, values) if how.by == "max" else None
    return first_tier(matrix, values, total), top


def _aggregate(received: Received, top: FloatVector | None, by: str) -> FloatVector:
    if by in ("mean", "gap"):
        return _ratio(received.sums, received.known, received.known != 0.0)
    if by == "any":
        return (received.sums > 0.0).astype(np.float64)
    if by == "max" and top is not None:
        return top.copy()
    return received.sums.copy()


def _ratio(above: FloatVector, below: FloatVector, where: BoolVector) -> FloatVector:
    """Quotients where they are defined, NaN elsewhere."""
    return np.where(where, above / np.where(where & (below != 0.0), below, 1.0), np.nan)

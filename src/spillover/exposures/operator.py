"""Operator: an exposure of one year written as a matrix times a shock, x = P g."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from spillover.errors import ResourceError, SpecificationError
from spillover.exposures.exposure import Exposure
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.partners import allowed, labels, partners, pattern, shares
from spillover.numerics.aggregate import at_least
from spillover.numerics.csr import keep, row_normalized, rows_of, support
from spillover.typing import BoolVector, FloatVector, IntVector

MOST_WALKS = 500_000_000
"""Walks of two steps that are held in memory at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """x_i = sum over j of P_ij g_j for the exposures of one year."""

    matrix: sparse.csr_array
    """(N, N) weights on partners with a known shock; rows of firms without exposure are empty."""

    shock: FloatVector
    """(N,) shock as it is summed: a flag for counts; zero where unknown."""

    known: BoolVector
    """(N,) whether the shock is known."""

    source: int
    """Position of the year of the shock."""


def has_rows(spec: object) -> bool:
    """Whether the weights behind an exposure of this kind are at hand, row by row."""
    return isinstance(spec, Neighbors) and spec.by in ("mean", "sum", "count", "any")


def operator(exposure: Exposure, at: int) -> Operator | None:
    """The exposure of the year at a position as an operator; None where no year feeds it.

    Parameters
    ----------
    exposure : Exposure
        A mean, sum or count over the first or second tier; for ``any`` the operator counts.
    at : int
        Position of the year in the years of the network.

    Raises
    ------
    SpecificationError
        The exposure is not linear in the shock.
    """
    spec, network = exposure.spec, exposure.network
    if not has_rows(spec):
        raise SpecificationError(
            "Expected an exposure that is a weighted sum of the shock.",
            f"Found {spec!r}.",
            'Use by = "mean", "sum" or "count".',
        )
    dates = spec.dates(network, int(network.years[at]))
    if dates is None:
        return None
    links, source = dates
    values = exposure.shock.on(network)[:, source]
    if spec.unknown == "zero":
        values = np.where(np.isnan(values), 0.0, values)
    if spec.by in ("count", "any"):
        values = at_least(values, spec.threshold)
    known = ~np.isnan(values)
    matrix = _weights(exposure, links)
    defined = ~np.isnan(exposure.values[:, at])
    rows = np.repeat(defined, np.diff(matrix.indptr))
    matrix = keep(matrix, rows & known[matrix.indices])
    if spec.by == "mean":
        matrix = row_normalized(matrix)
    return Operator(matrix, np.where(known, values, 0.0), known, source)


def _weights(exposure: Exposure, links: int) -> sparse.csr_array:
    """Weights of partners that count, with or without a known shock."""
    spec, network = exposure.spec, exposure.network
    rules = spec.listening().rules
    if spec.tier == 1:
        chosen = pattern if spec.by in ("count", "any") else partners
        return chosen(network, links, rules)
    if spec.tier == "walks":
        steps = shares if spec.by == "mean" else partners
        return _open(steps(network, links, rules), labels(network, links, rules))
    direct = partners(network, links, rules.own_only())
    if spec.tier == "distinct":
        return support(_open(support(direct), labels(network, links, rules)))
    from spillover.numerics.tiers import tier

    return allowed(tier(direct, 2), labels(network, links, rules))


def _open(
    steps: sparse.csr_array, conditions: tuple[IntVector, IntVector, IntVector]
) -> sparse.csr_array:
    """Two steps along partners that do not end at the own firm or where conditions forbid."""
    work = int(np.diff(steps.indptr)[steps.indices].sum())
    if work > MOST_WALKS:
        raise ResourceError(
            f"Expected at most {MOST_WALKS:,} walks of two steps, which are kept one by one.",
            f"Found {work:,}.",
            "Use the first tier, or firms at distance two within a region.",
        )
    both = sparse.csr_array(steps @ steps)
    both.sort_indices()
    return allowed(keep(both, rows_of(both) != both.indices), conditions)

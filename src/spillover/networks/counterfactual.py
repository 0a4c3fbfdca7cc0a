"""Networks as they might have been: partners exchanged, lists cut shorter, links lost."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from spillover.errors import IdentificationError, SpecificationError
from spillover.networks.build import joined_spells, yearly
from spillover.networks.edges import Edges
from spillover.networks.multilayer import from_matrices
from spillover.networks.network import Network
from spillover.numerics.csr import entry_keys, rows_of
from spillover.typing import BoolVector, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Swapped:
    """A network in which every firm has as many partners, but others."""

    network: Network
    """The rewired network."""

    accepted: FloatVector
    """(T,) share of attempted exchanges that held, by year; NaN without links."""

    remaining: FloatVector
    """(T,) share of links that are still there, by year; NaN without links."""


def swap(
    network: Network,
    seed: int,
    *,
    within: str | None = None,
    rounds: int = 10,
    most_remaining: float = 0.5,
) -> Swapped:
    """Exchange partners at random, every year by itself, so that all degrees stay.

    No firm becomes its own partner and no pair is linked twice. Weights stay with the firm that
    listens. Exposures on rewired networks show what degrees alone would give. To let links keep
    their spells instead, see :func:`~spillover.networks.rewiring.rewire`.

    Parameters
    ----------
    network : Network
        Links, directed.
    seed : int
        Seed of the exchanges.
    within : str, optional
        Column of firms: only partners with the same value change places, so that the number of
        links between any two values stays.
    rounds : int
        Attempts per link.
    most_remaining : float
        Greatest share of links that may still be there.

    Raises
    ------
    IdentificationError
        Too many links are still there: strata or degrees leave hardly another network.

    Examples
    --------
    >>> from spillover.networks.build import assemble
    >>> pairs = assemble("w", list("abcdef"), [2020], [0, 1, 2], [3, 4, 5])
    >>> float(swap(pairs, seed=1, most_remaining=1.0).network.at(2020).sum())
    3.0
    """
    if not network.directed:
        raise SpecificationError(
            "Expected a directed network for an exchange of partners.",
            f"Found {network.name!r}, whose links are symmetric.",
            "Use rewire(...), which knows links without a direction.",
        )
    matrices = []
    accepted, remaining = (np.full(len(network.years), np.nan) for _ in range(2))
    for at, year in enumerate(network.years):
        matrix = network.at(int(year))
        if not matrix.nnz:
            matrices.append(matrix)
            continue
        rng = np.random.default_rng([seed, int(year)])
        attempts = rounds * matrix.nnz
        mixed, held = _exchanged(matrix, _labels(network, within, int(year)), attempts, rng)
        matrices.append(mixed)
        accepted[at] = held / attempts
        remaining[at] = np.isin(entry_keys(matrix), entry_keys(mixed)).mean()
    left = float(np.nanmean(remaining)) if not np.isnan(remaining).all() else 1.0
    if left > most_remaining:
        raise IdentificationError(
            f"Expected at most {100 * most_remaining:.0f} % of links to remain.",
            f"Found {100 * left:.0f} % on average.",
            "Choose coarser strata or more rounds; some networks have hardly an alternative.",
        )
    turned = from_matrices(network, matrices, network.name, directed=True)
    return Swapped(turned, accepted, remaining)


def _exchanged(
    matrix: sparse.csr_array, label: IntVector, attempts: int, rng: np.random.Generator
) -> tuple[sparse.csr_array, int]:
    """A matrix whose entries exchanged columns of one label, and how many exchanges held."""
    from spillover.numerics.rewire import swapped

    code = np.unique(label[matrix.indices], return_inverse=True)[1]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(code))])
    flips = np.zeros(len(bounds) - 1, dtype=bool)
    ends = (rows_of(matrix), matrix.indices, np.argsort(code, kind="stable"), bounds, flips)
    _, columns, held = swapped(*ends, attempts=attempts, rng=rng)
    parts = (matrix.data.copy(), columns, matrix.indptr.copy())
    mixed = sparse.csr_array(parts, shape=matrix.shape)
    mixed.sort_indices()
    return mixed, held


def _labels(network: Network, within: str | None, year: int) -> IntVector:
    if within is None:
        return np.zeros(len(network.firms), dtype=np.int64)
    return network.attribute(within, year)


def recap(network: Network, cap: int, seed: int) -> Network:
    """Every list of partners cut to at most ``cap``, and the union of the lists taken again.

    A link is on the list of the side that reported it. Which partners stay on a full list is
    drawn once for each pair, so that lists do not flicker from year to year.

    Parameters
    ----------
    network : Network
        Links with who reported them.
    cap : int
        Most partners on a list; above the longest list nothing changes.
    seed : int
        Seed of the draws.

    Raises
    ------
    SpecificationError
        The cap is below one.
    """
    if cap < 1:
        raise SpecificationError("Expected a cap of 1 or more.", f"Found {cap}.", "Raise it.")
    edges = yearly(network.edges)
    chance = _chances((edges.dst, edges.src), len(network.firms), seed)
    by_source = ((edges.reporter & 1) > 0) & _listed(edges.src, edges, chance, cap, side=1)
    by_target = ((edges.reporter & 2) > 0) & _listed(edges.dst, edges, chance, cap, side=2)
    kept = np.flatnonzero(by_source | by_target)
    reporter = (by_source * 1 + by_target * 2).astype(np.uint8)
    cut = edges.take(kept)
    cut = Edges(cut.src, cut.dst, cut.start, cut.end, cut.weight, reporter[kept])
    return replace(network, edges=joined_spells(cut))


def thin(network: Network, lost: float, seed: int) -> Network:
    """The network without a random share of its pairs.

    Parameters
    ----------
    network : Network
        Links.
    lost : float
        Share of pairs that go, in all their years.
    seed : int
        Seed of the draws.

    Raises
    ------
    SpecificationError
        The share is not between zero and one.
    """
    if not 0 <= lost < 1:
        raise SpecificationError(
            "Expected a share of lost pairs from 0 to below 1.", f"Found {lost}.", "Lower it."
        )
    edges = network.edges
    low, high = np.minimum(edges.src, edges.dst), np.maximum(edges.src, edges.dst)
    ends = (edges.dst, edges.src) if network.directed else (low, high)
    chance = _chances(ends, len(network.firms), seed)
    return replace(network, edges=edges.take(np.flatnonzero(chance >= lost)))


def _chances(pair: tuple[IntVector, IntVector], size: int, seed: int) -> FloatVector:
    """(m,) uniform draws, the same for all links of a pair."""
    _, code = np.unique(pair[0].astype(np.int64) * size + pair[1], return_inverse=True)
    return np.random.default_rng(seed).random(int(code.max(initial=-1)) + 1)[code]


def _listed(
    owner: IntVector, edges: Edges, chance: FloatVector, cap: int, *, side: int
) -> BoolVector:
    """(m,) whether the link is among the first ``cap`` of its owner's list in its year."""
    reported = (edges.reporter & side) > 0
    order = np.lexsort((chance, ~reported, edges.start, owner))
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (np.diff(owner[order]) != 0) | (np.diff(edges.start[order]) != 0)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - first
    return np.asarray(rank < cap)

"""Networks combined on one list of firms: union, overlap, difference, weighted sum."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from spillover.errors import DataError, SpecificationError
from spillover.networks.build import joined_spells
from spillover.networks.edges import from_years
from spillover.networks.network import Network, Orientation
from spillover.numerics.csr import row_normalized, support
from spillover.typing import FloatVector

Combine = Callable[[list[sparse.csr_array]], sparse.csr_array]


def union(layers: Sequence[Network], name: str) -> Network:
    """Links that are in any layer, with weight one.

    Rows listen as they do in each layer, so turn the layers first. Years are those that all
    layers have.

    Parameters
    ----------
    layers : sequence of Network
        Networks on one list of firms.
    name : str
        Name of the result.

    Raises
    ------
    DataError
        A layer has no link, firms differ, or no year is common.

    Examples
    --------
    >>> from spillover.networks.build import assemble
    >>> a, b = (assemble(n, ["x", "y"], [2020], [i], [1 - i]) for i, n in enumerate("ab"))
    >>> union([a, b], "both").at(2020).toarray()
    array([[0., 1.],
           [1., 0.]])
    """
    return _combined(layers, name, lambda parts: support(_summed(parts)))


def overlap(layers: Sequence[Network], name: str, least: int = 2) -> Network:
    """Links that are in at least ``least`` layers, weighted by their number.

    Parameters
    ----------
    layers : sequence of Network
        Networks on one list of firms.
    name : str
        Name of the result.
    least : int
        Two by default: partners in more than one respect.
    """
    if not 1 <= least <= len(layers):
        raise SpecificationError(
            f"Expected a least number of layers from 1 to {len(layers)}.",
            f"Found {least}.",
            "Two asks for partners in more than one respect.",
        )

    def common(parts: list[sparse.csr_array]) -> sparse.csr_array:
        count = _summed([support(part) for part in parts])
        count.data = np.where(count.data >= least, count.data, 0.0)
        count.eliminate_zeros()
        return count

    return _combined(layers, name, common)


def subtract(network: Network, other: Network, name: str | None = None) -> Network:
    """Links whose pair is not linked in another layer, such as sales outside ownership links.

    Parameters
    ----------
    network : Network
        Links that stay with their weights.
    other : Network
        Pairs that go, in the direction in which rows listen.
    name : str, optional
        Name of the result; that of the network by default.
    """

    def rest(parts: list[sparse.csr_array]) -> sparse.csr_array:
        kept, gone = parts
        left = sparse.csr_array(kept - kept * support(gone))
        left.eliminate_zeros()
        return left

    return _combined([network, other], name or network.name, rest, may_be_empty=True)


def aggregate(
    layers: Sequence[Network], weights: Sequence[float], name: str, *, normalized: bool = True
) -> Network:
    """Weighted sum of layers; values and similarities have no common unit, so rows are normalised.

    Parameters
    ----------
    layers : sequence of Network
        Networks on one list of firms.
    weights : sequence of float
        Weight of each layer, above zero.
    name : str
        Name of the result.
    normalized : bool
        False says that the layers have one unit and adds them as they are.

    Raises
    ------
    SpecificationError
        The number of weights differs from that of layers, or one is not positive.
    """
    if len(weights) != len(layers) or min(weights, default=0.0) <= 0:
        raise SpecificationError(
            f"Expected {len(layers)} positive weights.",
            f"Found {list(weights)}.",
            "Leave out layers that do not count.",
        )

    def added(parts: list[sparse.csr_array]) -> sparse.csr_array:
        scaled = [row_normalized(part) if normalized else part for part in parts]
        return _summed([part * weight for part, weight in zip(scaled, weights, strict=True)])

    undirected = not normalized
    return _combined(layers, name, added, may_be_undirected=undirected)


def at_least(network: Network, weight: float, name: str | None = None) -> Network:
    """Links of at least a weight, such as partners with two joint filings.

    Parameters
    ----------
    network : Network
        Links; joint patents with ``counting="full"`` weigh a pair by its number of filings.
    weight : float
        Least weight, above zero.
    name : str, optional
        Name of the result; that of the network by default.
    """
    if not weight > 0:
        raise SpecificationError(
            "Expected a least weight above zero.", f"Found {weight:g}.", "Every link has a weight."
        )
    kept = np.flatnonzero(network.edges.weight >= weight)
    return replace(network, name=name or network.name, edges=network.edges.take(kept))


def multiplexity(layers: Sequence[Network], year: int) -> FloatVector:
    """(N,) share of partners that are so in at least two layers; NaN without partners.

    Parameters
    ----------
    layers : sequence of Network
        Networks on one list of firms.
    year : int
        Year.
    """
    _check(layers, may_be_empty=True)
    count = _summed([support(layer.at(year)) for layer in layers])
    several = support(count)
    several.data = (count.data >= 2).astype(np.float64)
    partners = np.diff(count.indptr)
    return np.where(
        partners > 0, np.asarray(several.sum(axis=1)).ravel() / np.maximum(partners, 1), np.nan
    )


def from_matrices(
    base: Network, matrices: Sequence[sparse.csr_array], name: str, *, directed: bool
) -> Network:
    """A network on the firms and years of another, from one matrix per year.

    Parameters
    ----------
    base : Network
        Gives firms, years, presence and columns of firms.
    matrices : (T,) matrices of (N, N)
        Weights; rows listen to columns.
    name : str
        Name of the result.
    directed : bool
        False asserts symmetry.
    """
    spells = joined_spells(from_years(matrices, base.years), 0, base.years)
    orientation: Orientation = "suppliers" if directed else "partners"
    return replace(base, name=name, edges=spells, orientation=orientation, directed=directed)


def _combined(
    layers: Sequence[Network],
    name: str,
    combine: Combine,
    *,
    may_be_empty: bool = False,
    may_be_undirected: bool = True,
) -> Network:
    years = _check(layers, may_be_empty=may_be_empty)
    first = layers[0]
    at = np.searchsorted(first.years, years)
    present = np.logical_or.reduce(
        [layer.present[:, np.searchsorted(layer.years, years)] for layer in layers]
    )
    attributes = {
        key: codes[:, at] if codes.ndim == 2 else codes for key, codes in first.attributes.items()
    }
    empty = np.zeros(0, dtype=np.int64)
    base = replace(
        first,
        years=years,
        present=present,
        attributes=attributes,
        totals={key: total[:, at] for key, total in first.totals.items()},
        edges=first.edges.take(empty),
        notes=tuple(note for layer in layers for note in layer.notes),
    )
    matrices = [combine([layer.at(int(year)) for layer in layers]) for year in years]
    directed = any(layer.directed for layer in layers) or not may_be_undirected
    return from_matrices(base, matrices, name, directed=directed)


def _check(layers: Sequence[Network], *, may_be_empty: bool) -> np.ndarray:
    """The common years of layers that can be combined."""
    years = layers[0].years
    for layer in layers:
        if not np.array_equal(layer.firms, layers[0].firms):
            raise DataError(
                "Expected layers on one list of firms.",
                f"Found {len(layer.firms):,} firms in {layer.name!r} and "
                f"{len(layers[0].firms):,} in {layers[0].name!r}.",
                "Build both from tables with the same firms.",
            )
        if not len(layer.edges) and not may_be_empty:
            raise DataError(
                "Expected links in every layer.",
                f"Found none in {layer.name!r}.",
                "Leave the layer out.",
            )
        years = np.intersect1d(years, layer.years)
    if not len(years):
        raise DataError(
            "Expected a year that all layers have.",
            f"Found none in {', '.join(repr(layer.name) for layer in layers)}.",
            "Check the years of the links.",
        )
    return years.astype(np.int32)


def _summed(parts: Sequence[sparse.csr_array]) -> sparse.csr_array:
    total = parts[0]
    for part in parts[1:]:
        total = sparse.csr_array(total + part)
    total = total.copy()
    total.sort_indices()
    return total

"""Rewiring: who is linked to whom redrawn, every firm keeping its number of partners."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field

from spillover.errors import IdentificationError
from spillover.networks.build import clean, joined_columns, mirrored, yearly
from spillover.networks.edges import Edges
from spillover.networks.network import Network
from spillover.specs import Count, NonEmpty, Spec
from spillover.typing import BoolVector, IntVector

MOST_LEFT = 0.5
"""Share of links that may remain in place; above it the strata freeze the network."""


@dataclass(frozen=True, slots=True)
class Rewiring(Spec):
    """Links trade partners within strata, so that the degrees of every year stay.

    A link keeps its years and values, which stay with the source side. The comparison is then
    between firms with the same number of partners of the same kinds, and tests who is linked,
    which is another hypothesis than who of the partners is foreign.

    References
    ----------
    Maslov and Sneppen (2002), Science 296; Besag and Clifford (1989), Biometrika 76, for tests.

    Examples
    --------
    >>> Rewiring(within=("industry",)).attempts
    10
    """

    within: tuple[NonEmpty, ...]
    """Columns of firms: a link trades partners with links between the same pair of values; an
    empty tuple lets every link trade with every other."""

    exchange: Literal["histories", "years"] = "histories"
    """Links between two firms move with all their years, among links that hold in the same
    years; or every year is rewired by itself, which moves more and lasts less."""

    attempts: Annotated[int, Field(ge=1)] = 10
    """Attempted swaps for each link and draw."""

    draws: Annotated[int, Field(ge=99)] = 999
    """Draws of a randomisation test."""

    seed: Count = 0
    """Seed of the draws."""

    type: Literal["Rewiring"] = field(default="Rewiring", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Pairs of firms that trade partners among each other, with the links behind them."""

    rows: Edges
    """(m,) links, with the ends that they had at first."""

    pair: IntVector
    """(m,) pair of each link."""

    src: IntVector
    """(P,) one end of each pair, where the chain begins."""

    dst: IntVector
    """(P,) the other end."""

    pool: IntVector
    """(p,) pairs that may be swapped, classes side by side."""

    bounds: IntVector
    """(C + 1,) where each class begins in ``pool``."""

    flips: BoolVector
    """(C,) classes of pairs without a direction."""

    def swapped(self, attempts: int, rng: np.random.Generator) -> tuple["Layer", int]:
        """The layer after a chain of swaps, and the number of swaps that were made."""
        from spillover.numerics.rewire import swapped

        ends = (self.src, self.dst, self.pool, self.bounds, self.flips)
        src, dst, made = swapped(*ends, attempts=attempts * len(self.pool), rng=rng)
        return replace(self, src=src, dst=dst), made

    @property
    def links(self) -> Edges:
        """The links with the ends that their pairs have now."""
        return replace(self.rows, src=self.src[self.pair], dst=self.dst[self.pair])


@dataclass(frozen=True, slots=True, eq=False)
class Rewirer:
    """A network with what rewiring needs, computed once."""

    network: Network
    """The network as it is."""

    attempts: int
    """Attempted swaps for each pair and draw."""

    layers: tuple[Layer, ...]
    """Pairs of firms, in one layer or in one for each year."""

    @classmethod
    def of(cls, network: Network, spec: Rewiring) -> Self:
        """The classes within which links trade partners.

        Parameters
        ----------
        network : Network
            Dated links.
        spec : Rewiring
            Strata and length of the chain.

        Raises
        ------
        UnknownNameError
            The network does not carry a column.
        """
        links = network.edges
        if not network.directed:
            links = links.take(np.flatnonzero(links.src < links.dst))
        parts = [links]
        if spec.exchange == "years":
            apart = yearly(links)
            parts = [apart.take(np.flatnonzero(apart.start == year)) for year in network.years]
        return cls(network, spec.attempts, tuple(_layer(network, spec, part) for part in parts))

    @property
    def work(self) -> int:
        """Attempted swaps in one draw."""
        return self.attempts * sum(len(layer.pool) for layer in self.layers)

    def draw(self, rng: np.random.Generator) -> "Rewired":
        """The network after one chain of swaps in every layer.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        """
        done = [layer.swapped(self.attempts, rng) for layer in self.layers]
        layers = tuple(layer for layer, _ in done)
        links = layers[0].links
        for layer in layers[1:]:
            links = joined_columns(links, layer.links)
        size = len(self.network.firms)
        edges = links if self.network.directed else mirrored(links)
        moved = replace(self.network, edges=clean(edges, size)[0])
        kept = [_kept(old, new, size) for old, new in zip(self.layers, layers, strict=True)]
        pairs = max(sum(len(layer.src) for layer in layers), 1)
        made = sum(count for _, count in done) / max(self.work, 1)
        return Rewired(moved, replace(self, layers=layers), made, sum(kept) / pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Rewired:
    """A rewired network."""

    network: Network
    """The network."""

    onward: Rewirer
    """The same classes with the chain beginning here."""

    accepted: float
    """Share of attempted swaps that were made."""

    left: float
    """Share of pairs of firms that were linked before, in the same layer."""


def rewire(network: Network, spec: Rewiring) -> Rewired:
    """One network with the same degrees and other links.

    Parameters
    ----------
    network : Network
        Dated links.
    spec : Rewiring
        Strata, length of the chain and seed.

    Raises
    ------
    IdentificationError
        The strata leave more than half of the links in place.

    Examples
    --------
    >>> from spillover.networks.build import assemble
    >>> ring = assemble("w", list("abcdefgh"), [2020], range(8), [1, 2, 3, 4, 5, 6, 7, 0])
    >>> float(rewire(ring, Rewiring(within=())).network.at(2020).sum())
    8.0
    """
    rewired = Rewirer.of(network, spec).draw(np.random.default_rng(spec.seed))
    refuse_frozen(rewired, spec)
    return rewired


def refuse_frozen(rewired: Rewired, spec: Rewiring) -> None:
    """Refuse strata that leave more than half of the links in place."""
    if rewired.left > MOST_LEFT:
        raise IdentificationError(
            f"Expected at most {MOST_LEFT:.0%} of the links in place after rewiring.",
            f"Found {rewired.left:.0%} within {', '.join(spec.within) or 'one stratum'}, "
            f"{rewired.accepted:.0%} of attempts accepted.",
            'Choose coarser strata, or exchange = "years": in these the network cannot move.',
        )


def _layer(network: Network, spec: Rewiring, rows: Edges) -> Layer:
    """Pairs of firms with the classes within which they trade."""
    size = np.int64(len(network.firms))
    keys, first, pair = np.unique(
        rows.src * size + rows.dst, return_index=True, return_inverse=True
    )
    src, dst = np.divmod(keys, size)
    strata = [_strata(network, spec, firm, rows.start[first]) for firm in (src, dst)]
    if not network.directed:
        turn = strata[0] > strata[1]
        src, dst = np.where(turn, dst, src), np.where(turn, src, dst)
        strata = [np.minimum(*strata), np.maximum(*strata)]
    parts = np.column_stack([_years(network, rows, pair, len(keys)), *strata])
    able = (strata[0] >= 0) & (strata[1] >= 0)
    kinds, code, counts = np.unique(parts[able], axis=0, return_inverse=True, return_counts=True)
    order = np.flatnonzero(able)[np.argsort(code, kind="stable")]
    several = counts > 1
    bounds = np.concatenate([[0], np.cumsum(counts[several])])
    same = kinds[several, -2] == kinds[several, -1]
    flips = same if not network.directed else np.zeros(len(same), dtype=bool)
    pool = order[np.repeat(several, counts)]
    return Layer(rows, pair, src.astype(np.int32), dst.astype(np.int32), pool, bounds, flips)


def _years(network: Network, rows: Edges, pair: IntVector, pairs: int) -> IntVector:
    """(P,) the same number for pairs that are linked in the same observed years."""
    held = np.zeros((pairs, len(network.years)), dtype=bool)
    for at, year in enumerate(network.years):
        held[pair[(rows.start <= year) & (rows.end >= year)], at] = True
    packed = np.packbits(held, axis=1)
    return np.unique(packed, axis=0, return_inverse=True)[1].astype(np.int64).ravel()


def _strata(network: Network, spec: Rewiring, firm: IntVector, start: np.ndarray) -> IntVector:
    """(P,) stratum of the firm at one end of every pair, in the first year of the link."""
    at = np.clip(np.searchsorted(network.years, start), 0, len(network.years) - 1)
    code = np.zeros(len(firm), dtype=np.int64)
    known = np.ones(len(firm), dtype=bool)
    for name in spec.within:
        whole = network.attribute(name, int(network.years[0]))
        codes = network.attributes[name]
        part = codes[firm, at] if codes.ndim == 2 else whole[firm]
        known &= part >= 0
        code = code * (int(codes.max(initial=0)) + 1) + part
    return np.where(known, code, -1)


def _kept(old: Layer, new: Layer, size: int) -> int:
    """Number of pairs of a layer that were pairs before."""
    undirected = bool(new.flips.any())
    keys = []
    for layer in (old, new):
        a, b = layer.src.astype(np.int64), layer.dst.astype(np.int64)
        low, high = (np.minimum(a, b), np.maximum(a, b)) if undirected else (a, b)
        keys.append(low * size + high)
    return int(np.sum(np.isin(keys[1], keys[0])))

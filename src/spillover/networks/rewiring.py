"""Rewiring: who is linked to whom redrawn, every firm keeping its number of partners."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field

from spillover.errors import IdentificationError
from spillover.networks.build import clean, mirrored
from spillover.networks.edges import Edges
from spillover.networks.network import Network
from spillover.specs import Count, NonEmpty, Spec
from spillover.typing import BoolVector, IntVector

MOST_LEFT = 0.5
"""Share of links that may remain in place; above it the strata freeze the network."""


@dataclass(frozen=True, slots=True)
class Rewiring(Spec):
    """Links of the same spell trade partners within strata, degrees of every year preserved.

    Valued links carry their value with the source side. The comparison is then between firms
    with the same number of partners of the same kinds, and tests who is linked, which is another
    hypothesis than who of the partners is foreign.

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

    attempts: Annotated[int, Field(ge=1)] = 10
    """Attempted swaps for each link and draw."""

    draws: Annotated[int, Field(ge=99)] = 999
    """Draws of a randomisation test."""

    seed: Count = 0
    """Seed of the draws."""

    type: Literal["Rewiring"] = field(default="Rewiring", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Rewirer:
    """A network with what rewiring needs, computed once."""

    network: Network
    """The network as it is, or where a chain of swaps has brought it."""

    attempts: int
    """Attempted swaps in each draw."""

    pool: IntVector
    """(p,) links that may be swapped, classes side by side."""

    bounds: IntVector
    """(C + 1,) where each class begins in ``pool``."""

    flips: BoolVector
    """(C,) classes whose links have no direction."""

    links: Edges
    """Links, each once even where they have no direction."""

    @classmethod
    def of(cls, network: Network, spec: Rewiring) -> Self:
        """The classes within which links trade partners.

        Parameters
        ----------
        network : Network
            Dated links; two links trade when they hold in the same years.
        spec : Rewiring
            Strata and length of the chain.

        Raises
        ------
        UnknownNameError
            The network does not carry a column.
        """
        links = network.edges
        strata = _strata(network, spec, links.src), _strata(network, spec, links.dst)
        if not network.directed:
            ahead = (strata[0] < strata[1]) | ((strata[0] == strata[1]) & (links.src < links.dst))
            rows = np.flatnonzero(ahead)
            links, strata = links.take(rows), (strata[0][rows], strata[1][rows])
        parts = np.column_stack([links.start, links.end, *strata]).astype(np.int64)
        able = (strata[0] >= 0) & (strata[1] >= 0) & ~_repeated(links, len(network.firms))
        kinds, code, counts = np.unique(
            parts[able], axis=0, return_inverse=True, return_counts=True
        )
        order = np.flatnonzero(able)[np.argsort(code, kind="stable")]
        several = np.repeat(counts > 1, counts)
        bounds = np.concatenate([[0], np.cumsum(counts[counts > 1])])
        same = kinds[counts > 1, 2] == kinds[counts > 1, 3]
        flips = same if not network.directed else np.zeros(len(same), dtype=bool)
        pool = order[several]
        return cls(network, spec.attempts * len(pool), pool, bounds, flips, links)

    def draw(self, rng: np.random.Generator) -> "Rewired":
        """The network after one chain of swaps that begins at this one.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        """
        from spillover.numerics.rewire import swapped

        src, dst, accepted = swapped(
            self.links.src,
            self.links.dst,
            self.pool,
            self.bounds,
            self.flips,
            attempts=self.attempts,
            rng=rng,
        )
        links = replace(self.links, src=src, dst=dst)
        edges = links if self.network.directed else mirrored(links)
        size = len(self.network.firms)
        moved = replace(self.network, edges=clean(edges, size)[0])
        old, new = (_pairs(part, size, self.network.directed) for part in (self.links, links))
        left = float(np.mean(np.isin(new, old))) if len(new) else 1.0
        return Rewired(moved, links, accepted / max(self.attempts, 1), left)

    def begin_at(self, links: Edges) -> "Rewirer":
        """The same classes with the chain beginning at other links."""
        return replace(self, links=links)


@dataclass(frozen=True, slots=True, eq=False)
class Rewired:
    """A rewired network."""

    network: Network
    """The network."""

    links: Edges
    """Its links in the order of the original ones."""

    accepted: float
    """Share of attempted swaps that were made."""

    left: float
    """Share of links between firms that were linked before."""


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
            "Choose coarser strata: in these the network cannot move.",
        )


def _strata(network: Network, spec: Rewiring, firm: IntVector) -> IntVector:
    """(m,) stratum of the firm at one end of every link, in the first year of the link."""
    at = np.clip(np.searchsorted(network.years, network.edges.start), 0, len(network.years) - 1)
    code = np.zeros(len(firm), dtype=np.int64)
    known = np.ones(len(firm), dtype=bool)
    for name in spec.within:
        whole = network.attribute(name, int(network.years[0]))
        codes = network.attributes[name]
        part = codes[firm, at] if codes.ndim == 2 else whole[firm]
        known &= part >= 0
        code = code * (int(codes.max(initial=0)) + 1) + part
    return np.where(known, code, -1)


def _repeated(links: Edges, size: int) -> BoolVector:
    """(m,) whether the pair of a link has further spells; such links stay."""
    key = links.src.astype(np.int64) * size + links.dst
    _, code, counts = np.unique(key, return_inverse=True, return_counts=True)
    return np.asarray(counts[code] > 1)


def _pairs(links: Edges, size: int, directed: bool) -> IntVector:  # noqa: FBT001 - a property of the network
    a, b = links.src.astype(np.int64), links.dst.astype(np.int64)
    return a * size + b if directed else np.minimum(a, b) * size + np.maximum(a, b)

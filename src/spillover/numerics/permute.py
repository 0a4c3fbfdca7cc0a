"""Shocks redrawn within strata, and statistics that are linear in them, nothing being rebuilt.

Draws come in blocks with a generator each, so that results do not depend on the number of
threads. An order that a block has shuffled is shuffled again for its next draw: where a uniform
draw starts from does not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from spillover.numerics.parallel import in_ranges
from spillover.typing import FloatMatrix, IntVector

BLOCK = 32
"""Draws that share a generator."""


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Members of strata side by side."""

    places: IntVector
    """(m,) members, sorted by stratum and then by their own number."""

    bounds: IntVector
    """(G + 1,) where each stratum begins in ``places``."""

    @classmethod
    def of(cls, codes: IntVector) -> Self:
        """Segments of codes (N,); negative codes belong to no stratum."""
        inside = np.flatnonzero(codes >= 0)
        order = inside[np.argsort(codes[inside], kind="stable")]
        counts = np.bincount(codes[inside], minlength=1)
        bounds = np.concatenate([[0], np.cumsum(counts[counts > 0])])
        return cls(order.astype(np.int64), bounds.astype(np.int64))

    def shuffled(self, rng: np.random.Generator) -> IntVector:
        """(m,) the members of every stratum in random order."""
        from spillover.numerics.shuffles import shuffle

        order = self.places.copy()
        shuffle(order, self.bounds, rng)
        return order

    def resampled(self, rng: np.random.Generator) -> IntVector:
        """(m,) members drawn with replacement for every place of a stratum."""
        sizes = np.diff(self.bounds)
        first = np.repeat(self.bounds[:-1], sizes)
        offset = (rng.random(len(self.places)) * np.repeat(sizes, sizes)).astype(np.int64)
        return np.asarray(self.places[first + offset])


def in_blocks(
    work: Callable[[int, int, np.random.Generator], None],
    draws: int,
    seed: tuple[int, ...],
    cost: float,
) -> None:
    """Call ``work(start, stop, rng)`` on blocks of draws, in threads when it is worth it.

    Parameters
    ----------
    work : callable
        Writes only to the draws of its block.
    draws : int
        Number of draws.
    seed : tuple of int
        Seed; every block has a generator of its own.
    cost : float
        Relative cost of one draw.
    """
    starts = np.arange(0, draws, BLOCK)

    def blocks(first: int, last: int) -> None:
        for block in range(first, last):
            start = int(starts[block])
            work(start, min(start + BLOCK, draws), np.random.default_rng([*seed, block]))

    in_ranges(blocks, np.full(len(starts), BLOCK * cost))


@dataclass(frozen=True, slots=True, eq=False)
class LinearStatistic:
    """T = sum over firms j and layers s of h[j, s] g[j, s], for several h at once."""

    loads: FloatMatrix
    """(q, N, S) weight h of every firm and layer in each of q statistics."""

    shock: FloatMatrix
    """(N, S) shock, zero where unknown."""

    def observed(self) -> FloatMatrix:
        """(q,) the statistics as they are."""
        return np.asarray(np.einsum("qns,ns->q", self.loads, self.shock))

    def mean(self, codes: IntVector) -> FloatMatrix:
        """(q,) mean over all draws within strata (N,), with or without replacement."""
        segments = Segments.of(codes)
        stay = codes < 0
        total = np.einsum("qns,ns->q", self.loads[:, stay], self.shock[stay])
        if len(segments.places):
            starts, sizes = segments.bounds[:-1], np.diff(segments.bounds)
            shock = np.add.reduceat(self.shock[segments.places], starts, axis=0)
            loads = np.add.reduceat(self.loads[:, segments.places], starts, axis=1)
            total += np.einsum("qgs,gs->q", loads, shock / sizes[:, None])
        return np.asarray(total)

    def drawn(
        self, codes: IntVector, draws: int, seed: tuple[int, ...], *, replace: bool
    ) -> FloatMatrix:
        """(draws, q) the statistics after the histories of firms were redrawn within strata.

        Parameters
        ----------
        codes : (N,)
            Stratum of each firm; negative for firms that keep their history.
        draws : int
            Number of draws.
        seed : tuple of int
            Seed; every block of draws has a generator of its own.
        replace : bool
            Draw histories with replacement instead of exchanging them.
        """
        from spillover.numerics.shuffles import exchanged, replaced

        segments = Segments.of(codes)
        loads = np.ascontiguousarray(np.moveaxis(self.loads, 0, 2))
        stay = codes < 0
        result = np.zeros((draws, loads.shape[2]))
        fixed = np.einsum("nsq,ns->q", loads[stay], self.shock[stay])
        donors, counts = _donors(segments, self.shock)

        def work(start: int, stop: int, rng: np.random.Generator) -> None:
            out = result[start:stop]
            if replace:
                replaced(segments.places, segments.bounds, self.shock, loads, out, rng)
            else:
                order = segments.places.copy()
                exchanged((order, segments.bounds, donors, counts), self.shock, loads, out, rng)

        cost = len(segments.places) if replace else len(donors)
        in_blocks(work, draws, seed, float(cost * loads.shape[1]))
        return np.asarray(result + fixed)


def _donors(segments: Segments, shock: FloatMatrix) -> tuple[IntVector, IntVector]:
    """Members with any shock, in the order of segments, and their number in each."""
    some = np.any(shock[segments.places] != 0.0, axis=1)
    counts = np.add.reduceat(np.append(some, False).astype(np.int64), segments.bounds[:-1])
    if not len(segments.places):
        counts = np.zeros(0, np.int64)
    return segments.places[some], counts

"""Links cleaned, merged and sorted into a network, with every change counted in its notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spillover.networks.edges import Edges
from spillover.networks.network import Network, Orientation
from spillover.typing import BoolMatrix, BoolVector, IntVector

FIRST_YEAR, LAST_YEAR = -32000, 32000


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The axes of a network: firms, years, who exists when, and what is known of firms."""

    firms: np.ndarray
    """(N,) sorted identifiers."""

    years: IntVector
    """(T,) observed years, ascending."""

    present: BoolMatrix
    """(N, T) whether the firm exists."""

    attributes: Mapping[str, IntVector]
    """Codes of firm-level columns, (N,) or (N, T)."""

    notes: tuple[str, ...] = ()
    """What happened on the way."""

    def network(
        self, name: str, edges: Edges, notes: Sequence[str] = (), *, directed: bool = True
    ) -> Network:
        """A network on these axes."""
        orientation: Orientation = "suppliers" if directed else "partners"
        return Network(
            name,
            self.firms,
            self.years,
            self.present,
            edges,
            orientation,
            directed,
            (*self.notes, *notes),
            self.attributes,
        )


def assemble(  # noqa: PLR0913 - the columns of an edge table
    name: str,
    firms: Sequence[str],
    years: Sequence[int],
    src: ArrayLike,
    dst: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    start: ArrayLike | None = None,
    end: ArrayLike | None = None,
    present: BoolMatrix | None = None,
    attributes: Mapping[str, IntVector] | None = None,
    directed: bool = True,
) -> Network:
    """A network from codes: for tests, matrices and sources that are not tables.

    Parameters
    ----------
    name : str
        Name of the network.
    firms : (N,)
        Identifiers in sorted order.
    years : (T,)
        Observed years in ascending order.
    src, dst : (m,)
        Codes of partner and exposed firm; the supplier and the customer of a supply link.
    weight : (m,), optional
        Positive weights; one by default.
    start, end : (m,), optional
        First and last year of each link; all observed years by default.
    present : (N, T), optional
        Who exists when; everyone by default.
    attributes : mapping, optional
        Codes of firm-level columns such as ``group_id``.
    directed : bool
        False adds the mirror image of every link.
    """
    source = np.asarray(src, dtype=np.int32)
    size = len(source)
    calendar = np.asarray(years, dtype=np.int32)
    first = np.full(size, calendar[0]) if start is None else np.asarray(start)
    last = np.full(size, calendar[-1]) if end is None else np.asarray(end)
    edges = Edges(
        source.copy(),
        np.array(dst, dtype=np.int32),
        first.astype(np.int16),
        last.astype(np.int16),
        np.ones(size) if weight is None else np.array(weight, dtype=np.float64),
        np.full(size, 3, dtype=np.uint8),
    )
    if not directed:
        edges = mirrored(edges)
    cleaned, notes = clean(edges, len(firms))
    everyone = np.ones((len(firms), len(calendar)), dtype=bool)
    axes = Frame(
        np.asarray(firms, dtype=object),
        calendar,
        everyone if present is None else np.asarray(present, dtype=bool),
        {} if attributes is None else attributes,
    )
    return axes.network(name, cleaned, notes, directed=directed)


def mirrored(edges: Edges) -> Edges:
    """The links with their mirror images."""

    def twice(column: Any) -> Any:  # noqa: ANN401 - arrays of several types
        return np.concatenate((column, column))

    return Edges(
        np.concatenate((edges.src, edges.dst)),
        np.concatenate((edges.dst, edges.src)),
        twice(edges.start),
        twice(edges.end),
        twice(edges.weight),
        twice(edges.reporter),
    )


def clean(edges: Edges, size: int) -> tuple[Edges, tuple[str, ...]]:
    """Links without self-links and zero weights, sorted, duplicates summed; and what was done.

    Spells of one pair that overlap are cut into years and summed year by year.

    Parameters
    ----------
    edges : Edges
        Links in any order.
    size : int
        Number of firms.
    """
    notes: list[str] = []
    own, empty = edges.src == edges.dst, edges.weight == 0.0
    for wrong, text in ((own, "links of a firm with itself"), (empty & ~own, "links of weight 0")):
        if wrong.any():
            notes.append(f"dropped {int(wrong.sum()):,} {text}")
    if notes:
        edges = edges.take(np.flatnonzero(~(own | empty)))
    edges = _sorted(edges, size)
    if _overlap(edges).any():
        edges, merged = _merge(edges, size)
        notes.append(f"summed {merged:,} duplicate rows of a pair in a year")
    return edges, tuple(notes)


def _sorted(edges: Edges, size: int) -> Edges:
    pair = edges.dst.astype(np.int64) * size + edges.src
    step = np.diff(pair)
    if np.all((step > 0) | ((step == 0) & (edges.start[1:] >= edges.start[:-1]))):
        return edges
    span = np.int64(LAST_YEAR - FIRST_YEAR)
    if size < 10_000_000:
        order = np.argsort(pair * span + (edges.start - np.int64(FIRST_YEAR)), kind="stable")
    else:
        order = np.lexsort((edges.start, pair))
    return edges.take(order)


def _overlap(edges: Edges) -> BoolVector:
    """(m,) whether a link begins before the previous spell of its pair has ended."""
    touching = np.zeros(len(edges), dtype=bool)
    if len(edges) > 1:
        same = (edges.dst[1:] == edges.dst[:-1]) & (edges.src[1:] == edges.src[:-1])
        pair = np.cumsum(np.concatenate(([True], ~same)))
        reach = np.maximum.accumulate(edges.end + pair * np.int64(100_000))
        touching[1:] = same & (edges.start[1:] + pair[1:] * np.int64(100_000) <= reach[:-1])
    return touching


def _merge(edges: Edges, size: int) -> tuple[Edges, int]:
    """Pairs with overlapping spells cut into years and summed; the rest as it is."""
    pair = edges.dst.astype(np.int64) * size + edges.src
    mixed = np.isin(pair, np.unique(pair[_overlap(edges)]))
    cut = yearly(edges.take(np.flatnonzero(mixed)))
    keys = np.column_stack([cut.dst, cut.src, cut.start]).astype(np.int64)
    unique, code = np.unique(keys, axis=0, return_inverse=True)
    weight = np.bincount(code, weights=cut.weight, minlength=len(unique)).astype(np.float64)
    reporter = np.zeros(len(unique), dtype=np.uint8)
    np.bitwise_or.at(reporter, code, cut.reporter)
    joined = Edges(
        unique[:, 1].astype(np.int32),
        unique[:, 0].astype(np.int32),
        unique[:, 2].astype(np.int16),
        unique[:, 2].astype(np.int16),
        weight,
        reporter,
    )
    rest = edges.take(np.flatnonzero(~mixed))
    parts: list[Any] = [
        np.concatenate((getattr(rest, part), getattr(joined, part)))
        for part in ("src", "dst", "start", "end", "weight", "reporter")
    ]
    return joined_spells(_sorted(Edges(*parts), size)), len(cut) - len(unique)


def yearly(edges: Edges) -> Edges:
    """Spells cut into one row per year."""
    length = edges.end.astype(np.int64) - edges.start + 1
    row = np.repeat(np.arange(len(edges)), length)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    year = (edges.start[row] + offset).astype(np.int16)
    return Edges(
        edges.src[row], edges.dst[row], year, year.copy(), edges.weight[row], edges.reporter[row]
    )


def joined_spells(edges: Edges, allowed_gap: int = 0, years: IntVector | None = None) -> Edges:
    """Consecutive rows of a pair with one weight and reporter joined into spells.

    Parameters
    ----------
    edges : Edges
        Sorted by (dst, src, start), without overlap.
    allowed_gap : int
        Number of missing years that a spell bridges.
    years : (T,), optional
        Observed years: when they have gaps, consecutive means next in this list.
    """
    if len(edges) < 2:
        return edges
    start, end = _positions(edges, years)
    same = (
        (edges.dst[1:] == edges.dst[:-1])
        & (edges.src[1:] == edges.src[:-1])
        & (edges.weight[1:] == edges.weight[:-1])
        & (start[1:] - end[:-1] <= 1 + allowed_gap)
    )
    if allowed_gap == 0:
        same &= edges.reporter[1:] == edges.reporter[:-1]
    first = np.flatnonzero(np.concatenate(([True], ~same)))
    last = np.concatenate((first[1:], [len(edges)])) - 1
    spells = edges.take(first)
    reporter = np.bitwise_or.reduceat(edges.reporter, first)
    return Edges(spells.src, spells.dst, spells.start, edges.end[last], spells.weight, reporter)


def _positions(edges: Edges, years: IntVector | None) -> tuple[np.ndarray, np.ndarray]:
    if years is None:
        return edges.start.astype(np.int64), edges.end.astype(np.int64)
    return np.searchsorted(years, edges.start), np.searchsorted(years, edges.end, side="right") - 1

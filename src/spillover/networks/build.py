"""Links cleaned, merged and sorted into a network, with every change counted in its notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spillover.networks.checked import YEARS, outside_years, refuse_impossible, whole_numbers
from spillover.networks.edges import Edges
from spillover.networks.network import Network, Orientation
from spillover.numerics.csr import counting_order
from spillover.typing import BoolMatrix, BoolVector, FloatMatrix, IntVector


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
    totals: Mapping[str, FloatMatrix] | None = None,
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
    totals : mapping, optional
        Amounts of firms, (N, T), such as ``output``.
    directed : bool
        False adds the mirror image of every link.
    """
    most = max(len(firms) - 1, 0)
    source = whole_numbers(src, "codes of partners", 0, most)
    size = len(source)
    calendar = whole_numbers(list(years), "years", *YEARS)
    first, last = (
        np.full(size, calendar[at]) if given is None else whole_numbers(given, what, *YEARS)
        for given, at, what in ((start, 0, "first years"), (end, -1, "last years"))
    )
    edges = Edges(
        source,
        whole_numbers(dst, "codes of exposed firms", 0, most),
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
    notes = (*notes, *outside_years(cleaned, calendar))
    network = axes.network(name, cleaned, notes, directed=directed)
    return network if totals is None else replace(network, totals=totals)


def mirrored(edges: Edges) -> Edges:
    """The links with their mirror images."""
    mirror = Edges(edges.dst, edges.src, edges.start, edges.end, edges.weight, edges.reporter)
    return joined_columns(edges, mirror)


def clean(edges: Edges, size: int) -> tuple[Edges, tuple[str, ...]]:
    """Links without self-links and zero weights, sorted, duplicates summed; and what was done.

    Spells of one pair that overlap are cut into years and summed year by year.

    Parameters
    ----------
    edges : Edges
        Links in any order.
    size : int
        Number of firms.

    Raises
    ------
    DataError
        A code is out of range, a link ends before it starts, or a weight is negative or not
        finite.
    """
    refuse_impossible(edges, size)
    notes: list[str] = []
    own, empty = edges.src == edges.dst, edges.weight == 0.0
    for wrong, text in ((own, "links of a firm with itself"), (empty & ~own, "links of weight 0")):
        if wrong.any():
            notes.append(f"dropped {int(wrong.sum()):,} {text}")
    edges = _sorted(edges, size, ~(own | empty) if notes else None)
    if _overlap(edges).any():
        edges, merged = _merge(edges, size)
        notes.append(f"summed {merged:,} duplicate rows of a pair in a year")
    return edges, tuple(notes)


def _sorted(edges: Edges, size: int, kept: BoolVector | None = None) -> Edges:
    """Links by (dst, src, start), only those that are kept."""
    step, inner = np.diff(edges.dst), np.diff(edges.src)
    later = (inner > 0) | ((inner == 0) & (edges.start[1:] >= edges.start[:-1]))
    rows = None if kept is None else np.flatnonzero(kept)
    if np.all((step > 0) | ((step == 0) & later)):
        return edges if rows is None else edges.take(rows)
    start = edges.start.astype(np.int32) - int(edges.start.min())
    codes = [(edges.src, size), (edges.dst, size)]
    if start.any():
        codes.insert(0, (start, int(start.max()) + 1))
    order = rows
    for code, levels in codes:
        part = code if order is None else code.take(order)
        place = counting_order(part, levels)
        order = place if order is None else order.take(place)
    return edges if order is None else edges.take(order)


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
    pair = np.cumsum(_begins(edges, "dst", "src")) - 1
    mixed = np.zeros(len(edges), dtype=bool)
    mixed[pair[_overlap(edges)]] = True
    mixed = mixed[pair]
    if np.any(edges.start[mixed] != edges.end[mixed]):
        rest, cut = edges.take(np.flatnonzero(~mixed)), yearly(edges.take(np.flatnonzero(mixed)))
        edges = _sorted(joined_columns(rest, cut), size)
    edges = _least_first(edges)
    first = np.flatnonzero(_begins(edges, "dst", "src", "start"))
    kept = edges.take(first)
    weight = np.add.reduceat(edges.weight, first)
    reporter = np.bitwise_or.reduceat(edges.reporter, first)
    summed = Edges(kept.src, kept.dst, kept.start, kept.end, weight, reporter)
    return joined_spells(summed), len(edges) - len(first)


def _begins(edges: Edges, *columns: str) -> BoolVector:
    """(m,) whether a row differs from the one before in one of the columns."""
    first = np.ones(len(edges), dtype=bool)
    first[1:] = False
    for name in columns:
        column = getattr(edges, name)
        first[1:] |= column[1:] != column[:-1]
    return first


def _least_first(edges: Edges) -> Edges:
    """Rows of one pair and year by weight: sums must not depend on the order of the input."""
    begins = _begins(edges, "dst", "src", "start")
    again = ~begins
    again[:-1] |= ~begins[1:]
    rows = np.flatnonzero(again)
    key = np.cumsum(begins)[rows]
    least = rows[np.lexsort((edges.weight[rows], key))]
    if np.array_equal(least, rows):
        return edges
    order = np.arange(len(edges))
    order[rows] = least
    return edges.take(order)


def joined_columns(first: Edges, second: Edges) -> Edges:
    """The links of two tables in one, first those of the first."""
    names = ("src", "dst", "start", "end", "weight", "reporter")
    parts: list[Any] = [np.concatenate((getattr(first, n), getattr(second, n))) for n in names]
    return Edges(*parts)


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
    same = ~_begins(edges, "dst", "src", "weight")[1:]
    if not same.any():
        return edges
    start, end = _positions(edges, years)
    same &= start[1:] - end[:-1] <= 1 + allowed_gap
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

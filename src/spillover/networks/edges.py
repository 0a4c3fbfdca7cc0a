"""Edges: the table of links from which every matrix is derived, and what it must satisfy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from spillover.errors import DataError, first_cases
from spillover.typing import FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Links as columns: the truth from which every matrix is derived."""

    src: IntVector
    """(m,) code of the partner; the supplier of a supply link."""

    dst: IntVector
    """(m,) code of the exposed firm; the customer of a supply link."""

    start: np.ndarray
    """(m,) first year in which the link holds, int16."""

    end: np.ndarray
    """(m,) last year in which the link holds, int16, inclusive."""

    weight: FloatVector
    """(m,) positive weight; one when only existence is known."""

    reporter: np.ndarray
    """(m,) who reported the link: 1 source, 2 destination, 3 both; uint8."""

    def __post_init__(self) -> None:
        for array in (self.src, self.dst, self.start, self.end, self.weight, self.reporter):
            if len(array) != len(self.src):
                raise DataError(
                    "Expected columns of one length.",
                    f"Found {len(array):,} and {len(self.src):,} rows.",
                    "Pass one value per link in every column.",
                )
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.src)

    def take(self, rows: np.ndarray) -> "Edges":
        """The links at the given rows, or where a mask is true, in that order."""
        at = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        parts = (self.src, self.dst, self.start, self.end, self.weight, self.reporter)
        return Edges(*(_taken(part, at) for part in parts))


def _taken(column: Any, at: np.ndarray) -> Any:  # noqa: ANN401 - arrays of several types
    """Entries of a column; a column with one value throughout is not looked up row by row."""
    if len(column) and column[0] == column[-1] and np.all(column == column[0]):
        return np.full(len(at), column[0], dtype=column.dtype)
    return column.take(at)


def check_links(edges: Edges, size: int) -> None:
    """Refuse links that no network can hold.

    Parameters
    ----------
    edges : Edges
        Links, sorted by (dst, src, start).
    size : int
        Number of firms.

    Raises
    ------
    DataError
        A code is out of range, a link is its own mirror, ends before it starts, has no weight, or
        a pair occurs twice in a year.
    """
    if not len(edges):
        return
    low = min(int(edges.src.min()), int(edges.dst.min()))
    high = max(int(edges.src.max()), int(edges.dst.max()))
    problems = [
        ("a firm code outside 0 to N-1", low < 0 or high >= size),
        ("a link of a firm with itself", bool(np.any(edges.src == edges.dst))),
        ("a link that ends before it starts", bool(np.any(edges.start > edges.end))),
        ("a weight that is not positive and finite", not _all_positive(edges.weight)),
        ("links out of order, or a pair twice in a year", not _in_order(edges)),
    ]
    found = [text for text, wrong in problems if wrong]
    if found:
        raise DataError(
            "Expected links between two different firms, each pair at most once in a year.",
            f"Found {first_cases(found)}.",
            "Build networks with connect(...) or assemble(...), which clean links.",
        )


def _all_positive(weight: FloatVector) -> bool:
    low, high = float(weight.min()), float(weight.max())
    return low > 0.0 and high < np.inf


def _in_order(edges: Edges) -> bool:
    step, inner = np.diff(edges.dst), np.diff(edges.src)
    same = step == 0
    ascending = (step > 0) | (same & (inner > 0))
    pair = same & (inner == 0)
    return bool(np.all(ascending | (pair & (edges.start[1:] > edges.end[:-1]))))


def check_symmetry(edges: Edges, size: int) -> None:
    """Refuse links whose mirror image is missing or different.

    Parameters
    ----------
    edges : Edges
        Links, sorted by (dst, src, start).
    size : int
        Number of firms.
    """
    forward = edges.dst.astype(np.int64) * size + edges.src
    order = np.lexsort((edges.start, edges.src.astype(np.int64) * size + edges.dst))
    mirrored = edges.take(order)
    same = np.array_equal(forward, mirrored.src.astype(np.int64) * size + mirrored.dst) and all(
        np.array_equal(getattr(edges, part), getattr(mirrored, part))
        for part in ("start", "end", "weight")
    )
    if not same:
        raise DataError(
            "Expected each link in both directions with one weight.",
            "Found links whose mirror image is missing or different.",
            "Store both triangles, or build a directed network.",
        )


def from_years(matrices: Sequence[sparse.csr_array], years: IntVector) -> Edges:
    """The entries of one matrix per year as links of one year each, reported by both sides.

    Parameters
    ----------
    matrices : (T,) matrices of (N, N)
        Weights; rows listen to columns.
    years : (T,)
        Calendar years.
    """
    parts = [matrix.tocoo() for matrix in matrices]
    year = np.repeat(years, [part.nnz for part in parts]).astype(np.int16)
    rows = np.concatenate([part.coords[0] for part in parts]).astype(np.int32)
    columns = np.concatenate([part.coords[1] for part in parts]).astype(np.int32)
    weight = np.concatenate([part.data for part in parts]).astype(np.float64)
    order = np.lexsort((year, columns, rows))
    reporter = np.full(len(rows), 3, dtype=np.uint8)
    when = year[order]
    return Edges(columns[order], rows[order], when, when.copy(), weight[order], reporter)

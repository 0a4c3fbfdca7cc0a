"""Network: one dated, weighted, directed layer on a fixed set of firms."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from scipy import sparse

from spillover.errors import DataError, SpecificationError
from spillover.typing import BoolMatrix, FloatVector, IntVector, TextVector

Orientation = Literal["suppliers", "customers", "partners"]


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

    def __len__(self) -> int:
        return len(self.src)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One layer of dated links; **rows listen to columns**: W[i, j] is j's weight for i."""

    name: str
    """Name that designs, dependences and study files refer to."""

    firms: TextVector
    """(N,) sorted identifiers; codes of edges are positions in this array."""

    years: IntVector
    """(T,) observed years, ascending."""

    present: BoolMatrix
    """(N, T) whether the firm exists in the year: an absent firm is not one without partners."""

    edges: Edges
    """Links, sorted by (dst, src, start)."""

    orientation: Orientation = "suppliers"
    """To whom rows listen: ``suppliers`` W[dst, src], ``customers`` W[src, dst], or ``partners``."""

    directed: bool = True
    """False asserts that the links are symmetric."""

    notes: tuple[str, ...] = ()
    """What happened on construction: merged rows, dropped self-links, caps."""

    memo: dict[object, object] = field(default_factory=dict, repr=False)
    """Matrices built on demand; not part of the value."""

    def suppliers(self) -> "Network":
        """The same links with rows listening to their suppliers (forward exposure)."""
        return self._turned("suppliers")

    def customers(self) -> "Network":
        """The same links with rows listening to their customers (backward exposure)."""
        return self._turned("customers")

    def _turned(self, orientation: Orientation) -> "Network":
        if not self.directed:
            raise SpecificationError(
                "Expected a directed network for suppliers() and customers().",
                f"Found {self.name!r}, whose links are symmetric.",
                "Use the network as it is.",
            )
        return replace(self, orientation=orientation)

    def at(self, year: int) -> sparse.csr_array:
        """The weights of one year, shape (N, N), rows listening to columns.

        Raises
        ------
        DataError
            The year lies outside the observed years.
        """
        if year not in self.years:
            raise DataError(
                f"Expected a year of {self.name!r} ({self.years[0]} to {self.years[-1]}).",
                f"Found {year}.",
                "Restrict the panel, or choose weights of a base year.",
            )
        key = (self.orientation, int(year))
        if key not in self.memo:
            self.memo[key] = self._build(year)
        return self.memo[key]  # type: ignore[return-value]

    def _build(self, year: int) -> sparse.csr_array:
        alive = (self.edges.start <= year) & (self.edges.end >= year)
        rows, columns = self.edges.dst[alive], self.edges.src[alive]
        if self.orientation == "customers":
            rows, columns = columns, rows
        size = (len(self.firms), len(self.firms))
        matrix = sparse.coo_array((self.edges.weight[alive], (rows, columns)), shape=size).tocsr()
        matrix.sum_duplicates()
        return matrix

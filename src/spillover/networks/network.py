"""Network: one dated, weighted, directed layer on a fixed set of firms."""

import copy
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from spillover.errors import DataError, SpecificationError, first_cases, unknown_name
from spillover.networks.edges import Edges, check_links, check_symmetry
from spillover.numerics.csr import from_sorted, transposed
from spillover.numerics.located import located
from spillover.tables.panel import Panel
from spillover.typing import BoolMatrix, FloatMatrix, FloatVector, IntVector, TextVector

Orientation = Literal["suppliers", "customers", "partners"]

Derived = TypeVar("Derived")

BYTES_KEPT = 750_000_000
"""Size of the matrices that a network keeps; the oldest are dropped first."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One layer of dated links; **rows listen to columns**: W[i, j] is j's weight for i.

    Examples
    --------
    >>> import numpy as np
    >>> from spillover.networks.build import assemble
    >>> chain = assemble("supply", ["a", "b", "c"], [2020], src=[0, 1], dst=[1, 2])
    >>> chain.suppliers().at(2020).toarray()[1]
    array([1., 0., 0.])
    >>> chain.customers().at(2020).toarray()[1]
    array([0., 0., 1.])
    """

    name: str
    """Name that designs, dependences and study files refer to."""

    firms: TextVector
    """(N,) sorted identifiers; codes of edges are positions in this array."""

    years: IntVector
    """(T,) observed years, ascending."""

    present: BoolMatrix
    """(N, T) whether the firm exists in the year: an absent firm is not one without partners."""

    edges: Edges
    """Links, sorted by (dst, src, start); no pair occurs twice in a year."""

    orientation: Orientation = "suppliers"
    """To whom rows listen: ``suppliers`` W[dst, src], ``customers`` W[src, dst], ``partners``."""

    directed: bool = True
    """False asserts that the links are symmetric."""

    notes: tuple[str, ...] = ()
    """What happened on construction: merged rows, dropped self-links, caps."""

    attributes: Mapping[str, IntVector] = field(default_factory=dict)
    """Codes of firm-level columns such as ``group_id``, (N,) or (N, T); -1 where unknown."""

    totals: Mapping[str, FloatMatrix] = field(default_factory=dict)
    """Amounts of firms that links do not show, (N, T): ``output`` and ``inputs`` of industries."""

    memo: dict[object, object] = field(default_factory=dict, init=False, repr=False)
    """Matrices built on demand; not part of the value."""

    def __post_init__(self) -> None:
        _check_axes(self)
        check_links(self.edges, len(self.firms))
        if not self.directed:
            check_symmetry(self.edges, len(self.firms))
        kept = (*self.attributes.values(), *self.totals.values())
        for array in (self.firms, self.years, self.present, *kept):
            array.setflags(write=False)

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
        turned = copy.copy(self)
        object.__setattr__(turned, "orientation", orientation)
        return turned

    def at(self, year: int) -> sparse.csr_array:
        """The weights of one year, shape (N, N), rows listening to columns.

        Matrices are built once, kept with their transpose, and must not be written to.

        Raises
        ------
        DataError
            The year lies outside the observed years.
        """
        self.position(year)
        return self.derived(("weights", int(year)), lambda: self._build(int(year)))

    def derived(self, key: Hashable, make: Callable[[], Derived]) -> Derived:
        """Something computed from this network once and kept, such as a masked matrix.

        Parameters
        ----------
        key : hashable
            What it is; the orientation is added.
        make : callable
            Computes it; the result is never written to.
        """
        full = (self.orientation, key)
        if full not in self.memo:
            value = make()
            self.memo[full] = value
            held = [_size(kept) for kept in self.memo.values()]
            while sum(held) > BYTES_KEPT and len(held) > 1:
                self.memo.pop(next(iter(self.memo)))
                held.pop(0)
            return value
        return self.memo[full]  # type: ignore[return-value]

    def position(self, year: int) -> int:
        """Position of a year in ``years``.

        Raises
        ------
        DataError
            The year was not observed.
        """
        at = int(np.searchsorted(self.years, year))
        if at == len(self.years) or self.years[at] != year:
            raise DataError(
                f"Expected a year of {self.name!r} ({self.years[0]} to {self.years[-1]}).",
                f"Found {year}.",
                "Restrict the panel, or choose weights of a base year.",
            )
        return at

    def present_at(self, year: int) -> np.ndarray:
        """(N,) whether each firm exists in the year."""
        return self.present[:, self.position(year)]

    def attribute(self, name: str, year: int) -> IntVector:
        """(N,) codes of a firm-level column in a year; -1 where unknown.

        Raises
        ------
        UnknownNameError
            The network does not carry this column.
        """
        if name not in self.attributes:
            raise unknown_name("firm column on the network", name, sorted(self.attributes))
        codes = self.attributes[name]
        return codes[:, self.position(year)] if codes.ndim == 2 else codes

    def total(self, name: str, year: int) -> FloatVector:
        """(N,) amounts of a year that links do not show, such as ``output``.

        Raises
        ------
        UnknownNameError
            The network does not carry them.
        """
        if name not in self.totals:
            raise unknown_name("total on the network", name, sorted(self.totals))
        return self.totals[name][:, self.position(year)]

    def codes(self, identifiers: np.ndarray) -> IntVector:
        """(n,) position of each identifier in ``firms``; -1 where it is not there."""
        return codes_in(self.firms, identifiers)

    def on_rows(self, panel: Panel, parts: Mapping[str, FloatMatrix]) -> dict[str, FloatVector]:
        """Values of firms and years on the rows of a panel, NaN where the network has none.

        Parameters
        ----------
        panel : Panel
            Firm-years.
        parts : mapping of str to (N, T)
            Values by name.
        """
        row = self.codes(panel.units)[panel.codes]
        at = located(self.years, panel.years)
        known = (row >= 0) & (at >= 0)
        return {name: np.where(known, part[row, at], np.nan) for name, part in parts.items()}

    def _build(self, year: int) -> sparse.csr_array:
        if self.orientation == "customers":
            matrix = transposed(self.suppliers().at(year))
        else:
            edges = self.edges
            alive = (edges.start <= year) & (edges.end >= year)
            columns = (edges.dst, edges.src, edges.weight)
            if not alive.all():
                rows = np.flatnonzero(alive)
                columns = (edges.dst[rows], edges.src[rows], edges.weight[rows])
            matrix = from_sorted(*columns, len(self.firms))
        for array in (matrix.data, matrix.indices, matrix.indptr):
            array.setflags(write=False)
        return matrix


def _size(value: object) -> int:
    """Bytes of the arrays of a matrix, or of an array; nothing for anything else."""
    parts = (value, *(getattr(value, name, None) for name in ("data", "indices", "indptr")))
    return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))


def codes_in(firms: np.ndarray, identifiers: "np.ndarray | pd.Series[Any]") -> IntVector:
    """(n,) position of each identifier in a list of distinct ones; -1 where it is not there."""
    codes, distinct = pd.factorize(identifiers)
    known = pd.Index(firms, dtype=object)
    if not known.is_unique:
        raise DataError(
            "Expected each identifier once.",
            f"Found several of {first_cases(known[known.duplicated()].unique()[:4])}.",
            "Remove or merge the repeated ones.",
        )
    place = known.get_indexer(np.asarray(distinct, dtype=object))
    return np.append(place, -1).astype(np.int32)[codes]


def _check_axes(network: Network) -> None:
    firms, years = network.firms, network.years
    sorted_firms = bool(np.all(firms[:-1] < firms[1:])) if len(firms) > 1 else True
    sorted_years = bool(np.all(np.diff(years) > 0))
    if not (sorted_firms and sorted_years and len(years)):
        raise DataError(
            f"Expected firms and years of {network.name!r} in ascending order, each once.",
            f"Found {len(firms):,} firms and {len(years)} years in another order.",
            "Build networks with connect(...) or assemble(...), which sort.",
        )
    if network.present.shape != (len(firms), len(years)):
        raise DataError(
            f"Expected presence of shape ({len(firms)}, {len(years)}) in {network.name!r}.",
            f"Found {network.present.shape}.",
            "Give one truth value per firm and year.",
        )

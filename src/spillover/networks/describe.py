"""The verb ``describe``: where every firm stands in a network, year by year."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from spillover.errors import unknown_name
from spillover.networks.network import Network
from spillover.numerics.csr import lookup, row_normalized, row_sums, rows_of, support
from spillover.numerics.series import chained, refuse_decay, spectral_radius, stationary
from spillover.tables.panel import Panel
from spillover.typing import FloatMatrix, FloatVector

if TYPE_CHECKING:
    from spillover.numerics.ego import Egos

KATZ_DECAY = 0.05
"""Decay of the measure ``katz``."""


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """Measures of every firm and year; a carrier of columns for samples."""

    network: Network
    """The network, turned as the measures were taken."""

    names: tuple[str, ...]
    """Names of the measures."""

    values: tuple[FloatMatrix, ...]
    """(N, T) for each measure; NaN for absent firms and where it is not defined."""

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """The measures on the rows of a panel under ``<network>_<measure>``; NaN where unknown."""
        names = [f"{self.network.name}_{name}" for name in self.names]
        return self.network.on_rows(panel, dict(zip(names, self.values, strict=True)))

    def frame(self) -> pd.DataFrame:
        """One row per existing firm and year."""
        row, at = np.nonzero(self.network.present)
        keys = {"firm_id": self.network.firms[row], "year": self.network.years[at]}
        measures = zip(self.names, self.values, strict=True)
        return pd.DataFrame(keys | {name: values[row, at] for name, values in measures})


def describe(network: Network, measures: Sequence[str] = ("degree", "strength")) -> Position:
    """Measures of every firm in every year of a network.

    Measures that know a direction follow the network's: ``supply.suppliers()`` counts suppliers.
    Those of ego networks (constraint, effective size, density, bridges, core) add both
    directions.

    Parameters
    ----------
    network : Network
        Links.
    measures : sequence of str
        Names among :data:`MEASURES`.

    Raises
    ------
    UnknownNameError
        A measure is not known.

    Examples
    --------
    >>> from spillover.networks.build import assemble
    >>> star = assemble("w", ["a", "b", "c"], [2020], [1, 2], [0, 0])
    >>> describe(star, ["degree", "constraint"]).frame()["constraint"].tolist()
    [0.5, 1.0, 1.0]
    """
    for name in measures:
        if name not in MEASURES:
            raise unknown_name("measure", name, sorted(MEASURES))
    shape = (len(network.firms), len(network.years))
    values = tuple(np.full(shape, np.nan) for _ in measures)
    for at, year in enumerate(network.years):
        here = network.present[:, at]
        for name, target in zip(measures, values, strict=True):
            target[here, at] = MEASURES[name](network, int(year))[here]
    return Position(network, tuple(measures), values)


def undirected(network: Network, year: int) -> sparse.csr_array:
    """Ties of a year with the weights of both directions added, rows sorted."""

    def make() -> sparse.csr_array:
        matrix = network.at(year)
        if not network.directed:
            return matrix
        both = sparse.csr_array(matrix + matrix.T)
        both.sort_indices()
        return both

    return network.derived(("undirected", year), make)


def _egos(network: Network, year: int) -> "Egos":
    from spillover.numerics.ego import egos

    return network.derived(("egos", year), lambda: egos(undirected(network, year)))


def _degree(network: Network, year: int) -> FloatVector:
    return np.diff(network.at(year).indptr).astype(np.float64)


def _concentration(network: Network, year: int) -> FloatVector:
    shares = row_normalized(network.at(year))
    squares = sparse.csr_array((shares.data**2, shares.indices, shares.indptr), shape=shares.shape)
    return np.where(_degree(network, year) > 0, row_sums(squares), np.nan)


def _reciprocity(network: Network, year: int) -> FloatVector:
    matrix = support(network.at(year))
    rows = rows_of(matrix)
    mutual = lookup(matrix, matrix.indices, rows) > 0.0
    count = np.bincount(rows[mutual], minlength=matrix.shape[0])
    return _over(count.astype(np.float64), _degree(network, year))


def _effective_size(network: Network, year: int) -> FloatVector:
    found = _egos(network, year)
    return np.where(found.degree > 0, found.degree - found.redundancy, np.nan)


def _ego_density(network: Network, year: int) -> FloatVector:
    found = _egos(network, year)
    pairs = found.degree * (found.degree - 1.0) / 2.0
    return _over(found.closed, pairs)


def _core(network: Network, year: int) -> FloatVector:
    from spillover.numerics.ego import core_numbers

    return core_numbers(undirected(network, year)).astype(np.float64)


def _page_rank(network: Network, year: int) -> FloatVector:
    """Attention among existing firms; rank goes from the one who listens to the one heard."""
    here = np.flatnonzero(network.present_at(year))
    matrix = sparse.csr_array(row_normalized(network.at(year))[here][:, here])
    result = np.full(len(network.firms), np.nan)
    result[here] = stationary(matrix)
    return result


def _katz(network: Network, year: int) -> FloatVector:
    heard = sparse.csr_array(network.at(year).T.tocsr())
    refuse_decay(KATZ_DECAY, spectral_radius(heard))
    return chained(heard, np.ones(heard.shape[0]), KATZ_DECAY)


def _outside_share(network: Network, year: int) -> FloatVector:
    place = network.attribute("prefecture", year)
    matrix = network.at(year)
    rows = rows_of(matrix)
    known = (place[rows] >= 0) & (place[matrix.indices] >= 0)
    away = known & (place[rows] != place[matrix.indices])
    size = matrix.shape[0]
    far, all_ = (np.bincount(rows[mask], minlength=size).astype(float) for mask in (away, known))
    return _over(far, all_)


def _over(above: FloatVector, below: FloatVector) -> FloatVector:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)


MEASURES: dict[str, Callable[[Network, int], FloatVector]] = {
    "degree": _degree,
    "log_degree": lambda network, year: np.log1p(_degree(network, year)),
    "strength": lambda network, year: row_sums(network.at(year)),
    "concentration": _concentration,
    "reciprocity": _reciprocity,
    "constraint": lambda network, year: _egos(network, year).constraint,
    "effective_size": _effective_size,
    "efficiency": lambda network, year: _over(
        _effective_size(network, year), _egos(network, year).degree.astype(np.float64)
    ),
    "ego_density": _ego_density,
    "bridges": lambda network, year: _egos(network, year).bridges.astype(np.float64),
    "core": _core,
    "page_rank": _page_rank,
    "katz": _katz,
    "long_ties": _outside_share,
}
"""Measures by name. ``concentration`` is the Herfindahl index of partner weights, ``bridges`` the
number of links whose ends share no partner, ``long_ties`` the share of partners in another
prefecture."""

"""Normalisations of the weights of a year, each under its own name."""

from typing import Literal, get_args

import numpy as np
from scipy import sparse

from spillover.errors import SpecificationError, unknown_name
from spillover.networks.network import Network
from spillover.numerics.csr import row_normalized, row_sums, scale_rows
from spillover.numerics.series import spectral_radius
from spillover.typing import FloatVector

Rule = Literal["none", "row", "column", "spectral", "max_row", "symmetric", "share"]


def normalize(
    network: Network, year: int, rule: Rule, *, total: str = "output"
) -> sparse.csr_array:
    """The weights of a year, normalised after the direction was chosen.

    The normalised transpose is not the transpose of the normalised matrix, so turn the network
    first (``customers()``, ``suppliers()``). Rows and columns without links stay zero.

    Parameters
    ----------
    network : Network
        Links.
    year : int
        Year.
    rule : str
        ``row`` sums to one over partners (all variation in degree is gone); ``column`` spreads
        the influence of a partner over its listeners; ``share`` divides by an amount of the
        exposed firm and keeps the outside option; ``spectral`` divides by the spectral radius and
        ``max_row`` by the greatest row sum, its cheap bound; ``symmetric`` divides by the square
        roots of both row sums.
    total : str
        Amount on the network for ``share``, such as ``output``.

    Raises
    ------
    SpecificationError
        The spectral radius is zero because the network has no cycle, or shares exceed one.
    UnknownNameError
        There is no such rule.

    Examples
    --------
    >>> from spillover.networks.build import assemble
    >>> network = assemble("w", ["a", "b", "c"], [2020], [1, 2, 0], [0, 0, 1], [3.0, 1.0, 5.0])
    >>> normalize(network, 2020, "row").toarray()[0]
    array([0.  , 0.75, 0.25])
    """
    if rule not in get_args(Rule):
        raise unknown_name("rule", rule, get_args(Rule))
    matrix = network.at(year)
    if rule == "none":
        return matrix
    if rule == "row":
        return row_normalized(matrix)
    if rule == "share":
        return _share(network, year, total)
    if rule == "column":
        return _scale_columns(matrix, _inverse(np.asarray(matrix.sum(axis=0)).ravel()))
    if rule == "symmetric":
        sums = _inverse(np.sqrt(row_sums(matrix)))
        return _scale_columns(scale_rows(matrix, sums), sums)
    whole = spectral_radius(matrix) if rule == "spectral" else row_sums(matrix).max(initial=0.0)
    if whole == 0.0:
        raise SpecificationError(
            f"Expected cycles in {network.name!r} for rule = {rule!r}.",
            f"Found none in {year}: the spectral radius is zero.",
            'Use "max_row" or "row".',
        )
    return scale_rows(matrix, np.full(matrix.shape[0], 1.0 / whole))


def _share(network: Network, year: int, total: str) -> sparse.csr_array:
    matrix = network.at(year)
    amount = network.total(total, year)
    over = row_sums(matrix) > amount * (1.0 + 1e-9)
    if over.any():
        raise SpecificationError(
            f"Expected links of each firm within its {total}.",
            f"Found more in {int(over.sum()):,} firms ({network.firms[np.argmax(over)]}).",
            "Check that links and totals are in one unit.",
        )
    return scale_rows(matrix, _inverse(amount))


def _inverse(values: np.ndarray) -> FloatVector:
    return np.asarray(1.0 / np.where(values == 0.0, 1.0, values), dtype=np.float64)


def _scale_columns(matrix: sparse.csr_array, factors: FloatVector) -> sparse.csr_array:
    data = matrix.data * factors[matrix.indices]
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

"""KnowledgePool: the stocks of all others, weighted by proximity, without a matrix of pairs."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy import sparse

from spillover.errors import ConvergenceError, DataError, SpecificationError
from spillover.exposures.shock import Shock
from spillover.networks.network import codes_in
from spillover.networks.portfolio import Portfolio
from spillover.numerics.csr import row_sums
from spillover.numerics.located import located
from spillover.numerics.proximity import class_overlap, unit_rows
from spillover.specs import Count, Spec
from spillover.tables.panel import Panel
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

ROWS_AT_ONCE = 20_000
"""Firms whose related classes are held densely at one time."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What each firm could learn: S_it = sum over others j of proximity_ij G_j,t-lag."""

    name: str
    """Name of the column that it brings to a panel."""

    values: FloatMatrix
    """(N, T) pools on the firms of the portfolio and the years of the stock plus the lag."""

    coverage: FloatMatrix
    """(N, T) share of proximity whose stock is known; NaN for firms that are near nobody."""

    years: np.ndarray
    """(T,) years of the pools."""

    network: Portfolio
    """What firms do."""

    shock: Shock
    """Stocks."""

    spec: "KnowledgePool"
    """The specification."""

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Pool, flag of firms without portfolio, and coverage on the rows of a panel.

        A firm without a portfolio is near nobody: its pool is zero and the flag is one.

        Parameters
        ----------
        panel : Panel
            Firm-years.
        """
        row = codes_in(self.network.firms, panel.units)[panel.codes]
        at = located(self.years, panel.years)
        dated = at >= 0
        empty = np.append(self.network.empty, True)[row]
        value = np.where(row >= 0, self.values[row, at], 0.0)
        return {
            self.name: np.where(dated, value, np.nan),
            f"{self.name}_isolated": np.where(dated, empty.astype(np.float64), np.nan),
            f"{self.name}_coverage": np.where(dated & ~empty, self.coverage[row, at], np.nan),
        }


@dataclass(frozen=True, slots=True)
class KnowledgePool(Spec):
    """Stocks of other firms weighted by technological or product-market proximity.

    With T the rows of class shares and G the stocks, the sum over all firms is T (T'G), two
    passes over the portfolio; the own firm, or the own business group, is taken off again.

    References
    ----------
    Jaffe (1986), AER 76; Bloom, Schankerman and Van Reenen (2013), Econometrica 81.

    Examples
    --------
    >>> KnowledgePool().measure
    'cosine'
    """

    measure: Literal["cosine", "covariance", "mahalanobis"] = "cosine"
    """``cosine`` compares directions (Jaffe); ``covariance`` leaves specialised firms nearer to
    each other; ``mahalanobis`` counts related classes as well."""

    lag: Count = 1
    """Calendar years between the stock and the pool."""

    exclude: Literal["group", "self"] = "group"
    """Whether the stocks of the own business group are left out; the own stock always is."""

    unknown: Literal["drop", "zero"] = "drop"
    """Whether firms with an unknown stock lower the coverage or count as zero."""

    type: Literal["KnowledgePool"] = field(default="KnowledgePool", kw_only=True, repr=False)

    def carry(self, network: Portfolio, shock: Shock, name: str) -> Pool:
        """The pools of all firms and years.

        Raises
        ------
        SpecificationError
            The own group is to be left out and groups are unknown.
        DataError
            No firm of the portfolio has a stock.
        ConvergenceError
            Rounding ate a pool: the own stock is all there is in its classes.
        """
        if self.exclude == "group" and not np.any(network.group >= 0):
            raise SpecificationError(
                f"Expected business groups in {network.name!r} to leave out the own group.",
                "Found none.",
                'Bring groups, or write exclude = "self".',
            )
        own = codes_in(shock.units, network.firms)
        if not np.any(own >= 0):
            raise DataError(
                f"Expected firms of {network.name!r} among the units of {shock.name!r}.",
                "Found none.",
                "Check that both use the same identifiers.",
            )
        listed = np.where(own[:, None] >= 0, shock.values[own], shock.absent)
        known = ~np.isnan(listed)
        stocks = np.where(known, listed, 0.0)
        weights = known.astype(np.float64) if self.unknown == "drop" else np.ones(known.shape)
        both = np.hstack([stocks, weights, np.ones((len(stocks), 1))])
        pools = others(network, both, self.measure, group=self.exclude == "group")
        width = stocks.shape[1]
        values, covered, total = pools[:, :width], pools[:, width:-1], pools[:, -1:]
        near = np.where(total > 0, total, 1.0)
        coverage = np.where(total > 0, covered / near, np.nan)
        years = shock.years + self.lag
        return Pool(name, values, coverage, years, network, shock, self)


def others(of: Portfolio, stocks: FloatMatrix, measure: str, *, group: bool) -> FloatMatrix:
    """Sums of columns over all other firms, weighted by proximity.

    Parameters
    ----------
    of : Portfolio
        What firms do.
    stocks : (N, K)
        Columns to sum; no missing values.
    measure : str
        A measure of :class:`KnowledgePool`.
    group : bool
        Whether the own business group is left out and not only the own firm.
    """
    shares = of.shares
    basis = shares if measure == "covariance" else unit_rows(shares)
    related = class_overlap(shares) if measure == "mahalanobis" else None
    code = _circles(of.group) if group else np.arange(len(of.firms))
    by_class = np.asarray(basis.T @ stocks)
    spread = by_class if related is None else related @ by_class
    whole = np.asarray(basis @ spread)
    alone = np.bincount(code)[code] == 1
    own = np.zeros(whole.shape)
    own[alone] = _squares(basis, related, np.flatnonzero(alone))[:, None] * stocks[alone]
    if not alone.all():
        own += _own_groups(basis, related, stocks, code, ~alone)
    return _difference(whole, own)


def _circles(group: IntVector) -> IntVector:
    """Codes of groups; a firm without a group is one of its own."""
    alone = np.arange(len(group)) + group.max(initial=0) + 1
    return np.unique(np.where(group >= 0, group, alone), return_inverse=True)[1]


def _squares(basis: sparse.csr_array, related: FloatMatrix | None, rows: IntVector) -> FloatVector:
    """(m,) proximity of each firm to itself."""
    chosen = sparse.csr_array(basis[rows])
    if related is None:
        return row_sums(sparse.csr_array(chosen * chosen))
    parts = [
        row_sums(sparse.csr_array(block * (block @ related)))
        for block in (
            sparse.csr_array(chosen[at : at + ROWS_AT_ONCE])
            for at in range(0, len(rows), ROWS_AT_ONCE)
        )
    ]
    return np.concatenate([np.zeros(0), *parts])


def _own_groups(
    basis: sparse.csr_array,
    related: FloatMatrix | None,
    stocks: FloatMatrix,
    code: IntVector,
    rows: BoolVector,
) -> FloatMatrix:
    """(N, K) sums over the own group, for firms in groups of several."""
    result = np.zeros(stocks.shape)
    at = np.flatnonzero(rows)
    _, circle = np.unique(code[at], return_inverse=True)
    members = sparse.csr_array((np.ones(len(at)), (circle, np.arange(len(at)))))
    mine = sparse.csr_array(basis[at])
    for k in range(stocks.shape[1]):
        held = sparse.csr_array(mine.multiply(stocks[at, k][:, None]))
        summed = sparse.csr_array(members @ held)
        for low in range(0, len(at), ROWS_AT_ONCE):
            block = slice(low, low + ROWS_AT_ONCE)
            pool: Any = summed[circle[block]]
            if related is not None:
                pool = pool @ related
            result[at[block], k] = np.asarray((mine[block] * pool).sum(axis=1)).ravel()
    return result


def _difference(whole: FloatMatrix, own: FloatMatrix) -> FloatMatrix:
    """What is left without the own part; rounding below zero is zero, more is an error."""
    left = whole - own
    scale = np.maximum(np.abs(whole), np.abs(own))
    dust = np.abs(left) < 1e-10 * scale
    if np.any((left < 0) & ~dust & (whole >= 0) & (own >= 0)):
        raise ConvergenceError(
            "Expected pools of zero or more.",
            f"Found {int(np.sum((left < 0) & ~dust)):,} below zero after taking off the own part.",
            "Check stocks for values of very different size.",
        )
    return np.where(dust, 0.0, left)

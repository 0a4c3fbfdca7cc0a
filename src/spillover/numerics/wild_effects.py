"""What absorbing fixed effects again takes away from weighted residuals, by cluster.

With dummies D of all effects, weights W and a draw v of one weight per cluster, the residuals
v * u lose P(v * u), P the projection on D. Cluster sums of x times this are X (D'WD)^- E v with
the tables X (G, L) and E (L, G) of x and u by cluster and level. The largest effect is eliminated
exactly; when its levels lie inside clusters its tables are zero and it drops out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import linalg, sparse

from spillover.errors import ResourceError
from spillover.numerics.nesting import is_nested
from spillover.numerics.schur import Elimination, eliminate
from spillover.typing import FloatMatrix, FloatVector, IntVector

Table: TypeAlias = "sparse.csr_array | FloatMatrix"

DENSE_CELLS = 20_000_000
"""Greatest number of cells of a dense table of clusters by levels or by clusters."""

DENSE_LEVELS = 3_000
"""Greatest number of levels beside those of the largest effect."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A product left @ right v that is subtracted from the cluster scores of a draw."""

    left: FloatMatrix | None
    """(G, m), or ``None`` for the identity."""

    base: FloatMatrix
    """(m, G) right factor of the unrestricted residuals."""

    slope: FloatMatrix
    """(m, G) right factor of the shift of the residuals."""

    def subtract(self, v: FloatMatrix, base: FloatMatrix, slope: FloatMatrix) -> None:
        """Subtract the product for the draws ``v`` (G, B) from both scores (G, B), in place."""
        base -= self._product(self.base, v)
        slope -= self._product(self.slope, v)

    def _product(self, right: FloatMatrix, v: FloatMatrix) -> FloatMatrix:
        return right @ v if self.left is None else self.left @ (right @ v)


@dataclass(frozen=True, slots=True, eq=False)
class EffectTerms:
    """The effects that reach across clusters, with their normal equations."""

    clusters: IntVector
    """(n,) cluster of each row."""

    groups: int
    """G."""

    effects: tuple[IntVector, ...]
    """q arrays of (n,) codes, the effect with the most levels first."""

    levels: tuple[int, ...]
    """Number of levels of each effect."""

    totals: FloatVector
    """(L_1,) weight of each level of the first effect."""

    elimination: Elimination | None
    """Factored normal equations; ``None`` with one effect."""

    nested: bool
    """Whether the first effect lies inside clusters, so that its tables are zero."""

    def lefts(self, values: FloatVector) -> tuple[Table, ...]:
        """Left factors, (G, L) each, of a weighted regressor: the first effect, then the others.

        Parameters
        ----------
        values : (n,)
            Regressor times observation weight.
        """
        first, others = self._tables(values)
        found: list[Table] = [] if first is None else [self._means(first)]
        if self.elimination is not None:
            found.append(self._swept(self.elimination, first, others))
        return tuple(found)

    def rights(self, values: FloatVector) -> tuple[Table, ...]:
        """Right factors, (L, G) each, of weighted residuals, in the order of :meth:`lefts`.

        Parameters
        ----------
        values : (n,)
            Residuals times observation weight.
        """
        first, others = self._tables(values)
        found: list[Table] = [] if first is None else [sparse.csr_array(first.T)]
        if self.elimination is not None:
            swept = self._swept(self.elimination, first, others)
            found.append(_solve(self.elimination, swept.T))
        return tuple(found)

    def _tables(self, values: FloatVector) -> tuple[sparse.csr_array | None, list[Table]]:
        """Sums by cluster and level: of the first effect unless it is nested, and of the others."""
        tables = [
            _sums(values, self.clusters, self.groups, codes, levels)
            for codes, levels in zip(self.effects, self.levels, strict=True)
            if not (self.nested and codes is self.effects[0])
        ]
        if self.nested or not tables:
            return None, tables
        return sparse.csr_array(tables[0]), tables[1:]

    def _means(self, first: sparse.csr_array) -> sparse.csr_array:
        return sparse.csr_array(first.multiply(1 / np.where(self.totals > 0, self.totals, 1.0)))

    def _swept(
        self, elimination: Elimination, first: sparse.csr_array | None, others: list[Table]
    ) -> FloatMatrix:
        """(G, L) tables of all effects but the first, freed of the first."""
        tables = np.hstack([_dense(table) for table in others])
        return tables if first is None else tables - _dense(self._means(first) @ elimination.cross)


def term(left: Table, base: Table, slope: Table) -> Term:
    """A product to be subtracted; sparse factors are multiplied out to (G, G).

    Parameters
    ----------
    left : (G, m)
    base, slope : (m, G)
    """
    if sparse.issparse(left):
        return Term(None, _dense(left @ base), _dense(left @ slope))
    return Term(np.asarray(left), _dense(base), _dense(slope))


def effect_terms(
    effects: Sequence[IntVector],
    levels: Sequence[int],
    weights: FloatVector | None,
    clusters: IntVector,
    groups: int,
) -> EffectTerms:
    """The effects that matter for a bootstrap by cluster.

    Parameters
    ----------
    effects : q arrays of (n,)
        Codes 0..G-1.
    levels : q integers
        Number of levels of each effect.
    weights : (n,) or None
        Observation weights.
    clusters : (n,)
        Cluster of each row.
    groups : int
        Number of clusters.

    Raises
    ------
    ResourceError
        The tables of clusters by levels would not fit.
    """
    inside = [is_nested(c, count, clusters) for c, count in zip(effects, levels, strict=True)]
    if all(inside):
        return EffectTerms(clusters, groups, (), (), np.zeros(0), None, nested=True)
    order = np.argsort([-count for count in levels], kind="stable")
    ordered = tuple(effects[j] for j in order)
    counts = tuple(levels[j] for j in order)
    nested = inside[int(order[0])]
    _refuse_large(counts, groups, nested=nested)
    totals = np.bincount(ordered[0], weights, counts[0]).astype(np.float64)
    elimination = eliminate(ordered, counts, weights) if len(ordered) > 1 else None
    return EffectTerms(clusters, groups, ordered, counts, totals, elimination, nested)


def _refuse_large(levels: Sequence[int], groups: int, *, nested: bool) -> None:
    rest = sum(levels[1:])
    cells = max(rest * groups, 0 if nested else groups**2)
    if rest > DENSE_LEVELS or cells > DENSE_CELLS:
        raise ResourceError(
            f"Expected at most {DENSE_LEVELS:,} levels of effects beside the largest, and at most "
            f"{DENSE_CELLS:,} pairs of these levels, or of clusters, with clusters.",
            f"Found {rest:,} levels and {groups:,} clusters.",
            "Cluster more coarsely, or use Cluster(...), which is reliable with many clusters.",
        )


def _solve(elimination: Elimination, right: FloatMatrix) -> FloatMatrix:
    """Solution of the swept normal equations, zero for redundant levels."""
    scaled = right * elimination.scale[:, None]
    solved = np.zeros_like(scaled)
    factor = (elimination.factor, True)
    solved[elimination.kept] = linalg.cho_solve(factor, scaled[elimination.kept])
    return solved * elimination.scale[:, None]


def _sums(
    values: FloatVector, rows: IntVector, n_rows: int, columns: IntVector, n_columns: int
) -> Table:
    """Sums of values by pairs of codes: dense when there are few cells, else sparse."""
    if n_rows * n_columns <= DENSE_CELLS:
        cells = rows.astype(np.int64) * n_columns + columns
        sums = np.bincount(cells, values, n_rows * n_columns).astype(np.float64)
        return sums.reshape(n_rows, n_columns)
    return sparse.coo_array((values, (rows, columns)), shape=(n_rows, n_columns)).tocsr()


def _dense(table: Table) -> FloatMatrix:
    return table.toarray() if sparse.issparse(table) else np.asarray(table)

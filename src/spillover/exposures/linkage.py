"""Linkage: presence of foreign firms that reaches a firm through its industry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import sparse

from spillover.errors import DataError, first_cases
from spillover.exposures.presence import Presence
from spillover.networks.network import Network, codes_in
from spillover.numerics.csr import rows_of
from spillover.tables.panel import Panel
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """x_it = sum over industries r of M_sr H_(-i)rt, for a firm i of industry s.

    Every sector measure is such a product with its own matrix M: the identity, sales shares,
    input shares, or both in turn. The shares M_s and the shocks H_r stay, because standard errors
    and recentring for shift-share exposures need them.
    """

    name: str
    """Name of the column that it brings to a panel."""

    matrices: tuple[FloatMatrix, ...]
    """(S, S) matrices, one per table in use, on the industries of the network."""

    which: IntVector
    """(T,) matrix of each year of the presence; -1 where there is none."""

    levels: FloatMatrix
    """(S, T) presence on the industries of the network; NaN where no firm counts."""

    network: Network
    """Industry flows."""

    shock: Presence
    """Foreign presence with its parts by firm."""

    spec: Any
    """The specification."""

    notes: tuple[str, ...] = ()
    """Industries that do not meet the table."""

    @classmethod
    def of(
        cls,
        name: str,
        network: Network,
        presence: Presence,
        spec: Any,  # noqa: ANN401 - any of the sector measures
        matrices: Sequence[FloatMatrix],
        which: np.ndarray,
    ) -> Self:
        """The exposure, with industries of firms matched to those of the table.

        Raises
        ------
        DataError
            No industry of the firms is in the table.
        """
        place = codes_in(presence.industries, network.firms)
        if not np.any(place >= 0):
            raise DataError(
                f"Expected industries of firms in the codes of {network.name!r}.",
                f"Found {first_cases(presence.industries)} among firms and "
                f"{first_cases(network.firms)} in the table.",
                "Bring both to one classification first.",
            )
        levels = np.where(place[:, None] >= 0, presence.level()[place], np.nan)
        lost = presence.industries[codes_in(network.firms, presence.industries) < 0]
        notes = []
        if len(lost):
            notes.append(
                f"{len(lost)} industries of firms are not in the table: {first_cases(lost)}"
            )
        spread = np.broadcast_to(which, (len(presence.years),)).copy()
        return cls(
            name,
            tuple(matrices),
            spread,
            levels,
            network,
            presence,
            spec,
            (*presence.notes, *notes),
        )

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Exposure and coverage on the rows of a panel; NaN where unknown.

        ``coverage`` is the share of the weights whose industries have a known presence; the
        others count as zero.

        Parameters
        ----------
        panel : Panel
            Firm-years with the column of industries.
        """
        labels = panel.frame[self.shock.column].to_numpy(dtype=object)
        industry = codes_in(self.network.firms, labels.astype(str).astype(object))
        industry[pd.isna(labels)] = -1
        year = panel.years - self.spec.lag
        at = np.minimum(self.shock.at(year), len(self.shock.years) - 1)
        dated = (self.shock.years[at] == year) & (self.which[at] >= 0) & (industry >= 0)
        own = panel.rows_in(self.shock.panel, self.spec.lag)
        value, known = (np.full(len(panel), np.nan) for _ in range(2))
        left_out = self._left_out()
        for t in np.unique(at[dated]):
            rows = np.flatnonzero(dated & (at == t))
            value[rows], known[rows] = self._year(int(t), industry[rows], own[rows], left_out)
        return {self.name: value, f"{self.name}_coverage": known}

    def frame(self) -> pd.DataFrame:
        """One row per industry and year of the presence: the exposure with every firm in it."""
        parts = []
        for t, year in enumerate(self.shock.years):
            if self.which[t] < 0:
                continue
            whole, known, total = self._sums(t)
            exposure = np.where((known > 0) | (total == 0), whole, np.nan)
            part = {"industry": self.network.firms, "year": year + self.spec.lag}
            parts.append(pd.DataFrame(part | {self.name: exposure}))
        return pd.concat(parts, ignore_index=True)

    def _sums(self, t: int) -> tuple[FloatVector, FloatVector, FloatVector]:
        """(S,) sums of M_sr H_r, of M_sr with a known H_r, and of M_sr."""
        matrix, level = self.matrices[self.which[t]], self.levels[:, t]
        there = ~np.isnan(level)
        return (
            matrix @ np.where(there, level, 0.0),
            matrix @ there.astype(np.float64),
            matrix.sum(axis=1),
        )

    def _year(
        self, t: int, industry: IntVector, own: IntVector, left_out: "tuple[IntVector, Any] | None"
    ) -> tuple[FloatVector, FloatVector]:
        whole, known, total = (part[industry] for part in self._sums(t))
        if left_out is not None:
            circle, changes = left_out
            rows = np.flatnonzero(own >= 0)
            delta, gone = changes[t]
            at = circle[own[rows]]
            matrix = self.matrices[self.which[t]]
            whole[rows] += _weighted(matrix, industry[rows], delta[at])
            known[rows] -= _weighted(matrix, industry[rows], gone[at])
        some = known > 1e-12 * total
        value = np.where(some | (total == 0), whole, np.nan)
        return value, np.where(total > 0, known / np.where(total > 0, total, 1.0), np.nan)

    def _left_out(self) -> "tuple[IntVector, list[Any]] | None":
        """The circle of every row of the presence, and what leaving it out changes, by year.

        Where the own industry has no weight a firm is out already, unless it came from another
        one since the year of the presence.
        """
        rule = self.spec.leave_out
        elsewhere = all(not np.diagonal(matrix).any() for matrix in self.matrices)
        stays = self.spec.lag == 0
        if rule == "none" or (rule == "firm" and elsewhere and stays):
            return None
        shock = self.shock
        circle = _circles(shock, rule)
        into = np.append(codes_in(self.network.firms, shock.industries), -1)
        industry = into[shock.industry]
        place = codes_in(shock.industries, self.network.firms)
        above, below = (
            np.vstack([shock.sums(part), np.zeros(len(shock.years))])[place]
            for part in (shock.foreign, shock.total)
        )
        shape = (int(circle.max()) + 1, len(self.network.firms))
        changes = []
        for t, year in enumerate(shock.years):
            rows = np.flatnonzero((shock.panel.years == year) & (industry >= 0) & (shock.total > 0))
            parts = (shock.foreign[rows], shock.total[rows])
            sums = (above[:, t], below[:, t])
            changes.append(_change((circle[rows], industry[rows]), parts, sums, shape))
        return circle, changes


def _circles(shock: Presence, rule: str) -> IntVector:
    """(n,) who leaves together: the firm, or its business group where it has one."""
    circle = shock.panel.codes.astype(np.int64)
    if rule == "group":
        circle = np.where(shock.group >= 0, shock.group, circle + shock.group.max() + 1)
    return np.unique(circle, return_inverse=True)[1].astype(np.int32)


def _change(
    cells: tuple[IntVector, IntVector],
    parts: tuple[FloatVector, FloatVector],
    sums: tuple[FloatVector, FloatVector],
    shape: tuple[int, int],
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """(C, S) change of H when a circle leaves an industry, and where nobody else is left."""
    foreign, size = (sparse.coo_array((part, cells), shape=shape).tocsr() for part in parts)
    column = size.indices
    above, below = sums[0][column], sums[1][column]
    rest = below - size.data
    left = rest > 1e-12 * below
    other = np.where(left, (above - foreign.data) / np.where(left, rest, 1.0), 0.0)
    gone = (~left).astype(np.float64)
    return (
        sparse.csr_array((other - above / below, column, size.indptr), shape=shape),
        sparse.csr_array((gone, column, size.indptr), shape=shape),
    )


def _weighted(matrix: FloatMatrix, industry: IntVector, change: sparse.csr_array) -> FloatVector:
    """(n,) sum over the entries of each row of ``change``, weighted by the row's industry."""
    row = rows_of(change)
    weights = matrix[industry[row], change.indices]
    sums = np.bincount(row, weights=weights * change.data, minlength=len(industry))
    return np.asarray(sums, dtype=np.float64)

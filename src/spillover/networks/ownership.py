"""OwnershipLinks: firms that own others, directly or through chains, or share an owner."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from scipy import sparse

from spillover.errors import ConvergenceError, DataError, ResourceError, first_cases
from spillover.networks.axes import axes
from spillover.networks.build import Frame
from spillover.networks.edges import Edges
from spillover.networks.multilayer import from_matrices
from spillover.networks.network import Network, codes_in
from spillover.specs import Share, Spec
from spillover.tables.tables import Tables
from spillover.typing import IntVector

SMALL = 1e-12
"""Indirect stakes below this are zero."""


@dataclass(frozen=True, slots=True)
class OwnershipLinks(Spec):
    """Stakes between firms, or membership of one group, as a network.

    Rows listen to their owners (``suppliers()`` of the network), and to what they own when it is
    turned (``customers()``). Owners that are not firms of the tables make groups but no links.

    Examples
    --------
    >>> OwnershipLinks().kind
    'stakes'
    """

    kind: Literal["stakes", "group"] = "stakes"
    """Stakes of owners in firms, or links among all members of a business group."""

    indirect: bool = False
    """Whether stakes through other firms are added: D + D^2 + D^3 + ..."""

    least: Share = 0.0
    """Least stake of a link."""

    max_group: Annotated[int, Field(ge=2)] = 1_000
    """Greatest group whose members are linked pair by pair; leaving out the own group never
    needs these links."""

    type: Literal["OwnershipLinks"] = field(default="OwnershipLinks", kw_only=True, repr=False)

    def build(self, tables: Tables, name: str) -> Network:
        """The ownership network.

        Raises
        ------
        DataError
            A stake is not a share, no owner is a firm of the tables, or groups are unknown.
        ResourceError
            A group has too many members to link all pairs.
        ConvergenceError
            Firms own each other completely, so that indirect stakes have no sum.
        """
        stakes = tables.ownership
        _refuse_outside(stakes)
        years = np.unique(stakes["year"].to_numpy(dtype=np.int32))
        base = axes(tables, years, stakes["firm_id"].to_numpy(dtype=object))
        if self.kind == "group":
            matrices = [self._members(base, at) for at in range(len(years))]
        else:
            matrices = [self._stakes(stakes[stakes["year"] == year], base) for year in years]
        if not any(matrix.nnz for matrix in matrices):
            raise DataError(
                f"Expected at least one link in {name!r}.",
                "Found no owner, or no group, among the firms.",
                "Check that owner_id uses the identifiers of firms.",
            )
        empty = np.zeros(0, dtype=np.int32)
        frame = base.network(name, _no_edges(empty), directed=True)
        return from_matrices(frame, matrices, name, directed=self.kind == "stakes")

    def _stakes(self, rows: pd.DataFrame, base: Frame) -> sparse.csr_array:
        """(N, N) stakes of column owners in row firms."""
        owner, firm = codes_in(base.firms, rows["owner_id"]), codes_in(base.firms, rows["firm_id"])
        share = pd.to_numeric(rows["share"]).to_numpy(dtype=np.float64, na_value=np.nan)
        counted = (owner >= 0) & (firm >= 0) & (owner != firm) & (share > 0)
        if "path" in rows.columns:
            counted &= (rows["path"] != "indirect").to_numpy(dtype=bool, na_value=True)
        size = len(base.firms)
        entries = (share[counted], (firm[counted], owner[counted]))
        direct = sparse.csr_array(sparse.coo_array(entries, shape=(size, size)).tocsr())
        total = _through_others(direct) if self.indirect else direct
        total.data = np.where(total.data >= max(self.least, SMALL), total.data, 0.0)
        total.setdiag(0.0)
        total.eliminate_zeros()
        total.sort_indices()
        return total

    def _members(self, base: Frame, at: int) -> sparse.csr_array:
        """(N, N) ones between members of one group."""
        if "group_id" not in base.attributes:
            raise DataError(
                "Expected business groups.",
                "Found neither group_id nor majority stakes.",
                "Bring ownership with owner_id or group_id.",
            )
        codes = base.attributes["group_id"]
        group = codes[:, at] if codes.ndim == 2 else codes
        largest = int(np.bincount(group[group >= 0]).max(initial=0))
        if largest > self.max_group:
            raise ResourceError(
                f"Expected groups of at most {self.max_group:,} firms.",
                f"Found one of {largest:,}, with {largest * (largest - 1):,} links.",
                'Leave out the own group with exclude = "group" instead, or raise max_group.',
            )
        return _pairs_within(group, len(base.firms))


def _refuse_outside(stakes: pd.DataFrame) -> None:
    share = pd.to_numeric(stakes["share"]).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = (share < 0) | (share > 1)
    if wrong.any():
        raise DataError(
            "Expected stakes as shares between zero and one.",
            f"Found {int(wrong.sum()):,} others "
            f"({first_cases(stakes.loc[wrong, 'firm_id'].head(4))}).",
            "Divide per cent by one hundred.",
        )


def _pairs_within(group: IntVector, size: int) -> sparse.csr_array:
    known = np.flatnonzero(group >= 0)
    shape = (int(group.max(initial=0)) + 1, size)
    member = sparse.csr_array((np.ones(len(known)), (group[known], known)), shape=shape)
    pairs = sparse.csr_array(member.T @ member)
    pairs.setdiag(0.0)
    pairs.eliminate_zeros()
    pairs.sort_indices()
    return pairs


def _through_others(direct: sparse.csr_array) -> sparse.csr_array:
    """D + D^2 + ..., each term a sparse product of the one before."""
    total = term = direct
    for _ in range(1_000):
        term = sparse.csr_array(term @ direct)
        term.data[term.data < SMALL] = 0.0
        term.eliminate_zeros()
        if not term.nnz:
            return total.copy()
        total = sparse.csr_array(total + term)
    raise ConvergenceError(
        "Expected indirect stakes to have a sum.",
        "Found firms that own each other (nearly) completely.",
        "Merge these firms, or use direct stakes.",
    )


def _no_edges(empty: np.ndarray) -> Edges:
    return Edges(
        empty,
        empty.copy(),
        empty.astype(np.int16),
        empty.astype(np.int16),
        empty.astype(np.float64),
        empty.astype(np.uint8),
    )

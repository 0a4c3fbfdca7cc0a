"""A solution met with the shares of its shift-share regressors or instruments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from spillover.errors import IdentificationError, SpecificationError, first_cases
from spillover.inference.roles import free, roles
from spillover.inference.share_checks import rank_left, refuse_few, refuse_incomplete, takes_up
from spillover.numerics.csr import row_sums
from spillover.numerics.shift_share import effective_number, shock_weights
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.typing import FloatMatrix, FloatVector, IntVector, TextVector

FEW_EFFECTIVE = 20.0
"""Effective number of shocks below which normal approximations are doubtful."""

OWN_YEARS = "category"
"""Name of the clusters that join the shocks of one category over the years."""


@dataclass(frozen=True, slots=True, eq=False)
class ShareRows:
    """Arrays of k shift-share coefficients, free of effects and controls, with their shares."""

    positions: tuple[int, ...]
    """(k,) positions of the coefficients in the solution."""

    y: FloatVector
    """(n,) outcome, free of effects and controls."""

    Z: FloatMatrix
    """(n, k) shift-share columns, free of effects and controls."""

    D: FloatMatrix
    """(n, k) regressors whose coefficients these are; equal to Z for least squares."""

    residuals: FloatVector
    """(n,) residuals of the regression."""

    weights: FloatVector | None
    """(n,) observation weights."""

    shares: sparse.csr_array
    """(n, K) shares."""

    shocks: FloatMatrix
    """(K, k) shocks."""

    labels: TextVector
    """(K,) names of shocks."""

    controls: FloatMatrix
    """(n, m) controls, free of effects."""

    clusters: IntVector
    """(K,) cluster of every shock, 0..G-1."""

    notes: tuple[str, ...]
    """What a reader must know about the shocks."""

    @property
    def groups(self) -> int:
        """Number of clusters of shocks."""
        return int(self.clusters.max(initial=-1)) + 1

    @property
    def warnings(self) -> tuple[str, ...]:
        """Reasons to doubt the result."""
        number = effective_number(shock_weights(self.shares, self.weights))
        few = f"effective number of shocks {number:.1f}: normal approximations are doubtful"
        return (few,) if number < FEW_EFFECTIVE else ()

    def moments(self, columns: FloatMatrix) -> FloatMatrix:
        """(k, p) weighted cross-products of the shift-share columns with columns (n, p)."""
        heavy = self.Z if self.weights is None else self.Z * self.weights[:, None]
        return np.asarray(heavy.T @ columns)


def share_rows(
    solution: Solution,
    sample: Sample,
    names: Sequence[str],
    cluster: str | None,
    *,
    few_rows: bool = False,
) -> ShareRows:
    """The arrays behind shift-share coefficients.

    Parameters
    ----------
    solution : Solution
        Least squares with the exposures among the regressors, or as many instruments as
        instrumented regressors, all of them shift-shares.
    sample : Sample
        The rows in use, with the exposures.
    names : sequence of str
        Names of the exposures.
    cluster : str or None
        Column of categories whose values cluster shocks; ``"category"`` joins the years of a
        category; ``None`` lets every shock stand alone.
    few_rows : bool
        Whether there may be more shocks than rows.

    Raises
    ------
    SpecificationError
        The solution is not linear in the exposures, or they have different shares.
    IdentificationError
        There are more shocks than rows, too few shocks, or incomplete shares without control.
    """
    exposures = [sample.exposure(name) for name in names]
    stacked = _common(exposures, sample)
    found = roles(solution, sample, names)
    own, controls, weights = found.positions, found.controls, found.weights
    z, d = (free(part, controls, weights) for part in (found.Z, found.D))
    y = solution.residuals + d @ solution.beta[list(own)]
    heavy = stacked[0].matrix
    complete = takes_up(row_sums(heavy), solution, controls, weights)
    clusters = _clusters(exposures[0], stacked[0], cluster)
    rows = ShareRows(
        own,
        y,
        z,
        d if found.instrumented else z,
        solution.residuals,
        weights,
        heavy,
        np.column_stack([part.shock for part in stacked]),
        stacked[0].names,
        controls,
        clusters,
        _notes(stacked[0], clusters, weights, named=not of_firms(exposures[0], sample)),
    )
    if not complete and any(exposure.spec.incomplete == "control" for exposure in exposures):
        refuse_incomplete(names[0], heavy)
    rank = rank_left(heavy, solution, controls, weights)
    n = heavy.shape[1] if few_rows else len(y)
    refuse_few((n, heavy.shape[1]), rows.groups, len(own), rank)
    return rows


def _common(exposures: list[Any], sample: Sample) -> list[Any]:
    """Shares of every exposure on the rows, which must be the same."""
    for exposure in exposures:
        if not callable(getattr(exposure, "stacked", None)):
            raise SpecificationError(
                "Expected a shift-share exposure.",
                f"Found {exposure.name!r}, whose shares are not kept.",
                "Build it with expose(shares, shock, ShiftShare()).",
            )
    stacked = [exposure.stacked(sample.panel, sample.rows) for exposure in exposures]
    for other in stacked[1:]:
        if not _same(stacked[0], other):
            raise SpecificationError(
                "Expected shift-share exposures with the same shares.",
                f"Found different ones in {' and '.join(e.name for e in exposures)}.",
                "Name one exposure, and keep the others as controls.",
            )
    return stacked


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - shares of an exposure
    left, right = one.matrix, other.matrix
    return left.shape == right.shape and all(
        np.array_equal(getattr(left, part), getattr(right, part))
        for part in ("indptr", "indices", "data")
    )


def _clusters(exposure: Any, stacked: Any, cluster: str | None) -> IntVector:  # noqa: ANN401 - a shift-share exposure and its shares
    if cluster is None:
        return np.arange(len(stacked.category), dtype=np.int32)
    named = None if cluster == OWN_YEARS else cluster
    codes = exposure.shares.groups(named)[stacked.category]
    if (codes < 0).any():
        raise IdentificationError(
            f"Expected a value of {cluster} for every category with a share.",
            f"Found none for {first_cases(stacked.names[codes < 0])}.",
            "Complete the table of categories.",
        )
    return np.unique(codes, return_inverse=True)[1].astype(np.int32)


def of_firms(exposure: Any, sample: Sample) -> bool:  # noqa: ANN401 - a shift-share exposure
    """Whether categories are units of the panel: notes are printed and name no firm.

    Parameters
    ----------
    exposure : ShiftShareExposure
        Shares in categories.
    sample : Sample
        Rows in use.
    """
    units = {str(unit) for unit in sample.panel.units}
    return any(str(name) in units for name in exposure.shares.categories)


def _notes(
    stacked: Any,  # noqa: ANN401 - shares on rows
    clusters: IntVector,
    weights: FloatVector | None,
    *,
    named: bool,
) -> tuple[str, ...]:
    shares = shock_weights(stacked.matrix, weights)
    top = int(np.argmax(shares))
    groups = int(clusters.max(initial=-1)) + 1
    clustered = f" in {groups:,} clusters" if groups < len(shares) else ""
    number = f"{len(shares):,} shocks{clustered}, effective number {effective_number(shares):,.1f}"
    whose = f" ({stacked.names[top]})" if named else ""
    return (f"{number}, largest weight {100 * shares[top]:.1f} %{whose}",)

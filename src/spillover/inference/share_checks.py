"""What shift-share inference needs: complete shares, enough shocks, shares that effects leave."""

import numpy as np
from scipy import sparse

from spillover.errors import IdentificationError
from spillover.inference.roles import free, within
from spillover.numerics.csr import row_sums
from spillover.numerics.solution import Solution
from spillover.typing import FloatMatrix, FloatVector

LEAST_RANK = 5
"""Dimensions of the shares that effects and controls must leave."""


def takes_up(
    total: FloatVector, solution: Solution, controls: FloatMatrix, weights: FloatVector | None
) -> bool:
    """Whether effects and controls span the sum of shares."""
    if not total.any():
        return True
    left = free(within(total[:, None], solution, weights), controls, weights)
    return bool(np.linalg.norm(left) <= 1e-6 * np.linalg.norm(total))


def refuse_incomplete(name: str, shares: sparse.csr_array) -> None:
    """Refuse a regression that leaves the sum of incomplete shares in the error.

    Parameters
    ----------
    name : str
        Name of the exposure.
    shares : (n, K)
        Shares on the rows in use.
    """
    total = row_sums(shares)
    raise IdentificationError(
        "Expected the sum of incomplete shares among the controls.",
        f"Found sums from {total.min():.3g} to {total.max():.3g} and no control that takes them "
        "up: units with small sums look as if nothing had reached them.",
        f"Add {name}_share_sum (times year in a panel), use ShiftShareIV, or set "
        'ShiftShare(incomplete="allow").',
    )


def rank_left(
    shares: sparse.csr_array, solution: Solution, controls: FloatMatrix, weights: FloatVector | None
) -> int:
    """Dimensions of the shares that effects and controls leave, counted up to a few more.

    Random combinations of the shares have the rank of the shares, or their own number if less.
    """
    width = min(2 * LEAST_RANK, shares.shape[1])
    mixed = shares @ np.random.default_rng(0).standard_normal((shares.shape[1], width))
    left = free(within(mixed, solution, weights), controls, weights)
    sizes = np.linalg.svd(left, compute_uv=False)
    return int(np.sum(sizes > 1e-7 * np.linalg.norm(mixed)))


def refuse_few(shape: tuple[int, int], groups: int, coefficients: int, rank: int) -> None:
    """Refuse more shocks than rows, few clusters of shocks, and effects that absorb the shares.

    Parameters
    ----------
    shape : (n, K)
        Rows and shocks.
    groups : int
        Clusters of shocks.
    coefficients : int
        Shift-share coefficients.
    rank : int
        Dimensions of the shares that effects and controls leave.
    """
    n, size = shape
    if size > n:
        raise IdentificationError(
            "Expected fewer shocks than rows.",
            f"Found {size:,} shocks for {n:,} rows.",
            "Aggregate categories, or cluster at the level of shocks with ShockLevel(...).",
        )
    least = coefficients + 3
    if groups < least:
        raise IdentificationError(
            f"Expected at least {least} independent clusters of shocks.",
            f"Found {groups}.",
            "Use finer clusters, or randomisation inference.",
        )
    if rank < LEAST_RANK:
        raise IdentificationError(
            f"Expected shares that vary in {LEAST_RANK} or more dimensions within effects and "
            "controls.",
            f"Found {rank}: standard errors collapse to zero when effects absorb the shocks.",
            "Absorb coarser effects.",
        )

"""Sums over chains of any length by iteration, and the spectral radius that bounds them."""

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from spillover.errors import ConvergenceError, SpecificationError
from spillover.numerics.csr import keep, rows_of
from spillover.typing import FloatMatrix, FloatVector

MOST_STEPS = 100_000
"""Greatest number of iterations."""


def chained(
    matrix: sparse.csr_array, values: FloatMatrix, decay: float = 1.0, tolerance: float = 1e-12
) -> FloatMatrix:
    """The solution x = values + decay W x, without an inverse: values + decay W values + ...

    Parameters
    ----------
    matrix : (N, N)
        Weights of one step, not negative.
    values : (N,) or (N, K)
        What is summed along chains.
    decay : float
        Weight of one more step.
    tolerance : float
        Greatest error relative to the largest entry of the solution.

    Raises
    ------
    ConvergenceError
        The sum does not settle, as when decay times the spectral radius reaches one.
    """
    x = np.array(values, dtype=np.float64)
    term = x
    rate = decay * float(np.asarray(abs(matrix).sum(axis=1)).max(initial=0.0))
    before = size = checked = float(np.abs(term).max(initial=0.0))
    for step in range(1, MOST_STEPS):
        term = decay * (matrix @ term)
        x = x + term
        before, size = size, float(np.abs(term).max(initial=0.0))
        if size == 0.0:
            return x
        ratio = rate if rate < 1.0 else size / before
        if ratio < 1.0 and size * ratio / (1.0 - ratio) <= tolerance * np.abs(x).max():
            return x
        if step % 100 == 0:
            if not size < checked * (1.0 - 1e-9):
                break
            checked = size
    raise ConvergenceError(
        "Expected the sum over chains to settle.",
        f"Found terms of size {size:.2g}, {size / max(before, 1e-300):.6f} times the one before.",
        "Choose a smaller decay: decay times the spectral radius must stay below one.",
    )


def spectral_radius(matrix: sparse.csr_array) -> float:
    """Largest absolute eigenvalue of a matrix without negative entries; zero without cycles.

    Only links within strongly connected parts matter; the dominant eigenvalue is found by
    implicitly restarted Arnoldi iteration from a fixed start, or densely for small parts.

    Parameters
    ----------
    matrix : (N, N)
    """
    _, part = csgraph.connected_components(matrix, directed=True, connection="strong")
    within = keep(matrix, part[rows_of(matrix)] == part[matrix.indices])
    busy = np.flatnonzero(np.diff(within.indptr))
    if not len(busy):
        return 0.0
    core = sparse.csr_array(within[busy][:, busy])
    if core.shape[0] <= 500:
        return float(np.abs(np.linalg.eigvals(core.toarray())).max())
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    try:
        found = eigs(core, k=1, which="LM", v0=np.ones(core.shape[0]), return_eigenvectors=False)
    except ArpackNoConvergence as error:
        raise ConvergenceError(
            "Expected the largest eigenvalue to settle.",
            "Found no convergence of the Arnoldi iteration.",
            "Normalise by the largest row sum, which bounds it.",
        ) from error
    return float(np.abs(found[0]))


def refuse_decay(decay: float, radius: float) -> None:
    """Refuse a decay at or beyond one over the spectral radius.

    Raises
    ------
    SpecificationError
        Sums over chains do not exist.
    """
    if decay * radius >= 1.0 - 1e-9:
        raise SpecificationError(
            f"Expected a decay below {1.0 / radius:.6g}, one over the spectral radius.",
            f"Found {decay:g}.",
            "Choose a smaller decay, or weights whose rows add up to less than one.",
        )


def stationary(
    matrix: sparse.csr_array, damping: float = 0.85, tolerance: float = 1e-14
) -> FloatVector:
    """PageRank, (N,): where attention settles that follows links from row to column.

    Parameters
    ----------
    matrix : (N, N)
        Rows that sum to one, or to zero for firms that listen to nobody.
    damping : float
        Chance of following a link instead of starting anywhere.
    tolerance : float
        Greatest change of the sum of absolute values.
    """
    size = matrix.shape[0]
    onward = sparse.csr_array(matrix.T.tocsr())
    lost = np.asarray(matrix.sum(axis=1)) == 0.0
    x = np.full(size, 1.0 / size)
    for _ in range(MOST_STEPS):
        new = damping * (onward @ x + x[lost].sum() / size) + (1.0 - damping) / size
        new /= new.sum()
        if np.abs(new - x).sum() <= tolerance * size:
            return np.asarray(new)
        x = new
    raise ConvergenceError("Expected PageRank to settle.", f"Found no end in {MOST_STEPS:,} steps.")

"""Proximity of portfolios: the nearest pairs, without a matrix of all pairs."""

import numpy as np
from scipy import sparse

from spillover.numerics.csr import row_sums, scale_rows, transposed
from spillover.typing import FloatMatrix, FloatVector

RULES = {"product": 0, "min": 1, "jensen_shannon": 2}
"""What two firms add to their proximity for a class that both have."""


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows of length one; empty rows stay empty."""
    squares = sparse.csr_array((matrix.data**2, matrix.indices, matrix.indptr), shape=matrix.shape)
    length = np.sqrt(row_sums(squares))
    return scale_rows(matrix, 1.0 / np.where(length == 0.0, 1.0, length))


def class_overlap(shares: sparse.csr_array) -> FloatMatrix:
    """(C, C) cosine between columns: how often classes occur in the same firms."""
    columns = unit_rows(transposed(shares))
    return np.asarray((columns @ columns.T).toarray())


def nearest(
    shares: sparse.csr_array, rule: str, most: int
) -> tuple[sparse.csr_array, FloatVector, FloatVector]:
    """The ``most`` nearest firms of each, from the classes that both have.

    Parameters
    ----------
    shares : (N, C) with sorted rows
        Portfolios; rows of length one give the cosine with rule ``product``.
    rule : str
        A key of :data:`RULES`.
    most : int
        Pairs kept per row; equal proximities go to the firm that comes first.

    Returns
    -------
    pairs : (N, N)
        Proximities without the diagonal.
    kept, total : (N,)
        Sum of proximity that was kept, and of all pairs.
    """
    from spillover.numerics.nearest import nearest_pairs

    back = transposed(shares)
    args = (shares.indptr, shares.indices, shares.data, back.indptr, back.indices, back.data)
    counts, columns, values, kept, total = nearest_pairs(*args, RULES[rule], most)
    indptr = np.concatenate(([0], np.cumsum(counts)))
    size = shares.shape[0]
    pairs = sparse.csr_array((values, columns, indptr), shape=(size, size))
    pairs.sort_indices()
    return pairs, kept, total

"""Sparse rows with 32-bit indices: built by counting, masked and looked up without joins."""

import numpy as np
from scipy import sparse

from spillover.numerics.located import located
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector


def from_sorted(
    rows: IntVector, columns: IntVector, data: FloatVector, size: int
) -> sparse.csr_array:
    """A square matrix from entries that are sorted by row and column, without sorting again.

    Parameters
    ----------
    rows, columns : (m,) codes 0..size-1
        Sorted by row, then column; each pair at most once.
    data : (m,)
        Weights; not copied when they are already float64.
    size : int
        Number of rows and columns.
    """
    indptr = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=size), out=indptr[1:])
    width = np.int32 if len(columns) < 2**31 else np.int64
    matrix = sparse.csr_array(
        (data, columns.astype(width, copy=False), indptr.astype(width)), shape=(size, size)
    )
    matrix.has_canonical_format = True
    return matrix


def counting_order(codes: IntVector, size: int) -> IntVector:
    """(m,) rows in ascending order of their codes, rows of one code in their own order.

    One counting sort instead of comparisons: the column form of a matrix with one entry per row.

    Parameters
    ----------
    codes : (m,) codes 0..size-1
    size : int
        Number of codes.
    """
    m = len(codes)
    width = np.int32 if m < 2**31 else np.int64
    marks = sparse.csr_array(
        (
            np.zeros(m, dtype=np.int8),
            codes.astype(width, copy=False),
            np.arange(m + 1, dtype=width),
        ),
        shape=(m, size),
    )
    return np.asarray(marks.tocsc().indices)


def transposed(matrix: sparse.csr_array) -> sparse.csr_array:
    """The transpose in row form, by one counting sort."""
    return sparse.csr_array(matrix.T.tocsr())


def rows_of(matrix: sparse.csr_array) -> IntVector:
    """(m,) the row of every stored entry."""
    counts = np.diff(matrix.indptr)
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int32), counts)


def entry_keys(matrix: sparse.csr_array) -> IntVector:
    """(m,) one number for the row and column of every stored entry."""
    return rows_of(matrix).astype(np.int64) * matrix.shape[1] + matrix.indices


def keep(matrix: sparse.csr_array, mask: BoolVector) -> sparse.csr_array:
    """The matrix with only the stored entries where ``mask`` (m,) is true."""
    kept = np.zeros(len(mask) + 1, dtype=np.int64)
    np.cumsum(mask, out=kept[1:])
    indptr = kept[matrix.indptr].astype(matrix.indptr.dtype)
    result = sparse.csr_array((matrix.data[mask], matrix.indices[mask], indptr), shape=matrix.shape)
    result.has_canonical_format = matrix.has_canonical_format
    return result


def support(matrix: sparse.csr_array) -> sparse.csr_array:
    """Ones where the matrix has entries; indices are shared, not copied."""
    ones = np.ones(len(matrix.indices))
    result = sparse.csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)
    result.has_canonical_format = matrix.has_canonical_format
    return result


def row_sums(matrix: sparse.csr_array) -> FloatVector:
    """(N,) sums of rows."""
    return np.asarray(matrix @ np.ones(matrix.shape[1]))


def scale_rows(matrix: sparse.csr_array, factors: FloatVector) -> sparse.csr_array:
    """The matrix with row i multiplied by ``factors[i]``; indices are shared."""
    data = matrix.data * np.repeat(factors, np.diff(matrix.indptr))
    result = sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
    result.has_canonical_format = matrix.has_canonical_format
    return result


def row_normalized(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows that sum to one; rows without entries stay zero."""
    totals = row_sums(matrix)
    return scale_rows(matrix, 1.0 / np.where(totals == 0.0, 1.0, totals))


def lookup(matrix: sparse.csr_array, rows: IntVector, columns: IntVector) -> FloatVector:
    """Entries at given pairs of row and column; zero where nothing is stored.

    Parameters
    ----------
    matrix : (R, C) with sorted rows
    rows, columns : (m,)
    """
    keys = entry_keys(matrix)
    if not len(keys):
        return np.zeros(len(rows))
    wanted = rows.astype(np.int64) * matrix.shape[1] + columns
    at = located(keys, wanted)
    return np.where(at >= 0, matrix.data[at], 0.0)


def returns(matrix: sparse.csr_array, other: sparse.csr_array | None = None) -> FloatVector:
    """(N,) weight of the way there and back: the diagonal of the product of two matrices.

    Only pairs stored in both directions contribute; the product itself is never formed.

    Parameters
    ----------
    matrix, other : (N, N)
        The first and the second step; ``None`` takes the first step twice.
    """
    back = transposed(matrix if other is None else other)
    return np.asarray((matrix * back).sum(axis=1)).ravel()


def two_steps(matrix: sparse.csr_array, values: FloatMatrix) -> FloatMatrix:
    """Two steps without the way back to oneself: [W^2 - diag(W^2)] values.

    Parameters
    ----------
    matrix : (N, N)
    values : (N,) or (N, K)
    """
    there = matrix @ (matrix @ values)
    own = returns(matrix)
    return np.asarray(there - (own[:, None] if values.ndim == 2 else own) * values)

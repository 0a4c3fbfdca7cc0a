"""Units that depend on each other as far as the sets they belong to overlap."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from spillover.numerics.links import canonical, flat, refuse_many
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """A_uv = R_u . R_v between different units, one for a unit with itself.

    With rows of unit length the kernel is RR' and positive semidefinite. For pairs of firms, R
    marks the two firms of each pair and the kernel is one between pairs that share a firm.
    """

    R: sparse.csr_array
    """(U, M) weights of units in sets."""

    own: bool = True
    """Whether a unit has weight one with itself; False leaves RR' as it is (jackknife)."""

    @property
    def size(self) -> int:
        """U, the number of units."""
        return int(self.R.shape[0])

    def cross(self, w: FloatMatrix, x: FloatMatrix) -> FloatMatrix:
        """(R'w)'(R'x) less what the diagonal exceeds one by."""
        sets = [
            flat(np.asarray(self.R.T @ side.reshape(self.size, -1)).reshape(-1, *side.shape[1:]))
            for side in ((x, x) if w is x else (w, x))
        ]
        shared = sets[0].T @ sets[1]
        excess = self._excess()
        if not excess.any():
            return np.asarray(shared)
        return np.asarray(shared - flat(w * excess[:, None, None]).T @ flat(x))

    def _excess(self) -> FloatVector:
        if not self.own:
            return np.zeros(self.size)
        squares = self.R.multiply(self.R).sum(axis=1)
        return np.asarray(squares).ravel() - 1.0

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """Products of two rows of R; one for a unit with itself."""
        shared = np.asarray(self.R[rows].multiply(self.R[columns]).sum(axis=1)).ravel()
        return np.where((rows == columns) & self.own, 1.0, shared)

    def count(self, sizes: FloatVector) -> float:
        """Sum over sets of the squared sizes of their members, an upper bound."""
        pattern = sparse.csr_array(
            (np.ones(self.R.nnz), self.R.indices, self.R.indptr), shape=self.R.shape
        )
        return float(np.sum(np.asarray(pattern.T @ sizes) ** 2))

    def stored(self) -> sparse.csr_array:
        """RR' with its diagonal corrected."""
        refuse_many(self.count(np.ones(self.size)))
        product = (self.R @ self.R.T).tocsr()
        return canonical((product - sparse.diags_array(self._excess())).tocsr())

    def refined(self, parent: IntVector, labels: IntVector) -> "Overlap":
        """Sets split by label: parts share a set when their labels agree."""
        rows = self.R[parent].tocsr()
        width = np.int64(self.R.shape[1])
        split = np.repeat(labels, np.diff(rows.indptr)).astype(np.int64) * width + rows.indices
        sets, columns = np.unique(split, return_inverse=True)
        finer = (rows.data, columns.astype(np.int32), rows.indptr)
        return Overlap(sparse.csr_array(finer, shape=(len(parent), len(sets))), self.own)

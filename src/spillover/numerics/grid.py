"""Points near each other on the earth, found cube by cube and never held as pairs.

Points are unit vectors in three dimensions, so that neither the poles nor the date line are
special. The partners of a point lie in five runs of the points sorted into cubes, and each pair is
met once; the other half follows by symmetry.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import sparse

from spillover.numerics.cells import Cells, sort_into_cells
from spillover.numerics.kernels import decay
from spillover.numerics.links import half_form, refuse_many, symmetric
from spillover.numerics.parallel import in_ranges
from spillover.typing import FloatMatrix, FloatVector, IntVector

EARTH_RADIUS = 6371.01
"""Mean radius of the earth in kilometres."""

ROUNDING = 1e-14
"""Chords that exceed the cut-off by less than this (60 nanometres) count as equal to it."""

SpatialShape = Literal["uniform", "bartlett", "spherical", "wendland"]
RULES: dict[str, int] = {"uniform": 0, "bartlett": 1, "spherical": 2, "wendland": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """A_uv = k(distance / cut-off) between points on the earth, within labels.

    Distance is the great circle for ``uniform`` and ``bartlett`` and the chord, relative to the
    chord of the cut-off, for ``spherical`` and ``wendland``, which are positive semidefinite in it.

    References
    ----------
    Conley (1999); Wendland (1995) for the last shape.
    """

    points: FloatMatrix
    """(U, 3) unit vectors; NaN for a point that is near to itself only."""

    cutoff: float
    """Greatest distance in kilometres, positive."""

    shape: SpatialShape
    """Weight as a function of distance over cut-off."""

    labels: IntVector
    """(U,) codes; only points with equal labels depend on each other."""

    memo: list[Cells] = field(default_factory=list, init=False, repr=False)
    """The sorted points once they were needed; not part of the value."""

    @property
    def size(self) -> int:
        """U, the number of points."""
        return len(self.points)

    @property
    def limit(self) -> float:
        """Chord of the cut-off on the unit sphere; two when the cut-off is the whole earth."""
        half = self.cutoff / (2.0 * EARTH_RADIUS)
        return 2.0 * float(np.sin(half)) if half < np.pi / 2 else 2.0

    @property
    def bound(self) -> float:
        """Greatest squared chord of a near pair."""
        return (self.limit + ROUNDING) ** 2

    @property
    def cells(self) -> Cells:
        """The points sorted into cubes."""
        if not self.memo:
            self.memo.append(sort_into_cells(self.points, self.limit, self.labels))
        return self.memo[0]

    def cross(self, w: FloatMatrix, x: FloatMatrix) -> FloatMatrix:
        """Sum over s of w_s' A x_s, with each distance computed once for all s."""
        half = self._half(x.reshape(self.size, -1), self.shape)
        return half_form(x, w, half.reshape(x.shape))

    def _half(self, x: FloatMatrix, shape: str) -> FloatMatrix:
        """Lx, where each near pair is in L once."""
        from spillover.numerics.nearby import spread

        cells, points, scale = self._prepared()
        values = np.ascontiguousarray(x[cells.order])
        result = np.zeros_like(values)

        def work(start: int, stop: int) -> None:
            between = (start, stop)
            spread(points, values, cells.starts, cells.runs, between, RULES[shape], scale, result)

        candidates = np.diff(cells.runs, axis=2).sum(axis=(1, 2))
        in_ranges(work, candidates * np.diff(cells.starts))
        half = np.zeros(x.shape)
        half[cells.order] = result
        return half

    def _prepared(self) -> tuple[Cells, FloatMatrix, tuple[float, float, float]]:
        points = np.ascontiguousarray(self.points[self.cells.order].T)
        return self.cells, points, (self.bound, self.limit, 2.0 * EARTH_RADIUS / self.cutoff)

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """Weights at given pairs of points."""
        gap = self.points[rows] - self.points[columns]
        square = np.einsum("ij,ij->i", gap, gap)
        square = np.where(np.isnan(square), 9.0, square)
        relative = np.sqrt(square) / self.limit
        if self.shape == "bartlett":
            half_chord = np.minimum(0.5 * np.sqrt(square), 1.0)
            relative = 2.0 * EARTH_RADIUS * np.arcsin(half_chord) / self.cutoff
        near = (square <= self.bound) & (self.labels[rows] == self.labels[columns])
        weights = np.where(near, decay(self.shape, np.minimum(relative, 1.0)), 0.0)
        return np.where(rows == columns, 1.0, weights)

    def count(self, sizes: FloatVector) -> float:
        """Sum over near pairs of sizes_u sizes_v."""
        half = self._half(sizes[:, None], "uniform")[:, 0]
        return float(sizes @ sizes + 2.0 * sizes @ half)

    def stored(self) -> sparse.csr_array:
        """A as a sparse matrix."""
        from spillover.numerics.nearby import collect

        refuse_many(self.count(np.ones(self.size)))
        cells, points, scale = self._prepared()
        later = self._half(np.ones((self.size, 1)), "uniform")[cells.order, 0]
        ends = np.concatenate(([0], np.cumsum(later))).astype(np.int64)
        pairs, weights = np.empty((2, ends[-1]), dtype=np.int32), np.empty(ends[-1])
        collect(points, cells.starts, cells.runs, RULES[self.shape], scale, ends, pairs, weights)
        rows, columns = cells.order[pairs]
        return symmetric(rows, columns, weights, self.size)

    def refined(self, parent: IntVector, labels: IntVector) -> "Near":
        """Points split by label."""
        base = np.int64(labels.max(initial=0)) + 1
        joint = self.labels[parent].astype(np.int64) * base + labels
        return Near(self.points[parent], self.cutoff, self.shape, _dense(joint))

    def neighbors(self, points: IntVector, sizes: FloatMatrix) -> FloatMatrix:
        """Sums of ``sizes`` (U, k) over all points within the cut-off of some points, (m, k)."""
        cells, sorted_points, _ = self._prepared()
        place = np.full(self.size, -1)
        place[cells.order] = np.arange(len(cells.order))
        found, ordered = np.array(sizes[points], dtype=np.float64), sizes[cells.order]
        at = np.flatnonzero(place[points] >= 0)
        for row, runs in zip(at, cells.around(place[points[at]]), strict=True):
            near = np.concatenate([np.arange(start, stop) for start, stop in runs])
            gap = sorted_points[:, near] - sorted_points[:, [place[points[row]]]]
            found[row] = (np.sum(gap * gap, axis=0) <= self.bound) @ ordered[near]
        return found


def _dense(codes: IntVector) -> IntVector:
    return np.unique(codes, return_inverse=True)[1]

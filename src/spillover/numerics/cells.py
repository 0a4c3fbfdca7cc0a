"""Points on the unit sphere sorted into cubes, with the runs of points beside each cube."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from spillover.typing import FloatMatrix, FloatVector, IntVector

BESIDE = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Columns of cubes on one side of a column; those on the other side follow by symmetry."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Sorted points: the partners of a cube lie in five runs of the order."""

    order: IntVector
    """(V,) points by label and cube; points without coordinates are left out."""

    starts: IntVector
    """(C + 1,) first sorted point of each cube that holds points."""

    runs: IntVector
    """(C, 5, 2) first and last-plus-one sorted point: the rest of the own column up to the next
    cube (whose first is a place holder), then four columns beside it."""

    keys: IntVector
    """(C,) label and position of each cube as one number, ascending."""

    width: int
    """Cubes along each axis."""

    def around(self, points: IntVector) -> IntVector:
        """(m, 9, 2) runs of sorted points in all columns around the cubes of sorted points."""
        cube = np.searchsorted(self.starts, points, side="right") - 1
        shifts = [_shift(dx, dy, self.width) for dx, dy in product((-1, 0, 1), repeat=2)]
        return np.stack([self.run(self.keys[cube] + shift) for shift in shifts], axis=1)

    def run(self, keys: IntVector) -> IntVector:
        """(m, 2) first and last-plus-one sorted point from a cube below to a cube above keys."""
        below = self.starts[np.searchsorted(self.keys, keys - 1, side="left")]
        above = self.starts[np.searchsorted(self.keys, keys + 1, side="right")]
        return np.stack((below, above), axis=1)


def sort_into_cells(points: FloatMatrix, side: float, labels: IntVector) -> Cells:
    """Points by label and cube.

    Parameters
    ----------
    points : (U, 3)
        Unit vectors; rows with NaN are left out.
    side : float
        Least side of a cube. Cubes are larger when the labels and positions would not fit into
        63 bits, which costs time and changes nothing else.
    labels : (U,)
        Codes 0..L-1.
    """
    known = np.flatnonzero(~np.isnan(points).any(axis=1))
    bits = (62 - int(labels.max(initial=0)).bit_length()) // 3
    side = max(side, 2.0 / (2**bits - 4))
    width = int(np.ceil(2.0 / side)) + 3
    cube = np.floor((points[known] + 1.0) / side).astype(np.int64) + 1
    key = labels[known].astype(np.int64)
    for axis in range(3):
        key = key * width + cube[:, axis]
    by_key = np.argsort(key, kind="stable")
    ordered = key[by_key]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))[: len(ordered)]
    starts = np.append(first, len(ordered))
    cells = Cells(known[by_key], starts, np.empty((0, 5, 2), dtype=np.int64), ordered[first], width)
    own = np.stack((starts[:-1], cells.run(cells.keys)[:, 1]), axis=1)
    beside = [cells.run(cells.keys + _shift(dx, dy, width)) for dx, dy in BESIDE]
    return Cells(cells.order, starts, np.stack((own, *beside), axis=1), cells.keys, width)


def unit_vectors(latitude: FloatVector, longitude: FloatVector) -> FloatMatrix:
    """(U, 3) points on the unit sphere from degrees; NaN where a coordinate is missing."""
    phi, theta = np.radians(latitude), np.radians(longitude)
    return np.column_stack((np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)))


def _shift(dx: int, dy: int, width: int) -> int:
    return (dx * width + dy) * width

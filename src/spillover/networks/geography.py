"""GeographicProximity: firms within a radius, weighted by distance."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from scipy import sparse
from scipy.spatial import cKDTree

from spillover.errors import DataError, SpecificationError, first_cases, unknown_name
from spillover.networks.network import Network, codes_in
from spillover.networks.standing import standing
from spillover.specs import Positive, Spec
from spillover.tables.tables import Tables
from spillover.typing import FloatMatrix, FloatVector, IntVector

EARTH = 6371.01
"""Radius of the earth in kilometres."""


@dataclass(frozen=True, slots=True)
class GeographicProximity(Spec):
    """Firms linked to those within a radius, weighted by distance.

    Distances are great-circle kilometres. Firms without coordinates are linked to nobody.

    Examples
    --------
    >>> GeographicProximity(radius=50, kernel="exponential", scale=10.0).inner
    0.0
    """

    radius: Positive
    """Kilometres beyond which weights are zero."""

    kernel: Literal["ring", "exponential", "power"] = "ring"
    """``ring`` weighs every distance from ``inner`` to the radius the same; ``exponential`` by
    exp(-d / scale); ``power`` by max(d, nearest) ** -scale."""

    scale: Positive | None = None
    """Kilometres after which ``exponential`` falls to a third, or the exponent of ``power``."""

    inner: Annotated[float, Field(ge=0)] = 0.0
    """Kilometres from which the ring begins, itself included."""

    nearest: Positive = 1.0
    """Distances below this count as this with the kernel ``power``."""

    type: Literal["GeographicProximity"] = field(
        default="GeographicProximity", kw_only=True, repr=False
    )

    def rules(self) -> None:
        """Ask for a scale where the kernel has one, and for a ring that is not empty."""
        if (self.kernel == "ring") != (self.scale is None):
            raise SpecificationError(
                f"GeographicProximity: expected a scale {'only ' if self.scale else ''}with "
                "kernel = 'exponential' or 'power'.",
                f"Found kernel = {self.kernel!r} and scale = {self.scale}.",
                "A ring has a radius and an inner radius.",
            )
        if self.inner >= self.radius:
            raise SpecificationError(
                "GeographicProximity: expected inner below radius.",
                f"Found {self.inner} and {self.radius}.",
                "Exchange them.",
            )

    def build(self, tables: Tables, name: str) -> Network:
        """The network of near firms, the same in every year.

        Raises
        ------
        DataError
            No firm has coordinates, or some lie beyond the earth.
        """
        frame = tables.firms
        place = _coordinates(frame)
        known = ~np.isnan(place).any(axis=1)
        if not known.any():
            raise DataError(
                "Expected latitude and longitude of firms.", "Found none.", "Fill them in firms."
            )
        names = np.sort(frame["firm_id"].to_numpy(dtype=object).astype(str)).astype(object)
        code = codes_in(names, frame["firm_id"])[known]
        a, b, distance = pairs_within(place[known], self.radius)
        counted = (distance >= self.inner) & (distance < self.radius)
        weight = self._weight(distance[counted])
        shape = (len(names), len(names))
        half = sparse.coo_array((weight, (code[a[counted]], code[b[counted]])), shape).tocsr()
        lost = int(np.sum(~known))
        notes = [f"{lost:,} firms are near nobody: they have no coordinates"] if lost else []
        return standing(tables, names, sparse.csr_array(half + half.T), name, notes)

    def _weight(self, distance: FloatVector) -> FloatVector:
        if self.kernel == "exponential" and self.scale is not None:
            return np.exp(-distance / self.scale)
        if self.kernel == "power" and self.scale is not None:
            return np.maximum(distance, self.nearest) ** -self.scale
        return np.ones(len(distance))


def _coordinates(frame: pd.DataFrame) -> FloatMatrix:
    """(N, 2) latitude and longitude in degrees; NaN where unknown."""
    for name in ("latitude", "longitude"):
        if name not in frame.columns:
            raise unknown_name("column of firms", name, [str(column) for column in frame.columns])
    place = frame[["latitude", "longitude"]].to_numpy(dtype=np.float64, na_value=np.nan)
    beyond = np.abs(place) > np.array([90.0, 180.0])
    wrong = frame["firm_id"].to_numpy(dtype=object)[beyond.any(axis=1)]
    if len(wrong):
        raise DataError(
            "Expected latitudes within 90 and longitudes within 180 degrees.",
            f"Found {len(wrong):,} firms beyond ({first_cases(wrong[:4])}).",
            "Give decimal degrees, latitude first, and leave unknown places empty.",
        )
    return place


def pairs_within(place: FloatMatrix, radius: float) -> tuple[IntVector, IntVector, FloatVector]:
    """Pairs of points within a radius, each once, with their great-circle distances.

    Parameters
    ----------
    place : (n, 2)
        Latitude and longitude in degrees.
    radius : float
        Kilometres.

    Returns
    -------
    first, second : (m,) positions, first < second
    distance : (m,) kilometres
    """
    angle = np.radians(place)
    on_sphere = np.column_stack(
        [
            np.cos(angle[:, 0]) * np.cos(angle[:, 1]),
            np.cos(angle[:, 0]) * np.sin(angle[:, 1]),
            np.sin(angle[:, 0]),
        ]
    )
    chord = 2.0 * np.sin(min(radius / (2.0 * EARTH), np.pi / 2)) * (1 + 1e-12)
    pairs = cKDTree(on_sphere).query_pairs(chord, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    a, b = angle[pairs[:, 0]], angle[pairs[:, 1]]
    half = np.sin((b - a) / 2.0) ** 2
    root = np.sqrt(half[:, 0] + np.cos(a[:, 0]) * np.cos(b[:, 0]) * half[:, 1])
    distance = 2.0 * EARTH * np.arcsin(np.minimum(root, 1.0))
    within = distance <= radius
    return pairs[within, 0], pairs[within, 1], distance[within]

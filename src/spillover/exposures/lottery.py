"""Lottery: the shock of an exposure as it might have fallen, drawn within strata."""

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np

from spillover.errors import SpecificationError
from spillover.exposures.assignment import Assignment
from spillover.exposures.exposure import Exposure
from spillover.exposures.shock import Shock
from spillover.networks.network import Network
from spillover.numerics.permute import Segments
from spillover.typing import BoolMatrix, BoolVector, FloatMatrix, IntVector

Exchange = Literal["histories", "years"]


@dataclass(frozen=True, slots=True, eq=False)
class Lottery:
    """Strata of firms whose shocks may change places, in every year or for good."""

    values: FloatMatrix
    """(N, T) shock on the firms and years of the network; NaN where unknown."""

    codes: tuple[IntVector, ...]
    """(N,) strata of each year, or one array when whole histories change places; -1 for firms
    that keep their shock."""

    replace: bool
    """Whether shocks are drawn with replacement, so that their number varies."""

    segments: tuple[Segments, ...]
    """The members of the strata, for each array of ``codes``."""

    moves: BoolMatrix
    """(N, T) shocks that can move: those of existing firms, known, in years that matter."""

    @classmethod
    def of(
        cls,
        exposure: Exposure,
        assignment: Assignment,
        exchange: Exchange = "years",
        *,
        stay: BoolVector | None = None,
        layers: IntVector | None = None,
    ) -> Self:
        """The lottery behind the shock of an exposure.

        Parameters
        ----------
        exposure : Exposure
            Gives the network and the shock.
        assignment : Assignment
            Strata and process.
        exchange : {"histories", "years"}
            Whether a firm's shocks of all years move together, among firms that exist and are
            known in the same years, or every year is drawn by itself.
        stay : (N,), optional
            Firms that keep their shock.
        layers : array of int, optional
            Positions of the years that matter; all by default.
        """
        if assignment.chance is not None:
            raise SpecificationError(
                "Expected strata for draws.",
                f"Found own chances of firms, {assignment.chance}.",
                "Tests by draws exchange shocks within strata: use Assignment(within=...).",
            )
        network, values = exposure.network, exposure.shock.on(exposure.network)
        movable = ~np.isnan(values) & network.present
        if stay is not None:
            movable &= ~stay[:, None]
        if layers is not None:
            movable &= np.isin(np.arange(values.shape[1]), layers)
        by_year = _by_year(network, assignment, movable)
        codes: tuple[IntVector, ...] = tuple(by_year.T)
        if exchange == "histories":
            codes = (_together(by_year, movable),)
        segments = tuple(Segments.of(code) for code in codes)
        return cls(values, codes, assignment.process == "bernoulli", segments, movable)

    def draw(self, rng: np.random.Generator) -> FloatMatrix:
        """(N, T) shocks after one draw.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        """
        drawn = self.values.copy()
        for at, segment in enumerate(self.segments):
            donors = segment.resampled(rng) if self.replace else segment.shuffled(rng)
            where = slice(None) if len(self.segments) == 1 else slice(at, at + 1)
            drawn[segment.places, where] = self.values[donors, where]
        return np.where(self.moves, drawn, self.values)

    @property
    def idle(self) -> int:
        """Number of firms that no draw can give another shock in any year."""
        moves = np.zeros(len(self.values), dtype=bool)
        for at, segment in enumerate(self.segments):
            layers = self.values if len(self.segments) == 1 else self.values[:, [at]]
            moves[segment.places] |= _differ(segment, layers)
        return int(np.sum(~moves))


def redrawn(exposure: Exposure, values: FloatMatrix) -> Shock:
    """The shock of an exposure with other values on the firms and years of its network."""
    network, shock = exposure.network, exposure.shock
    return replace(shock, units=network.firms, years=network.years, values=values, absent=np.nan)


def _by_year(network: Network, assignment: Assignment, movable: BoolMatrix) -> "np.ndarray":
    columns = [assignment.strata(network, int(year)) for year in network.years]
    return np.where(movable, np.column_stack(columns), -1)


def _together(codes: "np.ndarray", movable: BoolMatrix) -> IntVector:
    """(N,) strata of firms with the same strata in the same years; -1 where one is unknown."""
    fixed = np.any(movable & (codes < 0), axis=1) | ~movable.any(axis=1)
    _, dense = np.unique(np.where(movable, codes, -2), axis=0, return_inverse=True)
    return np.where(fixed, -1, dense).astype(np.int32)


def _differ(segment: Segments, values: FloatMatrix) -> BoolVector:
    """(m,) whether the stratum of a member holds different shocks."""
    if not len(segment.places):
        return np.zeros(0, dtype=bool)
    sorted_values = values[segment.places]
    starts, sizes = segment.bounds[:-1], np.diff(segment.bounds)
    low, high = (f.reduceat(sorted_values, starts, axis=0) for f in (np.fmin, np.fmax))
    return np.repeat(np.any(high > low, axis=1), sizes)

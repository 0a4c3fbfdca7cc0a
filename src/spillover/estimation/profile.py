"""profile: the one number inside an exposure, such as the reach of distance, found by fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.estimate import estimate
from spillover.estimation.result import Estimate
from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.tails import critical
from spillover.sample import Sample
from spillover.typing import FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Fit of a regression over the values of one number inside its exposure."""

    name: str
    """What varies."""

    values: FloatVector
    """(G,) values, ascending."""

    fit: FloatVector
    """(G,) sum of squared residuals."""

    best: float
    """The value that fits best."""

    interval: ConfidenceSet
    """Values that the likelihood ratio does not reject; made of values that were tried."""

    estimates: tuple[Estimate, ...]
    """(G,) the estimate at each value."""

    notes: tuple[str, ...] = ()
    """Ends of the grid that fit best, and effects that are nearly zero."""

    @property
    def estimate(self) -> Estimate:
        """The estimate at the best value; its standard errors take the value as known."""
        return self.estimates[int(np.argmin(self.fit))]

    def frame(self) -> pd.DataFrame:
        """One row per value: fit and whether it lies in the interval."""
        inside = [value in self.interval for value in self.values]
        return pd.DataFrame({self.name: self.values, "fit": self.fit, "inside": inside})


def profile(
    sample_at: Callable[[float], Sample],
    values: Sequence[float],
    design: Any,  # noqa: ANN401 - any least-squares design
    vcov: Any = None,  # noqa: ANN401 - a dependence
    *,
    name: str = "scale",
    level: float = 0.95,
) -> Profile:
    """Regressions over a grid of values of one number, and the values that fit about as well.

    The number is not identified when the effect of the exposure is zero (the problem of Davies):
    then every value fits as well, and the interval is the whole grid. The likelihood ratio takes
    residuals as independent; with dependent rows the interval is too short.

    Parameters
    ----------
    sample_at : callable
        The sample whose exposure was built with a value, for example with
        ``GeographicProximity(radius=200, kernel="exponential", scale=value)``.
    values : sequence of float
        Grid, at least three values.
    design : Design
        Least squares.
    vcov : Dependence, optional
        For the standard errors of each estimate.
    name : str
        What varies.
    level : float
        Level of the interval.

    Raises
    ------
    SpecificationError
        Fewer than three values.
    IdentificationError
        Values use different rows, so that their fits cannot be compared.
    """
    grid = np.unique(np.asarray(values, dtype=np.float64))
    if len(grid) < 3:
        raise SpecificationError(
            "Expected at least three values for a profile.",
            f"Found {len(grid)}.",
            "Spread them over the range that is plausible, for example by powers of two.",
        )
    fits = tuple(estimate(sample_at(float(value)), design, vcov) for value in grid)
    if len({fit.solution.rows.tobytes() for fit in fits}) > 1:
        raise IdentificationError(
            "Expected the same rows for every value.",
            f"Found {', '.join(f'{fit.nobs:,}' for fit in fits)}.",
            "Choose exposures that are zero instead of missing without partners, or keep the "
            "rows that all values share.",
        )
    squares = np.array([np.sum(fit.solution.residuals**2) for fit in fits])
    ratio = fits[0].nobs * np.log(squares / squares.min())
    limit = critical(level, np.inf) ** 2
    return Profile(
        name,
        grid,
        squares,
        float(grid[np.argmin(squares)]),
        ConfidenceSet(_runs(grid, ratio <= limit), level),
        fits,
        _notes(grid, squares, ratio <= limit),
    )


def _runs(grid: FloatVector, inside: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Stretches of the grid that are inside."""
    edges = np.diff(np.concatenate(([0], inside.astype(int), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return tuple((float(grid[a]), float(grid[b])) for a, b in zip(starts, ends, strict=True))


def _notes(grid: FloatVector, squares: FloatVector, inside: np.ndarray) -> tuple[str, ...]:
    notes = []
    if np.argmin(squares) in (0, len(grid) - 1):
        notes.append("the best value is at an end of the grid: widen it")
    if inside.all():
        notes.append("no value is rejected: the exposure may have no effect")
    return tuple(notes)

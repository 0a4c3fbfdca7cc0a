"""Honest intervals of event studies: trends may differ after treatment as they did before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import (
    IdentificationError,
    SpecificationError,
    first_cases,
    unknown_name,
)
from spillover.estimation.result import Estimate
from spillover.numerics.honest import BoundedBias
from spillover.typing import FloatVector

EVENT, AVERAGE = "event=", "average"
MOST = 10.0
"""Largest magnitude up to which a breakdown value is looked for."""

_FINE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class HonestIntervals:
    """Intervals of an effect for several bounds on the difference in trends."""

    term: str
    """The effect."""

    estimate: float
    """Its estimate."""

    table: pd.DataFrame
    """Columns low and high by magnitude: the largest change of the difference in trends from one
    year to the next after treatment, in units of the largest one before it."""

    breakdown: float
    """Smallest magnitude whose interval holds zero: 0 when that without violations does, infinite
    when none up to 10 does."""

    level: float
    """Confidence level."""

    steps: int
    """Changes before treatment from which the largest one is taken."""


def honest_intervals(
    fit: Estimate,
    term: str = AVERAGE,
    magnitudes: Sequence[float] = (0.0, 0.5, 1.0, 2.0),
    *,
    level: float = 0.95,
) -> HonestIntervals:
    """Intervals that hold although trends differ, by no more than so many times as before.

    Parameters
    ----------
    fit : Estimate
        Effects by event time with at least one before the base year.
    term : str
        ``average``, the mean of effects from event time zero on, or ``event=2``.
    magnitudes : sequence of float
        Bounds: 1 allows as large a change from year to year as the largest seen before.
    level : float
        Confidence level.

    Raises
    ------
    SpecificationError
        The design has no event times, or compares years before treatment with several bases.
    IdentificationError
        There is no event time before the base year, or a year is missing between two or from the
        panel.

    References
    ----------
    Rambachan and Roth (2023), section 2.4; the test of Andrews, Roth and Pakes (2023) with least
    favourable critical values, after years without weight are projected out.
    """
    asked = np.asarray(tuple(magnitudes), dtype=np.float64)
    if asked.size == 0 or not (np.isfinite(asked) & (asked >= 0)).all():
        raise SpecificationError(
            "Expected magnitudes of zero or more.", f"Found {magnitudes}.", "Use (0, 0.5, 1, 2)."
        )
    events = _events(fit)
    problem, reach, value = _problem(fit, events, term)
    low, high = problem.interval(reach * asked, level)
    table = pd.DataFrame({"low": low, "high": high}, index=pd.Index(asked, name="magnitude"))
    breakdown = _breakdown(problem, reach, level)
    return HonestIntervals(term, value, table, breakdown, level, len(problem.steps))


def _events(fit: Estimate) -> FloatVector:
    """Event times with an error, the base year among them, in order and without a gap."""
    design = fit.design
    if not hasattr(design, "cohort") or not any(name.startswith(EVENT) for name in fit.names):
        raise SpecificationError(
            "Expected effects by event time.",
            f"Found {type(design).__name__} with {', '.join(fit.names)}.",
            'Use CallawaySantAnna or SunAbraham with aggregate="dynamic".',
        )
    if getattr(design, "base", "universal") != "universal":
        raise SpecificationError(
            "Expected one base year for all event times of a cohort.",
            f"Found base={design.base!r}, where steps before treatment are no path.",
            'Use base="universal".',
        )
    _refuse_lost_years(fit)
    errors = dict(zip(fit.names, fit.std_errors, strict=True))
    base = _base(fit)
    known = sorted({*(_event(n) for n in fit.names if n.startswith(EVENT) and errors[n] > 0), base})
    if known[0] == base or known[-1] < 0:
        raise IdentificationError(
            "Expected an event time before the base year and one from zero on.",
            f"Found event times {known[0]} to {known[-1]}, base {base}.",
            "Take a longer panel; Imputation reports none before treatment.",
        )
    if known != list(range(known[0], known[-1] + 1)):
        raise IdentificationError(
            "Expected event times without a gap.", f"Found {known}.", "Leave years with gaps out."
        )
    return np.array(known)


def _refuse_lost_years(fit: Estimate) -> None:
    """Refuse panels that skip a year: cohorts then differ in how far away their base year is."""
    years = np.unique(fit.sample.years[fit.solution.rows])
    lost = np.setdiff1d(np.arange(years[0], years[-1] + 1), years)
    if len(lost):
        raise IdentificationError(
            "Expected every year of the panel, so that steps between event times last a year.",
            f"Found no rows of {first_cases(lost)}.",
            "Estimate on the years before or after the gap.",
        )


def _event(name: str) -> int:
    return int(name.removeprefix(EVENT))


def _base(fit: Estimate) -> int:
    """The event time with which all others are compared."""
    return -1 - int(getattr(fit.design, "anticipation", 0))


def _problem(fit: Estimate, events: FloatVector, term: str) -> tuple[BoundedBias, float, float]:
    """The target with the steps before treatment, and how many steps its bias may add up to."""
    base = _base(fit)
    weights = _weights(events, term)
    after = weights[events > base]
    reach = float(np.abs(after[::-1].cumsum()).sum())
    size, kept = len(events), events != base
    differences = np.diff(np.eye(size), axis=0)[events[1:] <= base][:, kept]
    at = [fit.names.index(f"{EVENT}{event}") for event in events[kept]]
    beta, matrix = fit.beta[at], fit.covariance.matrix[np.ix_(at, at)]
    target = weights[kept]
    problem = BoundedBias(beta, matrix, target, differences, fit.covariance.df_t)
    return problem, reach, float(target @ beta)


def _weights(events: FloatVector, term: str) -> FloatVector:
    """Weights of the event times in a term."""
    begun = events >= 0
    if term == AVERAGE:
        return np.asarray(begun / begun.sum())
    named = [f"{EVENT}{event}" for event in events]
    allowed = [name for name, after in zip(named, begun, strict=True) if after]
    if term not in allowed:
        raise unknown_name("effect after treatment", term, [AVERAGE, *allowed])
    return np.array([float(name == term) for name in named])


def _breakdown(problem: BoundedBias, reach: float, level: float) -> float:
    """The smallest magnitude whose interval holds zero, by a grid and by halving its cell."""
    grid = np.arange(0.0, MOST + _FINE / 2, _FINE)
    inside = _holds_zero(problem, reach * grid, level)
    if not inside.any():
        return float("inf")
    first = int(inside.argmax())
    if first == 0:
        return 0.0
    cell = np.linspace(grid[first - 1], grid[first], 51)
    return float(cell[int(_holds_zero(problem, reach * cell, level).argmax())])


def _holds_zero(problem: BoundedBias, bounds: FloatVector, level: float) -> FloatVector:
    low, high = problem.interval(bounds, level)
    return np.asarray((low <= 0.0) & (high >= 0.0))

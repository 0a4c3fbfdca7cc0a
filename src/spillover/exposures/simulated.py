"""Expected exposures by seeded draws, where no closed form exists."""

import numpy as np

from spillover.errors import SpecificationError
from spillover.exposures.assignment import Assignment
from spillover.exposures.exposure import Exposure
from spillover.exposures.lottery import Lottery, redrawn
from spillover.typing import BoolMatrix, FloatMatrix


def simulated(
    exposure: Exposure, assignment: Assignment
) -> tuple[FloatMatrix, FloatMatrix, FloatMatrix]:
    """Mean, standard deviation and Monte Carlo error of an exposure over draws, (N, T) each.

    With the own status given, a firm learns from the draws in which it has its own shock.

    Raises
    ------
    SpecificationError
        The own status is given and shocks are amounts, so that no draw repeats it.
    """
    lottery = Lottery.of(exposure, assignment)
    values = lottery.values
    _refuse(assignment, values)
    rng = np.random.default_rng(assignment.seed)
    count, total, squares = (np.zeros(values.shape) for _ in range(3))
    for _ in range(assignment.draws):
        shock = redrawn(exposure, lottery.draw(rng))
        x = exposure.spec.carry(exposure.network, shock, exposure.name).values
        counts = ~np.isnan(x) & _own_kept(exposure, assignment, shock.values, values)
        filled = np.where(counts, x, 0.0)
        count += counts
        total += filled
        squares += filled**2
    some = np.maximum(count, 1.0)
    mean = np.where(count > 0, total / some, np.nan)
    variance = np.maximum(squares / some - (total / some) ** 2, 0.0)
    spread = np.where(count > 1, np.sqrt(variance * some / np.maximum(some - 1.0, 1.0)), np.nan)
    return mean, spread, spread / np.sqrt(some)


def _own_kept(
    exposure: Exposure, assignment: Assignment, drawn: FloatMatrix, values: FloatMatrix
) -> BoolMatrix:
    """Whether a firm has its own shock in the draw, in the year that feeds each exposure."""
    if assignment.own_status == "random":
        return np.ones(values.shape, dtype=bool)
    same = (drawn == values) | np.isnan(values)
    kept = np.ones(values.shape, dtype=bool)
    for at, year in enumerate(exposure.network.years):
        dates = exposure.spec.dates(exposure.network, int(year))
        if dates is not None:
            kept[:, at] = same[:, dates[1]]
    return kept


def _refuse(assignment: Assignment, values: FloatMatrix) -> None:
    flags = np.isin(values[~np.isnan(values)], (0.0, 1.0)).all()
    if not flags and (assignment.own_status == "given" or assignment.process == "bernoulli"):
        raise SpecificationError(
            "Expected a shock of zeros and ones.",
            "Found amounts, of which no draw repeats the own one.",
            'Use own_status = "random" with process = "permutation".',
        )

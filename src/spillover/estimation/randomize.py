"""randomize: what the estimate would have been had the shock fallen on other firms."""

from dataclasses import dataclass

import numpy as np

from spillover.errors import SpecificationError
from spillover.estimation.result import Estimate
from spillover.exposures.assignment import Assignment
from spillover.exposures.exposure import Exposure
from spillover.exposures.operator import operator
from spillover.numerics.sets import ConfidenceSet
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Randomization:
    """A test that needs no asymptotics: the shock is exchanged, everything else stays."""

    term: str
    """Name of the exposure."""

    estimate: float
    """Coefficient for which the recentred exposure has nothing left to explain."""

    p_value: float
    """Share of draws, the actual one included, with a statistic as large as the actual one."""

    interval: ConfidenceSet
    """Coefficients that are not rejected."""

    statistic: float
    """Sum of recentred exposure times outcome, after regressors and effects."""

    drawn: FloatVector
    """(R,) the statistic in every draw."""

    assignment: Assignment
    """Strata and seed."""

    def __str__(self) -> str:
        return (
            f"{self.term}: {self.estimate:.4g}, p = {self.p_value:.4g} over {len(self.drawn):,} "
            f"draws, {100 * self.interval.level:g} % set {self.interval}"
        )


def randomize(
    estimate: Estimate, term: str, assignment: Assignment, level: float = 0.95
) -> Randomization:
    """Randomisation inference for an exposure in a linear regression.

    Under the sharp null the outcome would have been the same wherever the shock had fallen, so
    outcome, other regressors and fixed effects are worked out once; a draw costs one exchange of
    the shocks. Whole histories change places within strata, because shocks last. A shock that is
    unknown in a year is replaced by the mean of its stratum.

    Exact when the sample is not chosen by the shock itself; when it is, as with domestic firms,
    the error is of the order of one over the size of a stratum.

    Parameters
    ----------
    estimate : Estimate
        Least squares with the exposure among the regressors under its own name.
    term : str
        Name of the exposure.
    assignment : Assignment
        Strata, number of draws and seed.
    level : float
        Level of the set, found by inverting the test without a grid.

    Raises
    ------
    SpecificationError
        The estimate is not linear least squares, or the exposure is not a sum over partners.
    """
    outcome, own = _residuals(estimate, term)
    exposure: Exposure = estimate.sample.exposure(term)
    codes = assignment.strata(exposure.network, int(exposure.network.years[0]))
    histories, weights = _on_firms(estimate, exposure, (outcome, own), codes)
    rng = np.random.default_rng(assignment.seed)
    centre = [float(np.sum(w * _means(histories, codes))) for w in weights]
    actual = [float(np.sum(w * histories)) - c for w, c in zip(weights, centre, strict=True)]
    drawn = np.empty((assignment.draws, 2))
    order = np.argsort(codes, kind="stable")
    for r in range(assignment.draws):
        mixed = np.empty(len(codes), dtype=np.int64)
        mixed[order] = order[np.argsort(codes[order] + rng.random(len(order)))]
        mixed[codes < 0] = np.flatnonzero(codes < 0)
        moved = histories[mixed]
        drawn[r] = [float(np.vdot(w, moved)) - c for w, c in zip(weights, centre, strict=True)]
    if not np.any(np.abs(drawn[:, 0] - actual[0]) > 1e-12 * max(abs(actual[0]), 1e-300)):
        raise SpecificationError(
            f"Expected strata in which the shock behind {term!r} differs.",
            "Found the same statistic in every draw.",
            "Choose coarser strata.",
        )
    p_value = _p_values(np.zeros(1), actual, drawn)[0]
    interval = _inverted(actual, drawn, level)
    point = actual[0] / actual[1] if actual[1] else np.nan
    return Randomization(term, point, p_value, interval, actual[0], drawn[:, 0], assignment)


def _residuals(estimate: Estimate, term: str) -> tuple[FloatVector, FloatVector]:
    """Outcome and exposure after the other regressors and the effects, times the weights."""
    linear = estimate.solution.linear
    if linear is None or linear.Z is not None or term not in estimate.names:
        raise SpecificationError(
            f"Expected least squares with the regressor {term!r}.",
            f"Found {', '.join(estimate.names)}.",
            "Estimate with FixedEffects and the exposure under its own name.",
        )
    at = estimate.names.index(term)
    others = np.delete(linear.X, at, axis=1)
    weight = np.ones(len(linear.y)) if linear.weights is None else linear.weights
    root = np.sqrt(weight)[:, None]
    both = np.column_stack([linear.y, linear.X[:, at]])
    if others.shape[1]:
        fit = np.linalg.lstsq(root * others, root * both, rcond=None)[0]
        both = both - others @ fit
    return weight * both[:, 0], weight * both[:, 1]


def _on_firms(
    estimate: Estimate,
    exposure: Exposure,
    parts: tuple[FloatVector, FloatVector],
    codes: IntVector,
) -> tuple[FloatMatrix, list[FloatMatrix]]:
    """(N, S) shocks by source year, and what one unit of each adds to the sums of the parts."""
    network = exposure.network
    sample = estimate.sample.take(estimate.solution.rows)
    firm = network.codes(sample.panel.units)[sample.units]
    at = np.searchsorted(network.years, sample.years)
    shape = (len(network.firms), len(network.years))
    histories = exposure.shock.on(network)
    histories = np.where(np.isnan(histories), _means(histories, codes), histories)
    weights = [np.zeros(shape) for _ in parts]
    for t in np.unique(at):
        terms = operator(exposure, int(t))
        if terms is None or exposure.spec.by not in ("mean", "sum"):
            raise SpecificationError(
                f"Expected {exposure.name!r} to be a mean or a sum over partners.",
                f"Found {exposure.spec!r}.",
                'Use by = "mean" or "sum".',
            )
        rows = at == t
        for weight, part in zip(weights, parts, strict=True):
            pull = np.bincount(firm[rows], part[rows], shape[0])
            weight[:, terms.source] += terms.matrix.T @ pull
    return histories, weights


def _means(histories: FloatMatrix, codes: IntVector) -> FloatMatrix:
    """(N, S) mean of the stratum in each year; the own history without a stratum."""
    known = ~np.isnan(histories)
    filled = np.where(known, histories, 0.0)
    inside = codes >= 0
    levels = int(codes.max(initial=-1)) + 1
    result = filled.copy()
    for s in range(histories.shape[1]):
        total = np.bincount(codes[inside], filled[inside, s], levels)
        count = np.bincount(codes[inside], known[inside, s].astype(np.float64), levels)
        result[inside, s] = (total / np.maximum(count, 1.0))[codes[inside]]
    return result


def _p_values(beta: FloatVector, actual: list[float], drawn: FloatMatrix) -> FloatVector:
    """Share of draws, the actual one included, at least as far from zero; one value per beta."""
    mine = np.abs(actual[0] - beta * actual[1])
    theirs = np.abs(drawn[:, :1] - np.outer(drawn[:, 1], beta))
    as_large = np.sum(theirs >= mine * (1.0 - 1e-12), axis=0)
    return np.asarray((1.0 + as_large) / (1.0 + len(drawn)))


def _inverted(actual: list[float], drawn: FloatMatrix, level: float) -> ConfidenceSet:
    """All coefficients that the test does not reject: p changes only where two statistics meet."""
    meets = []
    for sign in (1.0, -1.0):
        below = drawn[:, 1] - sign * actual[1]
        usable = np.abs(below) > 1e-300
        meets.append((drawn[usable, 0] - sign * actual[0]) / below[usable])
    cuts = np.unique(np.concatenate(meets))
    wide = 1.0 + np.abs(cuts).max()
    inner = (cuts[1:] + cuts[:-1]) / 2.0
    kept = _p_values(np.concatenate(([-wide], inner, [wide])), actual, drawn) > 1.0 - level
    low = np.concatenate(([-np.inf], cuts))
    high = np.concatenate((cuts, [np.inf]))
    pieces: list[tuple[float, float]] = []
    for a, b in zip(low[kept], high[kept], strict=True):
        if pieces and pieces[-1][1] >= a:
            pieces[-1] = (pieces[-1][0], float(b))
        else:
            pieces.append((float(a), float(b)))
    return ConfidenceSet(tuple(pieces), level)

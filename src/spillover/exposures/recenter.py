"""recenter: what an exposure would have been on average had the shock fallen elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaln

from spillover.errors import SpecificationError
from spillover.exposures.assignment import Assignment, Strata
from spillover.exposures.exposure import Exposure
from spillover.exposures.operator import Operator, has_rows, operator
from spillover.exposures.shock import Shock
from spillover.exposures.simulated import simulated
from spillover.numerics.csr import rows_of
from spillover.tables.panel import Panel
from spillover.typing import BoolVector, FloatMatrix, FloatVector

Moments = tuple[FloatVector, FloatVector]


@dataclass(frozen=True, slots=True, eq=False)
class Recentered:
    """An exposure with its mean and spread over the ways in which the shock might have fallen.

    Well-connected firms expect more of any shock. ``x - expected`` compares firms with the luck
    they had and not with their position; ``expected`` as a control does the same.
    """

    exposure: Exposure
    """The exposure as it is."""

    assignment: Assignment
    """How the shock might have fallen."""

    expected: FloatMatrix
    """(N, T) mean over assignments; NaN where the exposure is."""

    spread: FloatMatrix
    """(N, T) standard deviation over assignments."""

    error: FloatMatrix
    """(N, T) Monte Carlo error of ``expected``; zero where there is a closed form."""

    notes: tuple[str, ...] = ()
    """Firms without design variation."""

    chance: Shock | None = None
    """Own chances of firms, where the assignment asks for them."""

    @property
    def name(self) -> str:
        """Name of the exposure."""
        return self.exposure.name

    @property
    def values(self) -> FloatMatrix:
        """(N, T) exposure minus its expectation."""
        return self.exposure.values - self.expected

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Recentred exposure, expectation and spread on the rows of a panel; NaN where unknown."""
        parts = {"recentered": self.values, "expected": self.expected, "spread": self.spread}
        named = {f"{self.name}_{name}": part for name, part in parts.items()}
        return self.exposure.network.on_rows(panel, named)

    def frame(self) -> pd.DataFrame:
        """One row per year: firms with an exposure, its variance, the part that is design.

        ``design_share`` is the mean variance over assignments relative to the variance between
        firms; ``without`` counts firms for which nothing could have been otherwise.
        """
        rows = []
        for at, year in enumerate(self.exposure.network.years):
            x, spread = self.exposure.values[:, at], self.spread[:, at]
            known = ~np.isnan(x) & ~np.isnan(spread)
            if not known.any():
                continue
            between = float(np.var(x[known]))
            row = {"year": int(year), "firms": int(known.sum()), "variance": between}
            row["design_share"] = float(np.mean(spread[known] ** 2) / between) if between else 0.0
            rows.append(row | {"without": int(np.sum(spread[known] == 0))})
        return pd.DataFrame(rows)


def recenter(exposure: Exposure, assignment: Assignment, chance: Shock | None = None) -> Recentered:
    """The exposure relative to what its firm could expect.

    Means and variances have a closed form for means, sums, counts and ``any`` over the first tier
    or firms at distance two; other exposures are drawn ``assignment.draws`` times.

    Parameters
    ----------
    exposure : Exposure
        For example the share of foreign customers.
    assignment : Assignment
        Strata within which the shock might have fallen otherwise.
    chance : Shock, optional
        Own chances of firms, ``Shock.of(panel, assignment.chance)``; firms with an unknown chance
        keep their shock.

    Raises
    ------
    SpecificationError
        No stratum has shocks that differ, or independent draws are asked for a shock that is not
        zero or one.

    Examples
    --------
    >>> from spillover.exposures.expose import expose
    >>> from spillover.exposures.neighbors import Neighbors
    >>> from spillover.exposures.shock import Shock
    >>> from spillover.networks.build import assemble
    >>> supply = assemble("supply", list("abcd"), [2020], src=[1, 2, 3], dst=[0, 0, 2])
    >>> foreign = Shock("foreign", supply.firms, supply.years, np.array([[0], [1], [0], [0.0]]))
    >>> rule = Neighbors(isolates="missing", lag=0, exclude="self")
    >>> recenter(expose(supply, foreign, rule), Assignment(within=())).expected.round(3).ravel()
    array([0.333,   nan, 0.333,   nan])
    """
    _refuse_chance(exposure, assignment, chance)
    shape = exposure.values.shape
    expected, spread, error = (np.full(shape, np.nan) for _ in range(3))
    if has_rows(exposure.spec):
        for at in range(shape[1]):
            found = _closed(exposure, assignment, at, chance)
            if found is not None:
                expected[:, at], spread[:, at] = found
        error[~np.isnan(expected)] = 0.0
    else:
        expected, spread, error = simulated(exposure, assignment)
    if not np.any(spread > 0):
        raise SpecificationError(
            "Expected strata in which shocks differ and that partners come from.",
            f"Found none within {', '.join(assignment.within) or 'one stratum'}.",
            "Choose coarser strata: in these every firm has the same shock.",
        )
    blank = np.isnan(exposure.values)
    for part in (expected, spread, error):
        part[blank] = np.nan
        part.setflags(write=False)
    still = int(np.sum(spread == 0))
    notes = (f"{still:,} firm-years could not have had another exposure",) if still else ()
    return Recentered(exposure, assignment, expected, spread, error, notes, chance)


def _refuse_chance(exposure: Exposure, assignment: Assignment, chance: Shock | None) -> None:
    if (chance is None) != (assignment.chance is None):
        raise SpecificationError(
            "Expected own chances of firms where the assignment asks for them, and there only.",
            f"Found chance = {assignment.chance!r} and {'no' if chance is None else 'a'} shock.",
            "Pass chance=Shock.of(panel, assignment.chance).",
        )
    if chance is not None and not has_rows(exposure.spec):
        raise SpecificationError(
            "Expected a mean, sum, count or any beside own chances.",
            f"Found {exposure.spec!r}.",
            "Other exposures are drawn within strata: leave chance out.",
        )


def _closed(
    exposure: Exposure, assignment: Assignment, at: int, chance: Shock | None
) -> Moments | None:
    terms = operator(exposure, at)
    if terms is None:
        return None
    network = exposure.network
    code = assignment.strata(network, int(network.years[terms.source]))
    seen = ~np.isnan(exposure.shock.on(network)[:, terms.source])
    moves = seen & network.present[:, terms.source]
    strata = Strata.of(code, terms.shock, moves)
    if chance is not None:
        strata = Strata.alone(chance.on(network)[:, terms.source], moves)
    if assignment.process == "bernoulli":
        _refuse_amounts(terms)
    blocks = _blocks(terms, strata, given=chance is None and assignment.own_status == "given")
    kind = "any" if exposure.spec.by == "any" else "linear"
    mean, variance = _FORMULAS[kind, assignment.process](blocks)
    return mean, np.sqrt(np.maximum(variance, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """Weights of each firm summed by stratum of the partner, one entry per firm and stratum."""

    row: np.ndarray
    """(m,) firm of each entry."""

    rows: int
    """N."""

    weight: FloatVector
    """(m,) sum of weights in the stratum."""

    square: FloatVector
    """(m,) sum of squared weights."""

    size: FloatVector
    """(m,) firms that exchange, without the own one where its status is given."""

    total: FloatVector
    """(m,) sum of their shocks."""

    variance: FloatVector
    """(m,) variance of their shocks, divisor n - 1."""

    fixed: FloatVector
    """(N,) contribution of partners that keep their shock."""

    def sums(self, part: FloatVector) -> FloatVector:
        """(N,) sums of a part over the strata of each firm."""
        return np.bincount(self.row, part, self.rows).astype(np.float64)

    @property
    def mean(self) -> FloatVector:
        """(m,) mean shock of the stratum."""
        return self.total / np.maximum(self.size, 1.0)


def _blocks(terms: Operator, strata: Strata, *, given: bool) -> _Blocks:
    matrix, levels = terms.matrix, len(strata.size)
    target = strata.code[matrix.indices]
    moving = target >= 0
    kept = np.where(moving, 0.0, matrix.data) * terms.shock[matrix.indices]
    fixed = np.bincount(rows_of(matrix), kept, matrix.shape[0]).astype(np.float64)
    key = rows_of(matrix)[moving].astype(np.int64) * max(levels, 1) + target[moving]
    cells, at = np.unique(key, return_inverse=True)
    weight = np.bincount(at, matrix.data[moving], len(cells)).astype(np.float64)
    square = np.bincount(at, matrix.data[moving] ** 2, len(cells)).astype(np.float64)
    row, stratum = np.divmod(cells, max(levels, 1))
    size, total, squares = (part[stratum] for part in (strata.size, strata.total, strata.squares))
    if given:
        own = (strata.code[row] == stratum).astype(np.float64)
        size = size - own
        total = total - own * terms.shock[row]
        squares = squares - own * terms.shock[row] ** 2
    spread = _without_dust(squares - total**2 / np.maximum(size, 1.0), squares)
    variance = np.where(size > 1, spread / np.maximum(size - 1.0, 1.0), 0.0)
    return _Blocks(row, matrix.shape[0], weight, square, size, total, variance, fixed)


def _linear_permuted(blocks: _Blocks) -> Moments:
    mean = blocks.fixed + blocks.sums(blocks.weight * blocks.mean)
    uneven = blocks.square - blocks.weight**2 / np.maximum(blocks.size, 1.0)
    return mean, blocks.sums(blocks.variance * _without_dust(uneven, blocks.square))


def _without_dust(difference: FloatVector, scale: FloatVector) -> FloatVector:
    """A difference that cannot be negative, zero where only rounding is left of it."""
    return np.where(difference > 1e-13 * scale, difference, 0.0)


def _linear_drawn(blocks: _Blocks) -> Moments:
    chance = blocks.mean
    mean = blocks.fixed + blocks.sums(blocks.weight * chance)
    return mean, blocks.sums(blocks.square * chance * (1.0 - chance))


def _any_permuted(blocks: _Blocks) -> Moments:
    """One minus the chance that no partner has it: hypergeometric in every stratum."""
    n, m, d = blocks.size, np.round(blocks.total), np.round(blocks.weight)
    possible = n - d - m >= 0
    rest = np.where(possible, n - d - m, 0.0)
    none = gammaln(n - d + 1) - gammaln(rest + 1) - gammaln(n + 1) + gammaln(n - m + 1)
    return _some(blocks, none, possible)


def _any_drawn(blocks: _Blocks) -> Moments:
    possible = blocks.mean < 1.0
    return _some(blocks, blocks.weight * np.log1p(-np.where(possible, blocks.mean, 0.0)), possible)


def _some(blocks: _Blocks, log_none: FloatVector, possible: BoolVector) -> Moments:
    sure = (blocks.fixed > 0) | (blocks.sums((~possible).astype(np.float64)) > 0)
    none = np.where(
        sure, 0.0, np.exp(np.minimum(blocks.sums(np.where(possible, log_none, 0.0)), 0))
    )
    return 1.0 - none, none * (1.0 - none)


_FORMULAS: dict[tuple[str, str], Callable[[_Blocks], Moments]] = {
    ("linear", "permutation"): _linear_permuted,
    ("linear", "bernoulli"): _linear_drawn,
    ("any", "permutation"): _any_permuted,
    ("any", "bernoulli"): _any_drawn,
}


def _refuse_amounts(terms: Operator) -> None:
    if not np.isin(terms.shock[terms.known], (0.0, 1.0)).all():
        raise SpecificationError(
            "Expected a shock of zeros and ones for independent draws.",
            "Found other values.",
            'Use process = "permutation".',
        )

"""A regression reduced to what another fall of the shock can change: one column."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from spillover.errors import SpecificationError, unknown_name
from spillover.estimation.result import Estimate
from spillover.exposures.exposure import Exposure
from spillover.exposures.lottery import Lottery, redrawn
from spillover.exposures.operator import has_rows, operator
from spillover.exposures.recenter import Recentered
from spillover.inference.roles import free, roles
from spillover.networks.network import Network
from spillover.networks.rewiring import Rewirer
from spillover.numerics.permute import BLOCK, LinearStatistic
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Outcome and tested regressor free of everything else, and where the exposure enters."""

    exposure: Exposure
    """The exposure whose column is redrawn."""

    solution: Solution
    """The solution on the rows in use."""

    sample: Sample
    """The rows in use."""

    position: int
    """Position of the tested coefficient."""

    both: FloatMatrix
    """(n, 2) outcome and tested regressor, free of effects and controls, times the weights."""

    controls: FloatMatrix
    """(n, m) controls, free of effects."""

    weights: FloatVector | None
    """(n,) observation weights."""

    firm: IntVector
    """(n,) firm of each row, as a position in the network."""

    at: IntVector
    """(n,) year of each row, as a position in the network."""

    expected: FloatVector | None
    """(n,) expectation that the column leaves out, when the column is recentred."""

    @property
    def layers(self) -> IntVector:
        """Positions of the years whose shocks feed the rows."""
        spec, network = self.exposure.spec, self.exposure.network
        dates = [spec.dates(network, int(network.years[t])) for t in np.unique(self.at)]
        return np.unique([date[1] for date in dates if date is not None])

    def on_rows(self, values: FloatMatrix) -> FloatVector:
        """(n,) an exposure (N, T) on the rows; NaN where it is undefined."""
        return values[self.firm, self.at]

    def filled(self, columns: FloatMatrix) -> FloatMatrix:
        """(n, B) exposures on the rows, less what is expected; undefined ones are the mean."""
        unknown = np.isnan(columns)
        if unknown.any():
            columns = np.where(unknown, np.nanmean(columns, axis=0), columns)
        return columns if self.expected is None else columns - self.expected[:, None]


def scored(estimate: Estimate, term: str, rows: IntVector | None = None) -> Scored:
    """The parts of an estimate that a test by draws needs, worked out once.

    Parameters
    ----------
    estimate : Estimate
        Least squares with the exposure or its recentred column among the regressors, or
        instrumental variables with it as the only instrument.
    term : str
        Name of the exposure.
    rows : array of int, optional
        Positions in the sample of the rows to which the regression is restricted.

    Raises
    ------
    SpecificationError
        The exposure is not in the regression as it is.
    """
    sample, solution = estimate.sample, estimate.solution
    if rows is not None:
        sample = sample.take(rows)
        solution = estimate.design.solve(sample)
    kept = sample.take(solution.rows)
    exposure, expected = _exposure(kept, term)
    column = _column(solution, kept, term)
    found = roles(solution, kept, (column,))
    clean = free(found.D, found.controls, found.weights)
    y = solution.residuals + clean[:, 0] * solution.beta[found.positions[0]]
    both = np.column_stack([y, clean[:, 0]])
    network = exposure.network
    return Scored(
        exposure,
        solution,
        kept,
        found.positions[0],
        both if found.weights is None else both * found.weights[:, None],
        found.controls,
        found.weights,
        network.codes(kept.panel.units)[kept.units],
        np.searchsorted(network.years, kept.years),
        expected if column != term else None,
    )


def _exposure(kept: Sample, term: str) -> tuple[Exposure, FloatVector | None]:
    """The exposure of that name, and its expectation on the rows when it is there."""
    carriers: list[Any] = [*kept.exposures, *kept.measures]
    named = [c for c in carriers if getattr(c, "name", None) == term]
    plain = [c for c in named if isinstance(c, Exposure)]
    plain += [c.exposure for c in named if isinstance(c, Recentered)]
    if not plain:
        raise unknown_name(
            "exposure to a network", term, [getattr(c, "name", "") for c in carriers]
        )
    expected = f"{term}_expected"
    known = expected in kept.panel.frame.columns
    return plain[0], kept.column(expected) if known else None


def _column(solution: Solution, kept: Sample, term: str) -> str:
    """The plain or the recentred column, whichever the regression has."""
    moved = f"{term}_recentered"
    if term in solution.names or moved not in kept.panel.frame.columns:
        return term
    if moved in solution.names:
        return moved
    try:
        roles(solution, kept, (moved,))
    except SpecificationError:
        return term
    return moved


def is_linear(exposure: Exposure) -> bool:
    """Whether a draw costs one sum over firms, without an exposure being built."""
    return has_rows(exposure.spec) and exposure.spec.by != "any"


def linear_scores(
    parts: Scored, lottery: Lottery, draws: int, seed: int
) -> tuple[FloatMatrix, FloatVector]:
    """Products of the redrawn exposure with outcome and regressor, without building it again.

    Parameters
    ----------
    parts : Scored
        The regression.
    lottery : Lottery
        How the shock might have fallen.
    draws, seed : int
        Number of draws, and their seed.

    Returns
    -------
    scores : (R + 1, q)
        The actual assignment first.
    mean : (q,)
        Mean over all ways in which the shock might have fallen.
    """
    loads, shock = _loads(parts)
    moving = LinearStatistic(loads, np.where(lottery.moves, shock, 0.0))
    whole = LinearStatistic(loads, shock).observed()
    fixed = whole - moving.observed()
    pieces = [(moving, lottery.codes[0])]
    if len(lottery.codes) > 1:
        pieces = [
            (LinearStatistic(loads[:, :, [at]], moving.shock[:, [at]]), lottery.codes[at])
            for at in parts.layers
        ]
    drawn = [
        piece.drawn(codes, draws, (seed, number), replace=lottery.replace)
        for number, (piece, codes) in enumerate(pieces)
    ]
    means = [piece.mean(codes) for piece, codes in pieces]
    return np.vstack([whole, fixed + np.sum(drawn, axis=0)]), fixed + np.sum(means, axis=0)


def _loads(parts: Scored) -> tuple[FloatMatrix, FloatMatrix]:
    """(q, N, T) what a unit of each shock adds to the scores, and (N, T) shocks as summed."""
    network = parts.exposure.network
    shape = (len(network.firms), len(network.years))
    width = parts.both.shape[1]
    loads, shock = np.zeros((width, *shape)), np.zeros(shape)
    for t in np.unique(parts.at):
        terms = operator(parts.exposure, int(t))
        if terms is None:
            continue
        rows = parts.at == t
        for q in range(width):
            pull = np.bincount(parts.firm[rows], parts.both[rows, q], shape[0])
            loads[q, :, terms.source] += terms.matrix.T @ pull
        shock[:, terms.source] = terms.shock
    return loads, shock


def redrawn_columns(
    parts: Scored, lottery: Lottery, draws: int, seed: int
) -> Iterator[FloatMatrix]:
    """Blocks (n, B) of the exposure on the rows under redrawn shocks; NaN where undefined.

    Parameters
    ----------
    parts : Scored
        The regression.
    lottery : Lottery
        How the shock might have fallen.
    draws, seed : int
        Number of draws, and their seed.
    """
    exposure = parts.exposure
    for start in range(0, draws, BLOCK):
        rng = np.random.default_rng([seed, start // BLOCK])
        columns = []
        for _ in range(min(BLOCK, draws - start)):
            shock = redrawn(exposure, lottery.draw(rng))
            columns.append(carried(parts, exposure.network, shock))
        yield np.column_stack(columns)


def carried(parts: Scored, network: Network, shock: Any) -> FloatVector:  # noqa: ANN401 - a shock of the exposure's kind
    """(n,) the exposure on the rows, built again; NaN where it is undefined."""
    spec = parts.exposure.spec
    return parts.on_rows(spec.carry(network, shock, parts.exposure.name).values)


def rewired_columns(
    parts: Scored, rewirer: Rewirer, draws: int, seed: int
) -> Iterator[FloatMatrix]:
    """Blocks (n, 1) of the exposure on the rows under rewired links; NaN where undefined.

    Parameters
    ----------
    parts : Scored
        The regression.
    rewirer : Rewirer
        Where every chain of swaps begins.
    draws, seed : int
        Number of draws, and their seed.
    """
    for draw in range(draws):
        network = rewirer.draw(np.random.default_rng([seed, draw])).network
        yield carried(parts, network, parts.exposure.shock)[:, None]

"""The firm bootstrap by weights: all stages are estimated again, no row is copied."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import ConvergenceError, SpecificationError
from spillover.numerics.parallel import in_order
from spillover.numerics.redraw import Redrawer, Redrawn, Scheme, firm_weights
from spillover.productivity.block import Block
from spillover.productivity.blundell_bond import BlundellBond
from spillover.productivity.control_function import ControlFunction
from spillover.productivity.gandhi_navarro_rivers import GandhiNavarroRivers
from spillover.productivity.inputs import read_inputs
from spillover.productivity.productivity import Productivity
from spillover.productivity.remeasure import technology_again
from spillover.productivity.stochastic_frontier import StochasticFrontier
from spillover.productivity.wooldridge import Wooldridge
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

NORMAL_IQR = 1.349
"""Interquartile range of the standard normal distribution."""

THREADED = 100_000
"""Rows from which draws run in threads unless the caller says how many."""

FROM_SCRATCH = (Wooldridge, GandhiNavarroRivers, BlundellBond, StochasticFrontier)
"""Estimators that are measured again from the rows of the firms drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws of all stages under random firm weights, with what they say about uncertainty."""

    names: tuple[str, ...]
    """k parameters of the technology, with the industry before the colon, or k coefficients."""

    estimates: FloatVector
    """(k,) estimates at full weight."""

    draws: FloatMatrix
    """(R, k) draws; rows that did not converge are NaN."""

    converged: BoolVector
    """(R,) whether every stage converged, in every industry."""

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Estimates with standard deviation, scaled interquartile range and percentiles.

        Parameters
        ----------
        level : float
            Coverage of the percentile interval.

        Raises
        ------
        ConvergenceError
            Fewer than two draws converged.
        """
        kept = self.draws[self.converged]
        if len(kept) < 2:
            raise ConvergenceError(
                "Expected two draws or more that converged.",
                f"Found {len(kept)} of {len(self.draws):,}.",
                "Draw more, or look at the roots: firms that carry a dummy or a law of motion "
                "alone make draws fail; scheme = 'exponential' keeps every firm.",
            )
        low, high = np.percentile(kept, [50 * (1 - level), 50 * (1 + level)], axis=0)
        quartiles = np.percentile(kept, [25, 75], axis=0)
        columns = {
            "estimate": self.estimates,
            "std_error": kept.std(axis=0, ddof=1),
            "iqr_error": (quartiles[1] - quartiles[0]) / NORMAL_IQR,
            "conf_low": low,
            "conf_high": high,
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="term"))

    @property
    def share(self) -> float:
        """Share of draws that converged."""
        return float(self.converged.mean())

    def notes(self) -> tuple[str, ...]:
        """What a reader must know before using the standard deviation."""
        found = [f"{self.share:.1%} of {len(self.draws):,} draws converged"]
        table = self.table()
        wide = table.index[table["std_error"] > 1.5 * table["iqr_error"]]
        if len(wide):
            listed = ", ".join(wide)
            found.append(f"a few distant draws dominate the standard deviation of {listed}")
        if self.share < 0.95 or len(wide):
            found.append("use the percentile interval")
        return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap(Draws):
    """Draws of a technology, and which of its roots they belong to."""

    nearest: IntVector
    """(R,) which exact root of the first industry a draw is nearest to; -1 where roots are
    not in terms of the technology, or there are none."""


@dataclass(frozen=True, slots=True, eq=False)
class Redraws:
    """Measured productivity with what it takes to measure it again under firm weights."""

    made: Productivity
    """The measure at full weight."""

    parts: tuple[tuple[Block, Redrawer, IntVector], ...]
    """For each industry its block, its redrawer and its firms as units of the panel."""

    @classmethod
    def of(cls, made: Productivity) -> "Redraws":
        """From productivity of a control-function estimator.

        Raises
        ------
        SpecificationError
            Productivity was measured in another way.
        """
        spec = made.spec
        if not isinstance(spec, ControlFunction):
            raise SpecificationError(
                "Expected productivity of a control-function estimator.",
                f"Found {type(spec).__name__}.",
                "Index numbers have no sampling error from estimation; others are not redrawn.",
            )
        parts = []
        for data, block in zip(
            read_inputs(made.panel, spec.wanted(), spec.by), made.blocks, strict=True
        ):
            ready = spec.prepare(data)
            units, firm = np.unique(data.panel.codes[data.rows], return_inverse=True)
            beta = block.parameters.values[-len(_second_stage(block)) :]
            redrawer = Redrawer.of(ready.fitted, beta, firm, ready.probit)
            parts.append((block, redrawer, units))
        return cls(made, tuple(parts))

    def at(self, weights: FloatVector) -> list[Redrawn]:
        """All industries under weights (N,) of the units of the panel."""
        return [redrawer.solve(weights[units]) for _, redrawer, units in self.parts]

    def technology(self, found: Sequence[Redrawn]) -> FloatVector:
        """(k,) parameters of the technology of all industries."""
        pieces = []
        for (block, _, _), one in zip(self.parts, found, strict=True):
            h, total = len(one.delta), len(block.parameters.values)
            start = total - len(one.beta)
            pieces += [one.delta[j] if j < h else one.beta[j - start] for j in block.technology]
        return np.array(pieces)

    def values(self, found: Sequence[Redrawn]) -> tuple[FloatVector, FloatVector]:
        """(n,) log productivity by row of the panel, and the same with the shock."""
        values, with_shock = (np.full(len(self.made.panel), np.nan) for _ in range(2))
        for (block, redrawer, _), one in zip(self.parts, found, strict=True):
            problem = redrawer.fitted.problem
            hat = problem.H @ np.where(problem.kept, one.delta, 0.0)
            omega = hat - problem.technology.value(one.beta)
            values[block.rows] = omega
            with_shock[block.rows] = omega + problem.y - problem.H @ one.delta
        return values, with_shock


def _second_stage(block: Block) -> tuple[int, ...]:
    """Positions of the parameters that the second stage solves for."""
    process = block.process
    first = process.gamma.stop if process is not None else 0
    return tuple(j for j in block.technology if j >= first)


def bootstrap(
    made: Productivity,
    draws: int = 1000,
    *,
    seed: int,
    scheme: Scheme = "multinomial",
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bootstrap:
    """Draws of the technology under random firm weights, all stages estimated again.

    Parameters
    ----------
    made : Productivity
        From an estimator; control functions and moments keep their arrays between draws, all
        others are measured from scratch.
    draws : int
        Number of draws.
    seed : int
        Seed; draw number r uses the r-th child of it, whatever the order of work.
    scheme : {"multinomial", "exponential"}
        Counts of draws with replacement, or exponential weights that keep every firm.
    threads : int, optional
        How many draws run at once, which changes no byte of them. By default one, and from
        100,000 rows on as many as there are processors, where arrays are kept between draws:
        below, and for estimators that are measured from scratch, threads wait for each other.
    progress : callable, optional
        Called in order with the draws done and the number of draws.

    Raises
    ------
    SpecificationError
        Productivity was measured in another way, or there is no draw or thread.
    """
    if draws < 1 or (threads is not None and threads < 1):
        raise SpecificationError(
            "Expected one draw and one thread at least.",
            f"Found draws = {draws}, threads = {threads}.",
            "Use some hundred draws; leave threads out to have them chosen.",
        )
    names, estimates = _named(made)
    measured = _redrawer(made, scheme)

    def draw(child: np.random.SeedSequence) -> FloatVector | None:
        rng = np.random.default_rng(child)
        return measured(firm_weights(rng, len(made.panel.units), scheme))

    rows, converged = [], []
    children = np.random.SeedSequence(seed).spawn(draws)
    for r, point in enumerate(in_order(draw, children, threads or _threads(made))):
        rows.append(np.full(len(names), np.nan) if point is None else point)
        converged.append(point is not None)
        if progress is not None:
            progress(r + 1, draws)
    table = np.array(rows)
    return Bootstrap(names, estimates, table, np.array(converged), _nearest(made, table))


def _threads(made: Productivity) -> int:
    alone = isinstance(made.spec, FROM_SCRATCH) or len(made.panel) < THREADED
    return 1 if alone else os.cpu_count() or 1


def _redrawer(made: Productivity, scheme: Scheme) -> Callable[[FloatVector], FloatVector | None]:
    """Parameters under weights of firms: with arrays kept where they can be, else from scratch."""
    if not isinstance(made.spec, FROM_SCRATCH):
        redraws = Redraws.of(made)

        def kept(weights: FloatVector) -> FloatVector | None:
            found = redraws.at(weights)
            return redraws.technology(found) if all(one.converged for one in found) else None

        return kept
    if scheme != "multinomial":
        raise SpecificationError(
            f"Expected draws of whole firms for {type(made.spec).__name__}.",
            f"Found scheme = {scheme!r}.",
            'Use scheme = "multinomial"; weights between whole numbers need a criterion with them.',
        )
    return lambda weights: technology_again(made, weights.astype(np.int64))


def _named(made: Productivity) -> tuple[tuple[str, ...], FloatVector]:
    names, values = [], []
    for block in made.blocks:
        before = f"{block.label}: " if block.label else ""
        names += [before + block.parameters.names[j] for j in block.technology]
        values += [float(block.parameters.values[j]) for j in block.technology]
    return tuple(names), np.array(values)


def _nearest(made: Productivity, draws: FloatMatrix) -> IntVector:
    first = made.blocks[0]
    exact = [np.array(root.coefficients) for root in first.roots if root.exact]
    if not exact or isinstance(made.spec, FROM_SCRATCH):
        return np.full(len(draws), -1)
    own = draws[:, : len(first.technology)]
    gaps = np.stack([np.abs(own - point).max(axis=1) for point in exact])
    return np.where(np.isnan(own[:, 0]), -1, np.argmin(np.nan_to_num(gaps, nan=0.0), axis=0))

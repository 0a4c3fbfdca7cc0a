"""Productivity with all elasticities from timing assumptions (Ackerberg, Caves, Frazer 2015)."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.control import Fitted, Problem, fit_first_stage, scaled_at
from spillover.numerics.least_squares import Stationary, all_stationary, starts
from spillover.numerics.scores import influences
from spillover.productivity.assemble import Estimated, Prepared, estimated, process_of
from spillover.productivity.block import Block, Parameters, Root
from spillover.productivity.control_function import ControlFunction
from spillover.productivity.first_stage import first_stage_of, refuse_few_pairs
from spillover.productivity.inputs import Inputs, Pairs, read_pairs
from spillover.productivity.law import build_law, law_terms
from spillover.productivity.overidentified import (
    Overidentified,
    solve_overidentified,
    with_two_lags,
)
from spillover.productivity.roots import RootRule, choose, describe, scaled_instruments
from spillover.productivity.shape import WORDS, Returns, Shape, ShapeName, shape_of
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class AckerbergCavesFrazer(ControlFunction):
    """Elasticities at which the innovation of productivity is news to inputs chosen before it.

    First stage: output on a polynomial of free inputs, states and proxy. Second stage: the
    innovation is orthogonal to states of the year and to free inputs of the year before.
    Every exact root is listed; the one taken is named in the notes.

    References
    ----------
    Ackerberg, Caves and Frazer (2015).

    Examples
    --------
    >>> spec = AckerbergCavesFrazer("va", "value_added", "employment", "capital", "materials")
    >>> spec.technology
    'cobb_douglas'
    """

    technology: ShapeName = "cobb_douglas"
    """Shape of the production function; logs are centred at their means, so that first-order
    terms of a translog are elasticities there."""

    free_timing: Literal["lagged", "current"] = "lagged"
    """Whether free inputs of the year before are instruments, or those of the year itself,
    which is right only when they are chosen before the news."""

    lags: Literal[1, 2] = 1
    """2 adds inputs dated a year earlier to the instruments: more moments than elasticities,
    hence efficient weights in a second step, local minima instead of exact roots, and Hansen's
    test. Pairs of years without a third are lost."""

    returns: Returns = "free"
    """``constant``: elasticities sum to one in every row. The last state has what the others
    leave, so it has no parameter of its own; its elasticity is among those by row."""

    roots: RootRule = field(default_factory=RootRule)
    """How exact roots are told apart."""

    type: Literal["AckerbergCavesFrazer"] = field(
        default="AckerbergCavesFrazer", kw_only=True, repr=False
    )

    def shape(self, data: Inputs) -> Shape:
        """The technology on the rows in use."""
        x = np.column_stack([data.free.values, data.state.values])
        return shape_of(self.technology, self.inputs(), x, self.returns)

    def prepare(self, data: Inputs) -> Prepared:
        """First stage, pairs, law of motion and instruments, as many as parameters."""
        ready = self.moments(data)
        return ready if self.lags == 1 else replace(ready, fitted=self._solve(ready).fitted)

    def _solve(self, ready: Prepared) -> Overidentified:
        shape = self.shape(ready.data)
        points = self.points(ready.data, shape)
        return solve_overidentified(ready.fitted, shape, ready.data, points, self.roots)

    def moments(self, data: Inputs) -> Prepared:
        """First stage, pairs, law of motion and all instruments."""
        stage = first_stage_of(
            data, self.degree, free_inside=True, controls_inside=self.controls_in == "productivity"
        )
        pairs, shape, terms = read_pairs(data, self.law), self.shape(data), law_terms(self.law)
        older = None
        if self.lags == 2:
            pairs, older = with_two_lags(data, pairs)
        law = build_law(terms, pairs.exposures, pairs.capacity, pairs.dummies, pairs.dummy_names)
        refuse_few_pairs(data, pairs, len(law.names) + len(shape.names))
        problem = Problem(
            data.y,
            stage.H,
            stage.kept,
            shape.technology(),
            pairs.now,
            pairs.before,
            law,
            "root",
            self.instruments(data, pairs, shape, older),
        )
        start = shape.start(least_squares_slopes(data.y, shape.x))
        return Prepared(data, stage, pairs, terms, scaled_at(fit_first_stage(problem), start))

    def fit(self, data: Inputs) -> Estimated:
        """First stage, all roots of the moments, the chosen one with its influence."""
        ready, shape = self.moments(data), self.shape(data)
        if self.lags == 2:
            solved = self._solve(ready)
            ready = replace(ready, fitted=solved.fitted)
            made = _finish(ready, shape, (solved.beta, solved.roots, solved.note))
            return replace(made, block=_with(made.block, solved.statistics))
        stationary = self.search(ready.fitted, shape, data)
        found = describe(ready.fitted, shape, data, stationary, self.roots)
        beta, note = choose(found, shape, self.roots, data.where)
        return _finish(ready, shape, (beta, tuple(root for root, _ in found), note))

    def instruments(
        self, data: Inputs, pairs: Pairs, shape: Shape, older: IntVector | None = None
    ) -> FloatMatrix:
        """(n2, p) terms of the technology in inputs that were chosen before the news.

        Raises
        ------
        IdentificationError
            They are collinear.
        """
        free, a = shape.x[:, : len(data.free.names)], len(data.free.names)
        dated = free[pairs.before if self.free_timing == "lagged" else pairs.now]
        terms = shape.terms(np.column_stack([dated, shape.x[pairs.now, a:]]))
        if older is not None:
            further = free[older if self.free_timing == "lagged" else pairs.before]
            past = shape.terms(np.column_stack([further, shape.x[pairs.before, a:]]))
            terms = np.column_stack([terms, past])
        scale = np.linalg.norm(terms, axis=0)
        triangle = np.linalg.qr(terms / np.where(scale > 0, scale, 1.0), mode="r")
        if np.abs(np.diag(triangle)).min() < 1e-9:
            raise IdentificationError(
                f"Expected instruments that are not collinear{data.where}.",
                f"Found {', '.join(shape.names)} without full rank among pairs of years.",
                "An input that does not vary over firms and years cannot be an instrument.",
            )
        return scaled_instruments(terms)

    def points(self, data: Inputs, shape: Shape) -> list[FloatVector]:
        """Where searches start: cost shares if given, least squares, a grid."""
        own = () if self.roots.shares is None else (np.array(self.roots.shares),)
        first = least_squares_slopes(data.y, shape.x)
        return [shape.start(point) for point in starts(len(first), (*own, first))]

    def search(self, fitted: Fitted, shape: Shape, data: Inputs) -> list[Stationary]:
        """All roots and local minima from every start."""
        points = self.points(data, shape)
        return all_stationary(fitted.system(), points)


def least_squares_slopes(y: FloatVector, x: FloatMatrix) -> FloatVector:
    """(q,) slopes of y on x and a constant."""
    design = np.column_stack([np.ones(len(x)), x])
    return np.asarray(np.linalg.lstsq(design, y, rcond=None)[0][1:])


def _finish(
    ready: Prepared, shape: Shape, chosen: tuple[FloatVector, tuple[Root, ...], str]
) -> Estimated:
    data, fitted = ready.data, ready.fitted
    beta, roots, note = chosen
    found = influences(fitted, beta)
    elasticities = shape.elasticities(beta)
    law = tuple(f"law: {name}" for name in fitted.problem.law.names)
    template = Block(
        data.label,
        data.rows,
        Parameters((*law, *shape.names), *(np.zeros(0),) * 4),
        tuple(range(found.blocks.beta.start, found.blocks.beta.stop)),
        np.zeros(0),
        process_of(fitted, found, ready.terms, ready.pairs),
        roots,
        _statistics(data, ready.pairs, elasticities, roots)
        | {"persistence": float(fitted.residual(beta).slope.mean())},
        (_technology(shape), note),
    )
    return estimated(data, ready.stage, fitted, found, (template, elasticities))


def _with(block: Block, statistics: dict[str, float]) -> Block:
    return replace(block, statistics={**block.statistics, **statistics})


def _technology(shape: Shape) -> str:
    """Words for the table note."""
    words = f"{WORDS[shape.name]} technology"
    if shape.constant:
        words += f" with constant returns; {shape.inputs[-1]} has what the others leave"
    return words


def _statistics(
    data: Inputs, pairs: Pairs, elasticities: FloatMatrix, roots: tuple[Root, ...]
) -> dict[str, float]:
    return {
        "rows": float(len(data.rows)),
        "pairs": float(len(pairs.now)),
        "pairs without exposure": float(pairs.lost),
        "exact_roots": float(sum(root.exact for root in roots)),
        "returns_to_scale": float(elasticities.sum(axis=1).mean()),
        "negative_elasticities": float((elasticities < 0).any(axis=1).mean()),
    }

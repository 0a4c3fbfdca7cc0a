"""Estimators in two steps: free inputs from the first stage, states with the law of motion."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from spillover.numerics.control import Fitted, Problem, fit_first_stage, scaled_at
from spillover.numerics.least_squares import local_minima
from spillover.numerics.probit import Probit
from spillover.numerics.scores import Influences, influences
from spillover.numerics.technology import LinearTechnology
from spillover.productivity.block import Block, Parameters
from spillover.productivity.control_function import (
    ControlFunction,
    Estimated,
    FirstStage,
    estimated,
    first_stage_of,
    process_of,
    refuse_few_pairs,
)
from spillover.productivity.dependence import own_variation
from spillover.productivity.inputs import Inputs, Pairs, read_pairs
from spillover.productivity.law import Term, build_law, law_terms
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class ExitRule:
    """A survival probit with what is reported about it."""

    probit: Probit
    """The probit."""

    statistics: dict[str, float]
    """Numbers for the report."""

    notes: tuple[str, ...]
    """Words for the table note."""


@dataclass(frozen=True, slots=True)
class TwoStep(ControlFunction):
    """Base of estimators that take elasticities of free inputs from the first stage."""

    markov_fit: Literal["joint", "omega"] = "joint"
    """``joint`` minimizes over states and law of motion the squares of output minus technology
    and law; ``omega`` fits the law to productivity alone first, as some packages do."""

    def fit(self, data: Inputs) -> Estimated:
        """First stage, then the elasticities of states with the law of motion."""
        stage = first_stage_of(self, data, free_inside=False)
        own, notes = own_variation(stage, data)
        pairs = read_pairs(data, self.law)
        exit_rule = self.exit_rule(data, pairs)
        terms = law_terms(self.law, survival=exit_rule is not None)
        law = build_law(terms, pairs.exposures, pairs.capacity, pairs.dummies, pairs.dummy_names)
        technology = LinearTechnology(data.state.values)
        problem = Problem(
            data.y, stage.H, stage.kept, technology, pairs.now, pairs.before, law, self.markov_fit
        )
        probit = None if exit_rule is None else exit_rule.probit
        second = None if probit is None else probit.probability(pairs.before)
        fitted = fit_first_stage(problem, second=second)
        found = _solve(data, stage, fitted, (pairs, terms, probit))
        more = own if exit_rule is None else own | exit_rule.statistics
        words = (*found.block.notes, *notes, *(() if exit_rule is None else exit_rule.notes))
        statistics = dict(found.block.statistics) | more
        return replace(found, block=replace(found.block, statistics=statistics, notes=words))

    def exit_rule(self, data: Inputs, pairs: Pairs) -> ExitRule | None:  # noqa: ARG002
        """The survival probit, for estimators that correct for exit; others have none."""
        return None


def _solve(
    data: Inputs,
    stage: FirstStage,
    fitted: Fitted,
    parts: tuple[Pairs, tuple[Term, ...], Probit | None],
) -> Estimated:
    """Lowest local minimum of the second stage, with influence through all stages."""
    pairs, terms, probit = parts
    q = len(data.state.names)
    refuse_few_pairs(data, pairs, len(fitted.problem.law.names) + q)
    fitted = scaled_at(fitted, np.zeros(q))
    minima = local_minima(fitted.criterion, q)
    beta, criterion = minima[0]
    found = influences(fitted, beta, probit)
    elasticities = _elasticities(data, fitted, beta)
    statistics = {
        "rows": float(len(data.rows)),
        "pairs": float(len(pairs.now)),
        "pairs without exposure": float(pairs.lost),
        "criterion": criterion,
        "local_minima": float(len(minima)),
        "returns_to_scale": float(elasticities[0].sum()),
        "persistence": float(fitted.residual(beta).slope.mean()),
    }
    others = [f"{point.round(4).tolist()} ({value:.6g})" for point, value in minima[1:]]
    notes = (f"further local minima at {', '.join(others)}",) if others else ()
    template = Block(
        data.label,
        data.rows,
        Parameters(_names(data, fitted, found, probit), *(np.zeros(0),) * 4),
        _technology(data, found),
        np.zeros(0),
        process_of(fitted, found, terms, pairs),
        (),
        statistics,
        notes,
    )
    return estimated(data, stage, fitted, found, (template, elasticities))


def _names(
    data: Inputs, fitted: Fitted, found: Influences, probit: Probit | None
) -> tuple[str, ...]:
    """Names of the parameters after the first stage."""
    law, states = fitted.problem.law.names, data.state.names
    survival = () if probit is None else tuple(f"survival {k}" for k in range(len(probit.pi)))
    turned = found.blocks.turn.stop > found.blocks.turn.start
    turn = tuple(f"law: {c} by {s}" for c in law for s in states) if turned else ()
    return (*survival, *(f"law: {name}" for name in law), *turn, *states)


def _technology(data: Inputs, found: Influences) -> tuple[int, ...]:
    """Positions of the elasticities: free inputs in the first stage, states at the end."""
    free = range(1, 1 + len(data.free.names))
    return (*free, *range(found.blocks.beta.start, found.blocks.beta.stop))


def _elasticities(data: Inputs, fitted: Fitted, beta: FloatVector) -> FloatMatrix:
    free = fitted.delta[1 : 1 + len(data.free.names)]
    return np.tile(np.concatenate([free, beta]), (len(data.rows), 1))

"""Estimators in two steps: free inputs from the first stage, states with the law of motion."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.numerics.control import Fitted, Problem, fit_first_stage, scaled_at
from spillover.numerics.least_squares import local_minima
from spillover.numerics.probit import Probit
from spillover.numerics.scores import Influences, influences
from spillover.numerics.technology import LinearTechnology
from spillover.productivity.assemble import Estimated, Prepared, estimated, process_of
from spillover.productivity.block import Block, Parameters
from spillover.productivity.control_function import ControlFunction
from spillover.productivity.dependence import own_variation
from spillover.productivity.first_stage import first_stage_of, refuse_few_pairs
from spillover.productivity.inputs import Inputs, Pairs, read_pairs
from spillover.productivity.law import build_law, law_terms
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

    def prepare(self, data: Inputs) -> Prepared:
        """First stage, pairs, law of motion and survival probit."""
        stage = first_stage_of(
            data, self.degree, free_inside=False, controls_inside=self.controls_in == "productivity"
        )
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
        q = technology.F.shape[1]
        refuse_few_pairs(data, pairs, len(law.names) + q)
        fitted = scaled_at(fit_first_stage(problem, second=second), np.zeros(q))
        if exit_rule is not None:
            own, notes = own | exit_rule.statistics, (*notes, *exit_rule.notes)
        return Prepared(data, stage, pairs, terms, fitted, probit, (own, notes))

    def fit(self, data: Inputs) -> Estimated:
        """First stage, then the elasticities of states with the law of motion."""
        return _solve(self.prepare(data))

    def exit_rule(self, data: Inputs, pairs: Pairs) -> ExitRule | None:  # noqa: ARG002
        """The survival probit, for estimators that correct for exit; others have none."""
        return None


def _solve(ready: Prepared) -> Estimated:
    """Lowest local minimum of the second stage, with influence through all stages."""
    data, pairs, fitted = ready.data, ready.pairs, ready.fitted
    minima = local_minima(fitted.objective(), len(data.state.names))
    beta, criterion = minima[0]
    found = influences(fitted, beta, ready.probit)
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
    own, notes = ready.words
    notes = (f"further local minima at {', '.join(others)}", *notes) if others else notes
    template = Block(
        data.label,
        data.rows,
        Parameters(_names(data, fitted, found, ready.probit), *(np.zeros(0),) * 4),
        _technology(data, found),
        np.zeros(0),
        process_of(fitted, found, ready.terms, pairs),
        (),
        statistics | own,
        notes,
    )
    return estimated(data, ready.stage, fitted, found, (template, elasticities))


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
